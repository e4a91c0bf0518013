//! A server, a client, the storage or a message, opened up.

use cap_lab::locks::client::Request;
use cap_lab::locks::participant::{Message, Participant};
use cap_lab::locks::service::LockService;
use cap_lab::locks::{redlock, storage};
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::model::Status;
use cap_lab::store::service::ServiceMessage;
use cap_lab::world::locks::{LocksRun, LocksSetup};

use super::view::{answers, asks, protocol};
use crate::ui::act::ask;
use crate::ui::labs::common;
use crate::ui::sheet::view::Sheet;

/// What is said of something: a name and a value.
type Row = (String, String);

fn row(name: &str, value: impl Into<String>) -> Row {
    (name.to_owned(), value.into())
}

/// What a participant knows.
pub(super) fn node(run: &LocksRun, id: NodeId) -> Sheet {
    let setup = run.world().setup;
    let host = run.model().host(id);
    let (title, rows, meaning) = match &host.node {
        Participant::Client(client) => {
            let belief = client.belief();
            let clocks = run.schedule().clocks(id, run.now());
            let clock = if setup.deadline { clocks.wall } else { clocks.monotonic };
            let mut rows =
                vec![row("believes", if belief.is_some() { "that it holds the lock" } else { "nothing of the lock" })];
            if let Some(belief) = belief {
                rows.push(row("its token", belief.token.map_or("none".to_owned(), |token| token.to_string())));
                rows.push(row("its lease", left(belief.lease.end, clock)));
            }
            rows.push(row("works at an update", if client.works_at().is_some() { "yes" } else { "no" }));
            let meaning = "A client measures its lease by its own clock, from the moment at which it asked. While it stands still it notices nothing.";
            ("client", rows, meaning)
        }
        Participant::Storage(storage) => {
            let updates: Vec<String> = storage.file().iter().map(|update| setup.name(update.client)).collect();
            let updates = if updates.is_empty() { "nothing".to_owned() } else { updates.join(", ") };
            let rows = vec![
                row("checks", rule(&setup)),
                row("greatest token seen", storage.newest().to_string()),
                row("the file holds updates of", updates),
            ];
            ("storage", rows, "A client reads the file, works, and writes all of it back with its update at the end.")
        }
        Participant::Instance(instance) => {
            let held = instance.held().map(|(session, until)| {
                let wall = run.schedule().clocks(id, run.now()).wall;
                format!("{}, {}", setup.name(session.client), left(until, wall))
            });
            let rows = vec![row("holds the lock for", held.unwrap_or_else(|| "nobody".to_owned()))];
            ("server", rows, "It knows of no other server. It ends a lock by its wall clock.")
        }
        server => {
            let rows = server.service().map_or_else(Vec::new, |service| of_service(&setup, service));
            let role = match (host.status, server.leads()) {
                (Status::Crashed, _) => "crashed",
                (_, true) => "leader",
                (_, false) if setup.backend.has_log() => "follower",
                (_, false) => "server",
            };
            let meaning = if setup.backend.has_log() {
                "Every replica carries out the same entries. The leader alone measures leases, and proposes that one is over."
            } else {
                "It keeps all in its memory: a crash forgets who holds the lock."
            };
            (role, rows, meaning)
        }
    };
    let mut sections = vec![("It knows".to_owned(), rows)];
    let of_log = host.node.applied().map(|applied| row("entries carried out", applied.to_string()));
    if let Some(applied) = of_log {
        sections.push(("Its log".to_owned(), vec![row("protocol", protocol(setup.backend)), applied]));
    }
    let actions = match &host.node {
        Participant::Client(_) => ACTS.map(|(label, request)| (label.to_owned(), ask(id, request))).into(),
        _ => Vec::new(),
    };
    Sheet { title: format!("{} · {title}", setup.name(id)), sections, meaning: meaning.to_owned(), actions }
}

/// What a client can be asked for.
const ACTS: [(&str, Request); 3] =
    [("Update the file", Request::Update), ("Take the lock", Request::Acquire), ("Give it back", Request::Release)];

fn rule(setup: &LocksSetup) -> &'static str {
    match setup.rule {
        storage::Rule::Unchecked => "nothing",
        storage::Rule::Token => "fencing tokens",
        storage::Rule::Timestamp => "timestamps",
    }
}

fn of_service(setup: &LocksSetup, service: &LockService) -> Vec<Row> {
    let holder = service.holder().map(|grant| format!("{}, token {}", setup.name(grant.session.client), grant.token));
    let waiting: Vec<String> = service.waiting().iter().map(|waiter| setup.name(waiter.session.client)).collect();
    vec![
        row("holds the lock", holder.unwrap_or_else(|| "nobody".to_owned())),
        row("wait for it", if waiting.is_empty() { "nobody".to_owned() } else { waiting.join(", ") }),
    ]
}

/// "340 ms more", by a clock that shows `now`.
fn left(end: Micros, now: Micros) -> String {
    if end <= now { "over by its clock".to_owned() } else { format!("{} ms more by its clock", end.since(now).as_ms()) }
}

/// What a message says; `None` once it has arrived or died.
pub(super) fn flight(run: &LocksRun, flight: u32) -> Option<Sheet> {
    let setup = run.world().setup;
    let envelope = run.model().flights().get(flight)?;
    let token = |token: &Option<u64>| token.map_or("none".to_owned(), |token| token.to_string());
    let (rows, meaning) = match &envelope.message {
        Message::Service(ServiceMessage::Ask { ask, .. } | ServiceMessage::Forward { ask, .. }) => (
            vec![row("asks to", asks(ask)), row("for", setup.name(ask.session().client))],
            "A question for the lock, a lease or the end of a session. The leader answers it once a majority has the entry.",
        ),
        Message::Service(ServiceMessage::Answer { answer, .. } | ServiceMessage::Forwarded { answer, .. }) => {
            (vec![row("answers", answers(answer))], "The answer. It says nothing of how long it was on its way.")
        }
        Message::Redlock(redlock::Message::Lock { session, round, .. }) => (
            vec![row("for", setup.name(session.client)), row("round", round.to_string())],
            "The client asks every server, and holds the lock once a majority has agreed in time (Redlock).",
        ),
        Message::Redlock(redlock::Message::Vote { granted, .. }) => (
            vec![row("granted", if *granted { "yes" } else { "no" })],
            "One server's answer. It knows of no other (Redlock).",
        ),
        Message::Redlock(redlock::Message::Unlock { session }) => (
            vec![row("of", setup.name(session.client))],
            "The server lets go, if it holds the lock for this value (Redlock).",
        ),
        Message::Storage(storage::Message::Read { token: right, .. }) => (
            vec![row("token", token(right))],
            "The read carries the token too, so that no older write comes after it (Kleppmann 2016).",
        ),
        Message::Storage(storage::Message::Contents { file, .. }) => (
            vec![row("updates in the file", file.len().to_string())],
            "What is in the file now. It may be old on arrival.",
        ),
        Message::Storage(storage::Message::Write { token: right, file, .. }) => (
            vec![row("token", token(right)), row("updates in the file", file.len().to_string())],
            "All of the file, with one update more. A write without an update that is there overwrites it.",
        ),
        Message::Storage(storage::Message::Written { .. }) => (Vec::new(), "The storage has the update."),
        Message::Storage(storage::Message::Stale { newest, .. }) => (
            vec![row("greatest token seen", newest.to_string())],
            "The storage refused a token that is smaller than one it has seen (Kleppmann 2016).",
        ),
        Message::Raft(_) | Message::MultiPaxos(_) => (
            vec![row("protocol", protocol(setup.backend))],
            "The servers replicate their log. The page of Raft shows what each of these messages says.",
        ),
    };
    let title = common::title(envelope, &|id| setup.name(id));
    Some(Sheet {
        title,
        sections: vec![("It says".to_owned(), rows)],
        meaning: meaning.to_owned(),
        actions: Vec::new(),
    })
}
