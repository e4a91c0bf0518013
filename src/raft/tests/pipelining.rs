//! Windows (thesis §10.2.1), and the repair of conflicts by term (§5.3, last paragraphs).

use super::*;

/// What is under way to `to` in AppendEntries, as (index of the previous entry, number of entries).
fn under_way(cluster: &Cluster, to: NodeId) -> Vec<(u64, usize)> {
    let appends = cluster.network.iter().filter(|flying| flying.to == to).filter_map(|flying| match &flying.message {
        Message::AppendEntries { previous, entries, .. } => Some((previous.index.0, entries.len())),
        _ => None,
    });
    appends.collect()
}

/// Three servers under n1, all in step, so that every entry goes out as it comes.
fn in_step(window: Option<u32>) -> Cluster {
    let mut cluster =
        Cluster::configured(&vec![PersistentState::default(); 3], |config| config.switches.window = window);
    cluster.elect(n(1), NodeSet::first(3));
    cluster
}

#[test]
fn a_full_window_holds_entries_back_and_an_answer_lets_them_go_in_one_message() {
    let mut cluster = in_step(Some(2));
    for request in 0..5 {
        cluster.request(n(1), request, 10);
    }
    assert_eq!(under_way(&cluster, n(2)), [(1, 1), (2, 1)]);
    assert!(cluster.notes_of(n(1)).contains(&Note::Leader(LeaderNote::EntryHeldBack {
        follower: n(2),
        entry: id(4, 1),
        next: Index(4)
    })));
    let first = cluster.take(|flying| flying.to == n(2)).remove(0);
    cluster.tell(first.from, first.to, first.message);
    cluster.deliver(n(2), n(1));
    assert_eq!(under_way(&cluster, n(2)), [(3, 3)], "entries 4 to 6 share a message");
}

#[test]
fn without_a_window_every_entry_leaves_as_it_comes() {
    let mut cluster = in_step(None);
    for request in 0..5 {
        cluster.request(n(1), request, 10);
    }
    assert_eq!(under_way(&cluster, n(2)), [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]);
}

/// The leader cannot tell lost messages from slow ones; the heartbeat finds out.
#[test]
fn a_window_that_is_full_of_lost_messages_is_opened_by_a_heartbeat() {
    let mut cluster = in_step(Some(1));
    cluster.request(n(1), 0, 10);
    cluster.network.clear();
    cluster.request(n(1), 1, 11);
    assert_eq!(under_way(&cluster, n(2)), []);
    cluster.fire(n(1), Timer::Heartbeat);
    assert_eq!(under_way(&cluster, n(2)), [(2, 0)], "it asks whether entry 2 has arrived");
    cluster.settle(NodeSet::first(3));
    assert_eq!(cluster.server(n(2)).log(), cluster.server(n(1)).log());
    assert_eq!(cluster.replies.len(), 2);
}

#[test]
fn a_window_whose_answers_were_lost_is_opened_by_a_heartbeat_without_sending_anything_twice() {
    let mut cluster = in_step(Some(1));
    cluster.request(n(1), 0, 10);
    cluster.deliver(n(1), n(2));
    cluster.network.clear();
    cluster.request(n(1), 1, 11);
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(2));
    cluster.deliver(n(2), n(1));
    assert_eq!(under_way(&cluster, n(2)), [(2, 1)]);
}

#[test]
fn a_follower_that_lags_gets_as_many_messages_at_once_as_the_window_has_room_for() {
    let disks = [disk(1, &[1; 12]), disk(1, &[1; 12]), disk(1, &[])];
    let mut cluster = Cluster::configured(&disks, |config| {
        config.max_entries_per_append = 3;
        config.switches.window = Some(3);
    });
    cluster.elect(n(1), NodeSet::first(2));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(3));
    cluster.deliver(n(3), n(1)); // the probe
    cluster.deliver(n(1), n(3));
    cluster.deliver(n(3), n(1)); // its first entries arrived
    assert_eq!(under_way(&cluster, n(3)), [(3, 3), (6, 3), (9, 3)]);
}

/// How many refusals it takes until the leader n1 finds where its log and n2's agree.
fn refusals(leader: &[u64], follower: &[u64], fast_repair: bool) -> usize {
    let disks = [disk(9, leader), disk(9, follower), disk(9, leader)];
    let mut cluster = Cluster::configured(&disks, |config| config.switches.fast_repair = fast_repair);
    cluster.elect(n(1), NodeSet::first(3));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(NodeSet::first(3));
    assert_eq!(cluster.server(n(2)).log(), cluster.server(n(1)).log());
    let backed_up = |note: &&Note| matches!(note, Note::Leader(LeaderNote::NextIndexBackedUp { follower, .. }) if *follower == n(2));
    cluster.notes_of(n(1)).iter().filter(backed_up).count()
}

/// "One AppendEntries RPC will be required for each term with conflicting entries, rather than one RPC per entry." The first
/// attempt, the no-op's, is refused too.
#[test]
fn a_conflict_is_repaired_in_one_round_per_term_instead_of_one_per_entry() {
    let table: [(&[u64], &[u64], usize, usize); 3] = [
        // the leader's log, the follower's, refusals without and with the repair by term
        (&[1, 4, 4, 4, 4], &[1, 2, 2, 2, 2], 4, 1),
        (&[1, 4, 4, 4, 4, 4], &[1, 2, 2, 2, 3, 3], 5, 2),
        (&[1, 1, 1], &[1], 1, 1),
    ];
    for (leader, follower, slow, fast) in table {
        assert_eq!(refusals(leader, follower, false), slow, "{leader:?}, {follower:?}");
        assert_eq!(refusals(leader, follower, true), fast, "{leader:?}, {follower:?}");
    }
}
