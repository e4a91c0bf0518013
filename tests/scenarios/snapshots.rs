//! Lab 2D: logs that are compacted while servers are away.

use cap_lab::node::NodeId;
use cap_lab::raft::Switches;

use crate::lab::{ELECTION, Lab};
use crate::network::Weather;
use crate::seeds;

/// A snapshot takes the place of so many entries.
const INTERVAL: u32 = 10;
const SWITCHES: Switches = Switches { snapshot_after: Some(INTERVAL), ..Switches::PLAIN };

/// What happens to the victim of each round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Disconnect,
    Crash,
}

/// 30 rounds: one server of three, in every third round the leader, is away while more is agreed on than the others keep in
/// their logs, then comes back and is given a snapshot.
fn rounds(fault: Fault, weather: Weather) {
    for seed in seeds() {
        let mut lab = Lab::switched(3, seed, SWITCHES);
        lab.network.weather = weather;
        lab.agree(3);
        let mut brought = 0;
        for round in 0..30 {
            let leader = lab.one_leader();
            let victim = if round % 3 == 1 { leader } else { NodeId((leader.0 + 1) % 3) };
            let end = lab.raft(victim).log().last_index();
            match fault {
                Fault::None => {}
                Fault::Disconnect => lab.disconnect(victim),
                Fault::Crash => lab.crash(victim),
            }
            let count = u64::from(INTERVAL / 2) + lab.dice.below(u64::from(INTERVAL));
            for _ in 0..count {
                lab.agree(2);
            }
            let needs_snapshot = lab.all().iter().all(|node| node == victim || lab.raft(node).log().base().index > end);
            brought += u32::from(needs_snapshot && fault != Fault::None);
            match fault {
                Fault::None => {}
                Fault::Disconnect => lab.connect(victim),
                Fault::Crash => lab.restart(victim),
            }
            lab.agree(3);
            for node in lab.all().iter() {
                let kept = lab.raft(node).log().kept();
                assert!(kept <= u64::from(2 * INTERVAL), "{node} keeps {kept} entries");
            }
        }
        if fault != Fault::None {
            assert!(brought > 3, "only {brought} times a snapshot was needed");
        }
        assert!(lab.assert_good_end() > 30 * 6);
    }
}

const RELIABLE: Weather = Weather { unreliable: false, reorders: false };
const UNRELIABLE: Weather = Weather { unreliable: true, reorders: false };

#[test]
fn basic_snapshots() {
    rounds(Fault::None, RELIABLE);
}

#[test]
fn snapshots_with_disconnects() {
    rounds(Fault::Disconnect, RELIABLE);
}

#[test]
fn snapshots_with_disconnects_on_an_unreliable_network() {
    rounds(Fault::Disconnect, UNRELIABLE);
}

#[test]
fn snapshots_with_crashes() {
    rounds(Fault::Crash, RELIABLE);
}

#[test]
fn snapshots_with_crashes_on_an_unreliable_network() {
    rounds(Fault::Crash, UNRELIABLE);
}

/// All servers crash after a snapshot, and once more before they agree on anything.
#[test]
fn all_servers_restart_from_their_snapshots() {
    for seed in seeds() {
        let mut lab = Lab::switched(3, seed, SWITCHES);
        for _ in 0..=INTERVAL {
            lab.agree(3);
        }
        let all: Vec<NodeId> = lab.all().iter().collect();
        for _ in 0..2 {
            for node in &all {
                lab.crash(*node);
            }
            for node in &all {
                lab.restart(*node);
                assert!(lab.raft(*node).snapshot().is_some(), "{node}");
            }
            lab.wait(ELECTION);
        }
        lab.agree(3);
        assert!(lab.assert_good_end() > INTERVAL as usize);
    }
}
