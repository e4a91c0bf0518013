//! A network that loses, delays and reorders messages, as 6.824's labrpc does.

use cap_lab::node::{Kind as _, Micros, NodeSet};
use cap_lab::sim::dice;
use cap_lab::sim::fault::{Fate, Intervention, MessageName};
use cap_lab::sim::run::{Run, World};

/// Dice that remember how often they were thrown.
#[derive(Clone)]
pub(crate) struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, thrown: 0 }
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.thrown += 1;
        dice::below(self.seed, &[self.thrown], bound)
    }

    /// True in so many cases of a hundred.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A time below so many milliseconds.
    pub(crate) fn ms_below(&mut self, ms: u64) -> Micros {
        Micros(self.below(ms * 1_000))
    }
}

/// What the network does to messages between servers.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weather {
    /// One message in ten is lost, and each takes up to 26 ms longer.
    pub(crate) unreliable: bool,
    /// Two answers in three come 200 ms to 2.2 s later, so that others overtake them.
    pub(crate) reorders: bool,
}

/// The network between the servers of a run.
pub(crate) struct Network {
    pub(crate) weather: Weather,
    servers: NodeSet,
    dice: Dice,
    /// Messages that are kept back, and until when.
    held: Vec<(Micros, MessageName)>,
    /// Messages between servers that were sent, and those of them that were lost on the way by this network's doing.
    pub(crate) sent: u64,
    pub(crate) dropped: u64,
    pub(crate) delayed: u64,
}

impl Network {
    pub(crate) fn new(servers: NodeSet, seed: u64) -> Self {
        let dice = Dice::new(seed ^ 0x006e_6574);
        Self { weather: Weather::default(), servers, dice, held: Vec::new(), sent: 0, dropped: 0, delayed: 0 }
    }

    /// Lets everything happen until `until`.
    pub(crate) fn advance<W: World>(&mut self, run: &mut Run<W>, until: Micros) {
        loop {
            let release = self.held.iter().map(|(at, _)| *at).min().unwrap_or(until).min(until);
            if run.step(release) {
                self.see(run);
            } else if release == until && !self.held.iter().any(|(at, _)| *at <= until) {
                return;
            } else {
                self.release(run, release);
            }
        }
    }

    /// Decides what becomes of the messages that the latest step sent.
    pub(crate) fn see<W: World>(&mut self, run: &mut Run<W>) {
        let Some(latest) = run.latest() else { return };
        let between = |from, to| self.servers.contains(from) && self.servers.contains(to) && from != to;
        let sent: Vec<_> = latest.outcome.sent.clone();
        for id in sent {
            let Some(envelope) = run.model().flights().get(id).filter(|envelope| between(envelope.from, envelope.to))
            else {
                continue;
            };
            let is_answer = ["Vote", "AppendReply"].contains(&envelope.message.kind());
            self.sent += 1;
            let name = run.name_of(id).expect("on its way");
            let now = run.now();
            if self.weather.unreliable && self.dice.percent(10) {
                self.dropped += u64::from(decide(run, now, &name, Fate::Drop));
                continue;
            }
            let mut late = Micros::ZERO;
            if self.weather.unreliable {
                late = late + self.dice.ms_below(26);
            }
            if self.weather.reorders && is_answer && self.dice.below(3) > 0 {
                late = late + Micros::from_ms(200) + self.dice.ms_below(2_000);
            }
            if late > Micros::ZERO && decide(run, now, &name, Fate::Hold) {
                let due = run.schedule().passage(id).expect("on its way").due;
                self.delayed += 1;
                self.held.push((due + late, name));
            }
        }
    }

    /// Lets go what was kept back until `at`. It may be gone meanwhile, with a link that was cut.
    fn release<W: World>(&mut self, run: &mut Run<W>, at: Micros) {
        let (due, rest) = std::mem::take(&mut self.held).into_iter().partition(|(until, _)| *until <= at);
        self.held = rest;
        let due: Vec<(Micros, MessageName)> = due;
        for (_, name) in due {
            let now = at.max(run.now());
            decide(run, now, &name, Fate::Release);
        }
    }
}

fn decide<W: World>(run: &mut Run<W>, at: Micros, name: &MessageName, fate: Fate) -> bool {
    run.intervene(at, &Intervention::Message { world: 0, name: name.clone(), fate })
}
