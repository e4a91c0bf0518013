//! What the page promises, tried through the same calls.

use super::*;
use cap_lab::explain::paxos::outcome;
use cap_lab::sim::dice;
use cap_lab::sim::fault::Fate;
use cap_lab::sim::model::Status;

use crate::ui::act::{ask, heal_all, its_links};
use crate::ui::transport::scale::Scale;

const SETUP: PaxosSetup = PaxosSetup { proposers: 2, acceptors: 5, flaw: None };

fn lab() -> PaxosLab {
    PaxosLab::begin(SETUP, 42).expect("a possible setup")
}

fn copy(lab: &PaxosLab) -> PaxosLab {
    PaxosLab::new(lab.timeline.clone())
}

fn titles(lab: &PaxosLab) -> Vec<String> {
    lab.next_steps().into_iter().map(|step| step.title).collect()
}

fn row(lab: &PaxosLab, title: &str) -> NextStep {
    let found = lab.next_steps().into_iter().find(|step| step.title == title);
    found.unwrap_or_else(|| panic!("no “{title}” in {:#?}", titles(lab)))
}

/// Picks the row with that title, as a learner does.
fn pick(lab: &mut PaxosLab, title: &str) {
    lab.act(row(lab, title).act).unwrap_or_else(|wrong| panic!("{title}: {wrong}"));
}

fn drop_message(lab: &mut PaxosLab, title: &str) {
    let loss = row(lab, title).loss.expect("a message");
    lab.act(loss).expect("it is on its way");
}

fn acceptor(lab: &PaxosLab, number: usize) -> (String, Option<(String, String)>) {
    let place = usize::from(SETUP.proposers) + number - 1;
    let card = lab.world(0).nodes.swap_remove(place).card.expect("acceptors have cards");
    (card.promised, card.accepted)
}

fn rail(lab: &PaxosLab, number: usize) -> (String, String) {
    let view = lab.surroundings().proposers.swap_remove(number - 1);
    (view.intent, view.progress)
}

/// The state that the sketch of the page shows, but for p1, which can't know of 2.p2 yet.
fn sketch() -> PaxosLab {
    let mut lab = lab();
    for acceptor in 1..=5 {
        drop_message(&mut lab, &format!("Deliver Prepare(1.p2) to a{acceptor}"));
    }
    for acceptor in [1, 2, 4] {
        pick(&mut lab, &format!("Deliver Prepare(1.p1) to a{acceptor}"));
        pick(&mut lab, &format!("Deliver Promise(1.p1, none) from a{acceptor} to p1"));
    }
    for acceptor in [1, 2] {
        pick(&mut lab, &format!("Deliver Accept(1.p1, blue) to a{acceptor}"));
    }
    pick(&mut lab, "p2 times out and retries with 2.p2");
    for acceptor in [2, 3] {
        pick(&mut lab, &format!("Deliver Prepare(2.p2) to a{acceptor}"));
    }
    pick(&mut lab, "Deliver Promise(2.p2, (1.p1, blue)) from a2 to p2");
    lab
}

/// p1 has its promises and one acceptance when p2 gets its own promises, and then red chosen.
#[test]
fn a_ballot_that_comes_too_late_is_not_said_to_be_near_its_goal() {
    let mut lab = lab();
    let promised = |lab: &mut PaxosLab, ballot: &str, acceptors: [usize; 3]| {
        let proposer = ballot.split_once('.').expect("a ballot").1;
        for acceptor in acceptors {
            pick(lab, &format!("Deliver Prepare({ballot}) to a{acceptor}"));
            pick(lab, &format!("Deliver Promise({ballot}, none) from a{acceptor} to {proposer}"));
        }
    };
    promised(&mut lab, "1.p1", [1, 2, 3]);
    pick(&mut lab, "Deliver Accept(1.p1, blue) to a1");
    let progress = |lab: &PaxosLab| rail(lab, 1).1;
    assert!(progress(&lab).starts_with("1 of 5 accepted 1.p1: a1. 2 more and “blue” is chosen."), "{}", progress(&lab));
    promised(&mut lab, "1.p2", [3, 4, 5]);
    let too_few =
        "1 of 5 accepted 1.p1: a1. Too few are left that may accept it: the others have promised a higher ballot.";
    assert!(progress(&lab).starts_with(too_few), "{}", progress(&lab));
    for acceptor in [3, 4, 5] {
        pick(&mut lab, &format!("Deliver Accept(1.p2, red) to a{acceptor}"));
    }
    let chosen = "1 of 5 accepted 1.p1: a1. “red” is chosen already.";
    assert!(progress(&lab).starts_with(chosen), "{}", progress(&lab));
}

#[test]
fn the_sketch_comes_about_by_steps() {
    let lab = sketch();
    let blue = || Some(("1.p1".to_owned(), "blue".to_owned()));
    assert_eq!(acceptor(&lab, 1), ("1.p1".to_owned(), blue()));
    assert_eq!(acceptor(&lab, 2), ("2.p2".to_owned(), blue()));
    assert_eq!(acceptor(&lab, 3), ("2.p2".to_owned(), None));
    assert_eq!(acceptor(&lab, 4), ("1.p1".to_owned(), None));
    assert_eq!(acceptor(&lab, 5), ("–".to_owned(), None));
    assert_eq!(
        rail(&lab, 1),
        (
            "proposes “blue” · ballot 1.p1".to_owned(),
            "2 of 5 accepted 1.p1: a1, a2. One more and “blue” is chosen. It has heard of none yet. a1's and a2's answers are \
             on the way."
                .to_owned()
        )
    );
    assert_eq!(
        rail(&lab, 2),
        (
            "wants “red” · ballot 2.p2".to_owned(),
            "1 of 5 promises heard: a2. a2 told it that it had accepted (1.p1, blue). 2 more and it may propose. a3's answer \
             is on the way."
                .to_owned()
        )
    );
    for (title, outcome) in [
        ("Deliver Accept(1.p1, blue) to a3", "a3 will refuse: it promised 2.p2"),
        ("Deliver Accept(1.p1, blue) to a4", "a4 will accept “blue”, which is then chosen by a1, a2, a4"),
        ("Deliver Promise(2.p2, none) from a3 to p2", "p2 will have 2 of 5 promises"),
        ("Deliver Prepare(2.p2) to a1", "a1 will promise and report (1.p1, blue)"),
        ("Crash a2", "keeps what is on disk: promised 2.p2, accepted (1.p1, blue)"),
    ] {
        assert_eq!(row(&lab, title).outcome, outcome);
    }
    let rule = lab.surroundings().rule.expect("p2 is at work");
    assert_eq!(rule.headline, "Rule that decides what p2 may propose");
    assert!(rule.reason.contains("a2 reported (1.p1, blue)") && rule.reason.contains("not “red”"), "{}", rule.reason);
}

#[test]
fn a_chosen_value_stays_though_its_rival_wins_the_next_ballot() {
    let mut lab = sketch();
    assert_eq!(lab.surroundings().chosen, None);
    pick(&mut lab, "Deliver Accept(1.p1, blue) to a4");
    assert_eq!(lab.surroundings().chosen.as_deref(), Some("blue"));
    assert_eq!(
        lab.marks(&Scale::new(lab.end(), lab.moments()), 1e6).last().map(|mark| mark.label.as_str()),
        Some("chosen")
    );
    assert!(lab.world(0).events[0].sentence.observer.is_some(), "no node can know it yet");
    pick(&mut lab, "Deliver Promise(2.p2, none) from a3 to p2");
    let last = "Deliver Prepare(2.p2) to a5";
    pick(&mut lab, last);
    assert_eq!(
        row(&lab, "Deliver Promise(2.p2, none) from a5 to p2").outcome,
        "p2 will have to propose “blue”, not “red”"
    );
    pick(&mut lab, "Deliver Promise(2.p2, none) from a5 to p2");
    assert_eq!(rail(&lab, 2).0, "proposes “blue”, not “red” · ballot 2.p2");
    for acceptor in [1, 2, 3] {
        pick(&mut lab, &format!("Deliver Accept(2.p2, blue) to a{acceptor}"));
        pick(&mut lab, &format!("Deliver Accepted(2.p2, blue) from a{acceptor} to p2"));
    }
    assert_eq!(rail(&lab, 2).0, "knows that “blue” is chosen");
    assert!(lab.world(0).invariants.iter().all(|invariant| invariant.broken.is_none()));
    assert_eq!(lab.world(0).invariants.len(), 4);
}

/// Each proposer returns before the other's Accepts arrive: so it can go on for ever (§2.4).
#[test]
fn proposers_can_duel_as_long_as_the_learner_likes() {
    let mut lab = lab();
    let mut ballots = ["1.p1".to_owned(), "1.p2".to_owned()];
    for round in 0..8 {
        let me = round % 2;
        let ballot = ballots[me].clone();
        for acceptor in 1..=3 {
            pick(&mut lab, &format!("Deliver Prepare({ballot}) to a{acceptor}"));
            pick(&mut lab, &format!("Deliver Promise({ballot}, none) from a{acceptor} to p{}", me + 1));
        }
        if round > 0 {
            let (other, value) = (&ballots[1 - me], ["red", "blue"][me]);
            let refused = format!("Deliver Accept({other}, {value}) to a");
            for acceptor in 1..=3 {
                assert_eq!(
                    row(&lab, &format!("{refused}{acceptor}")).outcome,
                    format!("a{acceptor} will refuse: it promised {ballot}")
                );
                pick(&mut lab, &format!("{refused}{acceptor}"));
                pick(&mut lab, &format!("Deliver Nack({other}, promised {ballot}) from a{acceptor} to p{}", 2 - me));
            }
            let again = titles(&lab).into_iter().find(|title| title.contains("has backed off")).expect("it waits");
            let outcome = row(&lab, &again).outcome;
            assert!(outcome.contains(&format!("that outbids {ballot}")), "{outcome}");
            pick(&mut lab, &again);
            ballots[1 - me] = again.rsplit(' ').next().expect("a title ends with the ballot").to_owned();
        }
    }
    let paxos = lab.surroundings();
    assert_eq!(paxos.chosen, None);
    assert!(lab.now() < Micros::from_ms(1), "nothing moved but what was picked: {:?}", lab.now());
}

/// With nobody at the controls the proposers outbid each other in a good part of all runs, and always come to an end.
#[test]
fn duels_happen_by_play() {
    let mut outbid = 0;
    for seed in 0..40 {
        let mut lab = PaxosLab::begin(SETUP, seed).expect("a possible setup");
        let again = |lab: &PaxosLab| lab.surroundings().proposers.iter().any(|view| view.intent.contains("gave up"));
        let mut duel = 0;
        while lab.surroundings().chosen.is_none() && lab.now() < Micros::from_ms(10_000) {
            let before = again(&lab);
            lab.play(lab.now() + Micros::from_ms(1));
            duel += usize::from(!before && again(&lab));
        }
        assert!(lab.surroundings().chosen.is_some(), "seed {seed}");
        outbid += usize::from(duel > 0);
    }
    assert!(outbid >= 10, "a proposer was outbid in {outbid} of 40 runs");
}

/// What can happen next, counted by hand.
fn possible(lab: &PaxosLab) -> usize {
    let model = lab.run().model();
    let arriving = model.flights().iter().filter(|(_, mail)| model.host(mail.to).status != Status::Paused).count();
    let at_nodes = model.hosts().map(|(_, host)| match host.status {
        // Crashes once for each number of writes that may survive.
        Status::Up => host.timers.len() + usize::from(host.awaits_sync()) + 1 + host.unsynced.len(),
        Status::Crashed | Status::Paused => 1,
    });
    arriving + at_nodes.sum::<usize>()
}

/// What a learner may do besides picking a row.
fn disturb(lab: &mut PaxosLab, throw: u64) {
    let node = NodeId((throw % 7) as u8);
    let world = lab.world(0);
    let flight = world.flights.get((throw % 5) as usize).map(|flight| flight.id);
    let message = flight.and_then(|flight| lab.message_name(0, flight));
    let act = match (throw % 11, message) {
        (0, _) => Act::Pause(node),
        (1, _) => Act::Cut(its_links(&world, node)),
        (2, _) => heal_all(&world.cut),
        (3, Some(name)) => Act::Message { world: 0, name, fate: Fate::Duplicate },
        (4, Some(name)) => Act::Message { world: 0, name, fate: Fate::Hold },
        (5, _) => ask(NodeId(0), Request::Propose("teal".into())),
        _ => return,
    };
    // Some are impossible as things stand: then nothing changes.
    let _ = lab.act(act);
}

/// Does the row to a copy and holds what happened against what the row said.
fn try_row(lab: &PaxosLab, step: &NextStep) {
    let setup = lab.setup();
    let mut tried = copy(lab);
    let (steps, now) = (lab.run().steps(), lab.now());
    let newest = |lab: &PaxosLab| lab.run().watch().events.notes.iter().next().map(|(number, _)| number);
    let before = newest(lab);
    tried.act(step.act.clone()).unwrap_or_else(|wrong| panic!("{}: {wrong}", step.title));
    assert!((1..=2).contains(&(tried.run().steps() - steps)), "{}: its own step and its disk's", step.title);
    assert!(tried.now().since(now) <= Micros(1), "{}: the play head stands", step.title);
    let fresh = tried.run().watch().events.notes.iter().take_while(|(number, _)| Some(*number) > before);
    let told: Vec<String> = fresh.map(|(_, noted)| outcome(&|id| setup.name(id), noted.node, &noted.note)).collect();
    if told.is_empty() {
        let faults = ["Crash", "Resume", "Deliver"];
        let expected = faults.iter().any(|fault| step.title.starts_with(fault)) || step.title.contains("disk");
        assert!(expected, "{}: nothing was noted", step.title);
    } else {
        assert!(told.iter().any(|told| step.outcome.starts_with(told)), "{}: {told:?}", step.outcome);
    }
    let chosen = |lab: &PaxosLab| lab.run().watch().chosen.is_some();
    let chooses = !chosen(lab) && chosen(&tried);
    assert_eq!(step.outcome.contains("is then chosen by"), chooses, "{}: {}", step.title, step.outcome);
    assert!(tried.run().watch().broken.is_none());
}

#[test]
fn every_row_is_possible_and_tells_the_truth() {
    for seed in 0..12 {
        let setup = PaxosSetup { proposers: 1 + (seed % 3) as u8, acceptors: 3, flaw: None };
        let mut lab = PaxosLab::begin(setup, seed).expect("a possible setup");
        for turn in 0..60 {
            let steps = lab.next_steps();
            assert_eq!(steps.len(), possible(&lab), "seed {seed}, turn {turn}");
            let mut acts: Vec<String> = steps.iter().map(|step| step.act.to_string()).collect();
            acts.sort_unstable();
            acts.dedup();
            assert_eq!(acts.len(), steps.len(), "an act names one row");
            for step in &steps {
                try_row(&lab, step);
            }
            let throw = dice::throw(seed, &[turn]);
            disturb(&mut lab, throw);
            let steps = lab.next_steps();
            let act = steps[(throw % steps.len() as u64) as usize].act.clone();
            lab.act(act).expect("just listed");
        }
    }
}

#[test]
fn a_row_of_an_older_list_is_refused() {
    let mut lab = lab();
    let act = row(&lab, "Deliver Prepare(1.p1) to a1").act;
    lab.act(act.clone()).expect("just listed");
    assert!(lab.act(act).is_err(), "it has arrived");
}

#[test]
fn the_dead_get_no_mail() {
    let mut lab = lab();
    pick(&mut lab, "Crash a2");
    let title = "Deliver Prepare(1.p1) to a2";
    assert_eq!(row(&lab, title).outcome, "a2 is down: it will be lost");
    pick(&mut lab, title);
    assert_eq!(lab.world(0).deaths.len(), 1);
    assert!(!titles(&lab).iter().any(|other| other == title));
    assert_eq!(row(&lab, "Restart a2").outcome, "a2 will come back with an empty disk");
}

#[test]
fn an_answer_into_a_cut_link_is_lost_and_said_so() {
    let mut lab = lab();
    lab.act(Act::Cut(vec![(NodeId(2), NodeId(0))])).expect("the link works");
    let outcome = row(&lab, "Deliver Prepare(1.p1) to a1").outcome;
    assert_eq!(outcome, "a1 will promise and report nothing; the answer will be lost, the link is cut");
}

#[test]
fn back_undoes_one_pick_and_another_pick_forks() {
    let mut lab = lab();
    let start = lab.surroundings();
    pick(&mut lab, "Deliver Prepare(1.p1) to a1");
    let once = lab.surroundings();
    pick(&mut lab, "Deliver Prepare(1.p2) to a1");
    assert!(lab.back());
    assert_eq!(lab.surroundings(), once);
    assert!(lab.step(), "forward again on the same branch");
    assert_eq!(acceptor(&lab, 1).0, "1.p2");
    assert!(lab.back() && lab.back());
    assert_eq!(lab.surroundings(), start);
    assert!(!lab.back(), "nothing comes before the requests");
    pick(&mut lab, "Deliver Prepare(1.p2) to a1");
    assert_eq!(lab.branches().len(), 2);
    assert!(lab.back());
    assert_eq!(lab.surroundings(), start);
}

/// → does what the first row says.
#[test]
fn a_step_is_the_first_row() {
    let mut lab = lab();
    for _ in 0..40 {
        let steps = lab.next_steps();
        let mut picked = copy(&lab);
        picked.act(steps[0].act.clone()).expect("just listed");
        assert!(lab.step());
        let (by_step, by_pick) = (lab.run().model(), picked.run().model());
        assert!(by_step == by_pick, "{}", steps[0].title);
    }
}

#[test]
fn a_cut_off_proposer_is_a_component_of_its_own() {
    let mut lab = lab();
    assert_eq!(lab.world(0).components, [SETUP.nodes()]);
    let p1 = NodeId(0);
    lab.act(Act::Cut(SETUP.acceptors().iter().map(|acceptor| (p1, acceptor)).collect())).expect("all links work");
    assert_eq!(lab.world(0).components, [NodeSet::EMPTY.with(p1), SETUP.nodes().without(p1)]);
}

#[test]
fn sheets_tell_the_disk_from_the_rest() {
    let lab = sketch();
    let sections = |node| lab.node_sheet(0, NodeId(node)).expect("its words are here").sections;
    let a2 = sections(3);
    assert_eq!(a2.len(), 1, "an acceptor keeps nothing in memory alone");
    assert_eq!(
        a2[0].1,
        [("promised".to_owned(), "2.p2".to_owned()), ("accepted".to_owned(), "(1.p1, blue)".to_owned())]
    );
    let p2 = sections(1);
    assert_eq!(p2[0].1, [("round".to_owned(), "2".to_owned())]);
    assert!(p2[1].1.contains(&("asked to propose".to_owned(), "“red”".to_owned())), "{p2:?}");
    for flight in lab.world(0).flights {
        let sheet = lab.flight_sheet(0, flight.id).expect("it is on its way");
        assert!(!sheet.meaning.is_empty() && sheet.title.contains(" to "), "{sheet:?}");
    }
}

#[test]
fn a_step_by_hand_is_one_place_on_the_line_its_disk_write_included() {
    let mut lab = lab();
    let count = |lab: &PaxosLab| lab.moments().expect("Paxos is stepped").len();
    let asked = count(&lab);
    for (nth, acceptor) in [1, 2, 4].into_iter().enumerate() {
        pick(&mut lab, &format!("Deliver Prepare(1.p1) to a{acceptor}"));
        assert_eq!(count(&lab), asked + nth + 1);
    }
    let second = *lab.moments().expect("Paxos is stepped").get(asked + 1).expect("it was counted");
    lab.seek(second);
    assert_eq!([1, 2, 4].map(|number| acceptor(&lab, number).0), ["1.p1", "1.p1", "–"]);
    assert_eq!(count(&lab), asked + 3, "the future is still known");
}

/// Whatever happens: an acceptor is a2 everywhere, and nowhere n4.
#[test]
fn nobody_has_two_names() {
    let mut lab = sketch();
    let node = |word: &str| {
        let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        word.strip_prefix('n')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut told = 0;
    for throw in 0..60 {
        disturb(&mut lab, throw);
        let world = lab.world(0);
        let mut texts: Vec<String> = titles(&lab);
        texts.extend(lab.next_steps().into_iter().map(|step| step.outcome));
        for event in lab.steps(0) {
            let sentence = (*event.sentence).clone();
            texts.extend([sentence.headline, sentence.reason, sentence.observer.unwrap_or_default()]);
        }
        texts.extend(world.invariants.iter().filter_map(|invariant| invariant.broken.clone()));
        texts.extend(lab.marks(&Scale::new(lab.end(), lab.moments()), 1e6).iter().map(|mark| mark.label.clone()));
        texts.extend(lab.branches().into_iter().map(|branch| branch.label));
        for node in &world.nodes {
            let sheet = lab.node_sheet(0, node.id).expect("every node has a sheet");
            texts.extend([sheet.title, sheet.meaning]);
            texts.extend(sheet.sections.into_iter().flat_map(|(_, rows)| rows).map(|(_, value)| value));
        }
        for flight in &world.flights {
            let sheet = lab.flight_sheet(0, flight.id).expect("on its way");
            texts.extend([sheet.title, sheet.meaning]);
        }
        for text in texts {
            told += 1;
            assert!(!text.split_whitespace().any(node), "{text}");
        }
    }
    assert!(told > 500, "only {told} texts");
}
