//! Each flaw found by search.
use std::time::Instant;

use cap_lab::explore::{Bounds, Way, interventions, shortest};
use cap_lab::node::NodeSet;
use cap_lab::paxos::Flaw;

use crate::report;
use crate::subject::{ALL, Decision, ask};

fn decision(flaw: Flaw) -> Decision {
    let sound = Decision::sound();
    let bounds = sound.bounds;
    let base = Decision { flaw: Some(flaw), wanted: Some("Agreement"), ..sound };
    match flaw {
        Flaw::PromiseForgotten => {
            Decision { bounds: Bounds { crashes: 1, may_crash: base.acceptor_ids(), ..bounds }, ..base }
        }
        Flaw::AcceptedValueIgnored => base,
        Flaw::BallotReused => Decision {
            proposers: 1,
            requests: vec![ask(0, "blue"), ask(0, "red")],
            bounds: Bounds { crashes: 1, may_crash: NodeSet::first(1), ..bounds },
            ..base
        },
        Flaw::AcceptWithoutPromise => Decision { rounds: vec![2, 1], ..base },
        Flaw::QuorumOneShort => Decision { arrive: ALL, ..base },
        Flaw::LatePromisesCounted => Decision { rounds: vec![2, 1], ..base },
    }
}

#[test]
fn probe() {
    for flaw in Flaw::ALL {
        let subject = decision(flaw);
        let start = Instant::now();
        let limit = std::env::var("LIMIT").ok().and_then(|s| s.parse().ok()).unwrap_or(1_000_000);
        let explored = shortest(&subject, limit);
        report(&format!(
            "{flaw}: {} states, {} steps, depth {}, {:?}",
            explored.states,
            explored.steps,
            explored.depth,
            start.elapsed()
        ));
        if let Some((steps, broken)) = &explored.broken {
            report(&format!("  {} steps: {broken:?}", steps.len()));
            for act in interventions(&subject, &Way::of(&subject, steps)) {
                report(&format!("   {act}"));
            }
        }
    }
}
