//! A cluster of Raft as a model for Stateright: the untimed model of the lab, step by step, watched by three observers.
//!
//! **Disks.** A server loses in a crash what is not on its disk yet, a prefix of its writes being left. Followers and candidates
//! wait for their disk: a step of theirs ends when it is done, or in a crash before that. This leaves nothing out, for all that
//! they send waits for their disk as well. A leader goes on before its disk is done (thesis §10.2.1), so the disk of a leader
//! is done in a step of its own.
//!
//! **Crashes.** Who crashes starts again in the same step: being down and being silent is the same to the others.
//!
//! **Network.** The set of all messages ever sent; each may arrive any number of times, in any order, or never. So loss,
//! duplication and reordering have no bounds.
//!
//! **What only adds messages is done at once** (a heartbeat, the answer to a message that changes nothing else), also where they
//! wait for a leader's disk first. A state with more messages can do all that the same state with fewer can do, and invariants
//! do not speak of messages, so nothing is left out. Heartbeats need no step of their own then, and neither do refusals:
//! whatever a leader could tell its followers, or who is ahead to who is behind, is on its way.
//!
//! **Messages that can do no more than others** are no part of a state ([`Cluster::bearing`]), nor is how often something waits
//! for a disk: without that, a leader whose disk is at work could be asked, and would refuse, for ever.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_lab::explore::{State, Subject};
use cap_lab::node::{Clocks, Effect, Effects, Node, NodeId};
use cap_lab::raft::invariant::Ghost;
use cap_lab::raft::{Delta, Index, Message, Term, Timer};
use cap_lab::sim::model::{Model as Lab, Step, StepOutcome};
use cap_lab::sim::network::{Envelope, FlightId};
use stateright::{Model, Property};

use super::cluster::{Cluster, LATE, Server, Word};
use super::refinement::Mapping;
use super::symmetry;

pub(crate) const SAFE: &str = "no invariant is broken";
pub(crate) const REFINES: &str = "each step is a sequence of actions of raft.tla, or none";

/// A state, known by its fingerprint.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    state: State<Cluster>,
    fingerprint: u64,
    /// The protocol's own observer on the way on which this state was reached first. It is no part of the state: what an
    /// invariant may need of the past is in the state's own ghost.
    judge: Ghost<Word>,
    /// The invariant that the step that led here breaks.
    pub(crate) broken: Option<&'static str>,
    /// Whether that step is one of raft.tla, too.
    refines: bool,
}

impl Checked {
    /// A fingerprint that leaves out messages.
    pub(crate) fn servers(&self, cluster: &Cluster) -> u64 {
        symmetry::servers(cluster, &self.state)
    }
}

impl Hash for Checked {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.fingerprint, self.broken, self.refines).hash(hasher);
    }
}

impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool {
        (self.fingerprint, self.broken, self.refines) == (other.fingerprint, other.broken, other.refines)
    }
}

/// A step, and whether the server that did it crashes before its disk is done: with so many of its writes kept.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Act {
    step: Step<Server>,
    crash: Option<u32>,
}

/// Steps that the search came by, whatever came of them.
#[derive(Default, Debug)]
pub(crate) struct Witnessed {
    /// A follower removed what conflicts with a leader's log.
    pub(crate) truncations: AtomicU64,
    /// A leader crashed after it had committed an entry of its term.
    pub(crate) leader_crashes: AtomicU64,
    /// A leader crashed and lost what it had sent to others.
    pub(crate) losses: AtomicU64,
    /// A leader was elected, and an earlier term had had one.
    pub(crate) re_elections: AtomicU64,
}

/// A cluster, and what is asked of it.
pub(crate) struct Check {
    pub(crate) cluster: Cluster,
    pub(crate) mapping: Mapping,
    /// States with longer logs are not looked at.
    pub(crate) last_index: u64,
    /// How many of the requests are made.
    pub(crate) asks: u32,
    pub(crate) witnessed: Arc<Witnessed>,
}

/// Messages are named in the order in which they are sent: those of a later state after this one are new, or copies.
fn newest(state: &State<Cluster>) -> Option<FlightId> {
    state.model.flights().iter().map(|(id, _)| id).max()
}

/// Whether a step of the server ends only when its disk is done.
fn waits(state: &State<Cluster>, node: NodeId) -> bool {
    let host = state.model.host(node);
    let only_appends = host.unsynced.iter().all(|delta| matches!(delta, Delta::Append(_)));
    host.awaits_sync() && !(host.node.is_leader() && only_appends)
}

impl Check {
    /// Does a step before both observers of the invariants.
    fn does(&self, next: &mut Checked, node: NodeId, step: &Step<Server>) {
        let before = Arc::clone(next.state.model.host(node));
        let searched = next.state.step(&self.cluster, step, &mut StepOutcome::default()).err();
        let judged = next.judge.observe(node, Some(&before.node), &next.state.model.host(node).node).err();
        let first = searched.map(|broken| broken.invariant).or(judged.map(|violation| violation.invariant));
        next.broken = next.broken.or(first);
    }

    /// How much a server that now waits for its disk has written there, if it is a step in which it does.
    fn written(&self, last: &Checked, step: &Step<Server>) -> Option<u32> {
        let node = last.state.model.touched(step).expect("no step of the network alone");
        let mut next = last.state.clone();
        // What this breaks, the same step breaks without a crash.
        let _ = next.step(&self.cluster, step, &mut StepOutcome::default());
        waits(&next, node).then(|| next.model.host(node).unsynced.len() as u32)
    }

    /// Does what adds messages and changes nothing else, until there is no such step left. What can do so is what reaches the
    /// server that just changed, and what was just sent: the rest could have done it before.
    fn saturate(&self, next: &mut Checked, changed: NodeId, before: Option<FlightId>) {
        let since = |state: &State<Cluster>, last| {
            let fresh = state.model.flights().iter().filter(move |(id, _)| Some(*id) > last);
            fresh.map(|(id, _)| Step::Deliver(id)).collect::<Vec<_>>()
        };
        let mut open = since(&next.state, before);
        let to_changed = next.state.model.flights().iter().filter(|(_, envelope)| envelope.to == changed);
        open.extend(to_changed.map(|(id, _)| Step::Deliver(id)));
        if self.cluster.heartbeats && next.state.model.host(changed).node.is_leader() {
            open.push(Step::Timer(changed, Timer::Heartbeat));
        }
        while let Some(step) = open.pop() {
            // A copy has taken its place.
            let gone = matches!(step, Step::Deliver(id) if next.state.model.flights().get(id).is_none());
            if gone || !self.cluster.allows(&next.state.model, &step) || !self.only_sends(&next.state, &step) {
                continue;
            }
            let last = newest(&next.state);
            let node = next.state.model.touched(&step).expect("checked by the caller");
            let before = next.state.clone();
            let verdict = next.state.step(&self.cluster, &step, &mut StepOutcome::default());
            let (was, is) = (before.model.host(node), next.state.model.host(node));
            assert!(verdict.is_ok() && (&was.node, &was.unsynced) == (&is.node, &is.unsynced), "nothing else changes");
            next.refines &= self.mapping.explains((&before, &next.state), node, &step, false);
            open.extend(since(&next.state, last));
        }
    }

    /// Whether all that comes of the step is messages, and one that was never sent among them.
    fn only_sends(&self, state: &State<Cluster>, step: &Step<Server>) -> bool {
        let id = state.model.touched(step).expect("no step of the network alone");
        let host = state.model.host(id);
        let (mut node, mut effects) = (host.node.clone(), Effects::without_notes());
        match step {
            Step::Deliver(flight) => {
                let envelope = state.model.flights().get(*flight).expect("on its way");
                node.on_message(envelope.from, envelope.message.clone(), Clocks::default(), &mut effects);
            }
            Step::Timer(_, timer) => node.on_timer(*timer, Clocks::default(), &mut effects),
            other => unreachable!("{other:?} is no such step"),
        }
        // While a leader's disk is at work its answers wait for it, which adds to what will be sent.
        let is_new = |effect: &Effect<Server>| match effect {
            Effect::Send { to, message, after_sync } if *to != id && self.cluster.arrives(message) => {
                let said = Envelope { from: id, to: *to, message: message.clone() };
                let mut waiting = host.after_sync.iter().filter(|_| *after_sync);
                waiting.all(|(other, known)| (other, known) != (to, message)) && self.adds(&state.model, &said)
            }
            _ => false,
        };
        // Timers: only those that run already are set anew.
        let changes = |effect: &Effect<Server>| !matches!(effect, Effect::Send { .. } | Effect::SetTimer(..));
        let asked = effects.as_slice();
        node == host.node && !asked.iter().any(changes) && asked.iter().any(is_new)
    }

    /// Whether a message, once sent, could bring about what no other could.
    fn adds(&self, model: &Lab<Server>, said: &Envelope<Message<Word>>) -> bool {
        let bearing = self.cluster.bearing(model, said);
        let mut known = model.flights().iter().map(|(_, known)| known);
        let is_same = |known: &Envelope<_>| {
            (known.from, known.to) == (said.from, said.to) && self.cluster.bearing(model, known) == bearing
        };
        bearing.is_some() && !known.any(is_same)
    }

    /// Loses messages that can't bring about anything any more, and all but one of those that could bring about the same.
    fn tidy(&self, model: &mut Lab<Server>) {
        let mut seen = Vec::new();
        let idle: Vec<FlightId> = model
            .flights()
            .iter()
            .filter_map(|(id, sent)| {
                let said = self.cluster.bearing(model, sent).map(|bearing| (sent.from, sent.to, bearing));
                let is_fresh = said.is_some_and(|said| !seen.contains(&said));
                seen.extend(said);
                (!is_fresh).then_some(id)
            })
            .collect();
        for id in idle {
            model.apply(&Step::Lose(id), Clocks::default(), &mut StepOutcome::default());
        }
    }

    fn witness(&self, last: &State<Cluster>, next: &State<Cluster>, node: NodeId, crashed: bool) {
        let (before, after) = (&last.model.host(node).node, &next.model.host(node).node);
        let keeps = before.log().is_prefix_of(after.log());
        let committed =
            before.commit_index() > Index::ZERO && before.log().term_at(before.commit_index()) == Some(before.term());
        let seen = [
            (&self.witnessed.truncations, !crashed && !keeps),
            (&self.witnessed.leader_crashes, crashed && before.is_leader() && committed),
            (&self.witnessed.losses, crashed && !keeps),
            (&self.witnessed.re_elections, after.is_leader() && !before.is_leader() && next.ghost.elected.len() > 1),
        ];
        for (counter, _) in seen.into_iter().filter(|(_, seen)| *seen) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Model for Check {
    type State = Checked;
    type Action = Act;

    fn init_states(&self) -> Vec<Checked> {
        let state = State::first(&self.cluster);
        let mut judge = Ghost::default();
        for (node, host) in state.model.hosts() {
            judge.observe(node, None, &host.node).expect("nothing has happened yet");
        }
        vec![Checked { fingerprint: self.cluster.fingerprint(&state), state, judge, broken: None, refines: true }]
    }

    fn actions(&self, last: &Checked, acts: &mut Vec<Act>) {
        // An observer that saw something break knows too little to go on.
        if last.broken.is_some() {
            return;
        }
        let (asked, crashes, _) = last.state.spent();
        for step in last.state.steps(&self.cluster) {
            let asks_too_often = matches!(step, Step::Request(..)) && asked.count_ones() == self.asks;
            // A heartbeat, or a refusal of what comes too late, is on its way already.
            let is_late = |id| {
                let sent = last.state.model.flights().get(id).expect("on its way");
                self.cluster.bearing(&last.state.model, sent) == Some(LATE)
            };
            let is_done = match step {
                Step::Timer(_, Timer::Heartbeat) => true,
                Step::Deliver(id) => is_late(id),
                _ => false,
            };
            if asks_too_often || is_done {
                continue;
            }
            let may_crash = !matches!(step, Step::Crash(..) | Step::Sync(_)) && crashes < self.cluster.bounds.crashes;
            let written = if may_crash { self.written(last, &step) } else { None };
            let kept = written.into_iter().flat_map(|written| (0..=written).map(Some));
            acts.extend([None].into_iter().chain(kept).map(|crash| Act { step: step.clone(), crash }));
        }
    }

    fn next_state(&self, last: &Checked, act: Act) -> Option<Checked> {
        let node = last.state.model.touched(&act.step).expect("no step of the network alone");
        let mut next = last.clone();
        self.does(&mut next, node, &act.step);
        let crash = act.crash.map(|keep| Step::Crash(node, keep));
        if let Some(crash) = &crash {
            self.does(&mut next, node, crash);
        }
        let crashed = crash.is_some() || matches!(act.step, Step::Crash(..));
        if crashed {
            self.does(&mut next, node, &Step::Restart(node));
        }
        while waits(&next.state, node) {
            self.does(&mut next, node, &Step::Sync(node));
        }
        next.refines = self.mapping.explains((&last.state, &next.state), node, &act.step, crashed);
        self.witness(&last.state, &next.state, node, crashed);
        if next.broken.is_none() {
            self.saturate(&mut next, node, newest(&last.state));
        }
        self.tidy(&mut next.state.model);
        next.fingerprint = self.cluster.fingerprint(&next.state);
        // If nothing came of it, it is no step.
        (next != *last).then_some(next)
    }

    fn within_boundary(&self, seen: &Checked) -> bool {
        seen.state.model.hosts().all(|(_, host)| host.node.log().last_index().0 <= self.last_index)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![
            Property::<Self>::always(SAFE, |_, seen: &Checked| seen.broken.is_none()),
            Property::always(REFINES, |_, seen: &Checked| seen.refines),
            Property::sometimes(
                "a leader of a later term commits what one of an earlier term appended",
                |_, seen: &Checked| seen.state.ghost.committed.iter().any(|(entry, during)| entry.term < *during),
            ),
        ];
        if self.cluster.heartbeats {
            all.push(Property::sometimes(
                "all servers know that the longest log is committed",
                |check: &Self, seen: &Checked| {
                    seen.state.model.hosts().all(|(_, host)| host.node.commit_index() == Index(check.last_index))
                },
            ));
        }
        if self.cluster.bounds.crashes > 0 {
            all.push(Property::sometimes("one server leads two terms", |_, seen: &Checked| {
                let elected = &seen.state.ghost.elected;
                (1..elected.len()).any(|at| elected[at - 1].1 == elected[at].1)
            }));
            all.push(Property::sometimes(
                "an entry is committed that its leader lost in a crash",
                |_, seen: &Checked| {
                    let lost = |(term, leader): &(Term, NodeId)| {
                        let host = seen.state.model.host(*leader);
                        let entry = seen.state.ghost.committed.iter().position(|(entry, _)| entry.term == *term);
                        entry.is_some_and(|at| host.node.log().last_index() <= Index(at as u64))
                    };
                    seen.state.ghost.elected.iter().any(lost)
                },
            ));
        }
        all
    }
}
