//! What all worlds have in common, as view data.

use std::cell::RefCell;
use std::rc::Rc;

use cap_lab::explain::Tone;
use cap_lab::goal::Goal;
use cap_lab::goal::ledger::{Ledger, Recorded};
use cap_lab::node::{Kind, Micros, Node, NodeId, NodeSet};
use cap_lab::shared_vec::SharedVec;
use cap_lab::sim::model;
use cap_lab::sim::network::Envelope;
use cap_lab::sim::run::{Run, World};
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::watch::{Events, Mark, MarkKind, Trouble};

use crate::ui::figure::view::{DeathView, FlightHue, FlightShape, FlightView, Status};
use crate::ui::guide::view::Judged;
use crate::ui::transport::scale::Scale;
use crate::ui::transport::view;

/// For how long a message that died is still of interest: on its way to a cut, then dying.
const DYING: Micros = Micros::from_ms(90);

/// How a message is drawn.
pub struct Look {
    pub label: String,
    pub shape: FlightShape,
    pub hue: FlightHue,
}

/// Of the messages that stand still at a node so many are drawn; the others are counted.
const STANDING_MAX: usize = 12;

/// The messages between `drawn` nodes that are on their way, in the order in which they were sent; and at which nodes more of
/// them stand than are drawn, in words.
pub fn flights<W: World>(
    run: &Run<W>,
    drawn: NodeSet,
    now: Micros,
    look: impl Fn(&Envelope<<W::Node as Node>::Message>) -> Look,
) -> (Vec<FlightView>, Vec<(NodeId, String)>) {
    let (mut flights, mut crowds): (Vec<FlightView>, _) = (Vec::new(), Vec::new());
    for to in drawn.iter() {
        let inbox = run.schedule().inbox(to, now, STANDING_MAX);
        for id in inbox.shown {
            let envelope = run.model().flights().get(id).expect("what is scheduled is on its way");
            let from = envelope.from;
            if from == to || !drawn.contains(from) {
                continue;
            }
            let passage = run.schedule().passage(id).expect("what is on its way is scheduled");
            let Look { label, shape, hue } = look(envelope);
            let (sent, due, held) = (passage.sent, passage.due, passage.held);
            let place = flights.partition_point(|flight| flight.id < id);
            flights.insert(place, FlightView { id, from, to, label, shape, hue, sent, due, held });
        }
        let crowd = |count: usize, what| (count > STANDING_MAX).then(|| format!("{count} {what}"));
        let words: Vec<String> =
            [crowd(inbox.waiting, "waiting"), crowd(inbox.held, "held")].into_iter().flatten().collect();
        if !words.is_empty() {
            crowds.push((to, words.join(", ")));
        }
    }
    (flights, crowds)
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

/// A mark on the timeline in words. `world` is "CP " or "AP " where there are two.
fn label(kind: MarkKind, world: &str, names: &dyn Fn(NodeId) -> String) -> String {
    match kind {
        MarkKind::Elected(node) => format!("{world}elected {}", names(node)),
        MarkKind::Fault(words, node) => words.mark.replace("{}", &node.map_or_else(String::new, names)),
        MarkKind::Refused(_) => format!("{world}refused"),
        MarkKind::Unknown(_) => format!("{world}no answer"),
        MarkKind::Stale(_) => format!("{world}stale"),
        MarkKind::Lost(_) => format!("{world}confirmed and lost"),
        MarkKind::Chosen => "chosen".to_owned(),
        MarkKind::Broken => format!("{world}invariant broken"),
    }
}

fn tone(kind: MarkKind) -> Tone {
    match kind {
        MarkKind::Fault(words, _) if !words.harms => Tone::Good,
        MarkKind::Fault(..) | MarkKind::Refused(_) | MarkKind::Lost(_) | MarkKind::Broken => Tone::Bad,
        MarkKind::Unknown(_) | MarkKind::Stale(_) => Tone::Warning,
        MarkKind::Elected(_) | MarkKind::Chosen => Tone::Good,
    }
}

/// The marks of worlds that run side by side, from a world's first that is not before `from`.
pub struct Marks<'a> {
    /// Those of each world, by time, after what the world is called: "CP ", or nothing if it is alone.
    pub worlds: Vec<(String, &'a SharedVec<Mark>)>,
    /// What nodes are called.
    pub names: &'a dyn Fn(NodeId) -> String,
}

impl Marks<'_> {
    /// What tells that there are others: how many each world has, and the last of them.
    pub fn stamp(&self) -> MarksStamp {
        self.worlds.iter().map(|(_, marks)| (marks.len(), marks.last().copied())).collect()
    }

    /// Shows each to `see`, by time. What a person does strikes all worlds at once and is one mark.
    fn each(&self, from: Micros, see: &mut dyn FnMut(&str, Mark)) {
        let mut places: Vec<usize> =
            self.worlds.iter().map(|(_, marks)| marks.partition_point(|mark| mark.at < from)).collect();
        let mut last: Vec<Mark> = Vec::new();
        loop {
            let next = |world: usize| Some((self.worlds[world].1.get(places[world])?.at, world));
            let Some((at, world)) = (0..places.len()).filter_map(next).min() else { return };
            let (name, marks) = &self.worlds[world];
            let mark = *marks.get(places[world]).expect("just found");
            places[world] += 1;
            last.retain(|other| other.at == at);
            if !(matches!(mark.kind, MarkKind::Fault(..)) && last.contains(&mark)) {
                see(name, mark);
            }
            last.push(mark);
        }
    }

    fn view(&self, world: &str, mark: Mark) -> view::Mark {
        let label = label(mark.kind, world, self.names);
        view::Mark { at: mark.at, until: mark.at, count: 1, label, tone: tone(mark.kind) }
    }

    /// All of them, at places of a line. Those that are less than `apart` beyond the first of them are one.
    pub fn merged(&self, apart: f64, place: impl Fn(Micros) -> f64) -> Vec<view::Mark> {
        let mut merged: Vec<view::Mark> = Vec::new();
        let mut begun = 0.0;
        self.each(Micros::ZERO, &mut |world, mark| {
            let at = place(mark.at);
            match merged.last_mut().filter(|_| at - begun < apart) {
                Some(several) => {
                    (several.until, several.count) = (mark.at, several.count + 1);
                    if view::weight(tone(mark.kind)) < view::weight(several.tone) {
                        let worse = self.view(world, mark);
                        (several.label, several.tone) = (worse.label, worse.tone);
                    }
                }
                None => {
                    merged.push(self.view(world, mark));
                    begun = at;
                }
            }
        });
        merged
    }

    /// Those between two moments, the first `most` of them.
    pub fn between(&self, from: Micros, until: Micros, most: usize) -> Vec<view::Mark> {
        let mut found = Vec::new();
        self.each(from, &mut |world, mark| {
            if mark.at <= until && found.len() < most {
                found.push(self.view(world, mark));
            }
        });
        found
    }
}

/// What tells whether other marks are to be merged.
type MarksStamp = Vec<(usize, Option<Mark>)>;

/// Marks as they were merged, and from what: how many there were, the line's horizon and its width.
#[derive(Default)]
pub struct MarksCache(RefCell<(MarksStamp, u64, f64, MergedMarks)>);

type MergedMarks = Rc<Vec<view::Mark>>;

impl MarksCache {
    /// These marks on a line so wide.
    pub fn merged(&self, marks: &Marks<'_>, scale: &Scale, width: f64) -> Rc<Vec<view::Mark>> {
        let (stamp, horizon) = (marks.stamp(), scale.horizon());
        let mut cached = self.0.borrow_mut();
        if (&cached.0, cached.1, cached.2) != (&stamp, horizon, width) {
            let merged = marks.merged(view::APART, |at| width * scale.share(at));
            *cached = (stamp, horizon, width, Rc::new(merged));
        }
        Rc::clone(&cached.3)
    }
}

/// Where the play head of a new run is put, so that the page is alive when it opens.
const HEAD_START: Micros = Micros::from_ms(2_000);

/// A new run, played to where it begins on the page.
pub fn begin<E: Experiment>(experiment: E, seed: u64) -> Result<Timeline<E>, String> {
    experiment.check()?;
    let mut timeline = Timeline::new(experiment, seed);
    timeline.play(HEAD_START);
    Ok(timeline)
}

/// "AppendEntries #12 from n1 to n3": a message's name in words.
pub fn title<M: Kind>(envelope: &Envelope<M>, names: &dyn Fn(NodeId) -> String) -> String {
    format!("{} from {} to {}", envelope.message.kind(), names(envelope.from), names(envelope.to))
}

/// What the current branch of a run, as far as it is computed, shows of a goal.
pub fn judged<E: Recorded>(timeline: &Timeline<E>, goal: &str) -> Judged {
    let Ok(goal) = goal.parse::<Goal>() else { return Judged::default() };
    let ledger = ledger(timeline, true);
    Judged { met: goal.met(&ledger), moments: goal.moments(&ledger) }
}

/// What happened on the current branch, up to the play head or to its end as far as it is computed.
pub fn ledger<E: Recorded>(timeline: &Timeline<E>, whole: bool) -> Ledger {
    if !whole {
        return E::ledger(timeline);
    }
    let mut whole = timeline.clone();
    whole.seek(whole.end());
    E::ledger(&whole)
}
