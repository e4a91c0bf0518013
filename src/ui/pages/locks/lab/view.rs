//! How servers, clients, the storage and their messages are drawn.

use cap_lab::locks::participant::{Message, Participant, Timer};
use cap_lab::locks::service::{Ask, Response};
use cap_lab::locks::storage::Rule;
use cap_lab::locks::{client::ClientTimer, redlock, storage};
use cap_lab::node::{Answer, Kind, NodeId};
use cap_lab::raft;
use cap_lab::sim::network::Envelope;
use cap_lab::store::service::{AnswerOf, ServiceMessage};
use cap_lab::world::locks::{Backend, LocksRun, LocksSetup};

use crate::ui::figure::view::{FlightHue, FlightShape, NodeView, RoleMark};
use crate::ui::labs::common::{self, Look};

/// The line under the title.
pub(super) fn subtitle(setup: &LocksSetup) -> String {
    let lease = setup.lease.as_ms();
    let terms = if setup.deadline { "until a time of day" } else { "for a length of time" };
    let storage = match setup.rule {
        Rule::Unchecked => "the storage takes every write",
        Rule::Token => "the storage refuses older tokens",
        Rule::Timestamp => "the latest timestamp wins",
    };
    format!("Leases of {lease} ms {terms}; {storage}")
}

/// A participant in the picture.
pub(super) fn node(run: &LocksRun, id: NodeId) -> NodeView {
    let host = run.model().host(id);
    let (role, caption) = portrayed(run, &host.node);
    let client = |timer| run.schedule().timer(id, Timer::Client(timer));
    let lease = client(ClientTimer::LeaseEnd);
    NodeView {
        id,
        name: run.world().setup.name(id),
        role,
        status: common::status(host.status),
        caption,
        timer: lease.or_else(|| run.schedule().timer(id, Timer::Raft(raft::Timer::Election))),
        chips: Vec::new(),
        chips_before: 0,
        clock: common::clock(run, id),
        lease: lease.is_some(),
        card: None,
        seat: None,
    }
}

/// How a participant is drawn, and what stands under its name.
fn portrayed(run: &LocksRun, participant: &Participant) -> (RoleMark, String) {
    match participant {
        Participant::Client(client) => {
            let holds = client.belief().map(|_| "holds");
            let waits = client.waits().map(|_| "waits");
            (RoleMark::Client, holds.or(waits).unwrap_or_default().to_owned())
        }
        Participant::Storage(storage) => {
            let caption =
                if run.world().setup.rule == Rule::Token { format!("≥ {}", storage.newest()) } else { String::new() };
            (RoleMark::Storage, caption)
        }
        Participant::Server(_) => (RoleMark::Server, holder(run, participant)),
        Participant::Instance(instance) => {
            let holder = instance.held().map(|(session, _)| run.world().setup.name(session.client));
            (RoleMark::Server, holder.unwrap_or_default())
        }
        replica if replica.leads() => (RoleMark::Leader, holder(run, replica)),
        replica => (RoleMark::Follower, holder(run, replica)),
    }
}

/// Who holds the lock, as far as a server knows.
fn holder(run: &LocksRun, server: &Participant) -> String {
    let grant = server.service().and_then(|service| service.holder());
    grant.map_or("free".to_owned(), |grant| run.world().setup.name(grant.session.client))
}

/// A message in the picture.
pub(super) fn look(envelope: &Envelope<Message>) -> Look {
    let (label, shape, hue) = match &envelope.message {
        Message::Service(message) => {
            let (label, shape) = service(message);
            (label, shape, FlightHue::Work)
        }
        Message::Redlock(redlock::Message::Vote { granted: false, .. }) => {
            ("refused", FlightShape::Reply, FlightHue::Work)
        }
        Message::Redlock(redlock::Message::Vote { .. }) => ("locked", FlightShape::Reply, FlightHue::Work),
        Message::Redlock(message) => (message.kind(), FlightShape::Request, FlightHue::Work),
        Message::Storage(message) => {
            let asks = matches!(message, storage::Message::Read { .. } | storage::Message::Write { .. });
            let shape = if asks { FlightShape::Request } else { FlightShape::Reply };
            (message.kind(), shape, FlightHue::Gossip)
        }
        Message::Raft(raft::Message::AppendEntries { entries, .. }) if entries.is_empty() => {
            ("heartbeat", FlightShape::Request, FlightHue::Election)
        }
        Message::Raft(message) => (message.kind(), replies(message.kind()), FlightHue::Election),
        Message::MultiPaxos(message) => (message.kind(), replies(message.kind()), FlightHue::Election),
    };
    Look { label: label.to_owned(), shape, hue }
}

/// The shape of what replicas say to one another, by the kind of the message.
fn replies(kind: &str) -> FlightShape {
    let reply = kind.ends_with("Reply") || ["Vote", "Promise", "Accepted", "Nack"].contains(&kind);
    if reply { FlightShape::Reply } else { FlightShape::Request }
}

fn service(message: &ServiceMessage<cap_lab::locks::service::LockService>) -> (&'static str, FlightShape) {
    match message {
        ServiceMessage::Ask { ask, .. } | ServiceMessage::Forward { ask, .. } => (asks(ask), FlightShape::Request),
        ServiceMessage::Answer { answer, .. } | ServiceMessage::Forwarded { answer, .. } => {
            (answers(answer), FlightShape::Reply)
        }
    }
}

/// What a client asks a lock service for, in a word.
pub(super) fn asks(ask: &Ask) -> &'static str {
    match ask {
        Ask::Acquire { .. } => "acquire",
        Ask::KeepAlive { .. } => "keep-alive",
        Ask::Release { .. } => "release",
        Ask::Expire { .. } => "expire",
    }
}

/// What a client is told, in a word or two.
pub(super) fn answers(answer: &AnswerOf<cap_lab::locks::service::LockService>) -> &'static str {
    match answer {
        Answer::Done(Response::Granted { .. }) => "granted",
        Answer::Done(Response::AskedAgain { .. }) => "asked again",
        Answer::Done(Response::Renewed { .. }) => "renewed",
        Answer::Done(Response::NotRenewed { .. }) => "not renewed",
        Answer::Done(Response::Over { .. }) => "over",
        Answer::Refused(_) => "refused",
        Answer::Unknown => "unknown",
    }
}

/// What protocol the servers run among themselves.
pub(super) fn protocol(backend: Backend) -> &'static str {
    match backend {
        Backend::Raft(_) => "Raft",
        Backend::MultiPaxos(_) => "Multi-Paxos",
        Backend::Single | Backend::Redlock => "none",
    }
}
