//! Hand-ins: what is honest is graded as it was played, and whatever was changed afterwards is marked, sealed anew or not.

use cap_lab::lesson::attempt::{Attempt, Given};
use cap_lab::lesson::check::play;
use cap_lab::lesson::grade::{Grade, Grader, Mark, mark_same_runs, most, report};
use cap_lab::lesson::hand_in::HandIn;
use cap_lab::lesson::{Kind, Lesson};
use cap_lab::node::Micros;

use crate::{challenges, exercises, lessons, played};

fn grade(lesson: &Lesson, text: &str) -> Result<Grade, String> {
    Grader::new(lesson).grade(text)
}

fn graded(lesson: &Lesson, attempt: &Attempt) -> Grade {
    grade(lesson, &HandIn::new("Ada", lesson, attempt.clone()).write()).expect("it can be read")
}

/// The first task of a lesson.
fn task(lesson: &Lesson) -> usize {
    lesson.steps.iter().position(|step| matches!(step.kind, Kind::Do(_))).expect("every lesson has one")
}

fn prediction(lesson: &Lesson) -> usize {
    lesson.steps.iter().position(|step| matches!(step.kind, Kind::Predict(_))).expect("every lesson has one")
}

#[test]
fn what_was_played_is_what_is_graded() {
    for (name, lesson) in lessons().chain(challenges()) {
        let right = graded(&lesson, &played(name, &lesson, "right"));
        assert_eq!((right.points, right.marks.as_slice()), (most(&lesson), [].as_slice()), "{name}");
        let wrong = graded(&lesson, &played(name, &lesson, "wrong"));
        assert!(wrong.points < most(&lesson) && wrong.marks.is_empty(), "{name}: {wrong:?}");
    }
}

/// The file with the first run's text changed.
fn run_changed(attempt: &Attempt, at: usize, change: impl Fn(&str) -> String) -> Attempt {
    let mut attempt = attempt.clone();
    let run = attempt.traces[at].run.as_mut().expect("it was done");
    let changed = change(run);
    assert_ne!(*run, changed, "the change changes something");
    *run = changed;
    attempt
}

/// Changes that are sealed anew, as one does who knows the lab's code: for a lesson that was played well.
fn forgeries(lesson: &Lesson, honest: &Attempt) -> Vec<(&'static str, Attempt)> {
    let (at, asked) = (task(lesson), prediction(lesson));
    let changed = |change: fn(&str) -> String| run_changed(honest, at, change);
    let mut all = vec![
        ("another seed", changed(|run| run.replacen("\"seed\":\"", "\"seed\":\"1", 1))),
        ("another digest", changed(|run| run.replacen("\"digest\":\"", "\"digest\":\"f", 1))),
        (
            "an act less",
            changed(|run| {
                let (before, acts) = run.split_once("\"script\":[").expect("a script");
                let (acts, rest) = acts.split_once(']').expect("its end");
                format!("{before}\"script\":[{}]{rest}", acts.rsplit_once(',').map_or("", |(but_last, _)| but_last))
            }),
        ),
        ("no run at all", changed(|_| "{}".to_owned())),
    ];
    let mut earlier = honest.clone();
    earlier.traces[at].met = Some(Micros(1));
    all.push(("met at another moment", earlier));
    let mut without = honest.clone();
    without.traces[at].run = None;
    all.push(("met without a run", without));
    let mut foretold = honest.clone();
    let outcome = foretold.traces[asked].outcome.as_mut().expect("it is settled");
    outcome.right = Some(outcome.right != Some(true));
    all.push(("a prediction that was right after all", foretold));
    all
}

#[test]
fn forty_forgeries_are_marked_each() {
    let mut forged = 0;
    for (name, lesson) in lessons() {
        let honest = played(name, &lesson, "right");
        for (what, attempt) in forgeries(&lesson, &honest) {
            let marks = graded(&lesson, &attempt).marks;
            assert!(!marks.is_empty() && !marks.contains(&Mark::Edited), "{name}, {what}: {marks:?}");
            forged += 1;
        }
    }
    assert!(forged >= 40, "{forged}");
}

#[test]
fn a_file_that_was_edited_and_one_of_another_lesson_or_version_are_told() {
    let all: Vec<(&str, Lesson)> = lessons().collect();
    let (name, lesson) = &all[0];
    let file = HandIn::new("Ada", lesson, played(name, lesson, "wrong")).write();
    for (from, to) in
        [("\"student\":\"Ada\"", "\"student\":\"Eve\""), ("\"hints\":0", "\"hints\":1"), ("\"met\":null", "\"met\":5")]
    {
        let edited = file.replacen(from, to, 1);
        assert_ne!(edited, file);
        let marks = grade(lesson, &edited).expect("it can be read").marks;
        assert!(marks.contains(&Mark::Edited), "{from}: {marks:?}");
    }
    assert_eq!(grade(&all[1].1, &file).expect("it can be read").marks, [Mark::OtherLesson]);
    for (wrong, says) in [
        (file.replacen("\"version\":1", "\"version\":2", 1), "another version"),
        (file.replacen("cap-lab hand-in", "cap-lab run", 1), "its format is"),
        (file[..file.len() / 2].to_owned(), "damaged"),
        (String::new(), "damaged"),
    ] {
        assert!(grade(lesson, &wrong).is_err_and(|told| told.contains(says)), "{says}");
    }
}

#[test]
fn the_same_run_of_two_students_is_marked_with_both() {
    let (name, lesson) = lessons().next().expect("there are lessons");
    let attempt = played(name, &lesson, "right");
    let mut grades: Vec<Grade> = ["Ada", "Ben"]
        .map(|student| grade(&lesson, &HandIn::new(student, &lesson, attempt.clone()).write()).expect("read"))
        .into();
    mark_same_runs(&mut grades.iter_mut().collect::<Vec<_>>());
    let same = |who: &str| Mark::SameRun(task(&lesson) + 1, who.to_owned());
    assert_eq!((&grades[0].marks, &grades[1].marks), (&vec![same("Ben")], &vec![same("Ada")]));
}

#[test]
fn the_same_acts_in_runs_of_different_length_are_not_marked() {
    let lesson = Lesson::read(TASK).expect("it is well");
    let mut grades: Vec<Grade> = ["run 3s", "run 3100ms"]
        .map(|time| graded(&lesson, &play(&lesson, &format!("# do\nheal\n{time}\n")).expect("it can be done")))
        .into();
    assert!(grades.iter().all(|grade| grade.points == 3), "{grades:?}");
    mark_same_runs(&mut grades.iter_mut().collect::<Vec<_>>());
    assert!(grades.iter().all(|grade| grade.marks.is_empty()), "{grades:?}");
}

/// A lesson in which everybody acts at the same moment first.
const TASK: &str = "title: One\nknow: One.\n\n# run\nsetup feed replicas=3 people=1 traffic=100 stores=raft seed=1\nrun 1s\nsplit n1\nrun 2s\n\n\
                    # do\nHeal.\ngoal: healed\nhint: H.\npoints: 3\n";

#[test]
fn a_run_that_goes_on_for_hours_is_not_computed() {
    let lesson = Lesson::read(TASK).expect("it is well");
    let honest = play(&lesson, "# do\nheal\nrun 3s\n").expect("it can be done");
    let at = task(&lesson);
    let end = |run: &str| {
        let (before, rest) = run.split_once("\"end\":").expect("an end");
        format!("{before}\"end\":7200000000{}", &rest[rest.find(',').expect("more")..])
    };
    let marks = graded(&lesson, &run_changed(&honest, at, end)).marks;
    assert!(matches!(&marks[..], [Mark::Run(_, says), ..] if says.contains("15 minutes")), "{marks:?}");
    let link = cap_lab::timeline::Timeline::<cap_lab::experiment::FeedExperiment>::import(
        honest.traces[at].run.as_ref().expect("it was done"),
    )
    .expect("a run")
    .timeline
    .link();
    let marks = graded(&lesson, &run_changed(&honest, at, |_| link.clone())).marks;
    assert!(matches!(&marks[..], [Mark::Run(_, says), ..] if says.contains("no run file")), "{marks:?}");
}

#[test]
fn a_report_has_the_students_words_and_they_stay_words() {
    let (name, lesson) = lessons().next().expect("there are lessons");
    let mut attempt = Attempt::new(&lesson);
    attempt.step = prediction(&lesson);
    assert!(attempt.predict(&lesson, Given::Choice(0), "<script>alert(1)</script>\n# 100 of 1", 0));
    let grade = grade(&lesson, &HandIn::new("*Ada*", &lesson, attempt).write()).expect("it can be read");
    let text = report(&lesson, &grade);
    assert!(text.contains("\\*Ada\\*: 0 of"), "{name}: {text}");
    assert!(text.contains("> \\<script\\>alert\\(1\\)\\</script\\>\n> \\# 100 of 1"), "{text}");
    assert!(!text.contains('<') || !text.replace("\\<", "").contains('<'), "{text}");
}

/// Whoever changes what a batch came to is found out, and a teacher reads the words.
#[test]
fn a_design_is_run_again_and_compared() {
    let (name, lesson) = exercises().next().expect("there is one");
    let honest = played(name, &lesson, "right");
    let at = lesson.steps.iter().position(|step| matches!(step.kind, Kind::Design(_))).expect("it is an exercise");
    let grade = graded(&lesson, &honest);
    assert_eq!((grade.points, grade.marks.as_slice()), (most(&lesson), [].as_slice()));
    let text = report(&lesson, &grade);
    assert!(text.contains("User names on raft: ") && text.contains("> User names wait for a majority"), "{text}");
    let mut better = honest.clone();
    better.traces[at].designed.as_mut().expect("it was run").measured[0].answered += 1;
    let forged = graded(&lesson, &better);
    assert_eq!((forged.points, forged.marks), (0, vec![Mark::Claims(at + 1)]));
    let mut other = honest;
    other.traces[at].designed.as_mut().expect("it was run").plan.stores[0] = "magic".to_owned();
    assert_eq!(graded(&lesson, &other).marks, [Mark::OtherLesson]);
}
