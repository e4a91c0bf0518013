//! Messages on their way and messages that just died: the only part of a figure that is drawn anew in every frame.

use cap_lab::node::Micros;
use yew::{Html, html};

use crate::ui::el::{classed, px, translate};
use crate::ui::figure::names::item_name;
use crate::ui::figure::view::{DeathView, FlightHue, FlightShape, FlightView};
use crate::ui::geometry::{Body, Place, Point, Size, Taken, along, lane, progress};
use crate::ui::state::{Item, ViewState};
use crate::ui::world::WorldView;

/// How far a message keeps to the right of its link.
const LANE: f64 = 4.0;
/// A held message waits this far along.
const HELD_AT: f64 = 0.82;
/// How long a death is shown, in run time.
const DYING: Micros = Micros::from_ms(60);

/// Where a message is. With `still` it does not glide: it waits at a third, then at two thirds of its way. Between rows,
/// where the learner picks what arrives and time may stand, it keeps off both ends, so that none hides at its sender.
pub fn flight_at(flight: &FlightView, places: &[Place], now: Micros, still: bool) -> Point {
    let (from, to) = (&places[flight.from.index()], &places[flight.to.index()]);
    let t = progress(flight.sent, flight.due, now);
    let t = if flight.held { t.min(HELD_AT) } else { t };
    let t = match (still, from.body, to.body) {
        (true, ..) if t < 0.5 => 0.33,
        (true, ..) => 0.67,
        (false, Body::Circle(_), Body::Circle(_)) => t,
        (false, ..) => 0.2 + 0.7 * t,
    };
    along(lane(from, to, LANE), t)
}

/// When a message is seen to die. One that is sent into a cut link is lost at once; it is drawn on its way as far as the cut.
fn end_of(death: &DeathView) -> Micros {
    let DeathView { flight: FlightView { sent, due, .. }, at, .. } = death;
    if at == sent { Micros(sent.0.midpoint(due.0)) } else { *at }
}

/// The class that gives a message its colour.
pub fn hue_class(hue: FlightHue) -> &'static str {
    match hue {
        FlightHue::Work => "work",
        FlightHue::Election => "election",
        FlightHue::Gossip => "gossip",
    }
}

/// On which side of a message its label is.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

/// A dot or a diamond.
fn shape(shape: FlightShape) -> Html {
    match shape {
        FlightShape::Request => html! { <circle r="6" /> },
        FlightShape::Reply => html! { <path d="M0-8L8,0L0,8L-8,0Z" /> },
    }
}

/// Which messages carry a label: what is held or pointed at always; of many alike from one sender only the first; answers
/// only where there are few. None covers another or a node.
fn labelled(
    world: &WorldView,
    places: &[Place],
    at: &[Point],
    width: f64,
    marked: &[Option<Item>],
) -> Vec<Option<Side>> {
    let mut taken = Taken::default();
    for place in places {
        let half = match place.body {
            Body::Circle(r) => Size { w: r + 6.0, h: r + 6.0 },
            Body::Card(w, h) => Size { w, h },
        };
        taken.take(place.at, half);
        taken.take(Point { x: place.at.x, y: place.at.y + half.h + 8.0 }, Size { w: 36.0, h: 8.0 });
    }
    for point in at {
        taken.take(*point, Size { w: 6.0, h: 6.0 });
    }
    let few = world.flights.len() <= 6;
    let mut shown = vec![None; at.len()];
    for wanted in [true, false] {
        for (index, flight) in world.flights.iter().enumerate() {
            let important = flight.held || marked.contains(&Some(Item::Flight(flight.id)));
            if important != wanted {
                continue;
            }
            let repeated = world.flights[..index]
                .iter()
                .any(|other| (other.from == flight.from || other.to == flight.to) && other.label == flight.label);
            let eligible = important || !repeated && (few || flight.shape == FlightShape::Request);
            let half = Size { w: 3.1 * flight.label.chars().count() as f64 + 2.0, h: 6.0 };
            if !eligible {
                continue;
            }
            let beside = |side: Side| {
                let away = 11.0 + half.w;
                Point { x: at[index].x + if side == Side::Right { away } else { -away }, y: at[index].y }
            };
            let fits = |side: &Side| (half.w..=width - half.w).contains(&beside(*side).x);
            shown[index] =
                [Side::Right, Side::Left].into_iter().find(|side| fits(side) && taken.try_take(beside(*side), half));
            if shown[index].is_none() && important {
                shown[index] = Some(if fits(&Side::Right) { Side::Right } else { Side::Left });
            }
        }
    }
    shown
}

/// All messages of a world, moving and dying.
pub fn draw(
    world: &WorldView,
    places: &[Place],
    size: Size,
    now: Micros,
    ui: &ViewState,
    marked: &[Option<Item>],
    (prefix, carried): (&str, &[u32]),
) -> Html {
    let still = ui.still;
    let at: Vec<Point> = world.flights.iter().map(|flight| flight_at(flight, places, now, still)).collect();
    let shown = labelled(world, places, &at, size.w, marked);
    let flights = world.flights.iter().enumerate().map(|(index, flight)| {
        let item = Item::Flight(flight.id);
        let look = match (marked.contains(&Some(item)), flight.held) {
            _ if carried.contains(&flight.id) => "carrying ",
            (true, _) => "marked ",
            (false, true) => "held ",
            (false, false) => "",
        };
        let class = format!("flight {look}{}", hue_class(flight.hue));
        html! {
            <g key={flight.id} {class} role="option" id={format!("{prefix}-m{}", flight.id)}
                aria-label={item_name(world, item)} transform={translate(at[index].x, at[index].y)}>
                { shape(flight.shape) }
                if flight.held { <path class="bars" d="M-2.5-3V3M2.5-3V3" /> }
                if let Some(side) = shown[index] {
                    <text class={if side == Side::Left { "left" } else { "" }} x={if side == Side::Left { "-11" } else { "11" }} y="3.5">
                        { flight.label.clone() }
                    </text>
                }
            </g>
        }
    });
    let deaths = world.deaths.iter().map(|death| {
        let moment = end_of(death);
        let place = flight_at(&death.flight, places, now.min(moment), still);
        let left = 1.0 - (now.since(moment).0 as f64 / DYING.0 as f64).clamp(0.0, 1.0);
        html! {
            <g key={death.flight.id} class="death" opacity={px(left)} aria-hidden="true"
                transform={translate(place.x, place.y)}>
                { shape(death.flight.shape) }
                if now >= moment { <path class="x" d="M-5-5L5,5M5-5L-5,5" /> }
            </g>
        }
    });
    // Above the node, where nothing else of it is.
    let crowds = world.crowds.iter().map(|(node, crowd)| {
        let Place { at, body } = places[node.index()];
        let up = match body {
            Body::Circle(r) => r + 14.0,
            Body::Card(_, h) => h + 6.0,
        };
        let text = classed("text", "crowd").attr("aria-hidden", "true").px("x", at.x).px("y", at.y - up);
        text.key(&node.0.to_string()).text(crowd).html()
    });
    html! { <>
        <g key="crowds" role="none">{ for crowds }</g>
        <g key="deaths" role="none">{ for deaths }</g>
        <g key="flights" role="none">{ for flights }</g>
    </> }
}
