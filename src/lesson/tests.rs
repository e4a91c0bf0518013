use super::attempt::{Attempt, Given};
use super::check::{check, play};
use super::*;

const SMALL: &str = "title: A small lesson
know: A majority goes on.
minutes: 3
words: quorum, partition

# run
setup feed replicas=5 people=3 traffic=100 stores=raft/gossip seed=8
run 2s

# read The feed
Five replicas.

# predict
Ana's replica is cut off. What does CP show her?
- An error :: refused ana on CP
- Old posts :: stale ana on CP
because: n1 reaches no majority.

# run
split n1 n2
run 2s

# observe
Look at Ana.
see: refused ana on CP

# explain
Refused {count refused ana on CP} times, first at {when refused ana on CP}.

# predict
How long until the replicas agree again?
number: from healed to converged on CP
close: 50%
unit: ms

# do
Heal the links.
goal: healed then converged on CP in 1 acts
hint: Press h.
met: They agreed after {from healed to converged on CP}.
";

fn wrongs(text: &str) -> Vec<Wrong> {
    match Lesson::read(text) {
        Err(wrong) => wrong,
        Ok(lesson) => check(&lesson).expect_err("something is wrong with it"),
    }
}

#[test]
fn a_lesson_is_read_and_found_well() {
    let lesson = Lesson::read(SMALL).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    assert_eq!((lesson.title.as_str(), lesson.minutes), ("A small lesson", 3));
    assert_eq!(lesson.words, ["quorum", "partition"]);
    let kinds: Vec<&str> = lesson.steps.iter().map(|step| step.kind.word()).collect();
    assert_eq!(kinds, ["read", "predict", "observe", "explain", "predict", "do"]);
    assert_eq!(
        lesson.steps.iter().map(|step| step.begins).collect::<Vec<_>>(),
        [true, false, true, false, false, false]
    );
    // The observer sees the cut happen; who does something has all of it behind.
    assert_eq!((lesson.head(0).as_ms(), lesson.head(2).as_ms(), lesson.head(5).as_ms()), (2_000, 1_999, 4_000));
    assert_eq!((lesson.settles(1), lesson.settles(4)), (Some(2), Some(5)));
    let found = check(&lesson).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    assert_eq!((found.steps, found.predictions, found.tasks, found.runs, found.length.as_ms()), (6, 2, 1, 1, 4_000));
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (good, bad, line, why) in [
        ("title: A small lesson\n", "", 1, "“title:” is missing"),
        ("know: A majority goes on.", "nowhere", 2, "no “key: value”"),
        ("minutes: 3", "minutes: 90", 3, "1 to 60"),
        ("words: quorum", "words: quorums of bees", 4, "glossary has no"),
        ("setup feed", "setup lake", 7, "no experiment is called “lake”"),
        ("replicas=5", "replicas=50", 7, "50 replicas"),
        ("run 2s\n\n# read", "run for long\n\n# read", 8, "not a command"),
        ("# read The", "# learn The", 10, "“# learn” is no step"),
        ("Five replicas.", "", 10, "what is to be read is missing"),
        ("An error :: refused ana on CP", "An error", 15, "after “::”"),
        ("An error :: refused ana on CP", "An error :: refused zoe on CP", 23, "nobody is called zoe"),
        ("An error :: refused ana on CP", "An error :: stale ana on CP", 23, "none does"),
        ("Old posts :: stale ana on CP", "An answer :: answered ana on CP", 23, "“An error” and “An answer” does"),
        ("split n1 n2", "splt n1 n2", 20, "not a command: splt"),
        ("split n1 n2", "split n1 n9", 20, "nobody is called n9"),
        ("see: refused ana on CP", "see: refused on XP", 23, "no world is called XP"),
        ("see: refused ana on CP", "see: elected n9 on CP", 23, "nobody is called n9"),
        ("see: refused ana on CP", "see: stale on CP", 23, "does not come true"),
        ("see: refused ana on CP\n", "", 23, "0 lines “see:”"),
        ("{count refused ana on CP}", "{count the sheep}", 28, "nothing that happens is called “the”"),
        ("{count refused ana on CP}", "{count refused ana on CP", 28, "a brace is not closed"),
        ("{when refused ana on CP}", "{when stale ana on CP}", 27, "does not happen"),
        ("close: 50%", "close: nearly", 33, "no share"),
        ("goal: healed then", "goal: answered or", 36, "met before"),
        ("goal: healed then converged on CP in 1 acts\n", "", 36, "0 lines “goal:”"),
        ("hint: Press h.", "best: none", 39, "1 to 100 acts"),
        (
            "# do\nHeal the links.\ngoal: healed then converged on CP in 1 acts\n",
            "# read\nDone.\n",
            30,
            "nothing shows later",
        ),
    ] {
        assert!(SMALL.contains(good), "{good}");
        let text = SMALL.replacen(good, bad, 1);
        let told = wrongs(&text);
        assert!(
            told.iter().any(|wrong| wrong.line == line && wrong.says.contains(why)),
            "{bad} → {line} {why}: {told:?}"
        );
    }
}

#[test]
fn a_part_of_a_platform_is_read_as_it_is_written_or_says_why_not() {
    let text = "title: T\nknow: K.\n\n# run\nsetup feed replicas=3 people=1 traffic=0 stores=raft seed=1\n\n# design\nD.\n\
                part: Likes :: 3 writes, 1 read :: kept, available\npart: Names :: 1 write, 4 reads :: unique\n\n\
                # argue\nA.\nrubric: What is given up?\n";
    let lesson = Lesson::read(text).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let [Kind::Design(design), Kind::Argue(rubric)] = [&lesson.steps[0].kind, &lesson.steps[1].kind] else {
        panic!("{:?}", lesson.steps);
    };
    let likes = &design.parts[0];
    assert_eq!((likes.name.as_str(), likes.writes, likes.reads), ("Likes", 3, 1));
    assert_eq!(likes.needs, [design::Need::Kept, design::Need::Available]);
    assert_eq!(rubric, &["What is given up?"]);
    for (good, bad, why) in [
        ("3 writes, 1 read", "3 writes", "a part is written so"),
        ("3 writes", "30 writes", "1 to 9 writes"),
        ("kept, available", "kept, cheap", "nothing that a part needs is called “cheap”"),
        (" :: unique", "", "a part is written so"),
        ("part: Names :: 1 write, 4 reads :: unique\n", "", "1 lines “part:”"),
    ] {
        let told = wrongs(&text.replacen(good, bad, 1));
        assert!(told.iter().any(|wrong| wrong.says.contains(why)), "{bad}: {told:?}");
    }
}

#[test]
fn a_hostile_file_is_cheap() {
    for text in [
        "title: x\n".repeat(100_000),
        "# read\nx\n".repeat(5_000),
        format!("{SMALL}\n# observe\nx\nsee: {}refused", "not ".repeat(10_000)),
        SMALL.replace("run 2s", "run 99999999s"),
        SMALL.replace("run 2s", &"run 1ms\n".repeat(400)),
        SMALL
            .replace("traffic=100", "traffic=1000")
            .replace("replicas=5 people=3", "replicas=9 people=6")
            .replace("run 2s", "run 59s"),
        "title: \u{0}\u{feff}\n# predict\n- :: \n# run\n".to_owned(),
    ] {
        assert!((1..=100).contains(&wrongs(&text).len()), "what is told has an end");
    }
}

#[test]
fn predictions_are_taken_once_and_compared_with_the_run() {
    let lesson = Lesson::read(SMALL).expect("a lesson");
    let mut attempt = Attempt::new(&lesson);
    assert!(!attempt.waits(&lesson), "there is nothing to predict in the first step");
    attempt.step = 1;
    assert!(attempt.waits(&lesson));
    assert!(!attempt.predict(&lesson, Given::Choice(2), "", 0), "there are two choices");
    assert!(!attempt.predict(&lesson, Given::Number(2), "", 0), "no number is asked for");
    assert!(attempt.predict(&lesson, Given::Choice(1), " It has old posts. ", 77));
    assert!(!attempt.predict(&lesson, Given::Choice(0), "", 78), "once said, it stays");
    assert!(!attempt.waits(&lesson));
    let kept = Attempt::read(&attempt.write(), &lesson).expect("just written");
    assert_eq!(kept, attempt);
    assert_eq!(kept.traces[1].prediction.as_ref().map(|one| one.reason.as_str()), Some("It has old posts."));
    let other = Lesson::read(&SMALL.replace("Five", "Six")).expect("a lesson");
    assert_eq!(Attempt::read(&attempt.write(), &other), None, "an attempt is of one lesson");
    assert_eq!(Attempt::read(&attempt.write().replace("\"step\":1", "\"step\":99"), &lesson), None);
}

#[test]
fn what_was_done_decides_over_a_task() {
    let lesson = Lesson::read(SMALL).expect("a lesson");
    let played = play(&lesson, "# do\nheal\nrun 2s").unwrap_or_else(|wrong| panic!("{wrong:?}"));
    assert!(played.traces[5].met.is_some() && played.traces[5].run.is_some());
    let outcome = played.traces[1].outcome.as_ref().expect("it was observed");
    assert_eq!((outcome.happened, outcome.right), (Some(Given::Choice(0)), None), "it was skipped");
    assert!(matches!(played.traces[4].outcome.as_ref().expect("the task is done").happened, Some(Given::Number(1..))));
    // Without healing, and with one act too many.
    for acts in ["", "# do\nrun 3s", "# do\ncrash n5\nheal\nrun 2s"] {
        let played = play(&lesson, acts).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        assert_eq!(played.traces[5].met, None, "{acts}");
        assert_eq!(played.traces[4].outcome, None, "nothing has shown what happens");
    }
    assert!(play(&lesson, "# do\nhela").expect_err("no command").says.contains("not a command"));
}
