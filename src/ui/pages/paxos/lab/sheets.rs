//! A node or a message, opened up.

use cap_lab::node::{Micros, NodeId};
use cap_lab::paxos::{Delta, Durable, Message, Paxos, Phase, Proposer, Timer};
use cap_lab::sim::model::{Host, Status};
use cap_lab::sim::network::FlightId;
use cap_lab::world::paxos::PaxosRun;

use super::words::{self, maybe_ballot, maybe_proposal, quoted};
use crate::ui::sheet::view::Sheet;

type Rows = Vec<(String, String)>;

fn row(name: impl Into<String>, value: impl Into<String>) -> (String, String) {
    (name.into(), value.into())
}

/// What a node knows: on disk, not yet on disk, and in memory only.
pub(super) fn node(run: &PaxosRun, now: Micros, id: NodeId) -> Sheet {
    let setup = run.world().setup;
    let host = run.model().host(id);
    let down = host.status == Status::Crashed;
    let mut sections = vec![("Durable (on disk)".to_owned(), durable(host))];
    if host.awaits_sync() {
        let writes = host.unsynced.iter().map(|delta| match delta {
            Delta::Round(round) => row("round", round.to_string()),
            Delta::Promised(ballot) => row("promised", ballot.to_string()),
            Delta::Accepted(proposal) => row("accepted", proposal.to_string()),
        });
        sections.push(("Written, not yet synced".to_owned(), writes.collect()));
    }
    if let Some(proposer) = host.node.proposer().filter(|_| !down) {
        sections.push(("Volatile (lost in a crash)".to_owned(), volatile(run, host, proposer)));
        let timers = [(Timer::Retry, "gives up on its ballot"), (Timer::BackOff, "tries again")];
        let running = timers.into_iter().filter_map(|(timer, what)| {
            let (_, due) = run.schedule().timer(id, timer)?;
            Some(row(what, format!("in {} ms", due.since(now).as_ms())))
        });
        let running: Rows = running.collect();
        if !running.is_empty() {
            sections.push(("Timer".to_owned(), running));
        }
    }
    let role = if host.node.proposer().is_some() { "proposer and learner" } else { "acceptor" };
    let state = match host.status {
        Status::Up => "",
        Status::Crashed => ", crashed",
        Status::Paused => ", paused",
    };
    Sheet {
        title: format!("{} · {role}{state}", setup.name(id)),
        sections,
        meaning: node_meaning(host),
        actions: Vec::new(),
    }
}

fn durable(host: &Host<Paxos>) -> Rows {
    let Durable { round, promised, accepted } = &host.disk;
    if host.node.proposer().is_some() {
        return vec![row("round", round.to_string())];
    }
    vec![row("promised", maybe_ballot(*promised)), row("accepted", maybe_proposal(accepted.as_ref()))]
}

fn volatile(run: &PaxosRun, host: &Host<Paxos>, proposer: &Proposer) -> Rows {
    let setup = run.world().setup;
    let mut rows = vec![row("asked to propose", proposer.wants().map_or("nothing".to_owned(), quoted))];
    match proposer.phase() {
        Phase::Idle => rows.push(row("phase", "idle")),
        Phase::Preparing { ballot, promises, refused } => {
            rows.push(row("phase", format!("1: preparing {ballot}")));
            rows.extend(promises.iter().map(|(from, report)| {
                row(format!("promise of {}", setup.name(*from)), format!("reports {}", maybe_proposal(report.as_ref())))
            }));
            rows.extend((!refused.is_empty()).then(|| row("refused by", words::list(setup, *refused))));
        }
        Phase::Accepting { proposal, forced_by, accepted, refused } => {
            rows.push(row("phase", format!("2: asks to accept {proposal}")));
            rows.push(row("value", forced_by.as_ref().map_or("its own".to_owned(), |by| format!("forced by {by}"))));
            rows.push(row(
                "accepted by",
                if accepted.is_empty() { "none heard of".to_owned() } else { words::list(setup, *accepted) },
            ));
            rows.extend((!refused.is_empty()).then(|| row("refused by", words::list(setup, *refused))));
        }
        Phase::BackingOff { ballot, refused } => {
            rows.push(row("phase", format!("backing off from {ballot}")));
            rows.push(row("refused by", words::list(setup, *refused)));
        }
        Phase::Decided { chosen } => rows.push(row("chosen", chosen.to_string())),
    }
    let tallies = host.node.learner().expect("proposers learn").tallies();
    rows.extend(tallies.iter().map(|(proposal, by)| row(format!("learnt: {proposal}"), words::list(setup, *by))));
    rows
}

fn node_meaning(host: &Host<Paxos>) -> String {
    if host.node.proposer().is_some() {
        return "A proposer keeps only its round on disk: never to use a ballot twice. All else it can ask the acceptors for \
                again."
            .to_owned();
    }
    let Durable { promised, accepted, .. } = &host.disk;
    match (promised, accepted) {
        (None, _) => "It has promised nothing: it will promise or accept whatever comes first.".to_owned(),
        (Some(promised), None) => {
            format!("It refuses every ballot below {promised}, and reports that it has accepted nothing.")
        }
        (Some(promised), Some(accepted)) => {
            format!(
                "It refuses every ballot below {promised}, and reports {accepted} to whoever prepares a higher one."
            )
        }
    }
}

/// What a message says; `None` if it is gone.
pub(super) fn flight(run: &PaxosRun, id: FlightId) -> Option<Sheet> {
    let setup = run.world().setup;
    let envelope = run.model().flights().get(id)?;
    let (from, to) = (setup.name(envelope.from), setup.name(envelope.to));
    let needed = setup.acceptors / 2 + 1;
    let (kind, fields, meaning) = match &envelope.message {
        Message::Prepare { ballot } => (
            "Prepare (1a)",
            vec![row("ballot", ballot.to_string())],
            format!(
                "{from} asks {to}: promise to accept nothing numbered below {ballot}, and tell me the highest-numbered proposal \
                 that you have accepted."
            ),
        ),
        Message::Promise { ballot, accepted } => {
            let report = match accepted {
                None => "It had accepted nothing.".to_owned(),
                Some(proposal) => format!(
                    "It had accepted {proposal}: if no one reports a higher one, {to} must propose {}.",
                    quoted(&proposal.value)
                ),
            };
            (
                "Promise (1b)",
                vec![row("ballot", ballot.to_string()), row("accepted", maybe_proposal(accepted.as_ref()))],
                format!("{from} will accept nothing numbered below {ballot} any more; that is on its disk. {report}"),
            )
        }
        Message::Accept { proposal } => {
            let issued = run.watch().issued.iter().find(|issued| issued.proposal == *proposal);
            let why = match issued.and_then(|issued| issued.forced_by.as_ref()) {
                None => format!("{from} was free to choose the value: its quorum reported nothing."),
                Some((report, by)) => {
                    format!("{from} was bound to the value: {} had reported {report}.", setup.name(*by))
                }
            };
            (
                "Accept (2a)",
                vec![row("ballot", proposal.ballot.to_string()), row("value", proposal.value.to_string())],
                format!(
                    "{from} asks {to} to accept {}, unless it has promised a higher ballot. {why}",
                    quoted(&proposal.value)
                ),
            )
        }
        Message::Accepted { proposal } => (
            "Accepted (2b)",
            vec![row("ballot", proposal.ballot.to_string()), row("value", proposal.value.to_string())],
            format!(
                "{from} has accepted {proposal}; that is on its disk. {needed} acceptors that do so under one ballot choose {}.",
                quoted(&proposal.value)
            ),
        ),
        Message::Nack { ballot, promised } => (
            "Nack",
            vec![row("refused", ballot.to_string()), row("promised", promised.to_string())],
            format!("{from} refuses {ballot}: it has promised {promised}, which is higher."),
        ),
    };
    Some(Sheet {
        title: format!("{kind} · {from} to {to}"),
        sections: vec![("Says".to_owned(), fields)],
        meaning,
        actions: Vec::new(),
    })
}
