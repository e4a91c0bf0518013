//! How a setup names N, R, W, the switches and the flaws: `quorum.n-3.r-2.w-2.strict@stored-before-sync`.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::{Config, Flaw};
use crate::node::{NodeId, NodeSet};
use crate::setup;

/// What replicas are set up with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Setup {
    /// N: how many replicas are home to the set, from 1. They are the first ones.
    pub n: u8,
    /// R: how many of them a read waits for, from 1 to N.
    pub r: u8,
    /// W: how many of them a write waits for, from 1 to N.
    pub w: u8,
    /// Only home replicas count. Else others stand in for those that do not answer.
    pub strict: bool,
    /// A write asks R replicas for the highest tag first.
    pub tags: bool,
    /// A read is answered once what it shows is on W replicas.
    pub write_back: bool,
    /// A read leaves replicas as they are. Else it sends them what they lack.
    pub no_repair: bool,
    /// The mistake that is made on purpose.
    pub flaw: Option<Flaw>,
}

/// Dynamo's own numbers (DeCandia et al. 2007, §6).
impl Default for Setup {
    fn default() -> Self {
        Self { n: 3, r: 2, w: 2, strict: false, tags: false, write_back: false, no_repair: false, flaw: None }
    }
}

/// A feature of the quorum store.
pub type Switch = setup::Switch<Setup>;

/// All of them, in the order in which the page lists them.
pub const SWITCHES: [Switch; 4] = [
    Switch {
        name: "strict",
        title: "Strict quorum",
        says: "Only the N home replicas count. Without it others stand in for those that do not answer, and keep hints.",
        source: "Dynamo §4.6",
        is_on: |setup| setup.strict,
        turn_on: |setup| setup.strict = true,
        needs: &[],
    },
    Switch {
        name: "tags",
        title: "Ask for the highest tag",
        says: "A write asks R replicas for the highest tag first, and takes the next: one round trip more.",
        source: "Lynch & Shvartsman 1997",
        is_on: |setup| setup.tags,
        turn_on: |setup| setup.tags = true,
        needs: &[],
    },
    Switch {
        name: "write-back",
        title: "Reads write back",
        says: "A read is answered once W replicas have exactly what it shows. With a strict quorum and tags that is ABD.",
        source: "Attiya, Bar-Noy & Dolev 1995",
        is_on: |setup| setup.write_back,
        turn_on: |setup| setup.write_back = true,
        needs: &[],
    },
    Switch {
        name: "no-repair",
        title: "No read repair",
        says: "A read that finds a replica behind leaves it so.",
        source: "Dynamo §5",
        is_on: |setup| setup.no_repair,
        turn_on: |setup| setup.no_repair = true,
        needs: &[],
    },
];

impl Setup {
    /// How replica `id` of `servers` is configured.
    pub fn config(self, id: NodeId, servers: NodeSet) -> Config {
        Config { id, servers: servers.len() as u8, stretch: 1, setup: self }
    }

    /// The dials with their names, as a setup writes them.
    pub fn dials(&self) -> [(&'static str, u8); 3] {
        [("n", self.n), ("r", self.r), ("w", self.w)]
    }

    /// Whether every quorum of a read meets every quorum of a write.
    pub fn overlaps(&self) -> bool {
        self.r + self.w > self.n
    }

    /// Whether reads are linearizable: strict quorums that meet, and reads that write back to quorums that meet each other.
    pub fn is_linearizable(&self) -> bool {
        self.strict && self.write_back && self.overlaps() && 2 * self.w > self.n
    }

    /// What is wrong with it for so many replicas, if anything.
    pub fn check(&self, replicas: u8) -> Result<(), String> {
        let Self { n, r, w, .. } = *self;
        if !(1..=replicas).contains(&n) {
            return Err(format!("N = {n}: with {replicas} replicas 1 to {replicas} are possible"));
        }
        for (name, value) in [("R", r), ("W", w)] {
            if !(1..=n).contains(&value) {
                return Err(format!("{name} = {value}: with N = {n} 1 to {n} are possible"));
            }
        }
        Ok(())
    }

    fn dial(&mut self, word: &str) -> Option<Result<(), String>> {
        let (name, value) = word.split_once('-')?;
        let dial = match name {
            "n" => &mut self.n,
            "r" => &mut self.r,
            "w" => &mut self.w,
            _ => return None,
        };
        Some(value.parse().map(|value| *dial = value).map_err(|_| format!("“{word}” says no number of replicas")))
    }
}

/// Shown as what differs from the usual, each after a dot; the flaw after an `@`.
impl Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((name, value), (_, usual)) in self.dials().into_iter().zip(Self::default().dials()) {
            if value != usual {
                write!(f, ".{name}-{value}")?;
            }
        }
        setup::write_words(f, &SWITCHES, self, self.flaw.as_ref().map(|flaw| flaw as &dyn Display))
    }
}

impl FromStr for Setup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (words, flaw) = setup::split_flaw(text);
        let mut setup = Self { flaw: flaw.map(str::parse).transpose()?, ..Self::default() };
        for word in words.split('.').filter(|word| !word.is_empty()) {
            match setup.dial(word) {
                Some(read) => read?,
                None => setup::read_words(&mut setup, &SWITCHES, word, "the quorum store")?,
            }
        }
        Ok(setup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_is_read_as_it_is_shown() {
        for text in ["", ".n-5.r-1", ".w-3.strict.tags.write-back", ".no-repair@stored-before-sync", ".r-1.w-1"] {
            assert_eq!(text.parse::<Setup>().map(|setup| setup.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(".n-3.r-2.w-2".parse::<Setup>(), Ok(Setup::default()));
    }

    #[test]
    fn what_is_wrong_is_said_of_its_dial() {
        for (text, wrong) in [
            (".n-6", "N = 6: with 5 replicas 1 to 5 are possible"),
            (".n-0", "N = 0: with 5 replicas 1 to 5 are possible"),
            (".r-4", "R = 4: with N = 3 1 to 3 are possible"),
            (".n-5.w-0", "W = 0: with N = 5 1 to 5 are possible"),
        ] {
            assert_eq!(text.parse::<Setup>().expect(text).check(5), Err(wrong.to_owned()));
        }
        for (text, wrong) in [(".r-two", "“r-two” says no number"), (".r-300", "no number"), (".x-3", "no switch")]
        {
            assert!(text.parse::<Setup>().expect_err(text).contains(wrong), "{text}");
        }
    }
}
