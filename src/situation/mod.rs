//! Example situations: short scripts in the golden scripts' words, each with a claim that its run makes true.
//!
//! A situation is a file: a few lines `key: value`, an empty line, then the script. A claim is a [goal](crate::goal). Nothing of
//! what happens is written down: the tests play every situation and judge its claim from the run.

use crate::experiment::{FeedExperiment, PaxosExperiment};
use crate::goal::Goal;
use crate::node::Micros;
use crate::timeline::command::Command;
use crate::timeline::{Experiment, Timeline};

/// A situation, as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Situation {
    /// What links and tests call it: the name of its file.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What happens, in a sentence.
    pub says: &'static str,
    /// What to think about.
    pub question: &'static str,
    /// What its run shows, as a goal.
    pub claim: &'static str,
    /// Who takes part, then what is done and when: a command a line.
    pub script: &'static str,
}

macro_rules! files {
    ($($name:literal,)*) => {
        [$(($name, include_str!(concat!("files/", $name, ".txt"))),)*]
    };
}

const FILES: [(&str, &str); 13] = files![
    "calm-day",
    "leader-on-the-smaller-side",
    "minority-of-two",
    "one-way-cut",
    "flapping-link",
    "ocean-cable-cut",
    "slow-region",
    "split-brain",
    "leader-crash-in-mid-write",
    "paused-leader-with-a-lease",
    "removed-server",
    "duelling-proposers",
    "figure-8",
];

/// So long before the first act the play head waits: one sees what is going on, and nothing has happened yet.
const LEAD: Micros = Micros::from_ms(150);

/// All of them, in the order in which the page lists them.
pub fn all() -> impl Iterator<Item = Situation> {
    FILES.into_iter().map(|(name, text)| Situation::read(name, text).expect("a file of our own"))
}

/// The one of this name.
pub fn named(name: &str) -> Option<Situation> {
    all().find(|situation| situation.name == name)
}

impl Situation {
    /// Reads a file.
    ///
    /// # Errors
    /// Says which line is missing or unknown.
    pub fn read(name: &'static str, text: &'static str) -> Result<Self, String> {
        let (head, script) = text.split_once("\n\n").ok_or("no empty line before the script")?;
        let mut read = Self { name, title: "", says: "", question: "", claim: "", script: script.trim() };
        for line in head.lines() {
            let (key, value) = line.split_once(": ").ok_or_else(|| format!("no “key: value”: {line}"))?;
            match key {
                "title" => read.title = value,
                "says" => read.says = value,
                "question" => read.question = value,
                "claim" => read.claim = value,
                _ => return Err(format!("“{key}” means nothing here")),
            }
        }
        for (key, value) in
            [("title", read.title), ("says", read.says), ("question", read.question), ("claim", read.claim)]
        {
            if value.is_empty() {
                return Err(format!("“{key}:” is missing"));
            }
        }
        read.setup().map(|_| read)
    }

    /// The address of the page that plays it.
    pub fn page(&self) -> &'static str {
        match self.setup() {
            Ok((PaxosExperiment::NAME, ..)) => "#paxos",
            Ok((_, setup, _)) if setup.contains('/') => "#feed",
            _ => "#raft",
        }
    }

    /// What its run shows.
    pub fn goal(&self) -> Result<Goal, String> {
        self.claim.parse()
    }

    /// The commands, without the setup.
    pub fn commands(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.script.lines().skip(1)
    }

    /// Experiment, setup and seed.
    fn setup(&self) -> Result<(&'static str, &'static str, u64), String> {
        let first = self.script.lines().next().unwrap_or_default();
        let setup = first.strip_prefix("setup ").and_then(|rest| rest.split_once(' '));
        let parts = setup.and_then(|(experiment, rest)| Some((experiment, rest.rsplit_once(" seed=")?)));
        let (experiment, (setup, seed)) = parts.ok_or("the script does not begin with “setup … seed=…”")?;
        Ok((experiment, setup, seed.parse().map_err(|_| format!("“{seed}” is no seed"))?))
    }

    /// Its run, computed to its end, the play head shortly before the first act.
    ///
    /// # Errors
    /// If it is of another experiment, or says what can't be done.
    pub fn play<E: Experiment>(&self) -> Result<Timeline<E>, String> {
        let (experiment, setup, seed) = self.setup()?;
        if experiment != E::NAME {
            return Err(format!("this is a situation of {experiment}"));
        }
        let setup: E = setup.parse()?;
        setup.check()?;
        let mut timeline = Timeline::new(setup, seed);
        for line in self.commands() {
            let command: Command = line.parse()?;
            timeline.command(&command).map_err(|wrong| format!("{line}: {wrong}"))?;
        }
        let first = timeline.script().first().map_or(Micros::ZERO, |act| act.at);
        timeline.seek(first.since(LEAD));
        Ok(timeline)
    }

    /// As [`Situation::play`], of the feed.
    pub fn play_feed(&self) -> Result<Timeline<FeedExperiment>, String> {
        self.play()
    }

    /// As [`Situation::play`], of one decision.
    pub fn play_paxos(&self) -> Result<Timeline<PaxosExperiment>, String> {
        self.play()
    }
}

#[cfg(test)]
mod tests;
