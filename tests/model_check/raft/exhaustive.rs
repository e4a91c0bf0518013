//! Raft to exhaustion: every state in reach within the bounds, by Stateright, over the model that the lab itself runs. In each
//! every invariant of [`cap_lab::raft::invariant`] holds, and every step is a sequence of actions of raft.tla's core or none at all
//! ([`super::refinement`], [`super::abstract_raft`]). How a state comes from another one is in [`super::check`].
//!
//! The bounds: three servers without switches, each leader beginning its term with a no-op; heartbeats; messages get lost,
//! come twice and in any order without bounds. States that differ by the names of servers only are one.
//!
//! | terms | entries in a log | commands | crashes | states |
//! | --- | --- | --- | --- | --- |
//! | 2 | 2 | 0 | 1 | 27,516 |
//! | 2 | 2 | 1, at any leader, without heartbeats | 1 | 28,189 |
//! | 2 | 2 | 1, at any leader | 0 | 98,348 |
//! | 2 | 2 | 1, at any leader | 1 | 590,154 |
//! | 3 | 3 | 0 | 1 | 573,667 |
//!
//! The first two are searched every day, the others with `cargo xtask test --long`. A crash is one of any server at any moment,
//! and takes any suffix of what its disk has not done yet: of a leader also what others have from it already. Without a
//! command no log has more entries than there are terms; with one, states with longer logs are not looked at.
//!
//! **Left out**: time, switches, snapshots, reads and changes of the members. `Linearizable Reads` therefore has nothing to say
//! here.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cap_lab::explore::{Bounds, Disks, Network};
use cap_lab::node::{NodeId, NodeSet};
use cap_lab::raft::{Flaw, Message, Request};
use cap_lab::sim::fingerprint::Fingerprint;
use stateright::{Checker, HasDiscoveries, Model};

use super::check::{Check, REFINES, SAFE, Witnessed};
use super::cluster::{Cluster, Word};
use super::refinement::Mapping;
use super::{abstract_raft as spec, refinement};
use crate::{long, report};

/// The servers and their bounds.
fn check(crashes: u8, asks: u32) -> Check {
    let bounds = Bounds { disks: Disks::Concurrent, network: Network::Set, crashes, may_crash: NodeSet::first(3) };
    // Whoever leads may be asked.
    let requests = (0..3).map(|node| (NodeId(node), Request::Propose(Word(0)))).collect();
    Check {
        cluster: Cluster { bounds, requests, heartbeats: true, refusals: true, ..Cluster::sound() },
        mapping: Mapping::OURS,
        last_index: 2,
        asks,
        witnessed: Arc::default(),
    }
}

/// The same with something changed.
fn with(mut check: Check, change: impl FnOnce(&mut Cluster)) -> Check {
    change(&mut check.cluster);
    check
}

/// Searches all that is in reach and expects that many states, and that it came by what is dangerous.
fn exhaust(what: &str, check: Check, states: usize) {
    let (start, witnessed) = (Instant::now(), Arc::clone(&check.witnessed));
    let crashes = check.cluster.bounds.crashes > 0;
    let checker = check.checker().threads(2).spawn_dfs().join();
    let (unique, steps, depth) = (checker.unique_state_count(), checker.state_count(), checker.max_depth());
    report(&format!("{what}: {unique} states, {steps} steps, depth {depth}, {} ms", start.elapsed().as_millis()));
    report(&format!("    {witnessed:?}"));
    checker.assert_properties();
    let seen = |counter: &AtomicU64| counter.load(Ordering::Relaxed) > 0;
    let Witnessed { truncations, leader_crashes, losses, re_elections } = &*witnessed;
    assert_eq!([truncations, re_elections].map(seen), [true; 2], "{what}: {witnessed:?}");
    assert_eq!([leader_crashes, losses].map(seen), [crashes; 2], "{what}: {witnessed:?}");
    assert_eq!(unique, states, "{what}");
}

#[test]
fn raft_is_safe() {
    exhaust("Raft, two terms, one crash", check(1, 0), 27_516);
    exhaust(
        "Raft, two terms, one crash, one command, no heartbeats",
        with(check(1, 1), |c| c.heartbeats = false),
        28_189,
    );
    if long() {
        exhaust("Raft, two terms, one command", check(0, 1), 98_348);
        exhaust("Raft, two terms, one crash, one command", check(1, 1), 590_154);
        let three = Check { last_index: 3, ..with(check(1, 0), |c| c.last_term = 3) };
        exhaust("Raft, three terms, one crash", three, 573_667);
    }
}

/// How many states there are, and all that servers come to be in them, whatever is on its way meanwhile.
fn reached(check: &Check) -> (usize, BTreeSet<u64>) {
    let (mut seen, mut open, mut servers) = (BTreeSet::new(), check.init_states(), BTreeSet::new());
    while let Some(next) = open.pop() {
        if seen.insert(Fingerprint::of(&next)) {
            servers.insert(next.servers(&check.cluster));
            open.extend(check.next_steps(&next).into_iter().map(|(_, later)| later));
        }
    }
    (seen.len(), servers)
}

/// That some messages count as gone, and some as one, spares states and takes away nothing that servers come to be.
#[test]
fn what_is_forgotten_of_messages_brings_about_nothing() {
    for heartbeats in [false, true].into_iter().take(if long() { 2 } else { 1 }) {
        let search = |forgets| reached(&with(check(0, 0), |c| (c.forgets_spent, c.heartbeats) = (forgets, heartbeats)));
        let ((fewer, forgets), (more, keeps)) = (search(true), search(false));
        report(&format!("what {} servers come to be, in {fewer} states for {more}", forgets.len()));
        assert!(fewer < more);
        assert_eq!(forgets, keeps);
    }
}

/// Searches until `property` fails: the invariant that is broken at the end of the way there, if any is.
fn fails(check: Check, property: &'static str) -> Option<&'static str> {
    let until = HasDiscoveries::AnyOf(BTreeSet::from([property]));
    let checker = check.checker().finish_when(until).spawn_dfs().join();
    let way = checker.discovery(property).unwrap_or_else(|| panic!("{property}"));
    way.last_state().broken
}

/// The same search finds what is wrong with servers that lack a rule.
#[test]
fn servers_with_a_flaw_break_an_invariant() {
    for flaw in [Flaw::AcknowledgeBeforeSync, Flaw::VoteWithoutUpToDateCheck] {
        assert_eq!(fails(with(check(1, 0), |c| c.flaw = Some(flaw)), SAFE), Some(flaw.breaks()), "{flaw}");
    }
}

/// To break an invariant by committing older terms takes four terms (Figure 8). That it is no step of raft.tla shows in two.
#[test]
fn a_flaw_is_no_step_of_raft_tla() {
    assert_eq!(fails(with(check(1, 0), |c| c.flaw = Some(Flaw::CommitOlderTerms)), REFINES), None);
}

/// The refinement can fail: a mapping that is wrong about one thing does not hold.
#[test]
fn a_wrong_mapping_does_not_hold() {
    let forgets_votes =
        Mapping { server: |slot| spec::Server { voted_for: None, ..refinement::server(slot) }, ..Mapping::OURS };
    let commits_early = Mapping {
        server: |slot| spec::Server { commit: slot.node.log().last_index().0 as usize, ..refinement::server(slot) },
        ..Mapping::OURS
    };
    let answers_too_much = Mapping {
        message: |envelope| match envelope.message {
            Message::AppendReply { .. } => {
                spec::Message { what: spec::What::Appended(Some(2)), ..refinement::message(envelope) }
            }
            _ => refinement::message(envelope),
        },
        ..Mapping::OURS
    };
    for mapping in [forgets_votes, commits_early, answers_too_much] {
        assert_eq!(fails(Check { mapping, ..check(0, 0) }, REFINES), None);
    }
}
