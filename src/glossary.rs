//! The field's words, in a few short sentences each, with their source and a situation in which they can be seen.

/// A word and what it means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The word, as it stands in a sentence.
    pub term: &'static str,
    /// Other forms of it that sentences have.
    pub also: &'static [&'static str],
    /// At most three sentences of at most 20 words.
    pub says: &'static str,
    /// Who defined it, and where.
    pub source: &'static str,
    /// The name of a situation, and the goal whose moment in its run shows the word.
    pub shown: (&'static str, &'static str),
}

/// The entry for a word of a sentence, in whatever form and case.
pub fn entry(word: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| forms(entry).any(|form| form.eq_ignore_ascii_case(word)))
}

/// The word itself, and its other forms.
fn forms(entry: &'static Entry) -> impl Iterator<Item = &'static str> {
    std::iter::once(entry.term).chain(entry.also.iter().copied())
}

/// A piece of a sentence: plain, or a word with an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// As it is.
    Plain(&'a str),
    /// A form of a word that has an entry.
    Term(&'a str, &'static Entry),
}

/// A sentence with the words that have an entry marked: each entry where it comes first, and the longest form that fits.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while at < text.len() {
        let starts = at == 0 || !text[..at].ends_with(is_letter);
        let term = if starts { longest(&text[at..]).filter(|(_, entry)| !told.contains(&entry.term)) } else { None };
        match term {
            Some((length, entry)) => {
                if plain < at {
                    found.push(Piece::Plain(&text[plain..at]));
                }
                found.push(Piece::Term(&text[at..at + length], entry));
                told.push(entry.term);
                at += length;
                plain = at;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if plain < text.len() {
        found.push(Piece::Plain(&text[plain..]));
    }
    found
}

fn is_letter(char: char) -> bool {
    char.is_alphanumeric() || char == '-' || char == '_'
}

/// The longest form of any entry that `text` begins with, as a word of its own.
fn longest(text: &str) -> Option<(usize, &'static Entry)> {
    let fits = |form: &&str| {
        let begins = text.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form));
        begins && !text[form.len()..].starts_with(is_letter)
    };
    let all = ENTRIES.iter().flat_map(|entry| forms(entry).filter(fits).map(move |form| (form.len(), entry)));
    all.max_by_key(|(length, _)| *length)
}

const SMALLER: &str = "leader-on-the-smaller-side";
const MINORITY: &str = "minority-of-two";
const DUEL: &str = "duelling-proposers";
const LEASE: &str = "paused-leader-with-a-lease";
const FIGURE_8: &str = "figure-8";
const CRASH: &str = "leader-crash-in-mid-write";

/// All of them, by the alphabet.
pub const ENTRIES: [Entry; 36] = [
    Entry {
        term: "accept",
        also: &["accepts", "accepted"],
        says: "In Paxos's second phase a proposer asks the acceptors to accept its value. An acceptor does, unless it has \
               promised a higher ballot.",
        source: "Lamport 2001, §2.2",
        shown: (DUEL, "refused p1"),
    },
    Entry {
        term: "availability",
        also: &["available"],
        says: "Every request to a working replica gets an answer that is no error. CAP asks it of each working replica, \
               cut off or not.",
        source: "Gilbert & Lynch 2002, §2.2",
        shown: (MINORITY, "stale ana on AP"),
    },
    Entry {
        term: "ballot",
        also: &["ballots"],
        says: "The number of a proposer's attempt in Paxos. Ballots are ordered, and no two proposers share one.",
        source: "Lamport 2001, §2.2",
        shown: (DUEL, "refused p2"),
    },
    Entry {
        term: "CA",
        also: &[],
        says: "Consistent and available is what any store may be while no message is lost. Networks lose messages, and whoever \
               runs one can't choose that they don't. What is left to choose is the answer when it happens.",
        source: "Gilbert & Lynch 2002, theorem 1",
        shown: ("ocean-cable-cut", "refused chen on CP"),
    },
    Entry {
        term: "CAP",
        also: &[],
        says: "While messages get lost, no store gives both: linearizable answers, and an answer from every working replica. \
               Networks do lose messages, so “CA” is never a choice.",
        source: "Gilbert & Lynch 2002, theorem 1",
        shown: (MINORITY, "refused ana on CP"),
    },
    Entry {
        term: "chosen",
        also: &[],
        says: "A value is chosen once a majority of acceptors has accepted it under one ballot. It never changes, known or not.",
        source: "Lamport 2001, §2.2",
        shown: (DUEL, "chosen"),
    },
    Entry {
        term: "commit",
        also: &["commits", "committed", "commit index"],
        says: "An entry is committed once no later leader can lack it. Replicas carry out committed entries, in the log's order.",
        source: "Ongaro & Ousterhout 2014, §5.3",
        shown: (CRASH, "after-all ana"),
    },
    Entry {
        term: "consistency",
        also: &["consistent"],
        says: "In CAP it means linearizable: one order of all operations explains every answer. It is not the C of ACID.",
        source: "Gilbert & Lynch 2002, §2.1",
        shown: (MINORITY, "refused ana on CP"),
    },
    Entry {
        term: "election",
        also: &["elections", "elected"],
        says: "A follower that hears no leader for a while asks the others for their votes. A majority of votes elects it.",
        source: "Ongaro & Ousterhout 2014, §5.2",
        shown: (SMALLER, "elected on CP after 2s"),
    },
    Entry {
        term: "eventual consistency",
        also: &["eventually consistent", "converge", "converged"],
        says: "Once nobody writes and messages arrive again, all replicas come to show the same. Until then they may differ.",
        source: "Vogels 2009",
        shown: (SMALLER, "converged on AP"),
    },
    Entry {
        term: "fencing token",
        also: &["fencing tokens"],
        says: "A number that grows with each grant of a lock. A storage that has seen a greater one refuses the write of an \
               earlier holder.",
        source: "Kleppmann 2016",
        shown: ("fenced-write", "refused c1"),
    },
    Entry {
        term: "follower",
        also: &["followers"],
        says: "A server that takes its log from the leader. It stands for election when it hears none for too long.",
        source: "Ongaro & Ousterhout 2014, §5.1",
        shown: ("flapping-link", "elected after 1s"),
    },
    Entry {
        term: "gossip",
        also: &[],
        says: "Replicas tell random others what they have, again and again. News reaches all of them, in no fixed time.",
        source: "Demers et al. 1987",
        shown: (SMALLER, "converged on AP"),
    },
    Entry {
        term: "heartbeat",
        also: &["heartbeats"],
        says: "A message without entries that a leader sends at short intervals. Followers that hear it don't stand for election.",
        source: "Ongaro & Ousterhout 2014, §5.2",
        shown: ("one-way-cut", "unknown ana"),
    },
    Entry {
        term: "last write wins",
        also: &["last-write-wins"],
        says: "Of two writes the one with the later time stays. A clock that runs ahead beats newer writes, and nobody is told.",
        source: "Johnson & Thomas 1975",
        shown: ("one-skewed-clock", "overwritten ana on AP"),
    },
    Entry {
        term: "latency",
        also: &[],
        says: "The time from a request to its answer. Half of all answers came within p50, 99 of 100 within p99.",
        source: "Dean & Barroso 2013",
        shown: ("slow-region", "answered ana on CP by 1200ms"),
    },
    Entry {
        term: "leader",
        also: &["leaders"],
        says: "The one server through which a log grows. A cut-off leader may still believe to lead, but can commit nothing.",
        source: "Ongaro & Ousterhout 2014, §5",
        shown: (SMALLER, "two-leaders on CP"),
    },
    Entry {
        term: "lease",
        also: &["leases"],
        says: "For a time that followers have promised, nobody else is elected, so the leader may answer reads alone. It \
               trusts clocks to run alike.",
        source: "Gray & Cheriton 1989; Ongaro 2014, §6.4.1",
        shown: (LEASE, "stale ana"),
    },
    Entry {
        term: "linearizable",
        also: &["linearizability"],
        says: "Each operation seems to happen at one moment between its call and its answer. A read sees all that was confirmed \
               before it began.",
        source: "Herlihy & Wing 1990",
        shown: (LEASE, "stale ana"),
    },
    Entry {
        term: "log",
        also: &["logs"],
        says: "The list of all commands, in the order in which replicas carry them out. Equal logs lead to equal states.",
        source: "Schneider 1990; Ongaro & Ousterhout 2014, §2",
        shown: (FIGURE_8, "confirmed ana"),
    },
    Entry {
        term: "no-op",
        also: &["no-ops"],
        says: "An entry without effect that a new leader adds. Committing it commits all older entries along with it.",
        source: "Ongaro & Ousterhout 2014, §8",
        shown: (CRASH, "after-all ana"),
    },
    Entry {
        term: "PACELC",
        also: &[],
        says: "Under a partition: availability or consistency. Else, every day: latency or consistency, as asking a majority \
               takes time.",
        source: "Abadi 2012",
        shown: ("calm-day", "stale chen on AP"),
    },
    Entry {
        term: "partition",
        also: &["partitions", "partitioned", "cut off"],
        says: "Messages between some replicas get lost, in one direction or both. The replicas run on and can't tell it from \
               silence.",
        source: "Gilbert & Lynch 2002, §2.3",
        shown: (SMALLER, "two-leaders on CP"),
    },
    Entry {
        term: "pre-vote",
        also: &["pre-candidate"],
        says: "Before it raises its term, a server asks whether the others would vote for it. So one that returns deposes \
               nobody.",
        source: "Ongaro 2014, §9.6",
        shown: ("removed-server", "refused on raft after 3s"),
    },
    Entry {
        term: "promise",
        also: &["promises", "promised"],
        says: "In Paxos's first phase an acceptor promises to take part in no lower ballot. It reports what it has accepted.",
        source: "Lamport 2001, §2.2",
        shown: (DUEL, "refused p1"),
    },
    Entry {
        term: "quorum",
        also: &["quorums", "majority"],
        says: "Enough servers that any two such groups share one: mostly a majority. What one quorum decided, the next one \
               learns.",
        source: "Lamport 2001, §2.1",
        shown: (MINORITY, "refused ana on CP"),
    },
    Entry {
        term: "refused",
        also: &["refuses", "refuse"],
        says: "The store says no, and nothing happened. The person may ask again, with no risk of a second post.",
        source: "the feed's specification",
        shown: (MINORITY, "refused ana on CP"),
    },
    Entry {
        term: "replica",
        also: &["replicas"],
        says: "One of several servers with a copy of the same data. People talk to the one that is theirs.",
        source: "Schneider 1990",
        shown: (SMALLER, "converged on CP"),
    },
    Entry {
        term: "session",
        also: &["sessions"],
        says: "Replicas remember which of a client's commands they carried out. A command that comes twice takes effect once.",
        source: "Ongaro 2014, §6.3",
        shown: (CRASH, "unknown ana"),
    },
    Entry {
        term: "siblings",
        also: &["sibling"],
        says: "Values that were written without knowing of each other. All of them stay until somebody who has seen them writes again.",
        source: "Dynamo §4.4",
        shown: ("siblings", "siblings chen on AP"),
    },
    Entry {
        term: "split brain",
        also: &[],
        says: "Two servers act as leader at once, and both get their way. Quorums prevent it: only one side can have a \
               majority.",
        source: "Davidson, Garcia-Molina & Skeen 1985",
        shown: ("split-brain", "two-leaders on AP"),
    },
    Entry {
        term: "stale",
        also: &["out of date", "old data"],
        says: "A read is stale if it misses a post that was confirmed before the read began. The reader can't tell.",
        source: "the feed's specification",
        shown: (MINORITY, "stale ana on AP"),
    },
    Entry {
        term: "term",
        also: &["terms"],
        says: "Raft's count of elections, and its clock. A server that hears of a higher term takes it over at once.",
        source: "Ongaro & Ousterhout 2014, §5.1",
        shown: ("flapping-link", "elected after 1s"),
    },
    Entry {
        term: "unknown",
        also: &[],
        says: "No answer came in time. The request may have happened, may yet happen, or never will: the client can't tell.",
        source: "Fischer, Lynch & Paterson 1985",
        shown: (CRASH, "unknown ana"),
    },
    Entry {
        term: "version vector",
        also: &["version vectors"],
        says: "Which writes a value follows: for each writer, how many. It tells a newer value from a concurrent one.",
        source: "Parker et al. 1983",
        shown: ("siblings", "siblings chen on AP"),
    },
    Entry {
        term: "vote",
        also: &["votes"],
        says: "In each term a server votes for at most one candidate, and keeps that on disk. The candidate's log must not \
               lack what its own has.",
        source: "Ongaro & Ousterhout 2014, §5.2 and §5.4.1",
        shown: (FIGURE_8, "broken \"Leader Completeness\""),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_stand_by_the_alphabet_and_no_form_is_two_entries() {
        let lower: Vec<String> = ENTRIES.iter().map(|entry| entry.term.to_lowercase()).collect();
        assert!(lower.is_sorted(), "{lower:?}");
        let mut all: Vec<String> = ENTRIES.iter().flat_map(forms).map(str::to_lowercase).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|two| two[0] != two[1]), "{all:?}");
    }

    #[test]
    fn a_sentence_marks_each_word_once_in_its_longest_form() {
        let text = "Leaders commit up to the commit index; a leader’s log, catalogues, «term».";
        let marked: Vec<&str> = pieces(text)
            .iter()
            .filter_map(|piece| if let Piece::Term(word, _) = piece { Some(*word) } else { None })
            .collect();
        assert_eq!(marked, ["Leaders", "commit", "log", "term"]);
        let whole: String = pieces(text)
            .iter()
            .map(|piece| match piece {
                Piece::Plain(text) | Piece::Term(text, _) => *text,
            })
            .collect();
        assert_eq!(whole, text);
        let longest = pieces("the commit index");
        assert!(matches!(longest[..], [Piece::Plain("the "), Piece::Term("commit index", _)]), "{longest:?}");
    }

    #[test]
    fn a_word_is_found_in_whatever_form() {
        assert_eq!(entry("Quorums").map(|entry| entry.term), Some("quorum"));
        assert_eq!(entry("catalogue"), None);
    }
}
