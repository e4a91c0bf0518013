//! Our Paxos as an implementation of Lamport's abstract one: what each of our states stands for there.
//!
//! An acceptor stands for what it has on disk, for that is when it has promised or accepted as far as anyone can know. The
//! messages are those ever sent, and what a crash kept from being sent after its write was durable: sent, and lost. Two of
//! our messages stand for nothing: a Nack, and a Promise that reports a proposal of its own ballot, which is no answer to
//! that ballot's proposer any more (it had its quorum before it could propose).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use cap_lab::explore::State;
use cap_lab::node::NodeId;
use cap_lab::paxos::{Ballot, Message, Proposal};

use crate::abstract_paxos::{self as lamport, Acceptor};
use crate::subject::Decision;

/// The steps of abstract Paxos: from each state, in bits, to which.
static STEPS: LazyLock<HashMap<u64, HashSet<u64>>> = LazyLock::new(|| {
    let all = lamport::count().states;
    all.iter().map(|state| (state.bits(), state.steps().iter().map(|(_, next)| next.bits()).collect())).collect()
});

/// Whether a step between states that stand for these is one of abstract Paxos or none at all.
pub(crate) fn is_step_or_stutter(before: u64, after: u64) -> bool {
    STEPS.get(&before).is_some_and(|next| before == after || next.contains(&after))
}

/// What a state of two proposers with one ballot each stands for.
pub(crate) fn stands_for(state: &State<Decision>) -> u64 {
    let proposers = state.model.hosts().filter(|(_, host)| host.node.acceptor().is_none()).count() as u8;
    let acceptor = |id: NodeId| id.0 - proposers;
    let mut bits = 0;
    for (id, host) in state.model.hosts().skip(proposers.into()) {
        let voted = host.disk.accepted.as_ref().map(vote);
        bits |= Acceptor { ballot: host.disk.promised.map(number), voted }.bits(acceptor(id));
    }
    let sent = state.model.flights().iter().map(|(_, envelope)| (envelope.from, &envelope.message));
    let unheard = state.ghost.unheard.iter().map(|(from, message)| (*from, message));
    // A proposer that crashed with its round on disk said nothing: its Prepares were for nobody.
    let unheard = unheard.filter(|(_, message)| !matches!(message, Message::Prepare { .. }));
    for (from, message) in sent.chain(unheard) {
        let stands_for = match message {
            Message::Prepare { ballot } => lamport::Message::OneA { ballot: number(*ballot) },
            Message::Promise { ballot, accepted } if accepted.as_ref().is_some_and(|seen| seen.ballot == *ballot) => {
                continue;
            }
            Message::Promise { ballot, accepted } => lamport::Message::OneB {
                acceptor: acceptor(from),
                ballot: number(*ballot),
                voted: accepted.as_ref().map(vote),
            },
            Message::Accept { proposal } => {
                let (ballot, value) = vote(proposal);
                lamport::Message::TwoA { ballot, value }
            }
            Message::Accepted { proposal } => {
                let (ballot, value) = vote(proposal);
                lamport::Message::TwoB { acceptor: acceptor(from), ballot, value }
            }
            Message::Nack { .. } => continue,
        };
        bits |= stands_for.bit();
    }
    bits
}

/// 1.p1 is the lower and 1.p2 the higher ballot.
fn number(ballot: Ballot) -> u8 {
    assert_eq!(ballot.round, 1, "one ballot each");
    ballot.proposer.0
}

fn vote(proposal: &Proposal) -> (u8, u8) {
    (number(proposal.ballot), u8::from(&*proposal.value.0 == "red"))
}
