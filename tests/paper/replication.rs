//! §5.3: log replication.

use cap_lab::node::{Answer, NodeId};
use cap_lab::raft::{AppendResult, Delta, Entry, EntryId, Index, Message, Payload, Response, Switches, Term, Timer};

use crate::cluster::{
    Cluster, Disk, InFlight, Number, Said, append, committed, disk, entries, entry, id, n, request_vote, terms,
};

/// What an AppendEntries says, without its round.
fn said(message: &Said) -> (Term, EntryId, Vec<Entry<Number>>, Index) {
    let Message::AppendEntries { term, previous, entries, commit, .. } = message else { panic!("{message:?}") };
    (*term, *previous, entries.to_vec(), *commit)
}

/// The answer of a follower that took all that `message` brought.
fn accepted(message: &Said) -> Said {
    let Message::AppendEntries { term, previous, entries, round, .. } = message else { panic!("{message:?}") };
    let up_to = Index(previous.index.0 + entries.len() as u64);
    Message::AppendReply { term: *term, result: AppendResult::Matched { up_to }, round: *round }
}

fn command(term: u64, number: u64) -> Entry<Number> {
    Entry { term: Term(term), payload: Payload::Command(Number(number)) }
}

/// n1 of so many servers leads term 1, and its no-op at index 1 is committed; nothing is on its way.
fn led(servers: usize) -> Cluster {
    let mut cluster = Cluster::new(servers);
    cluster.elect(1, &(1..=servers as u8).collect::<Vec<_>>());
    assert_eq!(cluster.server(1).commit_index(), Index(1));
    cluster.written(1);
    cluster
}

/// §5.3: “The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel to each of the
/// other servers to replicate the entry.” “When sending an AppendEntries RPC, the leader includes the index and term of the
/// entry in its log that immediately precedes the new entries.”
#[test]
fn leader_start_replication() {
    let mut cluster = led(3);
    cluster.propose(1, 42);
    let new = command(1, 42);
    assert_eq!(cluster.server(1).log().last(), id(2, 1));
    assert_eq!(cluster.server(1).commit_index(), Index(1), "nobody else has it yet");
    let sent: Vec<_> = cluster.sent_by(1).iter().map(|(to, message)| (*to, said(message))).collect();
    let message = (Term(1), id(1, 1), vec![new.clone()], Index(1));
    assert_eq!(sent, [(n(2), message.clone()), (n(3), message)]);
    assert_eq!(cluster.written(1), [Delta::Append([new].into())]);
}

/// §5.3: “When the entry has been safely replicated (as described below), the leader applies the entry to its state machine and
/// returns the result of that execution to the client.” “The leader keeps track of the highest index it knows to be committed,
/// and it includes that index in future AppendEntries RPCs (including heartbeats) so that the other servers eventually find
/// out.”
#[test]
fn leader_commit_entry() {
    let mut cluster = led(3);
    cluster.propose(1, 42);
    assert_eq!(cluster.answer(42), None);
    for (from, message) in cluster.sent_by(1) {
        cluster.tell(from, n(1), accepted(&message));
    }
    assert_eq!(cluster.server(1).commit_index(), Index(2));
    assert_eq!(committed(cluster.server(1)), [Number(42)]);
    assert_eq!(cluster.answer(42), Some(&Answer::Done(Response::Committed { index: Index(2), term: Term(1) })));
    assert_eq!(cluster.sent(), [], "the commit index waits for the next message");
    cluster.fire(1, Timer::Heartbeat);
    let told: Vec<_> = cluster.sent_by(1).iter().map(|(to, message)| (*to, said(message).3)).collect();
    assert_eq!(told, [(n(2), Index(2)), (n(3), Index(2))]);
}

/// §5.3: “A log entry is committed once the leader that created the entry has replicated it on a majority of the servers.”
#[test]
fn leader_acknowledge_commit() {
    let rows: [(usize, &[u8], bool); 9] = [
        (1, &[], true),
        (3, &[], false),
        (3, &[2], true),
        (3, &[2, 3], true),
        (5, &[], false),
        (5, &[2], false),
        (5, &[2, 3], true),
        (5, &[2, 3, 4], true),
        (5, &[2, 3, 4, 5], true),
    ];
    for (servers, acceptors, acknowledged) in rows {
        let mut cluster = led(servers);
        cluster.propose(1, 42);
        for (to, message) in cluster.sent_by(1) {
            if acceptors.iter().any(|number| n(*number) == to) {
                cluster.tell(to, n(1), accepted(&message));
            }
        }
        assert_eq!(cluster.server(1).commit_index() > Index(1), acknowledged, "{servers} servers, {acceptors:?}");
        assert_eq!(cluster.answer(42).is_some(), acknowledged, "{servers} servers, {acceptors:?}");
    }
}

/// §5.3: “This also commits all preceding entries in the leader's log, including entries created by previous leaders.” They are
/// applied “in log order”.
#[test]
fn leader_commit_preceding_entries() {
    for old in [&[][..], &[2], &[1, 2], &[1]] {
        let mut cluster = Cluster::with_disks(&[disk(2, old), disk(2, &[]), disk(2, &[])], |_| {});
        cluster.elect(1, &[1, 2, 3]);
        cluster.propose(1, 42);
        cluster.settle(&[1, 2, 3]);
        let server = cluster.server(1);
        assert_eq!(terms(server), [old, &[3, 3]].concat(), "the old ones, the no-op, the command");
        assert_eq!(server.commit_index(), Index(old.len() as u64 + 2));
        let commands = entries(1, old).into_iter().chain([command(3, 42)]).map(|entry| entry.payload);
        let expected: Vec<_> = commands.collect();
        let applied: Vec<_> = committed(server).into_iter().map(Payload::Command).collect();
        assert_eq!(applied, expected, "{old:?}");
    }
}

/// §5.3: “Once a follower learns that a log entry is committed, it applies the entry to its local state machine (in log
/// order).”
#[test]
fn follower_commit_entry() {
    let rows: [(&[u64], u64); 4] = [(&[7], 1), (&[7, 8], 2), (&[8, 7], 2), (&[7, 8], 1)];
    for (numbers, commit) in rows {
        let mut cluster = Cluster::new(3);
        let entries: Vec<_> = numbers.iter().map(|number| command(1, *number)).collect();
        cluster.tell(n(2), n(1), append(1, id(0, 0), &entries, commit));
        assert_eq!(cluster.server(1).log().last(), id(numbers.len() as u64, 1));
        assert_eq!(cluster.server(1).commit_index(), Index(commit));
        let expected: Vec<_> = numbers[..commit as usize].iter().map(|number| Number(*number)).collect();
        assert_eq!(committed(cluster.server(1)), expected);
    }
}

/// What n1, whose log has entries of terms 1 and 2 and the first committed, answers to a leader of term 2.
fn answer_to(previous: EntryId, fast_repair: bool) -> AppendResult {
    let disks = [disk(2, &[1, 2]), disk(0, &[]), disk(0, &[])];
    let mut cluster = Cluster::with_disks(&disks, |config| config.switches.fast_repair = fast_repair);
    cluster.tell(n(2), n(1), append(2, id(1, 1), &[], 1));
    assert_eq!(cluster.server(1).commit_index(), Index(1));
    cluster.sent();
    cluster.tell(n(2), n(1), append(2, previous, &[], 1));
    assert_eq!(terms(cluster.server(1)), [1, 2], "a refusal removes nothing");
    match &cluster.sent_by(1)[..] {
        [(_, Message::AppendReply { term: Term(2), result, .. })] => *result,
        other => panic!("{other:?}"),
    }
}

/// §5.3: “If the follower does not find an entry in its log with the same index and term, then it refuses the new entries.”
/// What it adds to its refusal is a hint; with fast repair it names “the term of the conflicting entry and the first index it
/// stores for that term”. (To an append that ends before its commit index etcd's follower answers with that index; here the
/// answer says what the append proved.)
#[test]
fn follower_check_msg_app() {
    for fast_repair in [false, true] {
        let matched = |up_to| AppendResult::Matched { up_to: Index(up_to) };
        assert_eq!(answer_to(id(0, 0), fast_repair), matched(0), "the beginning of every log");
        assert_eq!(answer_to(id(1, 1), fast_repair), matched(1), "a committed entry");
        assert_eq!(answer_to(id(2, 2), fast_repair), matched(2), "one that is not committed");
        let refused =
            |previous, conflict| AppendResult::Mismatch { previous: Index(previous), last: Index(2), conflict };
        let conflict = fast_repair.then_some(id(2, 2));
        assert_eq!(answer_to(id(2, 1), fast_repair), refused(2, conflict), "another entry stands there");
        assert_eq!(answer_to(id(3, 3), fast_repair), refused(3, None), "no entry stands there");
    }
}

/// §5.3: “If an existing entry conflicts with a new one (same index but different terms), delete the existing entry and all
/// that follow it”, then “append any new entries not already in the log” (Figure 2). What it keeps it does not write again.
#[test]
fn follower_append_entries() {
    struct Row {
        previous: EntryId,
        new: Vec<Entry<Number>>,
        log: &'static [u64],
        truncated: Option<u64>,
        appended: Vec<Entry<Number>>,
    }
    let rows = [
        Row { previous: id(2, 2), new: entries(3, &[3]), log: &[1, 2, 3], truncated: None, appended: entries(3, &[3]) },
        Row {
            previous: id(1, 1),
            new: entries(2, &[3, 4]),
            log: &[1, 3, 4],
            truncated: Some(2),
            appended: entries(2, &[3, 4]),
        },
        Row { previous: id(0, 0), new: entries(1, &[1]), log: &[1, 2], truncated: None, appended: Vec::new() },
        Row { previous: id(0, 0), new: entries(1, &[3]), log: &[3], truncated: Some(1), appended: entries(1, &[3]) },
    ];
    for Row { previous, new, log, truncated, appended } in rows {
        let mut cluster = Cluster::with_disks(&[disk(4, &[1, 2]), disk(0, &[]), disk(0, &[])], |_| {});
        cluster.written(1);
        cluster.tell(n(2), n(1), append(4, previous, &new, 0));
        assert_eq!(terms(cluster.server(1)), log);
        assert_eq!(cluster.disk(1).log, *cluster.server(1).log(), "stable storage has it");
        let truncation = truncated.map(|from| Delta::Truncate { from: Index(from) });
        let appending = (!appended.is_empty()).then(|| Delta::Append(appended.into()));
        assert_eq!(cluster.written(1), truncation.into_iter().chain(appending).collect::<Vec<_>>());
    }
}

/// §5.3: “To bring a follower's log into consistency with its own, the leader must find the latest log entry where the two logs
/// agree, delete any entries in the follower's log after that point, and send the follower all of the leader's entries after
/// that point.” Figure 7: “A follower may be missing entries (a–b), may have extra uncommitted entries (c–d), or both (e–f).”
/// With every way of finding that point.
#[test]
fn leader_sync_follower_log() {
    let leader = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    let followers: [(&[u64], bool); 6] = [
        (&[1, 1, 1, 4, 4, 5, 5, 6, 6], true),
        (&[1, 1, 1, 4], true),
        (&[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6], false),
        (&[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], false),
        (&[1, 1, 1, 4, 4, 4, 4], true),
        (&[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3], true),
    ];
    let plain = Switches::PLAIN;
    let fast = Switches { fast_repair: true, ..plain };
    let ways =
        [plain, fast, Switches { one_entry: true, ..plain }, Switches { one_entry: true, window: Some(1), ..fast }];
    for (follower, votes) in followers {
        for switches in ways {
            // n3 is there to vote.
            let disks: [Disk; 3] = [disk(7, &leader), disk(7, follower), disk(7, &[])];
            let mut cluster = Cluster::with_disks(&disks, |config| config.switches = switches);
            cluster.elect(1, &[1, 2, 3]);
            assert_eq!(cluster.server(2).vote() == Some(n(1)), votes, "{follower:?}: (c) and (d) have later logs");
            cluster.propose(1, 42);
            // A probe or a full window may have to wait for a heartbeat.
            cluster.settle(&[1, 2, 3]);
            cluster.heartbeat(1, &[1, 2, 3]);
            let expected: Vec<u64> = leader.into_iter().chain([8, 8]).collect();
            for number in 1..=3 {
                assert_eq!(terms(cluster.server(number)), expected, "n{number} after {follower:?} with {switches:?}");
                assert_eq!(cluster.disk(number).log, cluster.disk(1).log);
                assert_eq!(cluster.server(number).commit_index(), Index(12));
            }
        }
    }
}

/// §5.4.1: “The RPC includes information about the candidate's log”: RequestVote goes to all others and names the term and the
/// index of the candidate's last entry.
#[test]
fn vote_request() {
    let rows: [(&[u64], u64); 2] = [(&[1], 2), (&[1, 2], 3)];
    for (log, term) in rows {
        let mut cluster = Cluster::new(3);
        cluster.tell(n(2), n(1), append(term - 1, id(0, 0), &entries(1, log), 0));
        cluster.sent();
        cluster.fire(1, Timer::Election);
        let last = id(log.len() as u64, *log.last().expect("an entry"));
        let asks = request_vote(term, last);
        assert_eq!(cluster.sent_by(1), [(n(2), asks.clone()), (n(3), asks)]);
    }
}

/// §5.4.1: “The voter denies its vote if its own log is more up-to-date than that of the candidate.” “If the logs have last
/// entries with different terms, then the log with the later term is more up-to-date. If the logs end with the same term, then
/// whichever log is longer is more up-to-date.”
#[test]
fn voter() {
    let rows: [(&[u64], EntryId, bool); 10] = [
        // The same last term.
        (&[1], id(1, 1), true),
        (&[1], id(2, 1), true),
        (&[1, 1], id(1, 1), false),
        // The candidate's is later.
        (&[1], id(1, 2), true),
        (&[1], id(2, 2), true),
        (&[1, 1], id(1, 2), true),
        // The voter's is later.
        (&[2], id(1, 1), false),
        (&[2], id(2, 1), false),
        (&[2, 2], id(1, 1), false),
        (&[1, 1], id(1, 1), false),
    ];
    for (log, last, granted) in rows {
        let mut cluster = Cluster::with_disks(&[disk(2, log), disk(0, &[])], |_| {});
        cluster.tell(n(2), n(1), request_vote(3, last));
        let answer = Message::Vote { term: Term(3), granted };
        assert_eq!(cluster.sent_by(1), [(n(2), answer)], "{log:?} votes for {last}");
    }
}

/// §5.4.2: “Raft never commits log entries from previous terms by counting replicas. Only log entries from the leader's current
/// term are committed by counting replicas.” Once one of these is, all before it are.
#[test]
fn leader_only_commits_log_from_current_term() {
    for (matched, commit) in [(1, 0), (2, 0), (3, 3)] {
        let mut cluster = Cluster::with_disks(&[disk(2, &[1, 2]), disk(2, &[])], |_| {});
        cluster.fire(1, Timer::Election);
        cluster.tell(n(2), n(1), Message::Vote { term: Term(3), granted: true });
        assert_eq!(terms(cluster.server(1)), [1, 2, 3], "its no-op follows");
        cluster.propose(1, 42);
        let voter: NodeId = n(2);
        let Some(InFlight { message, .. }) = cluster.sent().pop() else { panic!("the probe") };
        let Message::AppendEntries { term, round, .. } = message else { panic!("{message:?}") };
        let result = AppendResult::Matched { up_to: Index(matched) };
        cluster.tell(voter, n(1), Message::AppendReply { term, result, round });
        assert_eq!(cluster.server(1).commit_index(), Index(commit), "n2 has {matched} entries");
        assert_eq!(entry(1, 1), *cluster.server(1).entry(Index(1)).expect("its first"));
    }
}
