//! Run files come from anywhere: whatever is in one, reading it gives a timeline or a clear message.

use cap_lab::experiment::{FeedExperiment, PaxosExperiment};
use cap_lab::node::NodeId;
use cap_lab::sim::fault::Intervention;
use cap_lab::store::feed::Request;
use cap_lab::timeline::file::{BYTES_MAX, experiment_in};
use cap_lab::timeline::{STEPS_MAX, Timeline};
use serde_json::{Value, json};

use crate::{Dice, feed, ms, seeds};

/// A file with something of everything in it.
fn file() -> String {
    let mut timeline = Timeline::new(feed(), 42);
    timeline.play(ms(1_000));
    let (n1, n3, ana) = (NodeId(0), NodeId(2), NodeId(5));
    let name = timeline.track().worlds()[0]
        .model()
        .flights()
        .iter()
        .find_map(|(id, _)| timeline.track().worlds()[0].name_of(id));
    let acts: [Intervention<Request>; 9] = [
        Intervention::Message {
            world: 0,
            name: name.expect("something is on its way"),
            fate: cap_lab::sim::fault::Fate::Duplicate,
        },
        Intervention::Cut(vec![(n1, n3), (n3, n1)]),
        Intervention::Request { node: ana, request: Request::Post("caf\u{e9} \"\\\u{1f600}".into()) },
        Intervention::Crash { node: n3, keep: 1 },
        Intervention::Skew { node: n1, micros: -1_500_000 },
        Intervention::Drift { node: n1, ppm: 20_000 },
        Intervention::Request { node: ana, request: Request::Attach(n3) },
        Intervention::Restart(n3),
        Intervention::Traffic(50),
    ];
    for act in acts {
        assert!(timeline.act(act.clone()), "{act:?}");
        timeline.play(timeline.now() + ms(250));
    }
    timeline.seek(ms(2_000));
    timeline.export()
}

fn read(text: &str) -> Result<u32, String> {
    Timeline::<FeedExperiment>::import(text).map(|imported| imported.skipped)
}

/// The file with something changed.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(&file()).expect("just written");
    change(&mut value);
    value.to_string()
}

/// The file with one more intervention at its end.
fn with_act(act: &str) -> String {
    changed(|file| {
        let line = format!("{} {act}", file["end"]);
        file["script"].as_array_mut().expect("a list").push(json!(line));
    })
}

/// The message says what is wrong, is one or two sentences for a person, and does not repeat the file.
#[track_caller]
fn assert_refused(text: &str, expected: &str) {
    let message = read(text).expect_err(expected);
    assert!(message.contains(expected), "{message}\nexpected: {expected}");
    assert!(message.ends_with('.') && message.len() < 400, "{message}");
    assert!(message.starts_with("This "), "{message}");
}

#[test]
fn the_file_itself_is_read() {
    assert_eq!(read(&file()), Ok(0));
    assert_eq!(read(&changed(|_| {})), Ok(0));
    assert_eq!(experiment_in(&file()), Ok("feed".to_owned()));
}

#[test]
fn what_is_no_run_is_refused() {
    for (text, expected) in [
        ("", "not a run"),
        (" \n", "not a run"),
        ("null", "not a run"),
        ("[]", "not a run"),
        ("{}", "missing field `format`"),
        ("hello", "not a run"),
        ("\u{0}\u{1}\u{fffd}", "not a run"),
        ("{\"format\":\"cap-lab run\"}", "missing field `version`"),
        ("{\"format\":\"cap-lab run\",\"version\":1}", "missing field `experiment`"),
        ("{\"format\":\"gpx\",\"version\":1,\"experiment\":\"feed\"}", "its format is “gpx”"),
        ("\u{feff}{\"format\":\"cap-lab run\",\"version\":1}", "not a run"),
    ] {
        assert_refused(text, expected);
    }
    let long_name = format!("{{\"format\":\"{}\",\"version\":1,\"experiment\":\"feed\"}}", "x".repeat(100_000));
    assert_refused(&long_name, "its format is");
    assert_refused(&format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)), "not a run");
    assert_refused(&format!("{{\"a\":{}", "{\"a\":".repeat(200_000)), "not a run");
    let nested = changed(|file| file["script"] = json!([]));
    assert_refused(&nested.replacen("[]", &"[".repeat(200_000), 1), "not a run");
}

#[test]
fn other_versions_and_experiments_are_refused() {
    assert_refused(
        &changed(|file| file["version"] = json!(3)),
        "version 3 of the format; this lab reads versions 1 to 2",
    );
    assert_refused(&changed(|file| file["version"] = json!(u64::MAX)), "version 18446744073709551615 of the format");
    assert_refused(&changed(|file| file["version"] = json!(0)), "version 0 of the format");
    assert_refused(&changed(|file| file["version"] = json!(-1)), "not a run");
    assert_refused(&changed(|file| file["version"] = json!("1")), "invalid type: string");
    assert_refused(&changed(|file| file["experiment"] = json!("tetris")), "another experiment: “tetris”");
    assert!(Timeline::<PaxosExperiment>::import(&file()).expect_err("a feed").contains("another experiment"));
    assert!(Timeline::<PaxosExperiment>::import(&file()).expect_err("a feed").contains("another experiment"));
    let disguised = changed(|file| file["experiment"] = json!("paxos"));
    assert!(Timeline::<PaxosExperiment>::import(&disguised).expect_err("a feed").contains("setup is impossible"));
}

#[test]
fn a_huge_file_is_refused_without_being_read() {
    let huge = format!("{}{}", file(), " ".repeat(64 << 20));
    assert_refused(&huge, "too large for a run: 64.1 MB; up to 4 MB are read");
    assert_refused(&" ".repeat(BYTES_MAX + 1), "too large for a run: 4.1 MB; up to 4 MB are read");
    assert_eq!(read(&format!("{}{}", file(), " ".repeat(BYTES_MAX - file().len()))), Ok(0), "the limit itself is fine");
}

#[test]
fn damaged_fields_are_refused() {
    for (damage, expected) in [
        (changed(|file| file["seed"] = json!(-5)), "invalid type: integer"),
        (changed(|file| file["seed"] = json!(1.5)), "invalid type: floating point"),
        (changed(|file| file["seed"] = json!(42)), "invalid type: integer"),
        (changed(|file| file["seed"] = json!("xyz")), "its seed is no number of 64 bits"),
        (changed(|file| file["seed"] = json!("1".repeat(17))), "its seed is no number of 64 bits"),
        (changed(|file| file["seed"] = json!("10000000000000000")), "its seed is no number of 64 bits"),
        (changed(|file| file["seed"] = json!("+2a")), "its seed is no number of 64 bits"),
        (changed(|file| file["seed"] = json!("")), "its seed is no number of 64 bits"),
        (changed(|file| file["head"] = json!(null)), "invalid type: null"),
        (changed(|file| file["end"] = json!("late")), "invalid type: string"),
        (changed(|file| file["surprise"] = json!(1)), "unknown field `surprise`"),
        (changed(|file| drop(file.as_object_mut().expect("an object").remove("script"))), "missing field `script`"),
        (changed(|file| file["script"] = json!("cut n1>n2")), "invalid type: string"),
        (changed(|file| file["script"][0] = json!(7)), "invalid type: integer"),
        (changed(|file| file["worlds"] = json!([1])), "invalid type: integer"),
        (changed(|file| file["worlds"][0]["lucky"] = json!(7)), "unknown field `lucky`"),
        (file().replacen("\"end\":", "\"end\":1,\"end\":", 1), "duplicate field `end`"),
        (file().replacen("\"end\":", "\"end\":NaN,\"e\":", 1), "not a run"),
        (file().replacen("\"end\":", "\"end\":1e999,\"e\":", 1), "number out of range"),
        (file().replacen("\"end\":", "\"end\":99999999999999999999,\"e\":", 1), "expected u64"),
        (file() + "}", "trailing characters"),
    ] {
        assert_refused(&damage, expected);
    }
}

#[test]
fn impossible_setups_are_refused() {
    for (setup, expected) in [
        ("replicas=0 people=3 traffic=100 stores=raft/gossip", "0 replicas"),
        ("replicas=255 people=3 traffic=100 stores=raft/gossip", "255 replicas"),
        ("replicas=5 people=0 traffic=100 stores=raft/gossip", "0 people"),
        ("replicas=5 people=200 traffic=100 stores=raft/gossip", "200 people"),
        ("replicas=5 people=3 traffic=65535 stores=raft/gossip", "traffic of 65535 %"),
        ("replicas=5 people=3 traffic=65536 stores=raft/gossip", "setup is impossible"),
        ("replicas=-1 people=3 traffic=100 stores=raft/gossip", "setup is impossible"),
        ("replicas=5 people=3", "setup is impossible"),
        ("replicas=5 replicas=6 people=3 traffic=100", "setup is impossible"),
        ("replicas=5 people=3 traffic=100 colour=red", "setup is impossible"),
        ("replicas=5 people=3 traffic=100 stores=raft/gossip colour=red", "setup is impossible"),
        ("replicas=5 people=3 traffic=100 stores=", "no store"),
        ("replicas=5 people=3 traffic=100 stores=raft/magic", "“magic” is no store"),
        ("replicas=5 people=3 traffic=100 stores=raft/raft/raft/raft/raft", "5 stores"),
        ("", "setup is impossible"),
    ] {
        assert_refused(&changed(|file| file["setup"] = json!(setup)), expected);
    }
    let long = format!("replicas=5 people=3 traffic=100 stores={}", "x".repeat(1 << 20));
    assert_refused(&changed(|file| file["setup"] = json!(long)), "setup is impossible");
    assert_refused(&changed(|file| file["x".repeat(1 << 20)] = json!(1)), "xxx…");
}

#[test]
fn hostile_scripts_are_refused() {
    let many = format!("cut{}", " n1>n2".repeat(2_000));
    let long = format!("ask n6 post {}", "x".repeat(281));
    for (act, expected) in [
        ("explode", "nobody knows how to “explode”"),
        ("cut n1>n99", "“n99” is no participant"),
        ("cut n1>n32", "there is no n32, only 8 participants"),
        ("heal n1>n1", "no link from n1 to n1"),
        (&many, "2000 links at once"),
        ("crash n9 keep 0", "there is no n9"),
        ("crash n1 keep 4294967296", "no possible number"),
        ("pause n200", "“n200” is no participant"),
        ("pause n0", "no participant"),
        ("ask n6 attach n20", "which is no replica"),
        ("ask n6 attach n7", "which is no replica"),
        ("ask n1 read", "nobody's phone"),
        ("ask n9 read", "there is no n9"),
        (&long, "a post of 281 characters"),
        ("drift n1 2147483647", "a drift of 2147483647 ppm"),
        ("drift n1 -1000000", "a drift of -1000000 ppm"),
        ("skew n1 -9223372036854775808", "a skew of"),
        ("skew n1 NaN", "no possible number"),
        ("traffic 1001", "traffic of 1001 %"),
        ("sync 2 n1", "there is no world 2"),
        ("timer 0 n17 Election", "there is no n17"),
        ("message 0 n200>n1 Vote 0 drop", "“n200” is no participant"),
        ("restart n1 and more", "is too much"),
        ("", "nobody knows how to “”"),
    ] {
        assert_refused(&with_act(act), expected);
    }
    let word = "x".repeat(1 << 20);
    assert_refused(&with_act(&word), "nobody knows how to “xxx");
    assert_refused(&with_act(&format!("cut n1>{word}")), "xxx…");
    let at = |moment: &str| changed(|file| file["script"][0] = json!(format!("{moment} cut n1>n2")));
    assert_refused(&at("18446744073709551615"), "not in the order of time");
    assert_refused(&at("18446744073709551616"), "no possible number");
    assert_refused(&at("-1"), "no possible number");
    assert_refused(&changed(|file| file["end"] = json!(u64::MAX)), "runs of up to 7200 s are read");
    assert_refused(&changed(|file| file["head"] = json!(u64::MAX)), "its play head is at");
    assert_refused(
        &changed(|file| file["script"].as_array_mut().expect("a list").reverse()),
        "not in the order of time",
    );
    let crowd = changed(|file| file["script"] = json!(vec!["0 traffic 1"; 20_001]));
    assert_refused(&crowd, "it has 20001 interventions");
}

/// What is well formed and cannot be done as things stand is left out and counted; that the run then went another way than
/// it was saved is told.
#[test]
fn what_cannot_be_done_is_left_out() {
    for act in [
        "crash n6 keep 0",
        "restart n7",
        "resume n2",
        "crash n6 keep 4294967295",
        "timer 1 n1 Doomsday",
        "message 0 n1>n2 Rumour 4294967295 deliver",
    ] {
        assert_eq!(read(&with_act(act)), Ok(1), "{act}");
    }
}

#[test]
fn a_run_that_goes_another_way_says_where() {
    assert_refused(&changed(|file| file["seed"] = json!("2b")), "world 1 differs after step 0 (within the next 256)");
    assert_refused(
        &changed(|file| file["worlds"][1]["digest"] = json!("0000000000000000")),
        "world 2 differs after step",
    );
    let later = changed(|file| file["worlds"][0]["every_256_steps"][3] = json!("dead"));
    assert_refused(&later, "world 1 differs after step 768 (within the next 256)");
    assert_refused(&changed(|file| file["worlds"][0]["steps"] = json!(1)), "world 1 differs");
    assert_refused(
        &changed(|file| drop(file["worlds"].as_array_mut().expect("a list").pop())),
        "has 1 worlds; it should have 2",
    );
    // One act less: the same until then.
    let edited = changed(|file| drop(file["script"].as_array_mut().expect("a list").remove(8)));
    let message = read(&edited).expect_err("an act is missing");
    assert!(message.contains("differs after step") && !message.contains("after step 0 "), "{message}");
}

#[test]
fn a_run_of_too_many_steps_is_refused_before_it_is_replayed() {
    let long = changed(|file| file["worlds"][1]["steps"] = json!(STEPS_MAX));
    assert_refused(&long, &format!("up to {STEPS_MAX} are read"));
    assert_refused(&changed(|file| file["worlds"][0]["steps"] = json!(u64::MAX)), "too long to be replayed");
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let whole = file();
    let step = if seeds(0, 1) == 1 { 1 } else { 37 };
    for length in (0..whole.len()).step_by(step).filter(|length| whole.is_char_boundary(*length)) {
        let message = read(&whole[..length]).expect_err("it is cut short");
        assert!(message.starts_with("This "), "{length} bytes: {message}");
    }
}

/// Bytes changed, lines swapped, pieces doubled: a message or a run, never a panic.
#[test]
fn no_mutation_of_a_file_does_harm() {
    let whole = file();
    let original: Vec<char> = whole.chars().collect();
    let interesting: Vec<char> = "0123456789-.eE\"\\{}[],:ntfu \u{0}\u{fffd}".chars().collect();
    let (mut read_all_the_same, mut refused) = (0, 0);
    for seed in 0..seeds(2_000, 30_000) {
        let mut dice = Dice::new(seed);
        let mut text = original.clone();
        for _ in 0..1 + dice.below(3) {
            // Mostly before the digests, where the meaning is.
            let reach = if dice.below(4) == 0 { text.len() } else { text.len().min(1_100) };
            let at = dice.below(reach as u64) as usize;
            let length = (dice.below(12) as usize).min(text.len() - at);
            match dice.below(5) {
                0 => text[at] = dice.one_of(&interesting),
                1 => drop(text.drain(at..at + length)),
                2 => text.insert(at, dice.one_of(&interesting)),
                3 => {
                    let piece = text[at..at + length].to_vec();
                    text.splice(at..at, piece);
                }
                _ => {
                    // A number becomes another one.
                    let Some(start) = text[at..].iter().position(char::is_ascii_digit).map(|offset| at + offset) else {
                        continue;
                    };
                    let digits = text[start..].iter().take_while(|digit| digit.is_ascii_digit()).count();
                    let numbers =
                        ["0", "1", "4", "5", "7", "255", "65535", "4294967296", "18446744073709551615", "-1", "1.5"];
                    text.splice(start..start + digits, dice.one_of(&numbers).chars());
                }
            }
        }
        match read(&text.into_iter().collect::<String>()) {
            Ok(_) => read_all_the_same += 1,
            Err(message) => {
                assert!(message.starts_with("This ") && message.ends_with('.'), "seed {seed}: {message}");
                refused += 1;
            }
        }
    }
    assert!(refused > 10 * read_all_the_same && read_all_the_same > 0, "{refused} refused, {read_all_the_same} read");
}
