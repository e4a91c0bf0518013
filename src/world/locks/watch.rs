//! What is remembered of a run about locks: grants, beliefs and writes apart, and what broke.

use super::{Backend, LocksSetup};
use crate::check::spec::Spec;
use crate::check::spec::lock::{FencedLock, FencedLockAction};
use crate::locks::client::{Belief, ClientNote, Response};
use crate::locks::integrity::{self, Corruption, Done};
use crate::locks::invariant::{FILE_INTEGRITY, HOLDER_RELEASES, LEASES_KEPT, ONE_HOLDER, SAME_STATE, TOKENS_GROW};
use crate::locks::participant::{Command, Message, Note, Participant};
use crate::locks::redlock;
use crate::locks::service::{Ask, LockService, ServiceNote, SessionId};
use crate::locks::storage::StorageNote;
use crate::multi_paxos;
use crate::node::{Answer, Micros, NodeId, Violation};
use crate::raft;
use crate::shared_vec::SharedVec;
use crate::sim::model::Step;
use crate::sim::run::Seen;
use crate::sorted::SortedMap;
use crate::store::service::{Refusal, ServiceMessage};
use crate::world::watch::{Events, MarkKind};

/// A time in which one session had the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Which.
    pub session: SessionId,
    /// Its fencing token, if there is one.
    pub token: Option<u64>,
    /// Since when.
    pub from: Micros,
    /// Until when; `None` if it lasts.
    pub until: Option<Micros>,
}

/// A moment from which on two clients believed that they held the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overlap {
    /// When.
    pub at: Micros,
    /// Who believed it already.
    pub first: NodeId,
    /// Who believes it since then.
    pub second: NodeId,
}

/// All that is remembered of such a run.
#[derive(Clone, Debug, Default)]
pub struct LocksWatch {
    /// Marks, troubles, deaths, notes.
    pub events: Events<Participant>,
    /// What broke first, if anything did.
    pub broken: Option<(Micros, Violation)>,
    /// What the service granted, by time.
    pub grants: SharedVec<Span>,
    /// What clients believed, by beginning.
    pub beliefs: SharedVec<Span>,
    /// What the storage did, by time.
    pub storage: SharedVec<(Micros, StorageNote)>,
    /// When two clients believed the same, by time.
    pub overlaps: SharedVec<Overlap>,
    /// Where the file is not what the guarded updates make of it.
    pub corruption: Option<(Micros, Box<Corruption>)>,
    ghost: Ghost,
}

/// What the invariants remember.
#[derive(Clone, Debug, Default)]
struct Ghost {
    raft: Option<Box<raft::invariant::Ghost<Command>>>,
    multi_paxos: Option<Box<multi_paxos::invariant::Ghost<Command>>>,
    /// The lock as its specification has it: who holds it, and the greatest token.
    lock: Option<<FencedLock as Spec>::State>,
    /// The last entry whose notes were heard.
    heard: u64,
    /// By entry: what the first replica that came so far made of it.
    states: SharedVec<(u64, LockService)>,
    /// By client and number: when it asked for a lease.
    asked: SortedMap<(NodeId, u32), Micros>,
    /// By session: until when its latest confirmed lease lasts, in true time.
    promised: SortedMap<SessionId, Micros>,
    /// The last of the chain of updates, while it is whole.
    last: Option<Done>,
}

fn owner(session: SessionId) -> u64 {
    u64::from(session.client.0) << 32 | u64::from(session.number)
}

impl LocksWatch {
    /// Who believes to hold the lock now.
    pub fn believers(&self) -> impl Iterator<Item = &Span> {
        // Every client has one belief at most, and few begin after one that is still open.
        self.beliefs.iter().rev().take(64).filter(|span| span.until.is_none())
    }

    pub(super) fn see(&mut self, setup: &LocksSetup, seen: &Seen<'_, Participant>) {
        // Every replica carries out every entry: what it notes is heard from the first.
        let heard = if setup.backend == Backend::Single { 0 } else { self.ghost.heard };
        let repeated = |note: &Note| matches!(note, Note::Service(note) if note.index() <= heard);
        self.events.watch(seen, setup.servers(), |note| note.is_notable() && !repeated(note));
        let Some(node) = seen.outcome.node else { return };
        self.check_protocol(node, seen);
        for note in &seen.outcome.notes {
            match note {
                Note::Service(note) if note.index() > heard => {
                    self.ghost.heard = self.ghost.heard.max(note.index());
                    self.on_service(setup, note, seen);
                }
                Note::Storage(note) => self.on_storage(setup, note, seen),
                note if note.is_election() => self.events.mark(seen.at, MarkKind::Elected(node)),
                _ => {}
            }
        }
        match &seen.after.host(node).node {
            Participant::Client(_) => self.on_client(setup, node, seen),
            Participant::Instance(_) => self.on_instance(setup, seen),
            replica => {
                if let (Some(applied), Some(service)) = (replica.applied(), replica.service()) {
                    self.compare(setup, node, applied, service, seen.at);
                }
            }
        }
        for (id, answer) in &seen.outcome.replies {
            let client = seen.history.get(*id).expect("what was answered was asked").client;
            self.on_answer(setup, client, answer, seen);
        }
    }

    fn breaks(&mut self, at: Micros, invariant: &'static str, evidence: String) {
        if self.broken.is_none() {
            self.broken = Some((at, Violation { invariant, evidence }));
            self.events.mark(at, MarkKind::Broken);
        }
    }

    /// The invariants of the protocol below.
    fn check_protocol(&mut self, node: NodeId, seen: &Seen<'_, Participant>) {
        let forgot = seen.is_first_start() || matches!(seen.step, Step::Crash(..));
        let verdict = match &seen.after.host(node).node {
            Participant::Raft(after) => {
                let before = seen.before.filter(|_| !seen.is_first_start()).map(|host| &host.node);
                let before =
                    before.and_then(|node| if let Participant::Raft(replica) = node { Some(replica) } else { None });
                let ghost = self.ghost.raft.get_or_insert_default();
                ghost.observe(node, before.map(|replica| replica.log()), after.log())
            }
            Participant::MultiPaxos(after) => {
                let before = seen.before.filter(|_| !forgot).map(|host| &host.node);
                let before = before
                    .and_then(|node| if let Participant::MultiPaxos(replica) = node { Some(replica) } else { None });
                let left = seen.sent().filter_map(|envelope| match &envelope.message {
                    Message::MultiPaxos(message) => Some(message),
                    _ => None,
                });
                let ghost = self.ghost.multi_paxos.get_or_insert_default();
                // The leader's own proposals; those of clients are known since they were asked.
                for envelope in seen.sent() {
                    if let Message::MultiPaxos(multi_paxos::Message::Accept { payloads, .. }) = &envelope.message {
                        let is_own = |command: &&Command| matches!(command.ask, Ask::Expire { .. });
                        let commands = payloads.iter().filter_map(|payload| match payload {
                            multi_paxos::Payload::Command(command) => Some(command),
                            multi_paxos::Payload::Noop => None,
                        });
                        commands.filter(is_own).for_each(|command| ghost.observe_command(command));
                    }
                }
                ghost.observe(node, before.map(|replica| replica.log()), after.log(), left)
            }
            _ => return,
        };
        if let Err(Violation { invariant, evidence }) = verdict {
            self.breaks(seen.at, invariant, evidence);
        }
    }

    /// Replicas that have carried out the same entries are in the same state.
    fn compare(&mut self, setup: &LocksSetup, node: NodeId, applied: u64, service: &LockService, at: Micros) {
        let states = &self.ghost.states;
        if states.last().is_none_or(|(index, _)| applied > *index) {
            return self.ghost.states.push((applied, service.clone()));
        }
        let known = states.iter().rev().take_while(|(index, _)| *index >= applied).find(|(index, _)| *index == applied);
        if let Some((_, first)) = known.filter(|(_, first)| !first.agrees(service)) {
            let told = |service: &LockService| match service.holder() {
                Some(grant) => {
                    format!("{} holds the lock with token {}", setup.name(grant.session.client), grant.token)
                }
                None => "the lock is free".to_owned(),
            };
            let (first, here) = (told(first), told(service));
            self.breaks(at, SAME_STATE, format!("after entry {applied} {here} for {node}, and {first} for others"));
        }
    }

    fn on_service(&mut self, setup: &LocksSetup, note: &ServiceNote, seen: &Seen<'_, Participant>) {
        let at = seen.at;
        let name = |session: SessionId| setup.name(session.client);
        match *note {
            ServiceNote::Granted { session, token, .. } => {
                let (mut holder, greatest) = self.ghost.lock.unwrap_or_else(|| FencedLock.initial());
                let open = self.open_grant();
                if setup.backend == Backend::Single && open.is_some_and(|open| self.promise_over(open.session, at)) {
                    // The server had crashed, and could not say that it was over.
                    holder = None;
                }
                let action = FencedLockAction::Acquire { owner: owner(session), token: Some(token) };
                let stepped = FencedLock.step(&(holder, greatest), &action);
                if stepped.is_none() {
                    let (invariant, evidence) = match (holder, open) {
                        (Some(_), Some(open)) => (
                            ONE_HOLDER,
                            format!("{} was granted the lock while {} held it", name(session), name(open.session)),
                        ),
                        _ => {
                            let greatest = greatest.unwrap_or_default();
                            (TOKENS_GROW, format!("{} got token {token} after token {greatest}", name(session)))
                        }
                    };
                    self.breaks(at, invariant, evidence);
                }
                self.ghost.lock = Some(stepped.unwrap_or((Some(owner(session)), greatest.max(Some(token)))));
                self.end_grant(at);
                self.grants.push(Span { session, token: Some(token), from: at, until: None });
            }
            ServiceNote::Released { session, by, .. } => {
                if session != by {
                    let evidence = format!("{} released the lock that {} held", name(by), name(session));
                    self.breaks(at, HOLDER_RELEASES, evidence);
                }
                self.on_free(session, at);
            }
            ServiceNote::Expired { session, held: true, .. } => self.on_free(session, at),
            ServiceNote::Expired { .. }
            | ServiceNote::Queued { .. }
            | ServiceNote::Withdrawn { .. }
            | ServiceNote::ReleaseRefused { .. }
            | ServiceNote::CameLate { .. } => {}
        }
    }

    fn on_free(&mut self, session: SessionId, at: Micros) {
        let state = self.ghost.lock.unwrap_or_else(|| FencedLock.initial());
        let stepped = FencedLock.step(&state, &FencedLockAction::Release(owner(session)));
        self.ghost.lock = Some(stepped.unwrap_or((None, state.1)));
        self.end_grant(at);
    }

    fn open_grant(&self) -> Option<Span> {
        self.grants.last().filter(|span| span.until.is_none()).copied()
    }

    fn end_grant(&mut self, at: Micros) {
        if let Some(place) = self.grants.len().checked_sub(1) {
            let span = self.grants.get_mut(place).expect("at its place");
            span.until.get_or_insert(at);
        }
    }

    fn promise_over(&self, session: SessionId, at: Micros) -> bool {
        self.ghost.promised.get(&session).is_none_or(|until| *until <= at)
    }

    /// With independent servers, the lock is granted while a majority holds it for one session.
    fn on_instance(&mut self, setup: &LocksSetup, seen: &Seen<'_, Participant>) {
        let held = |id: NodeId| match &seen.after.host(id).node {
            Participant::Instance(instance) => instance.held().map(|(session, _)| session),
            _ => None,
        };
        let servers = setup.servers();
        let count = |session: SessionId| servers.iter().filter(|id| held(*id) == Some(session)).count();
        let granted = servers.iter().filter_map(held).find(|session| 2 * count(*session) > servers.len());
        let open = self.open_grant().map(|span| span.session);
        if granted != open {
            self.end_grant(seen.at);
            if let Some(session) = granted {
                self.grants.push(Span { session, token: None, from: seen.at, until: None });
            }
        }
    }

    fn on_storage(&mut self, setup: &LocksSetup, note: &StorageNote, seen: &Seen<'_, Participant>) {
        self.storage.push((seen.at, note.clone()));
        if let StorageNote::RefusesToken { update, .. } = note {
            debug_assert!(setup.clients().any(|client| client == update.client));
            self.events.mark(seen.at, MarkKind::Refused(update.client));
        }
    }

    fn on_client(&mut self, setup: &LocksSetup, client: NodeId, seen: &Seen<'_, Participant>) {
        self.note_questions(client, seen);
        let belief = |node: &Participant| node.client().and_then(|client| client.belief());
        let after = belief(&seen.after.host(client).node);
        let open = self.beliefs.iter().rev().take(64).position(|span| span.session.client == client);
        let open = open.map(|back| self.beliefs.len() - 1 - back);
        let open = open.filter(|place| self.beliefs.get(*place).is_some_and(|span| span.until.is_none()));
        let before = open.and_then(|place| self.beliefs.get(place)).map(|span| span.session);
        if let Some(Belief { session, lease, .. }) = after
            && let Some(asked) = self.ghost.asked.get(&(client, lease.confirmed_by))
        {
            let until = *asked + setup.lease;
            self.ghost.promised.insert(session, until);
        }
        if before == after.map(|belief| belief.session) {
            return;
        }
        if let Some(place) = open {
            self.beliefs.get_mut(place).expect("at its place").until = Some(seen.at);
        }
        if let Some(Belief { session, token, .. }) = after {
            self.on_belief(setup, session, seen.at);
            self.beliefs.push(Span { session, token, from: seen.at, until: None });
        }
    }

    /// When the client asked for a lease, and which it gave back.
    fn note_questions(&mut self, client: NodeId, seen: &Seen<'_, Participant>) {
        let told_over = |note: &Note| matches!(note, Note::Client(ClientNote::ToldOver { held: true, .. }));
        let told_over = seen.outcome.notes.iter().any(told_over);
        for envelope in seen.sent() {
            match &envelope.message {
                Message::Service(ServiceMessage::Ask { number, ask, .. }) => {
                    if let Some(ghost) = &mut self.ghost.multi_paxos {
                        ghost.observe_command(&Command { client, ask: ask.clone() });
                    }
                    match ask {
                        Ask::Acquire { .. } | Ask::KeepAlive { .. } => {
                            self.ghost.asked.insert((client, *number), seen.at);
                        }
                        Ask::Release { session } if !told_over => _ = self.ghost.promised.remove(session),
                        Ask::Release { .. } | Ask::Expire { .. } => {}
                    }
                }
                Message::Redlock(redlock::Message::Lock { round, .. }) => {
                    self.ghost.asked.insert((client, *round), seen.at);
                }
                Message::Redlock(redlock::Message::Unlock { session }) => _ = self.ghost.promised.remove(session),
                _ => {}
            }
        }
        // What is older than a minute was answered, or never will be.
        let recent = |at: &Micros| seen.at.since(*at) < Micros::from_ms(120_000);
        self.ghost.asked.retain(|_, at| recent(at));
        self.ghost.promised.retain(|_, until| *until > seen.at);
    }

    /// A client begins to believe that it holds the lock.
    fn on_belief(&mut self, setup: &LocksSetup, session: SessionId, at: Micros) {
        let broken = self.ghost.promised.iter().find(|(other, until)| **other != session && **until > at);
        if let Some((other, until)) = broken.map(|(other, until)| (*other, *until)) {
            let early = until.since(at).as_ms();
            let (name, other) = (setup.name(session.client), setup.name(other.client));
            self.breaks(at, LEASES_KEPT, format!("{name} holds the lock {early} ms before {other}'s lease is over"));
        }
        let believers: Vec<NodeId> = self.believers().map(|span| span.session.client).collect();
        for first in believers.into_iter().filter(|first| *first != session.client) {
            self.overlaps.push(Overlap { at, first, second: session.client });
        }
    }

    fn on_answer(
        &mut self,
        setup: &LocksSetup,
        client: NodeId,
        answer: &Answer<Response, Refusal>,
        seen: &Seen<'_, Participant>,
    ) {
        match answer {
            Answer::Unknown => self.events.mark_once(seen.at, MarkKind::Unknown(client)),
            Answer::Done(Response::Lost) | Answer::Refused(_) => {
                self.events.mark_once(seen.at, MarkKind::Refused(client));
            }
            Answer::Done(Response::Updated { update, token, read }) => {
                let done = Done { update: *update, token: *token, read: read.clone() };
                if self.corruption.is_some() {
                    return;
                }
                if done.extends(self.ghost.last.as_ref()) {
                    self.ghost.last = Some(done);
                    return;
                }
                match integrity::judge(seen.history) {
                    Ok(()) => self.ghost.last = integrity::updates(seen.history).pop(),
                    Err(corruption) => {
                        self.breaks(seen.at, FILE_INTEGRITY, evidence(setup, &corruption));
                        self.corruption = Some((seen.at, corruption));
                    }
                }
            }
            Answer::Done(_) => {}
        }
    }
}

/// A corruption in words.
fn evidence(setup: &LocksSetup, Corruption { earlier, later, unread }: &Corruption) -> String {
    let shown = |done: &Done| {
        let token = done.token.map_or(String::new(), |token| format!(" with token {token}"));
        format!("{}'s update{token}", setup.name(done.update.client))
    };
    match (earlier, unread.len()) {
        (Some(earlier), 1) => format!("{} was made without {}, so one of them is lost", shown(later), shown(earlier)),
        (_, 0) => format!("{} came after one with a greater token", shown(later)),
        (_, count) => format!("{} was made without {count} that come before it", shown(later)),
    }
}
