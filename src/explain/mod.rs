//! Notes, the model and the history become sentences.
//!
//! A protocol notes only what its node knows; each submodule renders the notes of one protocol. What no node can know is
//! added by whoever sees the whole model, in [`Sentence::observer`], so that the page can mark it as such.

pub mod conflict;
pub mod feed;
pub mod gossip;
pub mod locks;
pub mod multi_paxos;
pub mod paxos;
pub mod primary_backup;
pub mod quorum;
pub mod raft;
#[cfg(test)]
pub(crate) mod said_once;

use crate::node::{Count, Delay};

/// How a sentence is coloured. Never the only sign of what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// The protocol does its work: a message sent, a timer set.
    Routine,
    /// Something was reached: a leader elected, a value chosen, a post confirmed.
    Good,
    /// Something is under way or out of date: an election, a stale answer.
    Warning,
    /// A rule refused, or something failed.
    Bad,
}

/// One event in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sentence {
    /// Who did what, in a few words and the present tense: "n1 asks for votes in term 4".
    pub headline: String,
    /// The rule and the actual numbers: one to three short sentences. May be empty for routine events.
    pub reason: String,
    /// What only an observer of the whole system can know.
    pub observer: Option<String>,
    /// Where the rule is written: "Raft §5.2", "Paxos Made Simple §2.2".
    pub source: &'static str,
    /// How it is coloured.
    pub tone: Tone,
}

fn said(tone: Tone, source: &'static str, headline: String, reason: String) -> Sentence {
    Sentence { headline, reason, observer: None, source, tone }
}

/// `1 post`, `2 posts`.
fn count_of(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `2 of 3`.
fn of(count: Count) -> String {
    format!("{} of {}", count.by.len(), count.of)
}

/// `150 to 300 ms`.
fn range(delay: Delay) -> String {
    format!("{} to {} ms", delay.min.as_ms(), delay.max.as_ms())
}

/// "1st", "2nd", "11th".
pub fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_end_as_they_are_said() {
        let said = [1, 2, 3, 4, 11, 12, 13, 21, 41, 102, 111, 113].map(ordinal);
        let expected = ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "41st", "102nd", "111th", "113th"];
        assert_eq!(said, expected);
    }
}
