//! What a feed runs on, and what is checked of it.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::check::staleness::StaleRead;
use crate::gossip;
use crate::multi_paxos::{self, MultiPaxos};
use crate::node::{Delay, Micros, NodeId, NodeSet, Violation};
use crate::raft::{self, Raft};
use crate::setup::Switch;
use crate::sim::model::Step;
use crate::sim::network::Envelope;
use crate::sim::run::Seen;
use crate::store::available_feed::AvailableFeed;
use crate::store::client::PhoneNote;
use crate::store::consistent_feed::{Command, ConsistentFeed, ReplicaNote};
use crate::store::feed::PostId;
use crate::store::participant::{Message, Note, Participant};

/// What the replicas of a feed run on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Store {
    /// Raft's replicated log. Linearizable: CP.
    Raft(raft::Setup, Service),
    /// Multi-Paxos's. Linearizable as well.
    MultiPaxos(multi_paxos::Setup, Service),
    /// Gossip. Eventually consistent: AP.
    Gossip,
}

/// What a consistent feed does for its clients, whatever its log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Service {
    /// A command that comes a second time has no effect (client sessions, Ongaro's thesis §6.3).
    pub sessions: bool,
    /// A phone without a definite answer asks again.
    pub retries: bool,
    /// The last so many replicas take no part until they are added.
    pub spares: u8,
}

/// A feature of a consistent feed.
pub type ServiceSwitch = Switch<Service>;

/// All of them, in the order in which the page lists them.
pub const SERVICE_SWITCHES: [ServiceSwitch; 3] = [
    ServiceSwitch {
        name: Service::RETRIES,
        title: "Retries",
        says: "A phone without a definite answer asks the next replica, for up to 1.2 s: fewer refusals, and the same post may \
               reach the log twice.",
        source: "thesis §6.3",
        is_on: |service| service.retries,
        turn_on: |service| service.retries = true,
    },
    ServiceSwitch {
        name: Service::WITHOUT_SESSIONS,
        title: "No client sessions",
        says: "Replicas forget which of a phone's posts took effect: a post that is sent again is there twice. Try it with \
               retries and a crash.",
        source: "thesis §6.3",
        is_on: |service| !service.sessions,
        turn_on: |service| service.sessions = false,
    },
    ServiceSwitch {
        name: "spares-1",
        title: "A spare replica",
        says: "The last replica takes no part until you add it: open it, let it learn, then give it a vote.",
        source: "§6, thesis §4",
        is_on: |service| service.spares > 0,
        turn_on: |service| service.spares = 1,
    },
];

impl Default for Service {
    fn default() -> Self {
        Self { sessions: true, retries: false, spares: 0 }
    }
}

impl Service {
    /// What it differs in from the usual, as a setup has it.
    const WITHOUT_SESSIONS: &str = "no-sessions";
    const RETRIES: &str = "retries";
    const SPARES: &str = "spares-";

    /// Takes its own words out of a setup's.
    fn read(words: &str) -> Result<(Self, String), String> {
        let mut service = Self::default();
        let (words, flaw) = words.split_at(words.find('@').unwrap_or(words.len()));
        let mut rest = String::new();
        for word in words.split('.').filter(|word| !word.is_empty()) {
            if let Some(switch) = SERVICE_SWITCHES.iter().find(|switch| switch.name == word) {
                (switch.turn_on)(&mut service);
            } else if let Some(count) = word.strip_prefix(Self::SPARES) {
                service.spares = count.parse().map_err(|_| format!("“{word}” says no number of spares"))?;
            } else {
                rest.push('.');
                rest.push_str(word);
            }
        }
        Ok((service, rest + flaw))
    }
}

impl Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (word, on) in [(Self::WITHOUT_SESSIONS, !self.sessions), (Self::RETRIES, self.retries)] {
            if on {
                write!(f, ".{word}")?;
            }
        }
        if self.spares > 0 {
            write!(f, ".{}{}", Self::SPARES, self.spares)?;
        }
        Ok(())
    }
}

/// What sessions are for, as an invariant: its name and what it says.
pub const EXACTLY_ONCE: (&str, &str) =
    ("Exactly Once", "A post that a phone sends again is in the feed once (Ongaro's thesis §6.3).");

/// How long a replica waits between two exchanges with random peers.
const EXCHANGE: Delay = Delay::between(Micros::from_ms(180), Micros::from_ms(260));
/// How many posts one message of gossip holds at most.
const BATCH: u32 = 64;

impl Store {
    /// A replica that has not started.
    pub(super) fn replica(self, id: NodeId, servers: NodeSet) -> Participant {
        match self {
            Self::Raft(raft::Setup { switches, flaw }, service) => {
                let members = NodeSet::first(servers.len() - usize::from(service.spares));
                let config = raft::Config { switches, flaw, ..raft::Config::new(id, members) };
                Participant::Raft(Box::new(ConsistentFeed::new(Raft::new(config), service.sessions)))
            }
            Self::MultiPaxos(setup, service) => {
                let log = MultiPaxos::new(setup.config(id, servers));
                Participant::MultiPaxos(Box::new(ConsistentFeed::new(log, service.sessions)))
            }
            Self::Gossip => Participant::Gossip(AvailableFeed::new(gossip::Config {
                id,
                peers: servers.without(id),
                every: EXCHANGE,
                batch: BATCH,
            })),
        }
    }

    /// "CP" or "AP": what it gives up under a partition is the other one.
    pub fn side(self) -> &'static str {
        match self {
            Self::Raft(..) | Self::MultiPaxos(..) => "CP",
            Self::Gossip => "AP",
        }
    }

    /// What it does for its clients, if it is a consistent feed.
    pub fn service(self) -> Option<Service> {
        match self {
            Self::Raft(_, service) | Self::MultiPaxos(_, service) => Some(service),
            Self::Gossip => None,
        }
    }

    /// What is wrong with it for so many replicas, if anything.
    pub fn check(self, replicas: u8) -> Result<(), String> {
        match self {
            Self::Raft(_, Service { spares, .. }) if spares >= replicas => {
                Err(format!("{spares} of {replicas} replicas have no vote: nobody could decide anything"))
            }
            Self::MultiPaxos(_, Service { spares: 1.., .. }) => {
                Err("Multi-Paxos has no changes of membership here, so a spare would never be used".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Whether phones ask again.
    pub(super) fn retries(self) -> bool {
        self.service().is_some_and(|service| service.retries)
    }

    /// Whether it promises that every read sees all that was confirmed before it began.
    pub fn is_linearizable(self) -> bool {
        self.service().is_some()
    }

    fn ghost(self) -> Ghost {
        match self {
            Self::Raft(..) => Ghost::Raft(Box::default()),
            Self::MultiPaxos(..) => Ghost::MultiPaxos(Box::default()),
            Self::Gossip => Ghost::None,
        }
    }
}

/// Shown as a setup has it: `raft.pre-vote`, `gossip`.
impl Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raft(setup, service) => write!(f, "raft{service}{setup}"),
            Self::MultiPaxos(setup, service) => write!(f, "multi-paxos{service}{setup}"),
            Self::Gossip => f.write_str("gossip"),
        }
    }
}

impl FromStr for Store {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let (name, setup) = word.split_at(word.find(['.', '@']).unwrap_or(word.len()));
        match name {
            "raft" => {
                let (service, setup) = Service::read(setup)?;
                Ok(Self::Raft(setup.parse()?, service))
            }
            "multi-paxos" => {
                let (service, setup) = Service::read(setup)?;
                Ok(Self::MultiPaxos(setup.parse()?, service))
            }
            "gossip" if setup.is_empty() => Ok(Self::Gossip),
            _ => Err(format!("“{word}” is no store")),
        }
    }
}

/// What a stale read breaks where none may be.
pub(super) fn stale_read(store: Store, reader: &str, author: &str, stale: StaleRead) -> Violation {
    let invariant = match store {
        Store::Raft(..) => raft::invariant::LINEARIZABLE_READS,
        Store::MultiPaxos(..) => multi_paxos::invariant::LINEARIZABLE_READS,
        Store::Gossip => unreachable!("the available feed may read what is old"),
    };
    let evidence = format!(
        "{reader} read, and {author}'s post was missing, although it had been confirmed for {} ms when the read began",
        stale.behind.as_ms()
    );
    Violation { invariant, evidence }
}

/// What the checks of a store's protocol remember.
#[derive(Clone, Debug)]
pub(super) enum Ghost {
    /// Nothing is checked.
    None,
    Raft(Box<raft::invariant::Ghost<Command>>),
    MultiPaxos(Box<multi_paxos::invariant::Ghost<Command>>),
}

impl Ghost {
    pub(super) fn new(store: Store) -> Self {
        store.ghost()
    }

    /// Checks the protocol's invariants after a step; what breaks one is told once.
    pub(super) fn check(&mut self, seen: &Seen<'_, Participant>) -> Result<(), Violation> {
        let Some(node) = seen.outcome.node else { return Ok(()) };
        let after = &seen.after.host(node).node;
        let started = !matches!(seen.step, Step::Restart(_)) || seen.at > Micros::ZERO;
        let before = seen.before.filter(|_| started).map(|host| &host.node);
        let twice =
            |note: &&Note| matches!(note, Note::Replica(ReplicaNote::Applied { fresh: false, added: true, .. }));
        if let Some(Note::Replica(ReplicaNote::Applied { index, .. })) = seen.outcome.notes.iter().find(twice) {
            let evidence = format!("{node} added a post a second time, for entry {index}");
            return Err(Violation { invariant: EXACTLY_ONCE.0, evidence });
        }
        match (self, after) {
            (Self::Raft(ghost), Participant::Raft(after)) => {
                ghost.observe(node, before.and_then(Participant::raft), after.log())
            }
            (Self::MultiPaxos(ghost), Participant::MultiPaxos(after)) => {
                // A crash takes what is volatile: nothing that was before it binds the server, but for what others heard.
                let before = before.filter(|_| !matches!(seen.step, Step::Crash(..)));
                let left = sent(seen).filter_map(|envelope| match &envelope.message {
                    Message::MultiPaxos(message) => Some(message),
                    _ => None,
                });
                ghost.observe(node, before.and_then(Participant::multi_paxos), after.log(), left)
            }
            (Self::MultiPaxos(ghost), Participant::Client(_)) => {
                for envelope in sent(seen) {
                    if let Message::Ask { ask, .. } = &envelope.message {
                        ghost.observe_command(&Command { client: envelope.from, ask: ask.clone() });
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// What the touched participant handed to the network, in order: what died at once on a cut link left it all the same.
fn sent<'a>(seen: &'a Seen<'_, Participant>) -> impl Iterator<Item = &'a Envelope<Message>> {
    seen.outcome.sent.iter().map(|id| {
        let lost = || seen.outcome.lost.iter().find(|(other, ..)| other == id).map(|(_, envelope, _)| envelope);
        seen.after.flights().get(*id).or_else(lost).expect("sent, then on its way or lost at once")
    })
}

/// Whether a learner will want to read this. What goes well, the phones show.
pub(super) fn is_notable(note: &Note) -> bool {
    match note {
        Note::Raft(
            raft::Note::Leader(raft::LeaderNote::EntryAppended { .. })
            | raft::Note::Follower(raft::FollowerNote::AppendAccepted { .. })
            | raft::Note::Leader(raft::LeaderNote::CommitAdvanced { .. })
            | raft::Note::Follower(raft::FollowerNote::CommitLearned { .. })
            | raft::Note::Client(raft::ClientNote::RequestCommitted { .. }),
        ) => false,
        Note::Raft(note) => !note.is_routine(),
        Note::MultiPaxos(
            multi_paxos::Note::Leader(multi_paxos::LeaderNote::Proposes { .. })
            | multi_paxos::Note::Acceptor(multi_paxos::AcceptorNote::Accepts { .. })
            | multi_paxos::Note::Leader(multi_paxos::LeaderNote::CommitAdvanced { .. })
            | multi_paxos::Note::Learner(multi_paxos::LearnerNote::CommitLearned { .. })
            | multi_paxos::Note::Client(multi_paxos::ClientNote::RequestCommitted { .. })
            | multi_paxos::Note::Client(multi_paxos::ClientNote::ReadTaken { .. })
            | multi_paxos::Note::Client(multi_paxos::ClientNote::ReadConfirmed { .. }),
        ) => false,
        Note::MultiPaxos(note) => !note.is_routine(),
        Note::Gossip(gossip::Note::Learns { by_mail, .. }) => !by_mail,
        Note::Gossip(note) => matches!(note, gossip::Note::Starts { .. } | gossip::Note::FindsGap { .. }),
        Note::Replica(note) => !matches!(note, ReplicaNote::Forwarded { .. } | ReplicaNote::Applied { .. }),
        Note::Phone(note) => !matches!(note, PhoneNote::Asked { .. }),
    }
}

/// A post that this note says is in the feed for good.
pub(super) fn committed(note: &Note) -> Option<PostId> {
    match note {
        Note::Replica(ReplicaNote::Applied { post, fresh: true, .. }) => Some(*post),
        _ => None,
    }
}

/// Whether this note says that its server was elected.
pub(super) fn elected(note: &Note) -> bool {
    matches!(
        note,
        Note::Raft(raft::Note::Election(raft::ElectionNote::BecameLeader { .. }))
            | Note::MultiPaxos(multi_paxos::Note::Leadership(multi_paxos::LeadershipNote::BecameLeader { .. }))
    )
}
