//! Who takes part: voters, learners, and how that changes while the cluster runs (§6; Ongaro's thesis, chapter 4).
//!
//! A configuration is an entry of the log. Every server uses the latest one in its log from the moment that it is there,
//! committed or not, and goes back to the one before if the entry is removed. Two configurations are therefore in use at the
//! same time, on different servers, and no two majorities of theirs may be disjoint. There are two ways to be sure of that:
//!
//! - **One server at a time** (thesis §4.1): a majority of n and one of n + 1 always share a server.
//! - **Joint consensus** (§6): any number at once, through a configuration in which every decision takes a majority of the
//!   old voters and one of the new. When its entry is committed, the leader appends the new configuration alone.
//!
//! Both rest on a change being over before the next one starts, and, for the first, on the leader having committed an entry
//! of its own term before it starts one: without that, two leaders that each know of one change only can both go on. The
//! thesis as printed lacks this rule; Ongaro added it in 2015 ("bug in single-server membership changes", raft-dev).
//!
//! **Learners** (thesis §4.2.1) receive the log and do not vote or count. A new server starts as one, or it would hold up
//! commits until its log has caught up.
//!
//! A leader that is not among the new voters leads on, without counting itself, until the new configuration is committed, and
//! then steps down (§6; thesis §4.2.2). A server that was removed may not know that this is committed, and stands for election:
//! that does no harm to safety, and leader stickiness keeps it from deposing leaders (§6; thesis §4.2.3).

use serde::Serialize;

use super::log::{Entry, Index, Log, Payload};
use super::note::MembershipNote;
use super::role::Role;
use super::{Flaw, Progress, Raft, Refusal, Timer};
use crate::node::{Answer, Command, Effects, NodeId, NodeSet, RequestId};

/// A configuration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Membership {
    /// Whose majority decides.
    pub voters: NodeSet,
    /// While the change is under way (joint consensus): the voters of the configuration before, whose majority must agree
    /// as well. Otherwise nobody.
    pub outgoing: NodeSet,
    /// Who receives the log without a vote. May be outgoing voters, which become learners when the change is over.
    pub learners: NodeSet,
}

impl Membership {
    /// A configuration that is not joint.
    pub fn simple(voters: NodeSet, learners: NodeSet) -> Self {
        assert!(!voters.is_empty(), "nobody could decide anything");
        assert!(voters.intersection(learners).is_empty(), "a voter is no learner");
        Self { voters, outgoing: NodeSet::EMPTY, learners }
    }

    /// Whether decisions take two majorities.
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Who has a vote, in either half.
    pub fn electorate(&self) -> NodeSet {
        self.voters.union(self.outgoing)
    }

    /// Everyone to whom the log is replicated.
    pub fn all(&self) -> NodeSet {
        self.electorate().union(self.learners)
    }

    /// What a joint configuration is on the way to.
    pub fn target(&self) -> Self {
        Self { outgoing: NodeSet::EMPTY, ..*self }
    }
}

/// A change of the configuration that a client may ask a leader for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Change {
    /// Makes this server a learner: a new one, so that it catches up, or a voter that gives up its vote.
    AddLearner(NodeId),
    /// Gives this server a vote (thesis §4.1).
    Add(NodeId),
    /// Takes this server out (thesis §4.1).
    Remove(NodeId),
    /// Any other voters and learners, through a joint configuration (§6).
    Joint {
        /// The new voters.
        voters: NodeSet,
        /// The new learners.
        learners: NodeSet,
    },
}

impl Change {
    /// The configuration that starts this change, coming from `old`, which is not joint.
    fn start(self, old: Membership) -> Membership {
        let Membership { voters, learners, .. } = old;
        match self {
            Self::AddLearner(id) => Membership { voters: voters.without(id), learners: learners.with(id), ..old },
            Self::Add(id) => Membership { voters: voters.with(id), learners: learners.without(id), ..old },
            Self::Remove(id) => Membership { voters: voters.without(id), learners: learners.without(id), ..old },
            Self::Joint { voters, learners } => {
                Membership { voters, outgoing: old.voters, learners: learners.difference(voters) }
            }
        }
    }
}

/// Why a leader does not start a change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChangeRefusal {
    /// The leader has not committed an entry of its own term yet: an entry of an earlier leader, unknown to it, may hold
    /// another change (Ongaro 2015).
    TermNotCommitted,
    /// The change before it is not over (§6; thesis §4.1).
    UnderWay {
        /// The entry that has to be committed first.
        index: Index,
    },
    /// This server would get a vote while its log lacks committed entries: it has to catch up as a learner (thesis §4.2.1).
    NotCaughtUp {
        /// The server.
        server: NodeId,
    },
    /// Nobody would be left to decide.
    NoVoters,
    /// The configuration is what was asked for.
    NoChange,
}

/// The configurations that a server knows: the one before its log, and those in its log. What it makes of that log, so not
/// durable itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Memberships(Vec<(Index, Membership)>);

impl Memberships {
    /// `first` is in use before the entries of `log`.
    pub(super) fn new<C: Command>(first: Membership, log: &Log<C>) -> Self {
        let base = log.base().index;
        let entries = log.iter_from(base.next()).filter_map(|(index, entry)| Some((index, configuration(entry)?)));
        Self([(base, first)].into_iter().chain(entries).collect())
    }

    /// The one in use, and the entry that holds it (or covers it, for the first).
    pub(super) fn latest(&self) -> &(Index, Membership) {
        self.0.last().expect("never empty")
    }

    /// The one in use at `index`, which is not compacted.
    pub(super) fn at(&self, index: Index) -> Membership {
        self.0.iter().rfind(|(at, _)| *at <= index).expect("not compacted").1
    }

    /// The last one that is committed, and those after it: all that may be in use somewhere, as far as this server knows.
    fn perhaps_in_use(&self, commit: Index) -> impl Iterator<Item = &Membership> {
        let skipped = self.0.iter().rposition(|(index, _)| *index <= commit).unwrap_or(0);
        self.0[skipped..].iter().map(|(_, membership)| membership)
    }

    /// `entries` were appended, the first of them at `first`.
    pub(super) fn append<C: Command>(&mut self, first: Index, entries: &[Entry<C>]) {
        let indexed = (first.0..).map(Index).zip(entries);
        self.0.extend(indexed.filter_map(|(index, entry)| Some((index, configuration(entry)?))));
    }

    /// The entries from `from` on are gone.
    pub(super) fn truncate(&mut self, from: Index) {
        self.0.retain(|(index, _)| *index < from);
    }

    /// The entries up to `base` are compacted, with this configuration; what is left ends with `last`.
    pub(super) fn compact(&mut self, base: Index, membership: Membership, last: Index) {
        self.0.retain(|(index, _)| *index > base && *index <= last);
        self.0.insert(0, (base, membership));
    }
}

/// The configuration that an entry holds.
fn configuration<C>(entry: &Entry<C>) -> Option<Membership> {
    match &entry.payload {
        Payload::Config(membership) => Some(*membership),
        Payload::Noop | Payload::Command(_) => None,
    }
}

impl<C: Command> Raft<C> {
    /// The configuration that it uses: the latest in its log, committed or not.
    pub fn membership(&self) -> &Membership {
        &self.memberships.latest().1
    }

    /// Whether it may stand for election: it votes in a configuration that may be in use. One that is being removed stands
    /// while it does not know that this is committed, for it may be the only one that can win (thesis §4.2.2).
    pub fn may_stand(&self) -> bool {
        self.memberships.perhaps_in_use(self.commit).any(|members| members.electorate().contains(self.config.id))
    }

    /// To whom it replicates as a leader, itself excepted: who is being removed gets the log until that is committed.
    pub(super) fn peers(&self) -> NodeSet {
        let members = self.memberships.perhaps_in_use(self.commit);
        members.fold(NodeSet::EMPTY, |all, members| all.union(members.all())).without(self.config.id)
    }

    /// A client asks for another configuration.
    pub(super) fn change_members(&mut self, request: RequestId, change: Change, out: &mut Effects<Self>) {
        match self.next_membership(change) {
            Ok(membership) => self.propose(Payload::Config(membership), request, out),
            Err(why) => {
                out.note(MembershipNote::ChangeRefused { request, change, why });
                out.reply(request, Answer::Refused(Refusal::Change(why)));
            }
        }
    }

    fn next_membership(&self, change: Change) -> Result<Membership, ChangeRefusal> {
        let (index, old) = *self.memberships.latest();
        // With this flaw a leader may not know of a change that an earlier leader has under way, and start its own.
        let settled = self.state.log.term_at(self.commit) == Some(self.state.term);
        if !settled && !self.has(Flaw::ChangeBeforeOwnCommit) {
            return Err(ChangeRefusal::TermNotCommitted);
        }
        if index > self.commit || old.is_joint() {
            return Err(ChangeRefusal::UnderWay { index });
        }
        let new = change.start(old);
        if new.voters.is_empty() {
            return Err(ChangeRefusal::NoVoters);
        }
        if new.target() == old {
            return Err(ChangeRefusal::NoChange);
        }
        let mut fresh = new.voters.difference(old.voters).iter();
        match fresh.find(|server| self.config.switches.learners_first && !self.has_caught_up(*server)) {
            Some(server) => Err(ChangeRefusal::NotCaughtUp { server }),
            None => Ok(new),
        }
    }

    /// Whether `server` is known to have all that is committed; a leader has.
    fn has_caught_up(&self, server: NodeId) -> bool {
        let Role::Leader { followers, .. } = &self.role else { panic!("only a leader knows") };
        server == self.config.id || followers.get(&server).is_some_and(|progress| progress.matched >= self.commit)
    }

    /// Its log has another configuration than before; a leader attends to those who are new.
    pub(super) fn membership_changed(&mut self, was: Index, out: &mut Effects<Self>) {
        let (index, membership) = *self.memberships.latest();
        if index < was {
            out.note(MembershipNote::RolledBack { lost: was, index, membership });
        } else {
            out.note(MembershipNote::Used { index, membership });
        }
        let (peers, last) = (self.peers(), self.state.log.last_index());
        match &mut self.role {
            Role::Leader { followers, .. } => {
                for peer in peers.iter().filter(|peer| !followers.contains_key(peer)).collect::<Vec<_>>() {
                    followers.insert(peer, Progress::probe(last));
                }
            }
            Role::Follower { .. } | Role::PreCandidate { .. } | Role::Candidate { .. } => {
                self.reset_election_timer(out);
            }
        }
    }

    /// A leader has committed more: goes on with the change under way.
    pub(super) fn advance_change(&mut self, out: &mut Effects<Self>) {
        let (index, membership) = *self.memberships.latest();
        if index > self.commit {
            return;
        }
        if membership.is_joint() {
            let target = membership.target();
            out.note(MembershipNote::JointCommitted { index, target });
            return self.append(Payload::Config(target), None, out);
        }
        let Role::Leader { followers, .. } = &self.role else { panic!("only a leader changes the configuration") };
        let gone: NodeSet = followers.keys().copied().filter(|peer| !membership.all().contains(*peer)).collect();
        for peer in gone.iter() {
            // Its last message: who learns that its removal is committed does not stand for election.
            self.send_append(peer, &mut None, out);
        }
        let Role::Leader { followers, .. } = &mut self.role else { panic!("sending does not end a term") };
        followers.retain(|peer, _| !gone.contains(*peer));
        if !gone.is_empty() {
            out.note(MembershipNote::Dismissed { servers: gone, index });
        }
        if !membership.voters.contains(self.config.id) {
            self.retire(index, out);
        }
    }

    /// The configuration without its vote is committed: leader -> follower in the same term (§6; thesis §4.2.2).
    fn retire(&mut self, index: Index, out: &mut Effects<Self>) {
        // The others learn of the commit now, so that none of them still waits for this server.
        self.send_heartbeats(out);
        out.note(MembershipNote::Retired { term: self.state.term, index });
        self.step_down(out);
    }

    /// Waits for a leader anew, if it may stand for election itself; a learner waits without a limit.
    pub(super) fn reset_election_timer(&self, out: &mut Effects<Self>) {
        if self.may_stand() {
            out.set_timer(Timer::Election, self.config.election_timeout);
        } else {
            out.cancel_timer(Timer::Election);
        }
    }
}
