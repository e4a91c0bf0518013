//! A run as a golden script (crate goldenscript), so that a discovery becomes a test: what was done and when, and the
//! digests that it led to. `tests/scripts` holds scripts of this format, and the runner that replays them.
//!
//! Left out: what is worth observing. Whoever keeps a copied script says in its first line what it shows, and adds `show`
//! commands where it shows.

use std::fmt::{Display, Write};

use super::track::Track;
use super::{Experiment, Timeline};
use crate::node::Micros;

impl<E: Experiment> Timeline<E> {
    /// The current branch as a golden script.
    pub fn golden_script(&self) -> String {
        let mut script = String::from("# Copied from a run. Say here what it shows.\n");
        let mut line = |text: &dyn Display| writeln!(script, "{text}").expect("strings take everything");
        line(&format_args!("setup {} {} seed={}", E::NAME, self.experiment(), self.seed()));
        let mut now = Micros::ZERO;
        for scripted in self.script() {
            if scripted.at > now {
                line(&format_args!("at {}", Moment(scripted.at)));
                now = scripted.at;
            }
            line(&format_args!("act {}", Quoted(&scripted.act.to_string())));
        }
        if self.end() > now {
            line(&format_args!("at {}", Moment(self.end())));
        }
        line(&"show digests");
        line(&"---");
        for (world, fingerprint) in self.frontier().fingerprints().into_iter().enumerate() {
            line(&format_args!("world {world}: {} steps, digest {:016x}", fingerprint.steps, fingerprint.digest));
        }
        script
    }
}

/// A moment to the µs: `3.250000s`.
struct Moment(Micros);

impl Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(Micros(micros)) = self;
        write!(f, "{}.{:06}s", micros / 1_000_000, micros % 1_000_000)
    }
}

/// A word of a golden script that may hold anything.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                control if control.is_control() => write!(f, "\\u{{{:x}}}", u32::from(control))?,
                other => f.write_char(other)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_exact_and_words_are_quoted() {
        assert_eq!(Moment(Micros(3_250_007)).to_string(), "3.250007s");
        assert_eq!(Moment(Micros(u64::MAX)).to_string(), "18446744073709.551615s");
        assert_eq!(Quoted("a \"b\" \\ \n é").to_string(), "\"a \\\"b\\\" \\\\ \\u{a} é\"");
    }
}
