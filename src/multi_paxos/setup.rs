//! How a setup names Multi-Paxos's switches and flaws: `multi-paxos.small-phase-2@quorum-one-short`.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::{Config, Flaw, Quorums};
use crate::node::{NodeId, NodeSet};
use crate::setup;

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

/// A feature of Multi-Paxos.
pub type Switch = setup::Switch<Setup>;

/// All of them, in the order in which the page lists them.
pub const SWITCHES: [Switch; 2] = [
    Switch {
        name: "small-phase-2",
        title: "Small phase 2",
        says: "Two servers are enough to decide: fast and steady while the leader lives. A new leader needs all but one.",
        source: "Flexible Paxos",
        needs: &[],
        is_on: |setup| setup.small_phase2,
        turn_on: |setup| setup.small_phase2 = true,
    },
    Switch {
        name: "snapshots",
        title: "Log compaction",
        says: "After 16 decided slots a server keeps a snapshot instead, and who is far behind gets that.",
        source: "Paxos Made Moderately Complex §4",
        needs: &[],
        is_on: |setup| setup.snapshots,
        turn_on: |setup| setup.snapshots = true,
    },
];

/// After so many slots a snapshot is due.
const SNAPSHOT_AFTER: u32 = 16;

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
        setup::write_words(f, &SWITCHES, self, self.flaw.as_ref().map(|flaw| flaw as &dyn Display))
    }
}

impl FromStr for Setup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (words, flaw) = setup::split_flaw(text);
        let mut setup = Self { flaw: flaw.map(str::parse).transpose()?, ..Self::default() };
        setup::read_words(&mut setup, &SWITCHES, words, "Multi-Paxos")?;
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
