//! Reads (PMMC §4.5; quorum intersection from FPaxos §3): linearizable although they take no slot.

use super::*;

fn read_at(slot: u64) -> Answer<Response, Refusal> {
    Answer::Done(Response::ReadAt { slot: Slot(slot) })
}

#[test]
fn a_read_waits_for_a_phase_2_quorum_to_confirm_the_leader() {
    let mut cluster = led(5);
    cluster.propose(n(1), 1);
    cluster.settle(all(5));
    let read = cluster.ask(n(1), Request::Read);
    cluster.deliver(n(1), n(2));
    cluster.deliver(n(2), n(1));
    assert_eq!(cluster.answer(read), None, "two of five, itself included");
    cluster.deliver(n(1), n(3));
    cluster.deliver(n(3), n(1));
    assert_eq!(cluster.answer(read), Some(&read_at(1)));
    assert_eq!(cluster.server(n(1)).commit_index(), Slot(1), "it took no slot");
}

/// Only an answer to a heartbeat that left after the read was asked proves anything.
#[test]
fn an_answer_to_an_earlier_heartbeat_confirms_nothing() {
    let mut cluster = led(3);
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(2));
    let read = cluster.ask(n(1), Request::Read);
    cluster.deliver(n(2), n(1));
    assert_eq!(cluster.answer(read), None);
    cluster.settle(all(3));
    assert_eq!(cluster.answer(read), Some(&read_at(0)));
}

/// What a lower ballot may have had chosen must be decided before the first read.
#[test]
fn a_new_leader_first_decides_what_it_took_over() {
    let mut cluster = led(3);
    cluster.propose(n(1), 1);
    cluster.settle(set(&[1, 3]));
    cluster.fire(n(2), Timer::Election);
    cluster.deliver(n(2), n(3));
    cluster.deliver(n(3), n(2));
    assert!(cluster.server(n(2)).is_leader());
    let accepts = cluster.take(|flying| flying.message.kind() == "Accept");
    let read = cluster.ask(n(2), Request::Read);
    cluster.deliver(n(2), n(3));
    cluster.deliver(n(3), n(2));
    assert_eq!(cluster.answer(read), None, "confirmed, but slot 1 is open");
    for flying in accepts {
        cluster.tell(flying.from, flying.to, flying.message);
    }
    cluster.settle(all(3));
    assert_eq!(cluster.answer(read), Some(&read_at(1)));
}

/// The old leader can't find a quorum: one of its members has promised the new one.
#[test]
fn a_leader_that_was_replaced_answers_no_read() {
    let mut cluster = led(3);
    cluster.lead(n(2), set(&[2, 3]));
    cluster.propose(n(2), 1);
    cluster.settle(set(&[2, 3]));
    let read = cluster.ask(n(1), Request::Read);
    cluster.network.clear();
    assert_eq!(cluster.answer(read), None);
    cluster.beat(n(1), set(&[1, 3]));
    let refused = Refusal::NotLeader { leader: None, ballot: ballot(2, 2) };
    assert_eq!(cluster.answer(read), Some(&Answer::Refused(refused)));
}

/// FPaxos: where every leader needs all promises, none can be elected behind this one's back, and it need not ask.
#[test]
fn a_phase_2_quorum_of_one_confirms_at_once() {
    let mut cluster = Cluster::configured(3, |config| config.quorums = Quorums { phase1: 3, phase2: 1 });
    cluster.lead(n(1), all(3));
    cluster.propose(n(1), 1);
    let read = cluster.ask(n(1), Request::Read);
    assert_eq!(cluster.answer(read), Some(&read_at(1)));
}

/// The mistake: the replaced leader answers from what it has.
#[test]
fn a_read_without_confirmation_may_be_stale() {
    for flaw in [None, Some(Flaw::ReadsUnconfirmed)] {
        let mut cluster = Cluster::configured(3, |config| config.flaw = flaw);
        cluster.lead(n(1), all(3));
        cluster.lead(n(2), set(&[2, 3]));
        cluster.propose(n(2), 1);
        cluster.settle(set(&[2, 3]));
        let read = cluster.ask(n(1), Request::Read);
        assert_eq!(cluster.answer(read).is_some(), flaw.is_some());
        if flaw.is_some() {
            let violation = cluster.take_violation();
            assert_eq!(violation.invariant, "Linearizable reads");
            assert_eq!(violation.evidence, "read 2 is answered at slot 0, but 1 was decided before it was asked");
        }
    }
}
