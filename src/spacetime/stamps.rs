//! The same events stamped by four clocks, and the pairs that a stamp puts in the wrong order.
//!
//! - A *wall clock* stamps with the time of day, as the node has it.
//! - A *Lamport clock* counts: each event more than all that happened before it (Lamport 1978, p. 560, rules IR1 and IR2).
//! - A *hybrid clock* shows the greatest time of day that its node has heard of, and counts where that stands still (Kulkarni et al.
//!   2014, *Logical Physical Clocks*, Figure 5).
//! - The *sequence number* of the log, carried by a fencing token, stamps what is done by the right of a grant.
//!
//! An *inversion* is a pair of which one happened before the other, and has the greater stamp. Lamport's and hybrid clocks have none.
//! Wall clocks have some as soon as they are set differently by more than a message takes. A sequence number has one exactly where
//! somebody acts by an older grant, and knows of, or comes after, a newer one: the late write that fencing refuses.
//!
//! What happened before what is decided by vector clocks, as in the [diagram](super::Diagram).

use super::{Diagram, End};
use crate::locks::client::ClientNote;
use crate::locks::participant::Note;
use crate::locks::service::ServiceNote;
use crate::locks::storage::StorageNote;
use crate::node::Micros;
use crate::timeline::{Experiment, Timeline};
use crate::world::locks::LocksRun;

/// An event to be stamped. Its position in a list of all of them is its place in true time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happening {
    /// Whose.
    pub lane: usize,
    /// What its wall clock shows.
    pub wall: Micros,
    /// The event that sent the message whose arrival this is.
    pub heard: Option<usize>,
    /// The sequence number by which it is done, if there is one.
    pub sequence: Option<u64>,
}

/// The time by a hybrid clock: compared by the first, then by the second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Hybrid {
    /// The greatest time of day that was heard of.
    pub physical: Micros,
    /// Counts events while that stands still.
    pub logical: u32,
}

/// What the clocks say of one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamps {
    /// The node's wall clock.
    pub wall: Micros,
    /// A Lamport clock.
    pub lamport: u64,
    /// A hybrid clock.
    pub hybrid: Hybrid,
    /// The log's sequence number.
    pub sequence: Option<u64>,
}

/// Which clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// The node's wall clock.
    Wall,
    /// Lamport's.
    Lamport,
    /// Kulkarni's.
    Hybrid,
    /// The log's sequence numbers.
    Sequence,
}

impl Clock {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wall, Self::Lamport, Self::Hybrid, Self::Sequence];

    /// What goals call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall clock",
            Self::Lamport => "Lamport clock",
            Self::Hybrid => "hybrid clock",
            Self::Sequence => "sequence number",
        }
    }

    /// A stamp as something that is ordered; none if this clock does not stamp it.
    fn key(self, stamps: &Stamps) -> Option<(u64, u32)> {
        match self {
            Self::Wall => Some((stamps.wall.0, 0)),
            Self::Lamport => Some((stamps.lamport, 0)),
            Self::Hybrid => Some((stamps.hybrid.physical.0, stamps.hybrid.logical)),
            Self::Sequence => stamps.sequence.map(|sequence| (sequence, 0)),
        }
    }
}

/// Stamps all events. Counters outlive crashes.
pub fn stamps(events: &[Happening]) -> Vec<Stamps> {
    let lanes = events.iter().map(|event| event.lane + 1).max().unwrap_or(0);
    let mut latest = vec![(0_u64, Hybrid::default()); lanes];
    let mut all: Vec<Stamps> = Vec::with_capacity(events.len());
    for event in events {
        let heard = event.heard.map(|send| all[send]);
        let (lamport, hybrid) = &mut latest[event.lane];
        *lamport = 1 + (*lamport).max(heard.map_or(0, |stamps| stamps.lamport));
        *hybrid = hybrid.next(event.wall, heard.map(|stamps| stamps.hybrid));
        all.push(Stamps { wall: event.wall, lamport: *lamport, hybrid: *hybrid, sequence: event.sequence });
    }
    all
}

impl Hybrid {
    fn next(self, wall: Micros, heard: Option<Self>) -> Self {
        let heard = heard.unwrap_or_default();
        let physical = wall.max(self.physical).max(heard.physical);
        let count = |of: Self| (of.physical == physical && of != Self::default()).then_some(of.logical + 1);
        Self { physical, logical: count(self).max(count(heard)).unwrap_or(0) }
    }
}

/// By event: how many events of each lane happened before it, itself among them (Fidge 1988; Mattern 1989).
fn vector_clocks(events: &[Happening]) -> Vec<Vec<u32>> {
    let lanes = events.iter().map(|event| event.lane + 1).max().unwrap_or(0);
    let mut latest = vec![vec![0_u32; lanes]; lanes];
    let mut all: Vec<Vec<u32>> = Vec::with_capacity(events.len());
    for event in events {
        let clock = &mut latest[event.lane];
        if let Some(send) = event.heard {
            clock.iter_mut().zip(&all[send]).for_each(|(ours, theirs)| *ours = (*ours).max(*theirs));
        }
        clock[event.lane] += 1;
        all.push(clock.clone());
    }
    all
}

/// The pairs among `wanted`, each by its position in `events`, of which the first happened before the second and has the greater
/// stamp.
pub fn inversions(events: &[Happening], stamps: &[Stamps], wanted: &[usize], clock: Clock) -> Vec<(usize, usize)> {
    let vectors = vector_clocks(events);
    let before = |a: usize, b: usize| a != b && vectors[a][events[a].lane] <= vectors[b][events[a].lane];
    let mut found = Vec::new();
    for (place, b) in wanted.iter().copied().enumerate() {
        for a in wanted[..place].iter().copied() {
            let inverted = clock.key(&stamps[a]).zip(clock.key(&stamps[b])).is_some_and(|(a, b)| a > b);
            if inverted && before(a, b) {
                found.push((a, b));
            }
        }
    }
    found
}

/// What was done by the right of a grant, or was such a grant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StampedEvent {
    /// When, in true time.
    pub at: Micros,
    /// Who did what.
    pub headline: String,
    /// What the clocks say.
    pub stamps: Stamps,
}

/// Grants and writes of a run, and what each clock makes of their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comparison {
    /// By true time.
    pub events: Vec<StampedEvent>,
    /// By clock, in the order of [`Clock::ALL`]: the pairs that it gets wrong, by their positions.
    pub inversions: [Vec<(usize, usize)>; 4],
}

impl Comparison {
    /// Of the current branch between `from` and `to`.
    pub fn of<E: Experiment<Track = LocksRun>>(timeline: &Timeline<E>, from: Micros, to: Micros) -> Self {
        let diagram = Diagram::of(timeline, 0, from, to);
        let events = happenings(&diagram, timeline, from, to);
        let stamps = stamps(&events);
        let wanted: Vec<usize> = (0..events.len()).filter(|place| events[*place].sequence.is_some()).collect();
        let place = |event: usize| wanted.binary_search(&event).expect("among those that are wanted");
        let inverted = |clock| {
            let pairs = inversions(&events, &stamps, &wanted, clock).into_iter();
            pairs.map(|(a, b)| (place(a), place(b))).collect()
        };
        let told = |event: &usize| {
            let known = &diagram.events[*event];
            StampedEvent { at: known.at, headline: known.headline.clone(), stamps: stamps[*event] }
        };
        Self { inversions: Clock::ALL.map(inverted), events: wanted.iter().map(told).collect() }
    }
}

/// The events of a diagram, with what their nodes' wall clocks showed and the tokens that they carried.
pub fn happenings<E: Experiment<Track = LocksRun>>(
    diagram: &Diagram,
    timeline: &Timeline<E>,
    from: Micros,
    to: Micros,
) -> Vec<Happening> {
    let mut read: Vec<(Micros, Option<u64>)> = Vec::new();
    let mut steps = None;
    timeline.revisit(from, to, |run: &LocksRun| {
        let seen = steps.replace(run.steps());
        let Some(latest) = run.latest().filter(|_| seen.is_some_and(|seen| seen < run.steps())) else { return };
        if let Some(node) = latest.outcome.node {
            let sequence = latest.outcome.notes.iter().find_map(token);
            read.push((run.schedule().clocks(node, run.now()).wall, sequence));
        }
    });
    let mut heard = vec![None; diagram.events.len()];
    for message in &diagram.messages {
        if let End::Arrived(position) = message.end {
            heard[position] = message.send;
        }
    }
    let events = diagram.events.iter().zip(heard).zip(read);
    events
        .map(|((event, heard), (wall, sequence))| Happening { lane: event.lane.index(), wall, heard, sequence })
        .collect()
}

/// The token of a grant, or of what is done by its right.
fn token(note: &Note) -> Option<u64> {
    match note {
        Note::Service(ServiceNote::Granted { token, .. }) => Some(*token),
        Note::Client(ClientNote::Holds { token, .. } | ClientNote::Writes { token, .. })
        | Note::Storage(StorageNote::Writes { token, .. }) => *token,
        _ => None,
    }
}
