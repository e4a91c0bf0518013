//! One node: a server as a circle, an acceptor as a card.

use yew::{Html, html};

use crate::ui::figure::geometry::{Body, Place};
use crate::ui::lab::{AcceptorView, Chip, NodeView, RoleMark, Status};
use crate::ui::number::Px;
use crate::ui::state::node_role;
use crate::ui::still::Part;

/// A node as it is drawn, without what moves.
#[derive(PartialEq)]
pub struct NodePart {
    /// What it is.
    pub view: NodeView,
    /// Where.
    pub place: Place,
    /// The element's id.
    pub id: String,
    /// What the screen reader says.
    pub name: String,
    /// Under the pointer or the keyboard's cursor.
    pub marked: bool,
    /// Opened up beside the figure.
    pub selected: bool,
    /// The people who talk to it, as short as the room asks for.
    pub people: Vec<String>,
    /// Whether the people are drawn to its left.
    pub people_left: bool,
    /// Paxos: a proposer after the first, in the second colour.
    pub second: bool,
    /// An acceptor's card.
    pub card: Option<AcceptorView>,
}

impl Part for NodePart {
    fn draw(&self) -> Html {
        let class = format!(
            "node {} {}{}{}{}",
            role_class(self.view.role),
            match self.view.status {
                Status::Up => "up",
                Status::Crashed => "crashed",
                Status::Paused => "paused",
            },
            if self.marked { " marked" } else { "" },
            if self.selected { " selected" } else { "" },
            if self.second { " second" } else { "" },
        );
        let at = self.place.at;
        html! {
            <g {class} role="option" id={self.id.clone()} aria-label={self.name.clone()}
                aria-selected={if self.selected { "true" } else { "false" }}
                transform={format!("translate({} {})", Px(at.x), Px(at.y))}>
                { match self.place.body {
                    Body::Circle(r) => self.circle(r),
                    Body::Card(w, h) => self.acceptor(w, h),
                } }
            </g>
        }
    }
}

impl NodePart {
    fn circle(&self, r: f64) -> Html {
        let view = &self.view;
        let proposer = view.role == RoleMark::Proposer;
        let caption = match view.status {
            Status::Up => view.caption.clone(),
            Status::Crashed | Status::Paused => node_role(view.role, view.status).to_owned(),
        };
        let chips_y = r + 11.0;
        html! { <>
            if !proposer { <circle class="track" r={Px(r + 6.0).to_string()} /> }
            if self.marked || self.selected { <circle class="halo" r={Px(r + 10.0).to_string()} /> }
            <circle class="body" r={Px(r).to_string()} />
            <text class="name" y={if caption.is_empty() { "5" } else { "-1" }}>{ view.name.clone() }</text>
            if !caption.is_empty() { <text class="caption" y="12">{ caption }</text> }
            if view.role == RoleMark::Leader && view.status == Status::Up {
                <path class="crown" d={format!("M-11,{}l5,6l6,-10l6,10l5,-6l-2,13h-18z", Px(-r - 11.0))} />
            }
            if view.status == Status::Paused { <path class="sign" d={format!("M-4,{0}v9M4,{0}v9", Px(-r - 14.0))} /> }
            if view.status == Status::Crashed {
                <path class="sign bad" d={format!("M-5,{}l10,10m0,-10l-10,10", Px(-r - 14.0))} />
            }
            { chips(&view.chips, view.chips_before, chips_y) }
            if let Some(clock) = &view.clock { <text class="clock" y={Px(chips_y + 24.0).to_string()}>{ format!("◷ {clock}") }</text> }
            { self.people(r) }
        </> }
    }

    /// The phones that talk to this replica, beside it.
    fn people(&self, r: f64) -> Html {
        let side = if self.people_left { -1.0 } else { 1.0 };
        let count = self.people.len() as f64;
        let pills = self.people.iter().enumerate().map(|(index, name)| {
            let w = 12.0 + 6.6 * name.chars().count() as f64;
            let (x, y) =
                (side * (r + 11.0) - if self.people_left { w } else { 0.0 }, (index as f64 - count / 2.0) * 20.0 + 1.0);
            html! {
                <g class="person" transform={format!("translate({} {})", Px(x), Px(y))}>
                    <rect width={Px(w).to_string()} height="18" rx="9" />
                    <text x={Px(w / 2.0).to_string()} y="12.5">{ name.clone() }</text>
                </g>
            }
        });
        html! { <>{ for pills }</> }
    }

    fn acceptor(&self, w: f64, h: f64) -> Html {
        let Some(card) = &self.card else { return html! {} };
        let tight = w < 52.0;
        let (ballot, value) = card.accepted.clone().unwrap_or_else(|| ("none".to_owned(), String::new()));
        let accepted_class = if card.accepted.is_some() { "value accepted" } else { "value none" };
        let (left, right) = (Px(11.0 - w).to_string(), Px(w - 11.0).to_string());
        html! { <>
            if self.marked || self.selected {
                <rect class="halo" x={Px(-w - 4.0).to_string()} y={Px(-h - 4.0).to_string()} width={Px(2.0 * w + 8.0).to_string()}
                    height={Px(2.0 * h + 8.0).to_string()} rx="14" />
            }
            <rect class="body" x={Px(-w).to_string()} y={Px(-h).to_string()} width={Px(2.0 * w).to_string()} height={Px(2.0 * h).to_string()} rx="10" />
            if tight {
                <text class="name" y={Px(17.0 - h).to_string()}>{ card.name.clone() }</text>
                <text class="label mid" y={Px(33.0 - h).to_string()}>{ "promised" }</text>
                <text class="value mid" y={Px(46.0 - h).to_string()}>{ card.promised.clone() }</text>
                <text class="label mid" y={Px(62.0 - h).to_string()}>{ "accepted" }</text>
                <text class={format!("{accepted_class} mid")} y={Px(75.0 - h).to_string()}>{ ballot }</text>
                <text class={format!("{accepted_class} mid")} y={Px(87.0 - h).to_string()}>{ value }</text>
            } else {
                <text class="name start" x={left.clone()} y={Px(20.0 - h).to_string()}>{ card.name.clone() }</text>
                <text class="label end" x={right.clone()} y={Px(20.0 - h).to_string()}>
                    { match card.status {
                        Status::Up if card.unsynced => "not on disk yet",
                        status => node_role(RoleMark::Acceptor, status),
                    } }
                </text>
                <text class="label start" x={left.clone()} y={Px(44.0 - h).to_string()}>{ "promised" }</text>
                <text class="value end" x={right.clone()} y={Px(44.0 - h).to_string()}>{ card.promised.clone() }</text>
                <text class="label start" x={left} y={Px(66.0 - h).to_string()}>{ "accepted" }</text>
                <text class={format!("{accepted_class} end")} x={right} y={Px(66.0 - h).to_string()}>{ format!("{ballot} {value}") }</text>
            }
        </> }
    }
}

fn chips(chips: &[Chip], before: u64, y: f64) -> Html {
    let width = 14.0 * chips.len() as f64;
    let squares = chips.iter().enumerate().map(|(index, chip)| {
        let x = 14.0 * index as f64 - width / 2.0 + 1.0;
        html! {
            <g class={if chip.committed { "chip" } else { "chip open" }}>
                <title>{ chip.title.clone() }</title>
                <rect x={Px(x).to_string()} y={Px(y).to_string()} width="12" height="12" rx="2" />
                <text x={Px(x + 6.0).to_string()} y={Px(y + 9.5).to_string()}>{ chip.label.clone() }</text>
            </g>
        }
    });
    html! { <>
        if before > 0 {
            <text class="before" x={Px(-width / 2.0 - 3.0).to_string()} y={Px(y + 9.5).to_string()}>{ format!("+{before}") }</text>
        }
        { for squares }
    </> }
}

fn role_class(role: RoleMark) -> &'static str {
    match role {
        RoleMark::Leader => "leader",
        RoleMark::Candidate => "candidate",
        RoleMark::Follower => "follower",
        RoleMark::Replica => "replica",
        RoleMark::Proposer => "proposer",
        RoleMark::Acceptor => "acceptor",
    }
}
