//! What must never be false, checked after every event by someone who sees all nodes and every message that leaves one.
//!
//! The observer believes no learner: it counts what acceptors have said, which they say only when it is durable. What an
//! acceptor promised in memory and lost in a crash before the sync is no broken promise, for nobody had heard it.

use std::sync::Arc;

use super::{Acceptor, Ballot, Message, Paxos, Proposal, Request, Value};
pub use crate::node::Violation;
use crate::node::{NodeId, NodeSet, violated};
use crate::sorted::{SortedMap, SortedSet};

/// The name of each invariant and what it says, in the order in which the page lists them.
pub const INVARIANTS: [(&str, &str); 4] = [
    (AGREEMENT, "at most one value is chosen, and nobody believes in one that is not"),
    (VALIDITY, "a chosen value was proposed by a client"),
    (PROMISES_KEPT, "an acceptor never goes back on a promise, not by a crash either"),
    (ONE_PROPOSAL_PER_BALLOT, "at most one proposal has any ballot"),
];

pub(super) const AGREEMENT: &str = "Agreement";
const VALIDITY: &str = "Validity";
pub(super) const PROMISES_KEPT: &str = "Promises kept";
pub(super) const ONE_PROPOSAL_PER_BALLOT: &str = "One proposal per ballot";

/// All that the observer remembers of a run. Clones share it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ghost {
    /// What clients have asked for.
    requested: Arc<SortedSet<Value>>,
    /// The value that was asked to be accepted under each ballot.
    issued: Arc<SortedMap<Ballot, Value>>,
    /// Who has durably accepted what.
    accepted: Arc<SortedMap<Proposal, NodeSet>>,
    /// What each acceptor has told others.
    told: Arc<SortedMap<NodeId, Reported>>,
    /// The first proposal that a quorum was seen to accept.
    chosen: Option<Proposal>,
    /// What broke, in this order: of each invariant the first time only.
    violations: Arc<Vec<Violation>>,
}

/// The highest that an acceptor has told anyone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Reported {
    promised: Option<Ballot>,
    accepted: Option<Ballot>,
}

impl Ghost {
    /// The first proposal that a quorum has durably accepted.
    pub fn chosen(&self) -> Option<&Proposal> {
        self.chosen.as_ref()
    }

    /// Who has durably accepted what, lowest ballot first.
    pub fn accepted(&self) -> &SortedMap<Proposal, NodeSet> {
        &self.accepted
    }

    /// What broke, in this order: of each invariant the first time only.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// A client asks a node for something.
    pub fn observe_request(&mut self, request: &Request) {
        let Request::Propose(value) = request;
        Arc::make_mut(&mut self.requested).insert(value.clone());
    }

    /// One event has taken `node` from `before` (`None` if it has just started, or started again after a crash) to
    /// `after`, and `left` is what it has handed to the network or to itself, in order. What waits for a sync leaves with
    /// the sync, which is an event of its own. The error is the first of what broke now and had held until then; the
    /// observer goes on all the same, since one broken rule leads to the next.
    pub fn observe<'a>(
        &mut self,
        node: NodeId,
        before: Option<&Paxos>,
        after: &Paxos,
        left: impl IntoIterator<Item = &'a Message>,
    ) -> Result<(), Violation> {
        let known = self.violations.len();
        for message in left {
            let single = one_proposal_per_ballot(self, node, message);
            self.record(single);
            let kept = self.promise_kept_by_message(node, message);
            self.record(kept);
            if let Message::Accepted { proposal } = message {
                self.count(node, proposal, after);
            }
        }
        if let Some(acceptor) = after.acceptor() {
            if let (None, Some(proposal)) = (before, acceptor.accepted()) {
                // A crash may keep what was never synced: it is durable now, though nobody has heard of it.
                self.count(node, proposal, after);
            }
            let kept = promises_kept(self, node, before.and_then(Paxos::acceptor), acceptor);
            self.record(kept);
        }
        let agreed = agreement(self, node, after);
        self.record(agreed);
        self.violations.get(known).map_or(Ok(()), |first| Err(first.clone()))
    }

    fn record(&mut self, verdict: Result<(), Violation>) {
        let Err(violation) = verdict else { return };
        if self.violations.iter().all(|known| known.invariant != violation.invariant) {
            Arc::make_mut(&mut self.violations).push(violation);
        }
    }

    fn count(&mut self, node: NodeId, proposal: &Proposal, at: &Paxos) {
        if self.accepted.get(proposal).is_some_and(|by| by.contains(node)) {
            return;
        }
        let by = Arc::make_mut(&mut self.accepted).or_default(proposal.clone());
        by.insert(node);
        let by = *by;
        // A majority, whatever the nodes take for a quorum.
        if !by.is_majority_of(at.config().acceptors) {
            return;
        }
        match &self.chosen {
            Some(first) if first.value != proposal.value => {
                let evidence = format!("{first} was chosen by {}, {proposal} by {by}", self.accepted[first]);
                self.record(violated(AGREEMENT, evidence));
            }
            Some(_) => {}
            None => {
                let valid = validity(&self.requested, proposal);
                self.record(valid);
                self.chosen = Some(proposal.clone());
            }
        }
    }

    /// What an acceptor says must not contradict what it said before.
    fn promise_kept_by_message(&mut self, node: NodeId, message: &Message) -> Result<(), Violation> {
        let (ballot, accepted) = match message {
            Message::Promise { ballot, accepted } => (*ballot, accepted.as_ref().map(|proposal| proposal.ballot)),
            Message::Accepted { proposal } => (proposal.ballot, Some(proposal.ballot)),
            Message::Prepare { .. } | Message::Accept { .. } | Message::Nack { .. } => return Ok(()),
        };
        let told = Arc::make_mut(&mut self.told).or_default(node);
        if let Some(promised) = told.promised.filter(|promised| *promised > ballot) {
            return violated(PROMISES_KEPT, format!("{node} had promised {promised} and then sent {message:?}"));
        }
        if told.accepted > accepted {
            return violated(
                PROMISES_KEPT,
                format!("{node} had accepted under {} and then sent {message:?}", shown(told.accepted)),
            );
        }
        *told = Reported { promised: Some(ballot), accepted };
        Ok(())
    }
}

/// At most one value is chosen, and nobody believes in one that is not (§2.1). That two values are chosen is noticed where
/// acceptances are counted; here it is what the node believes.
fn agreement(ghost: &Ghost, node: NodeId, after: &Paxos) -> Result<(), Violation> {
    let learnt = after.learner().and_then(|learner| learner.chosen());
    for believed in after.chosen().into_iter().chain(learnt) {
        if ghost.chosen.as_ref().is_none_or(|chosen| chosen.value != believed.value) {
            let truth = ghost.chosen.as_ref().map_or("nothing".into(), ToString::to_string);
            let evidence = format!("{node} believes that {believed} was chosen; chosen is {truth}");
            return violated(AGREEMENT, evidence);
        }
    }
    Ok(())
}

/// A chosen value was proposed by a client (§2.1).
fn validity(requested: &SortedSet<Value>, chosen: &Proposal) -> Result<(), Violation> {
    if requested.contains(&chosen.value) {
        return Ok(());
    }
    let asked: Vec<String> = requested.iter().map(ToString::to_string).collect();
    let evidence = format!("{chosen} was chosen; clients asked for [{}]", asked.join(", "));
    violated(VALIDITY, evidence)
}

/// An acceptor's promise never goes back, neither from event to event nor, as far as others have heard of it, by a crash;
/// and it accepts nothing below (P1a).
fn promises_kept(ghost: &Ghost, node: NodeId, before: Option<&Acceptor>, after: &Acceptor) -> Result<(), Violation> {
    let told = ghost.told.get(&node).cloned().unwrap_or_default();
    let (promised, accepted) = match before {
        Some(before) => (before.promised(), before.accepted().map(|proposal| proposal.ballot)),
        None => (None, None),
    };
    let had_promised = promised.max(told.promised);
    if after.promised() < had_promised {
        let evidence = format!("{node} had promised {}, now {}", shown(had_promised), shown(after.promised()));
        return violated(PROMISES_KEPT, evidence);
    }
    let accepts = after.accepted().map(|proposal| proposal.ballot);
    if accepts < accepted.max(told.accepted) {
        let (had, has) = (shown(accepted.max(told.accepted)), shown(accepts));
        let evidence = format!("{node} had accepted under {had}, now {has}");
        return violated(PROMISES_KEPT, evidence);
    }
    if before.is_some() && accepts != accepted && accepts < promised {
        let evidence = format!("{node} accepted under {} below its promise {}", shown(accepts), shown(promised));
        return violated(PROMISES_KEPT, evidence);
    }
    Ok(())
}

/// At most one proposal has any ballot: all Accept messages of a ballot carry one value (§2.2).
fn one_proposal_per_ballot(ghost: &mut Ghost, node: NodeId, message: &Message) -> Result<(), Violation> {
    let Message::Accept { proposal } = message else { return Ok(()) };
    match ghost.issued.get(&proposal.ballot) {
        Some(value) if *value == proposal.value => Ok(()),
        Some(value) => {
            let evidence = format!("{node} proposed {proposal}, but {} had {value} before", proposal.ballot);
            violated(ONE_PROPOSAL_PER_BALLOT, evidence)
        }
        None => {
            Arc::make_mut(&mut ghost.issued).insert(proposal.ballot, proposal.value.clone());
            Ok(())
        }
    }
}

fn shown(ballot: Option<Ballot>) -> String {
    ballot.map_or("none".into(), |ballot| ballot.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::harness::config;
    use super::*;

    const P1: NodeId = NodeId(0);
    const A1: NodeId = NodeId(1);

    fn proposal(round: u32, value: &str) -> Proposal {
        Proposal { ballot: Ballot { round, proposer: P1 }, value: value.into() }
    }

    /// An acceptor in a world of one proposer and three acceptors that remembers this.
    fn remembering(id: NodeId, promised: Option<u32>, accepted: Option<Proposal>) -> Paxos {
        let promised = promised.map(|round| Ballot { round, proposer: P1 });
        let disk = super::super::Durable { round: 0, promised, accepted };
        Paxos::restored(config(1, 3, id), &disk)
    }

    fn accepts(ghost: &mut Ghost, id: u8, accepted: &Proposal) -> Result<(), Violation> {
        let node = remembering(NodeId(id), Some(accepted.ballot.round), Some(accepted.clone()));
        ghost.observe(NodeId(id), Some(&node), &node, [&Message::Accepted { proposal: accepted.clone() }])
    }

    fn asked(values: &[&str]) -> Ghost {
        let mut ghost = Ghost::default();
        for value in values {
            ghost.observe_request(&Request::Propose(Value::from(*value)));
        }
        ghost
    }

    fn broken(result: Result<(), Violation>) -> (&'static str, String) {
        let violation = result.unwrap_err();
        assert!(INVARIANTS.iter().any(|(name, _)| *name == violation.invariant));
        (violation.invariant, violation.evidence)
    }

    #[test]
    fn two_chosen_values_are_noticed() {
        let mut ghost = asked(&["blue", "red"]);
        for id in [1, 2] {
            accepts(&mut ghost, id, &proposal(1, "blue")).unwrap();
        }
        assert_eq!(ghost.chosen(), Some(&proposal(1, "blue")));
        accepts(&mut ghost, 2, &proposal(2, "red")).unwrap();
        let (name, evidence) = broken(accepts(&mut ghost, 3, &proposal(2, "red")));
        assert_eq!(name, AGREEMENT);
        assert_eq!(evidence, "(1.p1, blue) was chosen by {n2, n3}, (2.p1, red) by {n3, n4}");
    }

    #[test]
    fn acceptances_under_different_ballots_do_not_add_up() {
        let mut ghost = asked(&["blue"]);
        accepts(&mut ghost, 1, &proposal(1, "blue")).unwrap();
        accepts(&mut ghost, 2, &proposal(2, "blue")).unwrap();
        assert_eq!(ghost.chosen(), None);
    }

    #[test]
    fn a_learner_that_believes_too_early_is_noticed() {
        let mut learner = Paxos::new(config(1, 3, P1));
        let mut out = crate::node::Effects::default();
        let config = learner.config.clone();
        for id in [1, 2] {
            learner.learner.as_mut().unwrap().on_accepted(&config, NodeId(id), &proposal(1, "blue"), true, &mut out);
        }
        let (name, evidence) = broken(asked(&["blue"]).observe(P1, Some(&learner), &learner, []));
        assert_eq!(name, AGREEMENT);
        assert!(evidence.contains("chosen is nothing"), "{evidence}");
    }

    #[test]
    fn a_value_out_of_nowhere_is_noticed() {
        let mut ghost = asked(&["blue"]);
        accepts(&mut ghost, 1, &proposal(1, "red")).unwrap();
        let (name, evidence) = broken(accepts(&mut ghost, 2, &proposal(1, "red")));
        assert_eq!(name, VALIDITY);
        assert_eq!(evidence, "(1.p1, red) was chosen; clients asked for [blue]");
    }

    #[test]
    fn a_promise_forgotten_by_a_crash_is_noticed_if_anyone_had_heard_of_it() {
        let promised = remembering(A1, Some(2), None);
        let forgetful = remembering(A1, None, None);
        let mut unheard = Ghost::default();
        unheard.observe(A1, Some(&forgetful), &promised, []).unwrap();
        unheard.observe(A1, None, &forgetful, []).unwrap();

        let mut heard = Ghost::default();
        let promise = Message::Promise { ballot: proposal(2, "").ballot, accepted: None };
        heard.observe(A1, Some(&promised), &promised, [&promise]).unwrap();
        let (name, evidence) = broken(heard.observe(A1, None, &forgetful, []));
        assert_eq!((name, evidence.as_str()), (PROMISES_KEPT, "n2 had promised 2.p1, now none"));
    }

    #[test]
    fn a_promise_that_goes_back_in_memory_is_noticed() {
        let (before, after) = (remembering(A1, Some(2), None), remembering(A1, Some(1), None));
        let (name, _) = broken(Ghost::default().observe(A1, Some(&before), &after, []));
        assert_eq!(name, PROMISES_KEPT);
    }

    #[test]
    fn accepting_below_a_promise_is_noticed_in_memory_and_on_the_wire() {
        let before = remembering(A1, Some(2), None);
        let after = remembering(A1, Some(2), Some(proposal(1, "blue")));
        let (name, evidence) = broken(Ghost::default().observe(A1, Some(&before), &after, []));
        assert_eq!((name, evidence.as_str()), (PROMISES_KEPT, "n2 accepted under 1.p1 below its promise 2.p1"));

        let mut ghost = asked(&["blue"]);
        let promise = Message::Promise { ballot: proposal(2, "").ballot, accepted: None };
        ghost.observe(A1, Some(&before), &before, [&promise]).unwrap();
        let accepted = Message::Accepted { proposal: proposal(1, "blue") };
        let (name, _) = broken(ghost.observe(A1, Some(&before), &before, [&accepted]));
        assert_eq!(name, PROMISES_KEPT);
    }

    #[test]
    fn a_promise_that_hides_an_acceptance_is_noticed() {
        let mut ghost = asked(&["blue"]);
        accepts(&mut ghost, 1, &proposal(1, "blue")).unwrap();
        let node = remembering(A1, Some(2), Some(proposal(1, "blue")));
        let promise = Message::Promise { ballot: proposal(2, "").ballot, accepted: None };
        let (name, evidence) = broken(ghost.observe(A1, Some(&node), &node, [&promise]));
        assert_eq!(name, PROMISES_KEPT);
        assert!(evidence.starts_with("n2 had accepted under 1.p1"), "{evidence}");
    }

    #[test]
    fn two_values_under_one_ballot_are_noticed() {
        let node = Paxos::new(config(1, 3, P1));
        let mut ghost = asked(&["blue", "red"]);
        let (blue, red) = (proposal(1, "blue"), proposal(1, "red"));
        ghost.observe(P1, Some(&node), &node, [&Message::Accept { proposal: blue.clone() }]).unwrap();
        ghost.observe(P1, Some(&node), &node, [&Message::Accept { proposal: blue }]).unwrap();
        let (name, evidence) = broken(ghost.observe(P1, Some(&node), &node, [&Message::Accept { proposal: red }]));
        assert_eq!(name, ONE_PROPOSAL_PER_BALLOT);
        assert_eq!(evidence, "n1 proposed (1.p1, red), but 1.p1 had blue before");
    }
}
