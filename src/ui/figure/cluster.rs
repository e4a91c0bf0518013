//! A whole figure: one tab stop that holds regions, links, messages and nodes.

use std::rc::Rc;

use cap_lab::node::{Micros, NodeId, NodeSet};
use yew::{Callback, Html, KeyboardEvent, MouseEvent, PointerEvent, html};

use crate::ui::figure::flights;
use crate::ui::figure::geometry::{Body, Place, Point, Size, cut_marks, lane, progress, region};
use crate::ui::figure::node::NodePart;
use crate::ui::figure::touch::places;
use crate::ui::lab::{ProposerView, RoleMark, World};
use crate::ui::markup::{px, text, translate};
use crate::ui::number::Px;
use crate::ui::state::{FigureKey, Item, LinkState, Msg, Phase, ViewState, item_name, link_state, links};
use crate::ui::still::{Part, still};

/// The figure of `world`, which is number `index` of the experiment.
pub fn figure(index: usize, world: &Rc<World>, now: Micros, ui: &ViewState) -> Html {
    let size = ui.figures.get(index).copied().unwrap_or_default();
    let prefix = format!("f{index}");
    let cursor = ui.cursor.filter(|(world, _)| *world == index && ui.focused == Some(index)).map(|(_, item)| item);
    let active = cursor.map(|item| element_id(&prefix, item));
    let hover = ui.hover.filter(|(world, _)| *world == index).map(|(_, item)| item);
    let selected = ui.selected.filter(|(world, _)| *world == index).map(|(_, item)| item);
    let drawn = size.w > 40.0 && size.h > 40.0;
    let class = format!("figure{}", if hover.is_some() { " hot" } else { "" });
    html! {
        <div {class} id={figure_id(index)} role="listbox" tabindex="0" aria-label={format!("{}: nodes, links and messages", world.title)}
            aria-activedescendant={active}
            onpointerdown={pointer(ui, index, Phase::Down)} onpointermove={pointer(ui, index, Phase::Move)}
            onpointerup={pointer(ui, index, Phase::Up)} onpointercancel={pointer(ui, index, Phase::Cancel)}
            onpointerleave={pointer(ui, index, Phase::Cancel)}
            oncontextmenu={Callback::from(|event: MouseEvent| event.prevent_default())}
            onkeydown={keys(ui, index)}
            onfocus={ui.on(Msg::FigureFocus { world: index, focused: true })}
            onblur={ui.on(Msg::FigureFocus { world: index, focused: false })}>
            if drawn {
                <svg role="none" width={px(size.w)} height={px(size.h)} viewBox={format!("0 0 {} {}", Px(size.w), Px(size.h))}>
                    { inside(index, world, now, ui, size, [cursor, hover, selected]) }
                </svg>
            }
        </div>
    }
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
    }
}

fn inside(index: usize, world: &Rc<World>, now: Micros, ui: &ViewState, size: Size, marked: [Option<Item>; 3]) -> Html {
    let places = places(world, size);
    let prefix = format!("f{index}");
    let stroke = ui.stroke.as_ref().filter(|stroke| stroke.world == index);
    let over =
        ui.phone.and_then(|phone| phone.over).filter(|(world, _)| *world == index).map(|(_, node)| Item::Node(node));
    let marked = [marked[0], marked[1], marked[2], over];
    let net = NetPart {
        links: links(world).into_iter().map(|(a, b)| (a, b, item_name(world, Item::Link(a, b)))).collect(),
        components: world.components.clone(),
        cut: world.cut.clone(),
        places: places.clone(),
        marked: marked.iter().flatten().copied().filter(|item| matches!(item, Item::Link(..))).collect(),
        crossed: stroke.map(|stroke| stroke.crossed.clone()).unwrap_or_default(),
        prefix: prefix.clone(),
    };
    let timers = world.nodes.iter().filter_map(|node| {
        let (set, fires) = node.timer?;
        let Body::Circle(r) = places[node.id.index()].body else { return None };
        let at = places[node.id.index()].at;
        let left = 100.0 - 100.0 * progress(set, fires, now);
        let class = match node.role {
            RoleMark::Candidate => "timer election",
            RoleMark::Proposer if node.id.index() > 0 => "timer election",
            RoleMark::Replica => "timer gossip",
            _ => "timer",
        };
        Some(html! {
            <circle key={node.id.0} {class} r={px(r + 6.0)} pathLength="100" stroke-dasharray={format!("{} 200", Px(left))}
                transform={format!("translate({} {}) rotate(-90)", Px(at.x), Px(at.y))} />
        })
    });
    html! { <>
        { still("net", net) }
        <g key="nodes" role="none">{ for nodes(world, &places, size, &marked, &prefix) }</g>
        <g key="timers" role="none" aria-hidden="true">{ for timers }</g>
        { flights::draw(world, &places, size, now, ui, &marked[..3], &prefix) }
        if let Some(paxos) = &world.paxos {
            { still("quorums", QuorumsPart { proposers: paxos.proposers.clone(), places: places.clone(), bottom: size.h }) }
        }
        if let Some(stroke) = stroke { <path key="stroke" class="stroke" d={path(&stroke.points)} /> }
    </> }
}

fn nodes(world: &World, places: &[Place], size: Size, marked: &[Option<Item>], prefix: &str) -> Vec<Html> {
    let narrow = size.w < 440.0;
    let part = |node: &crate::ui::lab::NodeView| {
        let item = Item::Node(node.id);
        let place = places[node.id.index()];
        let people = world.phones.iter().filter(|phone| phone.via == node.id);
        let mut view = node.clone();
        view.timer = None;
        NodePart {
            view,
            place,
            id: element_id(prefix, item),
            name: item_name(world, item),
            marked: marked[0] == Some(item) || marked[1] == Some(item) || marked.get(3) == Some(&Some(item)),
            selected: marked[2] == Some(item),
            people: people
                .map(|phone| if narrow { phone.name.chars().take(1).collect() } else { phone.name.clone() })
                .collect(),
            people_left: place.at.x < size.w / 2.0,
            second: node.role == RoleMark::Proposer && node.id.index() > 0,
            card: world
                .paxos
                .as_ref()
                .and_then(|paxos| paxos.acceptors.iter().find(|card| card.id == node.id).cloned()),
        }
    };
    world.nodes.iter().map(|node| still(&node.name, part(node))).collect()
}

fn path(points: &[Point]) -> String {
    let steps = points
        .iter()
        .enumerate()
        .map(|(index, point)| format!("{}{},{}", if index == 0 { 'M' } else { 'L' }, Px(point.x), Px(point.y)));
    steps.collect()
}

fn pointer(ui: &ViewState, world: usize, phase: Phase) -> Callback<PointerEvent> {
    ui.send.reform(move |event: PointerEvent| {
        let client = Point { x: f64::from(event.client_x()), y: f64::from(event.client_y()) };
        Msg::Pointer { world, phase, client, secondary: event.button() == 2 }
    })
}

fn keys(ui: &ViewState, world: usize) -> Callback<KeyboardEvent> {
    let send = ui.send.clone();
    Callback::from(move |event: KeyboardEvent| {
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
    components: Vec<NodeSet>,
    cut: Vec<NodeSet>,
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
        let regions = self.components.iter().filter(|_| split).map(|members| {
            let majority = members.len() == largest && 2 * largest > all;
            html! { <path class={if majority { "region majority" } else { "region" }} d={region(*members, &self.places)} /> }
        });
        let cut: Vec<_> = self
            .links
            .iter()
            .map(|(a, b, _)| (*a, *b))
            .filter(|(a, b)| link_state(&self.cut, *a, *b) != LinkState::Whole)
            .collect();
        let marks = cut_marks(&cut, &self.places).into_iter().map(|mark| {
            html! {
                <g class="cut-mark" transform={translate(mark.x, mark.y)}>
                    <circle r="7" /><path d="M-3-3L3,3M3-3L-3,3" />
                </g>
            }
        });
        html! { <g role="none">
            <g aria-hidden="true">{ for regions }</g>
            { for self.links.iter().map(|(a, b, name)| self.link(*a, *b, name)) }
            <g aria-hidden="true">{ for marks }</g>
        </g> }
    }
}

impl NetPart {
    fn link(&self, a: NodeId, b: NodeId, name: &str) -> Html {
        let item = Item::Link(a, b);
        let state = link_state(&self.cut, a, b);
        let line = |class: &'static str, from: NodeId, to: NodeId, offset: f64| {
            let (p, q) = lane(&self.places[from.index()], &self.places[to.index()], offset);
            html! { <path {class} d={path(&[p, q])} /> }
        };
        let crossed = self.crossed.contains(&(a, b));
        let class = match (self.marked.contains(&item), crossed) {
            (false, false) => "link",
            (true, false) => "link marked",
            (_, true) => "link crossed",
        };
        html! {
            <g {class} role="option" id={element_id(&self.prefix, item)} aria-label={name.to_owned()}>
                { match state {
                    LinkState::Whole => line("wire", a, b, 0.0),
                    LinkState::Cut => line("wire cut", a, b, 0.0),
                    LinkState::CutThere => html! { <>{ line("wire cut", a, b, 3.0) }{ line("wire one-way", b, a, 3.0) }</> },
                    LinkState::CutBack => html! { <>{ line("wire one-way", a, b, 3.0) }{ line("wire cut", b, a, 3.0) }</> },
                } }
            </g>
        }
    }
}

/// Paxos: under the cards, who has promised or accepted each proposer's ballot.
#[derive(PartialEq)]
struct QuorumsPart {
    proposers: Vec<ProposerView>,
    places: Vec<Place>,
    bottom: f64,
}

impl Part for QuorumsPart {
    fn draw(&self) -> Html {
        let count = self.proposers.len();
        let rows = self.proposers.iter().enumerate().map(|(row, proposer)| {
            let y = self.bottom - 22.0 * (count - row) as f64 + 8.0;
            let all = proposer.heard.union(proposer.on_the_way);
            let at: Vec<f64> = all.iter().map(|id| self.places[id.index()].at.x).collect();
            let (Some(first), Some(last)) = (at.first(), at.last()) else { return html! {} };
            let dots = all.iter().map(|id| {
                let heard = proposer.heard.contains(id);
                html! {
                    <circle class={if heard { "heard" } else { "coming" }} cx={px(self.places[id.index()].at.x)} cy={px(y)} r="4.5">
                        <title>{ if heard { "heard" } else { "its answer is on its way" } }</title>
                    </circle>
                }
            });
            html! {
                <g class={if row == 0 { "quorum work" } else { "quorum election" }} aria-hidden="true">
                    <path d={format!("M{},{}H{}", Px(*first), Px(y), Px(*last))} />
                    { for dots }
                    <text x={px(last + 10.0)} y={px(y + 3.5)}>{ text(&proposer.name) }</text>
                </g>
            }
        });
        html! { <g role="none">{ for rows }</g> }
    }
}
