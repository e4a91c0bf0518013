//! `cap-lab replay`, as a person runs it. The command line is built only with the feature `cli`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cap_lab::timeline::{Experiment, Timeline};

use crate::{digests, feed, ms, raft};

const PROGRAM: &str = env!("CARGO_BIN_EXE_cap-lab");

fn replay(file: &Path, options: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(PROGRAM).arg("replay").arg(file).args(options).output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

fn saved(name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).expect("the directory is there");
    path
}

#[test]
fn a_run_is_replayed_to_the_same_digests() {
    fn check<E: Experiment>(experiment: E) {
        let mut timeline = Timeline::new(experiment, 5);
        timeline.play(ms(3_000));
        let file = saved(&format!("{}.json", E::NAME), timeline.export());
        let (code, told, wrong) = replay(&file, &[]);
        assert_eq!((code, wrong.as_str()), (Some(0), ""));
        for digest in digests(&timeline) {
            assert!(told.contains(&format!("{digest:016x}, as the file says")), "{told}");
        }
        let (_, sentences, _) = replay(&file, &["--verbose"]);
        assert!(sentences.contains("asks for votes in term 1."), "{sentences}");
        assert!(sentences.ends_with(told.split_once('\n').expect("two lines").1), "the summary ends it");
        let (_, script, _) = replay(&file, &["--script"]);
        assert_eq!(script, timeline.golden_script());
    }
    check(feed());
    check(raft());
}

#[test]
fn a_link_is_replayed_as_its_file_is() {
    let mut timeline = Timeline::new(feed(), 5);
    timeline.play(ms(1_000));
    let link = format!("https://lab.example/#feed?playing&run={}", timeline.link());
    let (code, told, wrong) = replay(Path::new(&link), &[]);
    assert_eq!((code, wrong.as_str()), (Some(0), ""));
    assert_eq!(told, replay(&saved("linked.json", timeline.export()), &[]).1);
    for (link, expected) in [(&link[..link.len() - 9], "damaged"), ("https://lab.example/#feed", "brings no run")] {
        let (code, _, wrong) = replay(Path::new(link), &[]);
        assert!(code == Some(2) && wrong.contains(expected), "{wrong}");
    }
}

#[test]
fn bad_input_is_status_2_and_one_line() {
    let mut timeline = Timeline::new(feed(), 5);
    timeline.play(ms(500));
    let other = timeline.export().replacen("\"experiment\":\"feed\"", "\"experiment\":\"chess\"", 1);
    for (file, expected) in [
        (PathBuf::from("no/such/file"), "can't be opened"),
        (saved("empty", ""), "not a run"),
        (saved("binary", [0xff, 0xfe, 0x00]), "not even text"),
        (saved("huge", vec![b' '; 5 << 20]), "too large"),
        (saved("cut.json", &timeline.export()[..200]), "damaged"),
        (saved("other.json", other), "does not know"),
    ] {
        let (code, told, wrong) = replay(&file, &[]);
        assert_eq!((code, told.as_str()), (Some(2), ""), "{expected}: {wrong}");
        assert!(wrong.contains(expected) && wrong.lines().count() == 1, "{wrong}");
    }
}
