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
//! run 2s | 150ms          lets time pass                   at 3.250000s    lets it pass until then
//! cut n1 n3 | one way: cut n1 to=n3                        split n1 n2     cuts these off from all others
//! heal | heal n1 n3       everything, or one link
//! crash n1 [keep=1]  restart n1  pause n1  resume n1  drift n1 ppm=200000  traffic 100
//! post ana "text"  read ana  move ana to=n3  propose p1 blue  propose n1 blue  read n1
//! ask n1 transfer n2: what an operator wants
//! drop|hold|release|deliver|duplicate KIND n1 n3 [world=1] [pick=newest]   the oldest message of that kind on that link
//! pass KIND p1 a1 a2      delivers it to each, now; all disks concerned finish at once
//! timer n1 Election       fires it now                     sync n1          finishes its disk's writes now
//! act "cut n1>n3"         an intervention as run files write it
//! show roles | logs | feeds | phones | meters | lost | links | messages | notes | acceptors | script | digests | broken
//! skip notes              shows only later ones
//! show roles | logs | states | chosen | answers | notes        of multi_paxos; of raft all but states and chosen
//! counterexample raft|multi-paxos FLAW [sound]                what the page plays, with its flaw or without
//! ```
//!
//! An act that cannot be done is an error: `!crash n1` expects that. So is a broken invariant that is not shown.

mod lab;
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
use cap_lab::timeline::Timeline;
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
        let key = |name: &str| command.args.iter().find(|arg| arg.key.as_deref() == Some(name)).map(|arg| &*arg.value);
        match (command.name.as_str(), words.as_slice()) {
            ("run", [time]) => lab.play(lab.now() + time_of(time)?),
            ("at", [time]) => lab.play(time_of(time)?),
            ("show", ["broken"]) => {
                self.told = true;
                return Ok(lab.broken().unwrap_or_else(|| "no invariant is broken".to_owned()) + "\n");
            }
            ("show", [what]) => return show::show(lab, what, &mut self.noted),
            ("skip", ["notes"]) => drop(show::show(lab, "notes", &mut self.noted)?),
            ("act", [line]) => lab.act(line)?,
            ("cut", [from, to]) => lab.act(&format!("cut {0}>{1} {1}>{0}", lab.node(from)?, lab.node(to)?))?,
            ("cut", [from]) => {
                lab.act(&format!("cut {}>{}", lab.node(from)?, lab.node(key("to").ok_or("cut to whom?")?)?))?;
            }
            ("split", group) => {
                let group = group.iter().map(|name| lab.node(name)).collect::<Result<Vec<_>, _>>()?;
                lab.act(&format!("cut{}", links(lab, |from, to| group.contains(&from) != group.contains(&to))))?;
            }
            ("heal", [one, other]) => lab.act(&format!("heal {0}>{1} {1}>{0}", lab.node(one)?, lab.node(other)?))?,
            ("heal", []) => lab.act(&format!("heal{}", links(lab, |from, to| lab.is_cut(from, to))))?,
            ("crash", [node]) => {
                lab.act(&format!("crash {} keep {}", lab.node(node)?, key("keep").unwrap_or("0")))?;
            }
            ("restart" | "pause" | "resume", [node]) => lab.act(&format!("{} {}", command.name, lab.node(node)?))?,
            ("drift", [node]) => {
                lab.act(&format!("drift {} {}", lab.node(node)?, key("ppm").ok_or("by how many ppm?")?))?;
            }
            ("traffic", [percent]) => lab.act(&format!("traffic {percent}"))?,
            ("post", [who, text]) => lab.act(&format!("ask {} post {text}", lab.node(who)?))?,
            ("read", [who]) => lab.act(&format!("ask {} read", lab.node(who)?))?,
            ("move", [who]) => {
                let to = lab.node(key("to").ok_or("where to?")?)?;
                lab.act(&format!("ask {} attach {to}", lab.node(who)?))?;
            }
            ("ask", [node, what @ ..]) => lab.act(&format!("ask {} {}", lab.node(node)?, what.join(" ")))?,
            ("propose", [who, value]) => lab.act(&format!("ask {} propose {value}", lab.node(who)?))?,
            ("pass", [kind, from, to @ ..]) if !to.is_empty() => {
                let from = lab.node(from)?;
                lab.finish_disk(from);
                for to in to {
                    let to = lab.node(to)?;
                    let ordinal = lab.ordinals(0, kind, from, to).into_iter().min();
                    let ordinal = ordinal.ok_or("no such message is on its way")?;
                    lab.act(&format!("message 0 {from}>{to} {kind} {ordinal} deliver"))?;
                    lab.finish_disk(to);
                }
            }
            ("timer", [node, timer]) => lab.act(&format!("timer 0 {} {}", lab.node(node)?, lab.timer(timer)))?,
            ("sync", [node]) => lab.act(&format!("sync 0 {}", lab.node(node)?))?,
            ("drop" | "hold" | "release" | "deliver" | "duplicate", [kind, from, to]) => {
                let world = key("world").unwrap_or("0").parse()?;
                let mut ordinals = lab.ordinals(world, kind, lab.node(from)?, lab.node(to)?);
                ordinals.sort_unstable();
                let ordinal = if key("pick") == Some("newest") { ordinals.last() } else { ordinals.first() };
                let ordinal = ordinal.ok_or("no such message is on its way")?;
                let (from, to) = (lab.node(from)?, lab.node(to)?);
                lab.act(&format!("message {world} {from}>{to} {kind} {ordinal} {}", command.name))?;
            }
            _ => return Err(format!("not a command: {} {}", command.name, words.join(" ")).into()),
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

/// ` n1>n2 …` for all servers' links that are wanted.
fn links(lab: &Lab, wanted: impl Fn(NodeId, NodeId) -> bool) -> String {
    let servers = lab.servers();
    let pairs = servers.iter().flat_map(|from| servers.without(from).iter().map(move |to| (from, to)));
    pairs.filter(|(from, to)| wanted(*from, *to)).map(|(from, to)| format!(" {from}>{to}")).collect()
}

/// `2s`, `150ms`, `3.250000s`.
fn time_of(text: &str) -> Result<Micros, Box<dyn Error>> {
    if let Some(ms) = text.strip_suffix("ms") {
        return Ok(Micros::from_ms(ms.parse()?));
    }
    let seconds = text.strip_suffix('s').ok_or("a time ends in s or ms")?;
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    if part.len() > 6 {
        return Err("a time has up to six decimals".into());
    }
    let micros = format!("{part:0<6}").parse::<u64>()?;
    Ok(Micros(whole.parse::<u64>()? * 1_000_000 + micros))
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

#[test]
fn times_are_read_to_the_microsecond() {
    for (text, micros) in [("2s", 2_000_000), ("150ms", 150_000), ("3.250007s", 3_250_007), ("0.5s", 500_000)] {
        assert_eq!(time_of(text).expect(text), Micros(micros));
    }
    for wrong in ["2", "s", "1.2345678s", "-1s", "1e3s"] {
        assert!(time_of(wrong).is_err(), "{wrong}");
    }
}

/// A run is copied as a script, and the script leads to the same run.
#[test]
fn a_copied_run_is_a_script_that_holds() {
    let feed = FeedExperiment::side_by_side(FeedSetup { replicas: 5, people: 3 }, 100);
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
