//! A cluster of Raft as a subject of searches.
//!
//! Disks are done in the step that writes, unless the bounds say otherwise, and what a server hears from its own disk it hears in
//! that step. A server that is down starts again before anything else happens: that leaves nothing out, for nobody has to
//! do anything, so being up and silent is as good as being down.
//!
//! Searches for a flaw take messages that tell of nothing but a higher term to get lost ([`Cluster::refusals`]): the RequestVote
//! or AppendEntries of the higher term tells it as well. The exhaustive ones do not.

use std::fmt::{self, Display};

use cap_lab::explore::{Bounds, Disks, Network, Sight, State, Subject};
use cap_lab::node::{Clocks, Command, Effects, Node, NodeId, NodeSet, RequestId, Violation};
use cap_lab::raft::{AppendResult, Config, Flaw, Message, Raft, Request, Role, Switches, Term, Timer};
use cap_lab::sim::fingerprint::Fingerprint;
use cap_lab::sim::model::{Model, Status, Step};
use cap_lab::sim::network::Envelope;

use super::missing;
use super::symmetry;
use super::watch::{Watch, observe};

/// A command that stands for itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
pub(crate) struct Word(pub(crate) u8);

impl Command for Word {
    /// Nothing is compacted here.
    type Snapshot = ();
}

impl Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

pub(crate) type Server = Raft<Word>;

/// What a request that comes too late may bring about: that its sender learns of a higher term.
pub(crate) const LATE: u64 = 0;

/// Servers, what may happen to them, and what is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// All servers.
    pub(crate) servers: u8,
    /// The first so many are members to begin with.
    pub(crate) members: u8,
    pub(crate) switches: Switches,
    pub(crate) flaw: Option<Flaw>,
    pub(crate) requests: Vec<(NodeId, Request<Word>)>,
    /// Nobody stands for election in a later one.
    pub(crate) last_term: u64,
    /// Whether leaders send heartbeats.
    pub(crate) heartbeats: bool,
    /// Whether messages arrive that tell of nothing but a higher term.
    pub(crate) refusals: bool,
    pub(crate) bounds: Bounds,
    /// The invariant that the search is for; any if there is none.
    pub(crate) wanted: Option<&'static str>,
    /// Whether to estimate what is missing.
    pub(crate) guided: bool,
    /// Whether states that differ by servers' names only are one.
    pub(crate) symmetric: bool,
    /// Whether messages that can't bring about anything any more count as gone, and those that bring about the same as one.
    pub(crate) forgets_spent: bool,
}

impl Cluster {
    /// Three servers without a flaw; nothing fails, but messages may get lost and come in any order, any number of times.
    pub(crate) fn sound() -> Self {
        Self {
            servers: 3,
            members: 3,
            switches: Switches::PLAIN,
            flaw: None,
            requests: Vec::new(),
            last_term: 2,
            heartbeats: false,
            refusals: false,
            bounds: Bounds { disks: Disks::AtOnce, network: Network::Set, crashes: 0, may_crash: NodeSet::first(3) },
            wanted: None,
            guided: false,
            symmetric: true,
            forgets_spent: true,
        }
    }

    /// How many servers a majority of the first members has.
    pub(crate) fn quorum(&self) -> u32 {
        u32::from(self.members / 2 + 1)
    }

    /// Whether anybody asks for another configuration.
    pub(crate) fn changes(&self) -> bool {
        self.requests.iter().any(|(_, request)| matches!(request, Request::ChangeMembers(_)))
    }

    /// What a message may still bring about, as a number: messages on one link with the same number differ in nothing that
    /// matters. None if it can't bring about anything any more, whatever happens: terms and votes on disk stay, nobody stands
    /// twice in one term, and what a leader knows to match only grows.
    ///
    /// Who has a later term refuses a request, whatever it asks for, and names its own; that moves only who is behind it. So
    /// all requests on a link that come too late are one, and none once their sender has the last term; and so are all
    /// refusals that tell of one term.
    pub(crate) fn bearing(&self, model: &Model<Server>, envelope: &Envelope<Message<Word>>) -> Option<u64> {
        let Envelope { from, to, message } = envelope;
        let host = model.host(*to);
        let (term, durable) = (message.term(), host.disk.term);
        if !self.forgets_spent {
            return Some(Fingerprint::of(message));
        }
        if term > durable {
            return Some(if refuses(message) { term.0 } else { Fingerprint::of(message) });
        }
        let is_late = match (message, host.node.role()) {
            (Message::RequestVote { .. }, _) => term < durable || host.disk.vote.is_some(),
            (Message::AppendEntries { .. }, _) => term < durable,
            (Message::Vote { granted, .. }, Role::Candidate { votes }) => {
                term < durable || !granted || votes.contains(*from)
            }
            (Message::AppendReply { result, .. }, Role::Leader { followers, .. }) => {
                let matched = followers.get(from).map(|progress| progress.matched);
                let is_known = |matched| match result {
                    AppendResult::Matched { up_to } => *up_to < matched,
                    AppendResult::Mismatch { previous, .. } => *previous <= matched,
                    AppendResult::StaleTerm => true,
                };
                term < durable || matched.is_some_and(is_known)
            }
            // Who was elected in its term, or was not, never stands in it again.
            (Message::Vote { .. } | Message::AppendReply { .. }, _) => true,
            _ => term < durable,
        };
        let is_request = matches!(message, Message::RequestVote { .. } | Message::AppendEntries { .. });
        let may_learn = self.refusals && model.host(*from).disk.term < Term(self.last_term);
        match is_late {
            true => (is_request && may_learn).then_some(LATE),
            false => Some(Fingerprint::of(message)),
        }
    }
}

/// Whether it tells of nothing but a term, which is higher than that of the receiver if it matters.
fn refuses(message: &Message<Word>) -> bool {
    matches!(
        message,
        Message::Vote { granted: false, .. } | Message::AppendReply { result: AppendResult::StaleTerm, .. }
    )
}

/// Whether a request does anything: one that is refused is as good as not made yet.
fn takes(server: &Server, id: RequestId, request: &Request<Word>) -> bool {
    if !matches!(request, Request::ChangeMembers(_)) {
        return server.is_leader();
    }
    let (mut asked, mut out) = (server.clone(), Effects::without_notes());
    asked.on_request(id, request.clone(), Clocks::default(), &mut out);
    asked != *server
}

impl Subject for Cluster {
    type Node = Server;
    type Ghost = Watch;

    fn nodes(&self) -> Vec<Server> {
        let config = |id| Config {
            switches: self.switches,
            flaw: self.flaw,
            ..Config::new(id, NodeSet::first(self.members.into()))
        };
        NodeSet::first(self.servers.into()).iter().map(|id| Raft::new(config(id))).collect()
    }

    fn ghost(&self) -> Watch {
        Watch::default()
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn requests(&self) -> &[(NodeId, Request<Word>)] {
        &self.requests
    }

    fn hears_own_disk_at_once(&self) -> bool {
        true
    }

    fn allows(&self, model: &Model<Server>, step: &Step<Server>) -> bool {
        if let Some((down, _)) = model.hosts().find(|(_, host)| host.status == Status::Crashed) {
            return *step == Step::Restart(down);
        }
        match step {
            Step::Deliver(id) => self.bearing(model, model.flights().get(*id).expect("on its way")).is_some(),
            Step::Timer(node, Timer::Election) => model.host(*node).node.term() < Term(self.last_term),
            Step::Timer(_, Timer::Heartbeat) => self.heartbeats,
            Step::Request(node, id, request) => takes(&model.host(*node).node, *id, request),
            _ => true,
        }
    }

    fn arrives(&self, message: &Message<Word>) -> bool {
        self.refusals || !refuses(message)
    }

    fn at_least(&self, state: &State<Self>) -> u32 {
        if self.guided { missing::at_least(self, state) } else { 0 }
    }

    fn fingerprint(&self, state: &State<Self>) -> u64 {
        if self.symmetric { symmetry::fingerprint(self, state) } else { Fingerprint::of(state) }
    }

    fn observe(&self, watch: &mut Watch, seen: &Sight<'_, Server>) -> Result<(), Violation> {
        match observe(watch, seen) {
            Err(broken) if self.wanted.is_none_or(|wanted| wanted == broken.invariant) => Err(broken),
            _ => Ok(()),
        }
    }
}
