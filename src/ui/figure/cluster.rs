//! A whole figure: one tab stop that holds regions, links, messages and nodes.

use std::rc::Rc;

use cap_lab::node::{Micros, NodeId, NodeSet};
use cap_lab::sim::fault::Link;
use wasm_bindgen::JsCast;
use web_sys::Event;
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Html, KeyboardEvent, PointerEvent};

use crate::ui::el::{El, classed, el, words};
use crate::ui::figure::flights;
use crate::ui::figure::links::{LinkState, link_state, links};
use crate::ui::figure::names::item_name;
use crate::ui::figure::node::{NodePart, Pill};
use crate::ui::figure::touch::places;
use crate::ui::figure::view::{NodeView, Quorum, RoleMark};
use crate::ui::geometry::{Body, Place, Point, Size, apart, cut_marks, lane, progress, region, room_beside};
use crate::ui::number::Px;
use crate::ui::pointer::{Phase, Tip};
use crate::ui::state::{FigureKey, Item, Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::world::WorldView;

/// The figure of `world`, which is number `index` of the experiment, `at` a moment and with the links that are slow then.
pub fn figure(index: usize, world: &Rc<WorldView>, at: (Micros, &[(Link, Micros)]), ui: &ViewState) -> Html {
    let size = ui.figures.get(index).copied().unwrap_or_default();
    let prefix = format!("f{index}");
    let cursor = ui.run.cursor.filter(|(world, _)| *world == index && ui.focused == Some(index)).map(|(_, item)| item);
    let active = cursor.map(|item| element_id(&prefix, item));
    let hover = ui.run.hover.filter(|(world, _)| *world == index).map(|(_, item)| item);
    let selected = ui.run.selected.filter(|(world, _)| *world == index).map(|(_, item)| item);
    let drawn = size.w > 40.0 && size.h > 40.0;
    let focus = |focused: bool| Msg::FigureFocus { world: index, focused };
    let listbox = classed("div", if hover.is_some() { "figure hot" } else { "figure" })
        .set("id", figure_id(index))
        .attr("role", "listbox")
        .attr("tabindex", "0")
        .name(format!("{}: nodes, links and messages", world.title))
        .on(ListenerKind::onpointerdown, pointer(ui, index, Phase::Down))
        .on(ListenerKind::onpointermove, pointer(ui, index, Phase::Move))
        .on(ListenerKind::onpointerup, pointer(ui, index, Phase::Up))
        .on(ListenerKind::onpointercancel, pointer(ui, index, Phase::Cancel))
        .on(ListenerKind::onpointerleave, pointer(ui, index, Phase::Cancel))
        .on(ListenerKind::oncontextmenu, Callback::from(|event: Event| event.prevent_default()))
        .on(ListenerKind::onkeydown, keys(ui, index))
        .on(ListenerKind::onfocus, ui.on(focus(true)))
        .on(ListenerKind::onblur, ui.on(focus(false)));
    let listbox = match active {
        Some(active) => listbox.set("aria-activedescendant", active),
        None => listbox,
    };
    let picture = || {
        el("svg")
            .attr("role", "none")
            .px("width", size.w * ui.scale())
            .px("height", size.h * ui.scale())
            .set("viewBox", format!("0 0 {} {}", Px(size.w), Px(size.h)))
            .nodes(inside(index, world, at, ui, size, [cursor, hover, selected]))
    };
    listbox.maybe(drawn.then(picture)).html()
}

/// The id of the element that holds a figure.
pub fn figure_id(world: usize) -> String {
    format!("figure-{world}")
}

fn element_id(prefix: &str, item: Item) -> String {
    match item {
        Item::Node(id) => format!("{prefix}-n{}", id.0),
        Item::Link(a, b) => format!("{prefix}-l{}-{}", a.0, b.0),
        Item::Flight(id) => format!("{prefix}-m{id}"),
        Item::Verdict | Item::Tradeoff => unreachable!("it is not in a figure"),
    }
}

fn inside(
    index: usize,
    world: &Rc<WorldView>,
    (now, slow): (Micros, &[(Link, Micros)]),
    ui: &ViewState,
    size: Size,
    marked: [Option<Item>; 3],
) -> Vec<Html> {
    let places = places(world, size);
    let prefix = format!("f{index}");
    let stroke = ui.run.stroke.as_ref().filter(|stroke| stroke.world == index);
    let over = ui
        .run
        .phone
        .and_then(|phone| phone.over)
        .filter(|(world, _)| *world == index)
        .map(|(_, node)| Item::Node(node));
    let marked = [marked[0], marked[1], marked[2], over];
    let net = NetPart {
        links: links(world).into_iter().map(|(a, b)| (a, b, item_name(world, Item::Link(a, b)))).collect(),
        sites: world.regions.iter().map(|region| region.members).collect(),
        components: world.components.clone(),
        cut: world.cut.clone(),
        slow: slow.to_vec(),
        places: places.clone(),
        marked: marked.iter().flatten().copied().filter(|item| matches!(item, Item::Link(..))).collect(),
        crossed: stroke.map(|stroke| stroke.crossed.clone()).unwrap_or_default(),
        prefix: prefix.clone(),
    };
    let quorums = (!world.quorums.is_empty()).then(|| {
        still("quorums", QuorumsPart { quorums: world.quorums.clone(), places: places.clone(), bottom: size.h })
    });
    let stroke = stroke.map(|stroke| wire("stroke", &stroke.points).html());
    let group = |key: &str| el("g").key(key).attr("role", "none");
    vec![
        still("net", net),
        group("nodes").nodes(nodes(world, &places, size, &marked, &prefix)).html(),
        group("timers").attr("aria-hidden", "true").all(timers(world, &places, now)).html(),
        flights::draw(world, &places, size, now, ui, &marked[..3], (&prefix, ui.run.strip.carrying(index))),
        quorums.unwrap_or_default(),
        stroke.unwrap_or_default(),
    ]
}

/// The time left to each server, as an arc around it.
fn timers(world: &WorldView, places: &[Place], now: Micros) -> Vec<El> {
    let arc = |node: &NodeView| {
        let (set, fires) = node.timer?;
        let Body::Circle(r) = places[node.id.index()].body else { return None };
        let at = places[node.id.index()].at;
        let left = 100.0 - 100.0 * progress(set, fires, now);
        let class = match node.role {
            _ if node.lease => "timer lease",
            RoleMark::Candidate => "timer election",
            RoleMark::Proposer if node.id.index() > 0 => "timer election",
            RoleMark::Replica => "timer gossip",
            _ => "timer",
        };
        let arc = classed("circle", class)
            .key(&node.id.0.to_string())
            .px("r", r + 6.0)
            .attr("pathLength", "100")
            .set("stroke-dasharray", format!("{} 200", Px(left)));
        Some(arc.set("transform", format!("translate({} {}) rotate(-90)", Px(at.x), Px(at.y))))
    };
    world.nodes.iter().filter_map(arc).collect()
}

fn nodes(world: &WorldView, places: &[Place], size: Size, marked: &[Option<Item>], prefix: &str) -> Vec<Html> {
    // What hangs below the nodes goes before they would touch it.
    let logs = apart(places);
    let part = |node: &NodeView| {
        let item = Item::Node(node.id);
        let mut view = node.clone();
        view.timer = None;
        if !logs {
            view.chips.clear();
            view.chips_before = 0;
        }
        NodePart {
            view,
            place: places[node.id.index()],
            id: element_id(prefix, item),
            name: item_name(world, item),
            marked: marked[0] == Some(item) || marked[1] == Some(item) || marked.get(3) == Some(&Some(item)),
            selected: marked[2] == Some(item),
            people: people(world, node.id, places, size),
            second: node.role == RoleMark::Proposer && node.id.index() > 0,
        }
    };
    world.nodes.iter().map(|node| still(&node.name, part(node))).collect()
}

/// What stands beside a replica: the name of its region if it is the first there, and the people who talk to it. Names where
/// there is room, else initials.
fn people(world: &WorldView, replica: NodeId, places: &[Place], size: Size) -> Vec<Pill> {
    let mut names: Vec<&str> = Vec::new();
    let mut initials: Vec<&str> = Vec::new();
    let region = world.region(replica).filter(|region| region.members.iter().next() == Some(replica));
    if let Some(region) = region {
        // On a phone two whole names do not fit between the columns.
        names.push(if size.w < 440.0 { region.code } else { region.name });
        initials.push(region.code);
    }
    for phone in world.phones.iter().filter(|phone| phone.via == replica) {
        names.push(&phone.name);
        initials.push(&phone.name[..phone.name.char_indices().nth(1).map_or(phone.name.len(), |(end, _)| end)]);
    }
    let fitting = |texts: &[&str]| {
        let widest = texts.iter().map(|text| Pill::width(text)).fold(0.0, f64::max);
        let half = Size { w: widest / 2.0, h: Pill::PITCH / 2.0 * texts.len() as f64 };
        room_beside(places, replica.index(), half, size)
    };
    let (texts, at) = match (fitting(&names), fitting(&initials)) {
        (Some(at), _) => (names, at),
        (None, Some(at)) => (initials, at),
        (None, None) => return Vec::new(),
    };
    let centre = places[replica.index()].at;
    let count = texts.len() as f64;
    let pill = |(nth, text): (usize, &&str)| Pill {
        class: if nth == 0 && region.is_some() { "place" } else { "person" },
        text: (*text).to_owned(),
        x: at.x - centre.x,
        y: at.y - centre.y + (nth as f64 - (count - 1.0) / 2.0) * Pill::PITCH,
    };
    texts.iter().enumerate().map(pill).collect()
}

fn path(points: &[Point]) -> String {
    let steps = points
        .iter()
        .enumerate()
        .map(|(index, point)| format!("{}{},{}", if index == 0 { 'M' } else { 'L' }, Px(point.x), Px(point.y)));
    steps.collect()
}

/// A line through `points`.
fn wire(class: &'static str, points: &[Point]) -> El {
    classed("path", class).set("d", path(points))
}

fn pointer(ui: &ViewState, world: usize, phase: Phase) -> Callback<Event> {
    let send = ui.send.clone();
    Callback::from(move |event: Event| {
        let event: &PointerEvent = event.unchecked_ref();
        let client = Point { x: f64::from(event.client_x()), y: f64::from(event.client_y()) };
        let tip = if event.pointer_type() == "touch" { Tip::Finger } else { Tip::Fine };
        send.emit(Msg::Pointer { world, phase, client, tip, secondary: event.button() == 2 });
    })
}

fn keys(ui: &ViewState, world: usize) -> Callback<Event> {
    let send = ui.send.clone();
    Callback::from(move |event: Event| {
        let event: &KeyboardEvent = event.unchecked_ref();
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let key = match event.key().as_str() {
            "ArrowRight" => FigureKey::Along(1),
            "ArrowLeft" => FigureKey::Along(-1),
            "ArrowDown" => FigureKey::Kind(1),
            "ArrowUp" => FigureKey::Kind(-1),
            "F10" if event.shift_key() => FigureKey::Menu,
            "ContextMenu" | "m" => FigureKey::Menu,
            "Enter" => FigureKey::Enter,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        send.emit(Msg::FigureKey { world, key });
    })
}

/// Regions, links and crosses.
#[derive(PartialEq)]
struct NetPart {
    links: Vec<(NodeId, NodeId, String)>,
    /// The regions of the world, as against those that a cut makes.
    sites: Vec<NodeSet>,
    components: Vec<NodeSet>,
    cut: Vec<NodeSet>,
    slow: Vec<(Link, Micros)>,
    places: Vec<Place>,
    marked: Vec<Item>,
    crossed: Vec<(NodeId, NodeId)>,
    prefix: String,
}

impl Part for NetPart {
    fn draw(&self) -> Html {
        let largest = self.components.iter().map(|set| set.len()).max().unwrap_or(0);
        let all: usize = self.components.iter().map(|set| set.len()).sum();
        let split = self.components.len() > 1;
        let mut regions = el("g").attr("aria-hidden", "true");
        for (members, class) in self.sites.iter().zip(["site s0", "site s1", "site s2"]) {
            regions = regions.add(classed("path", class).set("d", region(*members, &self.places, 15.0)));
        }
        for members in self.components.iter().filter(|_| split) {
            let majority = members.len() == largest && 2 * largest > all;
            let class = if majority { "region majority" } else { "region" };
            regions = regions.add(classed("path", class).set("d", region(*members, &self.places, 24.0)));
        }
        let cut: Vec<_> = self
            .links
            .iter()
            .map(|(a, b, _)| (*a, *b))
            .filter(|(a, b)| link_state(&self.cut, *a, *b) != LinkState::Whole)
            .collect();
        let mut marks = el("g").attr("aria-hidden", "true");
        for mark in cut_marks(&cut, &self.places) {
            let cross = el("path").attr("d", "M-3-3L3,3M3-3L-3,3");
            marks = marks.add(classed("g", "cut-mark").at(mark.x, mark.y).add(el("circle").attr("r", "7")).add(cross));
        }
        let links = self.links.iter().map(|(a, b, name)| self.link(*a, *b, name)).collect();
        el("g").attr("role", "none").add(regions).all(links).add(marks).html()
    }
}

impl NetPart {
    fn link(&self, a: NodeId, b: NodeId, name: &str) -> El {
        let item = Item::Link(a, b);
        let line = |class: &'static str, from: NodeId, to: NodeId, offset: f64| {
            let (p, q) = lane(&self.places[from.index()], &self.places[to.index()], offset);
            wire(class, &[p, q])
        };
        let crossed = self.crossed.contains(&(a, b));
        let class = match (self.marked.contains(&item), crossed) {
            (false, false) => "link",
            (true, false) => "link marked",
            (_, true) => "link crossed",
        };
        let group =
            classed("g", class).attr("role", "option").set("id", element_id(&self.prefix, item)).name(name.to_owned());
        match link_state(&self.cut, a, b) {
            LinkState::Whole => {
                let slow = self.slow.iter().any(|(link, _)| *link == (a, b) || *link == (b, a));
                group.add(line(if slow { "wire slow" } else { "wire" }, a, b, 0.0))
            }
            LinkState::Cut => group.add(line("wire cut", a, b, 0.0)),
            LinkState::CutThere => group.add(line("wire cut", a, b, 3.0)).add(line("wire one-way", b, a, 3.0)),
            LinkState::CutBack => group.add(line("wire one-way", a, b, 3.0)).add(line("wire cut", b, a, 3.0)),
        }
    }
}

/// Paxos: under the cards, who has promised or accepted each proposer's ballot.
#[derive(PartialEq)]
struct QuorumsPart {
    quorums: Vec<Quorum>,
    places: Vec<Place>,
    bottom: f64,
}

impl Part for QuorumsPart {
    fn draw(&self) -> Html {
        let rows = self.quorums.iter().enumerate().map(|(row, quorum)| self.row(row, quorum));
        el("g").attr("role", "none").nodes(rows.collect()).html()
    }
}

impl QuorumsPart {
    fn row(&self, row: usize, quorum: &Quorum) -> Html {
        let y = self.bottom - 22.0 * (self.quorums.len() - row) as f64 + 8.0;
        let all = quorum.heard.union(quorum.on_the_way);
        let at = |id: NodeId| self.places[id.index()].at.x;
        let (Some(first), Some(last)) = (all.iter().next(), all.iter().last()) else { return Html::default() };
        let dot = |id: NodeId| {
            let class = if quorum.heard.contains(id) { "heard" } else { "coming" };
            classed("circle", class).px("cx", at(id)).px("cy", y).attr("r", "4.5")
        };
        classed("g", if row == 0 { "quorum work" } else { "quorum election" })
            .attr("aria-hidden", "true")
            .add(el("path").set("d", format!("M{},{}H{}", Px(at(first)), Px(y), Px(at(last)))))
            .all(all.iter().map(dot).collect())
            .add(words("text", &quorum.name).px("x", at(last) + 10.0).px("y", y + 3.5))
            .html()
    }
}
