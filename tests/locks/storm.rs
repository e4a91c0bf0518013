//! Random faults.

use cap_lab::locks::client::Request;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::dice;
use cap_lab::sim::fault::{Fate, Intervention};
use cap_lab::sim::model::Status;
use cap_lab::world::locks::LocksRun;

use crate::ms;

/// Dice that remember how often they were thrown.
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
}

/// What may go wrong.
#[derive(Clone, Copy)]
pub(crate) struct Faults {
    /// Clients stand still, and clients crash.
    pub(crate) clients: bool,
    /// Servers crash, and links to and between them are cut.
    pub(crate) servers: bool,
    /// Servers stand still.
    pub(crate) stalls: bool,
    /// Wall clocks are set wrong, by up to two seconds.
    pub(crate) skew: bool,
    /// Clocks run up to twice or half as fast.
    pub(crate) drift: bool,
    /// Messages are lost, copied and held.
    pub(crate) messages: bool,
}

pub(crate) const NONE: Faults =
    Faults { clients: false, servers: false, stalls: false, skew: false, drift: false, messages: false };
pub(crate) const ALL: Faults =
    Faults { clients: true, servers: true, stalls: true, skew: true, drift: true, messages: true };

type Act = Intervention<Request>;

/// One of those faults, or the end of one.
pub(crate) fn fault(run: &LocksRun, faults: Faults, dice: &mut Dice) -> Option<Act> {
    let setup = run.world().setup;
    let (servers, clients) = (u64::from(setup.servers), u64::from(setup.clients));
    let server = NodeId(dice.below(servers) as u8);
    let client = NodeId((servers + dice.below(clients)) as u8);
    let any = NodeId(dice.below(servers + clients) as u8);
    let other = NodeId(dice.below(servers + clients + 1) as u8);
    Some(match dice.below(14) {
        0 if faults.clients => Intervention::Pause(client),
        1 if faults.clients => Intervention::Resume(client),
        2 if faults.clients => Intervention::Crash { node: client, keep: dice.below(3) as u32 },
        3 if faults.clients => Intervention::Restart(client),
        4 if faults.servers => Intervention::Crash { node: server, keep: dice.below(4) as u32 },
        5 if faults.servers => Intervention::Restart(server),
        6 if faults.servers && server != other => Intervention::Cut(vec![(server, other), (other, server)]),
        7 if faults.servers => heal(run)?,
        8 if faults.stalls => Intervention::Pause(server),
        9 if faults.stalls => Intervention::Resume(server),
        10 if faults.skew => Intervention::Skew { node: any, micros: dice.below(4_000_000) as i64 - 2_000_000 },
        11 if faults.drift => Intervention::Drift { node: any, ppm: dice.below(1_500_000) as i32 - 500_000 },
        12 | 13 if faults.messages => message(run, dice)?,
        _ => return None,
    })
}

fn message(run: &LocksRun, dice: &mut Dice) -> Option<Act> {
    let fates = [Fate::Drop, Fate::Drop, Fate::Duplicate, Fate::Hold, Fate::Release, Fate::Deliver];
    let fate = fates[dice.below(fates.len() as u64) as usize];
    let flights: Vec<_> = run.model().flights().iter().map(|(id, _)| id).collect();
    let id = *flights.get(dice.below(flights.len() as u64) as usize)?;
    Some(Intervention::Message { world: 0, name: run.name_of(id)?, fate })
}

fn heal(run: &LocksRun) -> Option<Act> {
    let cuts = run.model().cuts().iter().enumerate();
    let links: Vec<_> = cuts.flat_map(|(from, to)| to.iter().map(move |to| (NodeId(from as u8), to))).collect();
    (!links.is_empty()).then_some(Intervention::Heal(links))
}

/// Faults for `time`, one every 40 ms or so; counts those that were done.
pub(crate) fn storm(run: &mut LocksRun, faults: Faults, time: Micros, dice: &mut Dice) -> u64 {
    let mut at = run.now();
    let end = at + time;
    let mut done = 0;
    loop {
        at = at + ms(1 + dice.below(80));
        if at > end {
            return done;
        }
        run.advance(at);
        if let Some(act) = fault(run, faults, dice) {
            done += u64::from(run.intervene(at, &act));
        }
    }
}

/// Ends all faults but those of clocks, and lets nobody ask for more.
pub(crate) fn calm(run: &mut LocksRun) {
    let mut at = run.now() + ms(1);
    run.advance(at);
    let held: Vec<_> = run.model().flights().iter().map(|(id, _)| id).collect();
    let held = held.into_iter().filter(|id| run.schedule().passage(*id).is_some_and(|passage| passage.held));
    let names: Vec<_> = held.filter_map(|id| run.name_of(id)).collect();
    let nodes: Vec<_> = run.model().hosts().map(|(id, host)| (id, host.status)).collect();
    let mut acts: Vec<Act> = vec![Intervention::Traffic(0)];
    acts.extend(heal(run));
    acts.extend(nodes.into_iter().filter_map(|(id, status)| match status {
        Status::Up => None,
        Status::Crashed => Some(Intervention::Restart(id)),
        Status::Paused => Some(Intervention::Resume(id)),
    }));
    acts.extend(names.into_iter().map(|name| Intervention::Message { world: 0, name, fate: Fate::Release }));
    for act in acts {
        at = at + Micros(1);
        run.advance(at);
        run.intervene(at, &act);
    }
}
