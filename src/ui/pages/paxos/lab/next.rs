//! What can happen next: every enabled step, with what it will do, found by doing it to a copy.

use std::convert::Infallible;

use cap_lab::explain;
use cap_lab::node::{Kind, Micros, NodeId};
use cap_lab::paxos::{Note, Paxos, Phase, ProposerNote, Request, Timer};
use cap_lab::sim::fault::{Fate, Intervention};
use cap_lab::sim::model::{Status, Step};
use cap_lab::world::paxos::{Foreseen, PaxosRun, foresee};

use super::super::view::NextStep;
use super::words;
use crate::ui::act::{Act, Ask};
use crate::ui::figure::view::FlightHue;

/// One step that can happen, and how the learner makes it happen.
struct Possible {
    step: Step<Paxos>,
    act: Intervention<Request>,
    /// Faults come last, and held messages after those that will arrive by themselves.
    rank: (bool, bool, Micros),
}

impl Possible {
    /// What loses the message, if it is one that arrives.
    fn loss(&self) -> Option<Intervention<Request>> {
        match &self.act {
            Intervention::Message { world, name, .. } => {
                Some(Intervention::Message { world: *world, name: name.clone(), fate: Fate::Drop })
            }
            _ => None,
        }
    }

    fn held(&self, run: &PaxosRun) -> bool {
        match self.step {
            Step::Deliver(id) | Step::Lose(id) => run.schedule().passage(id).is_some_and(|passage| passage.held),
            _ => false,
        }
    }
}

/// As the page does it.
fn act(act: Intervention<Request>) -> Act {
    let Ok(act) = act.try_map(|request| Ok::<_, Infallible>(Ask::from(request)));
    act
}

/// All that can happen next, soonest first.
pub(super) fn steps(run: &PaxosRun) -> Vec<NextStep> {
    possible(run).into_iter().map(|possible| next_step(run, possible)).collect()
}

fn possible(run: &PaxosRun) -> Vec<Possible> {
    let model = run.model();
    let down = |id: &NodeId| model.host(*id).status == Status::Crashed;
    let doomed = model.flights().iter().filter(|(_, envelope)| down(&envelope.to)).map(|(id, _)| Step::Lose(id));
    let protocol = model.enabled().into_iter().chain(doomed);
    let faults = model.enabled_faults().into_iter().filter(|step| {
        let to_a_message = matches!(step, Step::Lose(_) | Step::Duplicate(_));
        !to_a_message && !matches!(step, Step::Pause(_))
    });
    let mut all: Vec<Possible> = Vec::new();
    for possible in protocol.chain(faults).map(|step| with_act(run, step)) {
        all.insert(all.partition_point(|earlier| earlier.rank <= possible.rank), possible);
    }
    all
}

fn with_act(run: &PaxosRun, step: Step<Paxos>) -> Possible {
    let soon = |due| (false, false, due);
    let fault = (true, false, Micros::ZERO);
    let (act, rank) = match &step {
        Step::Deliver(id) | Step::Lose(id) => {
            let name = run.name_of(*id).expect("it is on its way");
            let passage = run.schedule().passage(*id).expect("it is on its way");
            (Intervention::Message { world: 0, name, fate: Fate::Deliver }, (false, passage.held, passage.due))
        }
        Step::Timer(node, timer) => {
            let (_, due) = run.schedule().timer(*node, *timer).expect("it runs");
            (Intervention::Timer { world: 0, node: *node, timer: timer.kind().to_owned() }, soon(due))
        }
        Step::Sync(node) => (Intervention::Sync { world: 0, node: *node }, soon(run.now())),
        Step::Crash(node, keep) => (Intervention::Crash { node: *node, keep: *keep }, fault),
        Step::Restart(node) => (Intervention::Restart(*node), fault),
        Step::Resume(node) => (Intervention::Resume(*node), fault),
        other => unreachable!("{other:?} is not offered"),
    };
    Possible { step, act, rank }
}

fn next_step(run: &PaxosRun, possible: Possible) -> NextStep {
    let setup = run.world().setup;
    let name = |node: NodeId| setup.name(node);
    let foreseen = foresee(run, &possible.step);
    let (title, outcome, hue) = match &possible.step {
        Step::Deliver(id) | Step::Lose(id) => {
            let envelope = run.model().flights().get(*id).expect("it is on its way");
            let title = format!("Deliver {}", words::addressed(setup, envelope));
            let lost = matches!(possible.step, Step::Lose(_));
            let outcome =
                if lost { format!("{} is down: it will be lost", name(envelope.to)) } else { expected(run, &foreseen) };
            (title, outcome, words::hue(envelope.message.ballot().proposer))
        }
        Step::Timer(node, timer) => (timer_title(run, *node, *timer), expected(run, &foreseen), words::hue(*node)),
        Step::Sync(node) => {
            let title = format!("{}'s disk finishes writing", name(*node));
            (title, expected(run, &foreseen), node_hue(run, *node))
        }
        Step::Crash(node, keep) => {
            let outcome = crash_outcome(run, *node, *keep) + &newly_chosen(run, &foreseen);
            (crash_title(run, *node, *keep), outcome, node_hue(run, *node))
        }
        Step::Restart(node) => (format!("Restart {}", name(*node)), expected(run, &foreseen), node_hue(run, *node)),
        Step::Resume(node) => {
            let outcome = "it goes on where it stood still, and what has arrived meanwhile reaches it";
            (format!("Resume {}", name(*node)), outcome.to_owned(), node_hue(run, *node))
        }
        other => unreachable!("{other:?} is not offered"),
    };
    let loss = possible.loss().map(act);
    let (about, place) = whose(run, &possible.step);
    NextStep {
        title: if possible.held(run) { format!("{title} (held)") } else { title },
        outcome,
        hue,
        about,
        place,
        verb: if loss.is_some() { "Deliver" } else { "Do it" },
        loss,
        act: act(possible.act),
    }
}

/// The proposer whose ballot a step is about, and its place among those.
fn whose(run: &PaxosRun, step: &Step<Paxos>) -> (Option<NodeId>, (bool, u32)) {
    match step {
        Step::Deliver(id) | Step::Lose(id) => {
            let envelope = run.model().flights().get(*id).expect("it is on its way");
            (Some(envelope.message.ballot().proposer), (false, *id))
        }
        Step::Timer(node, _) => (Some(*node), (true, 0)),
        _ => (None, (false, 0)),
    }
}

/// Of the notes of one step the one that says what came of it.
fn telling(notes: &[Note]) -> Option<&Note> {
    let decides = |note: &&Note| matches!(note, Note::Proposer(ProposerNote::Decides { .. }));
    notes.iter().find(decides).or(notes.last())
}

/// What was foreseen, in words.
fn expected(run: &PaxosRun, foreseen: &Foreseen) -> String {
    let setup = run.world().setup;
    let name = |node: NodeId| setup.name(node);
    let node = foreseen.node.expect("all but faults of the network touch a node");
    let mut text = match telling(&foreseen.notes) {
        Some(note) => explain::paxos::outcome(&name, node, note) + &outbids(run, node, note),
        None => match foreseen.sent.as_slice() {
            [] => "what it wrote will outlive a crash".to_owned(),
            [first] => format!("{} will leave", words::says(first)),
            [first, others @ ..] => format!("{} and {} more will leave", words::says(first), others.len()),
        },
    };
    text += &newly_chosen(run, foreseen);
    if foreseen.died > 0 {
        let sent = foreseen.sent.len();
        text += &match (foreseen.died, sent) {
            (1, 1) => "; the answer will be lost, the link is cut".to_owned(),
            (died, _) => format!("; {died} of {sent} messages will be lost on cut links"),
        };
    }
    text
}

/// Of this no node will know, only who sees all acceptors.
fn newly_chosen(run: &PaxosRun, foreseen: &Foreseen) -> String {
    let by = |by| words::list(run.world().setup, by);
    foreseen
        .chosen
        .as_ref()
        .map_or(String::new(), |(_, acceptors)| format!(", which is then chosen by {}", by(*acceptors)))
}

/// A new ballot outbids those that other proposers have open.
fn outbids(run: &PaxosRun, node: NodeId, note: &Note) -> String {
    let Note::Proposer(ProposerNote::Prepares { ballot, .. }) = note else { return String::new() };
    let proposers = run.world().setup.proposers().without(node);
    let open = proposers.iter().filter_map(|other| run.model().host(other).node.proposer()).filter_map(|other| {
        let at_work = matches!(other.phase(), Phase::Preparing { .. } | Phase::Accepting { .. });
        other.ballot().filter(|theirs| at_work && theirs < ballot)
    });
    let outbid: Vec<String> = open.map(|theirs| theirs.to_string()).collect();
    if outbid.is_empty() {
        return String::new();
    }
    format!("; that outbids {}, and such a duel can go on for ever", outbid.join(" and "))
}

fn timer_title(run: &PaxosRun, node: NodeId, timer: Timer) -> String {
    let (name, host) = (run.world().setup.name(node), run.model().host(node));
    let next = host.node.proposer().expect("only proposers have timers").next_ballot(host.node.config());
    match timer {
        Timer::Retry => format!("{name} times out and retries with {next}"),
        Timer::BackOff => format!("{name} has backed off long enough and tries {next}"),
    }
}

fn node_hue(run: &PaxosRun, node: NodeId) -> FlightHue {
    if run.world().setup.proposers().contains(node) { words::hue(node) } else { FlightHue::Work }
}

fn crash_title(run: &PaxosRun, node: NodeId, keep: u32) -> String {
    let name = run.world().setup.name(node);
    match (run.model().host(node).unsynced.len(), keep) {
        (0, _) => format!("Crash {name}"),
        (_, 0) => format!("Crash {name}, losing what its disk has not finished"),
        (all, kept) => format!("Crash {name}, with {kept} of {all} unfinished writes on disk by luck"),
    }
}

fn crash_outcome(run: &PaxosRun, node: NodeId, keep: u32) -> String {
    let host = run.model().host(node);
    let mut disk = host.disk.clone();
    for delta in host.unsynced.iter().take(keep as usize) {
        cap_lab::node::Disk::apply(&mut disk, delta);
    }
    if let Some(proposer) = host.node.proposer() {
        let forgets = match proposer.wants() {
            Some(value) => format!("forgets {} and all that it has heard", words::quoted(value)),
            None => "has nothing to forget".to_owned(),
        };
        return format!("{forgets}; keeps round {} on disk", disk.round);
    }
    match disk.promised {
        None => "has promised nothing yet: nothing on its disk to keep".to_owned(),
        Some(promised) => {
            let accepted = words::maybe_proposal(disk.accepted.as_ref());
            format!("keeps what is on disk: promised {promised}, accepted {accepted}")
        }
    }
}
