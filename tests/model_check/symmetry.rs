//! Acceptors differ by their names alone: states that become equal when acceptors swap names are searched once.

use std::hash::{Hash, Hasher};

use cap_lab::explore::State;
use cap_lab::node::NodeId;
use cap_lab::paxos::{Paxos, Phase};
use cap_lab::sim::fingerprint::Fingerprint;
use cap_lab::sim::model::Host;

use crate::subject::Decision;

/// Equal for states that differ by the names of acceptors only. Nothing in a state relates two acceptors to each other, so
/// it is what the proposers are apart from acceptors, and a multiset: all that concerns each acceptor.
///
/// Of what the invariants remember only who accepted what is taken. For two chosen values nothing else counts; and where
/// messages stay on their way for ever ([`cap_lab::explore::Network::Set`]) the rest follows from them.
pub(crate) fn fingerprint(state: &State<Decision>) -> u64 {
    let mut whole = Fingerprint::default();
    state.spent().hash(&mut whole);
    state.ghost.ghost.chosen().hash(&mut whole);
    state.ghost.ghost.accepted().len().hash(&mut whole);
    state.ghost.ghost.accepted().keys().for_each(|proposal| proposal.hash(&mut whole));
    let mut acceptors = 0_u64;
    for (id, host) in state.model.hosts() {
        match host.node.acceptor() {
            Some(_) => acceptors = acceptors.wrapping_add(concerning(state, id, host)),
            None => proposer_apart(host, &mut whole),
        }
    }
    whole.write_u64(acceptors);
    whole.finish()
}

/// A proposer, learner or not, without who answered it.
fn proposer_apart(host: &Host<Paxos>, digest: &mut Fingerprint) {
    let proposer = host.node.proposer().expect("who accepts not proposes");
    (host.status, &host.disk, &host.unsynced, &host.timers, host.after_sync.len()).hash(digest);
    (proposer.wants(), proposer.next_ballot(host.node.config())).hash(digest);
    std::mem::discriminant(proposer.phase()).hash(digest);
    match proposer.phase() {
        Phase::Idle => {}
        Phase::Preparing { ballot, .. } | Phase::BackingOff { ballot, .. } => ballot.hash(digest),
        Phase::Accepting { proposal, forced_by, .. } => (proposal, forced_by).hash(digest),
        Phase::Decided { chosen } => chosen.hash(digest),
    }
    if let Some(learner) = host.node.learner() {
        learner.chosen().hash(digest);
        learner.tallies().keys().for_each(|proposal| proposal.hash(digest));
    }
}

/// All that concerns one acceptor, but for its name.
fn concerning(state: &State<Decision>, id: NodeId, host: &Host<Paxos>) -> u64 {
    let mut digest = Fingerprint::default();
    let acceptor = host.node.acceptor().expect("checked by the caller");
    (host.status, acceptor, &host.disk, &host.unsynced, &host.after_sync).hash(&mut digest);
    state.ghost.ghost.accepted().values().for_each(|by| by.contains(id).hash(&mut digest));
    for (_, other) in state.model.hosts() {
        let Some(proposer) = other.node.proposer() else { continue };
        match proposer.phase() {
            Phase::Preparing { promises, refused, .. } => (promises.get(&id), refused.contains(id)).hash(&mut digest),
            Phase::Accepting { accepted, refused, .. } => {
                (accepted.contains(id), refused.contains(id)).hash(&mut digest);
            }
            Phase::BackingOff { refused, .. } => refused.contains(id).hash(&mut digest),
            Phase::Idle | Phase::Decided { .. } => {}
        }
        if let Some(learner) = other.node.learner() {
            learner.tallies().values().for_each(|by| by.contains(id).hash(&mut digest));
        }
    }
    for (_, message) in state.ghost.unheard.iter().filter(|(node, _)| *node == id) {
        message.hash(&mut digest);
    }
    let concerned = state.model.flights().iter().filter(|(_, envelope)| envelope.from == id || envelope.to == id);
    let messages = concerned.fold(0_u64, |sum, (_, envelope)| {
        let (other, arrives) = if envelope.to == id { (envelope.from, true) } else { (envelope.to, false) };
        sum.wrapping_add(Fingerprint::of(&(other, arrives, &envelope.message)))
    });
    digest.write_u64(messages);
    digest.finish()
}
