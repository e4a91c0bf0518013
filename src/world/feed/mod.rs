//! The feed's worlds: replicas, and people with phones. One script can drive the consistent and the available one side by
//! side: both have the same participants under the same ids, the same traffic and the same weather.

mod differences;
mod geography;
mod watch;

pub use differences::{Difference, differences};
pub use geography::{Geography, Region};
pub use watch::{FeedWatch, LostPost, Meters, Observation, Observed, Overwritten, Phone};

use serde::{Deserialize, Serialize};

use super::watch::MarkKind;
use crate::check::staleness::StaleRead;
use crate::node::{Delay, Micros, NodeId, NodeSet, Violation};
use crate::sim::dice;
use crate::sim::model::Step;
use crate::sim::network::Travel;
use crate::sim::run::{Run, Seen, World};
use crate::sim::schedule::{Pace, Turns};
use crate::store::Store;
use crate::store::client::{Client, Retries};
use crate::store::feed::Request;
use crate::store::on_log::LogOptions;
use crate::store::participant::{Note, Participant};

/// Who takes part, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeedSetup {
    /// Replicas: 3 to 7 on the page, 1 to 9 at all; in three regions at least 3.
    pub replicas: u8,
    /// People: 1 to 6.
    pub people: u8,
    /// Where they are.
    pub geography: Geography,
}

/// The people, in the order in which they join.
pub const PEOPLE: [&str; 6] = ["Ana", "Bo", "Chen", "Dara", "Eli", "Fay"];

impl FeedSetup {
    /// The most replicas that a world can have.
    const REPLICAS_MAX: u8 = 9;

    /// So many replicas and people at one site.
    pub const fn at_one_site(replicas: u8, people: u8) -> Self {
        Self { replicas, people, geography: Geography::OneSite }
    }

    /// The same participants in three regions: see [`Geography::ThreeRegions`].
    pub const fn in_three_regions(self, jitter_ms: u16) -> Self {
        Self { geography: Geography::ThreeRegions { jitter_ms }, ..self }
    }

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

    /// The region of a participant, if there are regions.
    pub fn region(self, node: NodeId) -> Option<Region> {
        let place = node.0.checked_sub(self.replicas).unwrap_or(node.0);
        (self.geography != Geography::OneSite).then(|| Region::in_turn(place))
    }

    /// The regions with their replicas, if there are regions.
    pub fn regions(self) -> impl Iterator<Item = (Region, NodeSet)> {
        let all = Region::ALL.into_iter().filter(move |_| self.geography != Geography::OneSite);
        all.map(move |region| (region, region.among(self.replicas)))
    }

    /// Where each phone starts, among the replicas that take part. At one site they are spread, the first two on either side of the
    /// picture; in regions each person talks to a replica of the own one, if that has any.
    fn home(self, person: u8, spares: u8) -> NodeId {
        let taking_part = self.replicas - spares;
        let near = self.region(NodeId(self.replicas + person)).map(|region| region.among(taking_part));
        match near.filter(|near| !near.is_empty()) {
            Some(near) => near.iter().nth(usize::from(person / 3) % near.len()).expect("below the length"),
            None => NodeId(person * 2 % taking_part),
        }
    }

    /// What is wrong with it, if anything.
    pub fn check(self) -> Result<(), String> {
        if !(1..=Self::REPLICAS_MAX).contains(&self.replicas) {
            return Err(format!("{} replicas: 1 to {} are possible", self.replicas, Self::REPLICAS_MAX));
        }
        if !(1..=PEOPLE.len() as u8).contains(&self.people) {
            return Err(format!("{} people: 1 to {} are possible", self.people, PEOPLE.len()));
        }
        self.geography.check(self.replicas)
    }
}

/// How long a phone waits for an answer.
const PATIENCE: Micros = Micros::from_ms(400);
/// The same if it asks again meanwhile.
const PATIENCE_WITH_RETRIES: Micros = Micros::from_ms(1_200);
/// How it does. The longest answer of a healthy cluster takes about 170 ms.
const RETRIES: Retries = Retries { servers: 0, every: Micros::from_ms(200), after_refusal: Micros::from_ms(80) };
const BETWEEN_REPLICAS: Travel =
    Travel { base: Delay::between(Micros::from_ms(22), Micros::from_ms(32)), jitter: Micros::from_ms(6) };
const TO_A_PHONE: Travel = Travel { base: Delay::fixed(Micros::from_ms(1)), jitter: Micros::from_ms(1) };
const SYNC: Delay = Delay::between(Micros::from_ms(1), Micros::from_ms(3));
/// In three regions a disk is as fast as the usual one is on average, always: what varies there is the network.
const SYNC_IN_REGIONS: Micros = Micros::from_ms(2);
/// People take turns: with three of them, one does something every 60 ms. A message between replicas takes less, so that
/// with the network whole hardly any read is stale, and what a cut costs stands out.
const PERIOD: Micros = Micros::from_ms(180);
const TURN_JITTER: Micros = Micros::from_ms(12);

/// By then even an election with a split vote is over, so nobody is refused before the learner does anything.
const OPENING: Micros = Micros::from_ms(800);

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

/// A feed's world.
#[derive(Clone, Copy, Debug)]
pub struct FeedWorld {
    /// Who takes part.
    pub setup: FeedSetup,
    /// What the replicas run on.
    pub store: Store,
}

impl FeedWorld {
    /// A world of this setup, which must have passed [`FeedSetup::check`].
    pub fn new(setup: FeedSetup, store: Store) -> Self {
        assert_eq!(setup.check(), Ok(()));
        Self { setup, store }
    }
}

/// The run of a feed's world.
pub type FeedRun = Run<FeedWorld>;

impl Pace<Participant> for FeedWorld {
    fn travel(&self, from: NodeId, to: NodeId) -> Travel {
        if let Geography::ThreeRegions { jitter_ms } = self.setup.geography
            && let (Some(from), Some(to)) = (self.setup.region(from), self.setup.region(to))
        {
            return Geography::travel(from, to, jitter_ms);
        }
        let servers = self.setup.servers();
        if servers.contains(from) && servers.contains(to) { BETWEEN_REPLICAS } else { TO_A_PHONE }
    }

    fn sync_time(&self) -> Delay {
        match self.setup.geography {
            Geography::OneSite => SYNC,
            Geography::ThreeRegions { .. } => Delay::fixed(SYNC_IN_REGIONS),
        }
    }

    fn opening(&self) -> Micros {
        OPENING
    }

    fn turns(&self, node: NodeId) -> Option<Turns> {
        let place = u64::from(node.0.checked_sub(self.setup.replicas)?);
        let offset = Micros(PERIOD.0 * place / u64::from(self.setup.people));
        Some(Turns { period: PERIOD, offset, jitter: TURN_JITTER })
    }

    fn traffic(&self, _: NodeId, state: &Participant, turn: u32, dice: u64) -> Option<Request> {
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

impl World for FeedWorld {
    type Node = Participant;
    type Watch = FeedWatch;

    fn nodes(&self) -> Vec<Participant> {
        let (servers, stretch) = (self.setup.servers(), self.setup.geography.stretch());
        let replica = |id| self.store.replica(id, servers, stretch);
        let again = Retries {
            servers: self.setup.replicas,
            every: RETRIES.every.times(stretch),
            after_refusal: RETRIES.after_refusal.times(stretch),
        };
        let phone = |(person, id): (usize, NodeId)| {
            let LogOptions { retries, spares, .. } = self.store.options();
            let patience = if retries { PATIENCE_WITH_RETRIES } else { PATIENCE }.times(stretch);
            let retries = retries.then_some(again);
            let home = self.setup.home(person as u8, spares);
            Participant::Client(Box::new(Client::new(id, home, patience, retries)))
        };
        servers.iter().map(replica).chain(self.setup.phones().enumerate().map(phone)).collect()
    }

    /// Phones only lose patience: what they asked stays asked.
    fn can_crash(&self, node: NodeId) -> bool {
        self.setup.servers().contains(node)
    }

    fn watch(&self, watch: &mut FeedWatch, seen: &Seen<'_, Participant>) {
        watch.events.watch(seen, self.setup.servers(), Note::is_notable);
        let ghost = watch.ghost.get_or_insert_with(|| self.store.ghost());
        if watch.broken.is_none()
            && let Err(violation) = ghost.observe(seen)
        {
            watch.on_broken(seen.at, violation);
        }
        watch.on_discarded(self.store, seen);
        for note in &seen.outcome.notes {
            if note.is_election() {
                watch.events.mark(seen.at, MarkKind::Elected(seen.outcome.node.expect("a note has a node")));
            }
            // Where a later write is seen by all that begin after it, it takes the place of an older one, as in any register.
            if let Note::Conflict(note) = note
                && !self.store.is_linearizable()
            {
                watch.on_dropped(note, seen);
            }
            if let Some(post) = note.committed() {
                watch.on_committed(post, seen);
            }
        }
        if let Step::Request(phone, id, request) = seen.step {
            watch.on_request(*phone, *id, request, seen);
        }
        for (id, _) in &seen.outcome.replies {
            watch.on_reply(seen.history.get(*id).expect("what was answered was asked"), seen);
        }
        if let (None, Some(invariant), Some(stale)) =
            (&watch.broken, self.store.linearizable_reads(), watch.staleness.stale().last())
        {
            let violation = self.stale_read(invariant, *stale, seen);
            watch.on_broken(seen.at, violation);
        }
    }
}

impl FeedWorld {
    /// What a stale read breaks where none may be.
    fn stale_read(&self, invariant: &'static str, stale: StaleRead, seen: &Seen<'_, Participant>) -> Violation {
        let reader = seen.history.get(stale.read).expect("a read of this run").client;
        let (reader, author) = (self.setup.name(reader), self.setup.name(stale.oldest.author));
        let evidence = format!(
            "{reader} read, and {author}'s post was missing, although it had been confirmed for {} ms when the read began",
            stale.behind.as_ms()
        );
        Violation { invariant, evidence }
    }
}
