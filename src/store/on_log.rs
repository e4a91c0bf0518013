//! The feed on a replicated log (CP): what the setups of such stores have in common, and what is checked of them beside their protocol.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::descriptor::{Invariant, ShowsFeed};
use super::feed::{Feed, Post, PostId};
use super::objects::Objects;
use super::participant::{Note, Participant};
use super::replica::{Replica, ReplicaNote};
use super::replicated_log::ReplicatedLog;
use super::state_machine::{Command, Replicated};
use crate::node::Violation;
use crate::setup::{Switch, SwitchState};
use crate::sim::run::Seen;

/// A store on a log whose protocol is set up by `P`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OnLog<P> {
    /// The protocol's switches and its flaw.
    pub protocol: P,
    /// What the replicas do for their clients, whatever the protocol.
    pub options: LogOptions,
}

/// What replicas do for their clients, whatever their log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogOptions {
    /// A command that comes a second time has no effect (client sessions, Ongaro's thesis §6.3).
    pub sessions: bool,
    /// A phone without a definite answer asks again.
    pub retries: bool,
    /// The last so many replicas take no part until they are added.
    pub spares: u8,
}

/// All of them that can be switched, in the order in which the page lists them.
const SWITCHES: [Switch<LogOptions>; 3] = [
    Switch {
        name: LogOptions::RETRIES,
        title: "Retries",
        says: "A phone without a definite answer asks the next replica, for up to 1.2 s. Fewer refusals, but a post may reach the log twice.",
        source: "thesis §6.3",
        needs: &[],
        is_on: |options| options.retries,
        turn_on: |options| options.retries = true,
    },
    Switch {
        name: LogOptions::WITHOUT_SESSIONS,
        title: "No client sessions",
        says: "Replicas forget which of a phone's posts took effect: a post that is sent again is there twice. Try it with \
               retries and a crash.",
        source: "thesis §6.3",
        needs: &[],
        is_on: |options| !options.sessions,
        turn_on: |options| options.sessions = false,
    },
    Switch {
        name: "spares-1",
        title: "A spare replica",
        says: "The last replica takes no part until you add it: open it, let it learn, then give it a vote.",
        source: "§6, thesis §4",
        needs: &[],
        is_on: |options| options.spares > 0,
        turn_on: |options| options.spares = 1,
    },
];

impl Default for LogOptions {
    fn default() -> Self {
        Self { sessions: true, retries: false, spares: 0 }
    }
}

impl LogOptions {
    const WITHOUT_SESSIONS: &str = "no-sessions";
    const RETRIES: &str = "retries";
    const SPARES: &str = "spares-";

    /// Which of them are on.
    pub(super) fn switches(&self) -> impl Iterator<Item = SwitchState> {
        SWITCHES.iter().map(|switch| switch.state(self))
    }

    /// Takes its own words out of a setup's.
    fn read(words: &str) -> Result<(Self, String), String> {
        let mut options = Self::default();
        let (words, flaw) = words.split_at(words.find('@').unwrap_or(words.len()));
        let mut rest = String::new();
        for word in words.split('.').filter(|word| !word.is_empty()) {
            if let Some(switch) = SWITCHES.iter().find(|switch| switch.name == word) {
                (switch.turn_on)(&mut options);
            } else if let Some(count) = word.strip_prefix(Self::SPARES) {
                options.spares = count.parse().map_err(|_| format!("“{word}” says no number of spares"))?;
            } else {
                rest.push('.');
                rest.push_str(word);
            }
        }
        Ok((options, rest + flaw))
    }
}

/// Shown as what they differ in from the usual.
impl Display for LogOptions {
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

impl<P: Display> Display for OnLog<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.options, self.protocol)
    }
}

impl<P: FromStr<Err = String>> FromStr for OnLog<P> {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        let (options, protocol) = LogOptions::read(words)?;
        Ok(Self { protocol: protocol.parse()?, options })
    }
}

impl<L: ReplicatedLog<Command = Command<Feed>>> ShowsFeed for Replica<L, Feed> {
    fn posts(&self) -> Vec<&Post> {
        self.state().service.posts().iter().collect()
    }

    fn has(&self, post: PostId) -> bool {
        self.state().has(post)
    }

    fn leads(&self) -> bool {
        self.log().leader() == Some(self.log().id())
    }

    fn objects(&self) -> Option<&Objects> {
        Some(self.state().service.objects())
    }

    fn replicated(&self) -> Option<&Replicated<Feed>> {
        Some(self.state())
    }
}

/// What sessions are for, as an invariant.
pub const EXACTLY_ONCE: Invariant =
    ("Exactly Once", "A post that a phone sends again is in the feed once (Ongaro's thesis §6.3).");

/// No replica carries out a command a second time.
pub(super) fn exactly_once(seen: &Seen<'_, Participant>) -> Result<(), Violation> {
    let twice =
        |note: &&Note| matches!(note, Note::Replica(ReplicaNote::Applied { fresh: false, effective: true, .. }));
    match (seen.outcome.node, seen.outcome.notes.iter().find(twice)) {
        (Some(node), Some(Note::Replica(ReplicaNote::Applied { index, .. }))) => {
            let evidence = format!("{node} added a post a second time, for entry {index}");
            Err(Violation { invariant: EXACTLY_ONCE.0, evidence })
        }
        _ => Ok(()),
    }
}
