//! What must never be false, checked after every event by someone who sees all servers and every message that leaves one.
//!
//! The observer believes no leader: it counts what acceptors have said, which they say only when it is durable. What an
//! acceptor promised in memory and lost in a crash before the sync is no broken promise, for nobody had heard it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::proposal::{Ballot, Payload, Slot};
use super::{Message, MultiPaxos, Refusal, Request, Response};
pub use crate::node::Violation;
use crate::node::{Answer, Command, Kind, NodeId, NodeSet, RequestId, violated};
use crate::shared_vec::SharedVec;
use crate::sorted::{SortedMap, SortedSet};

/// The name of each invariant and what it says.
pub const INVARIANTS: [(&str, &str); 7] = [
    (AGREEMENT, "For each slot at most one value is chosen, and nobody takes another for it (PMS §2.1)."),
    (VALIDITY, "What is chosen is a no-op or was asked for by a client (PMS §2.1)."),
    (
        PROMISES_KEPT,
        "An acceptor never goes back on a promise, nor hides what it accepted, not by a crash either (PMS §2.5).",
    ),
    (ONE_PROPOSAL, "Under each ballot at most one value is proposed for each slot (PMMC §2, a4)."),
    (SAME_STATE, "Two servers that have carried out the same slots are in the same state (PMMC §2)."),
    (LINEARIZABLE_READS, "A read sees all that any server knew to be chosen when it was asked."),
    (TRUE_ANSWERS, "What a client is told about its command is so, and stays so."),
];

pub(super) const AGREEMENT: &str = "Agreement";
const VALIDITY: &str = "Validity";
pub(super) const PROMISES_KEPT: &str = "Promises kept";
const ONE_PROPOSAL: &str = "One proposal per ballot and slot";
const SAME_STATE: &str = "Same slots, same state";
/// The name of the one that clients notice.
pub const LINEARIZABLE_READS: &str = "Linearizable reads";
/// The name of the one that only whoever sees the clients can judge.
pub const TRUE_ANSWERS: &str = "True answers";

/// All that the observer remembers of a run. Clones share it.
#[derive(Clone, Debug)]
pub struct Ghost<C> {
    /// What clients have asked for, by digest.
    requested: Arc<SortedSet<u64>>,
    /// Requests without an answer.
    open: Arc<SortedMap<RequestId, Asked<C>>>,
    /// By slot - 1.
    slots: SharedVec<Arc<Seen<C>>>,
    /// The highest ballot of which each server has told others that it promised it.
    told: SortedMap<NodeId, Ballot>,
    /// The highest commit index that any server ever had.
    known: Slot,
    /// By the last slot of a snapshot: who had it first, and its digest.
    states: Arc<SortedMap<Slot, (NodeId, u64)>>,
}

/// What a client waits for.
#[derive(Clone, Debug)]
enum Asked<C> {
    /// That this is carried out.
    Command(C),
    /// A read that must see all up to this slot.
    Read(Slot),
}

/// All that was seen of one slot.
#[derive(Clone, Debug)]
struct Seen<C> {
    proposals: Vec<Sighting<C>>,
    /// The first of them that a phase-2 quorum accepted.
    chosen: Option<(Ballot, Payload<C>)>,
}

/// A proposal for a slot and who has durably accepted it.
#[derive(Clone, Debug)]
struct Sighting<C> {
    ballot: Ballot,
    payload: Payload<C>,
    by: NodeSet,
}

impl<C> Default for Seen<C> {
    fn default() -> Self {
        Self { proposals: Vec::new(), chosen: None }
    }
}

impl<C> Default for Ghost<C> {
    fn default() -> Self {
        Self {
            requested: Arc::default(),
            open: Arc::default(),
            slots: SharedVec::default(),
            told: SortedMap::new(),
            known: Slot::ZERO,
            states: Arc::default(),
        }
    }
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl<C: Command> Ghost<C> {
    /// What is chosen for `slot`, whether or not any server knows, and the ballot under which that was first so.
    pub fn chosen(&self, slot: Slot) -> Option<(Ballot, &Payload<C>)> {
        self.seen(slot)?.chosen.as_ref().map(|(ballot, payload)| (*ballot, payload))
    }

    /// A client asks for this command, of whichever server.
    pub fn observe_command(&mut self, command: &C) {
        Arc::make_mut(&mut self.requested).insert(digest(command));
    }

    /// A client asks a server for something: call this before [`Ghost::observe`] for the same event.
    pub fn observe_request(&mut self, id: RequestId, request: &Request<C>) {
        let asked = match request {
            Request::Propose(command) => {
                self.observe_command(command);
                Asked::Command(command.clone())
            }
            Request::Read => Asked::Read(self.known),
        };
        Arc::make_mut(&mut self.open).insert(id, asked);
    }

    /// A server answers a client: call this after [`Ghost::observe`] for the same event.
    pub fn observe_answer(&mut self, id: RequestId, answer: &Answer<Response, Refusal>) -> Result<(), Violation> {
        let Some(asked) = Arc::make_mut(&mut self.open).remove(&id) else { return Ok(()) };
        match (asked, answer) {
            (Asked::Read(needed), Answer::Done(Response::ReadAt { slot })) if *slot < needed => violated(
                LINEARIZABLE_READS,
                format!("read {} is answered at slot {slot}, but {needed} was decided before it was asked", id.0),
            ),
            (Asked::Command(command), Answer::Done(Response::Committed { slot, .. })) => {
                self.answer_is_true(id, *slot, &command, true)
            }
            (Asked::Command(command), Answer::Refused(Refusal::Superseded { slot })) => {
                self.answer_is_true(id, *slot, &command, false)
            }
            _ => Ok(()),
        }
    }

    /// That the slot of a command holds it, or holds something else for good.
    fn answer_is_true(&self, id: RequestId, slot: Slot, command: &C, took_effect: bool) -> Result<(), Violation> {
        let chosen = self.chosen(slot).map(|(_, payload)| payload);
        let holds = matches!(chosen, Some(Payload::Command(held)) if held == command);
        if chosen.is_some() && holds == took_effect {
            return Ok(());
        }
        let told = if took_effect { "done" } else { "lost" };
        let holds = chosen.map_or("nothing", named);
        violated(
            TRUE_ANSWERS,
            format!("request {} is called {told} in slot {slot}, for which {holds} was chosen", id.0),
        )
    }

    /// One event has taken `node` from `before` (`None` if it has just started, or started again after a crash) to
    /// `after`, and `left` is what it has handed to the network or to itself, in order. What waits for a sync leaves with
    /// the sync, which is an event of its own.
    pub fn observe<'a>(
        &mut self,
        node: NodeId,
        before: Option<&MultiPaxos<C>>,
        after: &MultiPaxos<C>,
        left: impl IntoIterator<Item = &'a Message<C>>,
    ) -> Result<(), Violation>
    where
        C: 'a,
    {
        for message in left {
            self.observe_message(node, message, after)?;
        }
        if before.is_none() {
            // A crash may keep what was never synced: it is durable now, though nobody has heard of it.
            for (slot, proposal) in after.accepted().iter_from(Slot(1)) {
                self.issue(node, proposal.ballot, slot, &proposal.payload)?;
                self.count(node, proposal.ballot, slot, after)?;
            }
        }
        self.promise_kept(node, before, after)?;
        self.beliefs_agree(node, before, after)?;
        self.same_state(node, before, after)?;
        self.known = self.known.max(after.commit_index());
        Ok(())
    }

    fn seen(&self, slot: Slot) -> Option<&Seen<C>> {
        self.slots.get(usize::try_from(slot.0.checked_sub(1)?).ok()?).map(|seen| &**seen)
    }

    fn seen_mut(&mut self, slot: Slot) -> &mut Seen<C> {
        let position = slot.0 as usize - 1;
        while self.slots.len() <= position {
            self.slots.push(Arc::default());
        }
        Arc::make_mut(self.slots.get_mut(position).expect("just made"))
    }

    fn observe_message(&mut self, node: NodeId, message: &Message<C>, after: &MultiPaxos<C>) -> Result<(), Violation> {
        match message {
            Message::Accept { ballot, first, payloads, .. } => {
                for (slot, payload) in (first.0..).map(Slot).zip(payloads.iter()) {
                    self.issue(node, *ballot, slot, payload)?;
                }
                Ok(())
            }
            Message::Accepted { ballot, first, last } => {
                self.told_ballot(node, *ballot, message)?;
                for slot in first.through(*last) {
                    if let Some(own) = after.accepted().get(slot).filter(|own| own.ballot == *ballot) {
                        self.issue(node, *ballot, slot, &own.payload)?;
                    }
                    self.count(node, *ballot, slot, after)?;
                }
                Ok(())
            }
            Message::Promise { ballot, first, accepted, snapshot } => {
                self.told_ballot(node, *ballot, message)?;
                let gone = snapshot.as_ref().map_or(Slot::ZERO, |snapshot| snapshot.through);
                for slot in gone.next().max(*first).through(Slot(self.slots.len() as u64)) {
                    let sightings = self.seen(slot).map_or(&[][..], |seen| &seen.proposals);
                    let had = sightings.iter().filter(|seen| seen.by.contains(node)).map(|seen| seen.ballot).max();
                    let says =
                        accepted.binary_search_by_key(&slot, |(at, _)| *at).ok().map(|found| accepted[found].1.ballot);
                    if had > says {
                        let (had, says) = (shown(had), shown(says));
                        return violated(
                            PROMISES_KEPT,
                            format!(
                                "{node} had accepted under {had} for slot {slot}, but reports {says} with {ballot}"
                            ),
                        );
                    }
                }
                Ok(())
            }
            Message::HeartbeatReply { ballot, .. } => self.told_ballot(node, *ballot, message),
            Message::Prepare { .. }
            | Message::Nack { .. }
            | Message::Heartbeat { .. }
            | Message::CatchUp { .. }
            | Message::Decided { .. } => Ok(()),
        }
    }

    /// What an acceptor says under a ballot must not contradict a promise of a higher one that others have heard of. A
    /// heartbeat's answer is no promise of its own.
    fn told_ballot(&mut self, node: NodeId, ballot: Ballot, message: &Message<C>) -> Result<(), Violation> {
        let told = self.told.or_default(node);
        if *told > ballot {
            let kind = message.kind();
            return violated(PROMISES_KEPT, format!("{node} had promised {told} and then sent {kind} under {ballot}"));
        }
        if !matches!(message, Message::HeartbeatReply { .. }) {
            *told = ballot;
        }
        Ok(())
    }

    /// A value is proposed.
    fn issue(&mut self, node: NodeId, ballot: Ballot, slot: Slot, payload: &Payload<C>) -> Result<(), Violation> {
        let known = self.seen(slot).and_then(|seen| seen.proposals.iter().find(|seen| seen.ballot == ballot));
        match known {
            Some(known) if known.payload == *payload => Ok(()),
            Some(known) => {
                let (first, other) = two(&known.payload, payload);
                violated(
                    ONE_PROPOSAL,
                    format!("slot {slot}: {first} was proposed under {ballot}, {node} has {other} under it"),
                )
            }
            None => {
                let sighting = Sighting { ballot, payload: payload.clone(), by: NodeSet::EMPTY };
                self.seen_mut(slot).proposals.push(sighting);
                Ok(())
            }
        }
    }

    /// `node` has durably accepted what was proposed for `slot` under `ballot`.
    fn count(&mut self, node: NodeId, ballot: Ballot, slot: Slot, at: &MultiPaxos<C>) -> Result<(), Violation> {
        let position = self.seen(slot).and_then(|seen| seen.proposals.iter().position(|seen| seen.ballot == ballot));
        let position = position.expect("only what was proposed is accepted");
        let sighting = &self.seen(slot).expect("just found").proposals[position];
        if sighting.by.contains(node) {
            return Ok(());
        }
        let by = sighting.by.with(node);
        let payload = sighting.payload.clone();
        let seen = self.seen_mut(slot);
        seen.proposals[position].by = by;
        if by.len() < usize::from(at.config().quorums.phase2) {
            return Ok(());
        }
        match &seen.chosen {
            Some((_, chosen)) if *chosen == payload => Ok(()),
            Some((ballot_then, chosen)) => {
                let (first, other) = two(chosen, &payload);
                violated(
                    AGREEMENT,
                    format!("slot {slot}: {first} was chosen under {ballot_then}, {other} under {ballot} by {by}"),
                )
            }
            None => {
                seen.chosen = Some((ballot, payload.clone()));
                match payload {
                    Payload::Command(command) if !self.requested.contains(&digest(&command)) => {
                        violated(VALIDITY, format!("a command was chosen for slot {slot} that nobody asked for"))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// A promise never goes back, neither from event to event nor, as far as others have heard of it, by a crash.
    fn promise_kept(
        &self,
        node: NodeId,
        before: Option<&MultiPaxos<C>>,
        after: &MultiPaxos<C>,
    ) -> Result<(), Violation> {
        let told = self.told.get(&node).copied().unwrap_or_default();
        let had = before.map_or(Ballot::ZERO, MultiPaxos::ballot).max(told);
        if after.ballot() >= had {
            return Ok(());
        }
        violated(PROMISES_KEPT, format!("{node} had promised {had}, now {}", after.ballot()))
    }

    /// Nobody takes for chosen what is not.
    fn beliefs_agree(
        &self,
        node: NodeId,
        before: Option<&MultiPaxos<C>>,
        after: &MultiPaxos<C>,
    ) -> Result<(), Violation> {
        let known = before.map_or(Slot::ZERO, MultiPaxos::commit_index);
        for slot in known.next().through(after.commit_index()) {
            let truth = self.chosen(slot).map(|(_, payload)| payload);
            // What came in a snapshot is no longer there to compare.
            let agrees = truth.is_some() && after.chosen(slot).is_none_or(|believed| Some(believed) == truth);
            if !agrees {
                let (believed, is) = match (after.chosen(slot), truth) {
                    (Some(believed), Some(truth)) => two(believed, truth),
                    (Some(believed), None) => (named(believed), "nothing"),
                    (None, _) => ("what a snapshot has", "nothing"),
                };
                let evidence = format!("{node} takes {believed} for chosen in slot {slot}, where {is} is");
                return violated(AGREEMENT, evidence);
            }
        }
        Ok(())
    }

    /// Snapshots of the same slots are the same.
    fn same_state(
        &mut self,
        node: NodeId,
        before: Option<&MultiPaxos<C>>,
        after: &MultiPaxos<C>,
    ) -> Result<(), Violation> {
        let Some(snapshot) = after.snapshot() else { return Ok(()) };
        let old = before.and_then(MultiPaxos::snapshot);
        if old.is_some_and(|old| old.through == snapshot.through) {
            return Ok(());
        }
        let digest = digest(&snapshot.state);
        let through = snapshot.through;
        match self.states.get(&through) {
            Some((_, known)) if *known == digest => Ok(()),
            Some((other, _)) => {
                violated(SAME_STATE, format!("{node} and {other} differ in their states after slot {through}"))
            }
            None => {
                Arc::make_mut(&mut self.states).insert(through, (node, digest));
                Ok(())
            }
        }
    }
}

/// What a payload is. Commands have no names here.
fn named<C>(payload: &Payload<C>) -> &'static str {
    match payload {
        Payload::Noop => "a no-op",
        Payload::Command(_) => "a command",
    }
}

/// Two payloads that differ.
fn two<C>(one: &Payload<C>, other: &Payload<C>) -> (&'static str, &'static str) {
    let both = matches!((one, other), (Payload::Command(_), Payload::Command(_)));
    (named(one), if both { "another command" } else { named(other) })
}

fn shown(ballot: Option<Ballot>) -> String {
    ballot.map_or("nothing".into(), |ballot| ballot.to_string())
}
