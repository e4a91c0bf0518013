//! What a page asks of an experiment: one object-safe trait, so that drawing is compiled once and not per protocol.
//!
//! Everything returned is plain data, computed from the run at the play head. Nothing here knows Yew.

use std::rc::Rc;

use cap_lab::explain::{Sentence, Tone};
use cap_lab::node::{Micros, NodeId, NodeSet};
use cap_lab::referee::Staleness;
use cap_lab::shared_vec::SharedVec;
use cap_lab::spacetime::Diagram;
use cap_lab::store::feed::AdminCommand;

/// A page, and with it a kind of experiment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Page {
    /// The feed on a replicated log beside the feed on gossip.
    Feed,
    /// One Raft cluster, everything visible.
    Raft,
    /// Proposers and acceptors; the learner picks what arrives.
    Paxos,
}

/// One experiment: one script of interventions, and one world or several that run under it.
pub trait Lab {
    /// The play head.
    fn now(&self) -> Micros;
    /// The furthest moment computed on this branch; never before `now`.
    fn end(&self) -> Micros;
    /// Runs on to `to`, computing the future where it is new.
    fn play(&mut self, to: Micros);
    /// Moves the play head anywhere in `0..=end`.
    fn seek(&mut self, to: Micros);
    /// Runs exactly one event; false if nothing can happen by itself.
    fn step(&mut self) -> bool;
    /// Goes back to just before the latest event; false at the start.
    fn back(&mut self) -> bool;
    /// The moments of all events on this branch, by time, where a learner thinks in steps; none where time passes.
    fn moments(&self) -> Option<SharedVec<Micros>>;

    /// Does what the learner wants done, now. In the past this forks. `Err` says why it can't be done.
    fn act(&mut self, act: Act) -> Result<(), String>;

    /// How many worlds run side by side.
    fn worlds(&self) -> usize;
    /// One world as it is at the play head.
    fn world(&self, world: usize) -> WorldView;
    /// The operations between two moments, as known at the play head, and some around them.
    fn history(&self, world: usize, from: Micros, to: Micros) -> Rc<HistoryView>;
    /// What there is to say about one operation; `None` where there is none of this name.
    fn operation(&self, world: usize, id: u32) -> Option<OperationView>;
    /// Which messages carried it. It takes computing a part of the run once more.
    fn carried(&self, world: usize, id: u32) -> Option<CarriedView>;
    /// Every rule that fired or refused of late, routine ones too, newest first.
    fn steps(&self, world: usize) -> Vec<Event>;
    /// What a node knows.
    fn node_sheet(&self, world: usize, node: NodeId) -> Sheet;
    /// What there is to say about the verdict on a world's history; `None` where there is no history.
    fn verdict_sheet(&self, world: usize) -> Option<VerdictSheet>;
    /// What the referee is to be told now, the run being its `case`; `opened`: the world whose verdict is opened up. Nothing
    /// where there is no history.
    fn briefs(&self, case: u32, opened: Option<usize>) -> Vec<Vec<u8>> {
        let _ = (case, opened);
        Vec::new()
    }
    /// Takes in what the referee answers; false if it is of no use any more.
    fn hear(&self, answer: &[u8]) -> bool {
        let _ = answer;
        false
    }
    /// What a message says; `None` once it has arrived or died.
    fn flight_sheet(&self, world: usize, flight: u32) -> Option<Sheet>;
    /// Every step that can happen next in `world`, with what it will do, soonest first.
    fn next_steps(&self, world: usize) -> Vec<NextStep>;

    /// The time between two moments as a space-time diagram, as far as it was computed.
    fn diagram(&self, world: usize, from: Micros, to: Micros) -> Diagram;
    /// Marks on the timeline, oldest first, over the whole branch.
    fn marks(&self) -> Rc<Vec<Mark>>;
    /// All branches, oldest first; the marks and the play head belong to the current one.
    fn branches(&self) -> Vec<Branch>;
    /// Goes to another branch, at the moment where the two part.
    fn switch_branch(&mut self, branch: usize);

    /// What can be set when a new run is made, with the values of this one.
    fn setup(&self) -> Setup;
    /// The same run, script and all, without the mistake that its setup makes on purpose; none if it makes none.
    fn without_flaw(&self) -> Option<Box<dyn Lab>>;
    /// The same run, script and all, on another log; none where there is no log to choose.
    fn on_log(&self, log: LogChoice) -> Option<Box<dyn Lab>>;
    /// The run as a file (JSON).
    fn export(&self) -> String;
    /// The run as a golden script, so that a discovery becomes a test.
    fn golden_script(&self) -> String;
}

/// What a learner can do. A link is named by the direction it carries: (from, to).
#[derive(Clone, PartialEq, Debug)]
pub enum Act {
    /// Cuts these directed links: what is on its way over them is lost.
    Cut(Vec<(NodeId, NodeId)>),
    /// Heals these directed links.
    Heal(Vec<(NodeId, NodeId)>),
    /// Heals every link.
    HealAll,
    /// Cuts a node off from all other servers.
    Isolate(NodeId),
    /// Stops a node; what it had not synced is lost, or by luck not.
    Crash { node: NodeId, lose_unsynced: bool },
    /// Starts it again from its disk.
    Restart(NodeId),
    /// Stops a node's execution without losing anything (a long garbage collection, a suspended VM).
    Pause(NodeId),
    /// Goes on.
    Resume(NodeId),
    /// Sets a node's wall clock off by so much.
    Skew { node: NodeId, ms: i64 },
    /// Makes both clocks of a node run fast (positive) or slow.
    Drift { node: NodeId, ppm: i32 },
    /// Keeps a message from arriving until it is released.
    Hold { world: usize, flight: u32 },
    /// Lets a held message go on.
    Release { world: usize, flight: u32 },
    /// Loses a message.
    Drop { world: usize, flight: u32 },
    /// Sends a second copy of it.
    Duplicate { world: usize, flight: u32 },
    /// Makes it arrive now.
    Deliver { world: usize, flight: u32 },
    /// One of `next_steps`, by its key.
    Next { world: usize, key: u64 },
    /// A person posts.
    Post { person: NodeId, text: String },
    /// A person reads the newest posts.
    Read { person: NodeId },
    /// A person moves to another replica.
    Attach { person: NodeId, to: NodeId },
    /// How much the people do by themselves, in percent of the usual; 0 is off.
    Traffic { percent: u16 },
    /// An operator asks a replica for something.
    Admin { node: NodeId, command: AdminCommand },
    /// A proposer is asked to propose a value.
    Propose { proposer: NodeId, value: String },
}

/// One world at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct WorldView {
    /// "CP: Raft".
    pub title: String,
    /// "Answers only what a majority has agreed to".
    pub subtitle: String,
    /// Servers first, then (Paxos) whatever else is drawn as a node. Phones are not among them.
    pub nodes: Vec<NodeView>,
    /// By sender: which of the others it can't reach because the link in that direction is cut.
    pub cut: Vec<NodeSet>,
    /// Which servers can still reach each other both ways, transitively; one set when nothing is cut.
    pub components: Vec<NodeSet>,
    /// Messages between drawn nodes that are on their way.
    pub flights: Vec<FlightView>,
    /// Messages that died lately (about the last 150 ms simulated), to be shown dying.
    pub deaths: Vec<DeathView>,
    /// The people's phones; none on the Paxos page.
    pub phones: Vec<PhoneView>,
    /// The meters under the phones.
    pub meters: Option<Meters>,
    /// Whether the history is linearizable; none where there is no history.
    pub verdict: Option<VerdictView>,
    /// The history of operations around the time that is shown: [`Lab::history`].
    pub history: Rc<HistoryView>,
    /// "What just happened", newest first, at most 40.
    pub events: Rc<Vec<Event>>,
    /// Safety invariants, checked after every event.
    pub invariants: Vec<Invariant>,
    /// Raft: every server's log and what the leader knows of it.
    pub replication: Option<Replication>,
    /// Paxos: the rails and cards.
    pub paxos: Option<PaxosView>,
}

impl WorldView {
    /// An invariant that is broken, if one is.
    pub fn broken(&self) -> Option<&Invariant> {
        self.invariants.iter().find(|invariant| invariant.broken.is_some())
    }
}

/// How a node is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoleMark {
    /// Filled, with a crown.
    Leader,
    /// Amber ring.
    Candidate,
    /// Plain.
    Follower,
    /// A replica without roles (gossip).
    Replica,
    /// Paxos.
    Proposer,
    /// Paxos.
    Acceptor,
}

/// Whether a node runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It does.
    Up,
    /// It crashed and lost what was not on disk.
    Crashed,
    /// It stands still and knows nothing of it.
    Paused,
}

/// One server.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeView {
    /// Who.
    pub id: NodeId,
    /// "n1", "p1", "a3".
    pub name: String,
    /// How it is drawn.
    pub role: RoleMark,
    /// Whether it runs.
    pub status: Status,
    /// "term 4", "3 posts".
    pub caption: String,
    /// A timer drawn as an arc: when it was set and when it fires, in run time.
    pub timer: Option<(Micros, Micros)>,
    /// The last few entries of its log or posts of its feed, oldest first.
    pub chips: Vec<Chip>,
    /// How many are before those.
    pub chips_before: u64,
    /// "clock +3 s", "drift +500 ppm".
    pub clock: Option<String>,
    /// The timer is a leader's lease.
    pub lease: bool,
    /// What it is in a configuration in which not all are alike: "old", "new", "learner", "spare".
    pub seat: Option<&'static str>,
}

/// One entry of a log or one post, as a small square.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chip {
    /// Raft: the term. Gossip: the author's initial.
    pub label: String,
    /// Raft: known to be committed (solid), else hatched. Gossip: always true.
    pub committed: bool,
    /// For the tooltip and the screen reader: "entry 4, term 3: Ana posts “Rain again”".
    pub title: String,
}

/// Which way a message goes, as the field sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlightShape {
    /// A request: a dot.
    Request,
    /// An answer: a diamond.
    Reply,
}

/// Whose colour a message wears.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlightHue {
    /// Replication, ordinary work.
    Work,
    /// Elections, a second proposer.
    Election,
    /// Gossip.
    Gossip,
}

/// One message on its way; its place is a function of the time.
#[derive(Clone, PartialEq, Debug)]
pub struct FlightView {
    /// For [`Act::Hold`] and the like.
    pub id: u32,
    /// Sender.
    pub from: NodeId,
    /// Receiver.
    pub to: NodeId,
    /// "AppendEntries", "Promise 2.p2".
    pub label: String,
    /// Dot or diamond.
    pub shape: FlightShape,
    /// Colour.
    pub hue: FlightHue,
    /// When it was sent.
    pub sent: Micros,
    /// When it will arrive; while held, when it would have.
    pub due: Micros,
    /// Held by the learner.
    pub held: bool,
}

/// One message that died.
#[derive(Clone, PartialEq, Debug)]
pub struct DeathView {
    /// As it was.
    pub flight: FlightView,
    /// When.
    pub at: Micros,
    /// "the link was cut", "n2 is down", "dropped".
    pub cause: &'static str,
}

/// How a phone stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PhoneState {
    /// Nothing asked yet.
    Idle,
    /// Waits for an answer.
    Waiting,
    /// Answered, and nothing was missing.
    Good,
    /// Answered from old data.
    Stale,
    /// Refused: it did not happen.
    Refused,
    /// No answer in time.
    Unknown,
}

/// One person's phone.
#[derive(Clone, PartialEq, Debug)]
pub struct PhoneView {
    /// Who.
    pub id: NodeId,
    /// "Ana".
    pub name: String,
    /// The replica it talks to.
    pub via: NodeId,
    /// What it shows, oldest first: its last answered read and its own posts since.
    pub posts: Rc<Vec<PostView>>,
    /// The state of its latest operation.
    pub state: PhoneState,
    /// "Refused: n1 knows no leader", "Stale: misses 1 post, 6.2 s", "Posted in 84 ms".
    pub status: String,
    /// More: the reason in a sentence, what was missed.
    pub detail: String,
    /// "“Rain again” was committed after all": an unknown post that turned out.
    pub announcement: Option<String>,
}

/// One post on a phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostView {
    /// "Bo".
    pub author: String,
    /// What it says.
    pub text: String,
    /// "12:00:04".
    pub time: String,
    /// Its author does not know yet, or will not, whether it was accepted.
    pub unconfirmed: bool,
}

/// Counted over the whole run up to the play head.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Meters {
    /// Operations that were answered (not refused, not unknown).
    pub answered: u32,
    /// Operations that ended.
    pub ended: u32,
    /// Answered reads that missed a confirmed post.
    pub stale: u32,
    /// Posts and reads refused.
    pub refused: u32,
    /// Posts and reads without an answer in time.
    pub unknown: u32,
    /// Median latency of answered operations.
    pub p50: Option<Micros>,
    /// 99th percentile.
    pub p99: Option<Micros>,
}

/// What is known of a history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerdictState {
    /// Nothing yet.
    Checking,
    /// Linearizable so far.
    Linearizable,
    /// Not linearizable, and so for ever.
    NotLinearizable,
    /// Nobody knows, after looking at so many configurations.
    Unknown(u64),
    /// Nobody looks: the browser does not let the page have its checker.
    Off,
}

/// The verdict on a history as of the play head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerdictView {
    /// What it is.
    pub state: VerdictState,
    /// Until when the history is known to be linearizable, up to the play head.
    pub until: Micros,
    /// It is being checked: there will be more to tell.
    pub busy: bool,
}

/// A verdict, opened up.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VerdictSheet {
    /// Why: what the evidence comes to.
    pub sentence: String,
    /// Just before the history became impossible.
    pub before: Option<Micros>,
    /// The operations that make the case, latest first: "Ana reads, 1.20–1.24 s: misses Bo's “Rain again”".
    pub operations: Vec<String>,
    /// What else these saw, without which they would prove nothing; latest first.
    pub seen: Vec<String>,
    /// Which faults were active then: "links cut, 1.00 s to now".
    pub faults: Vec<String>,
    /// How long after healing all were up to date again.
    pub recovered: Option<String>,
    /// The guarantees, the weaker ones first; none as long as nothing is known.
    pub ladder: Vec<Rung>,
    /// How stale reads were in each world, by its side ("CP"); none as long as nothing is known.
    pub staleness: Vec<(&'static str, Rc<Staleness>)>,
}

/// A guarantee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rung {
    /// "Monotonic reads".
    pub name: &'static str,
    /// Whether it was kept; `None`: nobody knows.
    pub kept: Option<bool>,
    /// What proves that it was broken, if the evidence does not say it already.
    pub why: String,
}

/// A history around the time that is shown.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct HistoryView {
    /// One row per person.
    pub rows: Vec<HistoryRow>,
    /// A moment for each operation of the order that explains the history, by that order; none where no order is known.
    pub points: Vec<OrderPoint>,
    /// When links were cut or nodes down, to be shaded behind the rows. `None`: still so.
    pub faults: Vec<(Micros, Option<Micros>, String)>,
    /// If the history is impossible: the post that was missed and the read that missed it, each with its row. The evidence
    /// holds both.
    pub decisive: Option<[(usize, Bar); 2]>,
}

/// One person's operations, oldest first.
#[derive(Clone, PartialEq, Debug)]
pub struct HistoryRow {
    /// "Ana".
    pub name: String,
    /// Her operations.
    pub bars: Vec<Bar>,
}

/// Where an operation stands in an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderPoint {
    /// Whose row.
    pub row: usize,
    /// Which operation.
    pub id: u32,
    /// A moment at which it may have taken effect.
    pub at: Micros,
}

/// What came of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BarState {
    /// Not answered yet.
    Pending,
    /// Answered.
    Done,
    /// Answered from old data.
    Stale,
    /// Refused.
    Refused,
    /// No answer in time.
    Unknown,
}

/// One operation as a bar in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bar {
    /// Stable within the run.
    pub id: u32,
    /// Something was written, else read.
    pub write: bool,
    /// Invoked.
    pub from: Micros,
    /// Ended.
    pub to: Option<Micros>,
    /// What came of it.
    pub state: BarState,
    /// It belongs to what proves that the history is not linearizable.
    pub evidence: bool,
}

/// One operation, told.
#[derive(Clone, PartialEq, Debug)]
pub struct OperationView {
    /// Its name in the run.
    pub id: u32,
    /// "Ana reads".
    pub title: String,
    /// What came of it.
    pub state: BarState,
    /// When it began.
    pub from: Micros,
    /// When it ended.
    pub to: Option<Micros>,
    /// What came of it, in words: "Answered after 120 ms".
    pub outcome: String,
    /// What it saw: "14 posts, the newest Bo's “Rain again”".
    pub saw: String,
    /// Its place in the order that explains the history, counted from 1.
    pub place: Option<usize>,
    /// Its part in the evidence.
    pub evidence: String,
}

/// What carried an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CarriedView {
    /// The messages, by sending; those alike together: "AppendEntries n3 → n1, n2, n4, n5".
    pub lines: Vec<CarriedLine>,
    /// How many carried it: all but those that should have brought what a read missed.
    pub count: u32,
    /// Which messages count, and why.
    pub rule: String,
    /// All of these messages, by their names in the run.
    pub flights: Vec<u32>,
    /// When the first of them was sent.
    pub from: Micros,
    /// When the last of them arrived.
    pub to: Micros,
}

/// Messages that are alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CarriedLine {
    /// When the first was sent.
    pub at: Micros,
    /// Which, from whom, to whom.
    pub text: String,
    /// What became of them if they did not arrive, or what they brought: "lost", "brought 3 posts".
    pub note: String,
    /// They did not arrive.
    pub lost: bool,
}

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// When.
    pub at: Micros,
    /// Stable within the run.
    pub id: u64,
    /// In words.
    pub sentence: Rc<Sentence>,
}

/// A safety property.
#[derive(Clone, PartialEq, Debug)]
pub struct Invariant {
    /// "Election Safety".
    pub name: &'static str,
    /// "At most one leader is elected in a term."
    pub statement: &'static str,
    /// The evidence, if it was broken.
    pub broken: Option<String>,
}

/// A mark on the timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// When.
    pub at: Micros,
    /// "elected n3", "links cut", "CP refused", "AP stale".
    pub label: String,
    /// Colour.
    pub tone: Tone,
}

/// One future that was tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// Where it left its parent.
    pub forked_at: Micros,
    /// How far it was computed.
    pub end: Micros,
    /// "first run", "crash n3".
    pub label: String,
    /// The one being played.
    pub current: bool,
}

/// A node or a message, opened up.
#[derive(Clone, PartialEq, Debug)]
pub struct Sheet {
    /// "n1 · follower".
    pub title: String,
    /// "Durable (on disk)", "Written, not yet synced", "Volatile (lost in a crash)".
    pub sections: Vec<(String, Vec<(String, String)>)>,
    /// What it means, in a sentence or two.
    pub meaning: String,
    /// What only this protocol lets one do to it: label, act.
    pub actions: Vec<(String, Act)>,
}

/// Something that can happen next.
#[derive(Clone, PartialEq, Debug)]
pub struct NextStep {
    /// For [`Act::Next`].
    pub key: u64,
    /// "Deliver Accept(1.p1, blue) to a3".
    pub title: String,
    /// "a3 will refuse: it promised 2.p2".
    pub outcome: String,
    /// The message, if it is one: it can be dropped, held and duplicated as well.
    pub flight: Option<u32>,
    /// Whose colour it wears.
    pub hue: FlightHue,
    /// "Deliver", "Do it".
    pub verb: &'static str,
}

/// Every server's log.
#[derive(Clone, PartialEq, Debug)]
pub struct Replication {
    /// The index of the first entry shown in each row.
    pub first_index: u64,
    /// What the columns beside the log are called: of its epoch, whom it follows, and what the leader keeps for it.
    pub heads: [&'static str; 4],
    /// One row per server.
    pub rows: Vec<LogRow>,
}

/// One server's log and bookkeeping.
#[derive(Clone, PartialEq, Debug)]
pub struct LogRow {
    /// Who.
    pub node: NodeId,
    /// "n1".
    pub name: String,
    /// "leader", "follower of n3", "candidate: 2 of 5 votes", "crashed".
    pub role: String,
    /// "4".
    pub term: String,
    /// "n3" or "none".
    pub voted_for: String,
    /// Entries from `first_index` on.
    pub entries: Vec<LogCell>,
    /// Up to here a snapshot stands for the log; 0 if there is none.
    pub snapshot: u64,
    /// The highest index it knows to be committed.
    pub commit_index: u64,
    /// The last index that is on its disk.
    pub durable_index: u64,
    /// What the leader (if there is one that this row belongs to) keeps for it.
    pub next_index: Option<u64>,
    /// The same.
    pub match_index: Option<u64>,
}

/// One log entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogCell {
    /// Its index.
    pub index: u64,
    /// Its term.
    pub term: u64,
    /// "no-op", "Ana posts “Rain again”".
    pub command: String,
}

/// The Paxos page.
#[derive(Clone, PartialEq, Debug)]
pub struct PaxosView {
    /// One rail each.
    pub proposers: Vec<ProposerView>,
    /// One card each.
    pub acceptors: Vec<AcceptorView>,
    /// The rule that decides what comes next, with the actual numbers.
    pub rule: Option<Sentence>,
    /// The value chosen, as the observer sees it.
    pub chosen: Option<String>,
}

/// How far a phase is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PhaseState {
    /// Not begun.
    Ahead,
    /// Under way: some messages are out, no quorum yet.
    Current,
    /// Reached.
    Done,
}

/// One proposer's rail: 1a Prepare, 1b Promise, 2a Accept, 2b Accepted, Chosen.
#[derive(Clone, PartialEq, Debug)]
pub struct ProposerView {
    /// Who.
    pub id: NodeId,
    /// "p1".
    pub name: String,
    /// "proposes “blue” · ballot 1.p1".
    pub intent: String,
    /// The five stations.
    pub rail: [PhaseState; 5],
    /// "2 of 5 accepted ballot 1.p1: a1, a2. One more and “blue” is chosen."
    pub progress: String,
    /// Who promised (or accepted) its current ballot, as it knows.
    pub heard: NodeSet,
    /// Who did so but whose answer is still on its way (the observer's view).
    pub on_the_way: NodeSet,
    /// It has nothing to propose yet: the page offers to give it a value.
    pub idle: bool,
}

/// One acceptor's card.
#[derive(Clone, PartialEq, Debug)]
pub struct AcceptorView {
    /// Who.
    pub id: NodeId,
    /// "a1".
    pub name: String,
    /// "2.p2" or "–".
    pub promised: String,
    /// ("1.p1", "blue"), if any.
    pub accepted: Option<(String, String)>,
    /// Not yet on disk.
    pub unsynced: bool,
    /// Whether it runs.
    pub status: Status,
}

/// What a new run can be made of.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// The seed of this run.
    pub seed: u64,
    /// Replicas (feed, Raft) or acceptors (Paxos), and what can be chosen.
    pub nodes: (u8, Vec<u8>),
    /// People (feed, Raft) or proposers (Paxos), and what can be chosen.
    pub people: (u8, Vec<u8>),
    /// Traffic in percent of the usual; `None` where there is none.
    pub traffic: Option<u16>,
    /// The log below the consistent feed, where there is one.
    pub log: Option<LogChoice>,
    /// Features of the protocol that can be switched on.
    pub switches: Vec<Switch>,
    /// The mistake that the protocol makes on purpose, by its name.
    pub flaw: Option<&'static str>,
}

/// What keeps the consistent feed's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogChoice {
    /// Raft.
    Raft,
    /// Multi-Paxos.
    MultiPaxos,
}

/// A feature of the protocol.
#[derive(Clone, PartialEq, Debug)]
pub struct Switch {
    /// Its name in a setup.
    pub name: &'static str,
    /// "Pre-vote".
    pub title: &'static str,
    /// What it buys and costs.
    pub says: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Whether it is on.
    pub on: bool,
}

/// A mistake that a protocol can make on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlawView {
    /// Its name in a setup.
    pub name: &'static str,
    /// "Vote not made durable".
    pub title: &'static str,
    /// What the nodes do wrong.
    pub sentence: &'static str,
    /// The invariant that breaks.
    pub breaks: &'static str,
}
