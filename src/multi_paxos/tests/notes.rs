//! Every note happens, and becomes a sentence.

use std::collections::BTreeMap;

use super::*;
use crate::explain::multi_paxos::sentence;
use crate::explain::said_once::compare_sentences;
use crate::explain::{Sentence, Tone};
use crate::test_cluster::{Dice, kinds_of_notes};

kinds_of_notes! {
    "started": Note::Started { ballot: Ballot { round: 0, .. }, .. },
    "restarted": Note::Started { .. },
    "prepares, no leader": Note::Leadership(LeadershipNote::Prepares { heard: Heard::NoLeader, .. }),
    "prepares, silent leader": Note::Leadership(LeadershipNote::Prepares { heard: Heard::Leader(_), .. }),
    "prepares again": Note::Leadership(LeadershipNote::PreparesAgain { .. }),
    "promises": Note::Acceptor(AcceptorNote::Promises { snapshot: None, .. }),
    "promises with a snapshot": Note::Acceptor(AcceptorNote::Promises { snapshot: Some(_), .. }),
    "prepare refused": Note::Acceptor(AcceptorNote::PrepareRefused { .. }),
    "promise counted": Note::Leadership(LeadershipNote::PromiseCounted { .. }),
    "became leader": Note::Leadership(LeadershipNote::BecameLeader { .. }),
    "proposes reported": Note::Leader(LeaderNote::ProposesReported { .. }),
    "fills hole": Note::Leader(LeaderNote::FillsHole { .. }),
    "proposes": Note::Leader(LeaderNote::Proposes { .. }),
    "accepts": Note::Acceptor(AcceptorNote::Accepts { fresh: 1.., .. }),
    "accepts again": Note::Acceptor(AcceptorNote::Accepts { .. }),
    "accept refused": Note::Acceptor(AcceptorNote::AcceptRefused { .. }),
    "acceptance counted": Note::Leader(LeaderNote::AcceptanceCounted { .. }),
    "commit advanced": Note::Leader(LeaderNote::CommitAdvanced { .. }),
    "chosen after hole": Note::Leader(LeaderNote::ChosenAfterHole { .. }),
    "sends again": Note::Leader(LeaderNote::SendsAgain { .. }),
    "refused": Note::Leadership(LeadershipNote::Refused { .. }),
    "ballot adopted by a follower": Note::Leadership(LeadershipNote::BallotAdopted { left: RoleName::Follower, .. }),
    "ballot adopted in phase 1": Note::Leadership(LeadershipNote::BallotAdopted { left: RoleName::Preparing, .. }),
    "ballot adopted by a leader": Note::Leadership(LeadershipNote::BallotAdopted { left: RoleName::Leader, .. }),
    "backs off": Note::Leadership(LeadershipNote::BacksOff { .. }),
    "follows": Note::Leadership(LeadershipNote::FollowsLeader { .. }),
    "heartbeat sent": Note::Leader(LeaderNote::HeartbeatSent { .. }),
    "heartbeat heard": Note::Learner(LearnerNote::HeartbeatHeard { .. }),
    "heartbeat refused": Note::Learner(LearnerNote::HeartbeatRefused { .. }),
    "commit learned": Note::Learner(LearnerNote::CommitLearned { .. }),
    "asks to catch up": Note::Learner(LearnerNote::AsksToCatchUp { .. }),
    "tells decided": Note::Learner(LearnerNote::TellsDecided { snapshot: None, .. }),
    "tells decided, with a snapshot": Note::Learner(LearnerNote::TellsDecided { snapshot: Some(_), .. }),
    "caught up": Note::Learner(LearnerNote::CaughtUp { .. }),
    "snapshot installed": Note::Learner(LearnerNote::SnapshotInstalled { .. }),
    "compacted": Note::Learner(LearnerNote::Compacted { .. }),
    "request committed": Note::Client(ClientNote::RequestCommitted { .. }),
    "request superseded": Note::Client(ClientNote::RequestSuperseded { .. }),
    "request fate unknown": Note::Client(ClientNote::RequestFateUnknown { .. }),
    "request refused, leader known": Note::Client(ClientNote::RequestRefused { leader: Some(_), .. }),
    "request refused, no leader": Note::Client(ClientNote::RequestRefused { leader: None, .. }),
    "read taken": Note::Client(ClientNote::ReadTaken { .. }),
    "read confirmed": Note::Client(ClientNote::ReadConfirmed { .. }),
    "read given up": Note::Client(ClientNote::ReadGivenUp { .. }),
    "ignored, other ballot": Note::ReplyIgnored { why: Ignored::OtherBallot { .. }, .. },
    "ignored, phase over": Note::ReplyIgnored { why: Ignored::PhaseOver, .. },
    "ignored, duplicate": Note::ReplyIgnored { why: Ignored::Duplicate, .. },
    "ignored, decided": Note::ReplyIgnored { why: Ignored::Decided { .. }, .. },
    "ignored, gap": Note::ReplyIgnored { why: Ignored::Gap { .. }, .. },
    "ignored, not leader": Note::ReplyIgnored { why: Ignored::NotLeader { .. }, .. },
}

/// Anything may happen next: messages come late, twice or never, servers crash, compact, and are asked.
fn random(seed: u64) -> Cluster {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut cluster = Cluster::new(3);
    cluster.syncs = false;
    for step in 0..1_500 {
        let id = NodeId(dice.below(3) as u8);
        let up = cluster.up.contains(id);
        match dice.below(100) {
            0 if up => cluster.crash(id, dice.below(4)),
            1..5 if !up => cluster.restart(id),
            5..12 if up => drop(cluster.propose(id, step)),
            12..15 if up => drop(cluster.ask(id, Request::Read)),
            15 if up && cluster.server(id).commit_index() > cluster.server(id).base() => cluster.compact(id),
            16..40 if up => cluster.sync(id),
            40..46 => {
                let patient = |timer: Timer, dice: &mut Dice| timer == Timer::Heartbeat || dice.below(6) == 0;
                let due: Vec<_> =
                    cluster.timers.iter().filter(|(_, timer)| patient(*timer, &mut dice)).copied().collect();
                if !due.is_empty() {
                    let (id, timer) = due[dice.below(due.len())];
                    cluster.fire(id, timer);
                }
            }
            _ if !cluster.network.is_empty() => {
                let early = dice.below(cluster.network.len());
                let position = if dice.below(4) == 0 { early } else { 0 };
                let fate = dice.below(12);
                let flying =
                    if fate == 0 { cluster.network[position].clone() } else { cluster.network.remove(position) };
                if fate != 1 {
                    cluster.tell(flying.from, flying.to, flying.message);
                }
            }
            _ => {}
        }
    }
    cluster
}

#[test]
fn every_note_happens_and_has_a_sentence() {
    let mut seen = BTreeMap::new();
    for mut cluster in (0..40).map(random).chain([log::answered_after_a_crash()]) {
        for (node, note) in std::mem::take(&mut cluster.notes) {
            seen.entry(kind(&note)).or_insert((node, note));
        }
    }
    let missing: Vec<_> = KINDS.iter().filter(|kind| !seen.contains_key(**kind)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");
    assert_eq!(seen.len(), KINDS.len(), "two kinds share a name");
    compare_sentences("multi_paxos", seen.iter().map(|(kind, (node, note))| (*kind, sentence(*node, note))));
    for (node, note) in seen.values() {
        let Sentence { headline, reason, observer, source, tone } = sentence(*node, note);
        assert!(headline.starts_with(&node.to_string()) && headline.len() < 60, "{headline}");
        assert!(reason.ends_with('.') && !reason.contains("  "), "{headline}: {reason}");
        assert!(source.contains("Paxos") && source.contains('§'), "{source}");
        assert_eq!(observer, None, "a server knows nothing that only an observer does");
        assert!(!note.is_routine() || tone == Tone::Routine, "{headline}");
    }
}

fn said(cluster: &mut Cluster, wanted: impl Fn(&Note) -> bool) -> (String, String, &'static str) {
    let (node, note) = cluster.notes.iter().rev().find(|(_, note)| wanted(note)).expect("it happened");
    let Sentence { headline, reason, source, .. } = sentence(*node, note);
    (headline, reason, source)
}

#[test]
fn a_new_leader_says_what_it_took_over() {
    let mut cluster = led(3);
    cluster.propose(n(1), 1);
    cluster.network.clear();
    cluster.propose(n(1), 2);
    cluster.deliver(n(1), n(3));
    cluster.network.clear();
    cluster.lead(n(2), set(&[2, 3]));
    let (headline, reason, source) =
        said(&mut cluster, |note| matches!(note, Note::Leadership(LeadershipNote::BecameLeader { .. })));
    assert_eq!(headline, "n2 leads under 2.n2");
    assert_eq!(
        reason,
        "2 of 3 promised, {n2, n3}, and 2 make a quorum of phase 1. From slot 1 on it must propose 1 slot again and fill 1 \
         hole with a no-op. Slot 3 is the first free one."
    );
    assert_eq!(source, "Paxos Made Simple §3");
    let (headline, reason, _) = said(&mut cluster, |note| matches!(note, Note::Leader(LeaderNote::FillsHole { .. })));
    assert_eq!(headline, "n2 fills slot 1 with a no-op");
    assert_eq!(
        reason,
        "A whole quorum reports nothing for slot 1, so nothing was chosen there, nor will be under a lower ballot. Something \
         may be in slot 2, and can't be carried out before slot 1 is decided."
    );
}

#[test]
fn a_read_names_the_quorum_that_confirmed_it() {
    let mut cluster = led(3);
    cluster.ask(n(1), Request::Read);
    cluster.settle(all(3));
    let (headline, reason, source) =
        said(&mut cluster, |note| matches!(note, Note::Client(ClientNote::ReadConfirmed { .. })));
    assert_eq!(headline, "n1 answers read 1 at slot 0");
    assert_eq!(reason, "2 of 3 confirmed since that it led, {n1, n2}; it takes 2. By now nothing was decided.");
    assert_eq!(source, "Paxos Made Moderately Complex §4.5");
}

/// A heartbeat and its answers leave nothing else, so that a page can leave them out.
#[test]
fn a_healthy_heartbeat_leaves_routine_notes_only() {
    let mut cluster = led(3);
    cluster.beat(n(1), all(3));
    cluster.notes.clear();
    cluster.beat(n(1), all(3));
    assert_eq!(cluster.notes.len(), 3);
    assert!(cluster.notes.iter().all(|(_, note)| note.is_routine()), "{:?}", cluster.notes);
}
