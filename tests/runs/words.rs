//! Every note of the feeds, and all that only an observer can tell, happens in some run and reads as a sentence.

use std::collections::BTreeMap;

use cap_lab::experiment::FeedExperiment;
use cap_lab::explain::{self, Sentence};
use cap_lab::node::NodeId;
use cap_lab::raft::Raft;
use cap_lab::sim::fault::{Fate, Intervention};
use cap_lab::sim::model::Host;
use cap_lab::store::client::PhoneNote;
use cap_lab::store::conflict::{self, Policy};
use cap_lab::store::descriptor::Side;
use cap_lab::store::feed::Request;
use cap_lab::store::participant::{Note, Participant};
use cap_lab::store::replica::ReplicaNote;
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::{FeedRun, Observation};

use crate::compare::{self, Said};
use crate::liveness::fault;
use crate::{Dice, FIVE_AND_THREE, feed, ms};

/// The kinds of note there are. A new variant does not compile until it has its kind here, and fails until it happens.
const KINDS: usize = 29;

/// None for the protocols' own, which their own tests make happen.
fn kind(note: &Note) -> Option<&'static str> {
    match note {
        Note::Phone(note) => Some(phone_kind(note)),
        Note::Replica(note) => Some(replica_kind(note)),
        Note::Conflict(note) => Some(conflict_kind(note)),
        _ => None,
    }
}

fn phone_kind(note: &PhoneNote) -> &'static str {
    match note {
        PhoneNote::Asked { .. } => "asked",
        PhoneNote::GaveUp { .. } => "gave up",
        PhoneNote::HeardLate { done: true, .. } => "heard late that it happened",
        PhoneNote::HeardLate { done: false, .. } => "heard late that it did not happen",
        PhoneNote::Attached { .. } => "attached",
        PhoneNote::WasBusy => "was busy",
        PhoneNote::Retried { .. } => "retried",
        PhoneNote::RefusedEachTime { .. } => "refused each time",
    }
}

fn conflict_kind(note: &conflict::Note) -> &'static str {
    match note {
        conflict::Note::Overwrites { policy: Policy::WallClock, newer: true, .. } => "overwrites the newer one",
        conflict::Note::Overwrites { policy: Policy::WallClock, newer: false, .. } => "overwrites by wall clock",
        conflict::Note::Overwrites { policy: Policy::HybridClock, .. } => "overwrites by hybrid clock",
        conflict::Note::Overwrites { .. } => "overwrites by tag",
        conflict::Note::KeepsBoth { .. } => "keeps both",
        conflict::Note::Merges { .. } => "merges",
    }
}

fn replica_kind(note: &ReplicaNote) -> &'static str {
    match note {
        ReplicaNote::Forwarded { .. } => "forwarded",
        ReplicaNote::RefusedWithoutLeader { candidate: true, .. } => "refused as a candidate",
        ReplicaNote::RefusedWithoutLeader { candidate: false, .. } => "refused without leader",
        ReplicaNote::AskedBefore { .. } => "asked before",
        ReplicaNote::ForgotWhetherTaken { .. } => "forgot whether taken",
        ReplicaNote::LostLeader { .. } => "lost leader",
        ReplicaNote::Superseded { .. } => "superseded",
        ReplicaNote::Applied { fresh: true, .. } => "applied",
        ReplicaNote::Applied { fresh: false, effective: false, .. } => "applied again",
        ReplicaNote::Applied { fresh: false, effective: true, .. } => "applied twice",
    }
}

fn observed_kind(what: &Observation) -> &'static str {
    match what {
        Observation::Stale { .. } => "stale",
        Observation::AfterAll { .. } => "after all",
        Observation::Lost(_) => "lost",
        Observation::Overwritten(lost) if lost.newer => "overwritten, the newer one",
        Observation::Overwritten(_) => "overwritten",
    }
}

type Found = BTreeMap<&'static str, Sentence>;

fn collect(run: &FeedRun, found: &mut Found) {
    let names = |id| FIVE_AND_THREE.name(id);
    let servers = run.world().setup.servers();
    for (_, noted) in run.watch().events.steps.iter() {
        if let Some(kind) = kind(&noted.note) {
            let view = explain::feed::View { servers, reach: noted.reach };
            found
                .entry(kind)
                .or_insert_with(|| explain::feed::sentence(&names, run.world().store, view, noted.node, &noted.note));
        }
    }
    for (_, observed) in run.watch().observed.iter() {
        found
            .entry(observed_kind(&observed.what))
            .or_insert_with(|| explain::feed::observed(&names, Side::AP, observed));
    }
}

/// The one note that chance would take too long to bring about: a phone's question is copied, the copy held until its
/// replica has forgotten the first one, and then let go.
fn a_question_is_copied_and_its_replica_forgets(timeline: &mut Timeline<FeedExperiment>, found: &mut Found) {
    let (phone, ask) = (NodeId(5), |request| Intervention::Request { node: NodeId(5), request });
    timeline.act(Intervention::Traffic(0));
    timeline.play(ms(2_000));
    let run = &timeline.track().worlds()[0];
    let leads = |host: &Host<Participant>| host.node.raft().is_some_and(Raft::is_leader);
    let leader = run.model().hosts().find(|(_, host)| leads(host)).expect("somebody leads by then").0;
    assert!(timeline.act(ask(Request::Attach(leader))));
    assert!(timeline.act(ask(Request::Post("twice".into()))));
    let message = |name, fate| Intervention::Message { world: 0, name, fate };
    let asked = |timeline: &Timeline<FeedExperiment>, nth: usize| {
        let run = &timeline.track().worlds()[0];
        let (id, _) = run.model().flights().iter().filter(|(_, envelope)| envelope.from == phone).nth(nth)?;
        run.name_of(id)
    };
    let first = asked(timeline, 0).expect("just asked");
    assert!(timeline.act(message(first, Fate::Duplicate)));
    let copy = asked(timeline, 1).expect("just copied");
    assert!(timeline.act(message(copy.clone(), Fate::Hold)));
    // One waits, three are in line, and for the fifth the phone is too busy.
    for _ in 0..4 {
        assert!(timeline.act(ask(Request::Read)));
    }
    timeline.play(timeline.now() + ms(1));
    collect_both(timeline, found);
    timeline.play(timeline.now() + ms(500));
    assert!(timeline.act(Intervention::Crash { node: leader, keep: u32::MAX }));
    assert!(timeline.act(Intervention::Restart(leader)));
    timeline.play(timeline.now() + ms(1_500));
    assert!(timeline.act(message(copy, Fate::Release)));
    timeline.play(timeline.now() + ms(150));
}

fn collect_both(timeline: &Timeline<FeedExperiment>, found: &mut Found) {
    for run in timeline.track().worlds() {
        collect(run, found);
    }
}

/// The one observation that no quorum allows: two primaries confirm, and one of them loses what it confirmed.
fn a_confirmed_post_is_lost(found: &mut Found) {
    let experiment: FeedExperiment = "replicas=5 people=3 traffic=0 stores=primary-backup".parse().expect("a setup");
    let mut timeline = Timeline::new(experiment, 1);
    timeline.play(ms(800));
    let (here, there) = ([0, 1].map(NodeId), [2, 3, 4].map(NodeId));
    let links: Vec<_> = here.iter().flat_map(|a| there.iter().flat_map(move |b| [(*a, *b), (*b, *a)])).collect();
    assert!(timeline.act(Intervention::Cut(links.clone())));
    assert!(timeline.act(Intervention::Request { node: NodeId(5), request: Request::Post("lost".into()) }));
    timeline.play(ms(1_600));
    assert!(timeline.act(Intervention::Heal(links)));
    timeline.play(ms(2_000));
    let run = &timeline.track().worlds()[0];
    let lost = run.watch().observed.iter().find(|(_, observed)| matches!(observed.what, Observation::Lost(_)));
    let (_, lost) = lost.expect("the higher view has won");
    found.insert("lost", explain::feed::observed(&|id| FIVE_AND_THREE.name(id), Side::AP, lost));
}

/// Concurrent writes, and one by a clock that is fast, under each policy that has something to say of them.
fn statuses_conflict(found: &mut Found) {
    for policy in ["gossip.last-write-wins", "gossip.hybrid-clock", "gossip.siblings", "gossip.by-place"] {
        let setup = format!("replicas=5 people=3 traffic=0 stores={policy}");
        let mut timeline = Timeline::<FeedExperiment>::new(setup.parse().expect("a setup"), 1);
        let script = "run 1s|split n1 n2|status ana \"one\"|status ana \"two\" by=bo|run 500ms|heal|run 1s|read chen|run 50ms|\
            status ana \"three\" by=chen|run 500ms|skew n1 micros=5000000|status bo \"fast\" by=ana|run 500ms|read chen|run 50ms|\
            status bo \"newer\" by=chen|run 500ms";
        for line in script.split('|') {
            timeline.command(&line.parse().expect(line)).expect(line);
            collect_both(&timeline, found);
        }
    }
}

#[test]
fn every_note_of_the_feeds_happens_and_reads_as_a_sentence() {
    let mut found = Found::new();
    let mut timeline = Timeline::new(feed(), 8);
    a_question_is_copied_and_its_replica_forgets(&mut timeline, &mut found);
    collect_both(&timeline, &mut found);
    a_confirmed_post_is_lost(&mut found);
    statuses_conflict(&mut found);
    let asking_twice: FeedExperiment =
        "replicas=5 people=3 traffic=100 stores=raft.no-sessions.retries/gossip".parse().expect("a setup");
    for seed in 0..400 {
        // Retries take their time.
        let (experiment, faults) = if seed % 4 == 3 { (asking_twice.clone(), 200) } else { (feed(), 60) };
        let mut timeline = Timeline::new(experiment, seed);
        let mut dice = Dice::new(seed);
        for _ in 0..faults {
            timeline.play(timeline.now() + ms(10 + dice.below(30)));
            let act = if dice.below(6) == 0 {
                let node = NodeId(5 + dice.below(3) as u8);
                Intervention::Request { node, request: Request::Read }
            } else {
                fault(&timeline, &mut dice)
            };
            timeline.act(act);
            collect_both(&timeline, &mut found);
        }
        if found.len() == KINDS {
            break;
        }
    }
    let kinds: Vec<_> = found.keys().collect();
    assert_eq!(found.len(), KINDS, "only these happened: {kinds:?}");
    compare::compare(
        "feed",
        found.iter().map(|(kind, said)| {
            let Sentence { headline, reason, observer, source, tone } = said.clone();
            Said { kind, tone: format!("{tone:?}"), headline, reason, observer, source }
        }),
    );
    for (kind, Sentence { headline, source, .. }) in &found {
        // A refusal is told as the phone's owner sees it; all else names who did it.
        let named = (0..8).any(|id| headline.contains(&FIVE_AND_THREE.name(NodeId(id))));
        assert!(named && !source.is_empty(), "{kind}: {headline} ({source})");
    }
}
