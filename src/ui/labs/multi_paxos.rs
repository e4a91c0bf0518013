//! A feed on Multi-Paxos as view data: ballots, slots and messages.

use cap_lab::multi_paxos::{self, Message as PaxosMessage, MultiPaxos, Payload, Role, Slot};
use cap_lab::node::NodeId;
use cap_lab::sim::model;
use cap_lab::store::feed::Feed;
use cap_lab::store::participant::{Delta, FeedDisk, Message, Participant, Timer};
use cap_lab::store::state_machine;
use cap_lab::world::feed::{FeedRun, FeedSetup};

use super::common::{self, Look};
use super::portrait::{Portrait, Sheets, Words};
use crate::ui::figure::view::{Chip, FlightHue, FlightShape, NodeView, RoleMark};
use crate::ui::log::view::{LogCell, LogRow, Replication};
use crate::ui::sheet::view::Sheet;

type Command = state_machine::Command<Feed>;

/// How many slots are drawn under a node.
const CHIPS: u64 = 6;
/// How many slots of the logs are shown.
const LOG_WINDOW: u64 = 24;

type HostOf = model::Host<Participant>;

/// The feed on Multi-Paxos.
pub(super) struct OnMultiPaxos;

impl Portrait for OnMultiPaxos {
    fn promise(&self, _: &FeedRun) -> String {
        "Answers only what a quorum has agreed to".to_owned()
    }

    fn node(&self, run: &FeedRun, id: NodeId) -> NodeView {
        let host = run.model().host(id);
        let (paxos, setup) = (paxos(host), run.world().setup);
        let (commit, last) = (paxos.commit_index().0, paxos.accepted().last().max(paxos.commit_index()).0);
        let before = last.saturating_sub(CHIPS);
        let chips = cells(setup, paxos, before).into_iter().map(|LogCell { index, term, command }| {
            let state = if index <= commit { "chosen" } else { "accepted, not known to be chosen" };
            let label = if term == 0 { "·".to_owned() } else { term.to_string() };
            let title = format!("slot {index}, round {term}, {state}: {command}");
            Chip { label, committed: index <= commit, title, hue: 0 }
        });
        NodeView {
            id,
            name: id.to_string(),
            role: match paxos.role() {
                _ if host.status == model::Status::Crashed => RoleMark::Follower,
                Role::Leader { .. } => RoleMark::Leader,
                Role::Preparing { .. } => RoleMark::Candidate,
                Role::Follower { .. } => RoleMark::Follower,
            },
            status: common::status(host.status),
            caption: format!("{}", paxos.ballot()),
            timer: run.schedule().timer(id, Timer::MultiPaxos(multi_paxos::Timer::Election)),
            chips: chips.collect(),
            chips_before: before,
            clock: common::clock(run, id),
            lease: false,
            card: None,
            seat: None,
        }
    }

    fn look(&self, _: FeedSetup, message: &Message) -> Look {
        let Message::MultiPaxos(message) = message else { unreachable!("a message of this store") };
        use FlightHue::{Election, Work};
        use FlightShape::{Reply, Request};
        let (label, shape, hue) = match message {
            PaxosMessage::Prepare { ballot, .. } => (format!("Prepare {ballot}"), Request, Election),
            PaxosMessage::Promise { .. } => ("promise".to_owned(), Reply, Election),
            PaxosMessage::Accept { .. } => ("Accept".to_owned(), Request, Work),
            PaxosMessage::Accepted { .. } => ("accepted".to_owned(), Reply, Work),
            PaxosMessage::Nack { .. } => ("refused".to_owned(), Reply, Election),
            PaxosMessage::Heartbeat { .. } => ("heartbeat".to_owned(), Request, Work),
            PaxosMessage::HeartbeatReply { .. } => ("ack".to_owned(), Reply, Work),
            PaxosMessage::CatchUp { .. } => ("CatchUp".to_owned(), Request, Work),
            PaxosMessage::Decided { .. } => ("Decided".to_owned(), Reply, Work),
        };
        Look { label, shape, hue }
    }

    fn replication(&self, run: &FeedRun) -> Option<Replication> {
        let setup = run.world().setup;
        let servers = || setup.servers().iter().map(|id| (id, run.model().host(id)));
        let longest = servers().map(|(_, host)| paxos(host).accepted().last().max(paxos(host).commit_index())).max()?;
        let first_index = longest.0.saturating_sub(LOG_WINDOW) + 1;
        let leader =
            servers().map(|(_, host)| paxos(host)).filter(|paxos| paxos.is_leader()).max_by_key(|one| one.ballot());
        let rows = servers().map(|(id, host)| {
            let paxos = paxos(host);
            let progress = leader.and_then(|leader| match leader.role() {
                Role::Leader { followers, .. } => followers.get(&id),
                _ => None,
            });
            LogRow {
                node: id,
                name: id.to_string(),
                role: role_words(run, id),
                term: paxos.ballot().to_string(),
                voted_for: paxos.leader_hint().map_or("–".to_owned(), |leader| leader.to_string()),
                entries: cells(setup, paxos, first_index - 1),
                snapshot: paxos.snapshot().map_or(0, |snapshot| snapshot.through.0),
                commit_index: paxos.commit_index().0,
                durable_index: match &host.disk {
                    FeedDisk::MultiPaxos(disk) => disk.accepted.last().0,
                    _ => 0,
                },
                next_index: None,
                match_index: progress.map(|progress| progress.learned.0),
            }
        });
        Some(Replication { first_index, heads: ["Ballot", "Leader", "", "learned"], rows: rows.collect() })
    }
}

impl Sheets for OnMultiPaxos {
    fn sheet(&self, run: &FeedRun, id: NodeId) -> Sheet {
        let row = |name: &str, value: String| (name.to_owned(), value);
        let host = run.model().host(id);
        let (paxos, setup) = (paxos(host), run.world().setup);
        let durable = match &host.disk {
            FeedDisk::MultiPaxos(disk) => vec![
                row("promised ballot", disk.promised.to_string()),
                row("accepted up to slot", disk.accepted.last().0.to_string()),
                row("snapshot of slots up to", disk.snapshot.as_ref().map_or(0, |one| one.through.0).to_string()),
            ],
            _ => vec![row("nothing", "yet".to_owned())],
        };
        let mut sections = vec![("Durable (on its disk)".to_owned(), durable)];
        let unsynced: Vec<_> = host.unsynced.iter().filter_map(|delta| delta_words(setup, delta)).collect();
        if !unsynced.is_empty() {
            sections.push(("Written, not yet synced: a crash loses it".to_owned(), unsynced));
        }
        let quorums = paxos.config().quorums;
        let mut volatile = vec![
            row("role", role_words(run, id)),
            row("knows all chosen up to slot", paxos.commit_index().0.to_string()),
            row("quorums of phase 1 and 2", format!("{} and {}", quorums.phase1, quorums.phase2)),
        ];
        if let Role::Leader { followers, .. } = paxos.role() {
            let learned = followers
                .iter()
                .map(|(peer, progress)| (format!("{peer} knows all chosen up to"), progress.learned.0.to_string()));
            volatile.extend(learned);
        }
        if host.status != model::Status::Crashed {
            sections.push(("Volatile: a crash forgets it".to_owned(), volatile));
        }
        let meaning = match (host.status, paxos.role()) {
            (model::Status::Crashed, _) => "It is down. It will start again with what its disk holds.",
            (model::Status::Paused, _) => "It stands still and does not notice: what arrives waits.",
            (_, Role::Leader { .. }) => {
                "It proposes a value for each slot; a phase-2 quorum that accepts it chooses it."
            }
            (_, Role::Preparing { .. }) => "It asks for promises for all slots at once (phase 1).",
            (_, Role::Follower { leader: Some(_) }) => {
                "It accepts what its leader proposes, and passes on what its phones ask."
            }
            (_, Role::Follower { leader: None }) => "It knows no leader: it refuses what its phones ask.",
        };
        let title = format!("{id} · {}", role_words(run, id));
        Sheet { title, sections, meaning: meaning.to_owned(), actions: Vec::new() }
    }

    fn message_words(&self, setup: FeedSetup, message: &Message) -> Words {
        let Message::MultiPaxos(message) = message else { unreachable!("a message of this store") };
        let row = |name: &str, value: String| (name.to_owned(), value);
        let (mut rows, meaning) = match message {
            PaxosMessage::Prepare { first, .. } => (
                vec![row("from slot", first.to_string())],
                "Phase 1a: who wants to lead asks for one promise for all slots (Paxos Made Simple §3).",
            ),
            PaxosMessage::Promise { accepted, .. } => (
                vec![row("accepted proposals reported", accepted.len().to_string())],
                "Phase 1b: the sender accepts nothing under a lower ballot any more, and tells what it accepted.",
            ),
            PaxosMessage::Accept { first, payloads, commit, .. } => (
                vec![
                    row("from slot", first.to_string()),
                    row("values", list(setup, payloads)),
                    row("chosen up to", commit.to_string()),
                ],
                "Phase 2a: the leader asks to accept a value for each of these slots.",
            ),
            PaxosMessage::Accepted { first, last, .. } => (
                vec![row("slots", format!("{first} to {last}"))],
                "Phase 2b: the sender's disk holds the leader's values for these slots.",
            ),
            PaxosMessage::Nack { promised, .. } => (
                vec![row("promised", promised.to_string())],
                "The sender promised a higher ballot, which forbids this one.",
            ),
            PaxosMessage::Heartbeat { commit, .. } => {
                (vec![row("chosen up to", commit.to_string())], "The leader lives, and this much is chosen.")
            }
            PaxosMessage::HeartbeatReply { learned, .. } => (
                vec![row("knows all chosen up to", learned.to_string())],
                "When the heartbeat came, the sender had promised no higher ballot.",
            ),
            PaxosMessage::CatchUp { learned, .. } => {
                (vec![row("has all up to", learned.to_string())], "The sender lacks chosen values and asks for them.")
            }
            PaxosMessage::Decided { snapshot, first, payloads, .. } => (
                vec![
                    row("snapshot up to", snapshot.as_ref().map_or("none".to_owned(), |one| one.through.to_string())),
                    row("from slot", first.to_string()),
                    row("values", list(setup, payloads)),
                ],
                "Chosen values: facts, under whichever ballot they are told.",
            ),
        };
        rows.insert(0, row("ballot", message.ballot().to_string()));
        (rows, meaning.to_owned())
    }
}

fn paxos(host: &HostOf) -> &MultiPaxos<Command> {
    host.node.multi_paxos().expect("servers come first")
}

fn words(setup: FeedSetup, payload: &Payload<Command>) -> String {
    match payload {
        Payload::Noop => "no-op".to_owned(),
        Payload::Command(Command { client, ask }) => super::phones::asks(setup, *client, ask),
    }
}

/// The slots after `after` of which this server has something: what it takes to be chosen, then what it accepted.
fn cells(setup: FeedSetup, paxos: &MultiPaxos<Command>, after: u64) -> Vec<LogCell> {
    let last = paxos.accepted().last().max(paxos.commit_index());
    let cell = |index: u64| {
        let accepted = paxos.accepted().get(Slot(index));
        let payload = paxos.chosen(Slot(index)).or_else(|| accepted.map(|proposal| &proposal.payload))?;
        let term = accepted.map_or(0, |proposal| u64::from(proposal.ballot.round));
        Some(LogCell { index, term, command: words(setup, payload) })
    };
    (after + 1..=last.0).filter_map(cell).collect()
}

fn role_words(run: &FeedRun, id: NodeId) -> String {
    let host = run.model().host(id);
    let paxos = paxos(host);
    match (host.status, paxos.role()) {
        (model::Status::Crashed, _) => "crashed".to_owned(),
        (model::Status::Paused, _) => "paused".to_owned(),
        (_, Role::Leader { .. }) => "leader".to_owned(),
        (_, Role::Preparing { promises, .. }) => {
            format!("preparing: {} of {} promises", promises.len(), paxos.config().quorums.phase1)
        }
        (_, Role::Follower { leader: Some(leader) }) => format!("follower of {leader}"),
        (_, Role::Follower { leader: None }) => "follower, no leader".to_owned(),
    }
}

fn delta_words(setup: FeedSetup, delta: &Delta) -> Option<(String, String)> {
    let Delta::MultiPaxos(delta) = delta else { return None };
    Some(match delta {
        multi_paxos::Delta::Promised(ballot) => ("promise".to_owned(), ballot.to_string()),
        multi_paxos::Delta::Accepted { first, payloads, .. } => {
            (format!("accept from slot {first}"), list(setup, payloads))
        }
        multi_paxos::Delta::Snapshot(snapshot) => ("snapshot".to_owned(), format!("up to slot {}", snapshot.through)),
    })
}

fn list(setup: FeedSetup, payloads: &[Payload<Command>]) -> String {
    payloads.iter().map(|payload| words(setup, payload)).collect::<Vec<_>>().join("; ")
}
