//! Single-decree Paxos: a set of nodes that may crash, over a network that may lose, double, delay and reorder messages,
//! chooses one value and never another (Lamport, *Paxos Made Simple*, 2001).
//!
//! # The problem (§2.1)
//! Only a value that has been proposed may be chosen; only a single value is chosen; and nobody learns that a value has
//! been chosen unless it has been. Three roles share the work, and a node may play any of them: [`Proposer`],
//! [`Acceptor`], [`Learner`].
//!
//! # The two phases (§2.2, §2.5)
//! 1. A proposer picks a [`Ballot`] higher than any that it knows and asks every acceptor to *prepare*. An acceptor that
//!    has promised nothing higher *promises* to accept nothing lower, and reports the highest-numbered proposal that it
//!    has accepted.
//! 2. Once a quorum has promised, the proposer asks the acceptors to *accept* a value under that ballot: the value of the
//!    highest-numbered proposal reported, or its own if none was. An acceptor accepts unless it has promised a higher
//!    ballot meanwhile. The value is *chosen* at the moment when a quorum has accepted it under one ballot, whether or not
//!    anybody knows.
//!
//! Why this is safe is rule P2c: any two quorums share an acceptor, so that whoever prepares after a value was chosen hears
//! of it from at least one, and must propose it again. A chosen value can be proposed by others, never be replaced.
//!
//! # What is on disk
//! A promise or an acceptance that is forgotten can undo a choice, so an acceptor sends neither before it is durable. A
//! proposer keeps its round, for two values under one ballot would break the argument above. Learners keep nothing: all
//! they know can be learnt from the acceptors again, by proposing once more (§2.3).
//!
//! # Progress (§2.4)
//! Two proposers can outbid each other for ever, each preparing before the other's acceptances arrive. Nothing can rule
//! that out in an asynchronous network (Fischer, Lynch and Paterson 1985); a random back-off after a refusal makes it ever
//! less likely to go on. There is no distinguished proposer here, so that the duel can be watched.
//!
//! # What each rule is for
//! A [`Flaw`] takes one rule out; the same schedule then ends with two values.
//!
//! # What is left out
//! A log of many decisions (Multi-Paxos, §3), a distinguished proposer or learner, quorums other than majorities, catching
//! up of a learner that missed acceptances while no one proposes, and any change of who the acceptors are.

mod acceptor;
mod flaw;
pub mod invariant;
mod learner;
mod message;
mod note;
mod proposal;
mod proposer;

#[cfg(test)]
pub(crate) mod harness;
#[cfg(test)]
mod tests;

pub use acceptor::Acceptor;
pub use flaw::Flaw;
pub use learner::Learner;
pub use message::Message;
pub use note::{AcceptorNote, LearnerNote, Note, ProposerNote, Trigger, Why};
pub use proposal::{Ballot, Proposal, Value};
pub use proposer::{Phase, Proposer, Wish};

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::Serialize;

use crate::node::{Answer, Clocks, Count, Delay, Disk, Effects, Kind, Node, NodeId, NodeSet, RequestId};

/// Who plays which role, and how patient the proposers are. The same at all nodes but for `id`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// This node.
    pub id: NodeId,
    /// Who may propose: 1 to 3 are worth watching.
    pub proposers: NodeSet,
    /// Who accepts: usually 3, 5 or 7, of which fewer than half may fail.
    pub acceptors: NodeSet,
    /// Who is told of every acceptance. A proposer is told of those of its own ballots in any case.
    pub learners: NodeSet,
    /// How long a proposer waits for a quorum in either phase before it tries a higher ballot. Longer than a round trip
    /// and two syncs, or no ballot ever comes through.
    pub retry: Delay,
    /// How long a proposer waits after it was refused. Wide, or duellists keep step with each other.
    pub back_off: Delay,
    /// A mistake to try, the same at all nodes.
    pub flaw: Option<Flaw>,
}

/// The two phases ask for their quorums separately: what safety needs is that every quorum of phase 1 shares an acceptor
/// with every quorum of phase 2 (Howard, Malkhi and Spiegelman 2016). Majorities do.
impl Config {
    /// How many promises phase 1 needs.
    pub fn prepare_quorum(&self) -> u8 {
        self.majority()
    }

    /// How many acceptances choose a value.
    pub fn accept_quorum(&self) -> u8 {
        self.majority()
    }

    /// Whether the promises of `of` are enough.
    pub fn is_prepare_quorum(&self, of: NodeSet) -> bool {
        of.intersection(self.acceptors).len() >= usize::from(self.prepare_quorum())
    }

    /// Whether the acceptances of `of` are enough.
    pub fn is_accept_quorum(&self, of: NodeSet) -> bool {
        of.intersection(self.acceptors).len() >= usize::from(self.accept_quorum())
    }

    fn majority(&self) -> u8 {
        let majority = self.acceptors.len() as u8 / 2 + 1;
        if self.has(Flaw::QuorumOneShort) { majority - 1 } else { majority }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// How many refusals leave too few acceptors for a quorum of `needed`.
    fn refusals_that_end(&self, needed: u8) -> u8 {
        self.acceptors.len() as u8 + 1 - needed
    }

    fn prepare_count(&self, by: NodeSet) -> Count {
        self.count(by, self.prepare_quorum())
    }

    fn accept_count(&self, by: NodeSet) -> Count {
        self.count(by, self.accept_quorum())
    }

    fn count(&self, by: NodeSet, needed: u8) -> Count {
        Count { by, needed, of: self.acceptors.len() as u8 }
    }
}

/// One node, in all the roles that it plays.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Paxos {
    config: Config,
    proposer: Option<Proposer>,
    acceptor: Option<Acceptor>,
    learner: Option<Learner>,
}

impl Paxos {
    /// A node that has never run.
    pub fn new(config: Config) -> Self {
        assert!(!config.acceptors.is_empty(), "nobody to accept");
        Self::restored(config, &Durable::default())
    }

    fn restored(config: Config, disk: &Durable) -> Self {
        let id = config.id;
        Self {
            proposer: config.proposers.contains(id).then(|| Proposer::restored(disk.round)),
            acceptor: config.acceptors.contains(id).then(|| Acceptor::restored(disk.promised, disk.accepted.clone())),
            learner: config.learners.contains(id).then(Learner::default),
            config,
        }
    }

    /// Who plays which role.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its proposer, if it is one.
    pub fn proposer(&self) -> Option<&Proposer> {
        self.proposer.as_ref()
    }

    /// Its acceptor, if it is one.
    pub fn acceptor(&self) -> Option<&Acceptor> {
        self.acceptor.as_ref()
    }

    /// Its learner, if it is one.
    pub fn learner(&self) -> Option<&Learner> {
        self.learner.as_ref()
    }

    /// What it believes to have been chosen, in whichever role.
    pub fn chosen(&self) -> Option<&Proposal> {
        let decided = self.proposer.as_ref().and_then(|proposer| match proposer.phase() {
            Phase::Decided { chosen } => Some(chosen),
            _ => None,
        });
        decided.or_else(|| self.learner.as_ref().and_then(Learner::chosen))
    }

    fn on_accepted(&mut self, from: NodeId, proposal: &Proposal, out: &mut Effects<Self>) {
        let ballot = proposal.ballot;
        let ignored = match &mut self.proposer {
            Some(proposer) if ballot.proposer == self.config.id => {
                proposer.on_accepted(&self.config, from, proposal, out)
            }
            _ => Some(Why::NoBallot),
        };
        match (&mut self.learner, ignored) {
            (Some(learner), _) => {
                let chosen = learner.on_accepted(&self.config, from, proposal, ignored.is_none(), out);
                if let (Some(proposer), Some(chosen)) = (&mut self.proposer, chosen) {
                    proposer.on_chosen(chosen, out);
                }
            }
            (None, Some(why)) => out.note(Note::Ignores { kind: "Accepted", from, ballot, why }),
            (None, None) => {}
        }
    }
}

/// Hands `message` over. What a node's roles say to one another does not cross the network.
fn send(config: &Config, to: NodeId, message: Message, out: &mut Effects<Paxos>) {
    if to == config.id {
        out.send_after_sync(to, message);
    } else {
        out.send(to, message);
    }
}

/// The timers of a proposer; at most one of the two runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Timer {
    /// Waiting for a quorum.
    Retry,
    /// Waiting after a refusal.
    BackOff,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::BackOff => "BackOff",
        }
    }
}

/// What a client may ask of a proposer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(untagged)]
pub enum Request {
    /// Have a value chosen, this one if none has been.
    Propose(Value),
}

/// Shown as a script has it: `propose blue`.
impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Propose(value) = self;
        write!(f, "propose {value}")
    }
}

impl FromStr for Request {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        match line.split_once(' ') {
            Some(("propose", value)) => Ok(Self::Propose(value.into())),
            _ => Err(format!("a proposer can't “{line}”")),
        }
    }
}

/// The answer to [`Request::Propose`]: what has been chosen, be it the client's value or another.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Chosen {
    /// The ballot under which the node found it chosen; the same value may have been chosen under lower ones before.
    pub ballot: Ballot,
    /// The value; there is only one.
    pub value: Value,
}

impl From<Proposal> for Chosen {
    fn from(Proposal { ballot, value }: Proposal) -> Self {
        Self { ballot, value }
    }
}

/// Why a node does not propose what it was asked to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// It does not play that role.
    NoProposer,
    /// It is at work for another client.
    AlreadyProposing {
        /// The value that it was asked for before.
        value: Value,
    },
}

/// What survives a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Durable {
    /// The last round that the proposer used; 0 before the first.
    pub round: u32,
    /// The highest ballot that the acceptor promised or accepted.
    pub promised: Option<Ballot>,
    /// The highest-numbered proposal that the acceptor accepted.
    pub accepted: Option<Proposal>,
}

/// One change to [`Durable`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Delta {
    /// The proposer starts this round.
    Round(u32),
    /// The acceptor promises this ballot.
    Promised(Ballot),
    /// The acceptor accepts this proposal, and thereby promises its ballot.
    Accepted(Proposal),
}

impl Disk for Durable {
    type Delta = Delta;

    fn apply(&mut self, delta: &Delta) {
        match delta {
            Delta::Round(round) => self.round = *round,
            Delta::Promised(ballot) => self.promised = Some(*ballot),
            Delta::Accepted(proposal) => {
                self.promised = Some(proposal.ballot);
                self.accepted = Some(proposal.clone());
            }
        }
    }
}

impl Node for Paxos {
    type Message = Message;
    type Timer = Timer;
    type Request = Request;
    type Response = Chosen;
    type Refusal = Refusal;
    type Disk = Durable;
    type Note = Note;

    fn on_restart(&mut self, disk: &Durable, _at: Clocks, out: &mut Effects<Self>) {
        *self = Self::restored(self.config.clone(), disk);
        let Durable { round, promised, accepted } = disk.clone();
        out.note(Note::Starts { round, promised, accepted });
    }

    fn on_message(&mut self, from: NodeId, message: Message, _at: Clocks, out: &mut Effects<Self>) {
        if let Some(proposer) = &mut self.proposer {
            proposer.saw(message.ballot());
        }
        let config = &self.config;
        match (message, &mut self.proposer, &mut self.acceptor) {
            (Message::Prepare { ballot }, _, Some(acceptor)) => acceptor.on_prepare(config, from, ballot, out),
            (Message::Accept { proposal }, _, Some(acceptor)) => acceptor.on_accept(config, from, proposal, out),
            (Message::Promise { ballot, accepted }, Some(proposer), _) => {
                proposer.on_promise(config, from, ballot, accepted, out);
            }
            (Message::Nack { ballot, promised }, Some(proposer), _) => {
                proposer.on_nack(config, from, ballot, promised, out);
            }
            (Message::Accepted { proposal }, ..) => self.on_accepted(from, &proposal, out),
            (message, ..) => panic!("{} does not play the role that {message:?} is for", config.id),
        }
    }

    fn on_timer(&mut self, timer: Timer, _at: Clocks, out: &mut Effects<Self>) {
        let proposer = self.proposer.as_mut().expect("only a proposer sets timers");
        match timer {
            Timer::Retry => proposer.on_retry(&self.config, out),
            Timer::BackOff => proposer.on_back_off(&self.config, out),
        }
    }

    fn on_request(&mut self, id: RequestId, request: Request, _at: Clocks, out: &mut Effects<Self>) {
        let Request::Propose(value) = request;
        match &mut self.proposer {
            Some(proposer) => proposer.on_propose(&self.config, id, value, out),
            None => {
                out.note(Note::NoProposer);
                out.reply(id, Answer::Refused(Refusal::NoProposer));
            }
        }
    }
}
