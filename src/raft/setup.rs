//! How a setup names Raft's switches and flaws: `raft.pre-vote.check-quorum@vote-not-durable`.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::{Flaw, Reads, Switches};

/// What a cluster is set up with beside its members.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Setup {
    /// The features that are on.
    pub switches: Switches,
    /// The mistake that is made on purpose.
    pub flaw: Option<Flaw>,
}

/// A switch that is on or off: its name, and where it is kept.
type Toggle = (&'static str, fn(&mut Switches) -> &mut bool);

/// The switches that are on or off, in the order in which the page lists them.
const TOGGLES: [Toggle; 4] = [
    ("pre-vote", |switches| &mut switches.pre_vote),
    ("check-quorum", |switches| &mut switches.check_quorum),
    ("stickiness", |switches| &mut switches.stickiness),
    ("transfer", |switches| &mut switches.transfer),
];

/// How reads are answered, but for the default.
const READS: [(&str, Reads); 2] = [("read-index", Reads::ReadIndex), ("lease", Reads::Lease)];

/// Shown as the words that differ from the plain protocol, each after a dot; the flaw after an `@`.
impl Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut switches = self.switches;
        for (name, switch) in TOGGLES {
            if *switch(&mut switches) {
                write!(f, ".{name}")?;
            }
        }
        for (name, _) in READS.iter().filter(|(_, reads)| *reads == self.switches.reads) {
            write!(f, ".{name}")?;
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
            if let Some((_, switch)) = TOGGLES.iter().find(|(name, _)| *name == word) {
                *switch(&mut setup.switches) = true;
            } else if let Some((_, reads)) = READS.iter().find(|(name, _)| *name == word) {
                setup.switches.reads = *reads;
            } else {
                return Err(format!("Raft has no switch “{word}”"));
            }
        }
        setup.switches.check()?;
        Ok(setup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
