//! What a partition cost, once it is over: how long it lasted, what each store refused, left unknown, showed stale, kept or
//! lost, and when its replicas agreed again.
//!
//! Computed from the run alone, so that it is true of this run, and the same for everybody who computes it.

use crate::check::feed::{Fate, ended, numbered};
use crate::experiment::FeedExperiment;
use crate::history::Outcome;
use crate::node::{Micros, NodeId, NodeSet};
use crate::sim::model::Status;
use crate::timeline::Timeline;
use crate::world::feed::FeedRun;

/// Replicas that do not agree so long after the heal are not waited for. A healthy cluster takes about a tenth of it.
pub const PATIENCE: Micros = Micros::from_ms(2_000);

/// What came of a partition, from the cut until the replicas agreed again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conclusion {
    /// When the first link was cut.
    pub cut: Micros,
    /// When the last one was healed.
    pub healed: Micros,
    /// When all replicas agreed again, or were not waited for any longer.
    pub over: Micros,
    /// One per world.
    pub shares: Vec<Share>,
}

/// What it cost one store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    /// What tells the store from the others: `CP`.
    pub name: String,
    /// Requests that were refused.
    pub refused: Cases,
    /// Requests of which the client never knew what came of them, as long as it waited.
    pub unknown: Cases,
    /// Of the writes among those: how many took effect after all.
    pub in_the_feed: u32,
    /// Reads that missed confirmed posts.
    pub stale: Cases,
    /// For how long the most outdated of them had missed one.
    pub behind: Micros,
    /// Posts that were confirmed while links were cut.
    pub confirmed: u32,
    /// Those of them that no replica has any more.
    pub lost: u32,
    /// When every running replica had every post that was confirmed before the heal.
    pub agreed: Option<Micros>,
}

/// Requests with the same end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cases {
    /// How many.
    pub count: u32,
    /// When the first ended so.
    pub first: Option<Micros>,
    /// When the last did.
    pub last: Option<Micros>,
    /// Whose.
    pub people: NodeSet,
}

impl Cases {
    fn add(&mut self, at: Micros, client: NodeId) {
        self.count += 1;
        self.first.get_or_insert(at);
        self.last = Some(at);
        self.people.insert(client);
    }
}

/// The latest time during which links were cut, if they are healed: from when, until when.
pub fn latest_cut(run: &FeedRun) -> Option<(Micros, Micros)> {
    let cut = run.watch().events.troubles.iter().rev().find(|trouble| trouble.node.is_none())?;
    cut.until.map(|until| (cut.from, until))
}

/// Whether every running replica that takes part has every post and change that was confirmed before `healed`.
pub fn agree(run: &FeedRun, healed: Micros) -> bool {
    let spares = run.world().store.options().spares;
    let taking_part = |id: &NodeId| id.0 + spares < run.world().setup.replicas;
    let hosts = run.model().hosts().filter(|(id, host)| taking_part(id) && host.status != Status::Crashed);
    let replicas: Vec<_> = hosts.map(|(_, host)| &host.node).collect();
    let watch = run.watch();
    let all = watch.staleness.confirmed().chain(watch.changed.iter().copied());
    all.filter(|(_, at)| *at <= healed).all(|(write, _)| replicas.iter().all(|replica| replica.has(write)))
}

impl Conclusion {
    /// That of the latest partition before the play head; none if there was none, if it lasts, or if replicas that may yet
    /// agree don't.
    pub fn of(timeline: &Timeline<FeedExperiment>) -> Option<Self> {
        let worlds = timeline.track().worlds();
        let (cut, healed) = latest_cut(worlds.first()?)?;
        let all_agree = worlds.iter().all(|run| agree(run, healed));
        if !all_agree && timeline.now() < healed + PATIENCE {
            return None;
        }
        let mut agreed = vec![None; worlds.len()];
        timeline.revisit(healed, timeline.now().min(healed + PATIENCE), |track| {
            for (run, agreed) in track.worlds().iter().zip(&mut agreed) {
                if agreed.is_none() && track_is_healed(run, healed) && agree(run, healed) {
                    *agreed = Some(run.now().max(healed));
                }
            }
        });
        let over = agreed.iter().copied().map(|at| at.unwrap_or(healed + PATIENCE)).max()?;
        let names = timeline.experiment().short_names();
        let share = |((name, run), agreed)| Share::of(name, run, cut, healed, over, agreed);
        let shares = names.into_iter().zip(worlds).zip(agreed).map(share).collect();
        Some(Self { cut, healed, over, shares })
    }
}

/// Whether a world has seen that heal by now: one moment may hold steps before it and after it.
fn track_is_healed(run: &FeedRun, healed: Micros) -> bool {
    latest_cut(run).is_some_and(|(_, until)| until == healed)
}

impl Share {
    fn of(name: String, run: &FeedRun, cut: Micros, healed: Micros, over: Micros, agreed: Option<Micros>) -> Self {
        let mut share = Self {
            name,
            refused: Cases::default(),
            unknown: Cases::default(),
            in_the_feed: 0,
            stale: Cases::default(),
            behind: Micros::ZERO,
            confirmed: 0,
            lost: 0,
            agreed,
        };
        let within = |at: Micros| at >= cut && at <= over;
        let held = |post| run.model().hosts().any(|(_, host)| host.node.has(post));
        for (written, operation) in numbered(run.history().iter()) {
            match operation.outcome {
                Outcome::Refused { at, .. } if within(at) => share.refused.add(at, operation.client),
                Outcome::Unknown { at, .. } if within(at) => {
                    share.unknown.add(at, operation.client);
                    share.in_the_feed += u32::from(written.is_some_and(held));
                }
                _ => {}
            }
        }
        let staleness = &run.watch().staleness;
        for stale in staleness.stale().iter() {
            let operation = run.history().get(stale.read).expect("a read of this run");
            if let Some((at, Fate::Read(_))) = ended(&operation.outcome).filter(|(at, _)| within(*at)) {
                share.stale.add(at, operation.client);
                share.behind = share.behind.max(stale.behind);
            }
        }
        for (post, _) in staleness.confirmed().filter(|(_, at)| *at >= cut && *at <= healed) {
            share.confirmed += 1;
            share.lost += u32::from(!held(post));
        }
        share
    }
}

/// A sentence of a conclusion, and the moment to which it leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// At most 20 words.
    pub text: String,
    /// Where to look.
    pub at: Option<Micros>,
}

/// `180 ms`, `3.2 s`.
fn length(time: Micros) -> String {
    match time.as_ms() {
        ms @ ..1_000 => format!("{ms} ms"),
        ms => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    }
}

fn counted(count: u32, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

impl Conclusion {
    /// It in sentences: cut, what each store refused and showed, what it kept, when its replicas agreed again. `name` tells whose
    /// a phone is.
    pub fn lines(&self, name: &dyn Fn(NodeId) -> String) -> Vec<Line> {
        let lasted = length(self.healed.since(self.cut));
        let mut lines = vec![Line { text: format!("Links were cut for {lasted}."), at: Some(self.cut) }];
        self.shares.iter().for_each(|share| share.tell(self.healed, name, &mut lines));
        lines
    }

    /// What to think about, by what happened.
    pub fn question(&self) -> &'static str {
        let any = |found: fn(&Share) -> bool| self.shares.iter().any(found);
        let errors = any(|share| share.refused.count + share.unknown.count > 0);
        let stale = any(|share| share.stale.count > 0);
        match (errors, stale) {
            _ if any(|share| share.lost > 0) => "Which rule should have kept what was confirmed?",
            (true, true) => "Your users: would they rather meet an error, or miss a post without knowing?",
            (true, false) => "Whom could those reach who were refused? What would an answer have risked?",
            (false, true) => "How could a reader have noticed that posts were missing?",
            (false, false) => "Why did nobody notice? Who could still reach whom?",
        }
    }
}

impl Share {
    fn tell(&self, healed: Micros, name: &dyn Fn(NodeId) -> String, lines: &mut Vec<Line>) {
        let Self { name: store, refused, unknown, stale, .. } = self;
        let mut say = |text: String, at: Option<Micros>| lines.push(Line { text, at });
        let people = |cases: &Cases| {
            let names: Vec<String> = cases.people.iter().map(name).collect();
            match names.split_last() {
                Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
                _ => names.concat(),
            }
        };
        match refused.count {
            0 => say(format!("{store} refused nobody."), None),
            count => {
                say(format!("{store} refused {} of {}.", counted(count, "request"), people(refused)), refused.first);
            }
        }
        if unknown.count > 0 {
            let left = counted(unknown.count, "request");
            say(format!("{store} left {left} of {} without an answer.", people(unknown)), unknown.first);
        }
        match self.in_the_feed {
            0 => {}
            1 => say("1 of those posts is in the feed after all.".to_owned(), None),
            some => say(format!("{some} of those posts are in the feed after all."), None),
        }
        match stale.count {
            0 => say(format!("{store} showed nothing stale."), None),
            count => {
                let (reads, behind) = (counted(count, "stale read"), length(self.behind));
                say(format!("{store} gave {} {reads}, up to {behind} out of date.", people(stale)), stale.first);
            }
        }
        if let Some(last) = stale.last.filter(|last| *last > healed) {
            say(format!("Its last stale read came {} after the heal.", length(last.since(healed))), Some(last));
        }
        match (self.confirmed, self.lost) {
            (0, _) => say(format!("{store} confirmed no post meanwhile."), None),
            (1, 0) => say(format!("{store} confirmed 1 post meanwhile and kept it."), None),
            (all, 0) => say(format!("{store} confirmed {all} posts meanwhile and kept them all."), None),
            (all, lost) => say(format!("{store} lost {lost} of the {} that it confirmed.", counted(all, "post")), None),
        }
        match self.agreed {
            Some(at) => {
                say(format!("{store}'s replicas agreed {} after the heal.", length(at.since(healed))), Some(at));
            }
            None => say(format!("{store}'s replicas did not agree within {} after the heal.", length(PATIENCE)), None),
        }
    }
}

#[cfg(test)]
mod tests;
