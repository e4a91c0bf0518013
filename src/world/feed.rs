//! The feed's worlds: replicas, and people with phones. One script can drive the consistent and the available one side by
//! side: both have the same participants under the same ids, the same traffic and the same weather.

use crate::sorted::SortedMap;
use std::fmt::Debug;

use super::watch::{Events, MarkKind, Newest};
use crate::check::staleness::{StaleRead, Staleness};
use crate::gossip;
use crate::history::{Operation, Outcome};
use crate::node::{Delay, Micros, NodeId, NodeSet, RequestId};
use crate::raft;
use crate::shared_vec::SharedVec;
use crate::sim::dice;
use crate::sim::model::Step;
use crate::sim::network::Travel;
use crate::sim::run::{Run, Seen, World};
use crate::sim::schedule::{Pace, Turns};
use crate::store::available_feed::AvailableFeed;
use crate::store::client::Client;
use crate::store::consistent_feed::{ConsistentFeed, ReplicaNote};
use crate::store::feed::{self, Participant, PostId, Refusal, Replica, Request, Response};

/// Who takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeedSetup {
    /// Replicas: 3 to 7 on the page, 1 to 9 at all.
    pub replicas: u8,
    /// People: 1 to 6.
    pub people: u8,
}

/// The people, in the order in which they join.
pub const PEOPLE: [&str; 6] = ["Ana", "Bo", "Chen", "Dara", "Eli", "Fay"];

impl FeedSetup {
    /// The most replicas that a world can have.
    pub const REPLICAS_MAX: u8 = 9;

    /// The replicas.
    pub fn servers(self) -> NodeSet {
        NodeSet::first(self.replicas.into())
    }

    /// The phones, in the order of [`PEOPLE`].
    pub fn phones(self) -> impl Iterator<Item = NodeId> + Clone {
        (self.replicas..self.replicas + self.people).map(NodeId)
    }

    /// Whose phone it is.
    pub fn person(self, phone: NodeId) -> &'static str {
        PEOPLE[usize::from(phone.0 - self.replicas)]
    }

    /// The name of any participant.
    pub fn name(self, node: NodeId) -> String {
        if self.servers().contains(node) { node.to_string() } else { self.person(node).to_owned() }
    }

    /// Where each phone starts: spread over the replicas, the first two on either side of the picture.
    fn home(self, person: u8) -> NodeId {
        NodeId(person * 2 % self.replicas)
    }

    /// What is wrong with it, if anything.
    pub fn check(self) -> Result<(), String> {
        if !(1..=Self::REPLICAS_MAX).contains(&self.replicas) {
            return Err(format!("{} replicas: 1 to {} are possible", self.replicas, Self::REPLICAS_MAX));
        }
        if !(1..=PEOPLE.len() as u8).contains(&self.people) {
            return Err(format!("{} people: 1 to {} are possible", self.people, PEOPLE.len()));
        }
        Ok(())
    }
}

/// How long a phone waits for an answer.
pub const PATIENCE: Micros = Micros::from_ms(400);
const BETWEEN_REPLICAS: Travel =
    Travel { base: Delay::between(Micros::from_ms(22), Micros::from_ms(32)), jitter: Micros::from_ms(6) };
const TO_A_PHONE: Travel = Travel { base: Delay::fixed(Micros::from_ms(1)), jitter: Micros::from_ms(1) };
const SYNC: Delay = Delay::between(Micros::from_ms(1), Micros::from_ms(3));
/// People take turns: with three of them, one does something every 60 ms. A message between replicas takes less, so that
/// with the network whole hardly any read is stale, and what a cut costs stands out.
const PERIOD: Micros = Micros::from_ms(180);
const TURN_JITTER: Micros = Micros::from_ms(12);

/// By then even an election with a split vote is over, so nobody is refused before the learner does anything.
const OPENING: Micros = Micros::from_ms(800);
/// How many of its own posts a phone shows after those that it read.
const OWN_POSTS_SHOWN: usize = 6;

/// What people say. Auto-traffic picks from these; a learner types.
const PHRASES: [&str; 24] = [
    "Lunch in Lisbon?",
    "Rain again",
    "Power is back!",
    "Anyone there?",
    "Train is late",
    "Found your keys",
    "Cake in the kitchen",
    "Who has the map?",
    "On my way",
    "Look at that moon",
    "Coffee at four?",
    "The cat came home",
    "Goal!",
    "Battery at 3 %",
    "Got tickets",
    "Call your mother",
    "Pizza or sushi?",
    "Door code changed",
    "Meeting moved",
    "Happy birthday!",
    "Bridge is closed",
    "Water is warm",
    "See you at six",
    "Nearly there",
];

/// What makes a feed consistent or available: the replica, and what is checked of it.
pub trait FeedKind: Clone + Debug {
    /// One replica.
    type Replica: Replica;
    /// What the checks of the protocol remember.
    type Ghost: Clone + Default + Debug;

    /// A replica that has not started.
    fn replica(id: NodeId, servers: NodeSet) -> Self::Replica;
    /// Whether a learner will want to read this.
    fn is_notable(note: &<Self::Replica as Replica>::Note) -> bool;
    /// Checks the protocol's invariants after a step; what breaks one is told once.
    fn check(ghost: &mut Self::Ghost, seen: &Seen<'_, Participant<Self::Replica>>) -> Result<(), Broken>;
    /// A post that this note says is in the feed for good.
    fn committed(note: &<Self::Replica as Replica>::Note) -> Option<PostId>;
    /// Whether this replica has that post.
    fn holds(replica: &Self::Replica, post: PostId) -> bool;
    /// Whether this note says that its server was elected.
    fn elected(note: &<Self::Replica as Replica>::Note) -> bool;
}

/// An invariant that does not hold, and what shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Its name.
    pub invariant: &'static str,
    /// The evidence.
    pub evidence: String,
}

/// Linearizable, on Raft: CP.
#[derive(Clone, Copy, Debug)]
pub struct Consistent;

impl FeedKind for Consistent {
    type Replica = ConsistentFeed;
    type Ghost = raft::invariant::Ghost<crate::store::consistent_feed::Command>;

    fn replica(id: NodeId, servers: NodeSet) -> ConsistentFeed {
        ConsistentFeed::new(raft::Config::new(id, servers))
    }

    fn is_notable(note: &ReplicaNote) -> bool {
        match note {
            // What goes well, the phones show.
            ReplicaNote::Raft(
                raft::Note::EntryAppended { .. }
                | raft::Note::AppendAccepted { .. }
                | raft::Note::CommitAdvanced { .. }
                | raft::Note::CommitLearned { .. }
                | raft::Note::RequestCommitted { .. },
            ) => false,
            ReplicaNote::Raft(note) => !note.is_routine(),
            ReplicaNote::Forwarded { .. } | ReplicaNote::Applied { .. } => false,
            ReplicaNote::RefusedWithoutLeader { .. }
            | ReplicaNote::AskedBefore { .. }
            | ReplicaNote::ForgotWhetherTaken { .. }
            | ReplicaNote::LostLeader { .. }
            | ReplicaNote::Superseded { .. } => true,
        }
    }

    fn check(ghost: &mut Self::Ghost, seen: &Seen<'_, Participant<ConsistentFeed>>) -> Result<(), Broken> {
        let raft = |slot: &Participant<ConsistentFeed>| slot.replica().is_some();
        let Some(node) = seen.outcome.node.filter(|node| raft(&seen.after.slot(*node).node)) else { return Ok(()) };
        let after = seen.after.slot(node).node.replica().expect("filtered").raft();
        let started = !matches!(seen.step, Step::Restart(_)) || seen.at > Micros::ZERO;
        let before = seen.before.filter(|_| started).and_then(|slot| slot.node.replica()).map(ConsistentFeed::raft);
        ghost
            .observe(node, before, after)
            .map_err(|violation| Broken { invariant: violation.invariant, evidence: violation.evidence })
    }

    fn committed(note: &ReplicaNote) -> Option<PostId> {
        match note {
            ReplicaNote::Applied { post, fresh: true, .. } => Some(*post),
            _ => None,
        }
    }

    fn holds(replica: &ConsistentFeed, post: PostId) -> bool {
        replica.has(post)
    }

    fn elected(note: &ReplicaNote) -> bool {
        matches!(note, ReplicaNote::Raft(raft::Note::BecameLeader { .. }))
    }
}

/// Eventually consistent, on gossip: AP.
#[derive(Clone, Copy, Debug)]
pub struct Available;

/// How long a replica waits between two exchanges with random peers.
const EXCHANGE: Delay = Delay::between(Micros::from_ms(180), Micros::from_ms(260));
/// How many posts one message of gossip holds at most.
const BATCH: u32 = 64;

impl FeedKind for Available {
    type Replica = AvailableFeed;
    type Ghost = ();

    fn replica(id: NodeId, servers: NodeSet) -> AvailableFeed {
        AvailableFeed::new(gossip::Config { id, peers: servers.without(id), every: EXCHANGE, batch: BATCH })
    }

    fn is_notable(note: &gossip::Note) -> bool {
        match note {
            gossip::Note::Learns { by_mail, .. } => !by_mail,
            gossip::Note::Starts { .. } | gossip::Note::Answers { .. } | gossip::Note::FindsGap { .. } => true,
            gossip::Note::Adds { .. }
            | gossip::Note::Stores { .. }
            | gossip::Note::SendsDigest { .. }
            | gossip::Note::HasNothingFor { .. }
            | gossip::Note::Asks { .. }
            | gossip::Note::KnowsAlready { .. } => false,
        }
    }

    fn check((): &mut (), _: &Seen<'_, Participant<AvailableFeed>>) -> Result<(), Broken> {
        Ok(())
    }

    fn committed(_: &gossip::Note) -> Option<PostId> {
        None
    }

    fn holds(replica: &AvailableFeed, post: PostId) -> bool {
        replica.has(post)
    }

    fn elected(_: &gossip::Note) -> bool {
        false
    }
}

/// A feed's world.
#[derive(Clone, Debug)]
pub struct FeedWorld<K> {
    /// Who takes part.
    pub setup: FeedSetup,
    kind: std::marker::PhantomData<K>,
}

impl<K: FeedKind> FeedWorld<K> {
    /// A world of this kind.
    pub fn new(setup: FeedSetup) -> Self {
        assert_eq!(setup.check(), Ok(()));
        Self { setup, kind: std::marker::PhantomData }
    }
}

/// The run of a feed's world.
pub type FeedRun<K> = Run<FeedWorld<K>>;
/// A participant of it.
pub type Member<K> = Participant<<K as FeedKind>::Replica>;

impl<K: FeedKind> Pace<Member<K>> for FeedWorld<K> {
    fn travel(&self, from: NodeId, to: NodeId) -> Travel {
        let servers = self.setup.servers();
        if servers.contains(from) && servers.contains(to) { BETWEEN_REPLICAS } else { TO_A_PHONE }
    }

    fn sync_time(&self) -> Delay {
        SYNC
    }

    fn opening(&self) -> Micros {
        OPENING
    }

    fn turns(&self, node: NodeId) -> Option<Turns> {
        let place = u64::from(node.0.checked_sub(self.setup.replicas)?);
        let offset = Micros(PERIOD.0 * place / u64::from(self.setup.people));
        Some(Turns { period: PERIOD, offset, jitter: TURN_JITTER })
    }

    fn traffic(&self, _: NodeId, state: &Member<K>, turn: u32, dice: u64) -> Option<Request> {
        let phone = state.client().expect("only phones have turns");
        if phone.waiting().is_some() {
            return None;
        }
        // Posts and reads take turns, so that no one is silent or blind for long.
        Some(if (turn + u32::from(phone.id().0)).is_multiple_of(2) {
            Request::Post(PHRASES[dice::below(dice, &[1], PHRASES.len() as u64) as usize].into())
        } else {
            Request::Read
        })
    }
}

/// Counts over the operations that ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Meters {
    /// Answered.
    pub done: u32,
    /// Refused.
    pub refused: u32,
    /// No answer in time.
    pub unknown: u32,
    /// Reads that were stale.
    pub stale: u32,
    /// By latency in ms, answered operations.
    latency: SharedVec<u32>,
}

impl Meters {
    /// Operations that ended.
    pub fn ended(&self) -> u32 {
        self.done + self.refused + self.unknown
    }

    fn count_latency(&mut self, latency: Micros) {
        let bucket = latency.as_ms() as usize;
        while self.latency.len() <= bucket {
            self.latency.push(0);
        }
        *self.latency.get_mut(bucket).expect("just made room") += 1;
    }

    /// The latency, rounded down to whole ms, that so many percent of the answered operations stayed within.
    pub fn percentile(&self, percent: u32) -> Option<Micros> {
        let rank = (u64::from(self.done) * u64::from(percent)).div_ceil(100).max(1);
        let mut sum = 0;
        let bucket = self.latency.iter().position(|count| {
            sum += u64::from(*count);
            sum >= rank
        });
        bucket.filter(|_| self.done > 0).map(|ms| Micros::from_ms(ms as u64))
    }
}

/// What only an observer of all clients and replicas can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Observation {
    /// A read missed posts that were confirmed.
    Stale {
        /// What it missed.
        stale: StaleRead,
        /// The replica that answered.
        replica: NodeId,
        /// The replicas that had the oldest post that it missed.
        holders: NodeSet,
    },
    /// A post that its phone had given up is in the feed for good.
    AfterAll {
        /// The post.
        post: PostId,
        /// When the phone had given it up.
        gave_up: Micros,
    },
}

/// An observation, its moment, and the phone that it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Observed {
    /// When.
    pub at: Micros,
    /// Whose.
    pub phone: NodeId,
    /// What.
    pub what: Observation,
}

/// What one phone shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Phone {
    /// Its latest operation but for moves and what it was too busy for.
    pub latest: Option<RequestId>,
    /// Its latest answered read.
    pub read: Option<RequestId>,
    /// The posts that it sent since that read was invoked, oldest first.
    pub own: Vec<RequestId>,
    /// A post of which nothing was known when the phone gave up, and which turned out to be in the feed since, and when.
    pub announced: Option<(Micros, RequestId)>,
}

/// All that is remembered of a feed's run.
#[derive(Clone, Debug)]
pub struct FeedWatch<K: FeedKind> {
    /// Marks, troubles, deaths, notes.
    pub events: Events<Member<K>>,
    /// The protocol's invariants.
    ghost: K::Ghost,
    /// What broke first, if anything did.
    pub broken: Option<(Micros, Broken)>,
    /// Counts.
    pub meters: Meters,
    /// Stale reads.
    pub staleness: Staleness,
    /// What nobody in the run can tell.
    pub observed: Newest<Observed>,
    /// By phone.
    pub phones: SortedMap<NodeId, Phone>,
    /// Posts whose fate their phones do not know.
    open: SortedMap<PostId, RequestId>,
}

impl<K: FeedKind> Default for FeedWatch<K> {
    fn default() -> Self {
        Self {
            events: Events::default(),
            ghost: K::Ghost::default(),
            broken: None,
            meters: Meters::default(),
            staleness: Staleness::default(),
            observed: Newest::default(),
            phones: SortedMap::new(),
            open: SortedMap::new(),
        }
    }
}

impl<K: FeedKind> World for FeedWorld<K> {
    type Node = Member<K>;
    type Watch = FeedWatch<K>;

    fn nodes(&self) -> Vec<Member<K>> {
        let servers = self.setup.servers();
        let replica = |id| Participant::Replica(K::replica(id, servers));
        let phone = |(person, id): (usize, NodeId)| {
            Participant::Client(Client::new(id, self.setup.home(person as u8), PATIENCE))
        };
        servers.iter().map(replica).chain(self.setup.phones().enumerate().map(phone)).collect()
    }

    /// Phones only lose patience: what they asked stays asked.
    fn can_crash(&self, node: NodeId) -> bool {
        self.setup.servers().contains(node)
    }

    fn watch(&self, watch: &mut FeedWatch<K>, seen: &Seen<'_, Member<K>>) {
        watch.events.watch(seen, self.setup.servers(), |note| match note {
            feed::Note::Replica(note) => K::is_notable(note),
            feed::Note::Asked { .. } => false,
            feed::Note::GaveUp { .. }
            | feed::Note::HeardLate { .. }
            | feed::Note::Attached { .. }
            | feed::Note::WasBusy => true,
        });
        if watch.broken.is_none()
            && let Err(broken) = K::check(&mut watch.ghost, seen)
        {
            watch.broken = Some((seen.at, broken));
            watch.events.mark(seen.at, MarkKind::Broken);
        }
        for note in &seen.outcome.notes {
            let feed::Note::Replica(note) = note else { continue };
            if K::elected(note) {
                watch.events.mark(seen.at, MarkKind::Elected(seen.outcome.node.expect("a note has a node")));
            }
            if let Some(post) = K::committed(note) {
                watch.on_committed(post, seen);
            }
        }
        if let Step::Request(phone, id, request) = seen.step {
            watch.on_request(*phone, *id, request, seen);
        }
        for (id, _) in &seen.outcome.replies {
            watch.on_reply(seen.history.get(*id).expect("what was answered was asked"), seen);
        }
    }
}

impl<K: FeedKind> FeedWatch<K> {
    fn on_request(&mut self, phone: NodeId, id: RequestId, request: &Request, seen: &Seen<'_, Member<K>>) {
        let state = seen.after.slot(phone).node.client().expect("only phones are asked");
        // Too busy, or a move.
        if state.waiting() != Some(id) {
            return;
        }
        let entry = self.phones.or_default(phone);
        entry.latest = Some(id);
        if matches!(request, Request::Post(_)) {
            if entry.own.len() == OWN_POSTS_SHOWN {
                entry.own.remove(0);
            }
            entry.own.push(id);
            self.open.insert(PostId { author: phone, number: state.posted() - 1 }, id);
        }
    }

    fn on_reply(&mut self, operation: &Operation<Request, Response, Refusal>, seen: &Seen<'_, Member<K>>) {
        let at = seen.at;
        let (id, phone) = (operation.id, operation.client);
        match &operation.outcome {
            Outcome::Pending => unreachable!("just answered"),
            Outcome::Done { response: Response::Attached, .. } | Outcome::Refused { refusal: Refusal::Busy, .. } => {}
            Outcome::Done { response, .. } => {
                self.meters.done += 1;
                self.meters.count_latency(at.since(operation.invoked));
                self.on_done(operation, response, seen);
            }
            Outcome::Refused { .. } => {
                self.meters.refused += 1;
                self.events.mark_once(at, MarkKind::Refused(phone));
                self.open.retain(|_, open| *open != id);
            }
            Outcome::Unknown { later: None, .. } => {
                self.meters.unknown += 1;
                self.events.mark_once(at, MarkKind::Unknown(phone));
            }
            Outcome::Unknown { later: Some(_), .. } => self.open.retain(|_, open| *open != id),
        }
    }

    fn on_done(
        &mut self,
        operation: &Operation<Request, Response, Refusal>,
        response: &Response,
        seen: &Seen<'_, Member<K>>,
    ) {
        let at = seen.at;
        let phone = self.phones.or_default(operation.client);
        match response {
            Response::Posted(post) => {
                self.open.remove(post);
                self.staleness.on_posted(*post, operation.invoked, at);
            }
            Response::Posts(posts) => {
                phone.read = Some(operation.id);
                phone.own.retain(|own| *own > operation.id);
                if let Some(stale) = self.staleness.on_read(operation.id, operation.invoked, posts) {
                    self.meters.stale += 1;
                    self.events.mark_once(at, MarkKind::Stale(operation.client));
                    let has = |node: &Member<K>| node.replica().is_some_and(|replica| K::holds(replica, stale.oldest));
                    let holders = seen.after.slots().filter(|(_, slot)| has(&slot.node)).map(|(id, _)| id).collect();
                    let replica = seen.after.slot(operation.client).node.client().expect("a phone read").replica();
                    let what = Observation::Stale { stale, replica, holders };
                    self.observed.push(Observed { at, phone: operation.client, what });
                }
            }
            Response::Attached => unreachable!("filtered by the caller"),
        }
    }

    /// A post is in the feed for good: if its phone had given it up, that is news.
    fn on_committed(&mut self, post: PostId, seen: &Seen<'_, Member<K>>) {
        let Some(id) = self.open.get(&post) else { return };
        let operation = seen.history.get(*id).expect("it was asked");
        if let Outcome::Unknown { at: gave_up, .. } = operation.outcome {
            let what = Observation::AfterAll { post, gave_up };
            self.observed.push(Observed { at: seen.at, phone: post.author, what });
            self.phones.or_default(post.author).announced = Some((seen.at, *id));
            self.open.remove(&post);
        }
    }
}
