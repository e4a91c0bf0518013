//! The rule that decides what comes next, with the actual numbers, for the proposer about whose ballot the latest step was.

use cap_lab::explain::{Sentence, Tone};
use cap_lab::node::{NodeId, NodeSet};
use cap_lab::paxos::{Ballot, Phase, Proposal, Proposer, Value};
use cap_lab::world::paxos::PaxosRun;

use super::words;

const P1A: &str = "Paxos Made Simple §2.2, P1a";
const P2C: &str = "Paxos Made Simple §2.2, P2c";
const PROGRESS: &str = "Paxos Made Simple §2.4";

/// The rule, if any proposer is at work.
pub(super) fn rule(run: &PaxosRun) -> Option<Sentence> {
    // What follows from the rules does not follow where one is taken out.
    let node = run.watch().active.filter(|_| run.world().setup.flaw.is_none())?;
    let me = run.world().setup.name(node);
    let proposer = run.model().host(node).node.proposer().expect("proposers are active");
    match proposer.phase() {
        Phase::Idle => None,
        Phase::Preparing { ballot, .. } => Some(may_propose(run, node, proposer, *ballot)),
        Phase::Accepting { proposal, forced_by, .. } => Some(may_accept(run, &me, proposal, forced_by.as_ref())),
        Phase::BackingOff { ballot, .. } => Some(said(
            format!("Rule that decides when {me} tries again"),
            format!(
                "A quorum can no longer agree to {ballot}. {me} waits a random while, so that whoever outbid it may finish. Then it takes {}, higher than any ballot that it has heard of. Without the wait, both could outbid each other for ever.",
                proposer.next_ballot(run.model().host(node).node.config())
            ),
            PROGRESS,
        )),
        Phase::Decided { chosen } => Some(never_again(run, chosen)),
    }
}

/// P2c, before there is a quorum.
fn may_propose(run: &PaxosRun, node: NodeId, proposer: &Proposer, ballot: Ballot) -> Sentence {
    let setup = run.world().setup;
    let (me, needed) = (setup.name(node), setup.acceptors / 2 + 1);
    let wanted = words::quoted(proposer.wants().expect("a proposer at work wants something"));
    let rule = format!("{me} must propose the value of the highest-numbered proposal that its quorum reports.");
    let now = match proposer.highest_report() {
        None => format!(
            "Nobody has reported one to {ballot} yet. If {needed} acceptors promise and none reports any, {me} is free to propose {wanted}. Then nothing below {ballot} is or ever will be chosen."
        ),
        Some((proposal, from)) => {
            let value = words::quoted(&proposal.value);
            let but = if value == wanted { String::new() } else { format!(", not {wanted},") };
            format!(
                "{} reported {proposal}. Unless a promise reports a higher one, {me} must propose {value}{but} once it has {needed} promises. That is why a chosen value can never change.",
                setup.name(from)
            )
        }
    };
    said(format!("Rule that decides what {me} may propose"), format!("{rule} {now}"), P2C)
}

/// P1a, while a proposal is out.
fn may_accept(run: &PaxosRun, me: &str, proposal: &Proposal, forced_by: Option<&Proposal>) -> Sentence {
    let setup = run.world().setup;
    let (value, ballot) = (words::quoted(&proposal.value), proposal.ballot);
    let why = match forced_by {
        None => format!("{me} was free to propose {value}: its quorum reported nothing."),
        Some(reported) => {
            format!("{me} had to propose {value}: its quorum reported {reported}, and none higher (P2c).")
        }
    };
    let promised = |id: NodeId| run.model().host(id).node.acceptor().and_then(|acceptor| acceptor.promised());
    let bound: NodeSet = setup.acceptors().iter().filter(|id| promised(*id) > Some(ballot)).collect();
    let now = match bound
        .iter()
        .map(|id| format!("{} has promised {}", setup.name(id), shown(promised(id))))
        .collect::<Vec<_>>()
    {
        none if none.is_empty() => "None has.".to_owned(),
        some => format!("{}.", some.join(", ")),
    };
    said(
        format!("Rule that decides who accepts {proposal}"),
        format!("{why} An acceptor accepts it unless it has promised a ballot higher than {ballot}. {now}"),
        P1A,
    )
}

fn shown(promised: Option<Ballot>) -> String {
    words::maybe_ballot(promised)
}

/// P2c, looked at from the end.
fn never_again(run: &PaxosRun, chosen: &Proposal) -> Sentence {
    let setup = run.world().setup;
    let by = run.watch().ghost.accepted().get(chosen).copied().unwrap_or_default();
    let Value(value) = &chosen.value;
    said(
        format!("Rule that keeps “{value}” chosen"),
        format!(
            "{} accepted {chosen}. Any quorum has at least one of them in it. So every later ballot hears of “{value}” and must propose it again.",
            words::list(setup, by)
        ),
        P2C,
    )
}

fn said(headline: String, reason: String, source: &'static str) -> Sentence {
    Sentence { headline, reason, observer: None, source, tone: Tone::Routine }
}
