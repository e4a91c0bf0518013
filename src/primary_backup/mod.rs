//! Primary and backup with failover by timeout, and without a quorum: how many databases were replicated, and some still are.
//!
//! After Peter Alsberg and John Day, *A Principle for Resilient Sharing of Distributed Resources*, ICSE 1976. Views are those
//! of Brian Oki and Barbara Liskov, *Viewstamped Replication*, PODC 1988, without the majority that makes theirs safe.
//!
//! **The task.** One server, the *primary*, puts all commands into an order and answers the clients. All others, its
//! *backups*, store the same log, so that one of them can go on when the primary fails. A client may ask any server (Alsberg
//! & Day): a backup passes the question to the primary.
//!
//! **Views.** Time is cut into [`View`]s, numbered upwards. The number says who leads: view 1 belongs to n1, view 2 to n2, and
//! after the last server it is n1's turn again. So there is one primary in a view, by construction. Every message carries its
//! sender's view. Who sees a higher one adopts it and follows its primary.
//!
//! **Failover by timeout.** The primary sends heartbeats. A backup that hears none for a while takes over: it moves to the next
//! view that is its own and tells everybody. It asks nobody. The next server in line waits for the shortest time, so that two
//! backups seldom take over at once ([`Config::failover`]).
//!
//! A timeout can't tell a crashed primary from one that can't be reached. Where messages may be late without bound, nothing can
//! (Chandra & Toueg 1996). Budhiraja, Marzullo, Schneider and Toueg, *The Primary-Backup Approach* (1993), prove primary and
//! backup correct for links that bound every delay and lose nothing that matters. A network that can part is no such network.
//!
//! **Split brain.** Links are cut between two groups of servers. The primary goes on in its group. In the other one a backup takes
//! over. Now two servers believe that they lead, each in a view of its own, and both confirm what their clients ask. Neither
//! can know of the other. Raft and Multi-Paxos exclude this by a majority: two majorities share a server.
//!
//! **After the heal** the higher view wins. The old primary hears of it, becomes a backup, and makes its log the new primary's:
//! it *discards* all that the other one does not have. What it had confirmed meanwhile is lost, whichever side had more.
//! A higher view is a later takeover and says nothing about who has the better log.
//!
//! This happened to GitHub on 21 October 2018. A cut of 43 seconds between two sites made the failover promote databases at the
//! other one. Both sides had writes that the other lacked. Their service was degraded for 24 hours and 11 minutes ("October 21
//! post-incident analysis", GitHub's blog, 30 October 2018).
//!
//! **When a command is confirmed.** By itself the primary confirms what is on its own disk: replication is *asynchronous*. A crash
//! is then enough to lose a confirmed command: one that no backup had received (Gray, Helland, O'Neil & Shasha 1996, "lazy
//! master"). With [`Setup::one_backup`] it waits for one backup that has stored it, so that two servers have to fail
//! (Alsberg & Day's two-host resiliency; MySQL's semisynchronous replication). That helps against a crash. Against split
//! brain it helps only if one side has a single server.
//!
//! **Reads** are answered by the primary from what it has confirmed. It asks nobody whether it still leads. A primary that was
//! replaced therefore reads old data, and does not know it.
//!
//! **The disk.** View and log are durable before any message leaves that relies on them. A server that restarts is a backup,
//! also if it led before: it waits to hear of a primary, and takes over if it hears of none.
//!
//! **Clients.** Who is not the primary refuses. A primary that is replaced can't know what becomes of the commands that it has
//! not confirmed: the new one may have them or not. It says so.
//!
//! **What is promised.** A view has one primary and one history, views only grow, and a primary confirms only what it has stored:
//! [`invariant::INVARIANTS`]. That a confirmed command stays is not among them.
//!
//! **Left out:** changes of who takes part; compaction; witnesses, leases and fencing (a primary that stops by itself when its
//! lease is over would exclude split brain as far as clocks can be trusted); any merging of the two histories.

mod flaw;
pub mod invariant;
mod log;
mod message;
mod note;
mod role;
mod setup;
#[cfg(test)]
pub(crate) mod tests;

pub use flaw::Flaw;
pub use log::{Delta, Durable, Entry, View};
pub use message::Message;
pub use note::Note;
pub use role::Role;
pub use setup::{SWITCHES, Setup, Switch};

use serde::Serialize;

use crate::node::{
    Answer, Clocks, Command, Count, Delay, Disk, Effects, Kind, Micros, Node, NodeId, NodeSet, RequestId,
};
use role::{Primary, Progress};

/// How often a primary tells its backups that it is there.
const HEARTBEAT: Delay = Delay::fixed(Micros::from_ms(40));
/// How long the next in line waits for a heartbeat: five of them.
const FAILOVER: Micros = Micros::from_ms(200);
/// How much longer each one after it waits: more than a message takes, so that news of a takeover comes first.
const IN_LINE: Micros = Micros::from_ms(60);
/// By how much timeouts vary.
const SPREAD: Micros = Micros::from_ms(20);
/// How many entries one message holds at most.
const BATCH: usize = 64;

/// Who takes part, and how. The same at all servers but for `id`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// This server.
    pub id: NodeId,
    /// How many servers there are, from 1; they are the first so many participants.
    pub servers: u8,
    /// How many times as long as usual heartbeats and timeouts are, from 1.
    pub stretch: u32,
    /// Its switches and its flaw.
    pub setup: Setup,
}

impl Config {
    /// All servers.
    pub fn all(self) -> NodeSet {
        NodeSet::first(self.servers.into())
    }

    /// All others.
    pub fn backups(self) -> NodeSet {
        self.all().without(self.id)
    }

    /// How many servers come between the primary of `view` and this one, in the order in which they take over; from 1.
    fn place_in_line(self, view: View) -> u64 {
        let servers = u64::from(self.servers);
        let place = (u64::from(self.id.0) + servers - u64::from(view.primary(self.servers).0)) % servers;
        if place == 0 { servers } else { place }
    }

    /// How long this server waits for word from the primary of `view` before it takes over.
    pub fn failover(self, view: View) -> Delay {
        let least = Micros(FAILOVER.0 + IN_LINE.0 * (self.place_in_line(view) - 1));
        Delay::between(least, least + SPREAD).times(self.stretch)
    }

    /// How many servers have to have stored a command before it is confirmed, the primary among them.
    pub fn copies(self) -> u8 {
        if self.setup.one_backup { self.servers.min(2) } else { 1 }
    }
}

/// A timer of a server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Timer {
    /// A backup has heard nothing from its primary for too long.
    Failover,
    /// A primary's next heartbeat is due.
    Heartbeat,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Failover => "Failover",
            Self::Heartbeat => "Heartbeat",
        }
    }
}

/// What a client may ask.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Request<C> {
    /// Put this command into the log.
    Propose(C),
    /// Say up to where the log has to be carried out for a read.
    Read,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// The command is confirmed.
    Confirmed {
        /// Where it stands.
        index: u64,
        /// Whose primary confirmed it.
        view: View,
    },
    /// The read may be answered once this was carried out.
    ReadAt {
        /// An index of the log; 0 before the first entry.
        index: u64,
    },
}

/// Why nothing was done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// This server is not the primary, as far as it knows.
    NotPrimary {
        /// Its view.
        view: View,
    },
}

type Out<C> = Effects<PrimaryBackup<C>>;

/// One server.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PrimaryBackup<C: Command> {
    config: Config,
    /// View and log as they will be on disk after the next sync.
    state: Durable<C>,
    /// So many entries are decided as far as this server knows.
    decided: u64,
    /// Decided entries from this index on were discarded, and nobody has asked about that yet.
    rewound: Option<u64>,
    /// When it last heard from its primary, by its own monotonic clock.
    heard: Micros,
    role: Role,
}

impl<C: Command> PrimaryBackup<C> {
    /// A server that has never run.
    pub fn new(config: Config) -> Self {
        assert!(config.id.0 < config.servers, "one of the servers");
        Self {
            config,
            state: Durable::default(),
            decided: 0,
            rewound: None,
            heard: Micros::ZERO,
            role: Role::Backup { heard: false },
        }
    }

    /// Who it is.
    pub fn config(&self) -> Config {
        self.config
    }

    /// Its view.
    pub fn view(&self) -> View {
        self.state.view
    }

    /// Its view and its log, what it would lose in a crash now included.
    pub fn state(&self) -> &Durable<C> {
        &self.state
    }

    /// What it is.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// Whether it believes that it leads.
    pub fn leads(&self) -> bool {
        matches!(self.role, Role::Primary(_))
    }

    /// Who leads, as far as it knows: itself, or the primary of its view. None before it heard of one.
    pub fn primary(&self) -> Option<NodeId> {
        let primary = self.state.view.primary(self.config.servers);
        match self.role {
            Role::Primary(_) => Some(self.config.id),
            Role::Backup { heard } => Some(primary).filter(|primary| heard && *primary != self.config.id),
        }
    }

    /// How many entries are decided, as far as it knows: what its primary confirmed, or what a backup has.
    pub fn decided(&self) -> u64 {
        self.decided
    }

    /// Takes out the index of the first decided entry that it discarded since this was last asked.
    pub fn take_rewound(&mut self) -> Option<u64> {
        self.rewound.take()
    }

    fn write(&mut self, delta: Delta<C>, out: &mut Out<C>) {
        self.state.apply(&delta);
        out.write(delta);
    }

    /// Moves to a higher view.
    fn enter(&mut self, view: View, out: &mut Out<C>) {
        assert!(view > self.state.view, "views only grow");
        if self.config.setup.flaw == Some(Flaw::ViewNotDurable) {
            self.state.view = view;
        } else {
            self.write(Delta::View(view), out);
        }
    }

    /// No word from the primary in time: this server takes over in the next view that is its own, and asks nobody.
    fn take_over(&mut self, at: Clocks, out: &mut Out<C>) {
        let (old, length) = (self.state.view, self.state.len());
        let view = old.next_of(self.config.id, self.config.servers);
        let waited = at.monotonic.since(self.heard);
        out.note(Note::TakesOver { view, old, primary: self.primary(), waited, entries: length });
        self.enter(view, out);
        let progress = self.config.backups().iter().map(|id| (id, Progress { next: length + 1, stored: 0 })).collect();
        // All that it has is the truth from now on.
        self.decided = length;
        self.role = Role::Primary(Primary { backups: progress, open: Default::default(), durable: 0 });
        out.send_after_sync(self.config.id, Message::Durable { view, through: length });
        self.beat(out);
    }

    /// A heartbeat, with what each backup lacks.
    fn beat(&mut self, out: &mut Out<C>) {
        for backup in self.config.backups().iter() {
            self.replicate(backup, out);
        }
        if !self.config.backups().is_empty() {
            out.set_timer(Timer::Heartbeat, HEARTBEAT.times(self.config.stretch));
        }
    }

    /// Sends a backup what it lacks, as far as this primary knows; a heartbeat if that is nothing.
    fn replicate(&mut self, backup: NodeId, out: &mut Out<C>) {
        let (view, length) = (self.state.view, self.state.len());
        let Role::Primary(Primary { backups, .. }) = &mut self.role else { unreachable!("a primary replicates") };
        let progress = backups.get_mut(&backup).expect("one of its backups");
        let after = progress.next - 1;
        let entries: Vec<Entry<C>> = self.state.iter_from(progress.next).take(BATCH).cloned().collect();
        progress.next += entries.len() as u64;
        let message = Message::Replicate { view, after, after_view: self.state.view_at(after), entries, length };
        if self.config.setup.flaw == Some(Flaw::ConfirmedBeforeSync) {
            out.send(backup, message);
        } else {
            out.send_after_sync(backup, message);
        }
    }

    fn propose(&mut self, request: RequestId, command: C, out: &mut Out<C>) {
        let view = self.state.view;
        self.write(Delta::Append(Entry { view, command }), out);
        let index = self.state.len();
        let Role::Primary(primary) = &mut self.role else { unreachable!("a primary is asked") };
        primary.open.insert(index, request);
        out.note(Note::Appends { index, view });
        for backup in self.config.backups().iter() {
            self.replicate(backup, out);
        }
        if self.config.setup.flaw == Some(Flaw::ConfirmedBeforeSync) {
            self.on_durable(view, index, out);
        } else {
            out.send_after_sync(self.config.id, Message::Durable { view, through: index });
        }
    }

    /// This primary's own disk has so many entries.
    fn on_durable(&mut self, of: View, through: u64, out: &mut Out<C>) {
        if let Role::Primary(primary) = &mut self.role
            && of == self.state.view
        {
            primary.durable = primary.durable.max(through);
            self.confirm(out);
        }
    }

    /// Confirms what enough servers have stored.
    fn confirm(&mut self, out: &mut Out<C>) {
        let (view, id, needed) = (self.state.view, self.config.id, self.config.copies());
        let Role::Primary(primary) = &mut self.role else { unreachable!("a primary confirms") };
        let decided = primary.stored_by(needed);
        if decided <= self.decided {
            return;
        }
        self.decided = decided;
        for (index, request) in primary.open.take_below(&(decided + 1)).collect::<Vec<_>>() {
            let by = primary.storers(index).with(id);
            out.note(Note::Confirms { index, view, stored: Count { by, needed, of: self.config.servers } });
            out.reply(request, Answer::Done(Response::Confirmed { index, view }));
        }
    }

    /// Follows the primary of a view that is not older than its own.
    fn follow(&mut self, view: View, at: Clocks, out: &mut Out<C>) {
        let primary = view.primary(self.config.servers);
        let old = self.state.view;
        let is_new = view > old || matches!(self.role, Role::Backup { heard: false });
        if let Role::Primary(Primary { open, .. }) = &mut self.role {
            let open = std::mem::take(open);
            out.note(Note::StepsDown { view, old, primary, unanswered: open.len() as u32 });
            for request in open.values() {
                out.reply(*request, Answer::Unknown);
            }
            out.cancel_timer(Timer::Heartbeat);
        } else if is_new {
            out.note(Note::Follows { view, old, primary });
        }
        if view > old {
            self.enter(view, out);
        }
        self.role = Role::Backup { heard: true };
        self.heard = at.monotonic;
        out.set_timer(Timer::Failover, self.config.failover(view));
    }

    /// Word from the primary of its view, which it follows.
    fn on_replicate(&mut self, from: NodeId, sent: Sent<C>, out: &mut Out<C>) {
        let view = self.state.view;
        let Sent { after, after_view, entries, length } = sent;
        if after > self.state.len() || self.state.view_at(after) != after_view {
            // Back to before the view of the entry that is another one here, or to the end of what is here.
            let has = if after > self.state.len() { self.state.len() } else { self.state.before_view_of(after) };
            out.note(Note::Lacks { from, after, has });
            return out.send_after_sync(from, Message::Lacks { view, has });
        }
        let through = after + entries.len() as u64;
        let mut fresh = 0;
        for (index, entry) in (after + 1..).zip(entries) {
            if index <= self.state.len() && self.state.view_at(index) == entry.view {
                continue;
            }
            self.discard_from(index, from, out);
            self.write(Delta::Append(entry), out);
            fresh += 1;
        }
        // What is of this view and beyond came with a later message.
        if self.state.len() > length && self.state.view_at(length + 1) < view {
            self.discard_from(length + 1, from, out);
        }
        self.decided = self.state.len();
        if fresh > 0 {
            out.note(Note::Stores { from, count: fresh, through });
        }
        out.send_after_sync(from, Message::Stored { view, through });
    }

    /// The primary has something else from here on, or nothing: its log is the truth.
    fn discard_from(&mut self, index: u64, primary: NodeId, out: &mut Out<C>) {
        let length = self.state.len();
        if index > length {
            return;
        }
        let (view, of) = (self.state.view, self.state.view_at(length));
        out.note(Note::Discards { from: index, count: length + 1 - index, of, view, primary });
        self.write(Delta::Keep(index - 1), out);
        if index <= self.decided {
            self.rewound = Some(self.rewound.map_or(index, |first| first.min(index)));
            self.decided = index - 1;
        }
    }

    /// A backup of this primary has stored so much.
    fn on_stored(&mut self, from: NodeId, through: u64, out: &mut Out<C>) {
        let Role::Primary(primary) = &mut self.role else { return };
        let progress = primary.backups.get_mut(&from).expect("one of its backups");
        progress.stored = progress.stored.max(through);
        progress.next = progress.next.max(through + 1);
        let is_behind = progress.next <= self.state.len();
        self.confirm(out);
        if is_behind {
            self.replicate(from, out);
        }
    }

    /// A backup of this primary lacks what comes before what it was sent.
    fn on_lacks(&mut self, from: NodeId, has: u64, out: &mut Out<C>) {
        let length = self.state.len();
        let Role::Primary(primary) = &mut self.role else { return };
        let progress = primary.backups.get_mut(&from).expect("one of its backups");
        // A backup keeps what it has stored in this view: a word that says less is old.
        if has >= progress.stored && has + 1 < progress.next {
            progress.next = has.min(length) + 1;
            out.note(Note::GoesBack { backup: from, to: progress.next });
            self.replicate(from, out);
        }
    }
}

/// What a primary sent beside its view.
struct Sent<C> {
    after: u64,
    after_view: View,
    entries: Vec<Entry<C>>,
    length: u64,
}

impl<C: Command> Node for PrimaryBackup<C> {
    type Message = Message<C>;
    type Timer = Timer;
    type Request = Request<C>;
    type Response = Response;
    type Refusal = Refusal;
    type Disk = Durable<C>;
    type Note = Note;

    fn on_restart(&mut self, disk: &Durable<C>, at: Clocks, out: &mut Effects<Self>) {
        *self = Self { state: disk.clone(), decided: disk.len(), heard: at.monotonic, ..Self::new(self.config) };
        out.note(Note::Starts { view: disk.view, entries: disk.len() });
        out.set_timer(Timer::Failover, self.config.failover(disk.view));
    }

    fn on_message(&mut self, from: NodeId, message: Message<C>, at: Clocks, out: &mut Effects<Self>) {
        if let Message::Durable { view, through } = message {
            return self.on_durable(view, through, out);
        }
        let (view, own) = (message.view(), self.state.view);
        if view < own {
            // Only a primary wants to know that it leads no more.
            if matches!(message, Message::Replicate { .. }) {
                out.note(Note::RefusesOld { from, view, own });
                out.send_after_sync(from, Message::Outdated { view: own });
            } else {
                out.note(Note::IgnoresLate { from, view, own });
            }
            return;
        }
        match message {
            Message::Replicate { after, after_view, entries, length, .. } => {
                self.follow(view, at, out);
                self.on_replicate(from, Sent { after, after_view, entries, length }, out);
            }
            Message::Outdated { .. } if view > own => self.follow(view, at, out),
            Message::Outdated { .. } => {}
            Message::Stored { through, .. } => self.on_stored(from, through, out),
            Message::Lacks { has, .. } => self.on_lacks(from, has, out),
            Message::Durable { .. } => unreachable!("handled above"),
        }
    }

    fn on_timer(&mut self, timer: Timer, at: Clocks, out: &mut Effects<Self>) {
        match timer {
            Timer::Failover => self.take_over(at, out),
            Timer::Heartbeat => self.beat(out),
        }
    }

    fn on_request(&mut self, id: RequestId, request: Request<C>, _: Clocks, out: &mut Effects<Self>) {
        let view = self.state.view;
        match request {
            _ if !self.leads() => out.reply(id, Answer::Refused(Refusal::NotPrimary { view })),
            Request::Propose(command) => self.propose(id, command, out),
            Request::Read => {
                out.note(Note::Reads { index: self.decided, view });
                out.reply(id, Answer::Done(Response::ReadAt { index: self.decided }));
            }
        }
    }
}
