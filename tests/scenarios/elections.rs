//! Lab 2A: who leads.

use cap_lab::node::NodeId;

use crate::lab::{ELECTION, Lab, ms};
use crate::seeds;

/// One leader, and as long as nothing fails its term goes on.
#[test]
fn initial_election() {
    for seed in seeds() {
        let mut lab = Lab::new(3, seed);
        let leader = lab.one_leader();
        let term = lab.raft(leader).term();
        assert!(term.0 >= 1);
        lab.wait(ELECTION + ELECTION);
        assert_eq!(lab.leader(), Some(leader));
        for node in lab.all().iter() {
            assert_eq!(lab.raft(node).term(), term, "{node}");
        }
    }
}

/// A leader that is cut off is replaced; when it comes back it follows; without a majority nobody leads.
#[test]
fn re_election() {
    for seed in seeds() {
        let mut lab = Lab::new(3, seed);
        let first = lab.one_leader();
        lab.disconnect(first);
        let second = lab.one_leader();
        assert_ne!(first, second);
        lab.connect(first);
        let second = lab.one_leader();
        lab.disconnect(second);
        let other = NodeId((second.0 + 1) % 3);
        lab.disconnect(other);
        lab.wait(ELECTION + ELECTION);
        lab.assert_no_leader();
        lab.connect(other);
        lab.one_leader();
        lab.connect(second);
        lab.one_leader();
        lab.assert_good_end();
    }
}

/// Ten times three of seven servers are cut off: the other four have a leader, the same or a new one.
#[test]
fn many_elections() {
    for seed in seeds() {
        let mut lab = Lab::new(7, seed);
        lab.one_leader();
        let mut leaders = Vec::new();
        for _ in 0..10 {
            let some = [lab.any(), lab.any(), lab.any()];
            for node in some {
                lab.disconnect(node);
            }
            let leader = lab.one_leader();
            assert!(!some.contains(&leader));
            leaders.push(leader);
            lab.connect_all();
        }
        leaders.dedup();
        assert!(leaders.len() > 1, "it was never the leader that was cut off");
        lab.wait(ms(500));
        lab.assert_good_end();
    }
}
