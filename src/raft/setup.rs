//! How a setup names Raft's switches and flaws: `raft.pre-vote.check-quorum@vote-not-durable`.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::{Flaw, Reads, Switches};
use crate::setup;

/// What a cluster is set up with beside its members.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Setup {
    /// The features that are on.
    pub switches: Switches,
    /// The mistake that is made on purpose.
    pub flaw: Option<Flaw>,
}

/// With the switch `drift-bound`: one clock may run faster than another by so much, in parts per million.
pub const DRIFT_BOUND_PPM: u32 = 250_000;

/// A feature of Raft.
pub type Switch = setup::Switch<Setup>;

/// All of them, in the order in which the page lists them.
pub const SWITCHES: [Switch; 12] = [
    Switch {
        name: "pre-vote",
        title: "Pre-vote",
        says: "Before it raises its term, a server asks whether it could win. So one that was cut off deposes nobody when it comes back. Costs a round per election. A leader with one link left keeps one vote, which the others may need. Check-quorum ends that.",
        source: "thesis §9.6",
        needs: &[],
        is_on: |setup| setup.switches.pre_vote,
        turn_on: |setup| setup.switches.pre_vote = true,
    },
    Switch {
        name: "check-quorum",
        title: "Check-quorum",
        says: "A leader steps down if no majority answers its heartbeats for an election timeout. So its clients learn of it, \
               and servers that still hear it may elect another. A leader with slow followers may resign.",
        source: "thesis §6.2",
        needs: &[],
        is_on: |setup| setup.switches.check_quorum,
        turn_on: |setup| setup.switches.check_quorum = true,
    },
    Switch {
        name: "stickiness",
        title: "Leader stickiness",
        says: "Who heard a leader a moment ago ignores requests for votes. Costs a pause before anyone votes when the leader is gone. A leader with one link left keeps one vote, which the others may need. Check-quorum ends that.",
        source: "thesis §4.2.3",
        needs: &[],
        is_on: |setup| setup.switches.stickiness,
        turn_on: |setup| setup.switches.stickiness = true,
    },
    Switch {
        name: "transfer",
        title: "Leadership transfer",
        says: "A leader hands over to a server of your choice without waiting for a timeout. It takes no requests meanwhile.",
        source: "thesis §3.10",
        needs: &[],
        is_on: |setup| setup.switches.transfer,
        turn_on: |setup| setup.switches.transfer = true,
    },
    Switch {
        name: "read-index",
        title: "Reads by ReadIndex",
        says: "A read is no log entry: the leader asks a majority whether it still leads, and answers. Costs a round of \
               messages, saves the disks.",
        source: "thesis §6.4",
        needs: &[],
        is_on: |setup| setup.switches.reads == Reads::ReadIndex,
        turn_on: |setup| setup.switches.reads = Reads::ReadIndex,
    },
    Switch {
        name: "lease",
        title: "Reads by leader lease",
        says: "A leader that a majority just heard answers reads alone and at once. Wrong if clocks run apart by more than \
               is assumed: try drift. Needs check-quorum and stickiness.",
        source: "thesis §6.4.1",
        needs: &["check-quorum", "stickiness"],
        is_on: |setup| setup.switches.reads == Reads::Lease,
        turn_on: |setup| setup.switches.reads = Reads::Lease,
    },
    Switch {
        name: "drift-bound",
        title: "Leases allow for drift",
        says: "A lease is shorter by a fifth, so that one clock may run faster than another by a quarter. Costs nothing while \
               heartbeats come in time.",
        source: "thesis §6.4.1",
        needs: &["check-quorum", "stickiness", "lease"],
        is_on: |setup| setup.switches.lease_drift_ppm > 0,
        turn_on: |setup| setup.switches.lease_drift_ppm = DRIFT_BOUND_PPM,
    },
    Switch {
        name: "one-entry",
        title: "One entry a message",
        says: "An append carries one entry instead of all that a follower lacks, as in the paper's figures. Who is far behind \
               takes longer.",
        source: "Figure 2",
        needs: &[],
        is_on: |setup| setup.switches.one_entry,
        turn_on: |setup| setup.switches.one_entry = true,
    },
    Switch {
        name: "snapshots",
        title: "Log compaction",
        says: "After 16 committed entries a server keeps a snapshot instead, and who is far behind gets that. Keeps the log \
               short; costs a big message now and then.",
        source: "§7",
        needs: &[],
        is_on: |setup| setup.switches.snapshot_after.is_some(),
        turn_on: |setup| setup.switches.snapshot_after = Some(16),
    },
    Switch {
        name: "fast-repair",
        title: "Conflict repair by term",
        says: "A follower that refuses names the term of its conflicting entry and where it begins. So repair takes a round per term, not per entry.",
        source: "§5.3",
        needs: &[],
        is_on: |setup| setup.switches.fast_repair,
        turn_on: |setup| setup.switches.fast_repair = true,
    },
    Switch {
        name: "window",
        title: "One append at a time",
        says: "A leader waits for a follower's answer before it sends more; entries that come meanwhile share a message. \
               Costs a round trip of waiting; without it, entries leave as they come.",
        source: "thesis §10.2",
        needs: &[],
        is_on: |setup| setup.switches.window.is_some(),
        turn_on: |setup| setup.switches.window = Some(1),
    },
    Switch {
        name: "learners-first",
        title: "Learners first",
        says: "A new server gets a vote only when its log has what is committed. So no commit waits for it, and a change takes two steps.",
        source: "thesis §4.2.1",
        needs: &[],
        is_on: |setup| setup.switches.learners_first,
        turn_on: |setup| setup.switches.learners_first = true,
    },
];

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
        setup::read_words(&mut setup, &SWITCHES, words, "Raft")?;
        setup.switches.check()?;
        if setup.switches.lease_drift_ppm > 0 && setup.switches.reads != Reads::Lease {
            return Err("A bound for drift needs a leader lease: nothing else in Raft rests on clocks.".to_owned());
        }
        Ok(setup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_on_with_what_it_needs_and_not_without() {
        for Switch { name, needs, .. } in SWITCHES {
            let with = needs.iter().map(|other| format!(".{other}")).collect::<String>();
            assert!(format!("{with}.{name}").parse::<Setup>().is_ok(), "{name} with {needs:?}");
            assert_eq!(format!(".{name}").parse::<Setup>().is_ok(), needs.is_empty(), "{name} alone");
        }
    }

    #[test]
    fn a_setup_is_read_as_it_is_shown() {
        for text in
            ["", ".pre-vote", ".check-quorum.stickiness.lease", "@vote-not-durable", ".transfer@commit-older-terms"]
        {
            assert_eq!(text.parse::<Setup>().map(|setup| setup.to_string()), Ok(text.to_owned()));
        }
        for (text, wrong) in [(".magic", "no switch"), ("@magic", "no flaw"), (".lease", "needs")] {
            assert!(text.parse::<Setup>().expect_err(text).contains(wrong), "{text}");
        }
    }
}
