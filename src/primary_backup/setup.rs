//! How a setup names its switches and flaws: `primary-backup.one-backup@view-not-durable`.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::{Config, Flaw};
use crate::node::{NodeId, NodeSet};
use crate::setup;

/// What servers are set up with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Setup {
    /// A command is confirmed once one backup has stored it, too.
    pub one_backup: bool,
    /// The mistake that is made on purpose.
    pub flaw: Option<Flaw>,
}

/// A feature of primary and backup.
pub type Switch = setup::Switch<Setup>;

/// All of them, in the order in which the page lists them.
pub const SWITCHES: [Switch; 1] = [Switch {
    name: "one-backup",
    title: "Wait for one backup",
    says: "A post is confirmed once one backup has stored it, too: one crash loses nothing. A primary without backups \
           confirms nothing. Split brain stays.",
    source: "Alsberg & Day 1976",
    is_on: |setup| setup.one_backup,
    turn_on: |setup| setup.one_backup = true,
    needs: &[],
}];

impl Setup {
    /// How server `id` of `servers` is configured.
    pub fn config(self, id: NodeId, servers: NodeSet) -> Config {
        Config { id, servers: servers.len() as u8, stretch: 1, setup: self }
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
        setup::read_words(&mut setup, &SWITCHES, words, "primary and backup")?;
        Ok(setup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_is_read_as_it_is_shown() {
        for text in ["", ".one-backup", "@view-not-durable", ".one-backup@confirmed-before-sync"] {
            assert_eq!(text.parse::<Setup>().map(|setup| setup.to_string()), Ok(text.to_owned()));
        }
        assert!(".magic".parse::<Setup>().expect_err("no such switch").contains("no switch"));
        assert!("@magic".parse::<Setup>().expect_err("no such flaw").contains("no flaw"));
    }
}
