//! The rules one by one, then convergence after anything that may go wrong.

use super::harness::Cluster;
use super::*;
use crate::test_cluster::Dice;

const N1: NodeId = NodeId(0);
const N2: NodeId = NodeId(1);
const N3: NodeId = NodeId(2);

fn version(counts: &[(NodeId, u32)]) -> Version {
    counts.iter().copied().collect()
}

#[test]
fn a_version_counts_what_another_has_more() {
    let (one, other) = (version(&[(N1, 3), (N2, 1)]), version(&[(N1, 1), (N3, 4)]));
    assert_eq!((one.missing(&other), other.missing(&one)), (4, 3));
    assert_eq!((one.missing(&one), one.total()), (0, 4));
    assert_eq!(version(&[(N1, 0)]), Version::default(), "knowing nothing of a replica is the same as not knowing it");
}

#[test]
fn a_new_item_is_mailed_to_all_and_confirmed_once_it_is_durable() {
    let mut cluster = Cluster::new(3, 8);
    let request = cluster.add(N1);
    assert!(cluster.flights.is_empty() && cluster.confirmed.is_empty(), "it is not durable yet");
    cluster.sync(N1);
    cluster.settle();
    assert_eq!(cluster.confirmed[&request], ItemId { origin: N1, number: 0 });
    for node in &cluster.nodes {
        assert_eq!(node.known(), version(&[(N1, 1)]));
    }
}

#[test]
fn an_item_lost_in_a_crash_was_known_to_nobody_and_its_name_is_given_again() {
    let mut cluster = Cluster::new(2, 8);
    let first = cluster.add(N1);
    cluster.settle();
    let lost = cluster.add(N1);
    cluster.exchange(N1, N2);
    assert_eq!(cluster.crash(N1, 0), 1);
    let again = cluster.add(N1);
    cluster.settle();
    assert_eq!(cluster.confirmed.keys().collect::<Vec<_>>(), [&first, &again], "{lost:?} was never answered");
    assert_eq!(cluster.confirmed[&again].number, 1);
    cluster.check();
    assert_eq!(cluster.nodes[1].items().get(cluster.confirmed[&again]), Some(&again.0));
}

/// §1.3: push-pull makes both sides equal.
#[test]
fn one_exchange_makes_two_replicas_equal_whatever_mail_was_lost() {
    let mut cluster = Cluster::new(3, 100);
    for id in [N1, N2, N1, N2, N2] {
        cluster.add(id);
        cluster.sync(id);
    }
    cluster.lose_mail();
    cluster.exchange(N1, N2);
    cluster.settle();
    let all = version(&[(N1, 2), (N2, 3)]);
    assert_eq!(cluster.nodes[0].known(), all);
    assert_eq!(cluster.nodes[1].known(), all);
    assert_eq!(cluster.nodes[2].known(), Version::default());
    // What n3 gets of n2 includes what n2 heard of n1.
    cluster.exchange(N3, N2);
    cluster.settle();
    assert_eq!(cluster.nodes[2].items(), cluster.nodes[0].items());
}

#[test]
fn mail_that_overtook_other_mail_waits_for_it_and_asks_for_it() {
    let mut cluster = Cluster::new(2, 8);
    cluster.add(N1);
    cluster.sync(N1);
    cluster.lose_mail();
    cluster.add(N1);
    cluster.sync(N1);
    let mail = cluster.flights.iter().position(|flight| flight.to == N2).unwrap();
    let mail = cluster.flights.remove(mail);
    cluster.deliver(mail);
    assert_eq!(cluster.nodes[1].known(), Version::default(), "no gaps");
    cluster.settle();
    assert_eq!(cluster.nodes[1].known(), version(&[(N1, 2)]), "it asked at once");
}

#[test]
fn a_long_backlog_comes_in_bounded_messages_and_short_ones_first() {
    let mut cluster = Cluster::new(2, 16);
    for _ in 0..200 {
        cluster.add(N1);
        cluster.sync(N1);
    }
    cluster.lose_mail();
    cluster.exchange(N2, N1);
    cluster.settle();
    assert_eq!(cluster.nodes[1].items(), cluster.nodes[0].items());
    let answers: Vec<u64> = cluster
        .notes
        .iter()
        .filter_map(|(_, note)| match note {
            Note::Answers { count, .. } => Some(*count),
            _ => None,
        })
        .collect();
    assert_eq!(answers.iter().sum::<u64>(), 200, "nothing was sent twice");
    assert!(answers.iter().all(|count| *count <= 16), "{answers:?}");

    let mut items = Items::default();
    for (origin, count) in [(N1, 10), (N2, 2), (N3, 1)] {
        (0..count).for_each(|number| items.append(ItemId { origin, number }, number));
    }
    let (spans, more) = items.since(&version(&[(N1, 1)]), 5);
    let sent: Vec<(ItemId, u32)> = spans.iter().map(|span| (span.first, span.end())).collect();
    let id = |origin, number| ItemId { origin, number };
    assert_eq!((sent, more), (vec![(id(N3, 0), 1), (id(N2, 0), 2), (id(N1, 1), 3)], true));
}

/// The feed's own bar: ten simulated minutes at ten posts a second.
#[test]
fn digests_stay_small_and_clones_share_thousands_of_items() {
    let mut cluster = Cluster::new(3, 64);
    for origin in [N1, N2, N3].repeat(2_000) {
        cluster.add(origin);
        cluster.settle();
    }
    let known = cluster.nodes[0].known();
    assert_eq!((known.total(), known.iter().count()), (6_000, 3));
    let clone = cluster.nodes[0].clone();
    let (ours, theirs) = (cluster.nodes[0].items().of(N1).unwrap(), clone.items().of(N1).unwrap());
    assert!(std::ptr::eq(ours.get(0).unwrap(), theirs.get(0).unwrap()), "a clone copies no item");
}

#[test]
fn all_replicas_converge_after_any_loss_doubling_reordering_and_crash() {
    let (mut lossy, mut gaps, mut crashes_with_loss) = (0, 0, 0);
    let seeds = 200;
    for seed in 0..seeds {
        let mut dice = Dice(seed);
        let mut dice = |below| dice.below(below);
        let replicas = 2 + dice(6);
        let mut cluster = Cluster::new(replicas, 1 + dice(6) as u32);
        let (mut lost, mut lost_writes) = (0, 0);
        for _ in 0..1_000 {
            let id = NodeId(dice(replicas) as u8);
            match dice(100) {
                0..45 if !cluster.flights.is_empty() => {
                    let flight = cluster.flights.swap_remove(dice(cluster.flights.len()));
                    match dice(10) {
                        0..3 if flight.from != flight.to => lost += 1,
                        3 if flight.from != flight.to => {
                            cluster.flights.push(flight.clone());
                            cluster.deliver(flight);
                        }
                        _ => cluster.deliver(flight),
                    }
                }
                45..75 => cluster.sync(id),
                75..83 => drop(cluster.add(id)),
                83..90 => {
                    let peer = (id.index() + 1 + dice(replicas - 1)) % replicas;
                    cluster.exchange(id, NodeId(peer as u8));
                }
                90 => lost_writes += cluster.crash(id, dice(3)),
                _ => {}
            }
            cluster.check();
        }
        lossy += usize::from(lost > 0);
        crashes_with_loss += usize::from(lost_writes > 0);
        gaps += usize::from(cluster.notes.iter().any(|(_, note)| matches!(note, Note::FindsGap { .. })));
        // Quiet at last: two rounds of exchanges along a ring reach everybody.
        cluster.settle();
        for id in (0..2 * replicas).map(|turn| turn % replicas) {
            cluster.exchange(NodeId(id as u8), NodeId(((id + 1) % replicas) as u8));
            cluster.settle();
        }
        cluster.check();
        for node in &cluster.nodes {
            assert_eq!(node.items(), cluster.nodes[0].items(), "seed {seed}");
        }
    }
    for (what, runs) in [("lost messages", lossy), ("gaps", gaps), ("lost writes", crashes_with_loss)] {
        assert!(3 * runs >= seeds as usize, "only {runs} of {seeds} runs had {what}");
    }
}
