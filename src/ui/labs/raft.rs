//! A feed on Raft as view data: roles, logs and messages.

use cap_lab::node::{Micros, NodeId, NodeSet};
use cap_lab::raft::{
    self, AppendResult, Config, Entry, Index, Membership, Payload, PersistentState, Raft, Reads, Role,
};
use cap_lab::sim::model::{self, Host};
use cap_lab::store::feed::{Feed, Request};
use cap_lab::store::participant::{Delta, FeedDisk, Message, Participant, Timer};
use cap_lab::store::service::AdminCommand;
use cap_lab::store::state_machine;
use cap_lab::world::feed::{FeedRun, FeedSetup};

use super::common::{self, Look};
use super::portrait::{Portrait, Sheets, Words};
use crate::ui::act::{Act, ask};
use crate::ui::figure::view::{Chip, FlightHue, FlightShape, NodeView, RoleMark};
use crate::ui::log::view::{LogCell, LogRow, Replication};
use crate::ui::sheet::view::Sheet;

type Command = state_machine::Command<Feed>;

/// How many entries are drawn under a node.
const CHIPS: u64 = 6;
/// How many entries of the logs the Raft page shows.
const LOG_WINDOW: u64 = 24;

/// The feed on Raft.
pub(super) struct OnRaft;

impl Portrait for OnRaft {
    fn promise(&self, run: &FeedRun) -> String {
        joint(run).unwrap_or_else(|| "Answers only what a majority has agreed to".to_owned())
    }

    fn node(&self, run: &FeedRun, id: NodeId) -> NodeView {
        let host = run.model().host(id);
        let raft = raft(host);
        let commit = raft.commit_index();
        let setup = run.world().setup;
        let last = raft.log().last_index().0;
        let before = last.saturating_sub(CHIPS).max(raft.log().base().index.0);
        let chips = raft.log().iter_from(Index(before + 1)).map(|(index, entry)| {
            let committed = index <= commit;
            let state = if committed { "committed" } else { "not known to be committed" };
            let title = format!("entry {}, term {}, {state}: {}", index.0, entry.term.0, command(setup, entry));
            Chip { label: entry.term.0.to_string(), committed, title, hue: 0 }
        });
        let lease = if host.status == model::Status::Up { lease(run, id, raft) } else { None };
        let timer = lease.or_else(|| run.schedule().timer(id, Timer::Raft(raft::Timer::Election)));
        NodeView {
            id,
            name: id.to_string(),
            role: match raft.role() {
                _ if host.status == model::Status::Crashed => RoleMark::Follower,
                Role::Leader { .. } => RoleMark::Leader,
                Role::Candidate { .. } | Role::PreCandidate { .. } => RoleMark::Candidate,
                Role::Follower { .. } => RoleMark::Follower,
            },
            status: common::status(host.status),
            caption: format!("term {}", raft.term().0),
            timer,
            chips: chips.collect(),
            chips_before: before,
            clock: common::clock(run, id),
            lease: lease.is_some(),
            card: None,
            seat: seat(&latest(run), setup.servers(), id),
        }
    }

    fn look(&self, _: FeedSetup, message: &Message) -> Look {
        let Message::Raft(message) = message else { unreachable!("a message of this store") };
        let (label, shape, hue) = match message {
            raft::Message::RequestVote { term, .. } => {
                (format!("RequestVote t{}", term.0), FlightShape::Request, FlightHue::Election)
            }
            raft::Message::Vote { granted, .. } => {
                let label = if *granted { "vote" } else { "no vote" };
                (label.to_owned(), FlightShape::Reply, FlightHue::Election)
            }
            raft::Message::AppendEntries { entries, .. } => {
                let label = if entries.is_empty() { "heartbeat".to_owned() } else { "AppendEntries".to_owned() };
                (label, FlightShape::Request, FlightHue::Work)
            }
            raft::Message::AppendReply { result, .. } => {
                let label = if matches!(result, AppendResult::Matched { .. }) { "ack" } else { "refused" };
                (label.to_owned(), FlightShape::Reply, FlightHue::Work)
            }
            raft::Message::PreVote { term, .. } => {
                (format!("PreVote t{}", term.0 + 1), FlightShape::Request, FlightHue::Election)
            }
            raft::Message::PreVoteReply { granted, .. } => {
                let label = if *granted { "would vote" } else { "would not" };
                (label.to_owned(), FlightShape::Reply, FlightHue::Election)
            }
            raft::Message::TimeoutNow { .. } => ("TimeoutNow".to_owned(), FlightShape::Request, FlightHue::Election),

            raft::Message::InstallSnapshot { .. } => ("snapshot".to_owned(), FlightShape::Request, FlightHue::Work),
        };
        Look { label, shape, hue }
    }

    fn replication(&self, run: &FeedRun) -> Option<Replication> {
        let setup = run.world().setup;
        let longest = setup.servers().iter().map(|id| raft(run.model().host(id)).log().last_index().0).max()?;
        let first_index = longest.saturating_sub(LOG_WINDOW) + 1;
        let leader = setup
            .servers()
            .iter()
            .map(|id| raft(run.model().host(id)))
            .filter(|raft| raft.is_leader())
            .max_by_key(|raft| raft.term());
        let rows = setup.servers().iter().map(|id| {
            let host = run.model().host(id);
            let raft = raft(host);
            let entries = raft
                .log()
                .iter_from(Index(first_index).max(raft.log().first_index()))
                .map(|(index, entry)| LogCell { index: index.0, term: entry.term.0, command: command(setup, entry) });
            let progress = leader.and_then(|leader| match leader.role() {
                Role::Leader { followers, .. } => followers.get(&id),
                _ => None,
            });
            LogRow {
                node: id,
                name: id.to_string(),
                role: role_words(run, id),
                term: raft.term().0.to_string(),
                voted_for: raft.vote().map_or("–".to_owned(), |vote| vote.to_string()),
                entries: entries.collect(),
                snapshot: raft.log().base().index.0,
                commit_index: raft.commit_index().0,
                durable_index: durable(host).map_or(0, |disk| disk.log.last_index().0),
                next_index: progress.map(|progress| progress.next.0),
                match_index: progress.map(|progress| progress.matched.0),
            }
        });
        Some(Replication { first_index, heads: ["Term", "Vote", "next", "match"], rows: rows.collect() })
    }
}

impl Sheets for OnRaft {
    fn sheet(&self, run: &FeedRun, id: NodeId) -> Sheet {
        let setup = run.world().setup;
        let host = run.model().host(id);
        let raft = raft(host);
        let empty = PersistentState::default();
        let state = durable(host).unwrap_or(&empty);
        let disk = |state: &PersistentState<Command>| {
            let vote = state.vote.map_or("none".to_owned(), |vote| vote.to_string());
            vec![
                ("term".to_owned(), state.term.0.to_string()),
                ("vote in that term".to_owned(), vote),
                ("log".to_owned(), format!("up to index {}", state.log.last_index())),
                ("last entry".to_owned(), state.log.last().to_string()),
            ]
        };
        let unsynced: Vec<(String, String)> =
            host.unsynced.iter().filter_map(|delta| delta_words(setup, delta)).collect();
        let mut sections = vec![("Durable (on its disk)".to_owned(), disk(state))];
        if !unsynced.is_empty() {
            sections.push(("Written, not yet synced: a crash loses it".to_owned(), unsynced));
        }
        let mut volatile = vec![
            ("role".to_owned(), role_words(run, id)),
            ("commit index".to_owned(), raft.commit_index().0.to_string()),
            (
                "posts in its feed".to_owned(),
                host.node.replicated().map_or(0, |state| state.service.posts().len()).to_string(),
            ),
        ];
        let Membership { voters, outgoing, learners } = *raft.membership();
        if raft.membership().is_joint() {
            volatile.push(("configuration".to_owned(), format!("joint: {outgoing} and {voters}")));
        } else if voters != setup.servers() {
            volatile.push(("configuration".to_owned(), format!("{voters}, learners {learners}")));
        }
        if let Some((_, until)) = lease(run, id, raft) {
            volatile.push(("lease".to_owned(), format!("{} ms more", until.since(run.now()).as_ms())));
        }
        if let Some(state) = host.node.replicated() {
            volatile.extend(state.sessions.iter().map(|(phone, count)| {
                (format!("session of {}", setup.person(phone)), format!("{count} posts took effect"))
            }));
        }
        if let Role::Leader { followers, .. } = raft.role() {
            volatile.extend(followers.iter().map(|(peer, progress)| {
                let (next, matched) = (progress.next.0, progress.matched.0);
                (format!("{peer}: nextIndex, matchIndex"), format!("{next}, {matched}"))
            }));
        }
        if host.status != model::Status::Crashed {
            sections.push(("Volatile: a crash forgets it".to_owned(), volatile));
        }
        let meaning = match (host.status, raft.role()) {
            (model::Status::Crashed, _) => "It is down. It will start again with what its disk holds.",
            (model::Status::Paused, _) => "It stands still and does not notice: what arrives waits.",
            (_, Role::Leader { .. }) => "It takes requests, and commits what a majority has on disk.",
            (_, Role::PreCandidate { .. }) => "It asks who would vote for it, before it raises its term.",
            (_, Role::Candidate { .. }) => "It asks for votes. Only a majority makes it leader.",
            (_, Role::Follower { leader: Some(_) }) => "It passes what its phones ask to the leader.",
            (_, Role::Follower { leader: None }) => "It knows no leader: it refuses what its phones ask.",
        };
        let title = format!("{id} · {}", role_words(run, id));
        Sheet { title, sections, meaning: meaning.to_owned(), actions: operations(run, id) }
    }

    fn message_words(&self, setup: FeedSetup, message: &Message) -> Words {
        let Message::Raft(message) = message else { unreachable!("a message of this store") };
        let row = |name: &str, value: String| (name.to_owned(), value);
        match message {
        raft::Message::RequestVote { term, last, .. } => (
            vec![row("term", term.0.to_string()), row("its last entry", last.to_string())],
            "A candidate asks for a vote. Whoever gave none in this term and has no later entry grants it (§5.2, §5.4.1)."
                .to_owned(),
        ),
        raft::Message::Vote { term, granted } => (
            vec![row("term", term.0.to_string()), row("granted", if *granted { "yes" } else { "no" }.to_owned())],
            "A voter's answer. A vote that was granted is on the voter's disk (§5.2).".to_owned(),
        ),
        raft::Message::AppendEntries { term, previous, entries, commit, .. } => {
            let words: Vec<String> = entries.iter().map(|entry| command(setup, entry)).collect();
            let meaning = if entries.is_empty() {
                "A heartbeat: the leader lives, and this much is committed (§5.2)."
            } else {
                "The leader replicates entries. A follower that lacks the previous one refuses (§5.3)."
            };
            let carried = if words.is_empty() { "none".to_owned() } else { words.join("; ") };
            (
                vec![
                    row("term", term.0.to_string()),
                    row("previous entry", previous.to_string()),
                    row("entries", carried),
                    row("commit index", commit.0.to_string()),
                ],
                meaning.to_owned(),
            )
        }
        raft::Message::AppendReply { term, result, .. } => {
            let (value, meaning) = match result {
                AppendResult::Matched { up_to } => (
                    format!("matches up to {}", up_to.0),
                    "The follower's disk holds the leader's log up to there (§5.3).",
                ),
                AppendResult::Mismatch { previous, last, .. } => (
                    format!("differs at {}; its log ends at {}", previous.0, last.0),
                    "The follower lacks the previous entry: the leader will try further back (§5.3).",
                ),
                AppendResult::StaleTerm => {
                    ("the sender's term is over".to_owned(), "The leader that sent the entries must step down (§5.1).")
                }
            };
            (vec![row("term", term.0.to_string()), row("result", value)], meaning.to_owned())
        }
        raft::Message::InstallSnapshot { term, snapshot, .. } => (
            vec![row("term", term.0.to_string()), row("covers all up to", snapshot.last.to_string())],
            "The leader's state, in place of entries that its log no longer has (§7).".to_owned(),
        ),
        raft::Message::PreVote { term, last } => (
            vec![row("would stand in term", (term.0 + 1).to_string()), row("its last entry", last.to_string())],
            "A server asks who would vote for it, before it raises its term (thesis §9.6).".to_owned(),
        ),
        raft::Message::PreVoteReply { term, granted, .. } => (
            vec![row("term", term.0.to_string()), row("would vote", if *granted { "yes" } else { "no" }.to_owned())],
            "The answer. It binds nobody and changes nothing (thesis §9.6).".to_owned(),
        ),
        raft::Message::TimeoutNow { term } => (
            vec![row("term", term.0.to_string())],
            "The leader hands over: the receiver stands for election at once (thesis §3.10).".to_owned(),
        ),
    }
    }
}

fn raft(host: &Host<Participant>) -> &Raft<Command> {
    host.node.raft().expect("servers come first")
}

/// What is on its disk; none as long as nothing is.
fn durable(host: &Host<Participant>) -> Option<&PersistentState<Command>> {
    match &host.disk {
        FeedDisk::Raft(disk) => Some(disk),
        _ => None,
    }
}

fn command(setup: FeedSetup, entry: &Entry<Command>) -> String {
    match &entry.payload {
        Payload::Noop => "no-op".to_owned(),
        Payload::Config(members) => cap_lab::explain::raft::members_words(members),
        Payload::Command(Command { client, ask }) => super::phones::asks(setup, *client, ask),
    }
}

/// Since when and until when a leader holds its lease, in run time.
fn lease(run: &FeedRun, id: NodeId, raft: &Raft<Command>) -> Option<(Micros, Micros)> {
    let Config { switches, election_timeout, .. } = raft.config();
    let until = raft.lease_until().filter(|_| switches.reads == Reads::Lease)?;
    let left = until.since(run.schedule().clocks(id, run.now()).monotonic);
    let whole = switches.lease(election_timeout.min);
    let ends = run.now() + left;
    (left > Micros::ZERO).then(|| (ends.since(whole), ends))
}

/// The configuration that the latest leader uses; before there is one, that of the first server.
fn latest(run: &FeedRun) -> Membership {
    let servers = || run.world().setup.servers().iter().map(|id| raft(run.model().host(id)));
    let leader = servers().filter(|raft| raft.is_leader()).max_by_key(|raft| raft.term());
    *leader.or_else(|| servers().next()).expect("somebody serves").membership()
}

/// What a server is in it, if not all are alike.
fn seat(membership: &Membership, servers: NodeSet, id: NodeId) -> Option<&'static str> {
    let Membership { voters, outgoing, learners } = *membership;
    match (voters.contains(id), outgoing.contains(id)) {
        _ if voters == servers && outgoing.is_empty() => None,
        (true, true) => Some("old + new"),
        (true, false) if membership.is_joint() => Some("new"),
        (false, true) => Some("old"),
        (true, false) => None,
        (false, false) if learners.contains(id) => Some("learner"),
        (false, false) => Some("no vote"),
    }
}

/// How decisions are made while the configuration is joint.
fn joint(run: &FeedRun) -> Option<String> {
    let membership = latest(run);
    let Membership { voters, outgoing, .. } = membership;
    let majority = |of: NodeSet| of.len() / 2 + 1;
    membership.is_joint().then(|| {
        format!(
            "Joint: a decision takes {} of old {outgoing} and {} of new {voters}",
            majority(outgoing),
            majority(voters)
        )
    })
}

fn role_words(run: &FeedRun, id: NodeId) -> String {
    let host = run.model().host(id);
    let raft = raft(host);
    match (host.status, raft.role()) {
        (model::Status::Crashed, _) => "crashed".to_owned(),
        (model::Status::Paused, _) => "paused".to_owned(),
        (_, Role::Leader { .. }) => "leader".to_owned(),
        (_, Role::PreCandidate { grants }) => {
            format!("pre-candidate: {} of {} would vote for it", grants.len(), raft.config().members.len())
        }
        (_, Role::Candidate { votes }) => {
            format!("candidate: {} of {} votes", votes.len(), raft.config().members.len())
        }
        (_, Role::Follower { leader: Some(leader) }) => format!("follower of {leader}"),
        (_, Role::Follower { leader: None }) if !raft.may_stand() => "waits to be added".to_owned(),
        (_, Role::Follower { leader: None }) => "follower, no leader".to_owned(),
    }
}

fn delta_words(setup: FeedSetup, delta: &Delta) -> Option<(String, String)> {
    let Delta::Raft(delta) = delta else { return None };
    Some(match delta {
        raft::Delta::Term(term) => ("term".to_owned(), term.0.to_string()),
        raft::Delta::Vote(candidate) => ("vote".to_owned(), candidate.to_string()),
        raft::Delta::Append(entries) => {
            let words: Vec<String> = entries.iter().map(|entry| command(setup, entry)).collect();
            ("append".to_owned(), words.join("; "))
        }
        raft::Delta::Wiped => ("wipe".to_owned(), "everything".to_owned()),
        raft::Delta::Truncate { from } => ("truncate".to_owned(), format!("from index {}", from.0)),
        raft::Delta::Snapshot(snapshot) => ("snapshot".to_owned(), format!("up to entry {}", snapshot.last)),
    })
}

/// What an operator may ask for at a server.
fn operations(run: &FeedRun, id: NodeId) -> Vec<(String, Act)> {
    let servers = run.world().setup.servers().iter().map(|id| run.model().host(id));
    let leaders =
        servers.filter(|host| host.status == model::Status::Up).map(|host| raft(host)).filter(|raft| raft.is_leader());
    let Some(leader) = leaders.max_by_key(|raft| raft.term()) else { return Vec::new() };
    let node = leader.id();
    let mut offered = Vec::new();
    if leader.config().switches.transfer && node != id {
        let command = AdminCommand::Transfer(id);
        offered.push(("Hand leadership to it".to_owned(), ask(node, Request::Admin(command))));
    }
    let membership = leader.membership();
    let all = run.world().setup.servers();
    let mut offer = |label: &str, command| offered.push((label.to_owned(), ask(node, Request::Admin(command))));
    if !membership.electorate().contains(id) {
        if !membership.learners.contains(id) {
            offer("Let it learn, without a vote", AdminCommand::Learner(id));
        }
        offer("Give it a vote", AdminCommand::Add(id));
    } else if membership.voters.len() > 1 {
        offer("Take it out", AdminCommand::Remove(id));
    }
    if id == node && membership.voters != all {
        offer("Give all a vote (joint)", AdminCommand::Voters(all));
    } else if id == node && all.len() > 3 {
        offer("Only n1, n2, n3 vote (joint)", AdminCommand::Voters(NodeSet::first(3)));
    }
    offered
}
