//! The core of Ongaro's TLA+ specification of Raft on which the safety of commitment rests (raft.tla, thesis appendix B.1 and
//! github.com/ongardie/raft.tla): terms, votes, logs, `votesGranted`, `matchIndex`, `commitIndex` and messages. An action is
//! one of raft.tla, under its name; it belongs to one server, which may receive any message that was ever sent.
//!
//! As in raft.tla the network may repeat and drop messages, so what was sent may be received any number of times or never.
//!
//! **Left out**: `nextIndex`, on which no safety rests: a leader may send any part of its log. An AppendEntries may carry any
//! number of entries; they are appended one by one, which raft.tla says is the same. `votesResponded`, which keeps a candidate
//! from asking twice. The messages of a candidate to itself: it votes for itself in one step. What a server knows as a
//! candidate or as a leader is cleared when it is none any more, where raft.tla keeps it and never looks at it.
//!
//! **Different**: `commitIndex` never goes back but by a restart, as in Figure 2; in raft.tla an old message may set it back.
//! **Added**: the leader's disk works in parallel with its followers' (thesis §10.2.1). A leader counts itself only up to where
//! its log is durable ([`Server::own_disk`]), and a leader that restarts may lose what lies beyond; raft.tla's logs are durable
//! at once.

use cap_lab::node::{NodeId, NodeSet};

/// How many servers there are.
pub(crate) const SERVERS: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Follower,
    Candidate,
    Leader,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) term: u64,
    pub(crate) value: u8,
}

/// The variables of one server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Server {
    pub(crate) id: NodeId,
    pub(crate) term: u64,
    pub(crate) role: Role,
    pub(crate) voted_for: Option<NodeId>,
    pub(crate) log: Vec<Entry>,
    pub(crate) commit: usize,
    /// Of a candidate: `votesGranted`.
    pub(crate) votes: NodeSet,
    /// Of a leader: `matchIndex`, its own being what is durable.
    pub(crate) matched: [usize; SERVERS],
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Message {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) term: u64,
    pub(crate) what: What,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum What {
    RequestVote {
        last_term: u64,
        last_index: usize,
    },
    Vote {
        granted: bool,
    },
    /// `previous` is an index and the term there.
    AppendEntries {
        previous: (usize, u64),
        entries: Vec<Entry>,
        commit: usize,
    },
    /// `Some(mmatchIndex)` if it succeeded.
    Appended(Option<usize>),
}

/// One action of one server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    Timeout,
    /// `RequestVote(i, i)`, its receipt, and that of its answer.
    VoteForItself,
    BecomeLeader,
    ClientRequest(u8),
    /// The added one.
    OwnDisk,
    AdvanceCommitIndex,
    UpdateTerm(Message),
    Receive(Message),
    /// Keeps so many entries.
    Restart(usize),
}

impl Server {
    /// What an action makes of this server, and what it answers; none if it is not enabled.
    pub(crate) fn after(&self, action: &Action) -> Option<(Self, Option<Message>)> {
        let silent = |next: Self| Some((next, None));
        match action {
            Action::Timeout => silent(self.timeout()?),
            Action::VoteForItself => silent(self.vote_for_itself()?),
            Action::BecomeLeader => silent(self.become_leader()?),
            Action::ClientRequest(value) => silent(self.client_request(*value)?),
            Action::OwnDisk => silent(self.own_disk()?),
            Action::AdvanceCommitIndex => silent(self.advance_commit_index()?),
            Action::UpdateTerm(message) => silent(self.update_term(message)?),
            Action::Receive(message) => self.receive(message),
            Action::Restart(kept) => silent(self.restart(*kept)?),
        }
    }

    /// Whether this server may send it: `RequestVote(i, j)` or `AppendEntries(i, j)`.
    pub(crate) fn may_send(&self, message: &Message) -> bool {
        let Message { from, to, term, what } = message;
        if *from != self.id || to == from || *term != self.term {
            return false;
        }
        match what {
            What::RequestVote { last_term, last_index } => {
                self.role == Role::Candidate && (*last_term, *last_index) == self.last()
            }
            What::AppendEntries { previous: (index, previous), entries, commit } => {
                let end = index + entries.len();
                self.role == Role::Leader
                    && self.term_at(*index) == Some(*previous)
                    && self.log.get(*index..end) == Some(entries)
                    && *commit == self.commit.min(end)
            }
            What::Vote { .. } | What::Appended(_) => false,
        }
    }

    /// Its last entry: its term, and where it is.
    fn last(&self) -> (u64, usize) {
        (self.log.last().map_or(0, |entry| entry.term), self.log.len())
    }

    fn term_at(&self, index: usize) -> Option<u64> {
        if index == 0 { Some(0) } else { self.log.get(index - 1).map(|entry| entry.term) }
    }

    /// In a role of which nothing is known yet.
    fn turned(&self, role: Role) -> Self {
        Self { role, votes: NodeSet::EMPTY, matched: [0; SERVERS], ..self.clone() }
    }

    fn timeout(&self) -> Option<Self> {
        let next = Self { term: self.term + 1, voted_for: None, ..self.turned(Role::Candidate) };
        (self.role != Role::Leader).then_some(next)
    }

    fn vote_for_itself(&self) -> Option<Self> {
        let free = self.role == Role::Candidate && self.voted_for.is_none();
        free.then(|| Self { voted_for: Some(self.id), votes: self.votes.with(self.id), ..self.clone() })
    }

    fn become_leader(&self) -> Option<Self> {
        let elected = self.role == Role::Candidate && 2 * self.votes.len() > SERVERS;
        elected.then(|| self.turned(Role::Leader).own_disk().expect("a leader"))
    }

    fn client_request(&self, value: u8) -> Option<Self> {
        let mut next = self.clone();
        next.log.push(Entry { term: self.term, value });
        (self.role == Role::Leader).then_some(next)
    }

    /// Its log is durable.
    fn own_disk(&self) -> Option<Self> {
        let mut next = self.clone();
        next.matched[self.id.index()] = self.log.len();
        (self.role == Role::Leader).then_some(next)
    }

    fn advance_commit_index(&self) -> Option<Self> {
        let agrees = |index: &usize| 2 * self.matched.iter().filter(|matched| *matched >= index).count() > SERVERS;
        let most = (1..=self.log.len()).rev().find(agrees)?;
        let commits = self.role == Role::Leader && self.term_at(most) == Some(self.term) && most > self.commit;
        commits.then(|| Self { commit: most, ..self.clone() })
    }

    fn restart(&self, kept: usize) -> Option<Self> {
        let durable = if self.role == Role::Leader { self.matched[self.id.index()] } else { self.log.len() };
        (durable..=self.log.len()).contains(&kept).then(|| {
            let mut next = Self { commit: 0, ..self.turned(Role::Follower) };
            next.log.truncate(kept);
            next
        })
    }

    fn update_term(&self, message: &Message) -> Option<Self> {
        let next = Self { term: message.term, voted_for: None, ..self.turned(Role::Follower) };
        (message.to == self.id && message.term > self.term).then_some(next)
    }

    fn receive(&self, message: &Message) -> Option<(Self, Option<Message>)> {
        if message.to != self.id || message.term > self.term {
            return None;
        }
        let reply = |what| Some(Message { from: self.id, to: message.from, term: self.term, what });
        let current = message.term == self.term;
        match &message.what {
            What::RequestVote { last_term, last_index } => {
                let free = self.voted_for.is_none_or(|winner| winner == message.from);
                let granted = current && free && (*last_term, *last_index) >= self.last();
                let voted_for = if granted { Some(message.from) } else { self.voted_for };
                Some((Self { voted_for, ..self.clone() }, reply(What::Vote { granted })))
            }
            What::Vote { granted } => {
                let counts = current && *granted && self.role == Role::Candidate;
                counts.then(|| (Self { votes: self.votes.with(message.from), ..self.clone() }, None))
            }
            What::AppendEntries { .. } if !current => Some((self.clone(), reply(What::Appended(None)))),
            What::AppendEntries { .. } if self.role == Role::Candidate => Some((self.turned(Role::Follower), None)),
            What::AppendEntries { .. } if self.role == Role::Leader => None,
            What::AppendEntries { previous: (index, term), .. } if self.term_at(*index) != Some(*term) => {
                Some((self.clone(), reply(What::Appended(None))))
            }
            What::AppendEntries { previous: (index, _), entries, commit } => {
                let mut next = self.clone();
                let held = self.log[*index..].iter().zip(entries);
                if held.clone().any(|(own, theirs)| own.term != theirs.term) {
                    // A conflict: one entry goes.
                    next.log.pop();
                } else if let Some(lacking) = entries.get(held.len()) {
                    next.log.push(*lacking);
                } else {
                    next.commit = self.commit.max(*commit);
                    return Some((next, reply(What::Appended(Some(index + entries.len())))));
                }
                Some((next, None))
            }
            What::Appended(matched) => {
                let mut next = self.clone();
                let known = &mut next.matched[message.from.index()];
                *known = (*matched)?.max(*known);
                (current && self.role == Role::Leader).then_some((next, None))
            }
        }
    }
}
