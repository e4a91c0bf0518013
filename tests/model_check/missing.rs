//! How far two chosen values are at least: what lets a search for them pass over most of what leads elsewhere.

use cap_lab::explore::State;
use cap_lab::node::NodeId;
use cap_lab::paxos::{Message, Paxos, Phase, Value};
use cap_lab::sim::model::{Host, Model};

use crate::subject::Decision;

/// The two values that are closest to being chosen need a quorum under a ballot each, and each step that counts (a request
/// or a timer, a Prepare, a Promise or an Accept that arrives) serves one ballot.
pub(crate) fn steps_to_two_values(decision: &Decision, state: &State<Decision>) -> u32 {
    let quorum = u32::from(decision.acceptors) / 2 + 1;
    let new = cheapest_new_ballot(decision, &state.model, quorum);
    let mut costs: Vec<u32> = ["blue", "red"]
        .map(|value| cheapest_known_ballot(state, &value.into(), quorum).unwrap_or(new).min(new))
        .to_vec();
    costs.sort_unstable();
    costs.iter().sum()
}

/// Acceptances that a ballot already proposed under `value` lacks.
fn cheapest_known_ballot(state: &State<Decision>, value: &Value, quorum: u32) -> Option<u32> {
    let proposed = state.model.flights().iter().filter_map(|(_, envelope)| match &envelope.message {
        Message::Accept { proposal } if proposal.value == *value => Some(proposal),
        _ => None,
    });
    let known = proposed.chain(state.ghost.ghost.accepted().keys().filter(|proposal| proposal.value == *value));
    known
        .map(|known| quorum.saturating_sub(state.ghost.ghost.accepted().get(known).map_or(0, |by| by.len() as u32)))
        .min()
}

/// Steps to a quorum of acceptances under a ballot that nothing was proposed under yet.
fn cheapest_new_ballot(decision: &Decision, model: &Model<Paxos>, quorum: u32) -> u32 {
    let proposers = (0..decision.proposers).map(NodeId);
    let costs = proposers.map(|id| {
        let host: &Host<Paxos> = model.host(id);
        let (start, counted) = match host.node.proposer().expect("a proposer").phase() {
            Phase::Preparing { promises, .. } => (0, promises.len() as u32),
            _ => (1, 0),
        };
        let to_hear = quorum.saturating_sub(counted);
        // Promises of whatever ballot: with some flaw they count.
        let is_promise = |message: &Message| matches!(message, Message::Promise { .. });
        let promises = model.flights().iter().filter(|(_, e)| e.to == id && is_promise(&e.message)).count();
        start + to_hear.saturating_sub(promises as u32) + to_hear + quorum
    });
    costs.min().expect("somebody proposes")
}
