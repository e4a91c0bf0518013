//! The world of one decision: proposers, which learn as well, and acceptors, each on a node of its own.
//!
//! Nobody asks for anything by itself: a proposer starts when a learner's request tells it what to propose.

use std::sync::Arc;

use super::watch::{Events, MarkKind};
use crate::node::{Clocks, Delay, Micros, NodeId, NodeSet};
use crate::paxos::invariant::{Ghost, Violation};
use crate::paxos::{Config, Flaw, Message, Note, Paxos, Proposal, ProposerNote, Request};
use crate::shared_vec::SharedVec;
use crate::sim::model::{Model, Status, Step, StepOutcome};
use crate::sim::network::Travel;
use crate::sim::run::{Run, Seen, World};
use crate::sim::schedule::{Pace, Turns};

/// Who takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaxosSetup {
    /// Proposers: 1 to 3.
    pub proposers: u8,
    /// Acceptors: 3, 5 or 7, so that no majority is wasted on a tie.
    pub acceptors: u8,
    /// A mistake to try.
    pub flaw: Option<Flaw>,
}

impl PaxosSetup {
    /// How many proposers are possible.
    pub const PROPOSERS: [u8; 3] = [1, 2, 3];
    /// How many acceptors are possible.
    pub const ACCEPTORS: [u8; 3] = [3, 5, 7];

    /// The proposers, which come first. They are the learners as well.
    pub fn proposers(self) -> NodeSet {
        NodeSet::first(self.proposers.into())
    }

    /// The acceptors.
    pub fn acceptors(self) -> NodeSet {
        self.nodes().difference(self.proposers())
    }

    /// All of them.
    pub fn nodes(self) -> NodeSet {
        NodeSet::first((self.proposers + self.acceptors).into())
    }

    /// `p1`, `p2` … and `a1`, `a2` …
    pub fn name(self, node: NodeId) -> String {
        match node.0.checked_sub(self.proposers) {
            None => format!("p{}", node.0 + 1),
            Some(acceptor) => format!("a{}", acceptor + 1),
        }
    }

    /// A text that calls nodes `n1`, `n2` …, with these names instead.
    pub fn in_names(self, text: &str) -> String {
        let nodes: Vec<NodeId> = self.nodes().iter().collect();
        nodes.into_iter().rev().fold(text.to_owned(), |text, node| text.replace(&node.to_string(), &self.name(node)))
    }

    /// What is wrong with it, if anything.
    pub fn check(self) -> Result<(), String> {
        if !Self::PROPOSERS.contains(&self.proposers) {
            return Err(format!("{} proposers: 1 to 3 are possible", self.proposers));
        }
        if !Self::ACCEPTORS.contains(&self.acceptors) {
            return Err(format!("{} acceptors: 3, 5 or 7 are possible", self.acceptors));
        }
        Ok(())
    }

    fn config(self, id: NodeId) -> Config {
        let (proposers, acceptors) = (self.proposers(), self.acceptors());
        Config { id, proposers, acceptors, learners: proposers, retry: RETRY, back_off: BACK_OFF, flaw: self.flaw }
    }
}

const TRAVEL: Travel =
    Travel { base: Delay::between(Micros::from_ms(22), Micros::from_ms(32)), jitter: Micros::from_ms(6) };
/// A disk here is done as soon as nothing else happens: what a learner picks is a message, and its effect is to be seen.
const SYNC: Delay = Delay::fixed(Micros::ZERO);
/// Longer than a round trip takes at most.
const RETRY: Delay = Delay::between(Micros::from_ms(150), Micros::from_ms(250));
/// Short: who was refused learns of it a whole message late, so that only a quick return still meets the other's Accepts on
/// their way. Duels then happen in a good part of all runs, and end.
const BACK_OFF: Delay = Delay::between(Micros::ZERO, Micros::from_ms(40));

/// The world of one decision.
#[derive(Clone, Copy, Debug)]
pub struct PaxosWorld {
    /// Who takes part.
    pub setup: PaxosSetup,
}

/// The run of such a world.
pub type PaxosRun = Run<PaxosWorld>;

impl PaxosWorld {
    /// A world of this kind.
    pub fn new(setup: PaxosSetup) -> Self {
        assert_eq!(setup.check(), Ok(()));
        Self { setup }
    }
}

impl Pace<Paxos> for PaxosWorld {
    fn travel(&self, _: NodeId, _: NodeId) -> Travel {
        TRAVEL
    }

    fn sync_time(&self) -> Delay {
        SYNC
    }

    fn opening(&self) -> Micros {
        Micros::ZERO
    }

    fn turns(&self, _: NodeId) -> Option<Turns> {
        None
    }

    fn traffic(&self, node: NodeId, _: &Paxos, _: u32, _: u64) -> Option<Request> {
        unreachable!("{node} takes no turns")
    }
}

/// A proposal and what allowed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issued {
    /// When it was sent to the acceptors.
    pub at: Micros,
    /// Its ballot and value.
    pub proposal: Proposal,
    /// The report that forced the value, and who made it; `None` if the proposer was free (P2c).
    pub forced_by: Option<(Proposal, NodeId)>,
}

/// The moment at which a value was chosen, whether or not anyone knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// When.
    pub at: Micros,
    /// The acceptor that made the quorum full.
    pub last: NodeId,
    /// What was chosen.
    pub proposal: Proposal,
    /// By whom at that moment.
    pub by: NodeSet,
}

/// All that is remembered of such a run.
#[derive(Clone, Debug, Default)]
pub struct PaxosWatch {
    /// Marks, troubles, deaths, notes.
    pub events: Events<Paxos>,
    /// The protocol's invariants, and who accepted what.
    pub ghost: Ghost,
    /// What broke first, if anything did.
    pub broken: Option<(Micros, Violation)>,
    /// Every proposal, by time.
    pub issued: SharedVec<Issued>,
    /// The first choice.
    pub chosen: Option<Choice>,
    /// The proposer about whose ballot the latest step was.
    pub active: Option<NodeId>,
    /// When something happened; that a disk finishes what it was told counts as part of that.
    pub moments: SharedVec<Micros>,
}

impl World for PaxosWorld {
    type Node = Paxos;
    type Watch = PaxosWatch;

    fn nodes(&self) -> Vec<Paxos> {
        self.setup.nodes().iter().map(|id| Paxos::new(self.setup.config(id))).collect()
    }

    fn watch(&self, watch: &mut PaxosWatch, seen: &Seen<'_, Paxos>) {
        let first_start = matches!(seen.step, Step::Restart(_)) && seen.at == Micros::ZERO;
        watch.events.watch(seen, self.setup.nodes(), |_| !first_start);
        watch.check(seen, first_start);
        if !first_start && !matches!(seen.step, Step::Sync(_)) {
            watch.moments.push(seen.at);
        }
        watch.note_proposals(seen);
        let spoken_of = seen.outcome.delivered.as_ref().map(|envelope| envelope.message.ballot().proposer);
        let touched = seen.outcome.node.filter(|node| self.setup.proposers().contains(*node) && !first_start);
        watch.active = spoken_of.or(touched).or(watch.active);
    }
}

impl PaxosWatch {
    fn check(&mut self, seen: &Seen<'_, Paxos>, first_start: bool) {
        if let Step::Request(_, _, request) = seen.step {
            self.ghost.observe_request(request);
        }
        let Some(node) = seen.outcome.node else { return };
        // A crash takes what is volatile: nothing that was before it binds the node, but for what others have heard.
        let forgot = first_start || matches!(seen.step, Step::Crash(..));
        let before = seen.before.filter(|_| !forgot).map(|host| &host.node);
        let observed = self.ghost.observe(node, before, &seen.after.host(node).node, left(seen.outcome, seen.after));
        if let Err(violation) = observed {
            self.broken.get_or_insert((seen.at, violation));
            self.events.mark(seen.at, MarkKind::Broken);
        }
        if let (Some(proposal), None) = (self.ghost.chosen(), &self.chosen) {
            let by = self.ghost.accepted()[proposal];
            self.chosen = Some(Choice { at: seen.at, last: node, proposal: proposal.clone(), by });
            self.events.mark(seen.at, MarkKind::Chosen);
        }
    }

    fn note_proposals(&mut self, seen: &Seen<'_, Paxos>) {
        for note in &seen.outcome.notes {
            let (proposal, forced_by) = match note {
                Note::Proposer(ProposerNote::ProposesOwn { proposal, .. }) => (proposal, None),
                Note::Proposer(ProposerNote::ProposesReported { proposal, reported, reported_by, .. }) => {
                    (proposal, Some((reported.clone(), *reported_by)))
                }
                _ => continue,
            };
            self.issued.push(Issued { at: seen.at, proposal: proposal.clone(), forced_by });
        }
    }
}

/// What the touched node handed to the network, in order: what died at once on a cut link left it all the same.
fn left<'a>(outcome: &'a StepOutcome<Paxos>, after: &'a Model<Paxos>) -> impl Iterator<Item = &'a Message> {
    outcome.sent.iter().map(|id| {
        let lost = || outcome.lost.iter().find(|(other, ..)| other == id).map(|(_, envelope, _)| envelope);
        let envelope = after.flights().get(*id).or_else(lost).expect("sent, then on its way or lost at once");
        &envelope.message
    })
}

/// What a step would bring about.
#[derive(Clone, PartialEq, Debug)]
pub struct Foreseen {
    /// The participant that it would touch.
    pub node: Option<NodeId>,
    /// What that participant would note.
    pub notes: Vec<Note>,
    /// What would leave it, at once or once its disk is done.
    pub sent: Vec<Message>,
    /// How many of those would die on cut links.
    pub died: usize,
    /// What would be chosen by it, and by whom.
    pub chosen: Option<(Proposal, NodeSet)>,
}

/// Does `step`, and the sync that it makes necessary, to a copy of the world.
pub fn foresee(run: &PaxosRun, step: &Step<Paxos>) -> Foreseen {
    let mut model = run.model().clone();
    let mut ghost = run.watch().ghost.clone();
    let mut outcome = StepOutcome::default();
    let mut foreseen = Foreseen { node: None, notes: Vec::new(), sent: Vec::new(), died: 0, chosen: None };
    let mut next = Some(step.clone());
    while let Some(step) = next.take() {
        let touched = match &step {
            Step::Deliver(id) => model.flights().get(*id).map(|envelope| envelope.to),
            Step::Timer(node, _) | Step::Sync(node) | Step::Crash(node, _) | Step::Restart(node) => Some(*node),
            _ => None,
        };
        let before = touched.map(|node| Arc::clone(model.host(node)));
        let at = touched.map_or(Clocks::default(), |node| run.schedule().clocks(node, run.now()));
        model.apply(&step, at, &mut outcome);
        foreseen.notes.append(&mut outcome.notes);
        let Some(node) = outcome.node else { break };
        foreseen.node = Some(node);
        foreseen.sent.extend(left(&outcome, &model).cloned());
        foreseen.died += outcome.sent.iter().filter(|sent| model.flights().get(**sent).is_none()).count();
        let before = before.filter(|_| !matches!(step, Step::Crash(..)));
        // What breaks an invariant is reported when it happens; here only what would be chosen counts.
        let _ = ghost.observe(
            node,
            before.as_deref().map(|host| &host.node),
            &model.host(node).node,
            left(&outcome, &model),
        );
        let host = model.host(node);
        next = (host.status == Status::Up && host.awaits_sync()).then_some(Step::Sync(node));
    }
    if run.watch().chosen.is_none() {
        foreseen.chosen = ghost.chosen().map(|proposal| (proposal.clone(), ghost.accepted()[proposal]));
    }
    foreseen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::fault::Intervention;

    const SETUP: PaxosSetup = PaxosSetup { proposers: 2, acceptors: 5, flaw: None };

    fn asked(setup: PaxosSetup, seed: u64) -> PaxosRun {
        let mut run = Run::new(PaxosWorld::new(setup), 0, seed, 0);
        for (proposer, value) in setup.proposers().iter().zip(["blue", "red", "green"]) {
            let request = Request::Propose(value.into());
            assert!(run.intervene(Micros::ZERO, &Intervention::Request { node: proposer, request }));
        }
        run
    }

    /// The highest round that any proposer has tried.
    fn rounds(run: &PaxosRun) -> u32 {
        run.model().hosts().map(|(_, host)| host.disk.round).max().expect("there are nodes")
    }

    #[test]
    fn names_tell_the_roles() {
        let names: Vec<String> = SETUP.nodes().iter().map(|node| SETUP.name(node)).collect();
        assert_eq!(names, ["p1", "p2", "a1", "a2", "a3", "a4", "a5"]);
        assert!(PaxosSetup { proposers: 0, ..SETUP }.check().is_err());
        assert!(PaxosSetup { acceptors: 4, ..SETUP }.check().is_err());
    }

    /// Left alone, proposers outbid each other and yet come to an end (§2.4), in every size that is offered.
    #[test]
    fn duels_happen_and_end() {
        for proposers in PaxosSetup::PROPOSERS {
            for acceptors in PaxosSetup::ACCEPTORS {
                let mut duels = 0;
                for seed in 0..40 {
                    let mut run = asked(PaxosSetup { proposers, acceptors, flaw: None }, seed);
                    while run.watch().chosen.is_none() {
                        assert!(run.step(Micros::from_ms(10_000)), "no end: {proposers} {acceptors}, seed {seed}");
                    }
                    duels += usize::from(rounds(&run) > 1);
                    run.advance(Micros::from_ms(20_000));
                    assert_eq!(run.watch().broken, None, "{proposers} {acceptors}, seed {seed}");
                    let chosen = run.watch().chosen.as_ref().expect("played until then");
                    for proposer in run.world().setup.proposers().iter() {
                        let knows = run.model().host(proposer).node.chosen().expect("nothing was lost");
                        assert_eq!(knows.value, chosen.proposal.value, "seed {seed}");
                    }
                    assert_eq!(run.watch().events.marks.iter().filter(|mark| mark.kind == MarkKind::Chosen).count(), 1);
                }
                assert_eq!(duels > 0, proposers > 1, "{duels} duels of {proposers} proposers in 40 runs");
            }
        }
    }

    /// An acceptance is a fact once it is durable, even if every word of it dies on a cut link.
    #[test]
    fn what_dies_at_once_was_said_all_the_same() {
        let setup = PaxosSetup { proposers: 1, acceptors: 3, flaw: None };
        let mut run = asked(setup, 1);
        let accepting = |run: &PaxosRun| run.watch().issued.len() == 1;
        while !accepting(&run) {
            assert!(run.step(Micros::from_ms(1_000)));
        }
        let back = setup.acceptors().iter().map(|acceptor| (acceptor, NodeId(0))).collect();
        assert!(run.intervene(run.now(), &Intervention::Cut(back)));
        run.advance(run.now() + Micros::from_ms(60));
        assert_eq!(run.model().host(NodeId(0)).node.chosen(), None, "it has heard nothing");
        let chosen = run.watch().chosen.as_ref().expect("a majority has accepted");
        assert_eq!(chosen.by.len(), 2, "chosen as soon as two of three have accepted");
        assert_eq!(run.watch().broken, None);
    }

    #[test]
    fn a_crash_and_a_restart_break_nothing() {
        for seed in 0..60 {
            let mut run = asked(SETUP, seed);
            for turn in 0..12 {
                let node = NodeId(((seed + turn * 3) % 7) as u8);
                run.advance(Micros::from_ms(13 * (turn + 1)));
                let at = Micros::from_ms(13 * (turn + 1));
                let down = run.model().host(node).status == Status::Crashed;
                let act = if down { Intervention::Restart(node) } else { Intervention::Crash { node, keep: 0 } };
                assert!(run.intervene(at, &act));
            }
            run.advance(Micros::from_ms(5_000));
            assert_eq!(run.watch().broken, None, "seed {seed}");
        }
    }
}
