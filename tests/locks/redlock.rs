//! Redlock: what it promises while its assumptions hold, and what wall clocks do to it.

use cap_lab::node::NodeId;
use cap_lab::sim::fault::Intervention;
use cap_lab::timeline::Experiment;

use crate::storm::{self, Dice, Faults};
use crate::{broken, experiment, ms, report, seeds};

const SETUP: &str = "backend=redlock servers=5 clients=3 lease=600 margin=60 work=40 traffic=200 storage=unchecked";

/// Crashes with delayed restarts, cut links, loss and copies: as long as clocks and processes keep time, one client at most believes
/// that it holds the lock, and the file stays whole.
#[test]
fn while_clocks_and_processes_keep_time_redlock_excludes() {
    let (mut faults, mut beliefs) = (0, 0);
    let count = seeds(500, 5_000);
    for seed in 0..count {
        let mut run = experiment(SETUP).start(seed);
        run.advance(ms(700));
        let weather = Faults { servers: true, messages: true, ..storm::NONE };
        faults += storm::storm(&mut run, weather, ms(6_000), &mut Dice::new(seed));
        storm::calm(&mut run);
        run.advance(run.now() + ms(3_000));
        assert_eq!(run.watch().overlaps.iter().next(), None, "seed {seed}");
        beliefs += run.watch().beliefs.len();
        // A write that the network held up comes late under any lock.
        if let Some(broken) = broken(&run) {
            assert!(broken.contains("File Integrity"), "seed {seed}: {broken}");
        }
    }
    report(&format!("{count} schedules of Redlock in time: {faults} faults, {beliefs} stays"));
    assert!(beliefs as u64 > 3 * count);
}

/// A wall clock of a server that jumps ahead ends a lock early: two hold it at once.
#[test]
fn skew_of_the_servers_makes_two_holders() {
    let mut found = Vec::new();
    for seed in 0..40 {
        let words = SETUP.replace("servers=5", "servers=3").replace("work=40", "work=300");
        let mut run = experiment(&words).start(seed);
        let mut dice = Dice::new(seed);
        for tick in 0..60 {
            let at = ms(900 + 100 * tick);
            run.advance(at);
            let node = NodeId(dice.below(3) as u8);
            run.intervene(at, &Intervention::Skew { node, micros: dice.below(2_000_000) as i64 - 1_000_000 });
        }
        if !run.watch().overlaps.is_empty() {
            found.push(seed);
        }
    }
    report(&format!("of 40 schedules of Redlock with skew, two clients hold the lock at once in {}", found.len()));
    assert!(!found.is_empty(), "in none of 40 seeds");
}
