//! Lab 2B: what is agreed on.

use cap_lab::node::NodeId;
use cap_lab::raft::{Index, Switches};

use crate::lab::{ELECTION, Lab, ms};
use crate::seeds;

/// The server that is so many places after `node` of five.
fn after(node: NodeId, places: u8) -> NodeId {
    NodeId((node.0 + places) % 5)
}

/// Three commands in a row stand right after the leader's no-op.
#[test]
fn basic_agreement() {
    for seed in seeds() {
        let mut lab = Lab::new(3, seed);
        lab.one_leader();
        for index in 2..=4 {
            let command = lab.agree(3);
            assert_eq!(lab.told(command), Some(Index(index)));
        }
        lab.assert_good_end();
    }
}

/// 10 commands at once cost at most as many calls as in the lab, (10 + 1 + 3) · 3, each a message and an answer, and heartbeats:
/// the network may swap two of them, which costs a refusal. When there is nothing to do, only heartbeats are sent.
#[test]
fn messages_are_counted() {
    for seed in seeds() {
        let mut lab = Lab::new(3, seed);
        let leader = lab.one_leader();
        lab.agree(3);
        let before = lab.network.sent;
        let (start, mut last) = (lab.now, 0);
        for _ in 0..10 {
            last = lab.start(leader).expect("it leads");
        }
        assert!(lab.await_spread(last, 3, ms(2_000)));
        // To two followers, each message with an answer; one heartbeat every 40 ms, begun ones included.
        let heartbeats = |since: u64| 4 * (since / 40 + 2);
        let used = lab.network.sent - before;
        let beats = heartbeats(lab.now.since(start).as_ms());
        assert!(used <= 2 * (10 + 1 + 3) * 3 + beats, "{used} messages, heartbeats {beats}");
        let before = lab.network.sent;
        lab.wait(ms(1_000));
        let idle = lab.network.sent - before;
        assert!(idle <= heartbeats(1_000), "{idle} messages in an idle second");
        assert!(idle >= 4 * 20, "{idle} messages: no heartbeats?");
        lab.assert_good_end();
    }
}

/// One follower of three fails, then the other: then nothing is agreed on.
#[test]
fn failure_of_followers() {
    for seed in seeds() {
        let mut lab = Lab::new(3, seed);
        lab.agree(3);
        let leader = lab.one_leader();
        lab.disconnect(NodeId((leader.0 + 1) % 3));
        lab.agree(2);
        lab.wait(ELECTION);
        lab.agree(2);
        lab.disconnect(NodeId((leader.0 + 2) % 3));
        let command = lab.start(leader).expect("it still leads");
        assert!(!lab.await_spread(command, 1, ms(2_000)), "on its own");
        lab.assert_good_end();
    }
}

/// The leader of three fails, then the next one.
#[test]
fn failure_of_leaders() {
    for seed in seeds() {
        let mut lab = Lab::new(3, seed);
        lab.agree(3);
        let first = lab.one_leader();
        lab.disconnect(first);
        lab.agree(2);
        lab.wait(ELECTION);
        let second = lab.one_leader();
        lab.disconnect(second);
        let mut lonely = Vec::new();
        for node in lab.all().iter() {
            lonely.extend(lab.start(node));
        }
        assert!(!lonely.is_empty(), "both that were cut off think they lead");
        lab.wait(ELECTION + ELECTION);
        for command in lonely {
            assert_eq!(lab.spread(command), 0);
        }
        lab.assert_good_end();
    }
}

/// A follower that comes back after some agreement takes part again.
#[test]
fn agreement_despite_disconnected_followers() {
    for seed in seeds() {
        let mut lab = Lab::new(3, seed);
        lab.agree(3);
        let leader = lab.one_leader();
        lab.disconnect(NodeId((leader.0 + 1) % 3));
        for _ in 0..2 {
            lab.agree(2);
        }
        lab.wait(ELECTION);
        for _ in 0..2 {
            lab.agree(2);
        }
        lab.connect_all();
        lab.agree(3);
        lab.wait(ELECTION);
        lab.agree(3);
        assert!(lab.assert_good_end() >= 7);
    }
}

/// Three followers of five are gone: nothing is agreed on. Then they are back, and what the leader took meanwhile may stay or
/// be lost.
#[test]
fn no_agreement_if_too_many_disconnect() {
    for seed in seeds() {
        let mut lab = Lab::new(5, seed);
        lab.agree(5);
        let leader = lab.one_leader();
        for place in 1..=3 {
            lab.disconnect(after(leader, place));
        }
        let command = lab.start(leader).expect("it leads");
        assert!(!lab.await_spread(command, 1, ms(2_000)), "with one follower of four");
        lab.connect_all();
        lab.one_leader();
        lab.agree(5);
        lab.assert_good_end();
    }
}

/// Five commands at the same moment: all are carried out, one after the other.
#[test]
fn concurrent_starts() {
    for seed in seeds() {
        let mut lab = Lab::new(3, seed);
        let leader = lab.one_leader();
        let term = lab.raft(leader).term();
        let commands: Vec<u32> = (0..5).filter_map(|_| lab.start(leader)).collect();
        let last = *commands.last().expect("it leads");
        assert!(lab.await_spread(last, 3, ms(2_000)));
        let told: Vec<_> = commands.iter().map(|command| lab.told(*command)).collect();
        assert_eq!(told, (2..7).map(|index| Some(Index(index))).collect::<Vec<_>>());
        assert_eq!(lab.raft(leader).term(), term);
        lab.assert_good_end();
    }
}

/// A leader that is cut off goes on taking commands, which nobody else gets; when it is back it gives way to a leader that
/// agreed on something else meanwhile.
#[test]
fn rejoin_of_a_partitioned_leader() {
    for seed in seeds() {
        let mut lab = Lab::new(3, seed);
        lab.agree(3);
        let first = lab.one_leader();
        lab.disconnect(first);
        let lost: Vec<u32> = (0..3).filter_map(|_| lab.start(first)).collect();
        assert_eq!(lost.len(), 3);
        lab.agree(2);
        let second = lab.one_leader();
        lab.disconnect(second);
        lab.connect(first);
        lab.agree(2);
        lab.connect(second);
        lab.agree(3);
        for command in lost {
            assert_eq!(lab.spread(command), 0, "another entry took its place");
        }
        lab.assert_good_end();
    }
}

/// Two leaders, one after the other, take 50 commands each that only one other server gets; the third leader's log wins over
/// both, and soon all agree.
fn fast_backup(seed: u64, switches: Switches) {
    let mut lab = Lab::switched(5, seed, switches);
    lab.agree(5);
    let first = lab.one_leader();
    for place in 2..=4 {
        lab.disconnect(after(first, place));
    }
    let mut lost: Vec<u32> = (0..50).filter_map(|_| lab.start(first)).collect();
    lab.wait(ELECTION);
    lab.disconnect(first);
    lab.disconnect(after(first, 1));
    for place in 2..=4 {
        lab.connect(after(first, place));
    }
    for _ in 0..50 {
        lab.agree(3);
    }
    let second = lab.one_leader();
    let other = (2..=4).map(|place| after(first, place)).find(|node| *node != second).expect("two more");
    lab.disconnect(other);
    lost.extend((0..50).filter_map(|_| lab.start(second)));
    lab.wait(ELECTION);
    for node in lab.all().iter() {
        lab.disconnect(node);
    }
    for node in [first, after(first, 1), other] {
        lab.connect(node);
    }
    for _ in 0..50 {
        lab.agree(3);
    }
    lab.connect_all();
    lab.agree(5);
    assert_eq!(lost.len(), 100);
    assert!(lost.iter().all(|command| lab.spread(*command) == 0), "the wrong logs");
    assert!(lab.assert_good_end() >= 102);
}

/// See [`fast_backup`]; with one entry more that the leader goes back per refusal.
#[test]
fn backup_over_wrong_logs() {
    for seed in seeds() {
        fast_backup(seed, Switches::PLAIN);
    }
}

/// See [`fast_backup`]; with conflict repair by term.
#[test]
fn fast_backup_over_wrong_logs() {
    for seed in seeds() {
        fast_backup(seed, Switches { fast_repair: true, ..Switches::PLAIN });
    }
}
