//! A feed's history, as the checkers see it: all of it, or as of an earlier moment.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::spec::feed::{FeedAction, Order};
use crate::history::{History, Operation, Outcome};
use crate::node::{Answer, Micros, NodeId, RequestId};
use crate::sorted::SortedMap;
use crate::store::feed::{Place, Post, PostId, Request, Response};
use crate::store::objects::{Beside, Change, Values};
use crate::store::service::Refusal;

/// What the clients of a feed saw.
pub type FeedHistory = History<Request, Response, Refusal>;

/// One operation of them.
pub type FeedOperation = Operation<Request, Response, Refusal>;

/// A post or a read, with what is known of its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its name in the run.
    pub id: RequestId,
    /// Whose it is.
    pub client: NodeId,
    /// When it began.
    pub invoked: Micros,
    /// What is asked.
    pub asked: Question,
    /// When its fate became known, and what it is.
    pub ended: Option<(Micros, Fate)>,
}

/// What an operation asks of the feed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Question {
    /// The newest posts, and what is shown beside them.
    Read,
    /// To post this.
    Post(Arc<str>),
    /// To change another object.
    Change(Change),
}

impl Question {
    /// Whether its phone numbers it.
    pub fn is_write(&self) -> bool {
        !matches!(self, Self::Read)
    }
}

/// How a post or a read ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Fate {
    /// It did not happen.
    Refused,
    /// It is in the feed, at this place.
    Posted(Place),
    /// What it returned.
    Read(Shown),
    /// The change took effect.
    Changed,
}

/// What a read returned.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Shown {
    /// Oldest first.
    pub posts: Arc<[PostId]>,
    /// The place of the oldest of them if the answer is full: what comes before it is left out.
    pub from: Option<Place>,
    /// What it showed of other objects, once anything was changed.
    pub values: Option<Arc<Values>>,
}

impl Shown {
    /// What an answer shows.
    pub fn new(posts: &[Post], from: Option<Place>, beside: Option<&Beside>) -> Self {
        let values = beside.map(|beside| Arc::new(beside.values.clone()));
        Self { posts: posts.iter().map(|post| post.id).collect(), from, values }
    }

    /// Whether a post at that place is missing: the answer lacks it and is not full of later ones.
    pub fn misses(&self, place: Place) -> bool {
        self.from.is_none_or(|from| from < place) && !self.posts.contains(&place.post)
    }
}

/// What of an operation is for the checkers; nothing if it is not about posts, or if the phone was too busy: then it did not
/// even number the post, and said so at once.
pub fn entry(operation: &FeedOperation) -> Option<Entry> {
    let asked = match &operation.request {
        Request::Attach(_) | Request::Admin(_) => return None,
        Request::Read => Question::Read,
        _ if matches!(operation.outcome, Outcome::Refused { refusal: Refusal::Busy, .. }) => return None,
        Request::Post(text) => Question::Post(text.clone()),
        Request::Change(change) => Question::Change(change.clone()),
    };
    let FeedOperation { id, client, invoked, .. } = *operation;
    Some(Entry { id, client, invoked, asked, ended: ended(&operation.outcome) })
}

/// These operations but for moves, what operators want and what a phone was too busy for; those that write with the name of what they
/// write. They are all of a run from its beginning, by invocation.
pub fn numbered<'a>(
    operations: impl Iterator<Item = &'a FeedOperation>,
) -> impl Iterator<Item = (Option<PostId>, &'a FeedOperation)> {
    let mut written: SortedMap<NodeId, u32> = SortedMap::new();
    operations.filter_map(move |operation| {
        operation
            .request
            .deed()
            .filter(|_| !matches!(operation.outcome, Outcome::Refused { refusal: Refusal::Busy, .. }))?;
        let name = operation.request.is_write().then(|| {
            let number = written.or_default(operation.client);
            *number += 1;
            PostId { author: operation.client, number: *number - 1 }
        });
        Some((name, operation))
    })
}

/// When an operation's fate became known, and what it is.
pub fn ended(outcome: &Outcome<Response, Refusal>) -> Option<(Micros, Fate)> {
    let (at, answer) = match outcome {
        Outcome::Pending | Outcome::Unknown { later: None | Some((_, Answer::Unknown)), .. } => return None,
        Outcome::Done { at, response } => (*at, Some(response)),
        Outcome::Refused { at, .. } => (*at, None),
        Outcome::Unknown { later: Some((at, Answer::Done(response))), .. } => (*at, Some(response)),
        Outcome::Unknown { later: Some((at, Answer::Refused(_))), .. } => (*at, None),
    };
    let fate = match answer {
        None => Fate::Refused,
        Some(Response::Posts { posts, from, beside }) => Fate::Read(Shown::new(posts, *from, beside.as_deref())),
        Some(Response::Posted(place, _)) => Fate::Posted(*place),
        Some(Response::Changed(_)) => Fate::Changed,
        Some(Response::Attached | Response::AdminDone) => return None,
    };
    Some((at, fate))
}

/// What a feed's history says as of a moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FeedCalls {
    /// Posts and reads, by invocation; times in microseconds of the run. Refused ones are left out, and so are reads without
    /// an answer: they say nothing.
    pub calls: Vec<Call<FeedAction>>,
    /// What each of them is called in the run.
    pub ids: Vec<RequestId>,
}

/// Where a feed's posts go, as far as its history tells, if its store gives each a place of its own (`by_place`).
pub fn order(history: &FeedHistory, by_place: bool) -> Order {
    if !by_place {
        return Order::AtTheEnd;
    }
    let mut ranks = SortedMap::new();
    for operation in history.iter() {
        if let Some((_, Fate::Posted(place) | Fate::Read(Shown { from: Some(place), .. }))) = ended(&operation.outcome)
        {
            ranks.insert(place.post, place.rank);
        }
    }
    Order::ByPlace(Arc::new(ranks))
}

/// What was known of `history` at `until`: what returned later had not returned then.
pub fn calls(history: &FeedHistory, until: Micros) -> FeedCalls {
    known(&history.iter().filter_map(entry).collect::<Vec<_>>(), until)
}

/// What was known of these operations, which are ordered by invocation, at `until`.
pub fn known(entries: &[Entry], until: Micros) -> FeedCalls {
    let mut known = FeedCalls::default();
    let mut written: SortedMap<NodeId, u32> = SortedMap::new();
    for entry in entries.iter().take_while(|entry| entry.invoked <= until) {
        let number = if entry.asked.is_write() { written.or_default(entry.client) } else { &mut 0 };
        if let Some(call) = call(entry, *number, until) {
            known.calls.push(call);
            known.ids.push(entry.id);
        }
        *number += 1;
    }
    known
}

/// What was known of one operation, which had begun, at `until`; a post is the `number`th thing that its author wrote. None if it
/// says nothing of posts: if it was refused, is a read without an answer, or a change.
pub fn call(entry: &Entry, number: u32, until: Micros) -> Option<Call<FeedAction>> {
    let Entry { client, invoked, asked, ended, .. } = entry;
    let ended = ended.as_ref().filter(|(at, _)| *at <= until);
    let action = match (asked, ended.map(|(_, fate)| fate)) {
        (_, Some(Fate::Refused)) | (Question::Change(_), _) => return None,
        (Question::Post(_), _) => FeedAction::Post(PostId { author: *client, number }),
        (Question::Read, Some(Fate::Read(shown))) => FeedAction::Read(Arc::clone(&shown.posts)),
        (Question::Read, _) => return None,
    };
    let returned = ended.map(|(at, _)| at.0);
    Some(Call { process: client.0.into(), object: 0, action, invoked: invoked.0, returned })
}
