use super::*;
use crate::experiment::{FeedExperiment, LocksExperiment, PaxosExperiment};
use crate::glossary;
use crate::goal::ledger::{Ledger, Recorded};
use crate::store::Store;
use crate::timeline::{Experiment, Timeline};

/// As much as is read in a minute.
const ACTS_MAX: usize = 10;

/// The run's ledger, computed to its end.
fn played(situation: &Situation) -> Ledger {
    fn ledger<E: Recorded>(situation: &Situation) -> Ledger {
        let mut timeline =
            situation.scene().play::<E>().unwrap_or_else(|wrong| panic!("{}: {wrong:?}", situation.name));
        assert!(timeline.now() <= timeline.script()[0].at && timeline.now() < timeline.end(), "{}", situation.name);
        timeline.seek(timeline.end());
        E::ledger(&timeline)
    }
    match situation.scene().experiment.as_str() {
        PaxosExperiment::NAME => ledger::<PaxosExperiment>(situation),
        LocksExperiment::NAME => ledger::<LocksExperiment>(situation),
        _ => ledger::<FeedExperiment>(situation),
    }
}

#[test]
fn every_claim_comes_true_in_its_run() {
    for situation in all() {
        let (ledger, goal) = (played(&situation), situation.goal().expect(situation.name));
        goal.check(&ledger).unwrap_or_else(|wrong| panic!("{}: {wrong}", situation.name));
        assert!(goal.met(&ledger).is_some(), "{}: {goal}; {:?}", situation.name, ledger.happenings());
    }
}

#[test]
fn every_script_is_short() {
    for situation in all() {
        let acts = situation.commands().filter(|line| !line.starts_with("run ") && !line.starts_with("at "));
        assert!((1..=ACTS_MAX).contains(&acts.count()), "{}", situation.name);
    }
    assert_eq!(all().count(), 17);
}

/// The fault of the figure-8 run is the leader's, not the network's.
#[test]
fn figure_8_breaks_nothing_where_the_leader_keeps_the_rule() {
    let figure_8 = named("figure-8").expect("it is one of them");
    let timeline = figure_8.scene().play::<FeedExperiment>().expect("a feed");
    let sound = timeline.experiment().without_flaw().expect("it makes a mistake");
    let mut sound = timeline.retold(sound);
    sound.seek(sound.end());
    let goal: Goal = "not broken and not confirmed".parse().expect("a goal");
    assert!(goal.met(&FeedExperiment::ledger(&sound)).is_some());
    assert_eq!(sound.skipped(), 0, "the same things happen");
}

/// Without the drift the same pause and the same cut break nothing: it is the clocks that the lease trusts.
#[test]
fn the_lease_holds_where_clocks_run_alike() {
    let lease = named("paused-leader-with-a-lease").expect("it is one of them");
    let scene = lease.scene();
    let setup: FeedExperiment = scene.setup.parse().expect("a setup");
    assert!(matches!(setup.stores[..], [Store::Raft(_)]));
    let mut timeline = Timeline::new(setup, scene.seed);
    for line in lease.commands().filter(|line| !line.starts_with("drift ")) {
        timeline.command(&line.parse().expect(line)).expect(line);
    }
    assert!("not stale".parse::<Goal>().expect("a goal").met(&FeedExperiment::ledger(&timeline)).is_some());
}

#[test]
fn every_word_of_the_glossary_is_seen_where_it_says() {
    let ledgers: Vec<(&str, Ledger)> = all().map(|situation| (situation.name, played(&situation))).collect();
    for entry in glossary::ENTRIES {
        let (name, goal) = entry.shown;
        let (_, ledger) = ledgers.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{}", entry.term));
        let goal: Goal = goal.parse().unwrap_or_else(|wrong| panic!("{}: {wrong}", entry.term));
        assert_eq!(goal.check(ledger), Ok(()), "{}", entry.term);
        assert!(goal.met(ledger).is_some(), "{}: {goal}", entry.term);
    }
}

#[test]
fn a_file_that_lacks_something_says_what() {
    let whole = "title: T\nsays: S\nquestion: Q\nclaim: stale\n\nsetup feed replicas=3 people=1 traffic=0 stores=raft seed=1\nrun 1s";
    assert!(Situation::read("x", whole).is_ok());
    for (text, why) in [
        ("title: T", "no empty line"),
        ("title: T\n\nrun 1s", "“says:” is missing"),
        ("colour: red\n\nrun 1s", "“colour” means nothing"),
        ("title: T\nsays: S\nquestion: Q\nclaim: c\n\nrun 1s", "does not begin with"),
    ] {
        let wrong = Situation::read("x", text).expect_err(text);
        assert!(wrong.contains(why), "{wrong}");
    }
}
