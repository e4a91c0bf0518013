//! One node: a server as a circle, an acceptor as a card.

use yew::{Html, html};

use crate::ui::figure::geometry::{Body, Place};
use crate::ui::lab::{AcceptorView, Chip, NodeView, RoleMark, Status};
use crate::ui::markup::{px, text, translate};
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
                transform={translate(at.x, at.y)}>
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
        let caption = match view.status {
            Status::Up => view.caption.clone(),
            Status::Crashed | Status::Paused => node_role(view.role, view.status).to_owned(),
        };
        let chips_y = r + 11.0;
        html! { <>
            <circle class="track" r={px(r + 6.0)} />
            if self.marked || self.selected { <circle class="halo" r={px(r + 10.0)} /> }
            <circle class="body" r={px(r)} />
            <text class="name" y={if caption.is_empty() { "5" } else { "-1" }}>{ text(&view.name) }</text>
            if !caption.is_empty() { <text class="caption" y="12">{ caption }</text> }
            if view.role == RoleMark::Leader && view.status == Status::Up {
                <path class="crown" d={format!("M-11,{}l5,6l6,-10l6,10l5,-6l-2,13h-18z", Px(-r - 11.0))} />
            }
            if view.status == Status::Paused { <path class="sign" d={format!("M-4,{0}v9M4,{0}v9", Px(-r - 14.0))} /> }
            if view.status == Status::Crashed {
                <path class="sign bad" d={format!("M-5,{}l10,10m0,-10l-10,10", Px(-r - 14.0))} />
            }
            { chips(&view.chips, view.chips_before, chips_y) }
            if let Some(clock) = &view.clock { <text class="clock" y={px(chips_y + 24.0)}>{ format!("◷ {clock}") }</text> }
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
                <g class="person" transform={translate(x, y)}>
                    <rect width={px(w)} height="18" rx="9" />
                    <text x={px(w / 2.0)} y="12.5">{ text(name) }</text>
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
        let (left, right) = (px(11.0 - w), px(w - 11.0));
        html! { <>
            if self.marked || self.selected {
                <rect class="halo" x={px(-w - 4.0)} y={px(-h - 4.0)} width={px(2.0 * w + 8.0)}
                    height={px(2.0 * h + 8.0)} rx="14" />
            }
            <rect class="body" x={px(-w)} y={px(-h)} width={px(2.0 * w)} height={px(2.0 * h)} rx="10" />
            if tight {
                <text class="name" y={px(17.0 - h)}>{ text(&card.name) }</text>
                <text class="label mid" y={px(33.0 - h)}>{ "promised" }</text>
                <text class="value mid" y={px(46.0 - h)}>{ text(&card.promised) }</text>
                <text class="label mid" y={px(62.0 - h)}>{ "accepted" }</text>
                <text class={format!("{accepted_class} mid")} y={px(75.0 - h)}>{ ballot }</text>
                <text class={format!("{accepted_class} mid")} y={px(87.0 - h)}>{ value }</text>
            } else {
                <text class="name start" x={left.clone()} y={px(20.0 - h)}>{ text(&card.name) }</text>
                <text class="label end" x={right.clone()} y={px(20.0 - h)}>
                    { match card.status {
                        Status::Up if card.unsynced => "not on disk yet",
                        status => node_role(RoleMark::Acceptor, status),
                    } }
                </text>
                <text class="label start" x={left.clone()} y={px(44.0 - h)}>{ "promised" }</text>
                <text class="value end" x={right.clone()} y={px(44.0 - h)}>{ text(&card.promised) }</text>
                <text class="label start" x={left} y={px(66.0 - h)}>{ "accepted" }</text>
                <text class={format!("{accepted_class} end")} x={right} y={px(66.0 - h)}>{ format!("{ballot} {value}") }</text>
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
                <title>{ text(&chip.title) }</title>
                <rect x={px(x)} y={px(y)} width="12" height="12" rx="2" />
                <text x={px(x + 6.0)} y={px(y + 9.5)}>{ text(&chip.label) }</text>
            </g>
        }
    });
    html! { <>
        if before > 0 {
            <text class="before" x={px(-width / 2.0 - 3.0)} y={px(y + 9.5)}>{ format!("+{before}") }</text>
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
