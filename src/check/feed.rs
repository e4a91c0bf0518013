//! A feed's history, as the checkers see it: all of it, or as of an earlier moment.

use std::sync::Arc;

use super::call::Call;
use super::spec::feed::FeedAction;
use crate::history::{History, Outcome};
use crate::node::{Answer, Micros, NodeId, RequestId};
use crate::sorted::SortedMap;
use crate::store::feed::{Post, PostId, Refusal, Request, Response};

/// What the clients of a feed saw.
pub type FeedHistory = History<Request, Response, Refusal>;

/// What a feed's history says as of a moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FeedCalls {
    /// Posts and reads, by invocation; times in microseconds of the run. Refused ones are left out, and so are reads without
    /// an answer: they say nothing.
    pub calls: Vec<Call<FeedAction>>,
    /// What each of them is called in the run.
    pub ids: Vec<RequestId>,
}

/// What was known of `history` at `until`: what returned later had not returned then.
pub fn calls(history: &FeedHistory, until: Micros) -> FeedCalls {
    let mut known = FeedCalls::default();
    let mut posted: SortedMap<NodeId, u32> = SortedMap::new();
    for operation in history.iter().take_while(|operation| operation.invoked <= until) {
        let (ended, answer) = answer(&operation.outcome);
        let (ended, answer) = if ended.is_some_and(|at| at <= until) { (ended, answer) } else { (None, None) };
        let is_refused = matches!(answer, Some(Answer::Refused(_)));
        let action = match &operation.request {
            Request::Attach(_) | Request::Operate(_) => continue,
            Request::Read => match answer {
                Some(Answer::Done(Response::Posts(posts))) => FeedAction::Read(names(posts)),
                _ => continue,
            },
            Request::Post(_) => {
                // A phone that was too busy did not even number the post. It says so at once.
                if matches!(operation.outcome, Outcome::Refused { refusal: Refusal::Busy, .. }) {
                    continue;
                }
                let number = posted.or_default(operation.client);
                *number += 1;
                FeedAction::Post(PostId { author: operation.client, number: *number - 1 })
            }
        };
        if is_refused {
            continue;
        }
        known.calls.push(Call {
            process: operation.client.0.into(),
            object: 0,
            action,
            invoked: operation.invoked.0,
            returned: ended.map(|at| at.0),
        });
        known.ids.push(operation.id);
    }
    known
}

/// When an operation's fate became known, and what it is.
fn answer(outcome: &Outcome<Response, Refusal>) -> (Option<Micros>, Option<Answer<&Response, &Refusal>>) {
    match outcome {
        Outcome::Pending | Outcome::Unknown { later: None | Some((_, Answer::Unknown)), .. } => (None, None),
        Outcome::Done { at, response } => (Some(*at), Some(Answer::Done(response))),
        Outcome::Refused { at, refusal } => (Some(*at), Some(Answer::Refused(refusal))),
        Outcome::Unknown { later: Some((at, Answer::Done(response))), .. } => (Some(*at), Some(Answer::Done(response))),
        Outcome::Unknown { later: Some((at, Answer::Refused(refusal))), .. } => {
            (Some(*at), Some(Answer::Refused(refusal)))
        }
    }
}

fn names(posts: &Arc<[Post]>) -> Arc<[PostId]> {
    posts.iter().map(|post| post.id).collect()
}
