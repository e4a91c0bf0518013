//! Who takes part, and the dials.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::locks::Flaw;
use crate::locks::storage::Rule;
use crate::multi_paxos;
use crate::node::{Micros, NodeId, NodeSet};
use crate::raft;

/// What grants the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// A lock service on Raft's log.
    Raft(raft::Setup),
    /// A lock service on Multi-Paxos's log.
    MultiPaxos(multi_paxos::Setup),
    /// One server with a timeout.
    Single,
    /// A majority of independent servers with timeouts and wall clocks.
    Redlock,
}

impl Backend {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Raft(_) => "Lock service on Raft",
            Self::MultiPaxos(_) => "Lock service on Multi-Paxos",
            Self::Single => "One server with a timeout",
            Self::Redlock => "Redlock",
        }
    }

    /// Whether it hands out fencing tokens.
    pub const fn has_tokens(self) -> bool {
        !matches!(self, Self::Redlock)
    }

    /// Whether it keeps the lock in a replicated log.
    pub const fn has_log(self) -> bool {
        matches!(self, Self::Raft(_) | Self::MultiPaxos(_))
    }
}

/// Shown as a setup has it: `raft.read-index`, `redlock`.
impl Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raft(setup) => write!(f, "raft{setup}"),
            Self::MultiPaxos(setup) => write!(f, "multi-paxos{setup}"),
            Self::Single => f.write_str("single"),
            Self::Redlock => f.write_str("redlock"),
        }
    }
}

impl FromStr for Backend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, words) = text.split_at(text.find(['.', '@']).unwrap_or(text.len()));
        match name {
            "raft" => Ok(Self::Raft(words.parse()?)),
            "multi-paxos" => Ok(Self::MultiPaxos(words.parse()?)),
            "single" if words.is_empty() => Ok(Self::Single),
            "redlock" if words.is_empty() => Ok(Self::Redlock),
            _ => Err(format!("“{text}” grants no locks: raft, multi-paxos, single and redlock do")),
        }
    }
}

/// Who takes part, and the dials.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocksSetup {
    /// What grants the lock.
    pub backend: Backend,
    /// Lock servers: 1 with [`Backend::Single`], else 3, 5 or 7.
    pub servers: u8,
    /// Clients: 1 to 6.
    pub clients: u8,
    /// How long a lease lasts: 100 ms to 60 s.
    pub lease: Micros,
    /// Leases end at a time of day, instead of after a time.
    pub deadline: bool,
    /// So much of a lease its holder does not rely on: less than the lease.
    pub margin: Micros,
    /// How long a client works between its read and its write: 1 ms to 10 s.
    pub work: Micros,
    /// What the storage checks.
    pub rule: Rule,
    /// A mistake to make on purpose.
    pub flaw: Option<Flaw>,
}

impl LocksSetup {
    /// Three servers on Raft's log with reads by ReadIndex, two clients, leases of a second, and a storage that checks tokens.
    pub fn usual() -> Self {
        let switches = raft::Switches { reads: raft::Reads::ReadIndex, ..raft::Switches::PLAIN };
        Self {
            backend: Backend::Raft(raft::Setup { switches, flaw: None }),
            servers: 3,
            clients: 2,
            lease: Micros::from_ms(1_000),
            deadline: false,
            margin: Micros::from_ms(100),
            work: Micros::from_ms(120),
            rule: Rule::Token,
            flaw: None,
        }
    }

    /// The lock servers.
    pub fn servers(&self) -> NodeSet {
        NodeSet::first(self.servers.into())
    }

    /// The clients.
    pub fn clients(&self) -> impl Iterator<Item = NodeId> + Clone + use<> {
        (self.servers..self.servers + self.clients).map(NodeId)
    }

    /// Where the file is.
    pub fn storage(&self) -> NodeId {
        NodeId(self.servers + self.clients)
    }

    /// `n1` …, `c1` …, `storage`.
    pub fn name(&self, node: NodeId) -> String {
        match node.0.checked_sub(self.servers) {
            None => node.to_string(),
            Some(client) if client < self.clients => format!("c{}", client + 1),
            Some(_) => "storage".to_owned(),
        }
    }

    /// What is wrong with it, if anything. Each message begins with the word that it is about.
    ///
    /// # Errors
    /// That.
    pub fn check(&self) -> Result<(), String> {
        let Self { backend, servers, clients, lease, margin, work, .. } = *self;
        if backend == Backend::Single && servers != 1 {
            return Err(format!("servers={servers}: backend=single is one server"));
        }
        if backend != Backend::Single && ![3, 5, 7].contains(&servers) {
            return Err(format!("servers={servers}: 3, 5 or 7 are possible"));
        }
        if !(1..=6).contains(&clients) {
            return Err(format!("clients={clients}: 1 to 6 are possible"));
        }
        within("lease", lease, 100, 60_000)?;
        within("work", work, 1, 10_000)?;
        if margin >= lease {
            let (margin, lease) = (margin.as_ms(), lease.as_ms());
            return Err(format!("margin={margin}: it has to be less than the lease of {lease} ms"));
        }
        if self.rule == Rule::Token && !backend.has_tokens() {
            return Err(format!("storage=token: backend={backend} hands out no fencing tokens to check"));
        }
        if self.flaw.is_some() && !backend.has_log() {
            return Err(format!("flaw: backend={backend} has no log in which to make that mistake"));
        }
        Ok(())
    }
}

/// Checks a time in ms against its bounds.
fn within(word: &str, time: Micros, least: u64, most: u64) -> Result<(), String> {
    let ms = time.as_ms();
    if (least..=most).contains(&ms) { Ok(()) } else { Err(format!("{word}={ms}: {least} to {most} ms are possible")) }
}

/// Shown as `backend=raft servers=3 clients=2 lease=1000 terms=duration margin=100 work=120 storage=token`; times in ms.
impl Display for LocksSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backend, servers, clients, lease, deadline, margin, work, rule, flaw } = self;
        write!(f, "backend={backend} servers={servers} clients={clients}")?;
        let terms = if *deadline { "deadline" } else { "duration" };
        write!(f, " lease={} terms={terms} margin={} work={}", lease.as_ms(), margin.as_ms(), work.as_ms())?;
        write!(f, " storage={}", rule.name())?;
        flaw.map_or(Ok(()), |flaw| write!(f, " flaw={flaw}"))
    }
}

impl LocksSetup {
    /// Takes in one word of a setup; false if it is none of these.
    ///
    /// # Errors
    /// What is wrong with its value. The message begins with the word.
    pub fn read(&mut self, name: &str, value: &str) -> Result<bool, String> {
        let of = |wrong: String| format!("{name}={value}: {wrong}");
        match name {
            "backend" => self.backend = value.parse().map_err(of)?,
            "servers" => self.servers = number(name, value)?,
            "clients" => self.clients = number(name, value)?,
            "lease" => self.lease = time(name, value)?,
            "margin" => self.margin = time(name, value)?,
            "work" => self.work = time(name, value)?,
            "terms" => {
                self.deadline = match value {
                    "duration" => false,
                    "deadline" => true,
                    _ => return Err(of("“duration” and “deadline” are possible".to_owned())),
                };
            }
            "storage" => {
                let rule = Rule::ALL.into_iter().find(|rule| rule.name() == value);
                let possible = "“unchecked”, “token” and “timestamp” are possible";
                self.rule = rule.ok_or_else(|| of(possible.to_owned()))?;
            }
            "flaw" => self.flaw = Some(value.parse().map_err(of)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A whole number.
///
/// # Errors
/// A message that begins with the word.
pub(crate) fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name}={value}: a whole number is wanted, and not too large a one"))
}

/// A time in whole ms.
///
/// # Errors
/// A message that begins with the word.
pub(crate) fn time(name: &str, value: &str) -> Result<Micros, String> {
    let ms: u64 = value.parse().map_err(|_| format!("{name}={value}: a whole number of ms is wanted"))?;
    if ms > u64::from(u32::MAX) {
        return Err(format!("{name}={value}: up to {} ms can be read", u32::MAX));
    }
    Ok(Micros::from_ms(ms))
}
