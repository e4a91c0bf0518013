//! One node: a server as a circle, an acceptor as a card.

use yew::Html;

use crate::ui::el::{El, classed, el};
use crate::ui::figure::names::{colour_class, node_role};
use crate::ui::figure::view::{Chip, NodeView, RoleMark, Status};
use crate::ui::geometry::{Body, Place};
use crate::ui::number::Px;
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
    /// Its region, and the people who talk to it.
    pub people: Vec<Pill>,
    /// Paxos: a proposer after the first, in the second colour.
    pub second: bool,
}

/// A name beside a replica.
#[derive(Clone, PartialEq)]
pub struct Pill {
    /// Of a `person`, or of the `place` where the replica is.
    pub class: &'static str,
    /// The name, or its first letters.
    pub text: String,
    /// The centre, from the replica's, in pixels.
    pub x: f64,
    /// The same, down.
    pub y: f64,
}

impl Pill {
    /// From one to the next below it.
    pub const PITCH: f64 = 20.0;

    /// How wide the text makes it.
    pub fn width(text: &str) -> f64 {
        12.0 + 6.8 * text.chars().count() as f64
    }

    fn draw(&self) -> El {
        let w = Self::width(&self.text);
        let frame = el("rect").px("width", w).attr("height", "18").attr("rx", "9");
        let name = el("text").px("x", w / 2.0).attr("y", "12.5").text(&self.text);
        classed("g", self.class).at(self.x - w / 2.0, self.y - 9.0).add(frame).add(name)
    }
}

impl Part for NodePart {
    fn draw(&self) -> Html {
        let class = format!(
            "node {} {}{}{}{}{}",
            role_class(self.view.role),
            match self.view.status {
                Status::Up => "up",
                Status::Crashed => "crashed",
                Status::Paused => "paused",
            },
            if self.marked { " marked" } else { "" },
            if self.selected { " selected" } else { "" },
            if self.second { " second" } else { "" },
            if matches!(self.view.seat, Some("learner" | "no vote")) { " novote" } else { "" },
        );
        let at = self.place.at;
        // What has the name holds no text: its name says in words what is drawn beside it in signs.
        let named = match self.place.body {
            Body::Circle(r) => el("circle").px("r", r),
            Body::Card(w, h) => el("rect").px("x", -w).px("y", -h).px("width", 2.0 * w).px("height", 2.0 * h),
        };
        let named = named
            .attr("fill", "none")
            .attr("role", "option")
            .set("id", self.id.clone())
            .set("aria-label", self.name.clone())
            .attr("aria-selected", if self.selected { "true" } else { "false" });
        let drawing = el("g").attr("aria-hidden", "true");
        let drawing = match self.place.body {
            Body::Circle(r) => self.circle(drawing, r),
            Body::Card(w, h) => self.acceptor(drawing, w, h),
        };
        el("g").set("class", class).attr("role", "none").at(at.x, at.y).add(named).add(drawing).html()
    }
}

/// A line of text.
fn line(class: &'static str, y: f64, text: &str) -> El {
    classed("text", class).px("y", y).text(text)
}

impl NodePart {
    fn circle(&self, group: El, r: f64) -> El {
        let view = &self.view;
        let caption = match view.status {
            Status::Up => &*view.caption,
            Status::Crashed | Status::Paused => node_role(view.role, view.status),
        };
        let chips_y = r + 11.0;
        let disc = |class, r| classed("circle", class).px("r", r);
        let sign = |class, path| classed("path", class).set("d", path);
        let halo = self.marked || self.selected;
        let crown = view.role == RoleMark::Leader && view.status == Status::Up;
        group
            .add(disc("track", r + 6.0))
            .maybe(halo.then(|| disc("halo", r + 10.0)))
            .add(disc("body", r))
            .maybe(view.seat.map(|seat| line("seat", 23.0, seat)))
            .add(line("name", if caption.is_empty() { 5.0 } else { -1.0 }, &view.name))
            .maybe((!caption.is_empty()).then(|| line("caption", 12.0, fitting(caption, r))))
            .maybe(crown.then(|| sign("crown", format!("M-11,{}l5,6l6,-10l6,10l5,-6l-2,13h-18z", Px(-r - 11.0)))))
            .maybe(match view.status {
                Status::Up => None,
                Status::Paused => Some(sign("sign", format!("M-4,{0}v9M4,{0}v9", Px(-r - 14.0)))),
                Status::Crashed => Some(sign("sign bad", format!("M-5,{}l10,10m0,-10l-10,10", Px(-r - 14.0)))),
            })
            .all(chips(&view.chips, view.chips_before, chips_y))
            .maybe(view.clock.as_ref().map(|clock| line("clock", chips_y + 24.0, &format!("◷ {clock}"))))
            .all(self.people.iter().map(Pill::draw).collect())
    }

    fn acceptor(&self, group: El, w: f64, h: f64) -> El {
        let Some(card) = &self.view.card else { return group };
        let (ballot, value) = match &card.accepted {
            Some((ballot, value)) => (&**ballot, &**value),
            None => ("none", ""),
        };
        let none = if card.accepted.is_some() { "accepted" } else { "none" };
        let frame = |class, by: f64| {
            let (x, y) = (-w - by, -h - by);
            classed("rect", class).px("x", x).px("y", y).px("width", -2.0 * x).px("height", -2.0 * y)
        };
        let text = |class: &str, x: f64, y: f64, text: &str| {
            el("text").set("class", class.to_owned()).px("x", x).px("y", y - h).text(text)
        };
        let value_class = |place: &str| format!("value {none} {place} {}", colour_class(value));
        let halo = self.marked || self.selected;
        let group =
            group.maybe(halo.then(|| frame("halo", 4.0).attr("rx", "14"))).add(frame("body", 0.0).attr("rx", "10"));
        if w < 52.0 {
            // As much of a label as the card is wide.
            let [promised, accepted] = if w < NARROWEST { ["prom.", "acc."] } else { ["promised", "accepted"] };
            return group
                .add(text("name", 0.0, 17.0, &self.view.name))
                .add(text("label mid", 0.0, 33.0, promised))
                .add(text("value mid", 0.0, 46.0, &card.promised))
                .add(text("label mid", 0.0, 62.0, accepted))
                .add(text(&value_class("mid"), 0.0, 75.0, ballot))
                .add(text(&value_class("mid"), 0.0, 87.0, value));
        }
        let state = match self.view.status {
            Status::Up if card.unsynced => "not on disk yet",
            status => node_role(RoleMark::Acceptor, status),
        };
        let (left, right) = (11.0 - w, w - 11.0);
        let accepted = format!("{ballot} {value}");
        group
            .add(text("name start", left, 20.0, &self.view.name))
            .add(text("label end", right, 20.0, state))
            .add(text("label start", left, 44.0, "promised"))
            .add(text("value end", right, 44.0, &card.promised))
            .add(text("label start", left, 66.0, if accepted.chars().count() > ROOM { "" } else { "accepted" }))
            .add(text(&value_class("end"), right, 66.0, &accepted))
    }
}

/// As much of a caption as a circle has room for: all of it, or its first word ("15" of "15 posts").
fn fitting(caption: &str, r: f64) -> &str {
    const LETTER: f64 = 5.6;
    const BASELINE: f64 = 12.0;
    let chord = 2.0 * (r * r - BASELINE * BASELINE).sqrt();
    let all = caption.chars().count() as f64 * LETTER <= chord;
    caption.split(' ').next().filter(|_| !all).unwrap_or(caption)
}

/// Half the width of a card that has room for whole labels.
const NARROWEST: f64 = 26.0;

/// How many letters of what was accepted leave room for the label beside it.
const ROOM: usize = 9;

fn chips(chips: &[Chip], before: u64, y: f64) -> Vec<El> {
    let width = 14.0 * chips.len() as f64;
    let mut all = Vec::new();
    if before > 0 {
        let count = classed("text", "before").px("x", -width / 2.0 - 3.0).px("y", y + 9.5);
        all.push(count.text(&format!("+{before}")));
    }
    for (index, chip) in chips.iter().enumerate() {
        let x = 14.0 * index as f64 - width / 2.0 + 1.0;
        let square = el("rect").px("x", x).px("y", y).attr("width", "12").attr("height", "12").attr("rx", "2");
        let label = el("text").px("x", x + 6.0).px("y", y + 9.5).text(&chip.label);
        let open = if chip.committed { "" } else { " open" };
        let group = el("g").set("class", format!("chip h{}{open}", chip.hue));
        all.push(group.add(square).add(label));
    }
    all
}

fn role_class(role: RoleMark) -> &'static str {
    match role {
        RoleMark::Leader => "leader",
        RoleMark::Candidate => "candidate",
        RoleMark::Follower => "follower",
        RoleMark::Replica => "replica",
        RoleMark::Proposer => "proposer",
        RoleMark::Acceptor => "acceptor",
        RoleMark::Server => "server",
        RoleMark::Client => "client",
        RoleMark::Storage => "storage",
    }
}
