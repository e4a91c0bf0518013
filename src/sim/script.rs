//! Interventions as lines of text: what run files and golden scripts are made of.
//!
//! Participants go by their numbers in the run, from one: `n1`. A line says one thing:
//!
//! ```text
//! cut n1>n3 n3>n1            heal n1>n3
//! crash n3 keep 0            restart n3        pause n3        resume n3
//! skew n3 250000             drift n3 -500     (µs; parts per million)
//! message 0 n1>n3 AppendEntries 12 hold        (world, link, kind, ordinal, fate)
//! timer 0 n3 Election        sync 0 n3         (world, node)
//! ask n6 read                ask n6 post Lunch in Lisbon?
//! traffic 100
//! ```

use std::fmt::{self, Display};
use std::str::FromStr;

use super::fault::{Fate, Intervention, Link, MessageName, Scripted};
use crate::node::{Micros, NodeId};

const FATES: [(Fate, &str); 5] = [
    (Fate::Hold, "hold"),
    (Fate::Release, "release"),
    (Fate::Drop, "drop"),
    (Fate::Duplicate, "duplicate"),
    (Fate::Deliver, "deliver"),
];

impl<R: Display> Display for Intervention<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let links = |f: &mut fmt::Formatter<'_>, verb: &str, links: &[Link]| {
            f.write_str(verb)?;
            links.iter().try_for_each(|(from, to)| write!(f, " {from}>{to}"))
        };
        match self {
            Self::Cut(cut) => links(f, "cut", cut),
            Self::Heal(healed) => links(f, "heal", healed),
            Self::Crash { node, keep } => write!(f, "crash {node} keep {keep}"),
            Self::Restart(node) => write!(f, "restart {node}"),
            Self::Pause(node) => write!(f, "pause {node}"),
            Self::Resume(node) => write!(f, "resume {node}"),
            Self::Skew { node, micros } => write!(f, "skew {node} {micros}"),
            Self::Drift { node, ppm } => write!(f, "drift {node} {ppm}"),
            Self::Message { world, name: MessageName { from, to, kind, ordinal }, fate } => {
                let (_, fate) = FATES.iter().find(|(known, _)| known == fate).expect("every fate has a word");
                write!(f, "message {world} {from}>{to} {kind} {ordinal} {fate}")
            }
            Self::Timer { world, node, timer } => write!(f, "timer {world} {node} {timer}"),
            Self::Sync { world, node } => write!(f, "sync {world} {node}"),
            Self::Request { node, request } => write!(f, "ask {node} {request}"),
            Self::Traffic(percent) => write!(f, "traffic {percent}"),
        }
    }
}

impl<R: FromStr<Err = String>> FromStr for Intervention<R> {
    type Err = String;

    /// Reads a line. The message says what was expected, for a person.
    fn from_str(line: &str) -> Result<Self, String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = Words(rest);
        let act = match verb {
            "cut" => Self::Cut(words.links()?),
            "heal" => Self::Heal(words.links()?),
            "crash" => {
                let node = words.node()?;
                words.expect("keep")?;
                Self::Crash { node, keep: words.number()? }
            }
            "restart" => Self::Restart(words.node()?),
            "pause" => Self::Pause(words.node()?),
            "resume" => Self::Resume(words.node()?),
            "skew" => Self::Skew { node: words.node()?, micros: words.number()? },
            "drift" => Self::Drift { node: words.node()?, ppm: words.number()? },
            "message" => {
                let world = words.number()?;
                let (from, to) = words.link()?;
                let name = MessageName { from, to, kind: words.next()?.to_owned(), ordinal: words.number()? };
                let word = words.next()?;
                let fate = FATES.iter().find(|(_, known)| *known == word);
                let (fate, _) = fate.ok_or_else(|| format!("a message can't “{word}”"))?;
                Self::Message { world, name, fate: *fate }
            }
            "timer" => {
                let (world, node) = (words.number()?, words.node()?);
                Self::Timer { world, node, timer: timer_name(words.rest()).to_owned() }
            }
            "sync" => Self::Sync { world: words.number()?, node: words.node()? },
            "ask" => Self::Request { node: words.node()?, request: words.rest().parse()? },
            "traffic" => Self::Traffic(words.number()?),
            _ => return Err(format!("nobody knows how to “{verb}”")),
        };
        if words.0.is_empty() { Ok(act) } else { Err(format!("“{}” is too much", words.0)) }
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
        let mut words = Words(line);
        Ok(Self { at: Micros(words.number()?), act: words.rest().parse()? })
    }
}

/// The name of a timer. Run files of version 1 name the protocol as well: `Raft(Election)`.
fn timer_name(word: &str) -> &str {
    let inner = word.strip_suffix(')').and_then(|word| word.split_once('('));
    inner.map_or(word, |(_, name)| name)
}

/// What is left of a line.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
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
