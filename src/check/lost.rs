//! Lost posts: confirmed once, and found by nobody any more. Judged from the history alone.

use super::feed::{Entry, Fate, FeedHistory, Shown, ended, entry, numbered};
use crate::node::Micros;
use crate::store::feed::{Place, PostId};

/// The confirmed posts that every read misses which began at `since` or later, and after they were confirmed; at least one such
/// read. What a full read leaves out because it comes before its oldest post is not missed.
pub fn lost(history: &FeedHistory, since: Micros) -> Vec<PostId> {
    let entries: Vec<Entry> = history.iter().filter_map(entry).collect();
    let mut found = Vec::new();
    for (post, operation) in numbered(history.iter()) {
        let (Some(post), Some((at, Fate::Posted(place)))) = (post, ended(&operation.outcome)) else { continue };
        let reads = reads_after(&entries, since.max(at));
        let (seen, missed) = reads.fold((false, false), |(seen, missed), shown| {
            (seen || shown.posts.contains(&post), missed || shown.misses(Place { post, ..place }))
        });
        if missed && !seen {
            found.push(post);
        }
    }
    found
}

/// What the reads showed that began after `moment`, or at it.
fn reads_after(entries: &[Entry], moment: Micros) -> impl Iterator<Item = &Shown> {
    entries.iter().filter(move |entry| entry.invoked >= moment).filter_map(|entry| match &entry.ended {
        Some((_, Fate::Read(shown))) => Some(shown),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Answer, NodeId, RequestId};
    use crate::store::conflict::Hybrid;
    use crate::store::feed::{Post, Request, Response};

    const ANA: NodeId = NodeId(5);

    fn id(number: u32) -> PostId {
        PostId { author: ANA, number }
    }

    /// Two confirmed posts, then reads of these at these times.
    fn history(reads: &[(u64, &[u32])]) -> FeedHistory {
        let mut history = FeedHistory::default();
        let mut request = 0;
        let mut ask = |history: &mut FeedHistory, at: u64, what: Request, answer: Response| {
            history.invoke(RequestId(request), ANA, what, Micros(at));
            history.answer(RequestId(request), Answer::Done(answer), Micros(at + 5));
            request += 1;
        };
        for number in 0..2 {
            let place = Place { rank: number.into(), post: id(number) };
            ask(
                &mut history,
                10 * u64::from(number),
                Request::Post("".into()),
                Response::Posted(place, Hybrid::default()),
            );
        }
        for (at, numbers) in reads {
            let post = |number: &u32| Post { id: id(*number), text: "".into(), written: Micros::ZERO };
            let posts = numbers.iter().map(post).collect();
            ask(&mut history, *at, Request::Read, Response::Posts { posts, from: None, beside: None });
        }
        history
    }

    #[test]
    fn what_every_later_read_misses_is_lost() {
        let judged = |reads: &[(u64, &[u32])], since| lost(&history(reads), Micros(since));
        assert_eq!(judged(&[(100, &[0]), (200, &[0])], 50), [id(1)]);
        assert_eq!(judged(&[(100, &[0]), (200, &[0, 1])], 50), [], "somebody found it");
        assert_eq!(judged(&[(100, &[0, 1]), (200, &[1])], 150), [id(0)], "nobody finds it any more");
        assert_eq!(judged(&[], 0), [], "nobody looked");
        assert_eq!(judged(&[(12, &[0])], 0), [], "it was not confirmed when the read began");
    }
}
