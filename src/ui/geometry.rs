//! Where things are: pure functions from sizes, places and times to points, with no drawing in them.
//!
//! One unit is one CSS pixel: a figure is laid out anew for the size it has, so text never shrinks with the picture.

use std::fmt::Write;

use cap_lab::node::{Micros, NodeId, NodeSet};

use crate::ui::number::{Px, order, sin_cos};

/// A point in a figure, from its top left corner.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// The distance to `other`.
    pub fn distance(self, other: Self) -> f64 {
        length(self.x - other.x, self.y - other.y)
    }
}

/// The length of a vector.
fn length(dx: f64, dy: f64) -> f64 {
    (dx * dx + dy * dy).sqrt()
}

/// How large a figure is.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Size {
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// The outline of a node.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Body {
    /// A server.
    Circle(f64),
    /// An acceptor's card: half its width and half its height.
    Card(f64, f64),
}

/// Where a node is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// Its centre.
    pub at: Point,
    /// Its outline.
    pub body: Body,
}

impl Place {
    /// Whether `point` is on the node, or within `slack` of it.
    pub fn covers(&self, point: Point, slack: f64) -> bool {
        match self.body {
            Body::Circle(r) => self.at.distance(point) <= r + slack,
            Body::Card(w, h) => (point.x - self.at.x).abs() <= w + slack && (point.y - self.at.y).abs() <= h + slack,
        }
    }

    /// How far from the centre the outline is in the direction of `towards`.
    fn reach(&self, towards: Point) -> f64 {
        match self.body {
            Body::Circle(r) => r,
            Body::Card(w, h) => {
                let (dx, dy) = ((towards.x - self.at.x).abs(), (towards.y - self.at.y).abs());
                let length = length(dx, dy).max(1e-9);
                (w * length / dx.max(1e-9)).min(h * length / dy.max(1e-9))
            }
        }
    }
}

/// The half width and the height of what hangs below a node: six chips of 14, and the count before them (`+24`), which moves
/// its middle to the left.
const CHIPS: Size = Size { w: 55.0, h: 14.0 };
const CHIPS_LEFT: f64 = 11.0;
/// How far below the rim of a node its chips begin.
const CHIPS_BELOW: f64 = 10.0;
/// How far outside the rim the track of a node's timer reaches.
const TRACK: f64 = 8.0;

/// Servers on an ellipse: the first half of them down its left side, the others down its right, so that the cut a learner
/// tries first, top to bottom through the middle, leaves a minority on the left.
///
/// Where room is short, the ellipse fills its box out, towards a rectangle with round corners, and then the servers shrink,
/// only as far as they and what hangs below them need to keep apart.
pub fn ring(count: usize, size: Size) -> Vec<Place> {
    const BENDS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
    const SMALL: f64 = 22.0;
    let radii = if size.w < 440.0 { [SMALL; 2] } else { [27.0, SMALL] };
    let tries = radii.into_iter().flat_map(|r| BENDS.map(|bend| bent_ring(count, size, r, bend)));
    tries.into_iter().find(|places| apart(places)).unwrap_or_else(|| bent_ring(count, size, SMALL, 1.0))
}

/// The same places, dealt out so that the members of each of `regions` are next to each other; as they are without regions.
pub fn together(places: &[Place], regions: &[NodeSet]) -> Vec<Place> {
    let mut dealt = places.to_vec();
    for (member, place) in regions.iter().flat_map(|region| region.iter()).zip(places) {
        dealt[member.index()] = *place;
    }
    dealt
}

/// The servers on a curve between an ellipse (0) and a superellipse of the fourth degree (1).
fn bent_ring(count: usize, size: Size, r: f64, squareness: f64) -> Vec<Place> {
    let (margin_x, margin_top, margin_bottom) = (r + if size.w < 440.0 { 44.0 } else { 58.0 }, r + 17.0, r + 28.0);
    let centre = Point { x: size.w / 2.0, y: margin_top + (size.h - margin_top - margin_bottom) / 2.0 };
    let rx = (size.w / 2.0 - margin_x).clamp(20.0, 300.0);
    let ry = ((size.h - margin_top - margin_bottom) / 2.0).clamp(20.0, 200.0);
    let bend = |part: f64| part + squareness * (part.abs().sqrt() * part.signum() - part);
    // Angles in turns.
    let (step, left) = (1.0 / count.max(1) as f64, count / 2);
    (0..count)
        .map(|index| {
            let angle = if index < left {
                0.5 + ((left as f64 - 1.0) / 2.0 - index as f64) * step
            } else {
                let (among, others) = ((index - left) as f64, (count - left) as f64);
                (among - (others - 1.0) / 2.0) * step
            };
            let (sin, cos) = sin_cos(angle);
            Place { at: Point { x: centre.x + rx * bend(cos), y: centre.y + ry * bend(sin) }, body: Body::Circle(r) }
        })
        .collect()
}

/// Whether no server touches another one or what hangs below it.
pub fn apart(places: &[Place]) -> bool {
    let touch = |upper: &Place, lower: &Place| {
        let (Body::Circle(r), Body::Circle(other)) = (upper.body, lower.body) else { return false };
        let (dx, dy) = ((upper.at.x - CHIPS_LEFT - lower.at.x).abs(), lower.at.y - upper.at.y);
        let rims = upper.at.distance(lower.at) < r + other + 2.0 * TRACK;
        let chips = dx < CHIPS.w + other + TRACK && dy > 0.0 && dy < r + CHIPS_BELOW + CHIPS.h + other + TRACK;
        rims || chips
    };
    let mut pairs =
        places.iter().enumerate().flat_map(|(index, one)| places[index + 1..].iter().map(move |other| (one, other)));
    !pairs.any(|(one, other)| touch(one, other) || touch(other, one))
}

/// Lock servers on a ring at the left, clients in columns beside them, their storage at the right end. On a phone the servers are on an
/// arc at the top, the clients in a row below it, and the storage at the foot.
pub fn tiers(servers: usize, clients: usize, size: Size) -> Vec<Place> {
    const R: f64 = 22.0;
    const STORAGE: f64 = 32.0;
    let circle = |x: f64, y: f64| Place { at: Point { x, y }, body: Body::Circle(R) };
    let storage = |x: f64, y: f64| Place { at: Point { x, y }, body: Body::Circle(STORAGE) };
    let spread = |count: usize, nth: usize| (nth as f64 + 0.5) / count.max(1) as f64;
    if size.w < 440.0 {
        let arc = |nth: usize| {
            let across = spread(servers, nth);
            let off = 2.0 * across - 1.0;
            circle(across * size.w, R + 28.0 + 34.0 * off * off)
        };
        let row = |nth: usize| circle(spread(clients, nth) * size.w, 0.56 * size.h);
        let foot = storage(size.w / 2.0, size.h - STORAGE - 10.0);
        return (0..servers).map(arc).chain((0..clients).map(row)).chain([foot]).collect();
    }
    let left = Size { w: 0.5 * size.w, h: size.h };
    let ringed = match servers {
        1 => vec![circle(left.w / 2.0, left.h / 2.0)],
        _ => ring(servers, left),
    };
    let columns = if clients > 2 { 2 } else { 1 };
    let rows = clients.div_ceil(columns);
    let (top, bottom) = (R + 14.0, R + 20.0);
    let column = |nth: usize| {
        let x = if columns == 1 { 0.67 } else { 0.6 + 0.14 * (nth % 2) as f64 };
        let y = (nth / columns) as f64 / (rows.max(2) - 1) as f64;
        circle(x * size.w, top + y * (size.h - top - bottom))
    };
    let end = storage(size.w - STORAGE - 26.0, size.h / 2.0);
    ringed.into_iter().chain((0..clients).map(column)).chain([end]).collect()
}

/// Proposers in a row at the top, acceptors as cards below.
pub fn two_rows(proposers: usize, acceptors: usize, size: Size) -> Vec<Place> {
    let spread = |count: usize, index: usize| (index as f64 + 0.5) / count.max(1) as f64;
    let card_w = (size.w / acceptors.max(1) as f64 / 2.0 - 5.0).min(74.0);
    let card_h = if card_w < 52.0 { 46.0 } else { 40.0 };
    let inset = size.w * if proposers > 1 { 0.12 } else { 0.0 };
    let top = (0..proposers).map(|index| Place {
        at: Point { x: inset + spread(proposers, index) * (size.w - 2.0 * inset), y: 46.0 },
        body: Body::Circle(28.0),
    });
    let bottom = (0..acceptors).map(|index| Place {
        at: Point { x: spread(acceptors, index) * size.w, y: size.h - card_h - 6.0 - 22.0 * proposers as f64 },
        body: Body::Card(card_w, card_h),
    });
    top.chain(bottom).collect()
}

/// The visible piece of the way from one node to another, shifted to the right of the direction of travel by `lane`, so
/// that what goes and what comes do not run into each other.
pub fn lane(from: &Place, to: &Place, lane: f64) -> (Point, Point) {
    let (dx, dy) = (to.at.x - from.at.x, to.at.y - from.at.y);
    let length = length(dx, dy).max(1e-9);
    let (ux, uy) = (dx / length, dy / length);
    let (shift_x, shift_y) = (-uy * lane, ux * lane);
    let (start, end) = (from.reach(to.at), to.reach(from.at));
    (
        Point { x: from.at.x + ux * start + shift_x, y: from.at.y + uy * start + shift_y },
        Point { x: to.at.x - ux * end + shift_x, y: to.at.y - uy * end + shift_y },
    )
}

/// The point at `t` (0 to 1) of the way from `a` to `b`.
pub fn along((a, b): (Point, Point), t: f64) -> Point {
    Point { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t }
}

/// How much of its way a message sent at `sent` and due at `due` has behind it at `now`, 0 to 1.
pub fn progress(sent: Micros, due: Micros, now: Micros) -> f64 {
    let total = due.since(sent).0.max(1) as f64;
    (now.since(sent).0 as f64 / total).min(1.0)
}

/// Whether the segments `a`-`b` and `c`-`d` cross.
pub fn cross((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let side = |p: Point, q: Point, r: Point| (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
}

/// The links that a stroke crosses, each once.
pub fn crossed(stroke: &[Point], places: &[Place], links: &[(NodeId, NodeId)]) -> Vec<(NodeId, NodeId)> {
    let is_crossed = |&&(a, b): &&(NodeId, NodeId)| {
        let link = lane(&places[a.index()], &places[b.index()], 0.0);
        stroke.windows(2).any(|piece| cross((piece[0], piece[1]), link))
    };
    links.iter().filter(is_crossed).copied().collect()
}

/// How far `point` is from the segment `a`-`b`.
pub fn distance_to_segment(point: Point, (a, b): (Point, Point)) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let t = ((point.x - a.x) * dx + (point.y - a.y) * dy) / (dx * dx + dy * dy).max(1e-9);
    point.distance(along((a, b), t.clamp(0.0, 1.0)))
}

/// Where on each link its cross goes: the middle, or a little off it where another cross already is.
pub fn cut_marks(links: &[(NodeId, NodeId)], places: &[Place]) -> Vec<Point> {
    let mut marks: Vec<Point> = Vec::with_capacity(links.len());
    for &(a, b) in links {
        let link = lane(&places[a.index()], &places[b.index()], 0.0);
        let free = [0.5, 0.42, 0.58, 0.34, 0.66]
            .map(|t| along(link, t))
            .into_iter()
            .find(|point| marks.iter().all(|other| other.distance(*point) > 19.0));
        marks.push(free.unwrap_or_else(|| along(link, 0.5)));
    }
    marks
}

/// The convex hull of `points`, counter-clockwise (Andrew's monotone chain).
fn hull(points: &[Point]) -> Vec<Point> {
    let sorted =
        order(points.len(), &|a, b| points[a].x.total_cmp(&points[b].x).then(points[a].y.total_cmp(&points[b].y)));
    let points: Vec<Point> = sorted.into_iter().map(|index| points[index]).collect();
    let turns_left = |p: Point, q: Point, r: Point| (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x) > 0.0;
    let half = |points: &mut dyn Iterator<Item = Point>| {
        let mut chain: Vec<Point> = Vec::new();
        for point in points {
            while chain.len() > 1 && !turns_left(chain[chain.len() - 2], chain[chain.len() - 1], point) {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut all = half(&mut points.iter().copied());
    all.extend(half(&mut points.iter().rev().copied()));
    all
}

/// The outline, as a path, of the region that holds `members`, this far beyond their rims.
pub fn region(members: NodeSet, places: &[Place], beyond: f64) -> String {
    let mut around = Vec::new();
    for place in places.iter().enumerate().filter(|(index, _)| members.contains(NodeId(*index as u8))).map(|(_, p)| p) {
        let (w, h) = match place.body {
            Body::Circle(r) => (r + beyond, r + beyond - 2.0),
            Body::Card(w, h) => (w + 6.0, h + 6.0),
        };
        for corner in 0..32 {
            let (sin, cos) = sin_cos(f64::from(corner) / 32.0);
            // The chips hang below a node, so its region reaches further down.
            let below = if sin > 0.0 { 10.0 } else { 0.0 };
            around.push(Point { x: place.at.x + w * cos, y: place.at.y + (h + below) * sin });
        }
    }
    let mut path = String::new();
    for (position, point) in hull(&around).iter().enumerate() {
        let verb = if position == 0 { 'M' } else { 'L' };
        write!(path, "{verb}{},{}", Px(point.x), Px(point.y)).expect("writing to a string");
    }
    path + "Z"
}

/// Boxes that are taken, for placing labels so that none covers another.
#[derive(Default)]
pub struct Taken(Vec<(Point, Point)>);

impl Taken {
    /// Takes the box around `centre` whatever is there.
    pub fn take(&mut self, centre: Point, half: Size) {
        self.0.push(Self::corners(centre, half));
    }

    /// Takes the box around `centre` if it is free.
    pub fn try_take(&mut self, centre: Point, half: Size) -> bool {
        let (low, high) = Self::corners(centre, half);
        let free = self.0.iter().all(|(l, h)| high.x < l.x || low.x > h.x || high.y < l.y || low.y > h.y);
        if free {
            self.0.push((low, high));
        }
        free
    }

    fn corners(centre: Point, half: Size) -> (Point, Point) {
        (Point { x: centre.x - half.w, y: centre.y - half.h }, Point { x: centre.x + half.w, y: centre.y + half.h })
    }
}

/// A box of this half size beside server `index`: away from the middle if nothing is there, else towards it. `None` if both
/// places are taken by another server, by what hangs below one, or by the edge.
pub fn room_beside(places: &[Place], index: usize, half: Size, figure: Size) -> Option<Point> {
    let place = places[index];
    let Body::Circle(r) = place.body else { return None };
    let outer = if place.at.x < figure.w / 2.0 { -1.0 } else { 1.0 };
    let mut taken = Taken::default();
    for (other, place) in places.iter().enumerate() {
        let Body::Circle(r) = place.body else { continue };
        if other != index {
            taken.take(place.at, Size { w: r + TRACK, h: r + TRACK });
        }
        let chips = Point { x: place.at.x - CHIPS_LEFT, y: place.at.y + r + CHIPS_BELOW + CHIPS.h / 2.0 };
        taken.take(chips, Size { w: CHIPS.w, h: CHIPS.h / 2.0 });
    }
    let beside = |side: f64| Point { x: place.at.x + side * (r + 11.0 + half.w), y: place.at.y };
    let inside = |at: &Point| at.x - half.w >= 0.0 && at.x + half.w <= figure.w;
    [outer, -outer].map(beside).into_iter().filter(inside).find(|at| taken.try_take(*at, half))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Size = Size { w: 552.0, h: 310.0 };
    const PHONE: Size = Size { w: 374.0, h: 290.0 };

    fn all_links(count: u8) -> Vec<(NodeId, NodeId)> {
        (0..count).flat_map(|a| (a + 1..count).map(move |b| (NodeId(a), NodeId(b)))).collect()
    }

    /// Figures as windows leave them: of a phone, a small laptop, a projector, a desktop.
    const FIGURES: [Size; 6] = [
        Size { w: 344.0, h: 285.0 },
        PHONE,
        Size { w: 398.0, h: 252.0 },
        Size { w: 462.0, h: 250.0 },
        WIDE,
        Size { w: 700.0, h: 420.0 },
    ];

    #[test]
    fn servers_stay_inside_and_apart_at_every_count_and_size() {
        for size in FIGURES {
            for count in 1..=7 {
                let places = ring(count, size);
                assert_eq!(places.len(), count);
                for (index, place) in places.iter().enumerate() {
                    let Body::Circle(r) = place.body else { panic!("servers are circles") };
                    assert!(
                        place.at.x >= CHIPS.w + CHIPS_LEFT && place.at.x <= size.w - CHIPS.w + CHIPS_LEFT,
                        "{count} in {size:?}: {place:?}"
                    );
                    assert!(place.at.y >= r + 15.0, "a crown has room, {count} in {size:?}: {place:?}");
                    let below = r + CHIPS_BELOW + CHIPS.h;
                    assert!(place.at.y <= size.h - below, "chips have room, {count} in {size:?}: {place:?}");
                    for other in &places[..index] {
                        assert!(place.at.distance(other.at) > 2.0 * r + TRACK, "{count} in {size:?} overlap");
                    }
                }
            }
        }
    }

    #[test]
    fn what_hangs_below_a_server_touches_no_other() {
        for size in FIGURES {
            for count in 1..=5 {
                assert!(apart(&ring(count, size)), "{count} in {size:?}");
            }
        }
        for size in [WIDE, Size { w: 462.0, h: 290.0 }] {
            assert!(apart(&ring(7, size)), "seven in {size:?}");
        }
        assert!(!apart(&ring(7, Size { w: 398.0, h: 214.0 })), "seven with their logs have no room there");
    }

    #[test]
    fn a_tall_figure_keeps_its_ellipse() {
        let size = Size { w: 700.0, h: 420.0 };
        assert_eq!(ring(5, size), bent_ring(5, size, 27.0, 0.0));
    }

    #[test]
    fn people_stand_beside_their_replica_and_cover_nothing() {
        for size in FIGURES {
            for count in 3..=7 {
                let places = ring(count, size);
                for index in 0..count {
                    let half = Size { w: 9.0, h: 9.0 };
                    let at = room_beside(&places, index, half, size);
                    let at = at.unwrap_or_else(|| panic!("no initial fits beside {index} of {count} in {size:?}"));
                    assert!(places.iter().all(|place| !place.covers(at, half.w)), "{index} of {count} in {size:?}");
                }
            }
        }
        let wide = ring(5, WIDE);
        let left = room_beside(&wide, 0, Size { w: 20.0, h: 9.0 }, WIDE).expect("there is room");
        assert!(left.x < wide[0].at.x, "away from the middle");
    }

    #[test]
    fn a_stroke_from_top_to_bottom_cuts_a_minority_off() {
        let places = ring(5, WIDE);
        let x = WIDE.w * 0.42;
        let stroke = [Point { x, y: 0.0 }, Point { x, y: 150.0 }, Point { x, y: WIDE.h }];
        let cut = crossed(&stroke, &places, &all_links(5));
        let expected: Vec<_> = [0, 1].iter().flat_map(|a| [2, 3, 4].map(|b| (NodeId(*a), NodeId(b)))).collect();
        assert_eq!(cut, expected);
        assert!(places[0].at.y < places[1].at.y && places[2].at.y < places[3].at.y, "both sides read from the top");
    }

    #[test]
    fn a_stroke_beside_the_cluster_cuts_nothing() {
        let stroke = [Point { x: 2.0, y: 0.0 }, Point { x: 2.0, y: 300.0 }];
        assert!(crossed(&stroke, &ring(5, WIDE), &all_links(5)).is_empty());
    }

    #[test]
    fn segments_that_only_touch_do_not_cross() {
        let p = |x: f64, y: f64| Point { x, y };
        assert!(cross((p(0.0, 0.0), p(2.0, 2.0)), (p(0.0, 2.0), p(2.0, 0.0))));
        assert!(!cross((p(0.0, 0.0), p(1.0, 1.0)), (p(1.0, 1.0), p(2.0, 0.0))));
        assert!(!cross((p(0.0, 0.0), p(1.0, 0.0)), (p(0.0, 1.0), p(1.0, 1.0))));
    }

    #[test]
    fn a_message_goes_from_rim_to_rim_in_its_time() {
        let places = ring(3, WIDE);
        let way = lane(&places[0], &places[1], 0.0);
        assert!(
            (way.0.distance(places[0].at) - 27.0).abs() < 1e-6 && (way.1.distance(places[1].at) - 27.0).abs() < 1e-6
        );
        let (sent, due) = (Micros(1_000), Micros(3_000));
        assert!(progress(sent, due, Micros(500)).abs() < 1e-9);
        assert!((progress(sent, due, Micros(2_000)) - 0.5).abs() < 1e-9);
        assert!((progress(sent, due, Micros(9_000)) - 1.0).abs() < 1e-9);
        let there = along(lane(&places[0], &places[1], 4.0), 0.5);
        let back = along(lane(&places[1], &places[0], 4.0), 0.5);
        assert!((there.distance(back) - 8.0).abs() < 1e-6, "opposite lanes are apart");
    }

    #[test]
    fn crosses_of_cut_links_do_not_cover_each_other() {
        for count in 3..=7 {
            let marks = cut_marks(&all_links(count), &ring(usize::from(count), WIDE));
            for (index, mark) in marks.iter().enumerate() {
                assert!(marks[..index].iter().all(|other| other.distance(*mark) > 14.0), "{count} servers: {marks:?}");
            }
        }
    }

    #[test]
    fn a_region_encloses_its_members() {
        let points = vec![(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (2.0, 2.0), (1.0, 3.0)];
        let points: Vec<Point> = points.into_iter().map(|(x, y)| Point { x, y }).collect();
        let corners = hull(&points);
        assert_eq!(corners.len(), 4, "points inside are left out");
        let path = region([NodeId(0), NodeId(2)].into_iter().collect(), &ring(5, WIDE), 24.0);
        assert!(path.starts_with('M') && path.ends_with('Z'));
    }

    #[test]
    fn members_of_a_region_are_next_to_each_other() {
        let ring = ring(7, WIDE);
        let members = |ids: &[u8]| ids.iter().map(|id| NodeId(*id)).collect::<NodeSet>();
        let dealt = together(&ring, &[members(&[0, 3, 6]), members(&[1, 4]), members(&[2, 5])]);
        let seats: Vec<usize> = dealt.iter().map(|place| ring.iter().position(|seat| seat == place).unwrap()).collect();
        assert_eq!(seats, [0, 3, 5, 1, 4, 6, 2]);
        assert_eq!(together(&ring, &[]), ring, "without regions nobody moves");
    }

    #[test]
    fn labels_never_share_room() {
        let mut taken = Taken::default();
        let half = Size { w: 30.0, h: 6.0 };
        assert!(taken.try_take(Point { x: 100.0, y: 50.0 }, half));
        assert!(!taken.try_take(Point { x: 120.0, y: 55.0 }, half));
        assert!(taken.try_take(Point { x: 100.0, y: 80.0 }, half));
    }

    #[test]
    fn paxos_cards_fit_side_by_side() {
        for (acceptors, size) in [(3, WIDE), (5, WIDE), (7, WIDE), (5, PHONE)] {
            let places = two_rows(2, acceptors, size);
            for pair in places[2..].windows(2) {
                let Body::Card(w, _) = pair[0].body else { panic!("acceptors are cards") };
                assert!(pair[1].at.x - pair[0].at.x >= 2.0 * w + 4.0);
            }
        }
    }
}
