//! Paxos to exhaustion: every state in reach within the bounds, by Stateright, over the model that the lab itself runs. In
//! each the protocol's invariants hold, and every step is one of abstract Paxos or none ([`crate::refinement`]).
//!
//! The bounds: two proposers that are asked for different values, a ballot each (1.p1 and 1.p2), and three acceptors. The
//! network keeps every message ever sent and may deliver it at any time, again and again or never, so that loss, duplication
//! and reordering have no bounds. States that differ by the names of acceptors only are one.

use std::hash::{Hash, Hasher};
use std::time::Instant;

use cap_lab::explore::{Bounds, Disks, Network, State, Subject};
use cap_lab::node::{NodeId, NodeSet};
use cap_lab::paxos::{Message, Paxos, Phase};
use cap_lab::sim::model::{Status, Step, StepOutcome};
use stateright::{Checker, Model, Property};

use crate::refinement::{is_step_or_stutter, stands_for};
use crate::subject::{ALL, Decision, TO_LEARN};
use crate::{long, report};

/// A state, known by its fingerprint.
#[derive(Clone, Debug)]
struct Checked {
    state: State<Decision>,
    fingerprint: u64,
    /// What it is in abstract Paxos.
    stands_for: u64,
    /// Whether the step that led here is one there, too.
    refines: bool,
}

impl Hash for Checked {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.fingerprint, self.refines).hash(hasher);
    }
}

impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool {
        (self.fingerprint, self.refines) == (other.fingerprint, other.refines)
    }
}

impl Checked {
    fn of(decision: &Decision, state: State<Decision>) -> Self {
        let fingerprint = decision.fingerprint(&state);
        Self { fingerprint, stands_for: stands_for(&state), state, refines: true }
    }

    fn phases(&self) -> impl Iterator<Item = (&Phase, Option<&str>)> {
        let proposers = self.state.model.hosts().filter_map(|(_, host)| host.node.proposer());
        proposers.map(|proposer| (proposer.phase(), proposer.wants().map(|value| &*value.0)))
    }
}

struct Check(Decision);

impl Model for Check {
    type State = Checked;
    type Action = Step<Paxos>;

    fn init_states(&self) -> Vec<Checked> {
        vec![Checked::of(&self.0, State::first(&self.0))]
    }

    fn actions(&self, last: &Checked, actions: &mut Vec<Step<Paxos>>) {
        actions.extend(last.state.steps(&self.0));
    }

    fn next_state(&self, last: &Checked, step: Step<Paxos>) -> Option<Checked> {
        let (before, mut state) = (&last.state.model, last.state.clone());
        let mut outcome = StepOutcome::default();
        // What breaks is in the state's ghost.
        let _ = state.step(&self.0, &step, &mut outcome);
        let touched = |node: NodeId| before.host(node) != state.model.host(node);
        if matches!(step, Step::Deliver(_))
            && !outcome.node.is_some_and(touched)
            && before.flights().len() == state.model.flights().len()
        {
            // Nothing came of it: the same state.
            return None;
        }
        let next = Checked::of(&self.0, state);
        Some(Checked { refines: is_step_or_stutter(last.stands_for, next.stands_for), ..next })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![
            Property::<Self>::always("no invariant is broken", |_, seen: &Checked| {
                seen.state.ghost.ghost.violations().is_empty()
            }),
            Property::always("each step is one of abstract Paxos, or none", |_, seen: &Checked| seen.refines),
            Property::sometimes("two ballots are proposed under", |_, seen: &Checked| {
                (0..2).all(|proposer| {
                    let is_its_own = |message: &Message| {
                        matches!(message, Message::Accept { proposal } if proposal.ballot.proposer.0 == proposer)
                    };
                    seen.state.model.flights().iter().any(|(_, envelope)| is_its_own(&envelope.message))
                })
            }),
            Property::sometimes("a proposer pushes the other's value", |_, seen: &Checked| {
                seen.phases().any(|(phase, wants)| {
                    matches!(phase, Phase::Accepting { proposal, .. } if Some(&*proposal.value.0) != wants)
                })
            }),
            Property::sometimes("a value is chosen, and not the one that was accepted first", |_, seen: &Checked| {
                let chosen = seen.state.ghost.ghost.chosen();
                let first = seen.state.ghost.ghost.accepted().first();
                chosen.is_some_and(|chosen| first.is_some_and(|(first, _)| first.value != chosen.value))
            }),
            Property::sometimes("a value is chosen under both ballots", |_, seen: &Checked| {
                seen.state.ghost.ghost.accepted().values().filter(|by| by.len() >= 2).count() == 2
            }),
        ];
        if self.0.arrive.contains(&"Nack") {
            all.extend([
                Property::<Self>::sometimes("a Prepare is refused", |_, seen: &Checked| {
                    seen.phases()
                        .any(|(phase, _)| matches!(phase, Phase::Preparing { refused, .. } if !refused.is_empty()))
                }),
                Property::sometimes("an Accept is refused", |_, seen: &Checked| {
                    seen.phases()
                        .any(|(phase, _)| matches!(phase, Phase::Accepting { refused, .. } if !refused.is_empty()))
                }),
                Property::sometimes("a ballot is abandoned", |_, seen: &Checked| {
                    seen.phases().any(|(phase, _)| matches!(phase, Phase::BackingOff { .. }))
                }),
            ]);
        }
        if self.0.never_arrive.is_empty() {
            all.push(Property::sometimes("a proposer knows what is chosen", |_, seen: &Checked| {
                seen.phases().any(|(phase, _)| matches!(phase, Phase::Decided { .. }))
            }));
        }
        if self.0.bounds.crashes > 0 {
            all.push(Property::sometimes(
                "a value is chosen after a node crashed and came back",
                |_, seen: &Checked| {
                    let (_, crashes, _) = seen.state.spent();
                    let up = seen.state.model.hosts().all(|(_, host)| host.status == Status::Up);
                    crashes > 0 && up && seen.state.ghost.ghost.chosen().is_some()
                },
            ));
            if self.0.bounds.disks != Disks::AtOnce {
                all.push(Property::sometimes("a crash keeps a write that nobody hears of", |_, seen: &Checked| {
                    !seen.state.ghost.unheard.is_empty()
                }));
            }
        }
        all
    }
}

/// Searches all that is in reach and expects that many states.
fn exhaust(what: &str, decision: Decision, states: usize) {
    let start = Instant::now();
    let checker = Check(decision).checker().threads(2).spawn_dfs().join();
    let (unique, all) = (checker.unique_state_count(), checker.state_count());
    let (depth, ms) = (checker.max_depth(), start.elapsed().as_millis());
    report(&format!("{what}: {unique} states, {all} steps that change something, depth {depth}, {ms} ms"));
    checker.assert_properties();
    assert_eq!(unique, states, "{what}");
}

fn decision(disks: Disks, crashes: u8, arrive: &'static [&'static str]) -> Decision {
    let bounds = Bounds { disks, network: Network::Set, crashes, may_crash: NodeSet::first(5) };
    // Every day an Accepted never arrives: who proposes does not learn what is chosen, the observer does.
    let never_arrive: &[&str] = if long() { &[] } else { &["Accepted"] };
    Decision { bounds, arrive, never_arrive, symmetric: true, learn: false, ..Decision::sound() }
}

/// One crash of any node, at any moment: before, after or in place of the sync of what it wrote. A Nack gets lost here; all
/// that it does is to make a proposer give up earlier than its timer would.
#[test]
fn paxos_with_one_crash_is_safe() {
    let states = if long() { 1_351_476 } else { 162_056 };
    exhaust("Paxos, one crash, no Nack arrives", decision(Disks::Awaited, 1, TO_LEARN), states);
}

/// All messages arrive or not, Nacks among them. Every day nobody crashes; in `--long` any node may, once, between events.
#[test]
fn paxos_with_refusals_is_safe() {
    let (crashes, states) = if long() { (1, 3_207_537) } else { (0, 64_712) };
    exhaust(&format!("Paxos, crashes: {crashes}"), decision(Disks::AtOnce, crashes, ALL), states);
}
