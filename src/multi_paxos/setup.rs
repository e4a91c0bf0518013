//! How a setup names Multi-Paxos's switches and flaws: `multi-paxos.small-phase-2@quorum-one-short`.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::{Config, Flaw, Quorums};
use crate::node::{NodeId, NodeSet};

/// What a cluster is set up with beside its members.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Setup {
    /// Phase 2 takes two servers, and phase 1 all but one (Flexible Paxos).
    pub small_phase2: bool,
    /// Logs are compacted.
    pub snapshots: bool,
    /// The mistake that is made on purpose.
    pub flaw: Option<Flaw>,
}

/// A feature that can be on or off, for a person to choose.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// What a setup calls it.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it buys and what it costs, in a sentence or two.
    pub says: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    place: fn(&mut Setup) -> &mut bool,
}

/// All of them, in the order in which the page lists them.
pub const SWITCHES: [Switch; 2] = [
    Switch {
        name: "small-phase-2",
        title: "Small phase 2",
        says: "Two servers are enough to decide, and a new leader needs all but one: fast and steady while the leader lives, \
               hard to replace it when it is gone.",
        source: "Flexible Paxos",
        place: |setup| &mut setup.small_phase2,
    },
    Switch {
        name: "snapshots",
        title: "Log compaction",
        says: "After 16 decided slots a server keeps a snapshot instead, and who is far behind gets that.",
        source: "Paxos Made Moderately Complex §4",
        place: |setup| &mut setup.snapshots,
    },
];

/// After so many slots a snapshot is due.
const SNAPSHOT_AFTER: u32 = 16;

impl Switch {
    /// Whether it is on in `setup`.
    pub fn is_on(&self, setup: &Setup) -> bool {
        *(self.place)(&mut setup.clone())
    }
}

impl Setup {
    /// How server `id` of `members` is configured.
    pub fn config(self, id: NodeId, members: NodeSet) -> Config {
        let all = members.len() as u8;
        let mut quorums = Quorums::majorities(members);
        if self.small_phase2 {
            let phase2 = all.min(2);
            quorums = Quorums { phase1: all + 1 - phase2, phase2 };
        }
        if self.flaw == Some(Flaw::QuorumOneShort) {
            quorums.phase1 = all - quorums.phase2;
        }
        let snapshot_after = self.snapshots.then_some(SNAPSHOT_AFTER);
        Config { quorums, snapshot_after, flaw: self.flaw, ..Config::new(id, members) }
    }
}

/// Shown as the words that differ from the plain protocol, each after a dot; the flaw after an `@`.
impl Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for switch in SWITCHES.iter().filter(|switch| switch.is_on(self)) {
            write!(f, ".{}", switch.name)?;
        }
        match self.flaw {
            Some(flaw) => write!(f, "@{flaw}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Setup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (words, flaw) = text.split_once('@').map_or((text, None), |(words, flaw)| (words, Some(flaw)));
        let mut setup = Self { flaw: flaw.map(str::parse).transpose()?, ..Self::default() };
        for word in words.split('.').filter(|word| !word.is_empty()) {
            let switch = SWITCHES.iter().find(|switch| switch.name == word);
            *(switch.ok_or_else(|| format!("Multi-Paxos has no switch “{word}”"))?.place)(&mut setup) = true;
        }
        Ok(setup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_is_read_as_it_is_shown() {
        for text in ["", ".small-phase-2", ".snapshots@quorum-one-short", ".small-phase-2.snapshots@reads-unconfirmed"]
        {
            let setup: Setup = text.parse().expect(text);
            assert_eq!(setup.to_string(), text);
            for count in 3..=9 {
                let members = NodeSet::first(count);
                let config = setup.config(NodeId(0), members);
                assert_eq!(config.quorums.check(members, config.flaw), Ok(()), "{text} among {count}");
            }
        }
        assert!(".magic".parse::<Setup>().expect_err("no such switch").contains("no switch"));
    }
}
