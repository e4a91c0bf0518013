//! The run of this page, and what can be done to it.

use cap_lab::counterexample;
use cap_lab::experiment::LocksExperiment;
use cap_lab::locks::Flaw;
use cap_lab::locks::storage::Rule;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::Intervention;
use cap_lab::spacetime::stamps::Comparison;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::locks::LocksRun;

/// Under this seed the page begins.
const SEED: u64 = 1;
/// What is played takes about so long.
const SHOW_MS: u64 = 6_000;

/// What can be asked of this page.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// Plays the accident from its beginning.
    Play,
    /// Stops, or goes on; at the end, begins again.
    Pause,
    /// So many ms passed while it plays.
    Tick(u32),
    /// Moves the play head, in thousandths of what is shown.
    Seek(u64),
    /// The same run with tokens checked, or without.
    Fence(bool),
    /// Sets a word of the setup.
    Set(&'static str, String),
    /// The run that shows what comes of this mistake; none for the accident.
    Break(Option<Flaw>),
    /// Another seed.
    Reseed,
    /// Opens or closes the comparison of stamps.
    Stamps,
    /// Gives the run as a file.
    Save,
}

/// The run, as it stands on the page.
#[derive(Clone)]
pub struct Desk {
    timeline: Timeline<LocksExperiment>,
    /// Words that were typed and are not possible, with what is wrong.
    wrong: Vec<(&'static str, String, String)>,
    seed: u64,
    plays: bool,
    stamps: Option<Comparison>,
}

impl Desk {
    /// As a newcomer meets it: the accident without fencing, over.
    pub fn first() -> Self {
        let mut experiment = LocksExperiment::usual();
        experiment.locks.rule = Rule::Unchecked;
        let mut desk =
            Self { timeline: told(experiment, SEED), wrong: Vec::new(), seed: SEED, plays: false, stamps: None };
        desk.timeline.seek(desk.timeline.end());
        desk
    }

    /// The setup.
    pub fn experiment(&self) -> &LocksExperiment {
        self.timeline.experiment()
    }

    /// As it is at the play head.
    pub fn run(&self) -> &LocksRun {
        self.timeline.track()
    }

    /// The play head.
    pub fn now(&self) -> Micros {
        self.timeline.now()
    }

    /// What is shown, from its beginning to its end. A little before the first act, nothing has happened.
    pub fn window(&self) -> (Micros, Micros) {
        let first = self.timeline.script().first().map_or(Micros::ZERO, |scripted| scripted.at);
        (Micros(first.0.saturating_sub(100_000)), self.timeline.end())
    }

    /// What is wrong with a word, and what was typed.
    pub fn wrong(&self, word: &str) -> Option<(&str, &str)> {
        let found = self.wrong.iter().find(|(of, ..)| *of == word);
        found.map(|(_, typed, why)| (typed.as_str(), why.as_str()))
    }

    /// Whether the play head moves.
    pub fn plays(&self) -> bool {
        self.plays
    }

    /// The comparison of stamps, if it is open.
    pub fn stamps(&self) -> Option<&Comparison> {
        self.stamps.as_ref()
    }

    /// Times at which a client stood still, up to the play head: from when until when.
    pub fn still(&self, client: NodeId) -> Vec<(Micros, Option<Micros>)> {
        let mut found: Vec<(Micros, Option<Micros>)> = Vec::new();
        for scripted in self.timeline.script().iter().filter(|scripted| scripted.at <= self.now()) {
            match scripted.act {
                Intervention::Pause(node) if node == client => found.push((scripted.at, None)),
                Intervention::Resume(node) if node == client => {
                    if let Some(open) = found.last_mut() {
                        open.1 = Some(scripted.at);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The run as a file.
    pub fn export(&self) -> String {
        self.timeline.export()
    }

    /// Begins the accident, with the words as they are.
    pub fn play_accident(&mut self) {
        self.restart(*self.experiment());
        let (begin, _) = self.window();
        self.timeline.seek(begin);
        self.plays = true;
    }

    /// For whom nothing is to move: all is shown at once.
    pub fn unless_still(&mut self, still: bool) {
        if still {
            self.end();
        }
    }

    fn end(&mut self) {
        self.plays = false;
        self.timeline.seek(self.timeline.end());
    }

    /// Does what is asked; what is to be said of it aloud.
    pub fn take(&mut self, what: Do) -> Option<String> {
        match what {
            Do::Play | Do::Save => {}
            Do::Pause => {
                if !self.plays && self.now() == self.timeline.end() {
                    let (begin, _) = self.window();
                    self.timeline.seek(begin);
                }
                self.plays = !self.plays;
            }
            Do::Tick(ms) => self.tick(ms),
            Do::Seek(thousandths) => {
                let (begin, end) = self.window();
                self.plays = false;
                self.timeline.seek(begin + Micros(end.since(begin).0 * thousandths.min(1_000) / 1_000));
            }
            Do::Fence(on) => {
                let mut experiment = *self.experiment();
                experiment.locks.rule = if on { Rule::Token } else { Rule::Unchecked };
                if experiment.check().is_ok() {
                    self.retell(experiment);
                }
                return Some(self.verdict());
            }
            Do::Set(word, value) => return self.set(word, value),
            Do::Break(flaw) => self.show_flaw(flaw),
            Do::Reseed => {
                self.seed += 1;
                self.restart(*self.experiment());
            }
            Do::Stamps => {
                let (begin, end) = (Micros::ZERO, self.timeline.end());
                self.stamps = match self.stamps {
                    Some(_) => None,
                    None => Some(Comparison::of(&self.timeline, begin, end)),
                };
            }
        }
        None
    }

    fn tick(&mut self, ms: u32) {
        let (begin, end) = self.window();
        let by = Micros(end.since(begin).0 * u64::from(ms) / SHOW_MS);
        self.timeline.seek((self.now() + by).min(end));
        self.plays = self.now() < end;
    }

    /// The accident anew, to its end.
    fn restart(&mut self, experiment: LocksExperiment) {
        let mut experiment = experiment;
        experiment.locks.flaw = None;
        self.timeline = told(experiment, self.seed);
        self.stamps = None;
        self.end();
    }

    /// The same acts with another setup.
    fn retell(&mut self, experiment: LocksExperiment) {
        let at = self.now();
        self.timeline = self.timeline.retold(experiment).filled();
        self.timeline.seek(at);
        self.stamps = None;
    }

    /// What is impossible stays in its field, with the reason. Nothing else changes.
    fn set(&mut self, word: &'static str, value: String) -> Option<String> {
        self.wrong.retain(|(of, ..)| *of != word);
        match self.with(word, &value) {
            Ok(experiment) => {
                self.restart(experiment);
                Some(self.verdict())
            }
            Err(why) => {
                self.wrong.push((word, value, why.clone()));
                Some(why)
            }
        }
    }

    fn with(&self, word: &str, value: &str) -> Result<LocksExperiment, String> {
        let mut experiment = *self.experiment();
        if word == "backend" {
            // What does not go with the other one is as usual there.
            experiment.locks.servers = if value == "single" { 1 } else { 3 };
            if value == "redlock" {
                experiment.locks.servers = 5;
                if experiment.locks.rule == Rule::Token {
                    experiment.locks.rule = Rule::Unchecked;
                }
            }
        }
        let words = experiment.to_string();
        let others = words.split(' ').filter(|known| known.split('=').next() != Some(word));
        let words: Vec<String> = others.map(str::to_owned).chain([format!("{word}={}", value.trim())]).collect();
        let read: LocksExperiment = words.join(" ").parse()?;
        read.check().map(|()| read)
    }

    fn show_flaw(&mut self, flaw: Option<Flaw>) {
        match flaw.and_then(|flaw| counterexample::locks().find(|example| example.flaw == flaw.name())) {
            Some(example) => {
                self.timeline = example.play_locks(true).filled();
                self.stamps = None;
                self.end();
            }
            None => self.restart(*self.experiment()),
        }
    }

    /// What became of the file by the end, in a sentence.
    pub fn verdict(&self) -> String {
        let watch = self.timeline.frontier().watch();
        match &watch.broken {
            Some((_, broken)) => format!("{broken}."),
            None => "No invariant is broken, and the file is whole.".to_owned(),
        }
    }
}

fn told(experiment: LocksExperiment, seed: u64) -> Timeline<LocksExperiment> {
    let (script, end) = experiment.accident(seed);
    Timeline::scripted(experiment, seed, script, end).filled()
}
