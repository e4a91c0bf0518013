//! Interventions as lines of text: what run files and golden scripts are made of.
//!
//! Participants go by their numbers in the run, from one: `n1`. A line says one thing:
//!
//! ```text
//! cut n1>n3 n3>n1            heal n1>n3
//! crash n3 keep 0            restart n3        pause n3        resume n3
//! skew n3 250000             drift n3 -500     (µs; parts per million)
//! slow 100000 n1>n3 n3>n1                      (µs)
//! message 0 n1>n3 AppendEntries 12 hold        (world, link, kind, ordinal, fate)
//! timer 0 n3 Election        sync 0 n3         (world, node)
//! ask n6 read                ask n6 post Lunch in Lisbon?
//! traffic 100
//! ```

use std::fmt::{self, Display};
use std::str::FromStr;

use super::fault::{Fate, Intervention, Link, MessageName, Scripted, Words, rows};
use crate::node::{Micros, NodeId};

/// The first word of a line about a message; what becomes of it is the last.
const MESSAGE: &str = "message";

impl<R: Display> Display for Intervention<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.words().script;
        match self {
            Self::Cut(links) | Self::Heal(links) => {
                f.write_str(word)?;
                links.iter().try_for_each(|(from, to)| write!(f, " {from}>{to}"))
            }
            Self::Crash { node, keep } => write!(f, "{word} {node} keep {keep}"),
            Self::Restart(node) | Self::Pause(node) | Self::Resume(node) => write!(f, "{word} {node}"),
            Self::Skew { node, micros } => write!(f, "{word} {node} {micros}"),
            Self::Drift { node, ppm } => write!(f, "{word} {node} {ppm}"),
            Self::Message { world, name: MessageName { from, to, kind, ordinal }, .. } => {
                write!(f, "{MESSAGE} {world} {from}>{to} {kind} {ordinal} {word}")
            }
            Self::Timer { world, node, timer } => write!(f, "{word} {world} {node} {timer}"),
            Self::Sync { world, node } => write!(f, "{word} {world} {node}"),
            Self::Request { node, request } => write!(f, "{word} {node} {request}"),
            Self::Traffic(percent) => write!(f, "{word} {percent}"),
            Self::Slow { links, micros } => {
                write!(f, "{word} {micros}")?;
                links.iter().try_for_each(|(from, to)| write!(f, " {from}>{to}"))
            }
        }
    }
}

impl<R: FromStr<Err = String>> FromStr for Intervention<R> {
    type Err = String;

    /// Reads a line. The message says what was expected, for a person.
    fn from_str(line: &str) -> Result<Self, String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut rest = Rest(rest);
        let is = |row: &Words| row.script == verb;
        let act = match verb {
            _ if is(&rows::CUT) => Self::Cut(rest.links()?),
            _ if is(&rows::HEAL) => Self::Heal(rest.links()?),
            _ if is(&rows::CRASH) => {
                let node = rest.node()?;
                rest.expect("keep")?;
                Self::Crash { node, keep: rest.number()? }
            }
            _ if is(&rows::RESTART) => Self::Restart(rest.node()?),
            _ if is(&rows::PAUSE) => Self::Pause(rest.node()?),
            _ if is(&rows::RESUME) => Self::Resume(rest.node()?),
            _ if is(&rows::SKEW) => Self::Skew { node: rest.node()?, micros: rest.number()? },
            _ if is(&rows::DRIFT) => Self::Drift { node: rest.node()?, ppm: rest.number()? },
            MESSAGE => {
                let world = rest.number()?;
                let (from, to) = rest.link()?;
                let name = MessageName { from, to, kind: rest.next()?.to_owned(), ordinal: rest.number()? };
                let word = rest.next()?;
                let fate = Fate::ALL.into_iter().find(|fate| fate.words().script == word);
                let fate = fate.ok_or_else(|| format!("a message can't “{word}”"))?;
                Self::Message { world, name, fate }
            }
            _ if is(&rows::TIMER) => {
                let (world, node) = (rest.number()?, rest.node()?);
                Self::Timer { world, node, timer: timer_name(rest.rest()).to_owned() }
            }
            _ if is(&rows::SYNC) => Self::Sync { world: rest.number()?, node: rest.node()? },
            _ if is(&rows::ASK) => Self::Request { node: rest.node()?, request: rest.rest().parse()? },
            _ if is(&rows::SLOW) => Self::Slow { micros: rest.number()?, links: rest.links()? },
            _ if is(&rows::TRAFFIC) => Self::Traffic(rest.number()?),
            _ => return Err(format!("nobody knows how to “{verb}”")),
        };
        if rest.0.is_empty() { Ok(act) } else { Err(format!("“{}” is too much", rest.0)) }
    }
}

/// A moment in µs, then what is done.
impl<R: Display> Display for Scripted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at.0, self.act)
    }
}

impl<R: FromStr<Err = String>> FromStr for Scripted<R> {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut rest = Rest(line);
        Ok(Self { at: Micros(rest.number()?), act: rest.rest().parse()? })
    }
}

/// The name of a timer. Run files of version 1 name the protocol as well: `Raft(Election)`.
fn timer_name(word: &str) -> &str {
    let inner = word.strip_suffix(')').and_then(|word| word.split_once('('));
    inner.map_or(word, |(_, name)| name)
}

/// What is left of a line.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn next(&mut self) -> Result<&'a str, String> {
        let (word, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        self.0 = rest;
        if word.is_empty() { Err("something is missing at its end".to_owned()) } else { Ok(word) }
    }

    fn rest(&mut self) -> &'a str {
        std::mem::take(&mut self.0)
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        let found = self.next()?;
        if found == word { Ok(()) } else { Err(format!("“{found}” stands where “{word}” should")) }
    }

    fn number<T: TryFrom<i128>>(&mut self) -> Result<T, String> {
        let word = self.next()?;
        let number = word.parse::<i128>().ok().and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("“{word}” is no possible number here"))
    }

    fn node(&mut self) -> Result<NodeId, String> {
        self.next()?.parse()
    }

    fn link(&mut self) -> Result<Link, String> {
        let word = self.next()?;
        let (from, to) = word.split_once('>').ok_or_else(|| format!("“{word}” is no link"))?;
        Ok((from.parse()?, to.parse()?))
    }

    fn links(&mut self) -> Result<Vec<Link>, String> {
        let mut links = vec![self.link()?];
        while !self.0.is_empty() {
            links.push(self.link()?);
        }
        Ok(links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::feed::Request;

    #[test]
    fn every_line_reads_as_it_was_written() {
        let lines = [
            "0 cut n1>n3 n3>n1",
            "1 heal n1>n3",
            "2 crash n3 keep 4294967295",
            "3 restart n3",
            "4 pause n12",
            "5 resume n12",
            "6 skew n3 -250000",
            "7 drift n3 500",
            "7 slow 100000 n1>n3 n3>n1",
            "7 slow 0 n1>n3",
            "8 message 1 n1>n3 AppendEntries 12 hold",
            "9 message 0 n1>n3 Vote 0 deliver",
            "10 timer 0 n3 Election",
            "11 sync 0 n3",
            "12 ask n6 read",
            "13 ask n6 post Lunch  in Lisbon? ",
            "14 ask n6 attach n2",
            "18446744073709551615 traffic 100",
        ];
        for line in lines {
            let read: Scripted<Request> = line.parse().unwrap_or_else(|wrong| panic!("{line}: {wrong}"));
            assert_eq!(read.to_string(), line);
        }
    }

    #[test]
    fn timers_of_version_1_are_read() {
        for (line, timer) in [("0 timer 0 n3 Raft(Election)", "Election"), ("0 timer 1 n6 Answer", "Answer")] {
            let read: Scripted<Request> = line.parse().expect(line);
            assert!(matches!(read.act, Intervention::Timer { timer: read, .. } if read == timer), "{line}");
        }
    }

    #[test]
    fn a_damaged_line_says_what_is_wrong() {
        let cases = [
            ("", "missing"),
            ("x traffic 1", "no possible number"),
            ("0 explode n1", "nobody knows how to “explode”"),
            ("0 cut", "missing"),
            ("0 cut n1", "no link"),
            ("0 cut n0>n1", "no participant"),
            ("0 cut n1>n300", "no participant"),
            ("0 crash n1", "missing"),
            ("0 crash n1 lose 3", "where “keep” should"),
            ("0 crash n1 keep -1", "no possible number"),
            ("0 restart n1 n2", "too much"),
            ("0 traffic 70000", "no possible number"),
            ("0 message 0 n1>n2 Vote 1 explode", "can't “explode”"),
            ("0 ask n6 sing", "sing"),
            ("0 ask n6 attach nobody", "no participant"),
        ];
        for (line, expected) in cases {
            let wrong = line.parse::<Scripted<Request>>().expect_err(line);
            assert!(wrong.contains(expected), "{line:?}: {wrong}");
        }
    }
}
