//! Goals: what is claimed of a run, or asked of a learner, as predicates over what happened.
//!
//! ```text
//! refused ana on CP and stale ana on AP
//! elected n4 before unknown bo
//! broken "Leader Completeness" and not chosen
//! elected on CP 3 times after 1s by 4s
//! cut then elected on CP within 500ms
//! (stale ana on AP) in 2 acts
//! verdict "not linearizable" on AP and not inverted "sequence number"
//! ```
//!
//! A goal is judged from the [ledger](ledger) of a run, which is computed from the run alone. `and` and `or` join goals, `not`
//! denies one, `before` orders two by when each is met first. `then` asks for the second after the first was met, whatever
//! happened earlier; `within` bounds the time between the two. `in 2 acts` bounds what the learner did until it is met. Brackets
//! group. What orders and bounds binds tighter than `and`, and that tighter than `or`.
//!
//! That something does not happen by a moment is known only once the run has got there.

pub mod ledger;
mod text;
pub(crate) mod verdict;

use std::fmt::{self, Display};

use self::ledger::{Happening, Ledger};
use crate::node::Micros;

/// What can happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A client asked for something.
    Asked,
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
    /// A client's post was confirmed.
    Confirmed,
    /// An acceptor promised a ballot.
    Promised,
    /// An acceptor accepted a proposal.
    Accepted,
    /// A client was granted the lock.
    Granted,
    /// Two clients believed to hold the lock.
    TwoHolders,
    /// What a client wrote was overwritten by somebody who had not seen it: under the lock, or in a feed after it was confirmed.
    Overwritten,
    /// A client was shown several values of one thing, of which nobody has chosen one yet.
    Siblings,
    /// Of two grants or writes under the lock, this clock, or any, gave the greater stamp to the one that happened before the other.
    Inverted(Option<String>),
    /// What the checker says of a feed's history: that it is linearizable as of the play head, or the first moment at which it no
    /// longer is.
    Verdict {
        /// That it is.
        linearizable: bool,
    },
    /// Links were cut.
    Cut,
    /// Links were healed.
    Healed,
    /// A server was crashed.
    Crashed,
    /// A crashed server was started again.
    Restarted,
    /// A participant was made to stand still.
    Paused,
}

impl What {
    /// The words of a goal, without those that name something more.
    pub const WORDS: [(&str, Self); 26] = [
        ("asked", Self::Asked),
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
        ("confirmed", Self::Confirmed),
        ("promised", Self::Promised),
        ("accepted", Self::Accepted),
        ("granted", Self::Granted),
        ("two-holders", Self::TwoHolders),
        ("overwritten", Self::Overwritten),
        ("siblings", Self::Siblings),
        ("inverted", Self::Inverted(None)),
        ("verdict", Self::Verdict { linearizable: true }),
        ("cut", Self::Cut),
        ("healed", Self::Healed),
        ("crashed", Self::Crashed),
        ("restarted", Self::Restarted),
        ("paused", Self::Paused),
    ];

    fn word(&self) -> &'static str {
        let same = |other: &Self| std::mem::discriminant(other) == std::mem::discriminant(self);
        Self::WORDS.iter().find(|(_, what)| same(what)).expect("every one has a word").0
    }

    /// Whether `happened` is a case of this.
    fn covers(&self, happened: &Self) -> bool {
        match (self, happened) {
            (Self::Chosen(None), Self::Chosen(_))
            | (Self::Broken(None), Self::Broken(_))
            | (Self::Inverted(None), Self::Inverted(_)) => true,
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
    /// The second is met first later than the first is.
    Before(Box<Self>, Box<Self>),
    /// The second is met after the first was, and within that time if one is given.
    Then(Box<Self>, Box<Self>, Option<Micros>),
    /// It is met before the learner did more than so many things.
    Acts(Box<Self>, u32),
}

impl Goal {
    /// When it is met first, in so much of a run as the ledger tells; that something never happens is known at its end.
    pub fn met(&self, ledger: &Ledger) -> Option<Micros> {
        self.met_after(ledger, None)
    }

    /// The same, by what happened after `since` alone.
    pub fn met_after(&self, ledger: &Ledger, since: Option<Micros>) -> Option<Micros> {
        let met = |goal: &Self| goal.met_after(ledger, since);
        match self {
            Self::Fact(fact) => fact.case(ledger, since).map(|case| case.at),
            Self::And(all) => all.iter().map(met).try_fold(Micros::ZERO, |at, met| Some(at.max(met?))),
            Self::Or(any) => any.iter().filter_map(met).min(),
            Self::Not(goal) => (met(goal).is_none() && ledger.end >= goal.horizon(ledger)).then_some(ledger.end),
            Self::Before(first, second) => {
                let (first, second) = (met(first)?, met(second)?);
                (first < second).then_some(second)
            }
            Self::Then(first, second, within) => {
                let first = met(first)?;
                let second = second.met_after(ledger, Some(first))?;
                within.is_none_or(|within| second.since(first) <= within).then_some(second)
            }
            Self::Acts(goal, most) => met(goal).filter(|at| ledger.acts_until(*at) <= *most as usize),
        }
    }

    /// From when on it is known that it is not met, if it is about times that end. A verdict that nobody knows is never known.
    fn horizon(&self, ledger: &Ledger) -> Micros {
        match self {
            Self::Fact(Fact { what: What::Verdict { .. }, world, .. }) if !ledger.is_judged(world.as_deref()) => {
                Micros(u64::MAX)
            }
            Self::Fact(fact) => fact.by.unwrap_or_default(),
            Self::And(all) | Self::Or(all) => all.iter().map(|goal| goal.horizon(ledger)).max().unwrap_or_default(),
            Self::Not(goal) | Self::Acts(goal, _) => goal.horizon(ledger),
            Self::Before(first, second) | Self::Then(first, second, _) => {
                first.horizon(ledger).max(second.horizon(ledger))
            }
        }
    }

    /// The moments of this run that decide it, by time: where to look.
    pub fn moments(&self, ledger: &Ledger) -> Vec<(Micros, String)> {
        let mut found = Vec::new();
        self.collect(ledger, None, &mut found);
        found
    }

    fn collect(&self, ledger: &Ledger, since: Option<Micros>, found: &mut Vec<(Micros, String)>) {
        match self {
            Self::Fact(fact) => {
                let Some(case) = fact.case(ledger, since) else { return };
                let moment = (case.at, fact.says(case, ledger));
                if !found.contains(&moment) {
                    found.insert(found.partition_point(|earlier| *earlier <= moment), moment);
                }
            }
            Self::And(all) | Self::Or(all) => all.iter().for_each(|goal| goal.collect(ledger, since, found)),
            // What never happens has no moment.
            Self::Not(_) => {}
            Self::Before(first, second) => {
                first.collect(ledger, since, found);
                second.collect(ledger, since, found);
            }
            Self::Then(first, second, _) => {
                first.collect(ledger, since, found);
                if let Some(first) = first.met_after(ledger, since) {
                    second.collect(ledger, Some(first), found);
                }
            }
            Self::Acts(goal, _) => goal.collect(ledger, since, found),
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
            Self::Not(goal) | Self::Acts(goal, _) => goal.check(ledger),
            Self::Before(first, second) | Self::Then(first, second, _) => {
                first.check(ledger).and_then(|()| second.check(ledger))
            }
        }
    }
}

impl Fact {
    /// The happening with which it is met, of those after `since`.
    pub fn case<'a>(&self, ledger: &'a Ledger, since: Option<Micros>) -> Option<&'a Happening> {
        let nth = self.times.max(1) as usize - 1;
        self.cases(ledger).filter(|happening| since.is_none_or(|since| happening.at > since)).nth(nth)
    }

    /// All that is a case of it, by time.
    pub fn cases<'a>(&self, ledger: &'a Ledger) -> impl Iterator<Item = &'a Happening> {
        // A verdict is asked for only where a goal speaks of it.
        let all =
            if let What::Verdict { .. } = self.what { ledger.verdicts() } else { ledger.happenings.iter().collect() };
        all.into_iter().filter(|happening| self.is_met_by(happening, ledger))
    }

    /// That case in words.
    fn says(&self, Happening { world, who, what, .. }: &Happening, ledger: &Ledger) -> String {
        let who = who.map_or("somebody", |who| ledger.names[who.index()].as_str());
        let said = match what {
            What::Asked => format!("{who} asks"),
            What::Answered => format!("{who} is answered"),
            What::Refused => format!("{who} is refused"),
            What::Unknown => format!("{who} gets no answer"),
            What::Stale => format!("{who} reads stale data"),
            What::AfterAll => format!("{who}'s unknown post is in the feed after all"),
            What::Lost => format!("{who}'s confirmed write is gone"),
            What::Elected => format!("{who} is elected"),
            What::TwoLeaders => "Two servers believe to lead".to_owned(),
            What::Chosen(value) => format!("“{}” is chosen", value.as_deref().unwrap_or("a value")),
            What::Broken(name) => format!("{} is broken", name.as_deref().unwrap_or("an invariant")),
            What::Converged => "All replicas agree again".to_owned(),
            What::Confirmed => format!("{who}'s write is confirmed"),
            What::Promised => format!("{who} promises"),
            What::Accepted => format!("{who} accepts"),
            What::Granted => format!("{who} is granted the lock"),
            What::TwoHolders => "Two clients believe to hold the lock".to_owned(),
            What::Overwritten => format!("{who}'s update is overwritten"),
            What::Siblings => format!("{who} is shown siblings"),
            What::Inverted(clock) => format!("The {} inverts two writes", clock.as_deref().unwrap_or("clock")),
            What::Verdict { linearizable: true } => "The history is linearizable until here".to_owned(),
            What::Verdict { linearizable: false } => "The history is no longer linearizable".to_owned(),
            What::Cut => "Links are cut".to_owned(),
            What::Healed => "Links are healed".to_owned(),
            What::Crashed => format!("{who} is crashed"),
            What::Restarted => format!("{who} is started again"),
            What::Paused => format!("{who} stands still"),
        };
        let side = world.filter(|_| ledger.worlds.len() > 1);
        let place = side.map_or(String::new(), |world| format!(" on {}", ledger.worlds[world]));
        let count = if self.times > 1 { format!(", case {}", self.times) } else { String::new() };
        said + &place + &count
    }

    fn is_met_by(&self, Happening { at, world, who, what }: &Happening, ledger: &Ledger) -> bool {
        let named = |name: &String| who.is_some_and(|who| ledger.names[who.index()].eq_ignore_ascii_case(name));
        self.what.covers(what)
            && self.who.as_ref().is_none_or(named)
            && self
                .world
                .as_ref()
                .is_none_or(|name| world.is_none_or(|world| ledger.worlds[world].eq_ignore_ascii_case(name)))
            && self.after.is_none_or(|after| *at > after)
            && self.by.is_none_or(|by| *at <= by)
    }
}

impl Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, who, world, times, after, by } = self;
        f.write_str(what.word())?;
        match what {
            What::Chosen(Some(name)) | What::Broken(Some(name)) | What::Inverted(Some(name)) => {
                write!(f, " \"{name}\"")?;
            }
            What::Verdict { linearizable } => {
                f.write_str(if *linearizable { " \"linearizable\"" } else { " \"not linearizable\"" })?;
            }
            _ => {}
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
            Self::Then(first, second, within) => {
                first.within(f)?;
                f.write_str(" then ")?;
                second.within(f)?;
                within.iter().try_for_each(|within| write!(f, " within {}ms", within.as_ms()))
            }
            Self::Acts(goal, most) => {
                goal.within(f)?;
                write!(f, " in {most} acts")
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
