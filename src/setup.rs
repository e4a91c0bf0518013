//! The words of a setup: `.pre-vote.check-quorum@vote-not-durable`. Each feature that is on after a dot, and after an `@` the
//! mistake that is made on purpose.

use std::fmt::{self, Display};

/// A feature that can be on or off in a setup `S`, for a person to choose.
#[derive(Clone, Copy, Debug)]
pub struct Switch<S> {
    /// What a setup calls it.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it buys and what it costs, in a sentence or two.
    pub says: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// The names of those without which it can't be on.
    pub needs: &'static [&'static str],
    pub(crate) is_on: fn(&S) -> bool,
    pub(crate) turn_on: fn(&mut S),
}

impl<S> Switch<S> {
    /// Whether it is on in `setup`.
    pub fn is_on(&self, setup: &S) -> bool {
        (self.is_on)(setup)
    }

    /// What it is called and says, and whether it is on in `setup`.
    pub fn state(&self, setup: &S) -> SwitchState {
        let Self { name, title, says, source, needs, .. } = *self;
        SwitchState { name, title, says, source, needs, on: self.is_on(setup) }
    }
}

/// A [`Switch`] of some setup, on or off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SwitchState {
    /// What a setup calls it.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it buys and what it costs, in a sentence or two.
    pub says: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// The names of those without which it can't be on.
    pub needs: &'static [&'static str],
    /// Whether it is on.
    pub on: bool,
}

/// Writes the words of those `switches` that are on, and of the flaw.
pub(crate) fn write_words<S>(
    f: &mut fmt::Formatter<'_>,
    switches: &[Switch<S>],
    setup: &S,
    flaw: Option<&dyn Display>,
) -> fmt::Result {
    for switch in switches.iter().filter(|switch| switch.is_on(setup)) {
        write!(f, ".{}", switch.name)?;
    }
    match flaw {
        Some(flaw) => write!(f, "@{flaw}"),
        None => Ok(()),
    }
}

/// Turns on what the words before the `@` name. `protocol` is for the error.
pub(crate) fn read_words<S>(setup: &mut S, switches: &[Switch<S>], words: &str, protocol: &str) -> Result<(), String> {
    for word in words.split('.').filter(|word| !word.is_empty()) {
        let switch = switches.iter().find(|switch| switch.name == word);
        let switch = switch.ok_or_else(|| format!("{protocol} has no switch “{word}”"))?;
        (switch.turn_on)(setup);
    }
    Ok(())
}

/// The words of a setup, and what its flaw is called.
pub(crate) fn split_flaw(text: &str) -> (&str, Option<&str>) {
    text.split_once('@').map_or((text, None), |(words, flaw)| (words, Some(flaw)))
}

/// What every enum of flaws has, given all of them (`ALL`) and what is said of each (`about`): its name, which setups show
/// and read, its heading and its sentence.
macro_rules! name_flaws {
    ($flaw:ty, $protocol:literal) => {
        impl $flaw {
            /// What a setup calls it.
            pub const fn name(self) -> &'static str {
                self.about().0
            }

            /// A heading for it.
            pub const fn title(self) -> &'static str {
                self.about().1
            }

            /// What goes wrong with it, in a sentence.
            pub const fn sentence(self) -> &'static str {
                self.about().2
            }
        }

        impl std::fmt::Display for $flaw {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $flaw {
            type Err = String;

            fn from_str(name: &str) -> Result<Self, String> {
                let found = Self::ALL.into_iter().find(|flaw| flaw.name() == name);
                found.ok_or_else(|| format!(concat!("no flaw of ", $protocol, " is called “{}”"), name))
            }
        }
    };
}

pub(crate) use name_flaws;
