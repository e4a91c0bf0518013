//! How far each proposer is, and what each acceptor remembers.

use cap_lab::node::{NodeId, NodeSet};
use cap_lab::paxos::{Acceptor, Ballot, Message, Paxos, Phase, Proposal, Proposer};
use cap_lab::sim::model::{Host, Status};
use cap_lab::world::paxos::{PaxosRun, PaxosSetup};

use super::super::view::{PhaseState, ProposerView, Surroundings};
use super::{rule, words};
use crate::ui::figure::view::{Card, Quorum};

/// What is drawn around the figure.
pub(super) fn surroundings(run: &PaxosRun) -> Surroundings {
    Surroundings {
        proposers: run.world().setup.proposers().iter().map(|id| proposer(run, id)).collect(),
        rule: rule::rule(run),
        chosen: run.watch().chosen.as_ref().map(|chosen| chosen.proposal.value.to_string()),
    }
}

/// What an acceptor remembers.
pub(super) fn card(host: &Host<Paxos>, acceptor: &Acceptor) -> Card {
    Card {
        promised: acceptor.promised().map_or("–".to_owned(), |ballot| ballot.to_string()),
        accepted: acceptor.accepted().map(|proposal| (proposal.ballot.to_string(), proposal.value.to_string())),
        unsynced: host.awaits_sync(),
    }
}

/// Who has answered each proposer.
pub(super) fn quorums(run: &PaxosRun) -> Vec<Quorum> {
    let setup = run.world().setup;
    let quorum = |id: NodeId| {
        let proposer = run.model().host(id).node.proposer().expect("proposers come first");
        Quorum { name: setup.name(id), heard: heard(proposer), on_the_way: on_the_way(run, id, proposer) }
    };
    setup.proposers().iter().map(quorum).collect()
}

fn proposer(run: &PaxosRun, id: NodeId) -> ProposerView {
    let host = run.model().host(id);
    let proposer = host.node.proposer().expect("proposers come first");
    let crashed = host.status == Status::Crashed;
    ProposerView {
        id,
        name: run.world().setup.name(id),
        intent: if crashed { format!("down · round {} on disk", host.disk.round) } else { intent(proposer) },
        rail: rail(run, id, proposer),
        progress: progress(run, id, proposer),
        idle: !crashed && *proposer.phase() == Phase::Idle,
    }
}

fn intent(proposer: &Proposer) -> String {
    let wants = proposer.wants().map_or("nothing".to_owned(), words::quoted);
    match proposer.phase() {
        Phase::Idle => "has nothing to propose".to_owned(),
        Phase::Preparing { ballot, .. } => format!("wants {wants} · ballot {ballot}"),
        Phase::BackingOff { ballot, .. } => format!("wants {wants} · gave up {ballot}"),
        Phase::Accepting { proposal, .. } => {
            let instead = proposer.wants().filter(|wanted| **wanted != proposal.value);
            let instead = instead.map_or(String::new(), |_| format!(", not {wants}"));
            format!("proposes {}{instead} · ballot {}", words::quoted(&proposal.value), proposal.ballot)
        }
        Phase::Decided { chosen } => format!("knows that {} is chosen", words::quoted(&chosen.value)),
    }
}

fn rail(run: &PaxosRun, id: NodeId, proposer: &Proposer) -> [PhaseState; 5] {
    use PhaseState::{Ahead, Current, Done};
    match proposer.phase() {
        Phase::Idle | Phase::BackingOff { .. } => [Ahead; 5],
        // Its Prepares wait for the disk.
        Phase::Preparing { .. } if run.model().host(id).awaits_sync() => [Current, Ahead, Ahead, Ahead, Ahead],
        Phase::Preparing { .. } => [Done, Current, Ahead, Ahead, Ahead],
        Phase::Accepting { .. } => [Done, Done, Done, Current, Ahead],
        Phase::Decided { chosen } if chosen.ballot.proposer == id => [Done; 5],
        // It learnt of another's success.
        Phase::Decided { .. } => [Ahead, Ahead, Ahead, Ahead, Done],
    }
}

/// Who promised, or accepted, in the open phase.
fn heard(proposer: &Proposer) -> NodeSet {
    match proposer.phase() {
        Phase::Preparing { promises, .. } => promises.keys().copied().collect(),
        Phase::Accepting { accepted, .. } => *accepted,
        Phase::Idle | Phase::BackingOff { .. } | Phase::Decided { .. } => NodeSet::EMPTY,
    }
}

/// Whose promise, or acceptance, will count when it arrives.
fn on_the_way(run: &PaxosRun, id: NodeId, proposer: &Proposer) -> NodeSet {
    let counts = |message: &Message| match (message, proposer.phase()) {
        (Message::Promise { ballot, .. }, Phase::Preparing { ballot: current, .. }) => ballot == current,
        (Message::Accepted { proposal }, Phase::Accepting { proposal: current, .. }) => proposal == current,
        _ => false,
    };
    let flights = run.model().flights().iter().filter(|(_, envelope)| envelope.to == id && counts(&envelope.message));
    let from: NodeSet = flights.map(|(_, envelope)| envelope.from).collect();
    from.difference(heard(proposer))
}

fn progress(run: &PaxosRun, id: NodeId, proposer: &Proposer) -> String {
    let setup = run.world().setup;
    let host = run.model().host(id);
    if host.status == Status::Crashed {
        return "It has forgotten all but its round. Restart it, and give it a value again.".to_owned();
    }
    let config = host.node.config();
    let coming = on_the_way(run, id, proposer);
    let coming =
        if coming.is_empty() { String::new() } else { format!(" {} on the way.", words::answers_of(setup, coming)) };
    match proposer.phase() {
        Phase::Idle => "Give it a value to propose.".to_owned(),
        Phase::Preparing { ballot, .. } => {
            let needed = usize::from(config.prepare_quorum());
            promises(setup, proposer, *ballot, needed) + &coming
        }
        Phase::Accepting { proposal, .. } => {
            let needed = usize::from(config.accept_quorum());
            acceptances(run, proposer, proposal, needed) + &coming
        }
        Phase::BackingOff { ballot, refused } => format!(
            "{} refused {ballot}: no quorum is left for it. It waits a random while, then tries {}.",
            words::list(setup, *refused),
            proposer.next_ballot(config)
        ),
        // A proposer believes its quorum; with a flaw on, that proves nothing.
        Phase::Decided { chosen } if setup.flaw.is_some() => format!("It takes {chosen} for chosen."),
        Phase::Decided { chosen } => match proposer.wants().filter(|wanted| **wanted != chosen.value) {
            Some(wanted) => format!("{chosen} is chosen. {} never can be.", words::quoted(wanted)),
            None => format!("{chosen} is chosen. No other value ever can be."),
        },
    }
}

/// "2 of 5 promised 2.p2: a2, a3. a2 told p2 that it had accepted (1.p1, blue). One more and it may propose."
fn promises(setup: PaxosSetup, proposer: &Proposer, ballot: Ballot, needed: usize) -> String {
    let heard = heard(proposer);
    if heard.is_empty() {
        return format!("No promise for {ballot} heard yet; it needs {needed} of {}.", setup.acceptors);
    }
    let report = proposer.highest_report().map_or(String::new(), |(proposal, from)| {
        format!(" {} told it that it had accepted {proposal}.", setup.name(from))
    });
    format!(
        "{} of {} promises heard: {}.{report} {} and it may propose.",
        heard.len(),
        setup.acceptors,
        words::list(setup, heard),
        words::more(needed - heard.len())
    )
}

/// "2 of 5 accepted 1.p1: a1, a2. One more and “blue” is chosen." What counts is what acceptors have on disk, whether or not
/// the proposer has heard of it.
fn acceptances(run: &PaxosRun, proposer: &Proposer, proposal: &Proposal, needed: usize) -> String {
    let setup = run.world().setup;
    let (value, ballot, all) = (words::quoted(&proposal.value), proposal.ballot, setup.acceptors);
    let by = run.watch().ghost.accepted().get(proposal).copied().unwrap_or_default();
    let heard = heard(proposer);
    let knows = match heard.len() {
        0 => "It has heard of none yet.".to_owned(),
        _ => format!("It has heard of {}.", words::list(setup, heard)),
    };
    let says = match by.len() {
        0 => format!("Nobody has accepted {ballot}."),
        accepted => format!("{accepted} of {all} accepted {ballot}: {}.", words::list(setup, by)),
    };
    let other = run.watch().chosen.as_ref().map(|first| &first.proposal).filter(|first| first.value != proposal.value);
    let bound = |id: &NodeId| {
        let host = run.model().host(*id);
        host.node.acceptor().is_some_and(|acceptor| acceptor.promised() > Some(ballot))
    };
    let open = setup.acceptors().difference(by).iter().filter(|id| !bound(id)).count();
    if let Some(chosen) = other.filter(|_| by.len() < needed) {
        format!("{says} {} is chosen already. {knows}", words::quoted(&chosen.value))
    } else if by.len() < needed && by.len() + open < needed {
        format!("{says} Too few are left that may accept it: the others have promised a higher ballot. {knows}")
    } else if by.is_empty() {
        format!("Nobody has accepted {ballot} yet; {needed} of {all} choose {value}.")
    } else if by.len() >= needed {
        format!("{says} {value} is chosen. {knows}")
    } else {
        let knows = if heard == by { String::new() } else { format!(" {knows}") };
        format!("{says} {} and {value} is chosen.{knows}", words::more(needed - by.len()))
    }
}
