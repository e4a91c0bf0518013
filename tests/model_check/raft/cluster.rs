//! A cluster of Raft as a subject of searches.
//!
//! Disks are done in the step that writes, unless the bounds say otherwise, and what a server hears from its own disk it hears in
//! that step. A server that is down starts again before anything else happens: that leaves nothing out, for nobody has to
//! do anything, so being up and silent is as good as being down.
//!
//! Messages that tell of nothing but a higher term ([`Cluster::refusals`]) may be taken to get lost: the request or the append
//! that they refuse was sent by one who is behind, and the RequestVote or AppendEntries of the higher term tells it as well.

use cap_lab::explore::{Bounds, Broken, Disks, Network, Sight, State, Subject};
use cap_lab::node::{Clocks, Command, Effects, Node, NodeId, NodeSet, RequestId};
use cap_lab::raft::{AppendResult, Config, Flaw, Message, Raft, Request, Role, Switches, Term, Timer};
use cap_lab::sim::digest::Digest;
use cap_lab::sim::model::{Model, Status, Step};
use cap_lab::sim::network::Envelope;

use super::missing;
use super::symmetry;
use super::watch::{Watch, observe};

/// A command that stands for itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Word(pub(crate) u8);

impl Command for Word {
    /// Nothing is compacted here.
    type Snapshot = ();
}

pub(crate) type Server = Raft<Word>;

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
    /// Whether messages that can't change anything any more count as gone.
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

    /// Whether the message can't change its receiver any more, whatever happens: terms and votes on disk stay, nobody stands
    /// twice in one term, and what a leader knows to match only grows.
    pub(crate) fn is_spent(&self, model: &Model<Server>, envelope: &Envelope<Message<Word>>) -> bool {
        let slot = model.slot(envelope.to);
        let (term, durable) = (envelope.message.term(), slot.disk.term);
        if !self.forgets_spent || term > durable {
            return false;
        }
        if term < durable {
            return !self.refusals;
        }
        match (&envelope.message, slot.node.role()) {
            (Message::RequestVote { .. }, _) => slot.disk.vote.is_some() && !self.refusals,
            (Message::Vote { .. }, Role::Candidate { votes }) => votes.contains(envelope.from),
            (Message::AppendReply { result, .. }, Role::Leader { followers, .. }) => {
                let matched = followers.get(&envelope.from).map(|progress| progress.matched);
                matched.is_some_and(|matched| match result {
                    AppendResult::Matched { up_to } => *up_to < matched,
                    AppendResult::Mismatch { previous, .. } => *previous <= matched,
                    AppendResult::StaleTerm => true,
                })
            }
            // Who was elected in its term, or was not, never stands in it again.
            (Message::Vote { .. } | Message::AppendReply { .. }, _) => true,
            _ => false,
        }
    }
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
        if let Some((down, _)) = model.slots().find(|(_, slot)| slot.status == Status::Crashed) {
            return *step == Step::Restart(down);
        }
        match step {
            Step::Deliver(id) => !self.is_spent(model, model.flights().get(*id).expect("on its way")),
            Step::Timer(node, Timer::Election) => model.slot(*node).node.term() < Term(self.last_term),
            Step::Timer(_, Timer::Heartbeat) => self.heartbeats,
            Step::Request(node, id, request) => takes(&model.slot(*node).node, *id, request),
            _ => true,
        }
    }

    fn arrives(&self, message: &Message<Word>) -> bool {
        let refuses = matches!(
            message,
            Message::Vote { granted: false, .. } | Message::AppendReply { result: AppendResult::StaleTerm, .. }
        );
        self.refusals || !refuses
    }

    fn at_least(&self, state: &State<Self>) -> u32 {
        if self.guided { missing::at_least(self, state) } else { 0 }
    }

    fn fingerprint(&self, state: &State<Self>) -> u64 {
        if self.symmetric { symmetry::fingerprint(self, state) } else { Digest::of(state) }
    }

    fn observe(&self, watch: &mut Watch, seen: &Sight<'_, Server>) -> Result<(), Broken> {
        match observe(watch, seen) {
            Err(broken) if self.wanted.is_none_or(|wanted| wanted == broken.invariant) => Err(broken),
            _ => Ok(()),
        }
    }
}
