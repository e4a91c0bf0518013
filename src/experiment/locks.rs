//! Locks, and the accident that they do not prevent.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::locks::client::Request;
use crate::locks::storage::Rule;
use crate::node::{Micros, NodeId, NodeSet};
use crate::sim::fault::{Intervention, Scripted};
use crate::sim::run::Run;
use crate::timeline::file::TRAFFIC_MAX;
use crate::timeline::{Experiment, RequestOf};
use crate::world::locks::{Backend, LocksRun, LocksSetup, LocksWorld};

/// What befalls the first client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accident {
    /// It stands still for this time between its read and its write: 0 to 60 s.
    pub pause: Micros,
    /// Its wall clock is off by so many ms: up to an hour.
    pub skew_ms: i64,
    /// Its clocks run fast or slow, in parts per million: -950,000 to 1,000,000.
    pub drift_ppm: i32,
}

/// Lock servers, clients and a storage; and the accident that can be played with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocksExperiment {
    /// Who takes part, and the dials.
    pub locks: LocksSetup,
    /// What clients do by themselves at first, in percent of the usual.
    pub traffic: u16,
    /// What befalls the first client in [`LocksExperiment::accident`].
    pub accident: Accident,
}

/// What a wrong clock, or a pause, does to a lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trial {
    /// "Skew, leases as durations".
    pub title: &'static str,
    /// What is wrong with the first client.
    pub says: &'static str,
    /// The setup, whose accident shows it.
    pub words: &'static str,
    /// Two clients come to believe that they hold the lock.
    pub overlaps: bool,
}

/// One for each way in which a clock can be wrong. Nothing guards the file in any of them.
pub const TRIALS: [Trial; 4] = [
    Trial {
        title: "Skew, and a lease as a duration",
        says: "c1's wall clock is 5 s behind. A duration is measured without it.",
        words: "storage=unchecked pause=0 skew=-5000",
        overlaps: false,
    },
    Trial {
        title: "Skew, and a lease as a time of day",
        says: "c1's wall clock is 5 s behind, and the lease ends at a time of day.",
        words: "storage=unchecked pause=0 skew=-5000 terms=deadline",
        overlaps: true,
    },
    Trial {
        title: "Drift",
        says: "c1's clocks run at a fifth of the rate, so its lease lasts five times as long by true time.",
        words: "storage=unchecked pause=0 drift=-800000 work=300",
        overlaps: true,
    },
    Trial {
        title: "A pause",
        says: "All clocks are right. c1 stands still between its look at the clock and its write.",
        words: "storage=unchecked pause=3000",
        overlaps: true,
    },
];

/// When the first client is asked for an update: somebody leads by then.
const BEGIN: Micros = Micros::from_ms(1_000);
/// How long after the accident the run goes on.
const AFTERMATH: Micros = Micros::from_ms(2_500);
/// The longest that the first client is waited for.
const PATIENCE: Micros = Micros::from_ms(30_000);

const PAUSE_MAX: Micros = Micros::from_ms(60_000);
const SKEW_MAX_MS: i64 = 3_600_000;
const DRIFT_PPM: std::ops::RangeInclusive<i32> = -950_000..=1_000_000;

impl LocksExperiment {
    /// The usual setup, at rest; the accident is a pause of three leases.
    pub fn usual() -> Self {
        let accident = Accident { pause: Micros::from_ms(3_000), skew_ms: 0, drift_ppm: 0 };
        Self { locks: LocksSetup::usual(), traffic: 0, accident }
    }

    /// The same with one word of the setup said anew, as [`FromStr`] reads it. What does not go with another backend is as usual there.
    ///
    /// # Errors
    /// What is wrong with the value. The message begins with the word.
    pub fn with(&self, word: &str, value: &str) -> Result<Self, String> {
        let mut usual = *self;
        if word == "backend" {
            let backend: Backend = value.parse()?;
            usual.locks.servers = match backend {
                Backend::Single => 1,
                Backend::Redlock => 5,
                Backend::Raft(_) | Backend::MultiPaxos(_) => 3,
            };
            if !backend.has_tokens() && usual.locks.rule == Rule::Token {
                usual.locks.rule = Rule::Unchecked;
            }
            usual.locks.flaw = usual.locks.flaw.filter(|_| backend.has_log());
        }
        let words = usual.to_string();
        let others = words.split(' ').filter(|known| known.split('=').next() != Some(word));
        let words: Vec<String> = others.map(str::to_owned).chain([format!("{word}={}", value.trim())]).collect();
        let read: Self = words.join(" ").parse()?;
        read.check().map(|()| read)
    }

    /// The accident (Kleppmann 2016), and when all is over. The first client holds the lock and has read the file. It stands still, or
    /// its clocks are wrong. The second client asks for an update. Then the first goes on.
    pub fn accident(&self, seed: u64) -> (Vec<Scripted<RequestOf<Self>>>, Micros) {
        let mut clients = self.locks.clients();
        let first = clients.next().expect("there is a client");
        let second = clients.next().unwrap_or(first);
        let update = |node: NodeId| Intervention::Request { node, request: Request::Update };
        let Accident { pause, skew_ms, drift_ppm } = self.accident;
        let mut script = Vec::new();
        let mut run = self.start(seed);
        let mut act = |run: &mut LocksRun, at: Micros, act: Intervention<Request>| {
            run.advance(at);
            if run.intervene(at, &act) {
                script.push(Scripted { at, act });
            }
        };
        if skew_ms != 0 {
            act(&mut run, BEGIN, Intervention::Skew { node: first, micros: skew_ms * 1_000 });
        }
        if drift_ppm != 0 {
            act(&mut run, BEGIN, Intervention::Drift { node: first, ppm: drift_ppm });
        }
        act(&mut run, BEGIN, update(first));
        let works = |run: &LocksRun| run.model().host(first).node.client().is_some_and(|c| c.works_at().is_some());
        while !works(&run) && run.step(BEGIN + PATIENCE) {}
        let at = run.now() + Micros::from_ms(1);
        if pause > Micros::ZERO {
            act(&mut run, at, Intervention::Pause(first));
        }
        act(&mut run, at + Micros(1), update(second));
        if pause > Micros::ZERO {
            act(&mut run, at + pause, Intervention::Resume(first));
        }
        let slowed = Micros(self.locks.work.0 * 1_000_000 / (1_000_000 + i64::from(drift_ppm)) as u64);
        let end = at + pause + slowed + self.locks.lease + AFTERMATH;
        (script, end)
    }
}

impl Experiment for LocksExperiment {
    type Track = LocksRun;

    const NAME: &'static str = "locks";

    fn start(&self, seed: u64) -> LocksRun {
        Run::new(LocksWorld::new(self.locks), 0, seed, self.traffic)
    }

    fn check(&self) -> Result<(), String> {
        self.locks.check()?;
        let Accident { pause, skew_ms, drift_ppm } = self.accident;
        if self.traffic > TRAFFIC_MAX {
            return Err(format!("traffic={}: up to {TRAFFIC_MAX} % is possible", self.traffic));
        }
        if pause > PAUSE_MAX {
            return Err(format!("pause={}: 0 to {} ms are possible", pause.as_ms(), PAUSE_MAX.as_ms()));
        }
        if skew_ms.unsigned_abs() > SKEW_MAX_MS.unsigned_abs() {
            return Err(format!("skew={skew_ms}: -{SKEW_MAX_MS} to {SKEW_MAX_MS} ms are possible"));
        }
        if !DRIFT_PPM.contains(&drift_ppm) {
            let (least, most) = (DRIFT_PPM.start(), DRIFT_PPM.end());
            return Err(format!("drift={drift_ppm}: {least} to {most} ppm are possible"));
        }
        Ok(())
    }

    fn check_request(&self, node: NodeId, _: &Request) -> Result<(), String> {
        if self.locks.clients().any(|client| client == node) {
            return Ok(());
        }
        Err(format!("participant {} is asked, which is no client", node.0))
    }

    /// Clients and storage as well: their links are cut and healed like any other.
    fn servers(&self) -> NodeSet {
        self.locks.servers().union(self.locks.clients().collect()).with(self.locks.storage())
    }

    fn name(&self, node: NodeId) -> String {
        self.locks.name(node)
    }
}

/// Shown as `backend=raft … storage=token traffic=0 pause=3000 skew=0 drift=0`.
impl Display for LocksExperiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Accident { pause, skew_ms, drift_ppm } = self.accident;
        write!(f, "{} traffic={} pause={}", self.locks, self.traffic, pause.as_ms())?;
        write!(f, " skew={skew_ms} drift={drift_ppm}")
    }
}

impl FromStr for LocksExperiment {
    type Err = String;

    /// Reads words in any order; what is left out is as usual.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut read = Self::usual();
        let mut known: Vec<&str> = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').ok_or_else(|| format!("“{word}” says no value"))?;
            if known.contains(&name) {
                return Err(format!("{name}: said twice"));
            }
            known.push(name);
            let number =
                |what: &str| format!("{name}={value}: a whole number{what} is wanted, and not too large a one");
            match name {
                "traffic" => read.traffic = value.parse().map_err(|_| number(" of percent"))?,
                "pause" => {
                    let ms: u32 = value.parse().map_err(|_| number(" of ms"))?;
                    read.accident.pause = Micros::from_ms(ms.into());
                }
                "skew" => read.accident.skew_ms = value.parse().map_err(|_| number(" of ms"))?,
                "drift" => read.accident.drift_ppm = value.parse().map_err(|_| number(" of ppm"))?,
                _ if read.locks.read(name, value)? => {}
                _ => return Err(format!("“{name}” is no word of this setup")),
            }
        }
        if !known.contains(&"servers") && read.locks.backend == Backend::Single {
            read.locks.servers = 1;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Timeline;

    fn checked(text: &str) -> Result<LocksExperiment, String> {
        let read: LocksExperiment = text.parse()?;
        read.check().map(|()| read)
    }

    #[test]
    fn a_setup_is_read_as_it_is_shown() {
        for text in [
            "",
            "backend=raft.pre-vote.read-index servers=5 clients=3 lease=2000 margin=0",
            "backend=multi-paxos terms=deadline storage=unchecked flaw=no-renewal",
            "backend=single storage=timestamp pause=0 skew=-250 drift=-500000",
            "backend=redlock servers=5 storage=unchecked traffic=100",
        ] {
            let read = checked(text).expect(text);
            assert_eq!(checked(&read.to_string()), Ok(read), "{text}");
        }
    }

    #[test]
    fn a_bad_value_is_told_with_its_word() {
        for (text, word) in [
            ("lease=0", "lease=0:"),
            ("lease=-5", "lease=-5:"),
            ("lease=99999999999999999999", "lease=99999999999999999999:"),
            ("lease=60001", "lease=60001:"),
            ("lease=NaN", "lease=NaN:"),
            ("lease=1e3", "lease=1e3:"),
            ("lease=", "lease=:"),
            ("margin=1000", "margin=1000:"),
            ("work=0", "work=0:"),
            ("skew=3600001", "skew=3600001:"),
            ("skew=-9223372036854775808", "skew=-9223372036854775808:"),
            ("drift=-1000000", "drift=-1000000:"),
            ("drift=x", "drift=x:"),
            ("pause=-1", "pause=-1:"),
            ("pause=60001", "pause=60001:"),
            ("traffic=70000", "traffic=70000:"),
            ("servers=4", "servers=4:"),
            ("servers=300", "servers=300:"),
            ("clients=0", "clients=0:"),
            ("backend=zoo", "backend=zoo:"),
            ("backend=single.x", "backend=single.x:"),
            ("backend=raft.magic", "backend=raft.magic:"),
            ("backend=redlock storage=token", "storage=token:"),
            ("backend=redlock storage=unchecked flaw=no-renewal", "flaw:"),
            ("storage=magic", "storage=magic:"),
            ("terms=long", "terms=long:"),
            ("flaw=none", "flaw=none:"),
            ("lease=500 lease=600", "lease:"),
            ("colour=red", "“colour”"),
            ("lease", "“lease”"),
        ] {
            let wrong = checked(text).expect_err(text);
            assert!(wrong.starts_with(word), "{text}: {wrong}");
        }
    }

    #[test]
    fn the_accident_travels_as_a_file() {
        let experiment = LocksExperiment::usual();
        let (script, end) = experiment.accident(3);
        let timeline = Timeline::scripted(experiment, 3, script, end).filled();
        let text = timeline.export();
        let read = Timeline::<LocksExperiment>::import(&text).expect("just written");
        assert_eq!((read.skipped, read.timeline.export()), (0, text.clone()));
        let hostile = text.replacen("ask n4 update", "ask n1 update", 1);
        assert_ne!(hostile, text);
        assert!(Timeline::<LocksExperiment>::import(&hostile).is_err(), "a server is asked by nobody");
    }
}
