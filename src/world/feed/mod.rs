//! The feed's worlds: replicas, and people with phones. One script can drive the consistent and the available one side by
//! side: both have the same participants under the same ids, the same traffic and the same weather.

mod watch;

pub use watch::{FeedWatch, LostPost, Meters, Observation, Observed, Phone};

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

/// Who takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
    const REPLICAS_MAX: u8 = 9;

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

    /// Where each phone starts: spread over the replicas that take part, the first two on either side of the picture.
    fn home(self, person: u8, spares: u8) -> NodeId {
        NodeId(person * 2 % (self.replicas - spares))
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
const PATIENCE: Micros = Micros::from_ms(400);
/// The same if it asks again meanwhile.
const PATIENCE_WITH_RETRIES: Micros = Micros::from_ms(1_200);
/// How it does. The longest answer of a healthy cluster takes about 170 ms.
const RETRIES: Retries = Retries { servers: 0, every: Micros::from_ms(200), after_refusal: Micros::from_ms(80) };
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
        let servers = self.setup.servers();
        let replica = |id| self.store.replica(id, servers);
        let phone = |(person, id): (usize, NodeId)| {
            let LogOptions { retries, spares, .. } = self.store.options();
            let retries = retries.then_some(Retries { servers: self.setup.replicas, ..RETRIES });
            let patience = if retries.is_some() { PATIENCE_WITH_RETRIES } else { PATIENCE };
            Participant::Client(Client::new(id, self.setup.home(person as u8, spares), patience, retries))
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
