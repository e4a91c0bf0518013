//! A cluster of Multi-Paxos servers without a feed around it: clients ask the servers themselves.

use std::error::Error;
use std::fmt::{self, Display, Write};
use std::str::FromStr;

use cap_lab::explain::multi_paxos::sentence;
use cap_lab::history::Outcome;
use cap_lab::multi_paxos::invariant::{Ghost, Violation};
use cap_lab::multi_paxos::{
    Config, Flaw, Message, MultiPaxos, Payload, Quorums, Refusal, Request, Response, Role, Slot, Snapshot,
};
use cap_lab::node::{Answer, Command, Delay, Micros, NodeId, NodeSet};
use cap_lab::sim::model::{Model, Status, Step, StepOutcome as Done};
use cap_lab::sim::network::Travel;
use cap_lab::sim::run::{Run, Seen, World};
use cap_lab::sim::schedule::{Pace, Turns};
use cap_lab::timeline::Experiment;
use cap_lab::world::watch::Events;

use crate::multi_paxos_replica::{Commands, Replica};

/// A command: a word.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
pub(crate) struct Word(String);

impl Command for Word {
    type Snapshot = Commands<Word>;
}

impl Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Word {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Ok(Self(word.to_owned()))
    }
}

type Server = Replica<Word>;

/// The setup: `servers=5 phase1=4 phase2=2 snapshot=3 flaw=quorum-one-short`. Left out: majorities, no snapshots, no flaw.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct MultiPaxosExperiment {
    pub(crate) servers: u8,
    pub(crate) quorums: Quorums,
    pub(crate) snapshot_after: Option<u32>,
    pub(crate) flaw: Option<Flaw>,
}

impl Display for MultiPaxosExperiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { servers, quorums: Quorums { phase1, phase2 }, snapshot_after, flaw } = self;
        write!(f, "servers={servers} phase1={phase1} phase2={phase2}")?;
        if let Some(after) = snapshot_after {
            write!(f, " snapshot={after}")?;
        }
        flaw.map_or(Ok(()), |flaw| write!(f, " flaw={flaw}"))
    }
}

impl FromStr for MultiPaxosExperiment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut servers, mut phase1, mut phase2, mut snapshot_after, mut flaw) = (None, None, None, None, None);
        for part in text.split(' ') {
            let (key, value) = part.split_once('=').ok_or_else(|| format!("“{part}” is no setting"))?;
            let number = || value.parse::<u8>().map_err(|_| format!("“{value}” is no number of servers"));
            match key {
                "servers" => servers = Some(number()?),
                "phase1" => phase1 = Some(number()?),
                "phase2" => phase2 = Some(number()?),
                "snapshot" => snapshot_after = Some(u32::from(number()?)),
                "flaw" => flaw = Some(value.parse()?),
                _ => return Err(format!("nothing is called {key}")),
            }
        }
        let servers = servers.ok_or("how many servers?")?;
        let majorities = Quorums::majorities(NodeSet::first(servers.into()));
        let quorums =
            Quorums { phase1: phase1.unwrap_or(majorities.phase1), phase2: phase2.unwrap_or(majorities.phase2) };
        Ok(Self { servers, quorums, snapshot_after, flaw })
    }
}

impl Experiment for MultiPaxosExperiment {
    type Track = Run<MultiPaxosWorld>;

    const NAME: &'static str = "multi_paxos";

    fn start(&self, seed: u64) -> Self::Track {
        Run::new(MultiPaxosWorld(*self), 0, seed, 0)
    }

    fn check(&self) -> Result<(), String> {
        self.quorums.check(self.members(), self.flaw)
    }

    fn check_request(&self, node: NodeId, _: &Request<Word>) -> Result<(), String> {
        if self.members().contains(node) { Ok(()) } else { Err(format!("{node} is no server")) }
    }

    fn servers(&self) -> NodeSet {
        self.members()
    }

    fn name(&self, node: NodeId) -> String {
        node.to_string()
    }
}

impl MultiPaxosExperiment {
    pub(crate) fn members(&self) -> NodeSet {
        NodeSet::first(self.servers.into())
    }
}

/// The world of such a cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MultiPaxosWorld(MultiPaxosExperiment);

impl Pace<Server> for MultiPaxosWorld {
    fn travel(&self, _: NodeId, _: NodeId) -> Travel {
        Travel { base: Delay::between(Micros::from_ms(22), Micros::from_ms(32)), jitter: Micros::from_ms(6) }
    }

    fn sync_time(&self) -> Delay {
        Delay::between(Micros::from_ms(1), Micros::from_ms(3))
    }

    fn opening(&self) -> Micros {
        Micros::ZERO
    }

    fn turns(&self, _: NodeId) -> Option<Turns> {
        None
    }

    fn traffic(&self, node: NodeId, _: &Server, _: u32, _: u64) -> Option<Request<Word>> {
        unreachable!("{node} takes no turns")
    }
}

/// What is remembered of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct MultiPaxosWatch {
    events: Events<Server>,
    ghost: Ghost<Word>,
    /// What broke first, if anything did.
    pub(crate) broken: Option<Violation>,
}

impl World for MultiPaxosWorld {
    type Node = Server;
    type Watch = MultiPaxosWatch;

    fn nodes(&self) -> Vec<Server> {
        let MultiPaxosExperiment { quorums, snapshot_after, flaw, .. } = self.0;
        let members = self.0.members();
        let config = |id| Config { quorums, snapshot_after, flaw, ..Config::new(id, members) };
        members.iter().map(|id| Replica::new(config(id))).collect()
    }

    fn watch(&self, watch: &mut MultiPaxosWatch, seen: &Seen<'_, Server>) {
        let first_start = matches!(seen.step, Step::Restart(_)) && seen.at == Micros::ZERO;
        watch.events.watch(seen, self.0.members(), |note| !first_start && !note.is_routine());
        if let (Err(violation), None) = (watch.check(seen, first_start), &watch.broken) {
            watch.broken = Some(violation);
        }
    }
}

impl MultiPaxosWatch {
    fn check(&mut self, seen: &Seen<'_, Server>, first_start: bool) -> Result<(), Violation> {
        if let Step::Request(_, id, request) = seen.step {
            self.ghost.observe_request(*id, request);
        }
        let Some(node) = seen.outcome.node else { return Ok(()) };
        // A crash takes what is volatile: nothing that was before it binds the server, but for what others have heard.
        let forgot = first_start || matches!(seen.step, Step::Crash(..));
        let before = seen.before.filter(|_| !forgot).map(|slot| &slot.node.paxos);
        let after = &seen.after.host(node).node.paxos;
        self.ghost.observe(node, before, after, left(seen.outcome, seen.after))?;
        seen.outcome.replies.iter().try_for_each(|(id, answer)| self.ghost.observe_answer(*id, answer))
    }
}

/// What the touched server handed to the network, in order: what died at once on a cut link left it all the same.
fn left<'a>(outcome: &'a Done<Server>, after: &'a Model<Server>) -> impl Iterator<Item = &'a Message<Word>> {
    outcome.sent.iter().map(|id| {
        let lost = || outcome.lost.iter().find(|(other, ..)| other == id).map(|(_, envelope, _)| envelope);
        &after.flights().get(*id).or_else(lost).expect("sent, then on its way or lost at once").message
    })
}

type Shown = Result<String, Box<dyn Error>>;

/// What a script can look at in such a run; `None` if it is nothing of its own.
pub(crate) fn show(run: &Run<MultiPaxosWorld>, what: &str, noted: &mut u64) -> Option<Shown> {
    Some(match what {
        "roles" => roles(run),
        "logs" => logs(run),
        "states" => states(run),
        "chosen" => chosen(run),
        "answers" => answers(run),
        "notes" => notes(run, noted),
        _ => return None,
    })
}

fn roles(run: &Run<MultiPaxosWorld>) -> Shown {
    Ok(run.model().hosts().map(|(id, slot)| role(id, &slot.node.paxos, slot.status)).collect())
}

/// A server's ballot and role.
pub(crate) fn role<C: Command>(id: NodeId, paxos: &MultiPaxos<C>, status: Status) -> String {
    let role = match (status, paxos.role()) {
        (Status::Crashed, _) => "down".to_owned(),
        (_, Role::Leader { next, .. }) => format!("leader, next slot {next}"),
        (_, Role::Preparing { promises, .. }) => format!("in phase 1 with the promises of {promises}"),
        (_, Role::Follower { leader: Some(leader) }) => format!("follower of {leader}"),
        (_, Role::Follower { leader: None }) => "follower of nobody yet".to_owned(),
    };
    let paused = if status == Status::Paused { ", paused" } else { "" };
    format!("{id} ballot {}: {role}{paused}\n", paxos.ballot())
}

fn value(payload: &Payload<Word>) -> String {
    match payload {
        Payload::Noop => "noop".to_owned(),
        Payload::Command(word) => word.to_string(),
    }
}

fn logs(run: &Run<MultiPaxosWorld>) -> Shown {
    Ok(run.model().hosts().map(|(id, slot)| log(id, &slot.node.paxos, slot.unsynced.len(), value)).collect())
}

/// By slot: what was accepted as `BALLOT:VALUE`, `-` if nothing was; in brackets what is chosen, if the server learned that
/// and had accepted something else; a bar after what it knows to be chosen; the slots of the snapshot in front.
pub(crate) fn log<C: Command>(
    id: NodeId,
    paxos: &MultiPaxos<C>,
    unsynced: usize,
    value: impl Fn(&Payload<C>) -> String,
) -> String {
    let base = paxos.snapshot().map_or(Slot::ZERO, |snapshot| snapshot.through);
    let commit = paxos.commit_index();
    let mut out = id.to_string();
    if base > Slot::ZERO {
        out += &format!(" [1-{base}]");
    }
    if commit == base {
        out += " |";
    }
    for at in base.next().through(paxos.accepted().last().max(commit)) {
        let accepted = paxos.accepted().get(at);
        match accepted {
            Some(proposal) => out += &format!(" {}:{}", proposal.ballot, value(&proposal.payload)),
            None => out += " -",
        }
        if let Some(chosen) = paxos.chosen(at).filter(|chosen| accepted.is_none_or(|own| own.payload != **chosen)) {
            out += &format!("({})", value(chosen));
        }
        if at == commit {
            out += " |";
        }
    }
    match unsynced {
        0 => out + "\n",
        writes => out + &format!(" ({writes} not synced)\n"),
    }
}

/// What each server's state machine carried out.
fn states(run: &Run<MultiPaxosWorld>) -> Shown {
    let mut out = String::new();
    for (id, slot) in run.model().hosts() {
        let words: Vec<String> = slot.node.state.iter().map(ToString::to_string).collect();
        let snapshot = slot
            .node
            .paxos
            .snapshot()
            .map_or(String::new(), |Snapshot { through, .. }| format!("; its snapshot has slots 1 to {through}"));
        writeln!(out, "{id} did {}{snapshot}", if words.is_empty() { "nothing".into() } else { words.join(", ") })?;
    }
    Ok(out)
}

/// What quorums have chosen, whether or not any server knows.
fn chosen(run: &Run<MultiPaxosWorld>) -> Shown {
    let ghost = &run.watch().ghost;
    let last = run.model().hosts().map(|(_, slot)| slot.node.paxos.accepted().last()).max().unwrap_or_default();
    let mut out = String::new();
    for slot in Slot(1).through(last) {
        match ghost.chosen(slot) {
            Some((ballot, payload)) => writeln!(out, "slot {slot}: {} under {ballot}", value(payload))?,
            None => writeln!(out, "slot {slot}: nothing")?,
        }
    }
    Ok(if out.is_empty() { "nothing is proposed\n".to_owned() } else { out })
}

/// What clients asked, and what came of it.
fn answers(run: &Run<MultiPaxosWorld>) -> Shown {
    let mut out = String::new();
    for operation in run.history().iter() {
        let came = match &operation.outcome {
            Outcome::Done { response: Response::Committed { slot, ballot }, .. } => {
                format!("done in slot {slot}, proposed under {ballot}")
            }
            Outcome::Done { response: Response::ReadAt { slot }, .. } => format!("read after slot {slot}"),
            Outcome::Refused { refusal: Refusal::NotLeader { leader: Some(leader), .. }, .. } => {
                format!("refused, {leader} leads")
            }
            Outcome::Refused { refusal: Refusal::NotLeader { leader: None, ballot }, .. } => {
                format!("refused, nobody is known to lead under {ballot}")
            }
            Outcome::Refused { refusal: Refusal::Superseded { slot }, .. } => {
                format!("refused, slot {slot} holds something else")
            }
            Outcome::Pending => "waiting".to_owned(),
            Outcome::Unknown { later: Some((_, Answer::Unknown)) | None, .. } => "unknown".to_owned(),
            Outcome::Unknown { later: Some(_), .. } => return Err("no server says that it does not know".into()),
        };
        writeln!(out, "{} at {}: {came}", operation.request, operation.client)?;
    }
    Ok(out)
}

fn notes(run: &Run<MultiPaxosWorld>, noted: &mut u64) -> Shown {
    let mut out = String::new();
    let told: Vec<_> = run.watch().events.notes.iter().filter(|(number, _)| *number >= *noted).collect();
    for (number, noted_at) in told.into_iter().rev() {
        if number > *noted && out.is_empty() {
            return Err("more happened than is remembered: look more often".into());
        }
        writeln!(out, "{}", sentence(noted_at.node, &noted_at.note).headline)?;
        *noted = number + 1;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use cap_lab::sim::dice;
    use cap_lab::sim::fault::{Fate, Intervention};

    use super::*;

    type Act = Intervention<Request<Word>>;

    /// Something that goes wrong, or somebody who asks for something.
    fn happens(run: &Run<MultiPaxosWorld>, all: NodeSet, dice: &mut impl FnMut(u64) -> u64) -> Act {
        let node = NodeId(dice(all.len() as u64) as u8);
        let apart = |group: NodeSet| {
            let links = group.iter().flat_map(|from| all.difference(group).iter().map(move |to| (from, to)));
            Intervention::Cut(links.flat_map(|(from, to)| [(from, to), (to, from)]).collect())
        };
        match dice(12) {
            0 => apart(NodeSet::EMPTY.with(node)),
            1 => apart(all.iter().filter(|_| dice(2) == 0).collect()),
            2 => Intervention::Cut(all.without(node).iter().map(|to| (node, to)).collect()),
            3 => Intervention::Heal(every_link(all)),
            4 => Intervention::Crash { node, keep: dice(3) as u32 },
            5 => Intervention::Restart(node),
            6 => Intervention::Pause(node),
            7 => Intervention::Resume(node),
            8 => Intervention::Drift { node, ppm: dice(600_000) as i32 - 300_000 },
            9 => {
                let flights: Vec<_> = run.model().flights().iter().filter_map(|(id, _)| run.name_of(id)).collect();
                let Some(name) = flights.get(dice(flights.len().max(1) as u64) as usize) else {
                    return Intervention::Restart(node);
                };
                let fate = [Fate::Drop, Fate::Duplicate, Fate::Hold][dice(3) as usize];
                Intervention::Message { world: 0, name: name.clone(), fate }
            }
            _ => Intervention::Request { node, request: Request::Propose(Word(dice(u64::MAX).to_string())) },
        }
    }

    fn every_link(all: NodeSet) -> Vec<(NodeId, NodeId)> {
        all.iter().flat_map(|from| all.without(from).iter().map(move |to| (from, to))).collect()
    }

    /// Everything heals; then a command that is given to whoever leads is soon carried out everywhere.
    fn recovers(run: &mut Run<MultiPaxosWorld>, all: NodeSet, healed: Micros) -> Result<(), String> {
        let calm = all.iter().flat_map(|node| {
            [Intervention::Restart(node), Intervention::Resume(node), Intervention::Drift { node, ppm: 0 }]
        });
        for act in calm.chain([Intervention::Heal(every_link(all))]) {
            run.intervene(healed, &act);
        }
        let last = Word("last".to_owned());
        for tenth in 1..=100 {
            let now = healed + Micros::from_ms(100 * tenth);
            run.advance(now);
            let states: Vec<&Commands<Word>> = run.model().hosts().map(|(_, slot)| &slot.node.state).collect();
            if states.iter().any(|state| state.last() == Some(&last)) {
                if states.iter().all(|state| *state == states[0]) {
                    return Ok(());
                }
                continue;
            }
            let leads = |node: &NodeId| run.model().host(*node).node.paxos.is_leader();
            let leaders: Vec<NodeId> = all.iter().filter(leads).collect();
            for node in leaders {
                let request = Request::Propose(last.clone());
                run.intervene(now, &Intervention::Request { node, request });
            }
        }
        Err("no command comes through within 10 s".to_owned())
    }

    /// PMMC §3: with timers that run at about the right pace and nothing more that fails, somebody gets to lead and stays.
    #[test]
    fn within_10_seconds_of_the_last_fault_a_command_is_carried_out_everywhere() {
        let seeds = if std::env::var_os("CAP_LAB_LONG").is_some() { 1_000 } else { 100 };
        for seed in 0..seeds {
            let setup = ["phase1=3 phase2=3", "phase1=4 phase2=2", "phase1=2 phase2=4 snapshot=4"][seed as usize % 3];
            let experiment: MultiPaxosExperiment = format!("servers=5 {setup}").parse().expect("a setup");
            let (mut run, all) = (experiment.start(seed), experiment.members());
            let mut thrown = 0;
            let mut dice = |below| {
                thrown += 1;
                dice::below(seed, &[thrown], below)
            };
            let mut now = Micros::ZERO;
            for _ in 0..60 {
                now = now + Micros::from_ms(20 + dice(120));
                run.advance(now);
                let act = happens(&run, all, &mut dice);
                run.intervene(now, &act);
            }
            let recovered = recovers(&mut run, all, now);
            assert_eq!(run.watch().broken, None, "seed {seed}");
            assert_eq!(recovered, Ok(()), "seed {seed}");
        }
    }

    #[test]
    fn a_setup_reads_as_it_is_written() {
        for text in ["servers=3 phase1=2 phase2=2", "servers=5 phase1=4 phase2=1 snapshot=3 flaw=quorum-one-short"] {
            let read: MultiPaxosExperiment = text.parse().expect(text);
            assert_eq!(read.to_string(), text);
            assert_eq!(read.check(), Ok(()));
        }
        assert_eq!("servers=3".parse::<MultiPaxosExperiment>().expect("majorities").quorums.phase1, 2);
        for wrong in ["", "servers=x", "phase1=2", "servers=3 flaw=none", "servers=3 colour=red"] {
            assert!(wrong.parse::<MultiPaxosExperiment>().is_err(), "{wrong}");
        }
    }
}
