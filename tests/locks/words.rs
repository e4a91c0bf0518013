//! Every note about locks happens in some run and reads as a sentence.

use std::collections::BTreeMap;

use cap_lab::explain::{self, Sentence};
use cap_lab::locks::client::{ClientNote, Request};
use cap_lab::locks::participant::Note;
use cap_lab::locks::redlock::InstanceNote;
use cap_lab::locks::service::ServiceNote;
use cap_lab::locks::storage::StorageNote;
use cap_lab::node::{Kind, NodeId};
use cap_lab::sim::fault::{Fate, Intervention};
use cap_lab::timeline::Experiment;
use cap_lab::world::locks::LocksRun;

use crate::compare::{self, Said};
use crate::storm::{self, Dice, Faults};
use crate::{experiment, ms};

/// The kinds of note there are. A new variant does not compile until it has its kind here, and fails until it happens.
const KINDS: usize = 39;

/// None for what replicas on any log note, which has tests of its own.
fn kind(note: &Note) -> Option<&'static str> {
    Some(match note {
        Note::Service(note) => match note {
            ServiceNote::Granted { waited: true, .. } => "service: granted after waiting",
            ServiceNote::Granted { waited: false, .. } => "service: granted",
            ServiceNote::Queued { .. } => "service: queued",
            ServiceNote::Released { session, by, .. } if session == by => "service: released",
            ServiceNote::Released { .. } => "service: released by another",
            ServiceNote::Withdrawn { .. } => "service: withdrawn",
            ServiceNote::ReleaseRefused { holder: Some(_), .. } => "service: release refused",
            ServiceNote::ReleaseRefused { holder: None, .. } => "service: release refused, free",
            ServiceNote::Expired { held: true, .. } => "service: expired",
            ServiceNote::Expired { held: false, .. } => "service: expired in the queue",
            ServiceNote::CameLate { .. } => "service: came late",
        },
        Note::Client(note) => match note {
            ClientNote::Asks { .. } => "client: asks",
            ClientNote::Polls { .. } => "client: polls",
            ClientNote::BacksOff { .. } => "client: backs off",
            ClientNote::Holds { .. } => "client: holds",
            ClientNote::LeaseEnds { .. } => "client: lease ends",
            ClientNote::ToldOver { held: true, .. } => "client: told over",
            ClientNote::ToldOver { held: false, .. } => "client: told over while it waits",
            ClientNote::Reads { .. } => "client: reads",
            ClientNote::Works { .. } => "client: works",
            ClientNote::Writes { .. } => "client: writes",
            ClientNote::Updated { .. } => "client: updated",
            ClientNote::Fenced { .. } => "client: fenced",
            ClientNote::GivesUp { wrote: true } => "client: gives up after its write",
            ClientNote::GivesUp { wrote: false } => "client: gives up before its write",
            ClientNote::Releases { .. } => "client: releases",
            ClientNote::WasBusy => "client: was busy",
        },
        Note::Storage(note) => match note {
            StorageNote::Reads { .. } => "storage: reads",
            StorageNote::Writes { lost, .. } if lost.is_empty() => "storage: writes",
            StorageNote::Writes { .. } => "storage: writes and loses",
            StorageNote::RefusesToken { write: true, .. } => "storage: refuses a write",
            StorageNote::RefusesToken { write: false, .. } => "storage: refuses a read",
            StorageNote::DropsOlder { .. } => "storage: drops older",
            StorageNote::KnowsWrite { .. } => "storage: knows a write",
        },
        Note::Instance(note) => match note {
            InstanceNote::Locks { after: None, .. } => "instance: locks",
            InstanceNote::Locks { after: Some(_), .. } => "instance: locks after another",
            InstanceNote::Refuses { .. } => "instance: refuses",
            InstanceNote::Unlocks { .. } => "instance: unlocks",
            InstanceNote::KeepsSilent { .. } => "instance: keeps silent",
        },
        Note::Replica(_) | Note::Raft(_) | Note::MultiPaxos(_) => return None,
    })
}

fn collect(run: &LocksRun, found: &mut BTreeMap<&'static str, Sentence>) {
    let setup = run.world().setup;
    let names = |id: NodeId| setup.name(id);
    for (_, noted) in run.watch().events.steps.iter() {
        if let Some(kind) = kind(&noted.note) {
            let view = explain::feed::View { servers: setup.servers(), reach: noted.reach };
            found.entry(kind).or_insert_with(|| explain::locks::sentence(&names, view, noted.node, &noted.note));
        }
    }
}

/// What chance would take too long to bring about: a read is held up until the next holder has read.
fn a_read_comes_late(found: &mut BTreeMap<&'static str, Sentence>) {
    let mut run = experiment("").start(1);
    let update = |node| Intervention::Request { node: NodeId(node), request: Request::Update };
    let reads = |run: &LocksRun| {
        run.model()
            .flights()
            .iter()
            .find(|(_, mail)| mail.from == NodeId(3) && mail.message.kind() == "Read")
            .map(|(id, _)| id)
    };
    run.advance(ms(1_000));
    assert!(run.intervene(ms(1_000), &update(3)));
    while reads(&run).is_none() {
        assert!(run.step(ms(2_000)));
    }
    let name = reads(&run).and_then(|id| run.name_of(id)).expect("on its way");
    let at = run.now();
    let message = |fate| Intervention::Message { world: 0, name: name.clone(), fate };
    assert!(run.intervene(at, &message(Fate::Hold)) && run.intervene(at, &Intervention::Pause(NodeId(3))));
    assert!(run.intervene(at, &update(4)));
    run.advance(ms(4_000));
    assert!(run.intervene(ms(4_000), &message(Fate::Release)));
    run.advance(ms(4_002));
    collect(&run, found);
}

#[test]
fn every_note_about_locks_happens_and_reads_as_a_sentence() {
    let mut found = BTreeMap::new();
    a_read_comes_late(&mut found);
    let setups = [
        "clients=3 lease=400 margin=50 work=60 traffic=300",
        "clients=3 lease=400 margin=50 work=60 traffic=300 storage=unchecked flaw=release-by-anyone",
        "backend=redlock clients=3 lease=400 margin=50 work=60 traffic=300 storage=unchecked",
        "clients=3 lease=400 margin=50 work=60 traffic=300 storage=timestamp",
    ];
    for seed in 0..400 {
        let mut run = experiment(setups[seed as usize % setups.len()]).start(seed);
        let mut dice = Dice::new(seed);
        for tick in 1..400 {
            // A little at a time: only so many notes are kept.
            let at = ms(20 * tick);
            run.advance(at);
            collect(&run, &mut found);
            if dice.below(3) > 0 {
                continue;
            }
            let act = if dice.below(12) == 0 {
                let node = NodeId(3 + dice.below(3) as u8);
                let request = [Request::Acquire, Request::Release, Request::Update][dice.below(3) as usize];
                Some(Intervention::Request { node, request })
            } else {
                let faults = if seed % 8 < 4 { storm::ALL } else { Faults { clients: true, ..storm::NONE } };
                storm::fault(&run, faults, &mut dice)
            };
            if let Some(act) = act {
                run.intervene(at, &act);
                collect(&run, &mut found);
            }
        }
        if found.len() == KINDS {
            break;
        }
    }
    let kinds: Vec<_> = found.keys().collect();
    assert_eq!(found.len(), KINDS, "only these happened: {kinds:?}");
    compare::compare(
        "locks",
        found.iter().map(|(kind, said)| {
            let Sentence { headline, reason, observer, source, tone } = said.clone();
            Said { kind, tone: format!("{tone:?}"), headline, reason, observer, source }
        }),
    );
}
