//! Example situations: short scripts in the golden scripts' words, each with a claim that its run makes true.
//!
//! A situation is a file: a few lines `key: value`, an empty line, then the script. A claim is a [goal](crate::goal). Nothing of
//! what happens is written down: the tests play every situation and judge its claim from the run.

pub mod scene;

use self::scene::{Scene, Wrong};
use crate::goal::Goal;

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

const FILES: [(&str, &str); 17] = files![
    "calm-day",
    "leader-on-the-smaller-side",
    "minority-of-two",
    "one-way-cut",
    "flapping-link",
    "ocean-cable-cut",
    "slow-region",
    "split-brain",
    "one-skewed-clock",
    "siblings",
    "leader-crash-in-mid-write",
    "paused-leader-with-a-lease",
    "late-write",
    "fenced-write",
    "removed-server",
    "duelling-proposers",
    "figure-8",
];

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
        read.read_scene().map(|_| read)
    }

    /// What its run shows.
    pub fn goal(&self) -> Result<Goal, String> {
        self.claim.parse()
    }

    /// The commands, without the setup.
    pub fn commands(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.script.lines().skip(1)
    }

    /// What is played.
    pub fn scene(&self) -> Scene {
        self.read_scene().expect("it was read before")
    }

    fn read_scene(&self) -> Result<Scene, String> {
        Scene::read((1..).zip(self.script.lines()))
            .map_err(|Wrong { line, says }| format!("line {line} of the script: {says}"))
    }

    /// The address of the page that plays it.
    pub fn page(&self) -> &'static str {
        self.scene().page().expect("each is played on a page")
    }
}

#[cfg(test)]
mod tests;
