//! Space-time diagrams: the same run with a line per participant, time along it, and an arrow per message.
//!
//! Lamport drew them to say what "before" means where no clock is shared. In *Time, Clocks, and the Ordering of Events in a
//! Distributed System* (1978), p. 559, event a *happens before* event b if both are on one line and a comes first, or a sends
//! the message whose arrival is b, or there is a c in between with a before c and c before b. Two events of which neither
//! happens before the other are *concurrent*: neither can have caused the other, whatever a wall clock says.
//!
//! Vector clocks decide that without a search (Fidge 1988; Mattern 1989, *Virtual Time and Global States of Distributed
//! Systems*). Each event carries a counter per line: how many events of that line happened before it, itself among them. So a
//! happens before b exactly if b has counted as many events of a's line as a has.
//!
//! Nothing here is recorded while a run goes on: a window of the run is computed once more and watched, which costs nothing to
//! whoever doesn't look. Clocks count from the window's start. That is exact for events of the window, as every chain between
//! two of them lies within it.
//!
//! A crash does not end a line: what a node has on its disk is as much its past as what it remembered. A message that the
//! network duplicates has two arrows from one event.
//!
//! Left out: orders between clients that talk outside of the system, which no clock of the system can see; and what a person
//! knew who looked at two phones.

pub mod carried;
pub mod stamps;

use crate::explain::{self, Sentence, Tone};
use crate::node::{Kind, Micros, Node, NodeId, NodeSet};
use crate::sim::model::{Loss, Status, Step};
use crate::sim::network::FlightId;
use crate::sim::run::{Latest, Run, World};
use crate::sorted::SortedMap;
use crate::timeline::track::{SideBySide, Track};
use crate::timeline::{Experiment, Timeline};
use crate::world::feed::FeedRun;
use crate::world::locks::LocksRun;
use crate::world::paxos::PaxosRun;
use crate::world::watch;

/// A window of a run as lines, events and arrows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagram {
    /// The participants' names, by id.
    pub lanes: Vec<String>,
    /// Where the window begins.
    pub from: Micros,
    /// Where it ends.
    pub to: Micros,
    /// What happened on the lines, by time.
    pub events: Vec<Event>,
    /// What was under way between two lines, by sending; those that were before the window first.
    pub messages: Vec<Message>,
    /// Links that were cut, by beginning.
    pub cuts: Vec<LinkCut>,
    /// Times at which somebody did not run, by beginning.
    pub stops: Vec<Stop>,
}

/// Something that happened on one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// When.
    pub at: Micros,
    /// On whose line.
    pub lane: NodeId,
    /// What sort of event.
    pub kind: EventKind,
    /// Who did what: "n1 asks for votes in term 4".
    pub headline: String,
    /// The rule and its numbers; empty where no rule spoke.
    pub reason: String,
    /// Where the rule is written; empty where no rule spoke.
    pub source: &'static str,
    /// The vector clock: by line, how many of its events in this window happened before this one, itself among them.
    pub clock: Vec<u32>,
}

/// What sort of event it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    /// A message arrives.
    Arrival,
    /// A timer runs out, or the runner makes a choice for the node.
    Timer,
    /// What was written is durable; what waited for it leaves.
    Disk,
    /// A person or an operator asks for something.
    Request,
    /// It stops and loses all but its disk.
    Crash,
    /// It starts again.
    Restart,
    /// It stands still.
    Pause,
    /// It goes on.
    Resume,
}

/// An arrow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its name in the run.
    pub id: FlightId,
    /// The sender's line.
    pub from: NodeId,
    /// The receiver's line.
    pub to: NodeId,
    /// As the paper calls it.
    pub kind: &'static str,
    /// When it was sent; for a copy, when the original was.
    pub sent: Micros,
    /// The event that sent it, by its position; `None`: it was sent before the window.
    pub send: Option<usize>,
    /// The network made it from another.
    pub copy: bool,
    /// What became of it.
    pub end: End,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It arrived, as the event at this position.
    Arrived(usize),
    /// It died.
    Lost {
        /// When.
        at: Micros,
        /// When it would have arrived.
        due: Micros,
        /// Why.
        loss: Loss,
    },
    /// It was on its way at the window's end, and is to arrive then.
    Due(Micros),
}

/// A link that carried nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkCut {
    /// From whom.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// Since when; the window's start if it was so before.
    pub since: Micros,
    /// Until when; `None`: beyond the window.
    pub until: Option<Micros>,
}

/// A time at which a participant did not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop {
    /// Whose line.
    pub lane: NodeId,
    /// Crashed, or paused.
    pub crashed: bool,
    /// Since when; the window's start if it was so before.
    pub since: Micros,
    /// Until when; `None`: beyond the window.
    pub until: Option<Micros>,
}

impl Diagram {
    /// World number `world` of `timeline`'s current branch between `from` and `to`, both included, as far as it was computed.
    pub fn of<E: Experiment<Track: Traced>>(timeline: &Timeline<E>, world: usize, from: Micros, to: Micros) -> Self {
        let mut recorder = None;
        timeline.revisit(from, to, |track| match &mut recorder {
            None => recorder = Some(track.recorder(world, from)),
            Some(recorder) => track.record(world, recorder),
        });
        let mut diagram = recorder.expect("shown at the start").diagram;
        diagram.to = to.min(timeline.end());
        diagram
    }

    /// Whether the event at position `a` happens before the one at `b` (Lamport 1978).
    pub fn happens_before(&self, a: usize, b: usize) -> bool {
        let lane = self.events[a].lane.index();
        a != b && self.events[a].clock[lane] <= self.events[b].clock[lane]
    }

    /// The events as a log that ShiViz draws (bestchai.bitbucket.io/shiviz): the expression that reads an event, an empty line
    /// as there is one execution only, then two lines per event: moment in seconds, line, vector clock; and what happened.
    pub fn to_shiviz(&self) -> String {
        let mut out = String::from("(?<at>\\d+\\.\\d+) (?<host>\\S+) (?<clock>{.*})\\n(?<event>.*)\n\n");
        for event in &self.events {
            let counted = self.lanes.iter().zip(&event.clock).filter(|(_, count)| **count > 0);
            let clock: Vec<String> = counted.map(|(name, count)| format!("\"{name}\":{count}")).collect();
            let (at, host) = (event.at.0, &self.lanes[event.lane.index()]);
            let (seconds, micros) = (at / 1_000_000, at % 1_000_000);
            out += &format!("{seconds}.{micros:06} {host} {{{}}}\n{}\n", clock.join(","), event.headline);
        }
        out
    }
}

/// Worlds that can be drawn as a diagram.
pub trait Traced: Track {
    /// A recorder for world number `world`, as it stands now.
    fn recorder(&self, world: usize, from: Micros) -> Recorder;
    /// Takes in what the latest step did.
    fn record(&self, world: usize, recorder: &mut Recorder);
}

impl Traced for PaxosRun {
    fn recorder(&self, _: usize, from: Micros) -> Recorder {
        let setup = self.world().setup;
        Recorder::new(self, from, &|node| setup.name(node))
    }

    fn record(&self, _: usize, recorder: &mut Recorder) {
        let setup = self.world().setup;
        recorder.see(self, &|node, note| explain::paxos::sentence(&|id| setup.name(id), node, note));
    }
}

impl Traced for SideBySide<FeedRun> {
    fn recorder(&self, world: usize, from: Micros) -> Recorder {
        let run = &self.worlds()[world];
        let setup = run.world().setup;
        Recorder::new(run, from, &|node| setup.name(node))
    }

    fn record(&self, world: usize, recorder: &mut Recorder) {
        let run = &self.worlds()[world];
        let setup = run.world().setup;
        let servers = setup.servers();
        recorder.see(run, &|node, note| {
            let (reach, store) = (watch::reach(run.model(), node, servers), run.world().store);
            let view = explain::feed::View { servers, reach };
            explain::feed::sentence(&|id| setup.name(id), store, view, node, note)
        });
    }
}

impl Traced for LocksRun {
    fn recorder(&self, _: usize, from: Micros) -> Recorder {
        let setup = self.world().setup;
        Recorder::new(self, from, &|node| setup.name(node))
    }

    fn record(&self, _: usize, recorder: &mut Recorder) {
        let setup = self.world().setup;
        let servers = setup.servers();
        recorder.see(self, &|node, note| {
            let view = explain::feed::View { servers, reach: watch::reach(self.model(), node, servers) };
            explain::locks::sentence(&|id| setup.name(id), view, node, note)
        });
    }
}

/// A diagram in the making.
#[derive(Debug)]
pub struct Recorder {
    diagram: Diagram,
    /// How many steps were seen.
    steps: u64,
    /// By line, the clock of its latest event.
    clocks: Vec<Vec<u32>>,
    /// Messages on their way, by their names in the run, and their positions in the diagram.
    flying: SortedMap<FlightId, usize>,
    /// As of the latest step: by sender, whom it can't reach.
    cut: Vec<NodeSet>,
}

impl Recorder {
    fn new<W: World>(run: &Run<W>, from: Micros, name: &dyn Fn(NodeId) -> String) -> Self {
        let model = run.model();
        let lanes = (0..model.len()).map(|lane| name(NodeId(lane as u8))).collect();
        let (to, events, messages) = (from, Vec::new(), Vec::new());
        let diagram = Diagram { lanes, from, to, events, messages, cuts: Vec::new(), stops: Vec::new() };
        let clocks = vec![vec![0; model.len()]; model.len()];
        let cut = vec![NodeSet::EMPTY; model.len()];
        let mut recorder = Self { diagram, steps: run.steps(), clocks, flying: SortedMap::new(), cut };
        for (id, host) in model.hosts().filter(|(_, host)| host.status != Status::Up) {
            recorder.stops(id, host.status == Status::Crashed, from);
        }
        recorder.compare_cuts(model.cuts(), from);
        for (id, envelope) in model.flights().iter() {
            let passage = run.schedule().passage(id).expect("what is on its way is scheduled");
            let (from, to, end) = (envelope.from, envelope.to, End::Due(passage.due));
            let kind = envelope.message.kind();
            recorder.launch(Message { id, from, to, kind, sent: passage.sent, send: None, copy: false, end });
        }
        recorder
    }

    /// Takes in the latest step of `run`, if there was one since.
    fn see<W: World>(&mut self, run: &Run<W>, explain: &dyn Fn(NodeId, &<W::Node as Node>::Note) -> Sentence) {
        let Some(Latest { step, outcome }) = run.latest() else { return };
        if run.steps() == self.steps {
            // Something that concerns no line: a message is held, a clock set, another world's turn.
            self.reschedule(run);
            return;
        }
        self.steps = run.steps();
        let at = run.now();
        let send = outcome.node.map(|lane| {
            let told: Vec<Sentence> = outcome.notes.iter().map(|note| explain(lane, note)).collect();
            let names = &self.diagram.lanes;
            let (kind, plain) = plain(step, outcome.delivered.as_ref().map(|mail| (mail.from, &mail.message)), names);
            let delivered = if let Step::Deliver(id) = step { Some(*id) } else { None };
            self.happen((at, lane, kind), told, names[lane.index()].clone() + plain.as_str(), delivered)
        });
        let original = if let Step::Duplicate(id) = step { self.flying(*id) } else { None };
        for id in &outcome.sent {
            let lost = outcome.lost.iter().position(|(other, ..)| other == id);
            let passage = match lost {
                Some(lost) => run.schedule().died()[lost].1,
                None => run.schedule().passage(*id).expect("what is on its way is scheduled"),
            };
            let mail = lost.map(|lost| &outcome.lost[lost].1).or_else(|| run.model().flights().get(*id));
            let mail = mail.expect("sent just now");
            let (from, to, kind, end) = (mail.from, mail.to, mail.message.kind(), End::Due(passage.due));
            let (sent, send) = match original.map(|original| &self.diagram.messages[original]) {
                Some(original) => (original.sent, original.send),
                None => (at, send),
            };
            self.launch(Message { id: *id, from, to, kind, sent, send, copy: original.is_some(), end });
        }
        // Cutting several links is several steps, of which only the last is known: the rest shows in what is gone.
        if !outcome.lost.is_empty() || matches!(step, Step::Cut(..)) {
            let loss = |id| outcome.lost.iter().find(|(other, ..)| *other == id).map_or(Loss::Cut, |(.., loss)| *loss);
            let gone = |(id, _): &(&FlightId, &usize)| run.model().flights().get(**id).is_none();
            let gone: Vec<(FlightId, Loss)> = self.flying.iter().filter(gone).map(|(id, _)| (*id, loss(*id))).collect();
            gone.into_iter().for_each(|(id, loss)| self.lose(id, at, loss));
        }
        self.compare_cuts(run.model().cuts(), at);
    }

    /// What was held or released arrives at another time.
    fn reschedule<W: World>(&mut self, run: &Run<W>) {
        for (id, position) in self.flying.iter() {
            if let Some(passage) = run.schedule().passage(*id) {
                self.diagram.messages[*position].end = End::Due(passage.due);
            }
        }
    }

    fn happen(
        &mut self,
        (at, lane, kind): (Micros, NodeId, EventKind),
        told: Vec<Sentence>,
        plain: String,
        delivered: Option<FlightId>,
    ) -> usize {
        let position = self.diagram.events.len();
        let mut clock = self.clocks[lane.index()].clone();
        if let Some(index) = delivered.and_then(|id| self.land(id)) {
            let message = &mut self.diagram.messages[index];
            message.end = End::Arrived(position);
            if let Some(send) = message.send {
                let seen = &self.diagram.events[send].clock;
                clock.iter_mut().zip(seen).for_each(|(ours, theirs)| *ours = (*ours).max(*theirs));
            }
        }
        clock[lane.index()] += 1;
        self.clocks[lane.index()].clone_from(&clock);
        match kind {
            EventKind::Crash | EventKind::Pause => {
                self.goes_on(lane, at);
                self.stops(lane, kind == EventKind::Crash, at);
            }
            EventKind::Restart | EventKind::Resume => self.goes_on(lane, at),
            _ => {}
        }
        // What was reached or refused says more than what is done all the time.
        let telling = told.iter().position(|sentence| sentence.tone != Tone::Routine).unwrap_or(0);
        let told = told.into_iter().nth(telling);
        let (headline, reason, source) = match told {
            Some(Sentence { headline, reason, source, .. }) => (headline, reason, source),
            None => (plain, String::new(), ""),
        };
        self.diagram.events.push(Event { at, lane, kind, headline, reason, source, clock });
        position
    }

    /// Word from a node's own disk stays on its line.
    fn launch(&mut self, message: Message) {
        if message.from != message.to {
            self.flying.insert(message.id, self.diagram.messages.len());
            self.diagram.messages.push(message);
        }
    }

    fn flying(&self, id: FlightId) -> Option<usize> {
        self.flying.get(&id).copied()
    }

    fn land(&mut self, id: FlightId) -> Option<usize> {
        self.flying.remove(&id)
    }

    fn lose(&mut self, id: FlightId, at: Micros, loss: Loss) {
        let Some(position) = self.land(id) else { return };
        let end = &mut self.diagram.messages[position].end;
        let End::Due(due) = *end else { unreachable!("it was on its way") };
        *end = End::Lost { at, due, loss };
    }

    fn stops(&mut self, lane: NodeId, crashed: bool, since: Micros) {
        self.diagram.stops.push(Stop { lane, crashed, since, until: None });
    }

    fn goes_on(&mut self, lane: NodeId, at: Micros) {
        let open = self.diagram.stops.iter_mut().rfind(|stop| stop.lane == lane && stop.until.is_none());
        if let Some(stop) = open {
            stop.until = Some(at);
        }
    }

    fn compare_cuts(&mut self, now: &[NodeSet], at: Micros) {
        for (from, (now, before)) in now.iter().zip(&mut self.cut).enumerate() {
            let from = NodeId(from as u8);
            for to in now.difference(*before).iter() {
                self.diagram.cuts.push(LinkCut { from, to, since: at, until: None });
            }
            for to in before.difference(*now).iter() {
                let same = |cut: &&mut LinkCut| (cut.from, cut.to, cut.until) == (from, to, None);
                self.diagram.cuts.iter_mut().rfind(same).expect("it was cut").until = Some(at);
            }
            *before = *now;
        }
    }
}

/// The sort of a step that touches a node, and what is said of it where no rule speaks, after the node's name.
fn plain<N: Node>(step: &Step<N>, arrived: Option<(NodeId, &N::Message)>, names: &[String]) -> (EventKind, String) {
    let (kind, what) = match step {
        Step::Timer(_, timer) => {
            return (EventKind::Timer, format!("'s {} timer runs out", timer.kind().to_lowercase()));
        }
        Step::Choose(_, picked) => return (EventKind::Timer, format!(" picks {}", names[picked.index()])),
        Step::Sync(_) => (EventKind::Disk, "'s disk has written"),
        Step::Request(..) => (EventKind::Request, " is asked for something"),
        Step::Crash(..) => (EventKind::Crash, " crashes"),
        Step::Restart(_) => (EventKind::Restart, " starts again from its disk"),
        Step::Pause(_) => (EventKind::Pause, " stands still"),
        Step::Resume(_) => (EventKind::Resume, " goes on"),
        Step::Deliver(_) | Step::Lose(_) | Step::Duplicate(_) | Step::Cut(..) | Step::Heal(..) => {
            let (from, message) = arrived.expect("of these only an arrival touches a node");
            return (EventKind::Arrival, format!(" gets {} from {}", message.kind(), names[from.index()]));
        }
    };
    (kind, what.to_owned())
}

#[cfg(test)]
mod tests;
