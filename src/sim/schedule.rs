//! When things happen: due times, every node's clocks, and the dice that pick delays.
//!
//! The schedule picks the next enabled step of the model. No two steps of one world share a moment: a step that is due
//! when another was just done comes 1 µs later. So a moment says exactly which steps are over, and an intervention needs no
//! other place in the order of things.

use std::cmp::Reverse;
use std::sync::Arc;

use super::backlog::Backlog;
use super::dice;
use super::fault::{Link, MessageName};
use super::model::{Model, Status, Step, StepOutcome};
use super::network::{FlightId, Travel};
use crate::node::{Clocks, Delay, Kind, Micros, Node, NodeId};
use crate::sorted::SortedMap;

/// The time of day at which every run starts: noon.
pub const START_OF_DAY: Micros = Micros::from_ms(12 * 3_600 * 1_000);

/// What decides the pace of a world.
pub trait Pace<N: Node> {
    /// How long messages take from one participant to another.
    fn travel(&self, from: NodeId, to: NodeId) -> Travel;
    /// How long a disk takes to make everything written so far durable.
    fn sync_time(&self) -> Delay;
    /// Before this moment nobody asks for anything by himself.
    fn opening(&self) -> Micros;
    /// When `node` asks for something by itself; `None` if it never does.
    fn turns(&self, node: NodeId) -> Option<Turns>;
    /// What it asks for at its `turn`th turn, given its state; `None` if it lets this one pass.
    fn traffic(&self, node: NodeId, state: &N, turn: u32, dice: u64) -> Option<N::Request>;
}

/// When a client asks for something by itself, at the usual traffic: once in each period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turns {
    /// The time from one turn to the next.
    pub period: Micros,
    /// How far into the period.
    pub offset: Micros,
    /// Each turn comes later by up to this.
    pub jitter: Micros,
}

/// A clock that may be wrong.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// True time when its rate last changed.
    since: Micros,
    /// What it showed then.
    shown: Micros,
    ppm: i32,
    skew_micros: i64,
}

impl Clock {
    const RIGHT: Self = Self { since: Micros::ZERO, shown: Micros::ZERO, ppm: 0, skew_micros: 0 };
    const MILLION: u64 = 1_000_000;

    fn rate(self) -> u64 {
        (Self::MILLION as i64 + i64::from(self.ppm)).max(1) as u64
    }

    fn read(self, now: Micros) -> Clocks {
        let run = u128::from(now.since(self.since).0) * u128::from(self.rate()) / u128::from(Self::MILLION);
        let monotonic = self.shown + Micros(run as u64);
        let wall = (START_OF_DAY + monotonic).0.saturating_add_signed(self.skew_micros);
        Clocks { monotonic, wall: Micros(wall) }
    }

    /// How much true time passes while this clock counts `delay`.
    fn true_time(self, delay: Micros) -> Micros {
        Micros((u128::from(delay.0) * u128::from(Self::MILLION) / u128::from(self.rate())) as u64)
    }
}

/// A message's place in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passage {
    /// When it was sent.
    pub sent: Micros,
    /// When it arrives; for a held one, when it would have.
    pub due: Micros,
    /// Kept from arriving.
    pub held: bool,
    /// See [`MessageName`].
    pub ordinal: u32,
}

/// A moment and what breaks ties: of two at one moment, what was scheduled first comes first.
type Due = (Micros, u64);

/// A message in the schedule.
#[derive(Clone, Copy, Debug)]
struct Transit {
    passage: Passage,
    order: u64,
    to: NodeId,
}

impl Transit {
    fn due(self) -> Due {
        (self.passage.due, self.order)
    }
}

/// What a participant does by itself.
#[derive(Clone, Debug)]
enum What<T> {
    Timer(NodeId, T),
    Sync(NodeId),
    Choice(NodeId),
    Turn(NodeId),
}

#[derive(Clone, Debug)]
struct Pending<T> {
    due: Micros,
    /// Breaks ties: see [`Due`].
    order: u64,
    /// When it was scheduled.
    since: Micros,
    what: What<T>,
}

impl<T> Pending<T> {
    fn node(&self) -> NodeId {
        match self.what {
            What::Timer(node, _) | What::Sync(node) | What::Choice(node) | What::Turn(node) => node,
        }
    }
}

/// What happens next by itself.
#[derive(Clone, Copy, Debug)]
pub struct Next {
    /// When.
    pub at: Micros,
    source: Source,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    /// A message.
    Flight(FlightId),
    /// At this position among what participants do by themselves.
    Pending(usize),
}

/// What is on its way to a node: see [`Schedule::inbox`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inbox {
    /// Those in the air, and some of those that stand still.
    pub shown: Vec<FlightId>,
    /// How many were due, and wait for the node to go on.
    pub waiting: usize,
    /// How many are held.
    pub held: usize,
}

/// The timed half of a run. What a step costs does not depend on how many messages wait: at a paused node, held, or for
/// their time.
#[derive(Clone, Debug)]
pub struct Schedule<N: Node> {
    seed: u64,
    now: Micros,
    /// How much was scheduled so far.
    scheduled: u64,
    /// What participants do by themselves: a few entries each.
    pending: Vec<Pending<N::Timer>>,
    /// Messages on their way.
    transits: Backlog<FlightId, Transit>,
    /// By receiver, the earliest at hand: those of them that are not held. A paused receiver's stay where they are.
    arrivals: Vec<Backlog<Reverse<Due>, FlightId>>,
    /// By receiver, those that are held: as `arrivals` has the others, so that it takes no more code. Shared by clones, for it
    /// changes only when somebody holds or releases one.
    held: Arc<Vec<Backlog<Reverse<Due>, FlightId>>>,
    clocks: Vec<Clock>,
    /// Messages sent, by sender and receiver.
    sent: Vec<u32>,
    /// The links that are slower than usual, and by how much.
    slow: Vec<(Link, Micros)>,
    /// Messages sent, by sender, receiver and kind.
    ordinals: SortedMap<(NodeId, NodeId, &'static str), u32>,
    /// Turns taken, by participant.
    turns: Vec<u32>,
    traffic_percent: u16,
    /// When the traffic was last set, and the turns that had been taken by then.
    traffic_since: Micros,
    turns_before: Vec<u32>,
    /// Where the messages that the latest step lost were in time.
    died: Vec<(FlightId, Passage)>,
}

impl<N: Node> Schedule<N> {
    /// A schedule for `count` participants, with nothing in it.
    pub fn new(seed: u64, count: usize) -> Self {
        Self {
            seed,
            now: Micros::ZERO,
            scheduled: 0,
            pending: Vec::new(),
            transits: Backlog::default(),
            arrivals: vec![Backlog::default(); count],
            held: Arc::new(vec![Backlog::default(); count]),
            clocks: vec![Clock::RIGHT; count],
            sent: vec![0; count * count],
            slow: Vec::new(),
            ordinals: SortedMap::new(),
            turns: vec![0; count],
            traffic_percent: 0,
            traffic_since: Micros::ZERO,
            turns_before: vec![0; count],
            died: Vec::new(),
        }
    }

    /// The moment of the latest step.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// Something was done from outside at `at`: what follows comes later.
    pub fn touch(&mut self, at: Micros) {
        self.now = at;
    }

    /// What `node` reads off its clocks at `at`.
    pub fn clocks(&self, node: NodeId, at: Micros) -> Clocks {
        self.clocks[node.index()].read(at)
    }

    /// How far off `node`'s clocks are set: skew in µs and drift in parts per million.
    pub fn clock_error(&self, node: NodeId) -> (i64, i32) {
        let clock = self.clocks[node.index()];
        (clock.skew_micros, clock.ppm)
    }

    /// What clients do by themselves, in percent of the usual.
    pub fn traffic_percent(&self) -> u16 {
        self.traffic_percent
    }

    /// Where a message is in time.
    pub fn passage(&self, id: FlightId) -> Option<Passage> {
        self.transits.get(id).map(|transit| transit.passage)
    }

    /// Where the messages that the latest step lost were in time.
    pub fn died(&self) -> &[(FlightId, Passage)] {
        &self.died
    }

    /// When a running timer was set, and when it fires.
    pub fn timer(&self, node: NodeId, timer: N::Timer) -> Option<(Micros, Micros)> {
        self.pending.iter().find_map(|pending| match pending.what {
            What::Timer(whose, which) if whose == node && which == timer => Some((pending.since, pending.due)),
            _ => None,
        })
    }

    /// The message that has this name, if it is on its way.
    pub fn flight_named(&self, name: &MessageName, model: &Model<N>) -> Option<FlightId> {
        let mut numbered =
            self.transits.iter().filter(|(_, it)| it.to == name.to && it.passage.ordinal == name.ordinal);
        let named = |id: FlightId| {
            let envelope = model.flights().get(id).expect("scheduled messages are on their way");
            envelope.from == name.from && envelope.message.kind() == name.kind
        };
        numbered.find(|(id, _)| named(**id)).map(|(id, _)| *id)
    }

    /// The messages to `to` as of `at`, at most `most` of those that stand still: the next of them to arrive at a paused
    /// node, and the first that are held. What it takes to tell does not depend on how many there are of those.
    pub fn inbox(&self, to: NodeId, at: Micros, most: usize) -> Inbox {
        let (arrivals, held) = (&self.arrivals[to.index()], &self.held[to.index()]);
        let in_the_air: Vec<FlightId> =
            arrivals.iter().take_while(|(Reverse((due, _)), _)| *due > at).map(|(_, id)| *id).collect();
        let waiting = arrivals.len() - in_the_air.len();
        let next = arrivals.iter().rev().take(waiting.min(most)).map(|(_, id)| *id);
        let first_held = held.iter().rev().take(most).map(|(_, id)| *id);
        let shown = in_the_air.iter().copied().chain(next).chain(first_held).collect();
        Inbox { shown, waiting, held: held.len() }
    }

    /// The next step that happens by itself.
    pub fn next(&self, model: &Model<N>) -> Option<Next> {
        let runs = |(_, pending): &(usize, &Pending<_>)| model.host(pending.node()).status == Status::Up;
        let own = self.pending.iter().enumerate().filter(runs);
        let own = own.map(|(position, pending)| ((pending.due, pending.order), Source::Pending(position)));
        let hears = |(to, _): &(usize, &Backlog<_, _>)| model.host(NodeId(*to as u8)).status != Status::Paused;
        let arrivals = self.arrivals.iter().enumerate().filter(hears).filter_map(|(_, arrivals)| arrivals.last());
        let arrivals = arrivals.map(|(Reverse(due), id)| (*due, Source::Flight(*id)));
        let ((due, _), source) = own.chain(arrivals).min_by_key(|(due, _)| *due)?;
        Some(Next { at: due.max(self.now + Micros(1)), source })
    }

    /// Takes what [`Schedule::next`] gave out of the schedule. `None`: a client lets its turn pass.
    pub fn take(&mut self, Next { at, source }: Next, model: &Model<N>, pace: &impl Pace<N>) -> Option<Taken<N>> {
        let position = match source {
            // Left to whoever absorbs the step.
            Source::Flight(id) => {
                let to = self.transits.get(id).expect("the next to arrive").to;
                let down = model.host(to).status == Status::Crashed;
                return Some(Taken::Step(if down { Step::Lose(id) } else { Step::Deliver(id) }));
            }
            Source::Pending(position) => position,
        };
        Some(match self.pending.swap_remove(position).what {
            What::Timer(node, timer) => Taken::Step(Step::Timer(node, timer)),
            What::Sync(node) => Taken::Step(Step::Sync(node)),
            What::Choice(node) => {
                let among = model.host(node).choice;
                let pick = dice::below(self.seed, &[3, u64::from(node.0), at.0], among.len() as u64);
                Taken::Step(Step::Choose(node, among.iter().nth(pick as usize).expect("below the length")))
            }
            What::Turn(node) => {
                let turn = self.turns[node.index()];
                self.turns[node.index()] += 1;
                self.schedule_turn(node, pace);
                let dice = dice::throw(self.seed, &[4, u64::from(node.0), u64::from(turn)]);
                Taken::Request(node, pace.traffic(node, &model.host(node).node, turn, dice)?)
            }
        })
    }

    /// Does to the schedule what `step` did to the model.
    pub fn absorb(
        &mut self,
        at: Micros,
        step: &Step<N>,
        outcome: &StepOutcome<N>,
        model: &Model<N>,
        pace: &impl Pace<N>,
    ) {
        self.now = at;
        self.died.clear();
        match step {
            Step::Deliver(id) => drop(self.forget_flight(*id)),
            Step::Timer(node, timer) => self.forget_timer(*node, *timer),
            Step::Sync(node) => self.forget(|what| matches!(what, What::Sync(other) if other == node)),
            Step::Choose(node, _) => self.forget(|what| matches!(what, What::Choice(other) if other == node)),
            Step::Crash(node, _) => {
                self.forget(|what| matches!(what, What::Sync(other) | What::Choice(other) if other == node));
            }
            _ => {}
        }
        for id in &outcome.sent {
            self.schedule_flight(*id, model, outcome, pace);
        }
        for (id, ..) in &outcome.lost {
            let passage = self.forget_flight(*id);
            self.died.push((*id, passage));
        }
        let Some(node) = outcome.node else { return };
        for (timer, delay) in &outcome.timers {
            self.forget_timer(node, *timer);
            if let Some(delay) = delay {
                let parts = [5, u64::from(node.0), self.scheduled];
                let local = dice::within(self.seed, &parts, *delay);
                self.push(at + self.clocks[node.index()].true_time(local), What::Timer(node, *timer));
            }
        }
        let syncing = |pending: &Pending<_>| matches!(pending.what, What::Sync(other) if other == node);
        if outcome.wrote && !self.pending.iter().any(syncing) {
            let time = dice::within(self.seed, &[6, u64::from(node.0), at.0], pace.sync_time());
            self.push(at + time, What::Sync(node));
        }
        if outcome.choose {
            self.push(at, What::Choice(node));
        }
    }

    fn schedule_flight(&mut self, id: FlightId, model: &Model<N>, outcome: &StepOutcome<N>, pace: &impl Pace<N>) {
        let lost = || outcome.lost.iter().find(|(other, ..)| *other == id).map(|(_, envelope, _)| envelope);
        let envelope = model.flights().get(id).or_else(lost).expect("sent, then on its way or lost at once");
        let (from, to) = (envelope.from, envelope.to);
        let counted = &mut self.sent[from.index() * self.clocks.len() + to.index()];
        let nth = *counted;
        *counted += 1;
        let counted = self.ordinals.or_default((from, to, envelope.message.kind()));
        let ordinal = *counted;
        *counted += 1;
        let time =
            if from == to { Micros::ZERO } else { pace.travel(from, to).time(self.seed, (from, to), self.now, nth) };
        let due = self.now + time + self.slowed((from, to));
        let passage = Passage { sent: self.now, due, held: false, ordinal };
        let transit = Transit { passage, order: self.scheduled, to };
        self.scheduled += 1;
        self.transits.insert(id, transit);
        self.arrivals[to.index()].insert(Reverse(transit.due()), id);
    }

    fn schedule_turn(&mut self, node: NodeId, pace: &impl Pace<N>) {
        let Some(Turns { period, offset, jitter }) = pace.turns(node).filter(|_| self.traffic_percent > 0) else {
            return;
        };
        let turn = self.turns[node.index()];
        let taken = u64::from(turn - self.turns_before[node.index()]);
        let usual =
            period.0 * taken + offset.0 + dice::below(self.seed, &[7, u64::from(node.0), u64::from(turn)], jitter.0);
        let begin = self.traffic_since.max(pace.opening());
        self.push(begin + Micros(usual * 100 / u64::from(self.traffic_percent)), What::Turn(node));
    }

    /// From `at` on clients do `percent` of the usual by themselves.
    pub fn set_traffic(&mut self, at: Micros, percent: u16, pace: &impl Pace<N>) {
        self.now = at;
        self.traffic_percent = percent;
        self.traffic_since = at;
        self.turns_before.clone_from(&self.turns);
        self.forget(|what| matches!(what, What::Turn(_)));
        for index in 0..self.clocks.len() {
            self.schedule_turn(NodeId(index as u8), pace);
        }
    }

    /// By how much what is sent over a link takes longer than usual.
    pub fn slowed(&self, link: Link) -> Micros {
        self.slow.iter().find(|(slow, _)| *slow == link).map_or(Micros::ZERO, |(_, by)| *by)
    }

    /// The links that are slower than usual, and by how much.
    pub fn slow(&self) -> &[(Link, Micros)] {
        &self.slow
    }

    /// What is sent over a link from now on takes longer by this; by nothing: it takes what is usual.
    pub fn set_slow(&mut self, link: Link, by: Micros) {
        self.slow.retain(|(slow, _)| *slow != link);
        if by > Micros::ZERO {
            self.slow.push((link, by));
        }
    }

    /// Sets a node's wall clock off by so many µs.
    pub fn set_skew(&mut self, node: NodeId, micros: i64) {
        self.clocks[node.index()].skew_micros = micros;
    }

    /// From `at` on both clocks of a node run at 1,000,000 + `ppm` µs a second. What is left of its timers stretches or
    /// shrinks with it.
    pub fn set_drift(&mut self, at: Micros, node: NodeId, ppm: i32) {
        let clock = &mut self.clocks[node.index()];
        let old = *clock;
        *clock = Clock { since: at, shown: old.read(at).monotonic, ppm, ..old };
        let (old_rate, new_rate) = (u128::from(old.rate()), u128::from(clock.rate()));
        for pending in &mut self.pending {
            if matches!(pending.what, What::Timer(whose, _) if whose == node) {
                let left = u128::from(pending.due.since(at).0) * old_rate / new_rate;
                pending.due = at + Micros(left as u64);
            }
        }
    }

    /// Holds a message that is on its way, or lets it go on.
    pub fn set_held(&mut self, at: Micros, id: FlightId, hold: bool) {
        let mut transit = *self.transits.get(id).expect("a message on its way");
        let to = transit.to.index();
        let held = Arc::make_mut(&mut self.held);
        let (from, into) = if hold { (&mut self.arrivals, held) } else { (held, &mut self.arrivals) };
        from[to].remove(Reverse(transit.due()));
        transit.passage.held = hold;
        transit.passage.due = transit.passage.due.max(at);
        into[to].insert(Reverse(transit.due()), id);
        self.transits.insert(id, transit);
    }

    fn push(&mut self, due: Micros, what: What<N::Timer>) {
        self.pending.push(Pending { due, order: self.scheduled, since: self.now, what });
        self.scheduled += 1;
    }

    fn forget(&mut self, mut doomed: impl FnMut(&What<N::Timer>) -> bool) {
        self.pending.retain(|pending| !doomed(&pending.what));
    }

    fn forget_flight(&mut self, id: FlightId) -> Passage {
        let transit = self.transits.remove(id).expect("what arrived or was lost had been scheduled");
        let from = if transit.passage.held { Arc::make_mut(&mut self.held) } else { &mut self.arrivals };
        from[transit.to.index()].remove(Reverse(transit.due()));
        transit.passage
    }

    fn forget_timer(&mut self, node: NodeId, timer: N::Timer) {
        self.forget(|what| matches!(what, What::Timer(whose, which) if *whose == node && *which == timer));
    }
}

/// What the schedule decided to let happen.
#[derive(Clone, PartialEq, Debug)]
pub enum Taken<N: Node> {
    /// A step of the model.
    Step(Step<N>),
    /// A client asks for something by itself.
    Request(NodeId, N::Request),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drifting_clock_counts_faster_from_then_on() {
        let mut clock = Clock::RIGHT;
        assert_eq!(clock.read(Micros(500)).monotonic, Micros(500));
        clock = Clock { since: Micros(500), shown: Micros(500), ppm: 100_000, skew_micros: -20 };
        let read = clock.read(Micros(1_500));
        assert_eq!(read.monotonic, Micros(1_600));
        assert_eq!(read.wall, Micros(START_OF_DAY.0 + 1_600 - 20));
        assert_eq!(clock.true_time(Micros(1_100)), Micros(1_000));
    }
}
