//! The history of a feed's operations, as view data.

use cap_lab::history::{Operation, Outcome};
use cap_lab::node::{Micros, NodeId, RequestId};
use cap_lab::referee::client::Client;
use cap_lab::spacetime::End;
use cap_lab::spacetime::carried::{Carried, Carrier};
use cap_lab::store::feed::{Deed, PostId, Request, Response};
use cap_lab::store::service::Refusal;
use cap_lab::world::feed::FeedRun;

use super::{common, phones};
use crate::ui::history::view::{
    Bar, BarState, CarriedLine, CarriedView, HistoryRow, HistoryView, OperationView, OrderPoint,
};

type FeedOperation = Operation<Request, Response, Refusal>;

/// An operation that began earlier than this before a moment was over by then: a phone waits 1.2 s at most for each of the
/// four things that it may have been asked for.
const LONGEST: Micros = Micros::from_ms(6_000);

/// Of an order, so many operations are shown at most.
const POINTS_MAX: usize = 600;

/// What is looked at, and from when.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub(super) from: Micros,
    pub(super) to: Micros,
    /// The play head.
    pub(super) now: Micros,
}

/// The history as drawn is decided by this: the window, how much was asked and answered, how many faults began and ended, the
/// evidence against it and the order that explains it.
pub(super) type Stamp = (Micros, Micros, usize, u32, Option<Micros>, usize, usize, usize);

pub(super) fn stamp(run: &FeedRun, window: Window, client: &Client) -> Stamp {
    let Window { from, to, now } = window;
    let troubles = &run.watch().events.troubles;
    let over = troubles.iter().rev().take(24).filter(|trouble| trouble.until.is_some()).count();
    let ended = run.watch().meters.ended();
    let broken = client.proof(now).map(|proof| proof.by);
    let placed = placed(client, now);
    (from, to, run.history().len(), ended, broken, placed, troubles.len(), over)
}

/// How many operations of the order took effect up to `now`.
fn placed(client: &Client, now: Micros) -> usize {
    client.order().partition_point(|(_, at)| *at <= now)
}

/// The operations that prove the history impossible, if it is.
fn proof(client: &Client, now: Micros) -> Vec<RequestId> {
    client.proof(now).iter().flat_map(|proof| &proof.operations).map(|(id, _)| *id).collect()
}

/// One row per person with the operations of the window, those of the evidence marked.
pub(super) fn view(run: &FeedRun, window: Window, client: &Client) -> HistoryView {
    let setup = run.world().setup;
    let evidence = proof(client, window.now);
    let begin = window.from.since(LONGEST);
    let mut rows: Vec<HistoryRow> =
        setup.phones().map(|phone| HistoryRow { name: setup.person(phone).to_owned(), bars: Vec::new() }).collect();
    let row = |phone: NodeId| usize::from(phone.0 - setup.replicas);
    for operation in run.history().since(begin).take_while(|operation| operation.invoked <= window.to) {
        let is_seen = operation.ended().is_none_or(|ended| ended >= window.from);
        if let Some(bar) = bar(run, operation, &evidence).filter(|_| is_seen) {
            rows[row(operation.client)].bars.push(bar);
        }
    }
    // What has a proof against it has no order; the one known from before would say otherwise.
    let known = if evidence.is_empty() { placed(client, window.now) } else { 0 };
    let order = &client.order()[..known];
    let first = order.partition_point(|(_, at)| *at < window.from);
    let last = order.partition_point(|(_, at)| *at <= window.to);
    // One more on either side, for the line that leads there. Of very many, none could be told from the next.
    let shown = if last - first > POINTS_MAX { 0..0 } else { first.saturating_sub(1)..(last + 1).min(known) };
    let point = |&(id, at): &(RequestId, Micros)| {
        let client = run.history().get(id)?.client;
        Some(OrderPoint { row: row(client), id: id.0, at })
    };
    let points = order[shown].iter().filter_map(point).collect();
    let decisive = decisive(run, client, window.now).and_then(|ids| {
        let [post, read] = ids.map(|id| {
            let operation = run.history().get(id)?;
            Some((row(operation.client), bar(run, operation, &evidence)?))
        });
        Some([post?, read?])
    });
    let faults = common::faults(&run.watch().events, (window.from, window.to), &|id| setup.name(id));
    HistoryView { rows, points, faults, decisive }
}

/// If that makes the case: a post, and a read that began later and misses it.
fn decisive(run: &FeedRun, client: &Client, now: Micros) -> Option<[RequestId; 2]> {
    let [post, read] = client.proof(now)?.decisive[..] else { return None };
    let asks = |id, what: fn(&Request) -> bool| run.history().get(id).is_some_and(|operation| what(&operation.request));
    let is_it =
        asks(post, |request| matches!(request, Request::Post(_))) && asks(read, |request| *request == Request::Read);
    is_it.then_some([post, read])
}

/// Whether a phone was not too busy for it.
fn was_taken(operation: &FeedOperation) -> bool {
    !matches!(operation.outcome, Outcome::Refused { refusal: Refusal::Busy, .. })
}

fn bar(run: &FeedRun, operation: &FeedOperation, evidence: &[RequestId]) -> Option<Bar> {
    let write = operation.request.deed()? != Deed::Read;
    let state = match &operation.outcome {
        _ if !was_taken(operation) => return None,
        Outcome::Pending => BarState::Pending,
        Outcome::Done { .. } if phones::stale(run, operation.id).is_some() => BarState::Stale,
        Outcome::Done { .. } => BarState::Done,
        Outcome::Refused { .. } => BarState::Refused,
        Outcome::Unknown { .. } => BarState::Unknown,
    };
    let (from, to) = (operation.invoked, operation.ended());
    Some(Bar { id: operation.id.0, write, from, to, state, evidence: evidence.contains(&operation.id) })
}

/// One operation in words, as known at `now`.
pub(super) fn operation(run: &FeedRun, id: RequestId, now: Micros, client: &Client) -> Option<OperationView> {
    let operation = run.history().get(id)?;
    let Bar { id: name, state, from, to, .. } = bar(run, operation, &[])?;
    let who = run.world().setup.person(operation.client);
    let title = match &operation.request {
        Request::Post(text) => format!("{who} posts “{text}”"),
        Request::Change(change) => format!("{who} {}", phones::changes(run.world().setup, operation.client, change)),
        _ => format!("{who} reads"),
    };
    let (outcome, saw) = outcome(run, operation);
    let ids = proof(client, now);
    let evidence = match decisive(run, client, now) {
        Some([post, read]) if read == id => {
            format!("Decisive: it began after {} was confirmed, and does not show it.", quoted(run, post))
        }
        Some([post, read]) if post == id => {
            let reader = run.history().get(read).map_or("", |read| run.world().setup.person(read.client));
            format!("Decisive: it was confirmed before {reader}'s read began, which does not show it.")
        }
        _ if ids.contains(&id) => "Part of the evidence: what decides it has seen it.".to_owned(),
        _ => String::new(),
    };
    let known = if ids.is_empty() { placed(client, now) } else { 0 };
    let place = client.order()[..known].iter().position(|(other, _)| *other == id).map(|place| place + 1);
    Some(OperationView { id: name, title, state, from, to, outcome, saw, place, evidence })
}

/// What came of an operation, and what it showed its person.
fn outcome(run: &FeedRun, operation: &FeedOperation) -> (String, String) {
    let after = |at: &Micros| phones::seconds(at.since(operation.invoked));
    match &operation.outcome {
        Outcome::Pending => ("No answer yet".to_owned(), String::new()),
        Outcome::Done { at, response: Response::Posts { posts, .. } } => {
            let newest: Vec<String> = posts.iter().rev().take(3).map(|post| named(run, post.id, &post.text)).collect();
            let count = phones::count(posts.len() as u32, "post");
            let saw = if posts.is_empty() { count } else { format!("{count}, the newest: {}", newest.join(", ")) };
            let missed = phones::stale(run, operation.id).map_or(String::new(), |stale| {
                let (missed, behind) = (phones::count(stale.missed, "post"), phones::seconds(stale.behind));
                format!(". It misses {missed}, confirmed up to {behind} before it began")
            });
            (format!("Answered after {}{missed}", after(at)), saw)
        }
        Outcome::Done { at, .. } => (format!("Confirmed after {}", after(at)), String::new()),
        Outcome::Refused { at, refusal } => {
            let (_, why) = phones::refusal_words(*refusal, operation.request.deed().unwrap_or(Deed::Read));
            (format!("Refused after {}. {why}", after(at)), String::new())
        }
        Outcome::Unknown { at, later } => {
            let later = match later {
                None => "it may have happened, or may yet, or never".to_owned(),
                Some((at, _)) => format!("word came {} later", phones::seconds(at.since(operation.invoked))),
            };
            (format!("The phone gave up after {}: {later}", after(at)), String::new())
        }
    }
}

/// "Bo's “Rain again”".
fn named(run: &FeedRun, post: PostId, text: &str) -> String {
    format!("{}'s “{text}”", run.world().setup.person(post.author))
}

fn quoted(run: &FeedRun, id: RequestId) -> String {
    let operation = run.history().get(id).expect("an operation of this run");
    let text = if let Request::Post(text) = &operation.request { text } else { "" };
    format!("{}'s “{text}”", run.world().setup.person(operation.client))
}

/// What carried an operation, in words: first what should have brought what it missed. Messages of one kind that one node sent at once are one line, and so are those of one
/// kind to one node, if nothing else was sent in between.
pub(super) fn carried(run: &FeedRun, operation: &FeedOperation, carried: &Carried, now: Micros) -> CarriedView {
    let setup = run.world().setup;
    let name = |id: NodeId| setup.name(id);
    let (mut carriers, others): (Vec<&Carrier>, Vec<&Carrier>) = carried.carriers.iter().partition(|one| one.missed);
    carriers.extend(others);
    let mut lines: Vec<CarriedLine> = Vec::new();
    let mut rest = &carriers[..];
    while let Some(&first) = rest.first() {
        let alike = |other: &Carrier| {
            let same = (other.message.kind, fate(other)) == (first.message.kind, fate(first));
            same && other.brought == first.brought && other.missed == first.missed
        };
        let count =
            |same: &dyn Fn(&Carrier) -> bool| rest.iter().take_while(|other| alike(other) && same(other)).count();
        let at_once =
            |other: &Carrier| (other.message.from, other.message.sent) == (first.message.from, first.message.sent);
        let (there, back) = (count(&at_once), count(&|other| other.message.to == first.message.to));
        let (line, after) = rest.split_at(there.max(back));
        let names = |pick: fn(&Carrier) -> NodeId| {
            let names: Vec<String> = line.iter().map(|carrier| name(pick(carrier))).collect();
            names.join(", ")
        };
        let (from, to) = if there >= back {
            (name(first.message.from), names(|carrier| carrier.message.to))
        } else {
            (names(|carrier| carrier.message.from), name(first.message.to))
        };
        let note = match first {
            Carrier { missed: true, .. } => format!("{}: what it misses", fate(first)),
            Carrier { brought: 1.., .. } => {
                let each = if line.len() > 1 { " each" } else { "" };
                format!("brought {}{each}", phones::count(first.brought, "post"))
            }
            _ => fate(first).to_owned(),
        };
        let lost = matches!(first.message.end, End::Lost { .. });
        lines.push(CarriedLine {
            at: first.message.sent,
            text: format!("{} {from} → {to}", first.message.kind),
            note,
            lost,
        });
        rest = after;
    }
    let begun = carriers.iter().map(|carrier| carrier.message.sent).min().unwrap_or(operation.invoked);
    let arrivals = carriers.iter().filter_map(|carrier| carrier.arrived);
    let over = arrivals.chain([operation.ended().unwrap_or(now)]).max().unwrap_or(now);
    CarriedView {
        lines,
        count: carriers.iter().filter(|carrier| !carrier.missed).count() as u32,
        rule: rule(run, operation, carried.earlier),
        flights: carriers.iter().map(|carrier| carrier.message.id).collect(),
        from: begun.min(operation.invoked),
        to: over,
    }
}

/// What became of a message, if it did not arrive.
fn fate(carrier: &Carrier) -> &'static str {
    match carrier.message.end {
        End::Arrived(_) if carrier.missed => "too late",
        End::Arrived(_) => "",
        End::Lost { .. } => "lost",
        End::Due(_) => "on its way",
    }
}

/// Which messages count.
fn rule(run: &FeedRun, operation: &FeedOperation, earlier: u32) -> String {
    let chain = match &operation.outcome {
        Outcome::Done { .. } | Outcome::Refused { .. } => {
            "on a chain of cause and effect from the request to its answer"
        }
        Outcome::Pending | Outcome::Unknown { .. } => "caused by the request",
    };
    let mut rule = format!("Those {chain} (vector clocks) that carry or acknowledge it");
    if matches!(operation.request, Request::Read) && !run.world().store.is_linearizable() {
        rule += ", and those that first brought its replica what it shows";
        if earlier > 0 {
            rule += &format!("; {} came earlier", phones::count(earlier, "post"));
        }
    }
    rule + "."
}
