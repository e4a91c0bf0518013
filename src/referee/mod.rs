//! The referee judges away from the page, where a long check can't hold up a frame: in a web worker, or in a test.
//!
//! It is told what the clients of a run saw, and where the play head is ([`Brief`]); it answers what that comes to
//! ([`Ruling`]). It remembers what it was told, so that a brief holds only what began or ended since the one before, and what
//! to forget when another future was chosen. It works in small steps ([`Referee::advance`]), between which its owner looks for
//! newer messages, and it owns no clock: its owner decides how many steps a slice has.
//!
//! Whoever asks keeps what it told and what it heard in a [`client::Client`].
//!
//! It also judges histories from files ([`recorded`]).
//!
//! Left out: a bound on what is remembered. All operations of a run are kept for as long as the run is.

pub mod client;
pub mod consistency;
mod judging;
mod linearization;
pub mod live_check;
mod record;
pub mod recorded;
pub mod wire;
pub mod words;

use serde::{Deserialize, Serialize};

use live_check::LiveCheck;
use recorded::{File, Finding, Hearing};
use wire::{read, write};

use crate::check::feed::{Entry, Fate};
use crate::check::measures::Delay;
use crate::node::{Micros, RequestId};
use crate::store::feed::PostId;
use crate::world::feed::FeedSetup;

/// What the page tells about one world of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Brief {
    /// Which run: another number is another run, of which nothing is known yet.
    pub case: u32,
    /// Which of its worlds.
    pub world: u8,
    /// How often this world's future has become another one. The answers name it, so that old ones can be told.
    pub fork: u32,
    /// Who takes part.
    pub setup: FeedSetup,
    /// Its store gives each post a place of its own; else posts go to the end.
    pub by_place: bool,
    /// What happened at this moment or later did not happen.
    pub forget: Option<Micros>,
    /// What began since, by invocation.
    pub began: Vec<Entry>,
    /// What had begun before and ended since.
    pub ended: Vec<(RequestId, (Micros, Fate))>,
    /// The play head: of special interest is the history as of then.
    pub head: Micros,
    /// A read that is stale for sure, and the oldest post that it missed.
    pub accused: Option<(RequestId, PostId)>,
    /// The latest healing, if the page wants to know when all came together again after it.
    pub healed: Option<Micros>,
    /// The page wants to know how stale reads were.
    pub measures: bool,
}

/// What the referee knows of one world.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ruling {
    /// The run.
    pub case: u32,
    /// Its world.
    pub world: u8,
    /// The last one heard of.
    pub fork: u32,
    /// The history is linearizable as of then.
    pub good: Option<Micros>,
    /// Its linearization, if it is another one: so many operations of the one told before stay, and these follow, each with a
    /// moment at which it may have taken effect. The moments ascend.
    pub order: Option<(u32, Vec<(RequestId, Micros)>)>,
    /// It is not linearizable, and this is new: an earlier proof than the one before, or the first.
    pub proof: Option<Proof>,
    /// As of then nobody knows, after so many configurations.
    pub unknown: Option<(Micros, u64)>,
    /// The check under way: as of when, and how many configurations were looked at.
    pub checking: Option<(Micros, u64)>,
    /// After the healing asked about, no read that began from the second moment on missed a post confirmed before the first.
    pub converged: Option<(Micros, Micros)>,
    /// How stale reads were as of the play head, if that was asked.
    pub staleness: Option<Staleness>,
}

/// How stale the reads of one world were: see [`crate::check::measures::Visibility`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Staleness {
    /// How many reads this rests on.
    pub reads: u32,
    /// From each of [`crate::check::measures::DELAYS`] to the next.
    pub delays: Vec<Delay>,
}

/// A proof that a history is not linearizable, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proof {
    /// It is impossible from here on.
    pub by: Micros,
    /// When the first operation of the evidence began.
    pub from: Micros,
    /// What the evidence comes to.
    pub sentence: String,
    /// The operations that prove it, latest first, each with what it did.
    pub operations: Vec<(RequestId, String)>,
    /// Those of them that make the case, by invocation. The others are there because these saw them.
    pub decisive: Vec<RequestId>,
    /// How the guarantees stand, in the order of [`crate::check::ladder::GUARANTEES`].
    pub ladder: Vec<Rung>,
}

impl Proof {
    /// The operations that prove it, by invocation.
    pub fn ids(&self) -> impl Iterator<Item = RequestId> + '_ {
        self.operations.iter().rev().map(|(id, _)| *id)
    }
}

/// How a guarantee stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rung {
    /// Whether it was kept; `None`: nobody knows.
    pub kept: Option<bool>,
    /// What proves that it was broken, if the evidence does not say it already.
    pub why: String,
}

/// A message to the referee.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Query {
    /// About a run.
    Run(Brief),
    /// A file to judge, instead of the one before.
    File(File),
}

/// A message of the referee.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// About a run.
    Run(Ruling),
    /// About the file.
    File(Finding),
}

/// Judges one run at a time, all its worlds, and one file.
#[derive(Default)]
pub struct Referee {
    case: u32,
    checks: Vec<LiveCheck>,
    file: Option<Hearing>,
    /// Whose turn it is.
    next: usize,
}

impl Referee {
    /// Hears a message. `Err` if it is none: then nothing has changed.
    pub fn hear(&mut self, message: &[u8]) -> Result<(), String> {
        match read(message).ok_or("It was told something that it does not understand.")? {
            Query::Run(brief) => self.hear_brief(brief),
            Query::File(file) => self.file = Some(Hearing::new(&file)),
        }
        Ok(())
    }

    fn hear_brief(&mut self, brief: Brief) {
        if brief.case != self.case {
            (self.case, self.checks) = (brief.case, Vec::new());
        }
        let world = usize::from(brief.world);
        while self.checks.len() <= world {
            self.checks.push(LiveCheck::new(brief.setup));
        }
        self.checks[world].hear(brief);
    }

    /// Goes on a little; false if there is nothing left to do. The worlds take turns.
    pub fn advance(&mut self) -> bool {
        for _ in 0..self.checks.len() {
            self.next = (self.next + 1) % self.checks.len();
            if self.checks[self.next].advance() {
                return true;
            }
        }
        self.file.as_mut().is_some_and(Hearing::advance)
    }

    /// What judging the run has cost so far: how many operations and configurations were looked at, each as often as it was.
    pub fn work(&self) -> u64 {
        self.checks.iter().map(LiveCheck::work).sum()
    }

    /// What there is to tell since the last time.
    pub fn answers(&mut self) -> Vec<Vec<u8>> {
        let mut told = Vec::new();
        for (world, check) in self.checks.iter_mut().enumerate() {
            if let Some(ruling) = check.ruling() {
                told.push(write(&Answer::Run(Ruling { case: self.case, world: world as u8, ..ruling })));
            }
        }
        let news = self.file.iter_mut().flat_map(Hearing::news);
        told.extend(news.map(|finding| write(&Answer::File(finding))));
        told
    }
}
