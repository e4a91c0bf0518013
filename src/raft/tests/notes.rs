//! Every note happens, and becomes a sentence.

use std::collections::BTreeMap;

use super::*;
use crate::explain::raft::sentence;
use crate::explain::said_once::compare_sentences;
use crate::explain::{Sentence, Tone};
use crate::test_cluster::kinds_of_notes;

kinds_of_notes! {
    "started": Note::Started { .. },
    "asks for votes, no leader": Note::Election(ElectionNote::AsksForVotes { heard: Heard::NoLeader, .. }),
    "asks for votes, silent leader": Note::Election(ElectionNote::AsksForVotes { heard: Heard::Leader(_), .. }),
    "asks for votes, split vote": Note::Election(ElectionNote::AsksForVotes { heard: Heard::Votes(_) | Heard::TooFewGrants(_), .. }),
    "vote granted": Note::Election(ElectionNote::VoteGranted { .. }),
    "vote refused, stale term": Note::Election(ElectionNote::VoteRefused { why: VoteRefusal::StaleTerm { .. }, .. }),
    "vote refused, already voted": Note::Election(ElectionNote::VoteRefused { why: VoteRefusal::AlreadyVoted { .. }, .. }),
    "vote refused, log": Note::Election(ElectionNote::VoteRefused { why: VoteRefusal::LogNotUpToDate { .. }, .. }),
    "vote counted": Note::Election(ElectionNote::VoteCounted { .. }),
    "vote denied": Note::Election(ElectionNote::VoteDenied { .. }),
    "became leader": Note::Election(ElectionNote::BecameLeader { .. }),
    "term adopted by a follower": Note::TermAdopted { left: RoleName::Follower, .. },
    "term adopted by a candidate": Note::TermAdopted { left: RoleName::Candidate, .. },
    "term adopted by a leader": Note::TermAdopted { left: RoleName::Leader, .. },
    "concedes": Note::Election(ElectionNote::FollowsLeader { left: RoleName::Candidate, .. }),
    "need not ask": Note::Election(ElectionNote::FollowsLeader { left: RoleName::PreCandidate, .. }),
    "follows": Note::Election(ElectionNote::FollowsLeader { .. }),
    "heartbeat": Note::Leader(LeaderNote::HeartbeatSent { .. }),
    "no-op appended": Note::Leader(LeaderNote::EntryAppended { what: PayloadKind::Noop, .. }),
    "entry appended": Note::Leader(LeaderNote::EntryAppended { what: PayloadKind::Command, .. }),
    "configuration appended": Note::Leader(LeaderNote::EntryAppended { what: PayloadKind::Config, .. }),
    "heartbeat accepted": Note::Follower(FollowerNote::AppendAccepted { received: 0, .. }),
    "append accepted": Note::Follower(FollowerNote::AppendAccepted { .. }),
    "append refused, stale term": Note::Follower(FollowerNote::AppendRefused { why: AppendRefusal::StaleTerm { .. }, .. }),
    "append refused, missing": Note::Follower(FollowerNote::AppendRefused { why: AppendRefusal::MissingPrevious { .. }, .. }),
    "append refused, mismatch": Note::Follower(FollowerNote::AppendRefused { why: AppendRefusal::TermMismatch { .. }, .. }),
    "truncated": Note::Follower(FollowerNote::ConflictTruncated { .. }),
    "match advanced": Note::Leader(LeaderNote::MatchAdvanced { .. }),
    "backed up by term": Note::Leader(LeaderNote::NextIndexBackedUp { conflict: Some(_), .. }),
    "backed up": Note::Leader(LeaderNote::NextIndexBackedUp { conflict: None, .. }),
    "commit advanced": Note::Leader(LeaderNote::CommitAdvanced { .. }),
    "commit held back": Note::Leader(LeaderNote::CommitHeldBack { .. }),
    "commit learned": Note::Follower(FollowerNote::CommitLearned { .. }),
    "request committed": Note::Client(ClientNote::RequestCommitted { .. }),
    "request superseded": Note::Client(ClientNote::RequestSuperseded { .. }),
    "request refused, leader known": Note::Client(ClientNote::RequestRefused { leader: Some(_), .. }),
    "request refused, no leader": Note::Client(ClientNote::RequestRefused { leader: None, .. }),
    "ignored, older term": Note::ReplyIgnored { why: Ignored::OlderTerm { .. }, .. },
    "ignored, earlier term": Note::ReplyIgnored { why: Ignored::EarlierTerm, .. },
    "ignored, not candidate": Note::ReplyIgnored { why: Ignored::NotCandidate, .. },
    "ignored, duplicate": Note::ReplyIgnored { why: Ignored::DuplicateVote, .. },
    "ignored, not leader": Note::ReplyIgnored { why: Ignored::NotLeader, .. },
    "ignored, already matched": Note::ReplyIgnored { why: Ignored::AlreadyMatched { .. }, .. },
    "ignored, not current": Note::ReplyIgnored { why: Ignored::NotCurrent { .. }, .. },
    "asks for pre-votes, too few": Note::PreVote(PreVoteNote::Asks { heard: Heard::TooFewGrants(_), .. }),
    "asks for pre-votes": Note::PreVote(PreVoteNote::Asks { .. }),
    "asks for votes, after pre-votes": Note::Election(ElectionNote::AsksForVotes { heard: Heard::Grants(_), .. }),
    "asks for votes, told to": Note::Election(ElectionNote::AsksForVotes { heard: Heard::TimeoutNow(_), .. }),
    "pre-vote granted": Note::PreVote(PreVoteNote::Granted { .. }),
    "pre-vote refused, stale term": Note::PreVote(PreVoteNote::Refused { why: VoteRefusal::StaleTerm { .. }, .. }),
    "pre-vote refused, hears a leader": Note::PreVote(PreVoteNote::HoldsOn { .. }),
    "pre-vote refused, log": Note::PreVote(PreVoteNote::Refused { .. }),
    "pre-vote counted": Note::PreVote(PreVoteNote::Counted { .. }),
    "pre-vote denied": Note::PreVote(PreVoteNote::Denied { .. }),
    "term adopted by a pre-candidate": Note::TermAdopted { left: RoleName::PreCandidate, .. },
    "request ignored by a leader's voter": Note::Election(ElectionNote::VoteRequestIgnored { contact: Contact { leader: Some(_), .. }, .. }),
    "request ignored after a restart": Note::Election(ElectionNote::VoteRequestIgnored { contact: Contact { leader: None, .. }, .. }),
    "quorum lost": Note::Leader(LeaderNote::QuorumLost { .. }),
    "transfer started": Note::Transfer(TransferNote::Started { .. }),
    "timeout now sent": Note::Transfer(TransferNote::TimeoutNowSent { .. }),
    "transfer switched off": Note::Transfer(TransferNote::Refused { why: TransferRefusal::SwitchedOff, .. }),
    "transfer to itself": Note::Transfer(TransferNote::Refused { why: TransferRefusal::AlreadyLeads, .. }),
    "transfer to a stranger": Note::Transfer(TransferNote::Refused { why: TransferRefusal::NoMember, .. }),
    "transfer under way": Note::Transfer(TransferNote::Refused { why: TransferRefusal::UnderWay, .. }),
    "transfer replaced": Note::Transfer(TransferNote::Refused { why: TransferRefusal::Replaced, .. }),
    "transfer timed out": Note::Transfer(TransferNote::Refused { why: TransferRefusal::TimedOut, .. }),
    "transfer ended with the office": Note::Transfer(TransferNote::Refused { why: TransferRefusal::LostOffice, .. }),
    "another was elected": Note::Transfer(TransferNote::Refused { why: TransferRefusal::OtherElected(_), .. }),
    "transfer given up": Note::Transfer(TransferNote::GivenUp { .. }),
    "transfer done": Note::Transfer(TransferNote::Done { .. }),
    "refused while handing over": Note::Transfer(TransferNote::RequestRefused { .. }),
    "ignored, not follower": Note::ReplyIgnored { why: Ignored::NotFollower, .. },
    "vote counted again": Note::Election(ElectionNote::VoteCountedAgain { .. }),
    "read waits": Note::Client(ClientNote::ReadWaits { .. }),
    "read answered by a round": Note::Client(ClientNote::ReadAnswered { proof: ReadProof::Round { .. }, .. }),
    "read answered by lease": Note::Client(ClientNote::ReadAnswered { proof: ReadProof::Lease { .. }, .. }),
    "read answered by mistake": Note::Client(ClientNote::ReadAnswered { proof: ReadProof::None, .. }),
    "lease renewed": Note::Client(ClientNote::LeaseRenewed { .. }),
    "ignored, not a member": Note::ReplyIgnored { why: Ignored::NotMember, .. },
    "compacted": Note::Snapshot(SnapshotNote::Compacted { .. }),
    "snapshot sent": Note::Snapshot(SnapshotNote::Sent { .. }),
    "snapshot installed": Note::Snapshot(SnapshotNote::Installed { .. }),
    "snapshot ignored": Note::Snapshot(SnapshotNote::Ignored { .. }),
    "snapshot refused": Note::Snapshot(SnapshotNote::Refused { .. }),
    "request's fate unknown": Note::Client(ClientNote::RequestFateUnknown { .. }),
    "entry held back": Note::Leader(LeaderNote::EntryHeldBack { .. }),
    "configuration used": Note::Membership(MembershipNote::Used { .. }),
    "configuration rolled back": Note::Membership(MembershipNote::RolledBack { .. }),
    "change refused, term": Note::Membership(MembershipNote::ChangeRefused { why: ChangeRefusal::TermNotCommitted, .. }),
    "change refused, under way": Note::Membership(MembershipNote::ChangeRefused { why: ChangeRefusal::UnderWay { .. }, .. }),
    "change refused, learner behind": Note::Membership(MembershipNote::ChangeRefused { why: ChangeRefusal::NotCaughtUp { .. }, .. }),
    "change refused, no voters": Note::Membership(MembershipNote::ChangeRefused { why: ChangeRefusal::NoVoters, .. }),
    "change refused, no change": Note::Membership(MembershipNote::ChangeRefused { why: ChangeRefusal::NoChange, .. }),
    "joint committed": Note::Membership(MembershipNote::JointCommitted { .. }),
    "dismissed": Note::Membership(MembershipNote::Dismissed { .. }),
    "retired": Note::Membership(MembershipNote::Retired { .. }),
}

/// A leader crashes with an answer under way, comes back in its term, and gets the answer.
fn answered_after_a_crash() -> Cluster {
    let mut cluster = Cluster::new(3);
    cluster.elect(n(1), NodeSet::first(3));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(2));
    cluster.crash(n(1), 0);
    cluster.restart(n(1));
    cluster.deliver(n(2), n(1));
    cluster
}

/// A refusal of what a leader sent in an earlier term of its own arrives when it leads again.
fn refused_across_terms() -> Cluster {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.fire(n(1), Timer::Heartbeat);
    let late = cluster.take(|flying| flying.to == n(2));
    cluster.network.clear();
    cluster.fire(n(2), Timer::Election);
    cluster.deliver(n(2), n(1));
    cluster.network.clear();
    cluster.elect(n(1), all);
    for flying in late {
        cluster.tell(flying.from, flying.to, flying.message);
    }
    cluster.deliver(n(2), n(1));
    cluster
}

fn answered_by_mistake() -> Cluster {
    let empty = vec![PersistentState::default(); 3];
    let mut cluster = Cluster::configured(&empty, |config| config.flaw = Some(Flaw::ReadWithoutQuorum));
    cluster.elect(n(1), NodeSet::first(3));
    cluster.ask(n(1), 0, Request::Read);
    cluster
}

fn counted_again() -> Cluster {
    let empty = vec![PersistentState::default(); 5];
    let mut cluster = Cluster::configured(&empty, |config| config.flaw = Some(Flaw::DuplicateVotesCounted));
    cluster.fire(n(1), Timer::Election);
    let vote = Message::Vote { term: T1, granted: true };
    cluster.tell(n(2), n(1), vote.clone());
    cluster.tell(n(2), n(1), vote);
    assert!(cluster.server(n(1)).is_leader(), "n2's vote counts twice");
    cluster
}

#[test]
fn every_note_happens_and_has_a_sentence() {
    let random = (0..150).map(|seed| random::run(seed, 3 + 2 * (seed % 2) as u8, 2_000));
    let mut missing: BTreeSet<_> = KINDS.iter().copied().collect();
    let mut said = BTreeMap::new();
    assert_eq!(missing.len(), KINDS.len(), "two kinds share a name");
    let made = [
        answered_after_a_crash(),
        refused_across_terms(),
        answered_by_mistake(),
        counted_again(),
        snapshot::covered_requests(),
    ];
    let made = made.into_iter().chain(transfer::outcomes());
    for mut cluster in random.chain(made) {
        for (node, note) in std::mem::take(&mut cluster.notes) {
            if !missing.remove(kind(&note)) {
                continue;
            }
            let sentence = sentence(node, &note);
            said.insert(kind(&note), sentence.clone());
            let Sentence { headline, reason, observer, source, tone } = sentence;
            assert!(headline.starts_with(&node.to_string()) && headline.len() < 60, "{headline}");
            assert!(!reason.is_empty() && reason.ends_with('.'), "{reason}");
            assert!(source.starts_with("Raft "), "{source}");
            assert_eq!(observer, None, "a node knows nothing that only an observer does");
            assert!(!note.is_routine() || tone == Tone::Routine, "{headline}");
        }
    }
    assert!(missing.is_empty(), "never happened: {missing:?}");
    compare_sentences("raft", said);
}

#[test]
fn a_refused_vote_names_both_logs() {
    let mut cluster = Cluster::with_disks(&[disk(2, &[1, 1]), disk(2, &[1, 1, 2]), disk(2, &[])]);
    cluster.fire(n(1), Timer::Election);
    cluster.deliver(n(1), n(2));
    let note = cluster.notes_of(n(2)).pop().expect("a note");
    let Sentence { headline, reason, source, tone, .. } = sentence(n(2), &note);
    assert_eq!(headline, "n2 refused its vote to n1");
    assert_eq!(reason, "n1's log ends at (2, t1), its own at (3, t2). What n1 lacks may be committed.");
    assert_eq!((source, tone), ("Raft §5.4.1", Tone::Warning));
}

#[test]
fn a_candidate_says_what_it_heard_and_what_it_needs() {
    let mut cluster = Cluster::new(5);
    cluster.elect(n(3), NodeSet::first(5));
    cluster.fire(n(1), Timer::Election);
    let asks = cluster
        .notes_of(n(1))
        .into_iter()
        .find(|note| matches!(note, Note::Election(ElectionNote::AsksForVotes { .. })));
    let Sentence { headline, reason, source, .. } = sentence(n(1), &asks.expect("it asks"));
    assert_eq!(headline, "n1 asks for votes in term 2");
    assert_eq!(
        reason,
        "It had heard nothing more from n3 when its election timer (150 to 300 ms) ended. Its log ends at (1, t1). It needs 3 \
         of 5 votes."
    );
    assert_eq!(source, "Raft §5.2");
}

/// A heartbeat and its answers leave nothing else, so that a page can leave them out.
#[test]
fn a_healthy_heartbeat_leaves_routine_notes_only() {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(all);
    cluster.notes.clear();
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(all);
    assert_eq!(cluster.notes.len(), 3);
    assert!(cluster.notes.iter().all(|(_, note)| note.is_routine()), "{:?}", cluster.notes);
}
