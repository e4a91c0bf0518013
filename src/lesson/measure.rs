//! Measures: numbers and names of a run, for texts and predictions.
//!
//! ```text
//! count refused on CP            how many times
//! when stale ana on AP           the moment at which a goal is met first
//! from cut to elected on CP      how long it took from the one to the next of the other
//! who elected after 2s           to whom it happened
//! ```
//!
//! In a text a measure stands in braces: `Ana was refused {count refused ana on CP} times.`

use std::str::FromStr;

use crate::goal::ledger::Ledger;
use crate::goal::{Fact, Goal};
use crate::node::Micros;

/// A number or a name of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Measure {
    /// How many cases of it there are.
    Count(Fact),
    /// When it is met first.
    When(Goal),
    /// How long it took from the one until the other was met after it.
    From(Goal, Goal),
    /// To whom the first case of it happened.
    Who(Fact),
}

/// What a measure comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// So many.
    Count(u64),
    /// A moment.
    Moment(Micros),
    /// A span of time.
    Span(Micros),
    /// Somebody.
    Name(String),
}

impl Value {
    /// As a number that can be predicted: a count, or ms. A name is none.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(*count),
            Self::Moment(time) | Self::Span(time) => Some(time.as_ms()),
            Self::Name(_) => None,
        }
    }

    /// In words: `7`, `2.143 s`, `312 ms`, `n4`.
    pub fn words(&self) -> String {
        let seconds = |time: &Micros| format!("{}.{:03} s", time.as_ms() / 1_000, time.as_ms() % 1_000);
        match self {
            Self::Count(count) => count.to_string(),
            Self::Moment(at) => seconds(at),
            Self::Span(time) if time.as_ms() < 10_000 => format!("{} ms", time.as_ms()),
            Self::Span(time) => seconds(time),
            Self::Name(name) => name.clone(),
        }
    }
}

impl Measure {
    /// What it comes to in a run; none if that did not happen.
    pub fn value(&self, ledger: &Ledger) -> Option<Value> {
        match self {
            Self::Count(fact) => Some(Value::Count(fact.cases(ledger).count() as u64)),
            Self::When(goal) => goal.met(ledger).map(Value::Moment),
            Self::From(from, to) => {
                let from = from.met(ledger)?;
                to.met_after(ledger, Some(from)).map(|to| Value::Span(to.since(from)))
            }
            Self::Who(fact) => fact.case(ledger, None)?.who.map(|who| Value::Name(ledger.name(who).to_owned())),
        }
    }

    /// What is wrong with it for such a run, if anything.
    ///
    /// # Errors
    /// Names whom or what the run does not have.
    pub fn check(&self, ledger: &Ledger) -> Result<(), String> {
        match self {
            Self::Count(fact) | Self::Who(fact) => Goal::Fact(fact.clone()).check(ledger),
            Self::When(goal) => goal.check(ledger),
            Self::From(from, to) => from.check(ledger).and_then(|()| to.check(ledger)),
        }
    }
}

impl FromStr for Measure {
    type Err = String;

    /// Reads a measure. The message says what was expected, for a person.
    fn from_str(text: &str) -> Result<Self, String> {
        let (verb, rest) = text.trim().split_once(' ').unwrap_or((text, ""));
        let fact = || match rest.parse::<Goal>()? {
            Goal::Fact(fact) => Ok(fact),
            _ => Err(format!("“{verb}” is asked of one thing that happens, such as “{verb} refused ana”")),
        };
        match verb {
            "count" => fact().map(Self::Count),
            "who" => fact().map(Self::Who),
            "when" => rest.parse().map(Self::When),
            "from" => {
                let (from, to) = rest.split_once(" to ").ok_or("“from” lacks its “to”: from cut to elected")?;
                Ok(Self::From(from.parse()?, to.parse()?))
            }
            _ => Err(format!("“{text}” is no measure; there are: count …, when …, from … to …, who …")),
        }
    }
}

/// A text with measures in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Words(pub Vec<Piece>);

/// A piece of such a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// As it is.
    Plain(String),
    /// What a measure comes to.
    Measure(Box<Measure>),
}

/// A piece of a text about one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// In words.
    pub text: String,
    /// The moment that it speaks of.
    pub at: Option<Micros>,
}

impl Words {
    /// The text about a run. What did not happen there is told as `never` or `nobody`.
    pub fn told(&self, ledger: &Ledger) -> Vec<Told> {
        let told = |piece: &Piece| match piece {
            Piece::Plain(text) => Told { text: text.clone(), at: None },
            Piece::Measure(measure) => match (&**measure, measure.value(ledger)) {
                (Measure::When(_), Some(Value::Moment(at))) => Told { text: Value::Moment(at).words(), at: Some(at) },
                (_, Some(value)) => Told { text: value.words(), at: None },
                (Measure::Who(_), None) => Told { text: "nobody".to_owned(), at: None },
                (_, None) => Told { text: "never".to_owned(), at: None },
            },
        };
        self.0.iter().map(told).collect()
    }

    /// The measures in it.
    pub fn measures(&self) -> impl Iterator<Item = &Measure> {
        self.0.iter().filter_map(|piece| if let Piece::Measure(measure) = piece { Some(&**measure) } else { None })
    }
}

impl FromStr for Words {
    type Err = String;

    /// Reads a text. The message says what was expected, for a person.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let closed = after.split_once('}').filter(|(measure, _)| !measure.contains('{'));
            let (measure, after) = closed.ok_or("a brace is not closed")?;
            if !before.is_empty() {
                pieces.push(Piece::Plain(before.to_owned()));
            }
            pieces.push(Piece::Measure(Box::new(measure.parse()?)));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Plain(rest.to_owned()));
        }
        Ok(Self(pieces))
    }
}
