//! Goals: what is claimed of a run, or asked of a learner, as predicates over what happened.
//!
//! ```text
//! refused ana on CP and stale ana on AP
//! elected n4 before unknown bo
//! broken "Leader Completeness" and not chosen
//! elected on CP 3 times after 1s by 4s
//! ```
//!
//! A goal is judged from the [ledger](ledger) of a run, which is computed from the run alone. `and` and `or` join goals, `not`
//! denies one, `before` orders two; brackets group. `before` binds tighter than `and`, and that tighter than `or`.

pub mod ledger;
mod text;

use std::fmt::{self, Display};

use self::ledger::{Happening, Ledger};
use crate::node::Micros;

/// What can happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A client was answered.
    Answered,
    /// A client was refused; a proposer's ballot was.
    Refused,
    /// A client gave up waiting.
    Unknown,
    /// A client was answered without a post that had been confirmed before it asked.
    Stale,
    /// A client had given up its post, and it is in the feed for good after all. Only the latest cases are remembered.
    AfterAll,
    /// A client's post was confirmed, and in the end all replicas run and none has it.
    Lost,
    /// A server was elected.
    Elected,
    /// Two servers believed to lead at once.
    TwoLeaders,
    /// This value was chosen, or any.
    Chosen(Option<String>),
    /// This invariant was broken, or any.
    Broken(Option<String>),
    /// After a heal, every running replica had every post that was confirmed before.
    Converged,
}

impl What {
    /// The words of a goal, without those that name something more.
    const WORDS: [(&str, Self); 11] = [
        ("answered", Self::Answered),
        ("refused", Self::Refused),
        ("unknown", Self::Unknown),
        ("stale", Self::Stale),
        ("after-all", Self::AfterAll),
        ("lost", Self::Lost),
        ("elected", Self::Elected),
        ("two-leaders", Self::TwoLeaders),
        ("chosen", Self::Chosen(None)),
        ("broken", Self::Broken(None)),
        ("converged", Self::Converged),
    ];

    fn word(&self) -> &'static str {
        let same = |other: &Self| std::mem::discriminant(other) == std::mem::discriminant(self);
        Self::WORDS.iter().find(|(_, what)| same(what)).expect("every one has a word").0
    }

    /// Whether `happened` is a case of this.
    fn covers(&self, happened: &Self) -> bool {
        match (self, happened) {
            (Self::Chosen(None), Self::Chosen(_)) | (Self::Broken(None), Self::Broken(_)) => true,
            _ => self == happened,
        }
    }
}

/// That something happens, and how often, to whom, where and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What.
    pub what: What,
    /// To whom: a person, a server or a proposer, by name; anybody if left out.
    pub who: Option<String>,
    /// In which world, by its short name; any if left out.
    pub world: Option<String>,
    /// At least so often.
    pub times: u32,
    /// Not before.
    pub after: Option<Micros>,
    /// Not later.
    pub by: Option<Micros>,
}

/// A predicate over a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Goal {
    /// Something happens.
    Fact(Fact),
    /// All of them are met.
    And(Vec<Self>),
    /// One of them is met.
    Or(Vec<Self>),
    /// It is not met, as far as the run goes.
    Not(Box<Self>),
    /// The second is met later than the first.
    Before(Box<Self>, Box<Self>),
}

impl Goal {
    /// When it is met first, in so much of a run as the ledger tells; that something never happens is known at its end.
    pub fn met(&self, ledger: &Ledger) -> Option<Micros> {
        match self {
            Self::Fact(fact) => fact.met(ledger),
            Self::And(all) => {
                all.iter().map(|goal| goal.met(ledger)).try_fold(Micros::ZERO, |at, met| Some(at.max(met?)))
            }
            Self::Or(any) => any.iter().filter_map(|goal| goal.met(ledger)).min(),
            Self::Not(goal) => goal.met(ledger).is_none().then_some(ledger.end),
            Self::Before(first, second) => {
                let (first, second) = (first.met(ledger)?, second.met(ledger)?);
                (first < second).then_some(second)
            }
        }
    }

    /// The moments of this run that decide it, by time: where to look.
    pub fn moments(&self, ledger: &Ledger) -> Vec<(Micros, String)> {
        let mut found = Vec::new();
        self.collect(ledger, &mut found);
        found
    }

    fn collect(&self, ledger: &Ledger, found: &mut Vec<(Micros, String)>) {
        match self {
            Self::Fact(fact) => {
                let Some(case) = fact.case(ledger) else { return };
                let moment = (case.at, fact.says(case, ledger));
                if !found.contains(&moment) {
                    found.insert(found.partition_point(|earlier| *earlier <= moment), moment);
                }
            }
            Self::And(all) | Self::Or(all) => all.iter().for_each(|goal| goal.collect(ledger, found)),
            // What never happens has no moment.
            Self::Not(_) => {}
            Self::Before(first, second) => {
                first.collect(ledger, found);
                second.collect(ledger, found);
            }
        }
    }

    /// What is wrong with it for a run of these participants and worlds, if anything.
    ///
    /// # Errors
    /// Names whom or what the run does not have.
    pub fn check(&self, ledger: &Ledger) -> Result<(), String> {
        match self {
            Self::Fact(fact) => ledger.knows(fact),
            Self::And(all) | Self::Or(all) => all.iter().try_for_each(|goal| goal.check(ledger)),
            Self::Not(goal) => goal.check(ledger),
            Self::Before(first, second) => first.check(ledger).and_then(|()| second.check(ledger)),
        }
    }
}

impl Fact {
    fn met(&self, ledger: &Ledger) -> Option<Micros> {
        self.case(ledger).map(|case| case.at)
    }

    /// The happening with which it is met.
    fn case<'a>(&self, ledger: &'a Ledger) -> Option<&'a Happening> {
        let nth = self.times.max(1) as usize - 1;
        ledger.happenings.iter().filter(|happening| self.is_met_by(happening, ledger)).nth(nth)
    }

    /// That case in words.
    fn says(&self, Happening { world, who, what, .. }: &Happening, ledger: &Ledger) -> String {
        let who = who.map_or("somebody", |who| ledger.names[who.index()].as_str());
        let said = match what {
            What::Answered => format!("{who} is answered"),
            What::Refused => format!("{who} is refused"),
            What::Unknown => format!("{who} gets no answer"),
            What::Stale => format!("{who} reads stale data"),
            What::AfterAll => format!("{who}'s unknown post is in the feed after all"),
            What::Lost => format!("{who}'s confirmed post is gone"),
            What::Elected => format!("{who} is elected"),
            What::TwoLeaders => "Two servers believe to lead".to_owned(),
            What::Chosen(value) => format!("“{}” is chosen", value.as_deref().unwrap_or("a value")),
            What::Broken(name) => format!("{} is broken", name.as_deref().unwrap_or("an invariant")),
            What::Converged => "All replicas agree again".to_owned(),
        };
        let place = if ledger.worlds.len() > 1 { format!(" on {}", ledger.worlds[*world]) } else { String::new() };
        let count = if self.times > 1 { format!(", case {}", self.times) } else { String::new() };
        said + &place + &count
    }

    fn is_met_by(&self, Happening { at, world, who, what }: &Happening, ledger: &Ledger) -> bool {
        let named = |name: &String| who.is_some_and(|who| ledger.names[who.index()].eq_ignore_ascii_case(name));
        self.what.covers(what)
            && self.who.as_ref().is_none_or(named)
            && self.world.as_ref().is_none_or(|name| ledger.worlds[*world].eq_ignore_ascii_case(name))
            && self.after.is_none_or(|after| *at > after)
            && self.by.is_none_or(|by| *at <= by)
    }
}

impl Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, who, world, times, after, by } = self;
        f.write_str(what.word())?;
        if let What::Chosen(Some(name)) | What::Broken(Some(name)) = what {
            write!(f, " \"{name}\"")?;
        }
        who.iter().try_for_each(|who| write!(f, " {who}"))?;
        world.iter().try_for_each(|world| write!(f, " on {world}"))?;
        if *times > 1 {
            write!(f, " {times} times")?;
        }
        after.iter().try_for_each(|after| write!(f, " after {}ms", after.as_ms()))?;
        by.iter().try_for_each(|by| write!(f, " by {}ms", by.as_ms()))
    }
}

/// Shown as it is read.
impl Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, all: &[Self], word: &str| {
            for (position, goal) in all.iter().enumerate() {
                write!(f, "{}", if position == 0 { String::new() } else { format!(" {word} ") })?;
                goal.within(f)?;
            }
            Ok(())
        };
        match self {
            Self::Fact(fact) => fact.fmt(f),
            Self::And(all) => list(f, all, "and"),
            Self::Or(all) => list(f, all, "or"),
            Self::Not(goal) => {
                f.write_str("not ")?;
                goal.within(f)
            }
            Self::Before(first, second) => {
                first.within(f)?;
                f.write_str(" before ")?;
                second.within(f)
            }
        }
    }
}

impl Goal {
    /// In brackets if it is made of several.
    fn within(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(_) | Self::Not(_) => self.fmt(f),
            _ => write!(f, "({self})"),
        }
    }
}

#[cfg(test)]
mod tests;
