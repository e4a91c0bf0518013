//! Drives a model by dice.

use std::collections::BTreeMap;

use cap_lab::node::{Clocks, Kind, Micros, Node, NodeId, NodeSet, RequestId};
use cap_lab::sim::dice;
use cap_lab::sim::model::{Host, Model, Status, Step, StepOutcome};
use cap_lab::sim::network::{Envelope, FlightId};

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
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.thrown += 1;
        dice::below(self.seed, &[self.thrown], bound as u64) as usize
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of `all`, if there is any.
    pub(crate) fn one_of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        (!all.is_empty()).then(|| all[self.below(all.len())].clone())
    }
}

/// How often each kind of thing is tried, against each other.
#[derive(Clone, Copy)]
pub(crate) struct Mix {
    pub(crate) deliver: usize,
    pub(crate) sync: usize,
    pub(crate) timer: usize,
    pub(crate) request: usize,
    pub(crate) lose: usize,
    pub(crate) duplicate: usize,
    pub(crate) cut: usize,
    pub(crate) heal: usize,
    pub(crate) crash: usize,
    pub(crate) restart: usize,
}

/// What a sweep adds to the driver.
pub(crate) trait Subject {
    type Node: Node;

    /// Whether this timer may run out now; many elections in a row leave no time for anything else.
    fn lets_fire(&self, timer: <Self::Node as Node>::Timer, dice: &mut Dice) -> bool;
    /// Nodes that faults strike more often than others, for that is where they hurt.
    fn targets(&self, model: &Model<Self::Node>) -> NodeSet;
    /// By how many parts per million a node's clock runs fast.
    fn drift_ppm(&self, node: NodeId) -> u64 {
        let _ = node;
        0
    }
    /// Whether timers run out only when enough time has passed. Else time passes when one is to run out.
    fn keeps_time(&self) -> bool {
        false
    }
    /// Who is cut off from all others at this very moment, while all other links heal: where it hurts.
    fn strikes(&mut self, dice: &mut Dice) -> Option<NodeSet> {
        let _ = dice;
        None
    }
    /// What a client asks next.
    fn request(&mut self, number: u32, dice: &mut Dice) -> <Self::Node as Node>::Request;
    /// Sees one step that was done; the error is a broken invariant.
    fn see(
        &mut self,
        step: &Step<Self::Node>,
        before: Option<&Host<Self::Node>>,
        after: &Model<Self::Node>,
        outcome: &StepOutcome<Self::Node>,
    ) -> Result<(), String>;
}

/// Between two steps less than this passes.
const STEP_MAX: Micros = Micros::from_ms(2);

/// The same where timers run out in their time only: many steps fit between two heartbeats.
const STEP_MAX_KEPT: Micros = Micros(400);

/// Where timers run out in their time only: one in so many, if none is due.
const LEAP: usize = 2;

/// How many of the latest steps a failure shows.
const SHOWN: usize = 30;

/// A step that was done.
#[derive(Clone, Debug)]
pub(crate) struct Done<N: Node> {
    /// On no node's clock.
    pub(crate) at: Micros,
    pub(crate) step: Step<N>,
    /// The message that it was about, if any.
    pub(crate) about: Option<Envelope<N::Message>>,
}

/// After about so many steps the weather changes.
const EPOCH: usize = 60;

type MessageOf<S> = <<S as Subject>::Node as Node>::Message;

/// The latest of these steps, a line each.
fn told<N: Node>(way: &[Done<N>]) -> String {
    let latest = way.iter().enumerate().skip(way.len().saturating_sub(SHOWN));
    let line = |(number, done): (usize, &Done<N>)| {
        let about = done.about.as_ref();
        let said = about.map_or(String::new(), |e| format!(" {}->{} {:?}", e.from, e.to, e.message));
        format!("{:5} {:?}{said}", number + 1, done.step)
    };
    latest.map(line).collect::<Vec<_>>().join("\n")
}

pub(crate) struct Driver<S: Subject> {
    pub(crate) model: Model<S::Node>,
    pub(crate) subject: S,
    pub(crate) dice: Dice,
    outcome: StepOutcome<S::Node>,
    /// Nodes that the network serves badly for now: what goes to and from them waits.
    slow: NodeSet,
    /// Nodes whose disks take long for now: they do not sync.
    slow_disks: NodeSet,
    /// How frequent each thing is for now, times what the mix says.
    factors: [usize; 8],
    /// Steps that go together: the cuts of a split.
    planned: Vec<Step<S::Node>>,
    /// Time passes from step to step, and all at once where a timer has to run out.
    now: Micros,
    /// When each timer runs out at the earliest, on its node's own clock. It may do so at any time after.
    due: BTreeMap<(NodeId, <S::Node as Node>::Timer), Micros>,
    /// All that was done since the nodes started.
    way: Vec<Done<S::Node>>,
    steps: u64,
    requests: u32,
}

impl<S: Subject> Driver<S> {
    /// All nodes, started.
    pub(crate) fn new(nodes: Vec<S::Node>, subject: S, seed: u64) -> Result<Self, String> {
        let count = nodes.len();
        let mut driver = Self {
            model: Model::new(nodes),
            subject,
            dice: Dice::new(seed),
            outcome: StepOutcome::default(),
            slow: NodeSet::EMPTY,
            factors: [1; 8],
            slow_disks: NodeSet::EMPTY,
            planned: Vec::new(),
            now: Micros::ZERO,
            due: BTreeMap::new(),
            way: Vec::new(),
            steps: 0,
            requests: 0,
        };
        for id in NodeSet::first(count).iter() {
            driver.perform(&Step::Restart(id))?;
        }
        driver.way.clear();
        Ok(driver)
    }

    /// All that was done since the nodes started.
    pub(crate) fn way(&self) -> &[Done<S::Node>] {
        &self.way
    }

    /// From time to time the weather changes: each thing becomes more or less frequent, or does not happen for a while.
    fn weather(&mut self, mix: &Mix) -> Mix {
        if self.dice.once_in(EPOCH) || self.steps < 10 {
            let all = NodeSet::first(self.model.len());
            self.slow = all.iter().filter(|_| self.dice.once_in(5)).collect();
            self.slow_disks = all.iter().filter(|_| self.dice.once_in(5)).collect();
            self.factors = [(); 8].map(|()| [0, 1, 1, 4][self.dice.below(4)]);
        }
        let [timer, request, lose, duplicate, cut, heal, crash, restart] = self.factors;
        Mix {
            // The more is on its way the more arrives, or news would wait behind what nobody needs any more.
            deliver: mix.deliver * (4 + self.model.flights().len()) / 8,
            sync: mix.sync,
            timer: mix.timer * timer,
            request: mix.request * request,
            lose: mix.lose * lose,
            duplicate: mix.duplicate * duplicate,
            cut: mix.cut * cut,
            heal: mix.heal * heal,
            crash: mix.crash * crash,
            restart: mix.restart * restart,
        }
    }

    /// Does `steps` steps; the error names the broken invariant and the steps that led there.
    pub(crate) fn run(&mut self, mix: &Mix, steps: u64) -> Result<(), String> {
        let goal = self.steps + steps;
        while self.steps < goal {
            let mix = &self.weather(mix);
            let step = self.planned.pop().or_else(|| self.pick(mix));
            // Of timers that were to run out together one may have stopped another.
            if let Some(step) = step.filter(|step| self.still_runs(step)) {
                self.perform(&step)?;
                if let Some(group) = self.subject.strikes(&mut self.dice) {
                    self.plan_split(group, true);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn perform(&mut self, step: &Step<S::Node>) -> Result<(), String> {
        self.wait_for_timer(step);
        let most = if self.subject.keeps_time() { STEP_MAX_KEPT } else { STEP_MAX };
        self.now = Micros(self.now.0 + dice::below(self.steps, &[], most.0));
        let touched = self.model.touched(step);
        self.apply(step)?;
        // What a node learns from its own disk is never late.
        while let Some(word) = touched.and_then(|node| self.own_word(node)) {
            self.apply(&Step::Deliver(word))?;
        }
        Ok(())
    }

    /// The oldest message from a node to itself, if it can hear it.
    fn own_word(&self, node: NodeId) -> Option<FlightId> {
        let mut own = self.model.flights().iter().filter(|(_, e)| e.from == node && e.to == node);
        own.next().map(|(id, _)| id).filter(|_| self.model.host(node).status == Status::Up)
    }

    /// Does what can be done of `way`, each step at the moment that it had there if that is not over; the rest is skipped.
    pub(crate) fn replay(&mut self, way: &[Done<S::Node>]) -> Result<(), String> {
        for Done { at, step, about } in way {
            let Some(step) = self.renamed(step, about.as_ref()).filter(|step| self.can(step)) else { continue };
            self.wait_for_timer(&step);
            self.now = self.now.max(*at);
            self.apply(&step)?;
        }
        Ok(())
    }

    /// `step` about the message that says the same here, or else about the oldest of its kind on its link, for terms and
    /// indices change as steps are left out; none if there is none.
    fn renamed(&self, step: &Step<S::Node>, about: Option<&Envelope<MessageOf<S>>>) -> Option<Step<S::Node>> {
        let same = || {
            let about = about.expect("a step about a message");
            let kind = |envelope: &Envelope<MessageOf<S>>| (envelope.from, envelope.to, envelope.message.kind());
            let mut alike = self.model.flights().iter().filter(|(_, envelope)| kind(envelope) == kind(about));
            let oldest = alike.next()?;
            let equal = [oldest].into_iter().chain(alike).find(|(_, envelope)| *envelope == about);
            Some(equal.unwrap_or(oldest).0)
        };
        Some(match step {
            Step::Deliver(_) => Step::Deliver(same()?),
            Step::Lose(_) => Step::Lose(same()?),
            Step::Duplicate(_) => Step::Duplicate(same()?),
            other => other.clone(),
        })
    }

    /// Whether a step about nodes can be done as things stand.
    fn can(&self, step: &Step<S::Node>) -> bool {
        let status = |node: &NodeId| self.model.host(*node).status;
        match step {
            Step::Deliver(id) => status(&self.model.flights().get(*id).expect("on its way").to) == Status::Up,
            Step::Timer(node, _) => status(node) == Status::Up && self.still_runs(step),
            Step::Sync(node) => status(node) == Status::Up && self.model.host(*node).awaits_sync(),
            Step::Choose(node, picked) => status(node) == Status::Up && self.model.host(*node).choice.contains(*picked),
            Step::Request(node, ..) | Step::Pause(node) => status(node) == Status::Up,
            Step::Crash(node, _) => status(node) != Status::Crashed,
            Step::Restart(node) => status(node) == Status::Crashed,
            Step::Resume(node) => status(node) == Status::Paused,
            Step::Lose(_) | Step::Duplicate(_) | Step::Cut(..) | Step::Heal(..) => true,
        }
    }

    /// A timer runs out when enough time has passed.
    fn wait_for_timer(&mut self, step: &Step<S::Node>) {
        if let Step::Timer(node, timer) = step {
            self.wait_for(*node, self.due[&(*node, *timer)]);
        }
    }

    fn apply(&mut self, step: &Step<S::Node>) -> Result<(), String> {
        let touched = self.model.touched(step);
        let before = touched.map(|node| self.model.host(node).clone());
        let about = match step {
            Step::Deliver(id) | Step::Lose(id) | Step::Duplicate(id) => self.model.flights().get(*id).cloned(),
            _ => None,
        };
        let at = touched.map_or(Micros::ZERO, |node| self.clock(node));
        self.model.apply(step, Clocks { monotonic: at, wall: at }, &mut self.outcome);
        for (timer, delay) in &self.outcome.timers {
            if let (Some(node), Some(delay)) = (touched, delay) {
                self.due.insert((node, *timer), at + delay.min);
            }
        }
        self.steps += 1;
        self.way.push(Done { at: self.now, step: step.clone(), about });
        let seen = self.subject.see(step, before.as_deref(), &self.model, &self.outcome);
        seen.map_err(|broken| format!("{broken}\nthe latest steps:\n{}", told(&self.way)))
    }

    /// False for a timer that was stopped.
    fn still_runs(&self, step: &Step<S::Node>) -> bool {
        let Step::Timer(node, timer) = step else { return true };
        self.model.host(*node).timers.iter().any(|(running, _)| running == timer)
    }

    /// What a node reads off its clock.
    fn clock(&self, node: NodeId) -> Micros {
        Micros(self.now.0 + self.now.0 * self.subject.drift_ppm(node) / 1_000_000)
    }

    /// Lets time pass until the node's clock shows at least `due`.
    fn wait_for(&mut self, node: NodeId, due: Micros) {
        let left = due.since(self.clock(node));
        if left > Micros::ZERO {
            self.now = self.now + left;
        }
    }

    fn nodes(&self, status: Status) -> Vec<NodeId> {
        self.model.hosts().filter(|(_, host)| host.status == status).map(|(id, _)| id).collect()
    }

    /// Something that can happen next, by the mix; `None` if what came up cannot happen now.
    fn pick(&mut self, mix: &Mix) -> Option<Step<S::Node>> {
        let Mix { deliver, sync, timer, request, lose, duplicate, cut, heal, crash, restart } = *mix;
        let weights = [deliver, sync, timer, request, lose, duplicate, cut, heal, crash, restart];
        let mut throw = self.dice.below(weights.iter().sum());
        let kind = weights.iter().position(|weight| {
            let hit = throw < *weight;
            throw = throw.saturating_sub(*weight);
            hit
        })?;
        match kind {
            0 => self.pick_delivery(),
            1 => {
                let slow = self.slow_disks;
                self.pick_enabled(|step| match step {
                    Step::Sync(node) => !slow.contains(*node),
                    step => matches!(step, Step::Choose(..)),
                })
            }
            2 => self.plan_timers(),
            3 => {
                let node = self.pick_node()?;
                // Most requests go to where they have an effect.
                if !self.subject.targets(&self.model).contains(node) && !self.dice.once_in(4) {
                    return None;
                }
                self.requests += 1;
                let request = self.subject.request(self.requests, &mut self.dice);
                Some(Step::Request(node, RequestId(self.requests), request))
            }
            4 => self.pick_between_nodes().map(Step::Lose),
            5 => self.pick_between_nodes().map(Step::Duplicate),
            6 => self.plan_cuts(),
            7 => self.plan_heals(),
            8 => self.plan_crashes(),
            _ => {
                let down = self.nodes(Status::Crashed).into_iter().map(Step::Restart);
                let all: Vec<_> = down.chain(self.nodes(Status::Paused).into_iter().map(Step::Resume)).collect();
                self.dice.one_of(&all)
            }
        }
    }

    fn pick_enabled(&mut self, wanted: impl Fn(&Step<S::Node>) -> bool) -> Option<Step<S::Node>> {
        let steps: Vec<_> = self.model.enabled().into_iter().filter(wanted).collect();
        self.dice.one_of(&steps)
    }

    /// Mostly one of the oldest messages, so that work gets done; one in four may be any.
    fn pick_delivery(&mut self) -> Option<Step<S::Node>> {
        let slow = |from: NodeId, to: NodeId| from != to && (self.slow.contains(from) || self.slow.contains(to));
        let up = |to: NodeId| self.model.host(to).status == Status::Up;
        let ready: Vec<FlightId> = self
            .model
            .flights()
            .iter()
            .filter(|(_, envelope)| up(envelope.to) && !slow(envelope.from, envelope.to))
            .map(|(id, _)| id)
            .collect();
        let among = if self.dice.once_in(4) { ready.len() } else { ready.len().min(3) };
        self.dice.one_of(&ready[..among]).map(Step::Deliver)
    }

    fn pick_between_nodes(&mut self) -> Option<FlightId> {
        let between: Vec<FlightId> =
            self.model.flights().iter().filter(|(_, e)| e.from != e.to).map(|(id, _)| id).collect();
        self.dice.one_of(&between)
    }

    /// One timer; or all that run, as when several nodes miss their leader at once.
    fn plan_timers(&mut self) -> Option<Step<S::Node>> {
        let mut timers: Vec<_> =
            self.model.enabled().into_iter().filter(|step| matches!(step, Step::Timer(..))).collect();
        if self.subject.keeps_time() {
            let leaps = self.dice.once_in(LEAP);
            let left = |step: &Step<S::Node>| match step {
                Step::Timer(node, timer) => self.due[&(*node, *timer)].since(self.clock(*node)),
                _ => unreachable!("only timers were taken"),
            };
            // Nothing that is to come comes before what is due; if nothing is, time leaps to what comes next.
            let least = timers.iter().map(left).min().filter(|_| leaps).unwrap_or(Micros::ZERO);
            timers.retain(|step| left(step) <= least);
        }
        if !self.dice.once_in(3) {
            timers = self.dice.one_of(&timers).into_iter().collect();
        }
        for step in timers {
            let Step::Timer(_, timer) = step else { unreachable!("only timers were taken") };
            if self.subject.lets_fire(timer, &mut self.dice) {
                self.planned.push(step);
            }
        }
        self.planned.pop()
    }

    fn pick_node(&mut self) -> Option<NodeId> {
        let up = self.nodes(Status::Up);
        let targets = self.subject.targets(&self.model);
        let targets: Vec<NodeId> = up.iter().copied().filter(|node| targets.contains(*node)).collect();
        let among = if targets.is_empty() || self.dice.once_in(3) { up } else { targets };
        self.dice.one_of(&among)
    }

    /// One node, which may come back at once, or stands still for a while; or several, as when the power fails.
    fn plan_crashes(&mut self) -> Option<Step<S::Node>> {
        if self.dice.once_in(4) {
            return self.pick_node().map(Step::Pause);
        }
        let up = self.nodes(Status::Up);
        let nodes = if self.dice.once_in(3) {
            up.into_iter().filter(|_| self.dice.once_in(2)).collect()
        } else {
            Vec::from_iter(self.pick_node())
        };
        let reboot = self.dice.once_in(2);
        for node in nodes {
            let unsynced = self.model.host(node).unsynced.len();
            if reboot {
                self.planned.push(Step::Restart(node));
            }
            self.planned.push(Step::Crash(node, self.dice.below(unsynced + 1) as u32));
        }
        self.planned.pop()
    }

    /// One link in one direction, or a split into two groups.
    fn plan_cuts(&mut self) -> Option<Step<S::Node>> {
        let count = self.model.len();
        let (from, to) = (NodeId(self.dice.below(count) as u8), NodeId(self.dice.below(count) as u8));
        let group: NodeSet = match self.dice.below(4) {
            0 => return (from != to && !self.model.is_cut(from, to)).then_some(Step::Cut(from, to)),
            1 => NodeSet::first(count).iter().filter(|_| self.dice.once_in(2)).collect(),
            _ => self.pick_node().into_iter().chain(self.dice.once_in(2).then_some(to)).collect(),
        };
        self.plan_split(group, false);
        self.planned.pop()
    }

    /// The group and the others can't reach each other any more; what else was cut may heal.
    fn plan_split(&mut self, group: NodeSet, heals: bool) {
        let others = NodeSet::first(self.model.len()).difference(group);
        for one in group.iter() {
            for other in others.iter() {
                self.planned.extend([Step::Cut(one, other), Step::Cut(other, one)]);
            }
        }
        if heals {
            self.plan_all_heals();
        }
    }

    /// One link, or all.
    fn plan_heals(&mut self) -> Option<Step<S::Node>> {
        if self.dice.once_in(2) {
            return self.dice.one_of(&self.cut_links());
        }
        self.plan_all_heals();
        self.planned.pop()
    }

    fn plan_all_heals(&mut self) {
        self.planned.extend(self.cut_links());
    }

    /// What would heal each link that is cut.
    fn cut_links(&self) -> Vec<Step<S::Node>> {
        let cuts = self.model.cuts().iter().enumerate();
        cuts.flat_map(|(from, to)| to.iter().map(move |to| Step::Heal(NodeId(from as u8), to))).collect()
    }

    /// Everything heals and every node goes on.
    pub(crate) fn heal_all(&mut self) -> Result<(), String> {
        for from in 0..self.model.len() as u8 {
            for to in self.model.cuts()[usize::from(from)].iter() {
                self.perform(&Step::Heal(NodeId(from), to))?;
            }
        }
        for node in self.nodes(Status::Crashed) {
            self.perform(&Step::Restart(node))?;
        }
        for node in self.nodes(Status::Paused) {
            self.perform(&Step::Resume(node))?;
        }
        Ok(())
    }

    /// Lets everything arrive and reach the disks until all is quiet but for timers.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        for _ in 0..10_000 {
            let quiet = |step: &Step<S::Node>| matches!(step, Step::Timer(..));
            let enabled: Vec<_> = self.model.enabled().into_iter().filter(|step| !quiet(step)).collect();
            let choices = enabled.iter().filter(|step| matches!(step, Step::Choose(..))).cloned().collect::<Vec<_>>();
            let Some(step) = self.dice.one_of(&choices).or_else(|| enabled.first().cloned()) else { return Ok(()) };
            self.perform(&step)?;
        }
        Err("it never gets quiet".to_owned())
    }

    /// Lets all timers run out that run now.
    pub(crate) fn fire_all(&mut self) -> Result<(), String> {
        for step in self.model.enabled().into_iter().filter(|step| matches!(step, Step::Timer(..))) {
            self.perform(&step)?;
        }
        Ok(())
    }
}
