//! The analytic latency against measured runs: three regions, no faults, no jitter.

use std::collections::BTreeMap;
use std::path::Path;

use cap_lab::history::Outcome;
use cap_lab::latency::{Route, expected};
use cap_lab::node::{Micros, NodeId};
use cap_lab::store::Store;
use cap_lab::store::feed::Request;
use cap_lab::store::pattern::Asked;
use cap_lab::world::feed::{FeedRun, FeedSetup, FeedWorld, Region};
use cap_lab::world::watch::MarkKind;

use crate::ms;

/// Every store, and every variant of one whose pattern is another.
const STORES: [&str; 13] = [
    "raft",
    "raft.read-index",
    "raft.stickiness.check-quorum.lease",
    "multi-paxos",
    "multi-paxos.small-phase-2",
    "primary-backup",
    "primary-backup.one-backup",
    "quorum",
    "quorum.r-1.w-1",
    "quorum.r-1.w-3",
    "quorum.strict",
    "quorum.strict.tags.write-back",
    "gossip",
];

/// A quarter of the usual, so that hardly any two operations are under way at once.
const TRAFFIC: u16 = 25;
/// By then the leader that stays is elected.
const SETTLED: Micros = ms(5_000);
const END: Micros = ms(65_000);

fn asked(request: &Request) -> Option<Asked> {
    match request {
        Request::Post(_) | Request::Change(_) => Some(Asked::Write),
        Request::Read => Some(Asked::Read),
        Request::Attach(_) | Request::Admin(_) => None,
    }
}

/// The latencies of those operations that were answered, by who asked and what.
fn measured(run: &FeedRun) -> BTreeMap<(NodeId, Asked), Vec<Micros>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for operation in run.history().iter().filter(|operation| operation.invoked >= SETTLED) {
        if let (Some(asked), Outcome::Done { at, .. }) = (asked(&operation.request), &operation.outcome) {
            all.entry((operation.client, asked)).or_default().push(at.since(operation.invoked));
        }
    }
    all.values_mut().for_each(|latencies| latencies.sort_unstable());
    all
}

#[test]
fn medians_in_three_regions_are_within_5_percent_of_the_analytic_latency() {
    let mut compared = 0;
    for store in STORES {
        let store: Store = store.parse().expect(store);
        for (replicas, seed) in [(3, 1), (5, 1), (5, 2), (5, 3), (7, 1)] {
            let setup = FeedSetup::at_one_site(replicas, 3).in_three_regions(0);
            let world = FeedWorld::new(setup, store);
            let mut run = FeedRun::new(world, 0, seed, TRAFFIC);
            run.advance(END);
            let mut elected = run.watch().events.marks.iter().filter(|mark| matches!(mark.kind, MarkKind::Elected(_)));
            assert!(elected.next_back().is_none_or(|mark| mark.at < SETTLED), "{store} seed {seed}: the leader stays");
            let leader = setup.servers().iter().find(|server| run.model().host(*server).node.leads());
            for ((phone, asked), latencies) in measured(&run) {
                let replica = run.model().host(phone).node.client().expect("a phone").replica();
                let expected = expected(&world, asked, Route { phone, replica, leader }).expect("somebody leads");
                let median = latencies[(latencies.len() - 1) / 2];
                let off = median.0.abs_diff(expected.0);
                assert!(latencies.len() >= 30, "{} are too few", latencies.len());
                assert!(
                    off * 20 <= expected.0,
                    "{store} of {replicas}, seed {seed}, leader {leader:?}, {} {asked:?}: median {median:?}, expected {expected:?}",
                    setup.name(phone),
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, STORES.len() * 5 * 3 * 2, "every store, setup, person, and both operations");
}

/// In the table of the docs: ms, rounded.
fn cell(latency: Option<Micros>) -> String {
    latency.map_or_else(|| "–".to_owned(), |latency| format!("{}", (latency.0 + 500) / 1_000))
}

/// What `docs/latency.md` says of five replicas, the leader in Virginia.
fn table() -> String {
    let setup = FeedSetup::at_one_site(5, 3).in_three_regions(0);
    let mut table = String::from("| store | ");
    let columns = Asked::ALL.into_iter().flat_map(|asked| Region::ALL.map(|region| (asked, region)));
    let heads = columns.clone().map(|(asked, region)| {
        let asked = if asked == Asked::Write { "write" } else { "read" };
        format!("{asked}, {}", region.name())
    });
    table += &heads.collect::<Vec<_>>().join(" | ");
    table += &format!(" |\n|{}\n", " --- |".repeat(7));
    for store in STORES {
        let world = FeedWorld::new(setup, store.parse().expect(store));
        let cells = columns.clone().map(|(asked, region)| {
            let place = region.index() as u8;
            let route = Route { phone: NodeId(5 + place), replica: NodeId(place), leader: Some(NodeId(1)) };
            cell(expected(&world, asked, route))
        });
        table += &format!("| `{store}` | {} |\n", cells.collect::<Vec<_>>().join(" | "));
    }
    table
}

#[test]
fn the_docs_have_the_table_that_the_library_computes() {
    let docs =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/latency.md")).expect("the docs");
    let table = table();
    assert!(docs.contains(&table), "docs/latency.md should have\n{table}");
}
