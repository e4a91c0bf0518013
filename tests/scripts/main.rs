//! Golden scripts: each opens with a claim and shows it on a run. Expected outputs were compared with the papers when they
//! were written; a change in one is a change in what the lab teaches.
//!
//! Commands:
//!
//! ```text
//! setup feed replicas=5 people=3 traffic=0 stores=raft/gossip seed=1
//! setup paxos proposers=2 acceptors=3 [flaw=NAME] seed=1
//! setup multi_paxos servers=5 phase1=4 phase2=2 snapshot=3 flaw=FLAW seed=1      majorities, no snapshots, no flaw if left out
//! setup raft servers=5 members=5 entries=64 [switches=lease.stickiness.check-quorum] [flaw=NAME] seed=0       moved by hand
//! setup locks backend=raft clients=2 lease=1000 terms=duration storage=token flaw=NAME seed=1     words left out are as usual
//! …                      what is done to the run, and when: see cap_lab::timeline::command
//! show roles | logs | feeds | phones | meters | lost | links | messages | notes | acceptors | script | digests | broken
//! skip notes              shows only later ones
//! show roles | logs | states | chosen | answers | notes        of multi_paxos; of raft all but states and chosen
//! accident                of locks: what befalls the first client, to its end
//! show grants | beliefs | overlaps | file | clocks | notes     of locks
//! counterexample raft|multi-paxos FLAW [sound]                what the page plays, with its flaw or without
//! ```
//!
//! An act that cannot be done is an error: `!crash n1` expects that. So is a broken invariant that is not shown.

mod lab;
mod locks_lab;
mod multi_paxos_lab;
mod multi_paxos_replica;
mod primary_backup_lab;
mod raft_lab;
#[path = "../schedules/raft_replica.rs"]
mod raft_replica;
mod show;

use std::error::Error;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId};
use cap_lab::paxos::Flaw;
use cap_lab::sim::fault::{Fate, Intervention};
use cap_lab::store::feed::Request;
use cap_lab::timeline::{self, Timeline};
use cap_lab::world::feed::FeedSetup;
use goldenscript::Command;
use lab::Lab;

/// Replays a script.
#[derive(Default)]
struct Runner {
    lab: Option<Lab>,
    /// How many notes of each world were shown.
    noted: [u64; 2],
    /// Whether a broken invariant was shown.
    told: bool,
    /// Leave the flaw out, and skip what can't be done without it.
    sound: bool,
    skipped: u32,
}

impl Runner {
    fn perform(&mut self, command: &Command) -> Result<String, Box<dyn Error>> {
        let mut args = command.consume_args();
        if command.name == "setup" {
            let experiment = args.next_pos().ok_or("which experiment?")?.value.clone();
            let seed = args.lookup_parse("seed")?.ok_or("which seed?")?;
            let kept = args.rest_key().into_iter().filter(|arg| !self.sound || arg.name() != "flaw");
            let setup: Vec<String> = kept.map(|arg| format!("{}={}", arg.name(), arg.value)).collect();
            self.lab = Some(Lab::new(&experiment, &setup.join(" "), seed)?);
            (self.noted, self.told) = ([0; 2], false);
            args.reject_rest()?;
            return Ok(String::new());
        }
        if command.name == "counterexample" {
            let words: Vec<String> = args.rest_pos().iter().map(|arg| arg.value.clone()).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            self.lab = Some(match words.as_slice() {
                [protocol, flaw] => Lab::counterexample(protocol, flaw, true)?,
                [protocol, flaw, "sound"] => Lab::counterexample(protocol, flaw, false)?,
                _ => return Err("of which protocol and flaw?".into()),
            });
            (self.noted, self.told) = ([0; 2], false);
            return Ok(String::new());
        }
        let lab = self.lab.as_mut().ok_or("no setup yet")?;
        let words: Vec<String> = args.rest_pos().iter().map(|arg| arg.value.clone()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (command.name.as_str(), words.as_slice()) {
            ("show", ["broken"]) => {
                self.told = true;
                return Ok(lab.broken().unwrap_or_else(|| "no invariant is broken".to_owned()) + "\n");
            }
            ("show", [what]) => return show::show(lab, what, &mut self.noted),
            ("skip", ["notes"]) => drop(show::show(lab, "notes", &mut self.noted)?),
            ("accident", []) => lab.accident()?,
            _ => lab.command(&read(command))?,
        }
        Ok(String::new())
    }
}

impl goldenscript::Runner for Runner {
    fn run(&mut self, command: &Command) -> Result<String, Box<dyn Error>> {
        match self.perform(command) {
            Err(_) if self.sound => {
                self.skipped += 1;
                Ok(String::new())
            }
            done => done,
        }
    }

    /// Every run keeps its protocol's invariants, whatever the script was about.
    fn end_script(&mut self) -> Result<(), Box<dyn Error>> {
        match self.lab.as_ref().and_then(Lab::broken) {
            Some(broken) if !self.told || self.sound => Err(broken.into()),
            _ => Ok(()),
        }
    }
}

/// The same command for the library, which knows what is done to a run.
fn read(command: &Command) -> timeline::command::Command {
    let mut read = timeline::command::Command { verb: command.name.clone(), ..Default::default() };
    for arg in &command.args {
        match &arg.key {
            Some(key) => read.keys.push((key.clone(), arg.value.clone())),
            None => read.words.push(arg.value.clone()),
        }
    }
    read
}

#[test]
fn every_script_holds() {
    let directory = Path::new("tests/scripts");
    let mut names: Vec<String> = fs::read_dir(directory)
        .expect("there are scripts")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("plain names"))
        .filter(|name| !name.contains('.'))
        .collect();
    names.sort();
    assert!(names.len() >= 8, "only {names:?}");
    let mut failed = Vec::new();
    for name in &names {
        let path = directory.join(name);
        let text = fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with("# "), "{name} does not open with a claim");
        let holds = catch_unwind(|| goldenscript::run(&mut Runner::default(), &path));
        match holds {
            Ok(Ok(())) => {}
            Ok(Err(why)) => failed.push(format!("{name}: {why}")),
            Err(_) => failed.push(format!("{name}, see above")),
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

/// The public bug reports of other implementations, as far as they are no scripts of ours: each runs, and breaks nothing.
/// `REPORTS` names a folder for what they print.
#[test]
fn the_reports_of_others_break_nothing() {
    let Ok(entries) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/reports")) else {
        return eprintln!("skipped: the reports are not beside the project");
    };
    let paths = entries.map(|entry| entry.expect("readable").path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "gs")).collect();
    paths.sort();
    let mut failed = Vec::new();
    for path in &paths {
        let text = fs::read_to_string(path).expect("readable");
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a plain name");
        match catch_unwind(|| goldenscript::generate(&mut Runner::default(), &text)) {
            Ok(Ok(printed)) => {
                if let Some(folder) = std::env::var_os("REPORTS") {
                    fs::write(Path::new(&folder).join(name), printed).expect("writable");
                }
            }
            Ok(Err(why)) => failed.push(format!("{name}: {why}")),
            Err(_) => failed.push(format!("{name}, see above")),
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Each flaw of Paxos has a script, which breaks what the flaw says that it breaks; without the flaw the same schedule, as
/// far as it is still possible, breaks nothing.
#[test]
fn every_flaw_of_paxos_has_its_script_and_is_to_blame() {
    let texts: Vec<String> = fs::read_dir("tests/scripts")
        .expect("there are scripts")
        .filter_map(|entry| fs::read_to_string(entry.expect("readable").path()).ok())
        .collect();
    for flaw in Flaw::ALL {
        let sets_up = |text: &&String| {
            text.lines().any(|line| line.starts_with("setup paxos ") && line.contains(&format!("flaw={flaw} ")))
        };
        let with_flaw: Vec<&String> = texts.iter().filter(sets_up).collect();
        let [text] = with_flaw[..] else { panic!("{flaw} has {} scripts", with_flaw.len()) };
        let mut flawed = Runner::default();
        goldenscript::generate(&mut flawed, text).unwrap_or_else(|wrong| panic!("{flaw}: {wrong}"));
        let broken = flawed.lab.expect("set up").broken();
        let named = broken.iter().flat_map(|lines| lines.lines()).map(|line| line.split(" is violated").next());
        assert!(named.eq(flaw.breaks().iter().map(|name| Some(*name))), "{flaw}: {broken:?}");

        let mut sound = Runner { sound: true, ..Runner::default() };
        goldenscript::generate(&mut sound, text).unwrap_or_else(|wrong| panic!("without {flaw}: {wrong}"));
        let run = sound.lab.as_ref().and_then(Lab::paxos).expect("set up");
        assert!(run.steps() >= 15 && sound.skipped < 8, "without {flaw} hardly anything is left of the schedule");
    }
}

/// A run is copied as a script, and the script leads to the same run.
#[test]
fn a_copied_run_is_a_script_that_holds() {
    let feed = FeedExperiment::side_by_side(FeedSetup::at_one_site(5, 3), 100);
    let mut timeline = Timeline::new(feed, u64::MAX);
    let act = |timeline: &mut Timeline<FeedExperiment>, act: Intervention<Request>| {
        assert!(timeline.act_apart(act.clone()), "{act:?}");
        timeline.play(timeline.now() + Micros(777_777));
    };
    timeline.play(Micros(1_234_567));
    let gossip = &timeline.track().worlds()[1];
    let name = gossip.model().flights().iter().find_map(|(id, _)| gossip.name_of(id));
    let fate = Fate::Hold;
    act(&mut timeline, Intervention::Message { world: 1, name: name.expect("AP is busy"), fate });
    act(&mut timeline, Intervention::Cut(vec![(NodeId(0), NodeId(1)), (NodeId(3), NodeId(0))]));
    let odd = "  two  spaces, \"quotes\", a \\ backslash \\, and \u{1f600} # no comment ";
    act(&mut timeline, Intervention::Request { node: NodeId(5), request: Request::Post(odd.into()) });
    act(&mut timeline, Intervention::Request { node: NodeId(6), request: Request::Attach(NodeId(0)) });
    act(&mut timeline, Intervention::Crash { node: NodeId(4), keep: 2 });
    act(&mut timeline, Intervention::Skew { node: NodeId(1), micros: -5 });
    act(&mut timeline, Intervention::Drift { node: NodeId(2), ppm: -1 });
    act(&mut timeline, Intervention::Traffic(10));
    let script = timeline.golden_script();
    let replayed = goldenscript::generate(&mut Runner::default(), &script).expect("every command is known");
    assert_eq!(replayed, script);
    // A digest that is not the run's own is noticed.
    let other = script.replacen("act \"crash", "# act \"crash", 1);
    assert_ne!(goldenscript::generate(&mut Runner::default(), &other).expect("still a script"), other);
}
