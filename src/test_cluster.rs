//! What the tests of the protocols share: servers driven by hand, message by message, with every event checked against the
//! invariants; dice for schedules; names for the kinds of notes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::node::{Answer, Clocks, Disk, Effect, Effects, Micros, Node, NodeId, NodeSet, RequestId, Violation};

/// A protocol whose invariants somebody watches.
pub(crate) trait Watched: Node {
    /// What the observer remembers.
    type Ghost: Default;

    /// Judges an event at `id`, which was `before` until then, or the sync after it. `left`: what it sent.
    fn watch(
        ghost: &mut Self::Ghost,
        id: NodeId,
        before: Before<'_, Self>,
        after: &Self,
        left: &[Self::Message],
    ) -> Result<(), Violation>;

    /// A client asks.
    fn asked(ghost: &mut Self::Ghost, id: NodeId, request: RequestId, what: &Self::Request);

    /// Judges an answer.
    fn answered(
        ghost: &mut Self::Ghost,
        id: NodeId,
        request: RequestId,
        answer: &AnswerOf<Self>,
    ) -> Result<(), Violation>;

    /// What the disk holds once all that was written is synced; none if a flaw keeps something from it.
    fn durable(&self) -> Option<&Self::Disk>;
}

/// What a server was.
#[derive(Clone, Copy)]
pub(crate) enum Before<'a, N> {
    /// Until the event.
    Event(&'a N),
    /// Until the crash from which it starts again; or nothing yet.
    Restart(&'a N),
}

/// What a server of `N` tells its clients.
type AnswerOf<N> = Answer<<N as Node>::Response, <N as Node>::Refusal>;

/// What waits for a disk.
#[derive(Clone, Debug)]
pub(crate) enum Unsynced<N: Node> {
    Write(<N::Disk as Disk>::Delta),
    Send(NodeId, N::Message),
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(crate) struct InFlight<M> {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: M,
}

/// Servers, their disks and a network that delivers what the test says.
pub(crate) struct Cluster<N: Watched> {
    pub(crate) servers: Vec<N>,
    pub(crate) disks: Vec<N::Disk>,
    pub(crate) unsynced: Vec<VecDeque<Unsynced<N>>>,
    pub(crate) up: NodeSet,
    pub(crate) timers: BTreeSet<(NodeId, N::Timer)>,
    /// When each of them runs out at the earliest.
    pub(crate) due: BTreeMap<(NodeId, N::Timer), Micros>,
    /// What each server offered to choice and was not told yet.
    pub(crate) choices: BTreeMap<NodeId, NodeSet>,
    pub(crate) network: Vec<InFlight<N::Message>>,
    pub(crate) replies: Vec<(RequestId, AnswerOf<N>)>,
    pub(crate) notes: Vec<(NodeId, N::Note)>,
    pub(crate) ghost: N::Ghost,
    pub(crate) violation: Option<Violation>,
    /// Whether a disk syncs right after every event.
    pub(crate) syncs: bool,
    /// What every clock shows.
    pub(crate) now: Micros,
    /// How many requests were given a name.
    pub(crate) requests: u32,
    /// What must hold after every event, beside the invariants.
    pub(crate) holds: fn(&Self),
}

impl<N: Watched> Cluster<N> {
    /// These servers, each started from its disk.
    pub(crate) fn start(servers: impl Iterator<Item = N>, disks: &[N::Disk]) -> Self {
        let mut cluster = Self {
            servers: servers.collect(),
            disks: disks.to_vec(),
            unsynced: disks.iter().map(|_| VecDeque::new()).collect(),
            up: NodeSet::EMPTY,
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
            choices: BTreeMap::new(),
            network: Vec::new(),
            replies: Vec::new(),
            notes: Vec::new(),
            ghost: N::Ghost::default(),
            violation: None,
            syncs: true,
            now: Micros::ZERO,
            requests: 0,
            holds: |_| {},
        };
        for id in NodeSet::first(disks.len()).iter() {
            cluster.restart(id);
        }
        cluster
    }

    pub(crate) fn server(&self, id: NodeId) -> &N {
        &self.servers[id.index()]
    }

    /// Lets one event happen at `id`, looks at it, and does what the server wants done.
    pub(crate) fn event(&mut self, id: NodeId, event: impl FnOnce(&mut N, &mut Effects<N>)) {
        let before = self.server(id).clone();
        self.event_after(id, Before::Event(&before), event);
    }

    fn event_after(&mut self, id: NodeId, before: Before<'_, N>, event: impl FnOnce(&mut N, &mut Effects<N>)) {
        let mut out = Effects::default();
        event(&mut self.servers[id.index()], &mut out);
        let (mut left, mut answers) = (Vec::new(), Vec::new());
        for effect in out.drain() {
            let unsynced = &mut self.unsynced[id.index()];
            match effect {
                Effect::Send { to, message, after_sync: true } if !unsynced.is_empty() => {
                    unsynced.push_back(Unsynced::Send(to, message));
                }
                Effect::Send { to, message, .. } => left.push((to, message)),
                Effect::SetTimer(timer, delay) => {
                    self.timers.insert((id, timer));
                    self.due.insert((id, timer), self.now + delay.min);
                }
                Effect::CancelTimer(timer) => drop(self.timers.remove(&(id, timer))),
                Effect::Choose(among) => {
                    assert!(self.choices.insert(id, among).is_none(), "a choice is open already");
                }
                Effect::Write(delta) => unsynced.push_back(Unsynced::Write(delta)),
                Effect::Reply(request, answer) => answers.push((request, answer)),
                Effect::Note(note) => self.notes.push((id, note)),
            }
        }
        let to_itself = self.leave(id, before, left);
        for (request, answer) in answers {
            let judged = N::answered(&mut self.ghost, id, request, &answer);
            self.blame(judged);
            self.replies.push((request, answer));
        }
        (self.holds)(self);
        self.hear(id, to_itself);
        if self.syncs {
            self.sync(id);
        }
    }

    /// Messages leave `id`, and the observer looks. Returns those to itself, which nothing delays.
    fn leave(&mut self, id: NodeId, before: Before<'_, N>, left: Vec<(NodeId, N::Message)>) -> Vec<N::Message> {
        let messages: Vec<_> = left.iter().map(|(_, message)| message.clone()).collect();
        let judged = N::watch(&mut self.ghost, id, before, &self.servers[id.index()], &messages);
        self.blame(judged);
        let (own, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|(to, _)| *to == id);
        self.network.extend(others.into_iter().map(|(to, message)| InFlight { from: id, to, message }));
        own.into_iter().map(|(_, message)| message).collect()
    }

    fn hear(&mut self, id: NodeId, messages: Vec<N::Message>) {
        for message in messages {
            self.tell(id, id, message);
        }
    }

    fn blame(&mut self, judged: Result<(), Violation>) {
        if let Err(violation) = judged {
            self.violation.get_or_insert(violation);
        }
    }

    /// The disk of `id` has written all; what waited for that leaves.
    pub(crate) fn sync(&mut self, id: NodeId) {
        let mut left = Vec::new();
        for waiting in std::mem::take(&mut self.unsynced[id.index()]) {
            match waiting {
                Unsynced::Write(delta) => self.disks[id.index()].apply(&delta),
                Unsynced::Send(to, message) => left.push((to, message)),
            }
        }
        if !left.is_empty() {
            let server = self.server(id).clone();
            let to_itself = self.leave(id, Before::Event(&server), left);
            self.hear(id, to_itself);
        }
        if self.syncs {
            let server = self.server(id).durable();
            assert!(server.is_none_or(|state| *state == self.disks[id.index()]), "memory and disk of {id} differ");
        }
    }

    /// All clocks.
    pub(crate) fn clocks(&self) -> Clocks {
        Clocks { monotonic: self.now, wall: self.now }
    }

    /// Time passes and nothing happens.
    pub(crate) fn wait(&mut self, ms: u64) {
        self.now = self.now + Micros::from_ms(ms);
    }

    /// A timer runs out; if it is too early for that, time passes first.
    pub(crate) fn fire(&mut self, id: NodeId, timer: N::Timer) {
        assert!(self.timers.remove(&(id, timer)), "{timer:?} does not run at {id}");
        self.now = self.now.max(self.due[&(id, timer)]);
        let at = self.clocks();
        self.event(id, |server, out| server.on_timer(timer, at, out));
    }

    /// The runner picks one of those among whom `id` chose.
    pub(crate) fn choose(&mut self, id: NodeId, picked: NodeId) {
        let among = self.choices.remove(&id).expect("a choice is open");
        assert!(among.contains(picked), "{picked} was not offered");
        let at = self.clocks();
        self.event(id, |server, out| server.on_choice(picked, at, out));
    }

    /// A client asks `id`.
    pub(crate) fn ask_as(&mut self, id: NodeId, request: RequestId, what: N::Request) {
        let at = self.clocks();
        N::asked(&mut self.ghost, id, request, &what);
        self.event(id, |server, out| server.on_request(request, what, at, out));
    }

    /// A message as if from the network.
    pub(crate) fn tell(&mut self, from: NodeId, to: NodeId, message: N::Message) {
        let at = self.clocks();
        if self.up.contains(to) {
            self.event(to, |server, out| server.on_message(from, message, at, out));
        }
    }

    /// Takes out of the network what is wanted, oldest first.
    pub(crate) fn take(&mut self, wanted: impl Fn(&InFlight<N::Message>) -> bool) -> Vec<InFlight<N::Message>> {
        let (taken, rest) = std::mem::take(&mut self.network).into_iter().partition(|flying| wanted(flying));
        self.network = rest;
        taken
    }

    /// Delivers what is under way from `from` to `to`, but none of the answers.
    pub(crate) fn deliver(&mut self, from: NodeId, to: NodeId) {
        for flying in self.take(|flying| flying.from == from && flying.to == to) {
            self.tell(flying.from, flying.to, flying.message);
        }
    }

    /// Delivers between the servers of `group` until they are silent; all other messages are lost.
    pub(crate) fn settle(&mut self, group: NodeSet) {
        for _ in 0..1_000 {
            let next = self.take(|flying| group.contains(flying.from) && group.contains(flying.to));
            self.network.clear();
            if next.is_empty() {
                return;
            }
            for flying in next {
                self.tell(flying.from, flying.to, flying.message);
            }
        }
        panic!("they never fall silent");
    }

    /// A crash: of what is not synced, the oldest `kept` writes reach the disk.
    pub(crate) fn crash(&mut self, id: NodeId, kept: usize) {
        let writes = std::mem::take(&mut self.unsynced[id.index()]).into_iter().filter_map(|waiting| match waiting {
            Unsynced::Write(delta) => Some(delta),
            Unsynced::Send(..) => None,
        });
        for delta in writes.take(kept) {
            self.disks[id.index()].apply(&delta);
        }
        self.up.remove(id);
        self.timers.retain(|(node, _)| *node != id);
        self.choices.remove(&id);
    }

    pub(crate) fn restart(&mut self, id: NodeId) {
        assert!(self.up.insert(id), "{id} is up already");
        let (disk, at, before) = (self.disks[id.index()].clone(), self.clocks(), self.server(id).clone());
        self.event_after(id, Before::Restart(&before), |server, out| server.on_restart(&disk, at, out));
    }

    /// The notes of `id`, which are forgotten.
    pub(crate) fn notes_of(&mut self, id: NodeId) -> Vec<N::Note> {
        let (own, others) = std::mem::take(&mut self.notes).into_iter().partition(|(node, _)| *node == id);
        self.notes = others;
        let own: Vec<(NodeId, N::Note)> = own;
        own.into_iter().map(|(_, note)| note).collect()
    }

    pub(crate) fn assert_safe(&self) {
        assert_eq!(self.violation, None);
    }
}

impl<N: Watched> Drop for Cluster<N> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_safe();
        }
    }
}

/// A small generator (Knuth's MMIX), so that a seed is a schedule on every machine.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % bound as u64) as usize
    }
}

/// `KINDS`, and `kind`, which gives each note one of them: the exhaustive match and the list in one, so that a variant
/// without a line does not compile and a test can tell which line never happened.
macro_rules! kinds_of_notes {
    ($($name:literal: $pattern:pat,)*) => {
        const KINDS: &[&str] = &[$($name),*];

        fn kind(note: &Note) -> &'static str {
            match note {
                $($pattern => $name,)*
            }
        }
    };
}

pub(crate) use kinds_of_notes;
