//! Phones, meters and the history of operations, as view data; the same for both feeds.

use std::rc::Rc;

use cap_lab::check::staleness::StaleRead;
use cap_lab::history::{Operation, Outcome};
use cap_lab::node::{Answer, Micros, NodeId, RequestId};
use cap_lab::store::feed::{Ask, Deed, Post, PostId, Request, Response};
use cap_lab::store::objects::{Change, Values, Written};
use cap_lab::store::service::Refusal;
use cap_lab::world::feed::{FeedRun, FeedSetup};

use crate::ui::phones::view::{PhoneState, PhoneView, PostView, StatusView};
use crate::ui::verdict::view::Meters;

type FeedOperation = Operation<Request, Response, Refusal>;

/// For how long a phone announces that an unknown post turned out to be in the feed.
const ANNOUNCED: Micros = Micros::from_ms(1_500);

pub(super) fn phone(run: &FeedRun, id: NodeId, now: Micros) -> PhoneView {
    let setup = run.world().setup;
    let client = run.model().host(id).node.client().expect("phones come after the replicas");
    let seen = run.watch().phones.get(&id).cloned().unwrap_or_default();
    let latest = seen.latest.and_then(|id| run.history().get(id));
    let read = seen.read.and_then(|id| run.history().get(id));
    let mut posts = Vec::new();
    let mut statuses = Vec::new();
    if let Some(Outcome::Done { response: Response::Posts { posts: read, beside, .. }, .. }) =
        read.map(|read| &read.outcome)
    {
        let nothing = Values::default();
        let values = beside.as_ref().map_or(&nothing, |beside| &beside.values);
        posts.extend(read.iter().map(|post| post_view(setup, post, values)));
        statuses.extend(values.statuses.iter().map(|(of, values)| StatusView {
            of: *of,
            name: setup.person(*of).to_owned(),
            values: values.iter().map(|text| Rc::from(&**text)).collect(),
        }));
    }
    let own = seen.own.iter().filter_map(|id| run.history().get(*id));
    posts.extend(own.filter_map(|operation| own_post(setup, operation)));
    let (state, status, detail) = match latest {
        None => (PhoneState::Idle, "Nothing asked yet".to_owned(), String::new()),
        Some(operation) => standing(run, operation),
    };
    let announced = seen.announced.filter(|(at, _)| now.since(*at) < ANNOUNCED);
    let announcement = announced.and_then(|(_, id)| run.history().get(id)).map(|operation| {
        let text = if let Request::Post(text) = &operation.request { text } else { "" };
        format!("“{text}” was committed after all")
    });
    PhoneView {
        id,
        name: setup.person(id).to_owned(),
        via: client.replica(),
        posts: Rc::new(posts),
        statuses: Rc::new(statuses),
        state,
        status,
        detail,
        announcement,
    }
}

/// A post that a read returned, with what it showed beside it.
fn post_view(setup: FeedSetup, post: &Post, values: &Values) -> PostView {
    let deleted = values.deleted.contains(&post.id);
    let likes: Vec<String> = values.likes(post.id).iter().map(u32::to_string).collect();
    PostView {
        id: Some(post.id),
        author: setup.person(post.id.author).to_owned(),
        text: if deleted { "deleted".to_owned() } else { post.text.to_string() },
        time: time_of_day(post.written),
        likes: likes.join(" | "),
        deleted,
        unconfirmed: false,
    }
}

/// A post that the phone shows because it sent it, below what it read. A refused one did not happen.
fn own_post(setup: FeedSetup, operation: &FeedOperation) -> Option<PostView> {
    let Request::Post(text) = &operation.request else { return None };
    let unconfirmed = match operation.outcome {
        Outcome::Refused { .. } | Outcome::Unknown { later: Some((_, Answer::Refused(_))), .. } => return None,
        Outcome::Done { .. } | Outcome::Unknown { later: Some(_), .. } => false,
        Outcome::Pending | Outcome::Unknown { later: None, .. } => true,
    };
    Some(PostView {
        id: None,
        likes: String::new(),
        deleted: false,
        author: setup.person(operation.client).to_owned(),
        text: text.to_string(),
        time: time_of_day(cap_lab::sim::schedule::START_OF_DAY + operation.invoked),
        unconfirmed,
    })
}

/// What somebody asks for: "Ana posts “Rain again”".
pub(super) fn asks(setup: FeedSetup, client: NodeId, ask: &Ask) -> String {
    let who = setup.person(client);
    match ask {
        Ask::Post(post) => format!("{who} posts “{}”", post.text),
        Ask::Read => format!("{who} reads"),
        Ask::Change(asked) => format!("{who} {}", changes(setup, client, &asked.change)),
    }
}

/// What somebody does beside posting: "likes Bo's post".
pub(super) fn changes(setup: FeedSetup, client: NodeId, change: &Change) -> String {
    match change {
        Change::Like(post) => format!("likes {}'s post", setup.person(post.author)),
        Change::Delete(_) => "deletes a post".to_owned(),
        Change::Status { of, text } if *of == client => format!("is “{text}”"),
        Change::Status { of, text } => format!("sets {}'s status: “{text}”", setup.person(*of)),
    }
}

/// Who wrote something, and what.
pub(super) fn written(setup: FeedSetup, written: &Written) -> (String, String) {
    let author = written.name().origin;
    let what = match written {
        Written::Post(post, _) => format!("“{}”", post.text),
        Written::Change(changed) => changes(setup, author, &changed.change),
    };
    (setup.person(author).to_owned(), what)
}

/// What a message that carries this is called: "Ana's post".
pub(super) fn label(setup: FeedSetup, written: &Written) -> String {
    let deed = match written {
        Written::Post(..) => Deed::Post,
        Written::Change(changed) => (&changed.change).into(),
    };
    format!("{}'s {deed}", setup.person(written.name().origin))
}

fn standing(run: &FeedRun, operation: &FeedOperation) -> (PhoneState, String, String) {
    let setup = run.world().setup;
    let deed = operation.request.deed().unwrap_or(Deed::Read);
    match &operation.outcome {
        Outcome::Pending => {
            let what = match deed {
                Deed::Read => "Reading",
                Deed::Post => "Posting",
                Deed::Like | Deed::Status | Deed::Deletion => "Sending",
            };
            (PhoneState::Waiting, format!("{what} …"), "It waits for its replica's answer.".to_owned())
        }
        Outcome::Done { at, response } => match stale(run, operation.id) {
            Some(stale) => {
                let (missed, behind) = (count(stale.missed, "post"), seconds(stale.behind));
                let detail =
                    format!("{} had been confirmed for {behind} when this read began.", whose(setup, stale.oldest));
                (PhoneState::Stale, format!("Stale: {missed}, {behind}"), detail)
            }
            None if run.watch().overwritten.iter().any(|lost| lost.confirmed.0 == operation.id) => {
                let detail = "It had been confirmed. A replica dropped it for another write: see the log.".to_owned();
                (PhoneState::Refused, "Confirmed, and lost".to_owned(), detail)
            }
            None if run.watch().lost.iter().any(|lost| lost.request == operation.id) => {
                let detail = "It had been confirmed. No replica has it any more: a higher view won.".to_owned();
                (PhoneState::Refused, "Confirmed, and lost".to_owned(), detail)
            }
            None => {
                let took = at.since(operation.invoked).as_ms();
                let posts = if let Response::Posts { posts, .. } = response { posts.len() } else { 0 };
                let (status, detail) = match deed {
                    Deed::Read => {
                        let got = count(posts as u32, "post");
                        (
                            format!("Up to date, {took} ms"),
                            format!("It got {got} and missed none that was confirmed before."),
                        )
                    }
                    Deed::Post => (format!("Posted in {took} ms"), "The post is in the feed.".to_owned()),
                    Deed::Like => (format!("Liked in {took} ms"), "The like was taken in.".to_owned()),
                    Deed::Status => (format!("Set in {took} ms"), "The status was taken in.".to_owned()),
                    Deed::Deletion => (format!("Deleted in {took} ms"), "The deletion was taken in.".to_owned()),
                };
                (PhoneState::Good, status, detail)
            }
        },
        Outcome::Refused { refusal, .. } => {
            let (status, detail) = refusal_words(*refusal, deed);
            (PhoneState::Refused, status, detail)
        }
        Outcome::Unknown { later, .. } => {
            let detail = match later {
                None => "It may have happened, or may yet, or never: the phone can't know.",
                Some((_, Answer::Done(_))) => "The answer came late: it did happen.",
                Some(_) => "The answer came late: it did not happen.",
            };
            (PhoneState::Unknown, "No answer: unknown".to_owned(), detail.to_owned())
        }
    }
}

pub(super) fn refusal_words(refusal: Refusal, deed: Deed) -> (String, String) {
    let what = format!("The {deed}");
    match refusal {
        Refusal::NoLeader { replica, epoch } => (
            "Refused: no leader known".to_owned(),
            format!("{replica} knows no leader in {epoch} that could take it. {what} did not happen."),
        ),
        Refusal::Superseded { replica, index } => (
            "Refused: overwritten".to_owned(),
            format!(
                "{replica} led once and had it at index {index}, but another entry was committed. {what} did not happen."
            ),
        ),
        Refusal::HandingOver { replica } => (
            "Refused: handing over".to_owned(),
            format!("{replica} hands its office over and takes nothing meanwhile. {what} did not happen."),
        ),
        Refusal::NoQuorum { replica, heard } => (
            "Refused: no quorum".to_owned(),
            format!(
                "{replica} heard {} of {} home replicas in time, and needed {}. {what} did not happen.",
                heard.by.len(),
                heard.of,
                heard.needed
            ),
        ),
        Refusal::AdminRefused => unreachable!("phones operate nothing"),
        Refusal::Busy => ("Busy".to_owned(), "It still waits for its last answer, and too much is in line.".to_owned()),
    }
}

/// What a read missed, if it was stale.
pub(super) fn stale(run: &FeedRun, read: RequestId) -> Option<StaleRead> {
    // Reads return nearly in the order in which they began.
    const APART: u32 = 64;
    let all = run.watch().staleness.stale();
    let (mut low, mut high) = (0, all.len());
    while low < high {
        let middle = low.midpoint(high);
        if all.get(middle)?.read.0 + APART > read.0 {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    let near = all.iter_from(low).take_while(|stale| stale.read.0 < read.0 + APART);
    near.into_iter().find(|stale| stale.read == read).copied()
}

pub(super) fn meters(run: &FeedRun) -> Meters {
    let meters = &run.watch().meters;
    Meters {
        answered: meters.done,
        ended: meters.ended(),
        stale: meters.stale,
        refused: meters.refused,
        unknown: meters.unknown,
        p50: meters.percentile(50),
        p99: meters.percentile(99),
    }
}

fn whose(setup: FeedSetup, post: PostId) -> String {
    format!("{}'s post", setup.person(post.author))
}

/// "1 post", "3 posts".
pub(super) fn count(number: u32, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// "6.2 s", "84 ms".
pub(super) fn seconds(time: Micros) -> String {
    if time < Micros::from_ms(1_000) {
        format!("{} ms", time.as_ms())
    } else {
        format!("{} s", crate::ui::number::fixed(time.as_ms(), 1))
    }
}

/// "12:00:04".
fn time_of_day(time: Micros) -> String {
    let seconds = time.0 / 1_000_000;
    format!("{:02}:{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_on_a_phone() {
        assert_eq!(time_of_day(cap_lab::sim::schedule::START_OF_DAY + Micros(64_999_999)), "12:01:04");
        assert_eq!(seconds(Micros(84_900)), "84 ms");
        assert_eq!(seconds(Micros(6_249_000)), "6.2 s");
        assert_eq!((count(1, "post"), count(2, "post")), ("1 post".into(), "2 posts".into()));
    }
}
