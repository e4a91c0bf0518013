//! §5.3.

use super::*;

fn append(term: u64, previous: EntryId, terms: &[u64], commit: u64) -> Said {
    let entries = (previous.index.0 + 1..).zip(terms).map(|(index, term)| entry(index, *term)).collect();
    Message::AppendEntries { term: Term(term), previous, entries, commit: Index(commit), round: Round::default() }
}

fn reply(term: u64, result: AppendResult) -> Said {
    Message::AppendReply { term: Term(term), result, round: Round::default() }
}

fn matched(up_to: u64) -> AppendResult {
    AppendResult::Matched { up_to: Index(up_to) }
}

fn progress(cluster: &Cluster, leader: NodeId, follower: NodeId) -> Progress {
    let Role::Leader { followers, .. } = cluster.server(leader).role() else { panic!("{leader} does not lead") };
    followers[&follower].clone()
}

/// What was sent to `to` in AppendEntries, as (previous, number of entries), and takes it away.
fn appends_to(cluster: &mut Cluster, to: NodeId) -> Vec<(EntryId, usize)> {
    let appends = cluster.take(|flying| flying.to == to);
    appends
        .into_iter()
        .map(|flying| match flying.message {
            Message::AppendEntries { previous, entries, .. } => (previous, entries.len()),
            other => panic!("{other:?} is no AppendEntries"),
        })
        .collect()
}

#[test]
fn a_request_is_answered_when_a_majority_has_it_and_followers_learn_with_the_next_message() {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.request(n(1), 7, 42);
    assert!(cluster.replies.is_empty());
    cluster.settle(all);
    let committed = Response::Committed { index: Index(2), term: T1 };
    assert_eq!(cluster.replies, [(RequestId(7), Answer::Done(committed))]);
    assert_eq!(cluster.server(n(1)).commit_index(), Index(2));
    assert_eq!(cluster.server(n(2)).commit_index(), Index(1));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(all);
    for follower in [n(2), n(3)] {
        assert_eq!(cluster.server(follower).commit_index(), Index(2));
        assert_eq!(cluster.server(follower).entry(Index(2)).unwrap().payload, Payload::Command(42));
    }
}

#[test]
fn a_minority_commits_nothing() {
    let mut cluster = Cluster::new(5);
    cluster.elect(n(1), NodeSet::first(5));
    cluster.request(n(1), 0, 42);
    cluster.settle(NodeSet::first(2));
    assert_eq!(cluster.server(n(2)).log().last(), id(2, 1));
    assert_eq!((cluster.server(n(1)).commit_index(), cluster.replies.len()), (Index(1), 0));
}

#[test]
fn a_leader_counts_itself_only_when_its_own_disk_has_the_entry() {
    let mut cluster = Cluster::new(3);
    cluster.elect(n(1), NodeSet::first(3));
    cluster.syncs = false;
    cluster.request(n(1), 0, 42);
    cluster.deliver(n(1), n(2));
    cluster.sync(n(2));
    cluster.deliver(n(2), n(1));
    assert_eq!(cluster.server(n(1)).commit_index(), Index(1), "n2 alone has it on disk");
    cluster.sync(n(1));
    assert_eq!(cluster.server(n(1)).commit_index(), Index(2));
}

#[test]
fn a_follower_acknowledges_nothing_that_is_not_durable_not_even_to_a_heartbeat() {
    let mut cluster = Cluster::new(3);
    cluster.elect(n(1), NodeSet::first(3));
    cluster.syncs = false;
    cluster.request(n(1), 0, 42);
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(2));
    assert!(cluster.take(|flying| flying.from == n(2)).is_empty());
    cluster.sync(n(2));
    let replies: Vec<_> = cluster.take(|flying| flying.from == n(2)).into_iter().map(|flying| flying.message).collect();
    assert_eq!(replies, [reply(1, matched(2)), reply(1, matched(2))]);
}

/// The consistency check, and what the answer says.
#[test]
fn a_follower_refuses_entries_whose_previous_one_it_lacks() {
    let table = [
        // the follower's log is of terms 1, 2
        (append(3, id(0, 0), &[1, 2], 0), matched(2)),
        (append(3, id(1, 1), &[2, 3], 0), matched(3)),
        (append(3, id(2, 2), &[], 0), matched(2)),
        (append(3, id(3, 2), &[3], 0), AppendResult::Mismatch { previous: Index(3), last: Index(2), conflict: None }),
        (append(3, id(2, 1), &[3], 0), AppendResult::Mismatch { previous: Index(2), last: Index(2), conflict: None }),
        (append(2, id(2, 2), &[2], 0), AppendResult::StaleTerm),
    ];
    for (message, result) in table {
        let mut cluster = Cluster::with_disks(&[disk(3, &[1, 2]), disk(3, &[])]);
        cluster.tell(n(2), n(1), message.clone());
        let answers: Vec<_> = cluster.take(|_| true).into_iter().map(|flying| flying.message).collect();
        assert_eq!(answers, [reply(3, result)], "{message:?}");
    }
}

/// Conflicts go, with all that follows; what agrees stays, and so does what a shorter append does not speak of.
#[test]
fn a_follower_removes_entries_on_a_real_conflict_only() {
    let table = [
        (&[1, 1, 2][..], append(3, id(1, 1), &[3], 0), &[1, 3][..]),
        (&[1, 1, 2], append(3, id(0, 0), &[1, 1, 3, 3], 0), &[1, 1, 3, 3]),
        (&[1, 1, 2], append(3, id(0, 0), &[1], 0), &[1, 1, 2]),
        (&[1, 1, 2], append(3, id(1, 1), &[1, 2], 0), &[1, 1, 2]),
        (&[1, 1, 2], append(3, id(3, 2), &[], 0), &[1, 1, 2]),
        (&[1, 1, 2], append(3, id(2, 2), &[3], 0), &[1, 1, 2]),
        (&[1, 1, 2], append(2, id(0, 0), &[2], 0), &[1, 1, 2]),
    ];
    for (before, message, after) in table {
        let mut cluster = Cluster::with_disks(&[disk(3, before), disk(3, &[])]);
        cluster.tell(n(2), n(1), message.clone());
        assert_eq!(terms(cluster.server(n(1))), after, "{before:?}, {message:?}");
    }
}

/// Figure 7: the six logs that a leader of term 8 may meet, all made equal to its own.
#[test]
fn a_leader_repairs_every_log_of_figure_7() {
    let leader = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    let followers: [&[u64]; 6] = [
        &[1, 1, 1, 4, 4, 5, 5, 6, 6],
        &[1, 1, 1, 4],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
        &[1, 1, 1, 4, 4, 4, 4],
        &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ];
    let mut disks = vec![disk(7, &leader)];
    disks.extend(followers.map(|terms| disk(7, terms)));
    let mut cluster = Cluster::with_disks(&disks);
    let all = NodeSet::first(7);
    cluster.elect(n(1), all);
    let expected: Vec<u64> = leader.into_iter().chain([8]).collect();
    for server in all.iter() {
        assert_eq!(terms(cluster.server(server)), expected, "{server}");
        assert_eq!(cluster.disks[server.index()].log, cluster.disks[0].log);
    }
    // (d) has the latest log and (c) an uncommitted entry more: neither may have voted for the leader.
    for (follower, granted) in [(2, true), (3, true), (4, false), (5, false), (6, true), (7, true)] {
        assert_eq!(cluster.server(n(follower)).vote() == Some(n(1)), granted, "n{follower}");
    }
}

#[test]
fn a_late_or_repeated_append_changes_nothing() {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.request(n(1), 0, 10);
    let old = cluster.network.clone();
    cluster.settle(all);
    cluster.request(n(1), 1, 11);
    cluster.settle(all);
    let before = cluster.servers.clone();
    for flying in old {
        cluster.tell(flying.from, flying.to, flying.message);
    }
    assert_eq!(cluster.servers, before);
    cluster.settle(all);
    assert_eq!(cluster.servers, before, "the late answers change nothing either");
}

#[test]
fn appends_that_overtake_each_other_are_put_right() {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.request(n(1), 0, 10);
    cluster.request(n(1), 1, 11);
    let mut flying = cluster.take(|flying| flying.to == n(2));
    assert_eq!(flying.len(), 2);
    flying.reverse();
    for flying in flying {
        cluster.tell(flying.from, flying.to, flying.message);
    }
    assert_eq!(cluster.server(n(2)).log().last(), id(2, 1), "the second was refused");
    cluster.settle(all);
    assert_eq!(cluster.server(n(2)).log(), cluster.server(n(1)).log());
}

#[test]
fn a_lost_append_is_found_out_by_the_next_heartbeat() {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.request(n(1), 0, 10);
    cluster.network.clear();
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(all);
    assert_eq!(cluster.server(n(2)).log().last(), id(2, 1));
    assert_eq!(cluster.replies.len(), 1);
}

/// What lies past the entries that the leader spoke of may be another leader's.
#[test]
fn a_follower_does_not_commit_past_what_the_leader_spoke_of() {
    let mut cluster = Cluster::with_disks(&[disk(2, &[1, 2, 2]), disk(3, &[])]);
    cluster.tell(n(2), n(1), append(3, id(1, 1), &[], 3));
    assert_eq!(cluster.server(n(1)).commit_index(), Index(1));
}

#[test]
fn a_short_log_costs_one_refusal_and_a_long_catch_up_goes_in_pieces() {
    let disks = [disk(1, &[1; 10]), disk(1, &[1; 10]), disk(0, &[])];
    let mut cluster = Cluster::configured(&disks, |config| config.max_entries_per_append = 4);
    cluster.elect(n(1), NodeSet::first(2));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(3));
    cluster.deliver(n(3), n(1));
    let mut sizes = Vec::new();
    for _ in 0..10 {
        let flying = cluster.take(|flying| flying.to == n(3));
        let Some(flying) = flying.into_iter().next() else { break };
        if let Message::AppendEntries { entries, .. } = &flying.message {
            sizes.push(entries.len());
        }
        cluster.tell(flying.from, flying.to, flying.message);
        cluster.deliver(n(3), n(1));
    }
    assert_eq!(sizes, [4, 4, 3]);
    assert_eq!(cluster.server(n(3)).log(), cluster.server(n(1)).log());
}

#[test]
fn a_leader_probes_once_then_sends_without_waiting() {
    let mut cluster = Cluster::new(3);
    cluster.fire(n(1), Timer::Election);
    cluster.settle(NodeSet::first(2));
    assert_eq!(progress(&cluster, n(1), n(3)), Progress::probe(Index(1)));
    cluster.request(n(1), 0, 10);
    cluster.request(n(1), 1, 11);
    assert_eq!(appends_to(&mut cluster, n(3)), [], "nothing while the probe is open");
    assert_eq!(appends_to(&mut cluster, n(2)), [(id(1, 1), 1), (id(2, 1), 1)]);
    let state = ProgressState::Replicate { in_flight: Vec::new() };
    assert_eq!(progress(&cluster, n(1), n(2)), Progress { next: Index(4), matched: Index(1), state });
    cluster.fire(n(1), Timer::Heartbeat);
    assert_eq!(appends_to(&mut cluster, n(3)), [(id(0, 0), 3)], "a heartbeat tries the probe again");
    assert_eq!(appends_to(&mut cluster, n(2)), [(id(3, 1), 0)]);
}

#[test]
fn a_late_refusal_does_not_undo_what_is_known_to_match() {
    let mut cluster = Cluster::new(3);
    cluster.elect(n(1), NodeSet::first(3));
    cluster.request(n(1), 0, 10);
    cluster.settle(NodeSet::first(3));
    let before = progress(&cluster, n(1), n(2));
    let late = AppendResult::Mismatch { previous: Index(1), last: Index(0), conflict: None };
    cluster.tell(n(2), n(1), reply(1, late));
    assert_eq!(progress(&cluster, n(1), n(2)), before);
    assert!(cluster.network.is_empty());
}

/// §8: who does not lead says who does, if it knows.
#[test]
fn a_server_that_does_not_lead_refuses_and_names_the_leader() {
    let mut cluster = Cluster::new(3);
    let refused = |leader, term| Answer::Refused(Refusal::NotLeader { leader, term });
    cluster.request(n(2), 0, 9);
    cluster.elect(n(1), NodeSet::first(3));
    cluster.request(n(2), 1, 9);
    cluster.fire(n(2), Timer::Election);
    cluster.request(n(2), 2, 9);
    let expected = [refused(None, Term(0)), refused(Some(n(1)), T1), refused(None, T2)];
    assert!(cluster.replies.iter().map(|(_, answer)| answer).eq(&expected), "{:?}", cluster.replies);
}
