//! Names and numbers of Paxos as the page writes them.

use cap_lab::node::{NodeId, NodeSet};
use cap_lab::paxos::{Ballot, Message, Proposal, Value};
use cap_lab::sim::network::Envelope;
use cap_lab::world::paxos::PaxosSetup;

use crate::ui::figure::view::{FlightHue, FlightShape};
use crate::ui::labs::common::Look;

/// "2 proposers, 5 acceptors, of which any 3 are a quorum".
pub(super) fn subtitle(setup: PaxosSetup) -> String {
    let proposers = if setup.proposers == 1 { "proposer" } else { "proposers" };
    let quorum = setup.acceptors / 2 + 1;
    format!("{} {proposers}, {} acceptors, of which any {quorum} are a quorum", setup.proposers, setup.acceptors)
}

/// "a1, a2, a4".
pub(super) fn list(setup: PaxosSetup, nodes: NodeSet) -> String {
    let names: Vec<String> = nodes.iter().map(|id| setup.name(id)).collect();
    names.join(", ")
}

/// "a1's answer is", "a1's and a3's answers are".
pub(super) fn answers_of(setup: PaxosSetup, nodes: NodeSet) -> String {
    let owners: Vec<String> = nodes.iter().map(|id| format!("{}'s", setup.name(id))).collect();
    match owners.as_slice() {
        [one] => format!("{one} answer is"),
        [but_last @ .., last] => format!("{} and {last} answers are", but_last.join(", ")),
        [] => unreachable!("nobody's answer"),
    }
}

/// "One more", "3 more".
pub(super) fn more(count: usize) -> String {
    if count == 1 { "One more".to_owned() } else { format!("{count} more") }
}

/// "“blue”".
pub(super) fn quoted(value: &Value) -> String {
    format!("“{value}”")
}

/// "2.p2" or "nothing".
pub(super) fn maybe_ballot(ballot: Option<Ballot>) -> String {
    ballot.map_or("nothing".to_owned(), |ballot| ballot.to_string())
}

/// "(1.p1, blue)" or "nothing".
pub(super) fn maybe_proposal(proposal: Option<&Proposal>) -> String {
    proposal.map_or("nothing".to_owned(), ToString::to_string)
}

/// "Promise(2.p2, none)": a message as the list of next steps writes it.
pub(super) fn says(message: &Message) -> String {
    match message {
        Message::Prepare { ballot } => format!("Prepare({ballot})"),
        Message::Promise { ballot, accepted: None } => format!("Promise({ballot}, none)"),
        Message::Promise { ballot, accepted: Some(proposal) } => format!("Promise({ballot}, {proposal})"),
        Message::Accept { proposal } => format!("Accept{proposal}"),
        Message::Accepted { proposal } => format!("Accepted{proposal}"),
        Message::Nack { ballot, promised } => format!("Nack({ballot}, promised {promised})"),
    }
}

/// "Accept(1.p1, blue) to a3", "Promise(2.p2, none) from a3 to p2": an answer is told by its sender as well.
pub(super) fn addressed(setup: PaxosSetup, envelope: &Envelope<Message>) -> String {
    let (says, to) = (says(&envelope.message), setup.name(envelope.to));
    match envelope.message {
        Message::Prepare { .. } | Message::Accept { .. } => format!("{says} to {to}"),
        Message::Promise { .. } | Message::Accepted { .. } | Message::Nack { .. } => {
            format!("{says} from {} to {to}", setup.name(envelope.from))
        }
    }
}

/// A proposer's colour.
pub(super) fn hue(proposer: NodeId) -> FlightHue {
    match proposer.0 {
        0 => FlightHue::Work,
        1 => FlightHue::Election,
        _ => FlightHue::Gossip,
    }
}

/// How a message is drawn: in the colour of the proposer whose ballot it speaks of.
pub(super) fn look(envelope: &Envelope<Message>) -> Look {
    let (label, shape) = match &envelope.message {
        Message::Prepare { ballot } => (format!("Prepare {ballot}"), FlightShape::Request),
        Message::Accept { proposal } => {
            (format!("Accept {} {}", proposal.ballot, quoted(&proposal.value)), FlightShape::Request)
        }
        Message::Promise { ballot, accepted: None } => (format!("Promise {ballot}, none"), FlightShape::Reply),
        Message::Promise { ballot, accepted: Some(proposal) } => {
            (format!("Promise {ballot}, {} {}", proposal.ballot, quoted(&proposal.value)), FlightShape::Reply)
        }
        Message::Accepted { proposal } => {
            (format!("Accepted {} {}", proposal.ballot, quoted(&proposal.value)), FlightShape::Reply)
        }
        Message::Nack { ballot, promised } => (format!("Nack {ballot} < {promised}"), FlightShape::Reply),
    };
    Look { label, shape, hue: hue(envelope.message.ballot().proposer) }
}
