//! Who takes part, and what is done and when: what situations and lessons play, in the golden scripts' words.

use std::fmt::{self, Display};
use std::iter::Peekable;

use crate::experiment::{FeedExperiment, LocksExperiment, PaxosExperiment};
use crate::node::Micros;
use crate::timeline::command::{Command, time_of};
use crate::timeline::track::Track;
use crate::timeline::{Experiment, Timeline};
use crate::with_experiment;

/// The longest run, in simulated time.
pub const LENGTH_MAX: Micros = Micros::from_ms(120_000);
/// The most commands.
pub const COMMANDS_MAX: usize = 300;
/// The most events, all worlds together: a hostile setup must not keep anybody waiting.
const STEPS_MAX: u64 = 250_000;
/// So much simulated time passes between two looks at the events.
const SLICE: Micros = Micros::from_ms(1_000);
/// So long before the first act the play head waits: one sees what is going on, and nothing has happened yet.
const LEAD: Micros = Micros::from_ms(150);

/// A setup, a seed and commands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scene {
    /// The line of its setup.
    pub line: usize,
    /// Which experiment: `feed`, `paxos`, `locks`.
    pub experiment: String,
    /// Who takes part, in the experiment's words.
    pub setup: String,
    /// Decides all delays.
    pub seed: u64,
    /// What is done and when, each with its line in the file.
    pub commands: Vec<(usize, String)>,
    /// Where the play head stands at first; none: shortly before the first act.
    pub head: Option<Micros>,
}

/// What is wrong with a line. Shown as `Line 7: …`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// Which, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub says: String,
}

impl Wrong {
    /// That line, and what is wrong with it.
    pub fn new(line: usize, says: impl Into<String>) -> Self {
        Self { line, says: says.into() }
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {}: {}", self.line, self.says)
    }
}

impl Scene {
    /// Reads the setup line, `setup feed replicas=5 … seed=8`, and the commands after it.
    ///
    /// # Errors
    /// Says which line is wrong, and why.
    pub fn read<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Result<Self, Wrong> {
        let mut lines = lines.peekable();
        let (line, first) = *lines.peek().ok_or_else(|| Wrong::new(1, "there is no script"))?;
        let mut scene = Self::set_up(line, first).map_err(|says| Wrong::new(line, says))?;
        lines.next();
        scene.go_on(&mut lines)?;
        Ok(scene)
    }

    fn set_up(line: usize, first: &str) -> Result<Self, String> {
        let setup = first.strip_prefix("setup ").and_then(|rest| rest.split_once(' '));
        let parts = setup.and_then(|(experiment, rest)| Some((experiment, rest.rsplit_once(" seed=")?)));
        let (experiment, (setup, seed)) = parts.ok_or("the script does not begin with “setup … seed=…”")?;
        let seed = seed.parse().map_err(|_| format!("“{seed}” is no seed"))?;
        let known = with_experiment!(experiment, E => checked::<E>(setup));
        known.unwrap_or_else(|| {
            Err(format!("no experiment is called “{experiment}”; there are feed, paxos and locks"))
        })?;
        let (experiment, setup) = (experiment.to_owned(), setup.to_owned());
        Ok(Self { line, experiment, setup, seed, commands: Vec::new(), head: None })
    }

    /// Adds commands.
    ///
    /// # Errors
    /// Says which line is wrong, and why.
    pub fn go_on<'a>(&mut self, lines: &mut Peekable<impl Iterator<Item = (usize, &'a str)>>) -> Result<(), Wrong> {
        for (line, text) in lines {
            let wrong = |says| Wrong::new(line, says);
            if !text.parse::<Command>().map_err(wrong)?.is_known() {
                return Err(Wrong::new(line, format!("not a command: {text}")));
            }
            self.commands.push((line, text.to_owned()));
            if self.commands.len() > COMMANDS_MAX {
                return Err(Wrong::new(line, format!("more than {COMMANDS_MAX} commands")));
            }
            let end = self.end().map_err(wrong)?;
            if end > LENGTH_MAX {
                return Err(Wrong::new(line, format!("a run of more than {} s", LENGTH_MAX.0 / 1_000_000)));
            }
        }
        Ok(())
    }

    /// How far the commands let time pass.
    ///
    /// # Errors
    /// Of a time that is none.
    pub fn end(&self) -> Result<Micros, String> {
        self.commands.iter().try_fold(Micros::ZERO, |now, (_, text)| {
            let command: Command = text.parse()?;
            Ok(passes(&command)?.map_or(now, |passes| passes.until(now)))
        })
    }

    /// The address of the page that plays it; none if none does.
    pub fn page(&self) -> Option<&'static str> {
        match self.experiment.as_str() {
            PaxosExperiment::NAME => Some("#paxos"),
            FeedExperiment::NAME if self.setup.contains('/') => Some("#feed"),
            FeedExperiment::NAME => Some("#raft"),
            LocksExperiment::NAME => Some("#locks"),
            _ => None,
        }
    }

    /// Its run, computed to its end, the play head at its place.
    ///
    /// # Errors
    /// If it is of another experiment, or says what can't be done.
    pub fn play<E: Experiment>(&self) -> Result<Timeline<E>, Wrong> {
        let at_setup = |says| Wrong::new(self.line, says);
        if self.experiment != E::NAME {
            return Err(at_setup(format!("this is a run of {}", self.experiment)));
        }
        let mut timeline = Timeline::new(self.setup.parse().map_err(at_setup)?, self.seed);
        for (line, text) in &self.commands {
            perform::<E>(&mut timeline, text).map_err(|says| Wrong::new(*line, says))?;
        }
        let first = timeline.script().first().map_or(Micros::ZERO, |act| act.at);
        timeline.seek(self.head.unwrap_or(first.since(LEAD)));
        Ok(timeline)
    }
}

/// Does what a line says in a run.
///
/// # Errors
/// Says in words what can't be done, or that there is too much to compute.
pub fn perform<E: Experiment>(timeline: &mut Timeline<E>, text: &str) -> Result<(), String> {
    let command: Command = text.parse()?;
    let Some(passes) = passes(&command)? else { return timeline.command(&command) };
    let until = passes.until(timeline.now());
    while timeline.now() < until {
        timeline.play(until.min(timeline.now() + SLICE));
        if timeline.track().steps() > STEPS_MAX {
            return Err(format!(
                "more than {STEPS_MAX} events until here: fewer replicas, people or less traffic will do"
            ));
        }
    }
    Ok(())
}

/// How a command lets time pass.
enum Passes {
    For(Micros),
    Until(Micros),
}

impl Passes {
    fn until(self, now: Micros) -> Micros {
        match self {
            Self::For(time) => now + time,
            Self::Until(at) => at.max(now),
        }
    }
}

fn passes(command: &Command) -> Result<Option<Passes>, String> {
    Ok(match (command.verb.as_str(), command.words.as_slice()) {
        ("run", [time]) => Some(Passes::For(time_of(time)?)),
        ("at", [time]) => Some(Passes::Until(time_of(time)?)),
        _ => None,
    })
}

fn checked<E: Experiment>(setup: &str) -> Result<(), String> {
    setup.parse::<E>().and_then(|setup| setup.check())
}
