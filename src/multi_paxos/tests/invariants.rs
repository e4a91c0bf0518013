//! Each invariant catches a hand-made sequence of states and messages that breaks it.

use super::super::invariant::INVARIANTS;
use super::*;

/// A server that has promised this and accepted these commands from slot 1 on under the same ballot.
fn server(id: NodeId, promised: Ballot, accepted: &[u64]) -> Server {
    let mut server = Server::new(Config::new(id, all(3)));
    server.state.apply(&Delta::Promised(promised));
    let payloads = accepted.iter().map(|command| Payload::Command(*command)).collect();
    server.state.apply(&Delta::Accepted { ballot: promised, first: Slot(1), payloads });
    server
}

/// The same, which takes its first `count` slots for chosen.
fn knowing(mut server: Server, count: u64) -> Server {
    server.learn_accepted(Slot(count), &mut Effects::default());
    server
}

fn asked(commands: &[u64]) -> Ghost<u64> {
    let mut ghost = Ghost::default();
    for (request, command) in (1..).zip(commands) {
        ghost.observe_request(RequestId(request), &Request::Propose(*command));
    }
    ghost
}

/// `id` says that it accepted these commands from slot 1 on.
fn accepts(ghost: &mut Ghost<u64>, id: u8, under: Ballot, commands: &[u64]) -> Result<(), Violation> {
    let server = server(n(id), under, commands);
    let said = Message::Accepted { ballot: under, first: Slot(1), last: Slot(commands.len() as u64) };
    ghost.observe(n(id), Some(&server), &server, [&said])
}

fn assert_violated(result: Result<(), Violation>, invariant: &str, evidence: &str) {
    assert!(INVARIANTS.iter().any(|(name, _)| *name == invariant));
    let violation = result.expect_err(invariant);
    assert_eq!((violation.invariant, violation.evidence.as_str()), (invariant, evidence));
}

const B1: Ballot = Ballot { round: 1, server: NodeId(0) };
const B2: Ballot = Ballot { round: 2, server: NodeId(1) };

#[test]
fn agreement_sees_two_values_chosen_for_one_slot() {
    let mut ghost = asked(&[7, 8]);
    accepts(&mut ghost, 1, B1, &[7]).unwrap();
    accepts(&mut ghost, 2, B1, &[7]).unwrap();
    assert_eq!(ghost.chosen(Slot(1)), Some((B1, &Payload::Command(7))));
    accepts(&mut ghost, 2, B2, &[8]).unwrap();
    let evidence = "slot 1: a command was chosen under 1.n1, another command under 2.n2 by {n2, n3}";
    assert_violated(accepts(&mut ghost, 3, B2, &[8]), "Agreement", evidence);
}

#[test]
fn acceptances_under_different_ballots_do_not_add_up() {
    let mut ghost = asked(&[7]);
    accepts(&mut ghost, 1, B1, &[7]).unwrap();
    accepts(&mut ghost, 2, B2, &[7]).unwrap();
    assert_eq!(ghost.chosen(Slot(1)), None);
}

#[test]
fn agreement_sees_a_server_that_believes_too_early_or_wrongly() {
    let mut ghost = asked(&[7, 8]);
    accepts(&mut ghost, 1, B1, &[7]).unwrap();
    let early = knowing(server(n(1), B1, &[7]), 1);
    let evidence = "n1 takes a command for chosen in slot 1, where nothing is";
    assert_violated(ghost.clone().observe(n(1), Some(&server(n(1), B1, &[7])), &early, []), "Agreement", evidence);
    accepts(&mut ghost, 2, B1, &[7]).unwrap();
    assert_eq!(ghost.observe(n(1), Some(&server(n(1), B1, &[7])), &early, []), Ok(()));
    let wrong = knowing(server(n(3), B2, &[8]), 1);
    let evidence = "n3 takes a command for chosen in slot 1, where another command is";
    assert_violated(ghost.observe(n(3), Some(&server(n(3), B2, &[8])), &wrong, []), "Agreement", evidence);
}

#[test]
fn validity_sees_a_command_out_of_nowhere() {
    let mut ghost = asked(&[7]);
    accepts(&mut ghost, 1, B1, &[9]).unwrap();
    let evidence = "a command was chosen for slot 1 that nobody asked for";
    assert_violated(accepts(&mut ghost, 2, B1, &[9]), "Validity", evidence);
}

#[test]
fn a_promise_forgotten_by_a_crash_is_noticed_if_anyone_had_heard_of_it() {
    let (before, after) = (server(n(3), B2, &[]), server(n(3), B1, &[]));
    let mut unheard = Ghost::default();
    assert_eq!(unheard.observe(n(3), None, &before, []), Ok(()));
    assert_eq!(unheard.observe(n(3), None, &after, []), Ok(()));
    let mut heard = Ghost::default();
    let promise = Message::Promise { ballot: B2, first: Slot(1), accepted: [].into(), snapshot: None };
    assert_eq!(heard.observe(n(3), Some(&before), &before, [&promise]), Ok(()));
    let said = "n3 had promised 2.n2, now 1.n1";
    assert_violated(heard.clone().observe(n(3), None, &after, []), "Promises kept", said);
    let reply = Message::HeartbeatReply { ballot: B1, beat: 1, learned: Slot::ZERO };
    let broken = heard.observe(n(3), Some(&before), &before, [&reply]).unwrap_err();
    assert_eq!(broken.invariant, "Promises kept", "it confirms a leader that it promised to leave");
}

#[test]
fn a_promise_that_hides_an_acceptance_is_noticed() {
    let mut ghost = asked(&[7]);
    accepts(&mut ghost, 3, B1, &[7]).unwrap();
    let promising = server(n(3), B2, &[]);
    let promise = |first| Message::Promise { ballot: B2, first, accepted: [].into(), snapshot: None };
    let later = ghost.clone().observe(n(3), Some(&promising), &promising, [&promise(Slot(2))]);
    assert_eq!(later, Ok(()), "slot 1 was not asked about");
    let said = "n3 had accepted under 1.n1 for slot 1, but reports nothing with 2.n2";
    assert_violated(ghost.observe(n(3), Some(&promising), &promising, [&promise(Slot(1))]), "Promises kept", said);
}

#[test]
fn two_values_under_one_ballot_are_noticed() {
    let leader = server(n(1), B1, &[]);
    let accept = |command| {
        let payloads = [Payload::Command(command)].into();
        Message::Accept { ballot: B1, first: Slot(1), payloads, commit: Slot::ZERO }
    };
    let mut ghost = asked(&[7, 8]);
    for _ in 0..2 {
        assert_eq!(ghost.observe(n(1), Some(&leader), &leader, [&accept(7)]), Ok(()));
    }
    let said = "slot 1: a command was proposed under 1.n1, n1 has another command under it";
    assert_violated(
        ghost.observe(n(1), Some(&leader), &leader, [&accept(8)]),
        "One proposal per ballot and slot",
        said,
    );
}

#[test]
fn snapshots_that_differ_are_noticed() {
    let mut ghost = asked(&[7]);
    for id in [1, 2] {
        accepts(&mut ghost, id, B1, &[7]).unwrap();
    }
    let compacted = |id, state| {
        let mut server = knowing(server(n(id), B1, &[7]), 1);
        server.compact(Slot(1), state, &mut Effects::default());
        server
    };
    let before = server(n(1), B1, &[7]);
    assert_eq!(ghost.observe(n(1), Some(&before), &compacted(1, Some(7)), []), Ok(()));
    assert_eq!(ghost.observe(n(2), Some(&before), &compacted(2, Some(7)), []), Ok(()));
    let said = "n3 and n1 differ in their states after slot 1";
    assert_violated(ghost.observe(n(3), Some(&before), &compacted(3, None), []), "Same slots, same state", said);
}

#[test]
fn an_old_read_is_noticed_and_one_that_was_asked_before_is_not() {
    let mut ghost = asked(&[7]);
    ghost.observe_request(RequestId(8), &Request::Read);
    for id in [1, 2] {
        accepts(&mut ghost, id, B1, &[7]).unwrap();
    }
    let before = server(n(1), B1, &[7]);
    assert_eq!(ghost.observe(n(1), Some(&before), &knowing(before.clone(), 1), []), Ok(()));
    ghost.observe_request(RequestId(9), &Request::Read);
    let old = Answer::Done(Response::ReadAt { slot: Slot::ZERO });
    assert_eq!(ghost.observe_answer(RequestId(8), &old), Ok(()));
    let said = "read 9 is answered at slot 0, but 1 was decided before it was asked";
    assert_violated(ghost.observe_answer(RequestId(9), &old), "Linearizable reads", said);
}

#[test]
fn an_answer_that_is_not_true_is_noticed() {
    let mut ghost = asked(&[7, 8]);
    let done = Answer::Done(Response::Committed { slot: Slot(1), ballot: B1 });
    let lost = Answer::Refused(Refusal::Superseded { slot: Slot(1) });
    let early = "request 1 is called done in slot 1, for which nothing was chosen";
    assert_violated(ghost.clone().observe_answer(RequestId(1), &done), "True answers", early);
    for id in [1, 2] {
        accepts(&mut ghost, id, B1, &[7]).unwrap();
    }
    assert_eq!(ghost.clone().observe_answer(RequestId(1), &done), Ok(()));
    assert_eq!(ghost.clone().observe_answer(RequestId(2), &lost), Ok(()));
    let wrong = "request 1 is called lost in slot 1, for which a command was chosen";
    assert_violated(ghost.observe_answer(RequestId(1), &lost), "True answers", wrong);
}
