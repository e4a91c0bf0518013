//! What sentences say is so: every note of random runs is put into words, and the facts in them are held against the model.

use std::collections::BTreeSet;

use cap_lab::experiment::{FeedExperiment, PaxosExperiment};
use cap_lab::explain::{self, Sentence, Tone};
use cap_lab::node::{Node, NodeId, NodeSet};
use cap_lab::paxos::{Request, Value};
use cap_lab::raft::{self, ElectionNote, PreVoteNote};
use cap_lab::sim::fault::Intervention;
use cap_lab::sim::model::{Model, Status};
use cap_lab::store::participant::Note;
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::FeedRun;

use crate::compare::{check_form, sentences, words};
use crate::liveness::fault;
use crate::{Dice, ms, seeds};

/// `2 of 5`, `3 of 4`: the tallies in a sentence, in order.
fn tallies(sentence: &str) -> Vec<(u32, u32)> {
    let words: Vec<&str> = sentence.split([' ', ',', ':']).filter(|word| !word.is_empty()).collect();
    let number = |word: &str| word.parse().ok();
    words
        .windows(3)
        .filter(|three| three[1] == "of")
        .filter_map(|three| Some((number(three[0])?, number(three[2])?)))
        .collect()
}

fn check_sentence(Sentence { reason, observer, .. }: &Sentence) {
    check_form(reason);
    observer.iter().for_each(|observer| check_form(observer));
}

/// That what is called a majority is one, and what is not is none.
fn check_majorities(Sentence { reason, observer, .. }: &Sentence) {
    for sentence in sentences(reason).chain(sentences(observer.as_deref().unwrap_or_default())) {
        let enough = |(some, all): &(u32, u32)| 2 * some > *all;
        let counted = tallies(sentence);
        if sentence.contains("is a majority of each") {
            assert!(counted.len() == 2 && counted.iter().all(enough), "{sentence}");
        } else if sentence.contains("that is a majority") || sentence.contains("enough to win") {
            assert!(counted.last().is_some_and(enough), "{sentence}");
        } else if sentence.contains("is no majority") || sentence.contains("too few to win") {
            assert!(!counted.iter().all(enough), "{sentence}");
        }
        assert!(!sentence.contains("mistake"), "no mistake is switched on: {sentence}");
    }
}

/// With whom a node can exchange messages, found from the links alone.
fn exchanges<N: Node>(model: &Model<N>, node: NodeId, servers: NodeSet) -> NodeSet {
    let is_up = |other: &NodeId| model.host(*other).status != Status::Crashed;
    let is_whole = |other: &NodeId| !model.is_cut(node, *other) && !model.is_cut(*other, node);
    servers.without(node).iter().filter(|other| is_up(other) && is_whole(other)).collect()
}

/// The servers that a text names.
fn named(text: &str, servers: NodeSet) -> NodeSet {
    let words: BTreeSet<&str> = text.split([' ', ',', '.', ':']).collect();
    servers.iter().filter(|id| words.contains(id.to_string().as_str())).collect()
}

/// Whom a note is about: the voters if it asks for votes, else all servers.
fn concerned(note: &Note, servers: NodeSet) -> NodeSet {
    match note {
        Note::Raft(
            raft::Note::Election(ElectionNote::AsksForVotes { members, .. })
            | raft::Note::PreVote(PreVoteNote::Asks { members, .. }),
        ) => members.electorate(),
        _ => servers,
    }
}

fn check_reach<N: Node>(model: &Model<N>, node: NodeId, servers: NodeSet, observer: &str) -> bool {
    for sentence in sentences(observer) {
        let others = named(sentence, servers).without(node);
        if sentence.contains("can exchange messages with") {
            assert_eq!(others, exchanges(model, node, servers), "{sentence}");
            assert_ne!(others, servers.without(node), "{sentence}");
        } else if sentence.contains("can't exchange messages with") {
            assert!(others.intersection(exchanges(model, node, servers)).is_empty(), "{sentence}");
            assert!(others.iter().all(|other| model.host(other).status != Status::Crashed), "{sentence}");
        } else if sentence.ends_with(" down") {
            let down = named(sentence, servers);
            assert!(down.iter().all(|other| model.host(other).status == Status::Crashed), "{sentence}");
        }
    }
    !observer.is_empty()
}

/// Reads what was noted since `seen`; returns how many of the notes said whom a server can reach.
fn check_notes(run: &FeedRun, seen: &mut u64) -> u32 {
    let setup = run.world().setup;
    let mut told = 0;
    for (_, noted) in run.watch().events.steps.iter().take_while(|(number, _)| *number >= *seen) {
        let view = explain::feed::View { servers: setup.servers(), reach: noted.reach };
        let sentence = explain::feed::sentence(&|id| setup.name(id), run.world().store, view, noted.node, &noted.note);
        check_sentence(&sentence);
        check_majorities(&sentence);
        if let Some(observer) = &sentence.observer {
            told += u32::from(check_reach(run.model(), noted.node, concerned(&noted.note, setup.servers()), observer));
        }
    }
    *seen = run.watch().events.steps.count();
    told
}

#[test]
fn the_facts_in_the_sentences_of_feeds_are_so() {
    let mut told = 0;
    for seed in 0..seeds(24, 400) {
        let stores = [
            "raft/gossip",
            "multi-paxos/gossip",
            "raft.pre-vote.check-quorum/gossip",
            "raft.stickiness.spares-1/gossip",
            "primary-backup/quorum",
            "primary-backup.one-backup/quorum.n-5.r-3.w-3.strict.tags.write-back",
        ];
        let setup = format!("replicas=5 people=3 traffic=100 stores={}", stores[seed as usize % stores.len()]);
        let mut timeline: Timeline<FeedExperiment> = Timeline::new(setup.parse().expect("a setup"), seed);
        let mut dice = Dice::new(seed);
        let mut seen = [0; 2];
        for _ in 0..40 {
            for _ in 0..10 {
                // A few ms at a time: only so many notes are kept, and no link changes in between.
                timeline.play(timeline.now() + ms(4));
                for (run, seen) in timeline.track().worlds().iter().zip(&mut seen) {
                    told += check_notes(run, seen);
                }
            }
            timeline.act(fault(&timeline, &mut dice));
            // What happens at the moment of the act is not looked at: some of it comes before the links change.
            timeline.play(timeline.now() + ms(1));
            for (run, seen) in timeline.track().worlds().iter().zip(&mut seen) {
                *seen = run.watch().events.steps.count();
            }
        }
    }
    assert!(told > 100, "only {told} notes said whom a server can reach");
}

/// Whoever opens a page sees a healthy cluster at work: nothing that went wrong, and nothing out of date.
#[test]
fn a_healthy_cluster_opens_without_red_or_amber() {
    let mut coloured = BTreeSet::new();
    for seed in 0..seeds(24, 400) {
        for stores in
            ["raft/gossip", "multi-paxos/gossip", "raft.pre-vote.check-quorum", "raft.lease.stickiness.check-quorum"]
        {
            let setup = format!("replicas=5 people=3 traffic=100 stores={stores}");
            let mut timeline: Timeline<FeedExperiment> = Timeline::new(setup.parse().expect("a setup"), seed);
            timeline.play(ms(2_000));
            for run in timeline.track().worlds() {
                let setup = run.world().setup;
                for (_, noted) in run.watch().events.notes.iter() {
                    let view = explain::feed::View { servers: setup.servers(), reach: noted.reach };
                    let said =
                        explain::feed::sentence(&|id| setup.name(id), run.world().store, view, noted.node, &noted.note);
                    if !matches!(said.tone, Tone::Routine | Tone::Good) {
                        coloured.insert(format!("seed {seed}, {stores}: {}", said.headline));
                    }
                }
                let meters = &run.watch().meters;
                assert_eq!((meters.refused, meters.unknown), (0, 0), "seed {seed}, {stores}");
            }
        }
    }
    assert!(coloured.is_empty(), "{coloured:#?}");
}

#[test]
fn what_is_said_to_be_chosen_is_chosen() {
    let mut told = 0;
    for seed in 0..seeds(40, 400) {
        let experiment: PaxosExperiment = "proposers=3 acceptors=5".parse().expect("a setup");
        let setup = experiment.paxos;
        let mut timeline = Timeline::new(experiment, seed);
        let mut seen = 0;
        for (proposer, value) in [(0, "blue"), (1, "red"), (2, "green"), (0, "blue")] {
            let node = NodeId(proposer);
            timeline.act(Intervention::Request { node, request: Request::Propose(Value(value.into())) });
            for _ in 0..20 {
                timeline.play(timeline.now() + ms(20));
                let run = timeline.track();
                for (_, noted) in run.watch().events.steps.iter().take_while(|(number, _)| *number >= seen) {
                    let sentence = explain::paxos::sentence(&|id| setup.name(id), noted.node, &noted.note);
                    check_sentence(&sentence);
                    let text = format!("{}. {}", sentence.headline, sentence.reason);
                    for part in sentences(&text).filter(|part| part.contains(" is chosen")) {
                        let chosen = run.watch().chosen.as_ref().expect("something is chosen");
                        assert!(
                            part.contains(&chosen.proposal.value.to_string()),
                            "{part}, but {:?} is",
                            chosen.proposal
                        );
                        told += 1;
                    }
                }
                seen = run.watch().events.steps.count();
            }
        }
    }
    assert!(told > 40, "only {told} notes said that something is chosen");
}

/// A cluster that nothing happens to shows neither red nor amber, however messages overtake each other.
#[test]
fn opening_a_healthy_cluster_alarms_nobody() {
    for stores in [
        "raft/gossip",
        "multi-paxos/gossip",
        "raft.pre-vote.check-quorum.stickiness/gossip",
        "primary-backup/quorum",
        "primary-backup.one-backup/quorum.strict.tags.write-back",
    ] {
        for seed in 0..seeds(15, 200) {
            let setup = format!("replicas=5 people=3 traffic=100 stores={stores}");
            let mut timeline: Timeline<FeedExperiment> = Timeline::new(setup.parse().expect("a setup"), seed);
            for _ in 0..400 {
                timeline.play(timeline.now() + ms(10));
                for run in timeline.track().worlds() {
                    let setup = run.world().setup;
                    for (_, noted) in run.watch().events.notes.iter().take(20) {
                        let view = explain::feed::View { servers: setup.servers(), reach: noted.reach };
                        let Sentence { headline, tone, .. } = explain::feed::sentence(
                            &|id| setup.name(id),
                            run.world().store,
                            view,
                            noted.node,
                            &noted.note,
                        );
                        assert!(matches!(tone, Tone::Routine | Tone::Good), "{stores}, seed {seed}: {headline}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_sentence_is_counted_as_a_reader_would() {
    assert_eq!(sentences("It is at 1.p1. It is done.").collect::<Vec<_>>(), ["It is at 1.p1", "It is done"]);
    assert_eq!(words("{n1, n2} hold (3, t1) on disk"), 5);
    assert_eq!(tallies("2 of 3 new and 1 of 3 old votes, {n1}: that"), [(2, 3), (1, 3)]);
}
