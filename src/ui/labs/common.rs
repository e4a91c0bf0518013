//! What all worlds have in common, as view data.

use cap_lab::explain::Tone;
use cap_lab::goal::Goal;
use cap_lab::goal::ledger::Recorded;
use cap_lab::node::{Kind, Micros, Node, NodeId, NodeSet};
use cap_lab::sim::model;
use cap_lab::sim::network::Envelope;
use cap_lab::sim::run::{Run, World};
use cap_lab::timeline::Timeline;
use cap_lab::world::watch::{Events, Mark, MarkKind, Trouble};

use crate::ui::figure::view::{DeathView, FlightHue, FlightShape, FlightView, Status};
use crate::ui::guide::view::Judged;
use crate::ui::transport::view;

/// For how long a message that died is still of interest: on its way to a cut, then dying.
const DYING: Micros = Micros::from_ms(90);

/// How a message is drawn.
pub struct Look {
    pub label: String,
    pub shape: FlightShape,
    pub hue: FlightHue,
}

/// The messages between `drawn` nodes that are on their way.
pub fn flights<W: World>(
    run: &Run<W>,
    drawn: NodeSet,
    look: impl Fn(&Envelope<<W::Node as Node>::Message>) -> Look,
) -> Vec<FlightView> {
    let shown = |envelope: &Envelope<_>| {
        envelope.from != envelope.to && drawn.contains(envelope.from) && drawn.contains(envelope.to)
    };
    let flights = run.model().flights().iter().filter(|(_, envelope)| shown(envelope));
    flights
        .map(|(id, envelope)| {
            let passage = run.schedule().passage(id).expect("what is on its way is scheduled");
            let Look { label, shape, hue } = look(envelope);
            let (from, to) = (envelope.from, envelope.to);
            FlightView { id, from, to, label, shape, hue, sent: passage.sent, due: passage.due, held: passage.held }
        })
        .collect()
}

/// The messages that died a moment ago.
pub fn deaths<N: Node>(
    events: &Events<N>,
    now: Micros,
    look: impl Fn(&Envelope<N::Message>) -> Look,
) -> Vec<DeathView> {
    let recent = events.deaths.iter().take_while(|(_, death)| now.since(death.at) < DYING);
    recent
        .map(|(_, death)| {
            let Look { label, shape, hue } = look(&death.envelope);
            let (from, to) = (death.envelope.from, death.envelope.to);
            let (sent, due) = (death.sent, death.due);
            DeathView {
                flight: FlightView { id: death.id, from, to, label, shape, hue, sent, due, held: false },
                at: death.at,
                cause: match death.loss {
                    model::Loss::Cut => "the link is cut",
                    model::Loss::Down => "the node is down",
                    model::Loss::Dropped => "dropped",
                },
            }
        })
        .collect()
}

/// Whether a node runs.
pub fn status(status: model::Status) -> Status {
    match status {
        model::Status::Up => Status::Up,
        model::Status::Crashed => Status::Crashed,
        model::Status::Paused => Status::Paused,
    }
}

/// "clock +3 s, +500 ppm", if it is off.
pub fn clock<W: World>(run: &Run<W>, node: NodeId) -> Option<String> {
    let (skew, ppm) = run.schedule().clock_error(node);
    let parts = [
        (skew != 0).then(|| format!("{:+} ms", skew / 1_000)),
        (ppm != 0).then(|| {
            format!("{}{} %", if ppm > 0 { "+" } else { "" }, crate::ui::number::Px(f64::from(ppm) / 10_000.0))
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("clock {}", parts.join(", ")))
}

/// Times between two moments at which something was out of order, in words; the latest of them.
pub fn faults<N: Node>(
    events: &Events<N>,
    (since, until): (Micros, Micros),
    names: &dyn Fn(NodeId) -> String,
) -> Vec<(Micros, Option<Micros>, String)> {
    let within = |trouble: &&Trouble| trouble.from <= until && trouble.until.is_none_or(|until| until > since);
    let recent = events.troubles.iter().rev().filter(within).take(24);
    let mut spans: Vec<_> = recent
        .map(|trouble| {
            let label = trouble.node.map_or("links cut".to_owned(), |node| format!("{} down", names(node)));
            (trouble.from, trouble.until, label)
        })
        .collect();
    spans.reverse();
    spans
}

/// A mark on the timeline. `world` is "CP " or "AP " where there are two.
pub fn mark(mark: &Mark, world: &str, names: &dyn Fn(NodeId) -> String) -> view::Mark {
    let (label, tone) = match mark.kind {
        MarkKind::Elected(node) => (format!("elected {}", names(node)), Tone::Good),
        MarkKind::Fault(words, node) => {
            let label = words.mark.replace("{}", &node.map_or_else(String::new, names));
            (label, if words.harms { Tone::Bad } else { Tone::Good })
        }
        MarkKind::Refused(_) => (format!("{world}refused"), Tone::Bad),
        MarkKind::Unknown(_) => (format!("{world}no answer"), Tone::Warning),
        MarkKind::Stale(_) => (format!("{world}stale"), Tone::Warning),
        MarkKind::Chosen => ("chosen".to_owned(), Tone::Good),
        MarkKind::Broken => ("invariant broken".to_owned(), Tone::Bad),
    };
    view::Mark { at: mark.at, label, tone }
}

/// "AppendEntries #12 from n1 to n3": a message's name in words.
pub fn title<M: Kind>(envelope: &Envelope<M>, names: &dyn Fn(NodeId) -> String) -> String {
    format!("{} from {} to {}", envelope.message.kind(), names(envelope.from), names(envelope.to))
}

/// What the current branch of a run, as far as it is computed, shows of a goal.
pub fn judged<E: Recorded>(timeline: &Timeline<E>, goal: &str) -> Judged {
    let Ok(goal) = goal.parse::<Goal>() else { return Judged::default() };
    let mut whole = timeline.clone();
    whole.seek(whole.end());
    let ledger = E::ledger(&whole);
    Judged { met: goal.met(&ledger), moments: goal.moments(&ledger) }
}
