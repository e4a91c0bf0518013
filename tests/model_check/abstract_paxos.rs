//! Lamport's abstract Paxos (the TLA+ module `Paxos` of *The Paxos Algorithm, or How to Win a Turing Award*, 2019, and of
//! github.com/tlaplus/Examples): no proposers, no learners, and messages that once sent stay for ever.
//!
//! Acceptors are numbered from 0, ballots from 0, values are any small numbers.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

/// How many acceptors, ballots and values there are.
pub(crate) const ACCEPTORS: u8 = 3;
const BALLOTS: u8 = 2;
const VALUES: u8 = 2;
/// Every majority of three that has no smaller one in it.
const QUORUMS: [[u8; 2]; 3] = [[0, 1], [0, 2], [1, 2]];

/// A vote: ballot and value.
pub(crate) type Vote = (u8, u8);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Message {
    OneA { ballot: u8 },
    OneB { acceptor: u8, ballot: u8, voted: Option<Vote> },
    TwoA { ballot: u8, value: u8 },
    TwoB { acceptor: u8, ballot: u8, value: u8 },
}

/// `maxBal`, and `maxVBal` with `maxVal`; none stands for -1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Acceptor {
    pub(crate) ballot: Option<u8>,
    pub(crate) voted: Option<Vote>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Abstract {
    pub(crate) acceptors: [Acceptor; ACCEPTORS as usize],
    pub(crate) messages: BTreeSet<Message>,
}

/// Which of the four actions a step is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Action {
    Phase1a,
    Phase1b,
    Phase2a,
    Phase2b,
}

impl Message {
    /// A bit of its own, above those of the acceptors' states.
    pub(crate) fn bit(self) -> u64 {
        let vote = |ballot: u8, value: u8| ballot * VALUES + value;
        let place = match self {
            Self::OneA { ballot } => ballot,
            Self::TwoA { ballot, value } => 2 + vote(ballot, value),
            Self::TwoB { acceptor, ballot, value } => 6 + acceptor * 4 + vote(ballot, value),
            Self::OneB { acceptor, ballot, voted } => {
                18 + (acceptor * BALLOTS + ballot) * 5 + voted.map_or(0, |(ballot, value)| 1 + vote(ballot, value))
            }
        };
        1 << (16 + place)
    }
}

impl Acceptor {
    /// Its state in five bits at a place of its own.
    pub(crate) fn bits(self, acceptor: u8) -> u64 {
        let ballot = self.ballot.map_or(0, |ballot| 1 + u64::from(ballot));
        let voted = self.voted.map_or(0, |(ballot, value)| 1 + u64::from(ballot * VALUES + value));
        (ballot | voted << 2) << (5 * acceptor)
    }
}

impl Abstract {
    /// All of it in one number.
    pub(crate) fn bits(&self) -> u64 {
        let acceptors = (0..ACCEPTORS).zip(self.acceptors).fold(0, |bits, (id, acceptor)| bits | acceptor.bits(id));
        self.messages.iter().fold(acceptors, |bits, message| bits | message.bit())
    }

    /// Every step that is possible: each choice of quorum and of the promise that witnesses the value is one.
    pub(crate) fn steps(&self) -> Vec<(Action, Self)> {
        let mut steps: Vec<(Action, Self)> =
            (0..BALLOTS).map(|ballot| (Action::Phase1a, self.with(Message::OneA { ballot }))).collect();
        for message in &self.messages {
            for acceptor in 0..ACCEPTORS {
                steps.extend(self.phase_1b(acceptor, *message).map(|next| (Action::Phase1b, next)));
                steps.extend(self.phase_2b(acceptor, *message).map(|next| (Action::Phase2b, next)));
            }
        }
        for ballot in 0..BALLOTS {
            for value in 0..VALUES {
                let ways = self.ways_to_2a(ballot, value);
                let next = self.with(Message::TwoA { ballot, value });
                steps.extend(std::iter::repeat_n((Action::Phase2a, next), ways));
            }
        }
        steps
    }

    fn with(&self, message: Message) -> Self {
        let mut next = self.clone();
        next.messages.insert(message);
        next
    }

    fn phase_1b(&self, acceptor: u8, message: Message) -> Option<Self> {
        let Message::OneA { ballot } = message else { return None };
        let Acceptor { ballot: max, voted } = self.acceptors[usize::from(acceptor)];
        (max < Some(ballot)).then(|| {
            let mut next = self.with(Message::OneB { acceptor, ballot, voted });
            next.acceptors[usize::from(acceptor)].ballot = Some(ballot);
            next
        })
    }

    fn phase_2b(&self, acceptor: u8, message: Message) -> Option<Self> {
        let Message::TwoA { ballot, value } = message else { return None };
        (self.acceptors[usize::from(acceptor)].ballot <= Some(ballot)).then(|| {
            let mut next = self.with(Message::TwoB { acceptor, ballot, value });
            next.acceptors[usize::from(acceptor)] = Acceptor { ballot: Some(ballot), voted: Some((ballot, value)) };
            next
        })
    }

    /// In how many ways `value` may be proposed under `ballot`: for each quorum whose promises are there one if none of them
    /// reports a vote, else one for each that reports the highest, if it is for `value`.
    fn ways_to_2a(&self, ballot: u8, value: u8) -> usize {
        let proposed = |message: &Message| matches!(message, Message::TwoA { ballot: other, .. } if *other == ballot);
        if self.messages.iter().any(proposed) {
            return 0;
        }
        let mut promises: BTreeMap<u8, Vec<Option<Vote>>> = BTreeMap::new();
        for message in &self.messages {
            if let Message::OneB { acceptor, ballot: other, voted } = message
                && *other == ballot
            {
                promises.entry(*acceptor).or_default().push(*voted);
            }
        }
        let full = QUORUMS.iter().filter(|quorum| quorum.iter().all(|acceptor| promises.contains_key(acceptor)));
        full.map(|quorum| {
            let votes: Vec<Vote> =
                quorum.iter().flat_map(|acceptor| promises[acceptor].iter().flatten().copied()).collect();
            match votes.iter().map(|(ballot, _)| *ballot).max() {
                None => 1,
                Some(highest) => votes.iter().filter(|vote| **vote == (highest, value)).count(),
            }
        })
        .sum()
    }
}

/// What TLC would print: distinct states, the depth with the initial state at 1, and successors with the initial state.
pub(crate) struct Counted {
    pub(crate) states: HashSet<Abstract>,
    pub(crate) depth: u32,
    /// Each way to a 2a counts.
    pub(crate) generated: u64,
    /// Each 2a counts once.
    pub(crate) generated_once: u64,
}

pub(crate) fn count() -> Counted {
    let first = Abstract::default();
    let mut states = HashSet::from([first.clone()]);
    let mut open = VecDeque::from([(first, 1)]);
    let mut counted = Counted { states: HashSet::new(), depth: 0, generated: 1, generated_once: 1 };
    while let Some((state, depth)) = open.pop_front() {
        counted.depth = depth;
        let steps = state.steps();
        counted.generated += steps.len() as u64;
        let of_2a: Vec<&Abstract> =
            steps.iter().filter(|(action, _)| *action == Action::Phase2a).map(|(_, next)| next).collect();
        let different: BTreeSet<&Abstract> = of_2a.iter().copied().collect();
        counted.generated_once += (steps.len() - of_2a.len() + different.len()) as u64;
        for (_, next) in steps {
            if states.insert(next.clone()) {
                open.push_back((next, depth + 1));
            }
        }
    }
    counted.states = states;
    counted
}

/// The counts that TLC gives for this instance.
#[test]
fn it_has_as_many_states_as_tlc_counts() {
    let counted = count();
    assert_eq!((counted.states.len(), counted.depth), (3_921, 17));
    assert_eq!((counted.generated, counted.generated_once), (23_563, 22_995));
}

/// And two values are never chosen in it.
#[test]
fn it_chooses_one_value() {
    let mut chosen_states = 0;
    let states: BTreeSet<Abstract> = count().states.into_iter().collect();
    for state in states {
        let mut votes: BTreeMap<Vote, u8> = BTreeMap::new();
        for message in &state.messages {
            if let Message::TwoB { ballot, value, .. } = message {
                *votes.entry((*ballot, *value)).or_default() += 1;
            }
        }
        let chosen: BTreeSet<u8> = votes.iter().filter(|(_, by)| **by >= 2).map(|((_, value), _)| *value).collect();
        assert!(chosen.len() <= 1, "{state:?}");
        chosen_states += usize::from(chosen.len() == 1);
    }
    assert!(chosen_states > 0);
}
