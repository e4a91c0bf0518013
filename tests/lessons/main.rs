//! Every lesson of the course, played to its end as a learner would: by acts that meet its goals, and by acts that do not. Beside this
//! file, `NAME.right` and `NAME.wrong`.

mod goals;
mod grading;

use std::path::Path;

use cap_lab::glossary::ENTRIES;
use cap_lab::lesson::attempt::Attempt;
use cap_lab::lesson::check::{check, play};
use cap_lab::lesson::design::{Plan, RUNS, STORES};
use cap_lab::lesson::grade::Grader;
use cap_lab::lesson::hand_in::HandIn;
use cap_lab::lesson::{CHALLENGES, COURSE, EXERCISES, Kind, Lesson, all};
use cap_lab::situation;

/// The longest text of a lesson, in bytes: gzip only makes it shorter.
const BYTES_MAX: usize = 15_000;
/// The longest lesson, in minutes.
const MINUTES_MAX: u32 = 10;

fn lessons() -> impl Iterator<Item = (&'static str, Lesson)> {
    COURSE.iter().map(read)
}

fn challenges() -> impl Iterator<Item = (&'static str, Lesson)> {
    CHALLENGES.iter().map(read)
}

fn exercises() -> impl Iterator<Item = (&'static str, Lesson)> {
    EXERCISES.iter().map(read)
}

fn read((name, text): &(&'static str, &'static str)) -> (&'static str, Lesson) {
    (*name, Lesson::read(text).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}")))
}

/// The lesson as it is played by the acts in a file.
fn played(name: &str, lesson: &Lesson, how: &str) -> Attempt {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lessons").join(format!("{name}.{how}"));
    let acts = std::fs::read_to_string(&path).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()));
    play(lesson, &acts).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", path.display()))
}

/// For each task, whether it was done.
fn done(lesson: &Lesson, attempt: &Attempt) -> Vec<bool> {
    let steps = lesson.steps.iter().zip(&attempt.traces);
    steps.filter(|(step, _)| matches!(step.kind, Kind::Do(_))).map(|(_, trace)| trace.met.is_some()).collect()
}

#[test]
fn every_lesson_is_well() {
    for (name, lesson) in lessons() {
        let found = check(&lesson).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"));
        assert!(found.predictions >= 1 && found.tasks >= 1, "{name}: {found:?}");
        assert!(lesson.minutes <= MINUTES_MAX && !lesson.words.is_empty(), "{name}");
    }
    for (name, challenge) in challenges() {
        let found = check(&challenge).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"));
        assert!(found.tasks == 1 && challenge.minutes <= MINUTES_MAX && challenge.is_challenge(), "{name}: {found:?}");
    }
    assert!(lessons().all(|(_, lesson)| !lesson.is_challenge()));
    assert!(all().all(|(_, text)| text.len() <= BYTES_MAX));
}

/// What each store gives up is there to be found: with a cut no store gives every part what it needs, and without one those with one
/// order do.
#[test]
fn no_store_gives_every_part_of_the_exercise_what_it_needs_during_an_outage() {
    let (name, lesson) = exercises().next().expect("there is one");
    check(&lesson).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"));
    let design = lesson.steps.iter().find_map(|step| match &step.kind {
        Kind::Design(design) => Some(design),
        _ => None,
    });
    let design = design.expect("it is an exercise");
    let unmet = |store: &str, outage_s: u8| {
        let stores = vec![store.to_owned(); design.parts.len()];
        let measured = design.measure(&Plan { stores, regions: false, outage_s }).measured;
        measured.iter().flat_map(|part| &part.met).filter(|met| **met < RUNS).count()
    };
    for (store, _) in STORES {
        assert!(unmet(store, 4) > 0, "{store}");
    }
    assert_eq!((unmet("raft", 0), unmet("multi-paxos", 0)), (0, 0));
    let plan = |outage_s| Plan { outage_s, ..Plan::first(design) };
    assert_eq!(design.measure(&plan(2)), design.measure(&plan(2)), "it is the same whenever it is run");
    assert!(!plan(200).is_of(design));
}

/// What a challenge calls the best known solution is beside this file, and takes as many acts as it says.
#[test]
fn the_best_known_solution_of_a_challenge_takes_as_many_acts_as_it_says() {
    for (name, challenge) in challenges() {
        let file = HandIn::new("Ada", &challenge, played(name, &challenge, "right")).write();
        let grade = Grader::new(&challenge).grade(&file).expect("it can be read");
        let says = &grade.steps.first().expect("it has a task").says;
        assert!(says.contains("as few as the best known way takes"), "{name}: {says}");
    }
}

#[test]
fn what_is_right_meets_every_goal_and_settles_every_prediction() {
    for (name, lesson) in lessons().chain(challenges()) {
        let attempt = played(name, &lesson, "right");
        assert!(done(&lesson, &attempt).into_iter().all(|done| done), "{name}");
        for (step, trace) in lesson.steps.iter().zip(&attempt.traces) {
            let settled = trace.outcome.as_ref().is_some_and(|outcome| outcome.happened.is_some());
            assert_eq!(settled, matches!(step.kind, Kind::Predict(_)), "{name}, line {}", step.line);
            let is_task = matches!(step.kind, Kind::Do(_));
            assert_eq!(trace.run.is_some(), is_task, "{name}, line {}: a task's run is kept", step.line);
        }
    }
}

#[test]
fn what_is_wrong_misses_a_goal_for_which_there_are_hints() {
    for (name, lesson) in lessons().chain(challenges()) {
        let attempt = played(name, &lesson, "wrong");
        assert!(done(&lesson, &attempt).contains(&false), "{name}");
        let hints = lesson.steps.iter().filter_map(|step| match &step.kind {
            Kind::Do(task) => Some(task.hints.len()),
            _ => None,
        });
        assert!(hints.min() >= Some(1), "{name}");
    }
}

/// A kept attempt is read back whatever the learner did, and never for another lesson.
#[test]
fn an_attempt_is_kept_with_its_runs() {
    for (name, lesson) in lessons() {
        let attempt = played(name, &lesson, "right");
        assert_eq!(Attempt::read(&attempt.write(), &lesson).as_ref(), Some(&attempt), "{name}");
        let others = lessons().filter(|(other, _)| *other != name);
        assert!(others.into_iter().all(|(_, other)| Attempt::read(&attempt.write(), &other).is_none()), "{name}");
    }
}

/// Every word of the field with the lessons that teach it and the situation that shows it.
fn concepts() -> String {
    let mut table = String::from(
        "# Concepts\n\nEvery word of the glossary, the lessons that teach it, and the situation in which *Show it in a run* shows it.\n\n\
         | concept | lessons | situation |\n| --- | --- | --- |\n",
    );
    for entry in ENTRIES {
        let taught: Vec<String> = lessons()
            .filter(|(_, lesson)| lesson.words.iter().any(|word| word == entry.term))
            .map(|(name, lesson)| format!("[{}](../src/lesson/files/{name}.txt)", lesson.title))
            .collect();
        assert!(!taught.is_empty(), "no lesson teaches “{}”", entry.term);
        let situation = situation::named(entry.shown.0).expect("each is shown in one");
        let shown = format!("[{}](../src/situation/files/{}.txt)", situation.title, situation.name);
        table += &format!("| {} | {} | {shown} |\n", entry.term, taught.join(", "));
    }
    table
}

#[test]
fn every_concept_has_a_lesson_and_a_situation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/concepts.md");
    let table = concepts();
    if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
        std::fs::write(&path, &table).expect("writable");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), table, "UPDATE_GOLDENFILES=1 writes it anew");
}

/// What the page of docs shows is a lesson that is well.
#[test]
fn the_example_of_the_docs_is_well() {
    let page = include_str!("../../docs/lessons.md");
    let example =
        page.split("```").find(|block| block.trim_start().starts_with("title:")).expect("there is an example");
    let lesson = Lesson::read(example.trim_start()).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    assert_eq!(check(&lesson).map(|found| (found.predictions, found.tasks)), Ok((1, 1)));
}
