//! Phase 2: what is accepted, counted, learned, carried over and compacted; and what clients are told.

use std::str::FromStr;

use super::*;

fn committed(slot: u64, ballot: Ballot) -> Answer<Response, Refusal> {
    Answer::Done(Response::Committed { slot: Slot(slot), ballot })
}

/// PMS §2.2, P1a: nothing is accepted under a ballot below the promise.
#[test]
fn values_of_an_overtaken_leader_are_refused() {
    let mut cluster = led(3);
    cluster.propose(n(1), 1);
    let late = cluster.take(|flying| flying.to == n(3));
    cluster.network.clear();
    cluster.lead(n(2), set(&[2, 3]));
    for flying in late {
        cluster.tell(flying.from, flying.to, flying.message);
    }
    assert_eq!(cluster.server(n(3)).accepted().get(Slot(1)), None);
    let refusals = cluster.noted(|note| {
        matches!(note, Note::Acceptor(AcceptorNote::AcceptRefused { ballot: low, promised, .. }) if *low == ballot(1, 1) && *promised == ballot(2, 2))
    });
    assert_eq!(refusals, 1);
}

/// An Accept of a higher ballot raises the promise, although its Prepare never came (PMS §2.2).
#[test]
fn accepting_raises_the_promise() {
    let mut cluster = Cluster::new(3);
    cluster.lead(n(1), set(&[1, 2]));
    cluster.propose(n(1), 1);
    cluster.deliver(n(1), n(3));
    assert_eq!(cluster.server(n(3)).ballot(), ballot(1, 1));
    assert_eq!(cluster.server(n(3)).leader_hint(), Some(n(1)));
    assert_eq!(cluster.disks[2].promised, ballot(1, 1));
}

/// The leader's disk works in parallel: it counts itself no sooner than it is done.
#[test]
fn the_leader_counts_itself_when_its_disk_is_done() {
    let mut cluster = Cluster::configured(3, |config| config.quorums = Quorums { phase1: 2, phase2: 2 });
    cluster.lead(n(1), all(3));
    cluster.syncs = false;
    let request = cluster.propose(n(1), 1);
    cluster.deliver(n(1), n(2));
    cluster.sync(n(2));
    cluster.deliver(n(2), n(1));
    assert_eq!(cluster.answer(request), None, "one durable acceptance of three");
    cluster.sync(n(1));
    assert_eq!(cluster.answer(request), Some(&committed(1, ballot(1, 1))));
}

/// An acceptance is said when it is durable, also when an Accept is repeated before the first one's sync.
#[test]
fn an_acceptance_waits_for_the_disk() {
    let mut cluster = led(3);
    cluster.propose(n(1), 1);
    let accept = cluster.take(|flying| flying.to == n(2)).remove(0);
    cluster.syncs = false;
    cluster.tell(n(1), n(2), accept.message.clone());
    cluster.tell(n(1), n(2), accept.message);
    assert_eq!(cluster.count("Accepted", n(2)), 0);
    cluster.sync(n(2));
    assert_eq!(cluster.count("Accepted", n(2)), 2);
    let accepted = cluster.disks[1].accepted.get(Slot(1)).expect("durable");
    assert_eq!((accepted.ballot, &accepted.payload), (ballot(1, 1), &Payload::Command(1)));
}

/// PMS §3: a slot may be chosen before one that precedes it; it is carried out, and its client told, only after.
#[test]
fn a_slot_after_a_hole_waits_for_the_hole() {
    let mut cluster = led(3);
    let first = cluster.propose(n(1), 1);
    cluster.network.clear();
    let second = cluster.propose(n(1), 2);
    cluster.settle(all(3));
    assert_eq!(cluster.server(n(1)).commit_index(), Slot::ZERO);
    assert_eq!(cluster.ghost.chosen(Slot(2)), Some((ballot(1, 1), &Payload::Command(2))));
    let after_hole =
        |note: &Note| matches!(note, Note::Leader(LeaderNote::ChosenAfterHole { slot: Slot(2), hole: Slot(1), .. }));
    assert_eq!(cluster.noted(after_hole), 1);
    assert_eq!((cluster.answer(first), cluster.answer(second)), (None, None));
    // Sent again after more than one interval.
    cluster.beat(n(1), all(3));
    cluster.beat(n(1), all(3));
    cluster.beat(n(1), all(3));
    assert_eq!(cluster.answer(first), Some(&committed(1, ballot(1, 1))));
    assert_eq!(cluster.answer(second), Some(&committed(2, ballot(1, 1))));
}

/// What is not accepted goes out again, to those who lack it only, and not before an interval is over.
#[test]
fn what_was_lost_is_sent_again() {
    let mut cluster = led(3);
    cluster.propose(n(1), 1);
    cluster.deliver(n(1), n(2));
    cluster.network.clear();
    for (accepts, why) in
        [(0, "it is just proposed"), (0, "one interval is not over"), (2, "its answer was lost as well")]
    {
        cluster.fire(n(1), Timer::Heartbeat);
        assert_eq!(cluster.count("Accept", n(1)), accepts, "{why}");
        cluster.network.clear();
    }
    cluster.beat(n(1), all(3));
    assert_eq!(cluster.server(n(1)).commit_index(), Slot(1));
    cluster.fire(n(1), Timer::Heartbeat);
    assert_eq!(cluster.count("Accept", n(1)), 0, "decided");
}

/// PMS §2.3: followers learn with the next heartbeat what they accepted under the leader's ballot.
#[test]
fn a_follower_learns_what_it_accepted_itself() {
    let mut cluster = led(3);
    cluster.propose(n(1), 1);
    cluster.settle(all(3));
    assert_eq!(cluster.server(n(2)).commit_index(), Slot::ZERO);
    cluster.beat(n(1), all(3));
    assert_eq!(cluster.commands(n(2)), [Some(1)]);
    assert_eq!(cluster.noted(|note| matches!(note, Note::Learner(LearnerNote::AsksToCatchUp { .. }))), 0);
}

/// What a server accepted under an older ballot need not be what was chosen: it asks.
#[test]
fn a_value_accepted_under_an_older_ballot_is_not_taken_for_chosen() {
    let mut cluster = led(5);
    cluster.propose(n(1), 1);
    cluster.deliver(n(1), n(5));
    cluster.network.clear();
    cluster.lead(n(2), set(&[2, 3, 4]));
    cluster.propose(n(2), 2);
    cluster.settle(set(&[2, 3, 4]));
    cluster.fire(n(2), Timer::Heartbeat);
    cluster.deliver(n(2), n(5));
    assert_eq!(cluster.commands(n(5)), [], "it accepted 1 for the slot, under 1.n1");
    cluster.settle(all(5));
    assert_eq!(cluster.commands(n(5)), [Some(2)]);
    let caught_up =
        |(node, note): &&(NodeId, Note)| *node == n(5) && matches!(note, Note::Learner(LearnerNote::CaughtUp { .. }));
    assert_eq!(cluster.notes.iter().filter(caught_up).count(), 1);
}

/// A restarted server keeps what it accepted and has to learn again what is chosen.
#[test]
fn what_is_chosen_is_learnt_again_after_a_crash() {
    let mut cluster = led(3);
    for command in 1..=3 {
        cluster.propose(n(1), command);
    }
    cluster.settle(all(3));
    cluster.beat(n(1), all(3));
    cluster.crash(n(3), 0);
    cluster.restart(n(3));
    assert_eq!((cluster.server(n(3)).commit_index(), cluster.server(n(3)).accepted().last()), (Slot::ZERO, Slot(3)));
    cluster.beat(n(1), all(3));
    assert_eq!(cluster.commands(n(3)), [Some(1), Some(2), Some(3)]);
}

/// n3 asks for what follows slot 1, crashes, forgets slot 1 as well, and then gets the answer.
pub(super) fn answered_after_a_crash() -> Cluster {
    let mut cluster = led(3);
    cluster.propose(n(1), 1);
    cluster.settle(all(3));
    cluster.beat(n(1), all(3));
    cluster.propose(n(1), 2);
    cluster.settle(set(&[1, 2]));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(3));
    cluster.deliver(n(3), n(1));
    cluster.crash(n(3), 0);
    cluster.restart(n(3));
    cluster.deliver(n(1), n(3));
    cluster
}

#[test]
fn what_begins_after_a_gap_is_asked_for_again() {
    let mut cluster = answered_after_a_crash();
    assert_eq!(cluster.server(n(3)).commit_index(), Slot::ZERO);
    let why = Ignored::Gap { first: Slot(2), commit: Slot::ZERO };
    let ignored = Note::ReplyIgnored { from: n(1), message: "Decided", why };
    assert!(cluster.notes.contains(&(n(3), ignored)), "{:?}", cluster.notes);
    cluster.beat(n(1), all(3));
    assert_eq!(cluster.commands(n(3)), [Some(1), Some(2)]);
}

/// PMMC §4.2: a server that lacks what the leader compacted gets the snapshot and what follows.
#[test]
fn a_laggard_gets_the_snapshot() {
    let mut cluster = Cluster::new(3);
    cluster.lead(n(1), set(&[1, 2]));
    for command in 1..=4 {
        cluster.propose(n(1), command);
        cluster.settle(set(&[1, 2]));
        if command == 3 {
            cluster.compact(n(1));
        }
    }
    cluster.beat(n(1), all(3));
    let third = cluster.server(n(3));
    assert_eq!(third.snapshot().map(|snapshot| snapshot.through), Some(Slot(3)));
    assert_eq!((third.commit_index(), cluster.commands(n(3))), (Slot(4), vec![Some(4)]));
    assert_eq!(cluster.disks[2].snapshot.as_ref().map(|snapshot| snapshot.state), Some(Some(3)));
}

/// Compaction forgets slots, never what is decided, and survives a crash.
#[test]
fn compaction_keeps_what_follows() {
    let mut cluster = Cluster::configured(3, |config| config.snapshot_after = Some(2));
    cluster.lead(n(1), all(3));
    cluster.propose(n(1), 1);
    cluster.settle(all(3));
    assert!(!cluster.server(n(1)).wants_snapshot());
    for command in 2..=3 {
        cluster.propose(n(1), command);
        cluster.settle(all(3));
    }
    assert!(cluster.server(n(1)).wants_snapshot());
    cluster.event(n(1), |server, out| server.compact(Slot(2), Some(2), out));
    let server = cluster.server(n(1));
    assert!(!server.wants_snapshot());
    assert_eq!((server.commit_index(), server.chosen(Slot(2))), (Slot(3), None));
    assert_eq!(server.accepted().iter_from(Slot(1)).map(|(slot, _)| slot).collect::<Vec<_>>(), [Slot(3)]);
    cluster.crash(n(1), 0);
    cluster.restart(n(1));
    assert_eq!(cluster.server(n(1)).commit_index(), Slot(2), "a snapshot is of decided slots only");
}

/// A crash in the middle of it leaves the old log or the new snapshot, not half of both.
#[test]
fn a_crash_before_the_sync_undoes_a_compaction() {
    let mut cluster = led(3);
    cluster.propose(n(1), 1);
    cluster.settle(all(3));
    cluster.syncs = false;
    cluster.compact(n(1));
    cluster.crash(n(1), 0);
    cluster.restart(n(1));
    assert_eq!(cluster.server(n(1)).snapshot(), None);
    assert_eq!(cluster.server(n(1)).accepted().last(), Slot(1));
}

/// PMMC §2: who does not lead does nothing and says who does.
#[test]
fn a_server_that_does_not_lead_refuses() {
    let mut cluster = Cluster::new(3);
    let early = cluster.propose(n(1), 1);
    let nobody = Refusal::NotLeader { leader: None, ballot: Ballot::ZERO };
    assert_eq!(cluster.answer(early), Some(&Answer::Refused(nobody)));
    cluster.lead(n(2), all(3));
    let request = cluster.propose(n(1), 1);
    let refused = Refusal::NotLeader { leader: Some(n(2)), ballot: ballot(1, 2) };
    assert_eq!(cluster.answer(request), Some(&Answer::Refused(refused)));
    assert_eq!(cluster.server(n(1)).accepted().last(), Slot::ZERO);
}

/// A leader that was overtaken answers its client when it learns that the slot holds the command after all.
#[test]
fn a_command_that_the_next_leader_took_over_is_done() {
    let mut cluster = led(3);
    let request = cluster.propose(n(1), 1);
    cluster.deliver(n(1), n(3));
    cluster.network.clear();
    cluster.lead(n(2), set(&[2, 3]));
    assert_eq!(cluster.answer(request), None);
    cluster.beat(n(2), all(3));
    assert_eq!(cluster.answer(request), Some(&committed(1, ballot(1, 1))), "proposed by n1 under 1.n1");
}

/// Silence until it is certain: an overtaken leader may still see its command chosen by others.
#[test]
fn an_overtaken_leader_says_nothing_that_it_does_not_know() {
    let mut cluster = led(3);
    let request = cluster.propose(n(1), 1);
    cluster.network.clear();
    cluster.lead(n(2), set(&[2, 3]));
    cluster.propose(n(1), 2);
    cluster.settle(set(&[1, 3]));
    assert!(!cluster.server(n(1)).is_leader());
    assert_eq!(cluster.answer(request), None);
    assert_eq!(cluster.server(n(1)).pending().count(), 2);
}

/// A snapshot hides what its slots held: the server that took the command will never know what came of it, and says so.
#[test]
fn a_snapshot_does_not_tell_the_fate_of_a_command() {
    let mut cluster = led(3);
    let request = cluster.propose(n(1), 1);
    cluster.deliver(n(1), n(3));
    cluster.network.clear();
    cluster.lead(n(2), set(&[2, 3]));
    cluster.compact(n(2));
    cluster.beat(n(2), all(3));
    assert_eq!(cluster.server(n(1)).commit_index(), Slot(1));
    assert_eq!(cluster.answer(request), Some(&Answer::Unknown));
    let unknown = |note: &Note| {
        matches!(note, Note::Client(ClientNote::RequestFateUnknown { slot: Slot(1), through: Slot(1), .. }))
    };
    assert_eq!((cluster.noted(unknown), cluster.server(n(1)).pending().count()), (1, 0));
}

/// A script's words lead to the same requests.
#[test]
fn a_request_reads_as_it_is_written() {
    #[derive(PartialEq, Debug)]
    struct Word(String);
    impl FromStr for Word {
        type Err = String;
        fn from_str(word: &str) -> Result<Self, String> {
            Ok(Self(word.to_owned()))
        }
    }
    assert_eq!("propose a b".parse(), Ok(Request::Propose(Word("a b".into()))));
    assert_eq!("read".parse::<Request<Word>>(), Ok(Request::Read));
    assert!("sing".parse::<Request<Word>>().is_err());
    assert_eq!(
        (Request::Propose(7).to_string(), Request::<u64>::Read.to_string()),
        ("propose 7".into(), "read".into())
    );
}
