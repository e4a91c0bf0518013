//! Whether the file is what the guarded updates make of it, judged from what the clients saw.
//!
//! **Specification.** The file is a list of updates, empty at first. An update under the lock reads the whole file and adds itself at the
//! end. So the updates that took effect, in the order of their tokens, form a chain: each has read exactly what the one before it
//! wrote. Between two of them there may be some of which no client knows whether they took effect.
//!
//! Without tokens (Redlock has none) the length of what was read stands for them: in a chain no two are equal.

use std::collections::BTreeSet;

use super::client::{Request, Response};
use super::storage::{File, UpdateId};
use crate::history::{History, Outcome};
use crate::node::Answer;
use crate::store::service::Refusal;

/// The clients' operations.
pub type LockHistory = History<Request, Response, Refusal>;

/// An update that took effect, as its client knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// Which.
    pub update: UpdateId,
    /// By this right, if there are tokens.
    pub token: Option<u64>,
    /// What was in the file as it was read.
    pub read: File,
}

/// Two updates that do not follow from each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corruption {
    /// The earlier one; none if the later one is the first of all.
    pub earlier: Option<Done>,
    /// What did not see it.
    pub later: Done,
    /// Updates that were confirmed, come before the later one by their tokens, and were not read for it.
    pub unread: Vec<UpdateId>,
}

impl Done {
    /// Its place among all: by token, then by number.
    fn place(&self) -> (u64, u32) {
        (self.token.unwrap_or(self.read.len() as u64), self.update.number)
    }

    /// Whether it comes after `earlier`, and has read exactly what that one wrote. Then a whole chain stays whole.
    pub fn extends(&self, earlier: Option<&Self>) -> bool {
        let Some(earlier) = earlier else { return self.read.is_empty() };
        let wrote = self.read.split_last() == Some((&earlier.update, &earlier.read[..]));
        wrote && self.place() > earlier.place()
    }
}

/// The updates that took effect, in the order of their tokens.
pub fn updates(history: &LockHistory) -> Vec<Done> {
    let mut done: Vec<Done> = Vec::new();
    for operation in history.iter() {
        let response = match &operation.outcome {
            Outcome::Done { response, .. } => response,
            Outcome::Unknown { later: Some((_, Answer::Done(response))), .. } => response,
            _ => continue,
        };
        if let Response::Updated { update, token, read } = response {
            done.push(Done { update: *update, token: *token, read: read.clone() });
        }
    }
    done.sort_by_key(Done::place);
    done
}

/// Where the chain of updates breaks first, if it does.
///
/// # Errors
/// The two updates between which it breaks.
pub fn judge(history: &LockHistory) -> Result<(), Box<Corruption>> {
    let done = updates(history);
    let known: BTreeSet<UpdateId> = done.iter().map(|done| done.update).collect();
    let mut earlier: Option<&Done> = None;
    for later in &done {
        let expected = earlier.map_or(0, |earlier| earlier.read.len() + 1);
        let wrote = earlier.iter().flat_map(|earlier| earlier.read.iter().chain([&earlier.update]));
        let follows = later.read.len() >= expected && later.read.iter().zip(wrote.clone()).all(|(a, b)| a == b);
        // What no client knows of may have come between.
        let between = later.read.get(expected..).unwrap_or_default();
        if !follows || between.iter().any(|update| known.contains(update)) {
            let unread =
                wrote.filter(|update| known.contains(update) && !later.read.contains(update)).copied().collect();
            return Err(Box::new(Corruption { earlier: earlier.cloned(), later: later.clone(), unread }));
        }
        earlier = Some(later);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Micros, NodeId, RequestId};

    /// Updates `(client, number, token, read)`, each with what it read as (client, number).
    type Told<'a> = (u8, u32, Option<u64>, &'a [(u8, u32)]);

    fn history(told: &[Told<'_>]) -> LockHistory {
        let mut history = LockHistory::default();
        let id = |(client, number): (u8, u32)| UpdateId { client: NodeId(client), number };
        for (nth, (client, number, token, read)) in told.iter().enumerate() {
            let request = RequestId(nth as u32);
            history.invoke(request, NodeId(*client), Request::Update, Micros(nth as u64));
            let read: File = read.iter().map(|read| id(*read)).collect();
            let response = Response::Updated { update: id((*client, *number)), token: *token, read };
            history.answer(request, Answer::Done(response), Micros(nth as u64));
        }
        history
    }

    #[test]
    fn a_chain_in_the_order_of_tokens_is_whole_whatever_the_order_of_answers() {
        let second = (2, 1, Some(9), &[(1, 1)][..]);
        let first = (1, 1, Some(4), &[][..]);
        assert_eq!(judge(&history(&[second, first])), Ok(()));
        let unknown_between = (2, 2, Some(12), &[(1, 1), (2, 1), (3, 7)][..]);
        assert_eq!(judge(&history(&[first, second, unknown_between])), Ok(()));
        assert_eq!(judge(&history(&[])), Ok(()));
    }

    #[test]
    fn a_write_that_did_not_see_another_is_found_and_names_what_it_has_not_read() {
        let id = |client, number| UpdateId { client: NodeId(client), number };
        let late =
            judge(&history(&[(1, 1, Some(4), &[]), (2, 1, Some(9), &[])])).expect_err("the second read too early");
        assert_eq!((late.later.update, late.unread), (id(2, 1), vec![id(1, 1)]));
        // The third saw the second only: the first was overwritten.
        let third = judge(&history(&[(1, 1, Some(4), &[]), (2, 1, Some(9), &[(1, 1)]), (3, 1, Some(11), &[(2, 1)])]));
        assert_eq!(third.expect_err("the first is gone").unread, [id(1, 1)]);
        // A later token's update stood in the file already.
        assert!(judge(&history(&[(1, 1, Some(4), &[(2, 1)]), (2, 1, Some(9), &[])])).is_err());
    }

    #[test]
    fn without_tokens_two_that_read_the_same_break_the_chain() {
        assert_eq!(judge(&history(&[(1, 1, None, &[]), (2, 1, None, &[(1, 1)])])), Ok(()));
        assert!(judge(&history(&[(1, 1, None, &[]), (2, 1, None, &[])])).is_err());
    }
}
