//! The feed on quorums: a set of posts and changes, each at the place of its tag.
//!
//! A post is an item of the set, under its own name, and its rank is the sequence of its tag. A read shows the newest posts of
//! the set that the quorum's read found. Two posts at once may take tags in either order, and the lower one may come in before one
//! that was shown already: the feed is ordered by place, not by time of arrival.
//!
//! A replica takes up each question once, so that a refusal is final whatever copies the network still has. A crash makes it
//! forget that, and what it was coordinating: those clients hear nothing.

use super::conflict::Policy;
use super::descriptor::ShowsFeed;
use super::feed::{Ask, Feed, Post, PostId, READ_LENGTH, Response};
use super::member::Member;
use super::objects::{Objects, Placed, Written};
use super::participant::Participant;
use super::service::{AskId, Refusal, ServiceMessage};
use crate::node::{Answer, Clocks, Effect, Effects, Node, NodeId, RequestId};
use crate::quorum::{self, Config, Durable, Entry, Known, Quorum};
use crate::sorted::SortedMap;

/// One replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QuorumFeed {
    quorum: Quorum<Written>,
    /// What it coordinates, for whose question, and what is written if anything is.
    asked: SortedMap<RequestId, (AskId, Option<Written>)>,
    requests: u32,
    /// By phone: the latest question that it took up, and which attempt at it.
    taken: SortedMap<NodeId, (u32, u8)>,
    /// What it can show of likes, statuses and deletions,
    objects: Objects,
    /// which so many of the items were taken into.
    counted: usize,
}

type Out = Effects<Participant>;

/// A write and its place, as it is stored.
fn placed(entry: &Entry<Written>) -> Placed<'_> {
    (entry.tag.sequence, &entry.item)
}

impl QuorumFeed {
    /// A replica that has not started.
    pub fn new(config: Config, policy: Policy) -> Self {
        Self {
            quorum: Quorum::new(config),
            asked: SortedMap::new(),
            requests: 0,
            taken: SortedMap::new(),
            objects: Objects::new(policy),
            counted: 0,
        }
    }

    /// Its quorum module.
    pub fn quorum(&self) -> &Quorum<Written> {
        &self.quorum
    }

    /// The newest posts of what it has stored, as a home replica or for others, oldest first.
    pub fn newest(&self) -> Vec<&Entry<Written>> {
        self.newest_of(&self.quorum.state().known())
    }

    fn newest_of(&self, known: &Known) -> Vec<&Entry<Written>> {
        self.quorum.contents().newest(known, READ_LENGTH, |written| written.post().is_some())
    }

    /// Lets the quorum handle one event, and answers whom it can.
    fn drive(&mut self, out: &mut Out, event: impl FnOnce(&mut Quorum<Written>, &mut Effects<Quorum<Written>>)) {
        let mut inner = Effects::default();
        event(&mut self.quorum, &mut inner);
        self.take_in(out);
        for effect in inner.drain() {
            match effect {
                Effect::Send { to, message, after_sync } => {
                    out.push(Effect::Send { to, message: message.into(), after_sync });
                }
                Effect::SetTimer(timer, delay) => out.set_timer(timer.into(), delay),
                Effect::CancelTimer(timer) => out.cancel_timer(timer.into()),
                Effect::Choose(among) => out.choose(among),
                Effect::Write(delta) => out.write(delta.into()),
                Effect::Note(note) => out.note(note),
                Effect::Reply(request, answer) => {
                    let (id, written) = self.asked.remove(&request).expect("a quorum answers what it was asked, once");
                    let answer = match answer {
                        Answer::Done(quorum::Response::Added(tag)) => {
                            Answer::Done(written.expect("it was a write").confirmed(tag.sequence))
                        }
                        Answer::Done(quorum::Response::Read(known)) => Answer::Done(self.shown(&known)),
                        Answer::Refused(quorum::Refusal::NoQuorum(heard)) => {
                            Answer::Refused(Refusal::NoQuorum { replica: self.quorum.config().id, heard })
                        }
                        Answer::Unknown => Answer::Unknown,
                    };
                    out.send(id.client, ServiceMessage::answer(id, answer).into());
                }
            }
        }
    }

    /// The answer to a read that found these posts.
    fn shown(&self, known: &Known) -> Response {
        let newest = self.newest_of(known);
        let rank = newest.first().map_or(0, |oldest| oldest.tag.sequence);
        let posts = newest.into_iter().filter_map(|entry| entry.item.post().cloned()).collect();
        if self.objects.are_new() {
            return Response::newest(posts, rank, &self.objects);
        }
        let found = |entry: &&Entry<Written>| known.contains(entry.tag.name);
        let objects = Objects::of(self.objects.policy(), &self.quorum.contents().iter().filter(found).map(placed));
        Response::newest(posts, rank, &objects)
    }

    /// Takes what came into the objects.
    fn take_in(&mut self, out: &mut Out) {
        let all = self.quorum.contents();
        for entry in all.iter_from(self.counted) {
            self.objects.take_in(placed(entry), &mut all.iter().map(placed), &mut |note| out.note(note));
        }
        self.counted = all.iter().len();
    }

    fn on_ask(&mut self, id: AskId, ask: Ask, at: Clocks, out: &mut Out) {
        if self.taken.get(&id.client).is_some_and(|latest| *latest >= (id.number, id.attempt)) {
            return;
        }
        self.taken.insert(id.client, (id.number, id.attempt));
        let request = RequestId(self.requests);
        self.requests += 1;
        let written = match ask {
            Ask::Read => None,
            Ask::Post(post) => Some(Written::Post(post, self.objects.times(at))),
            Ask::Change(asked) => Some(Written::Change(Box::new(self.objects.stamped(&asked, at)))),
        };
        let question = match &written {
            None => quorum::Request::Read,
            Some(written) => quorum::Request::Add(written.name(), written.clone()),
        };
        self.asked.insert(request, (id, written));
        self.drive(out, |quorum, inner| quorum.on_request(request, question, at, inner));
    }
}

impl ShowsFeed for QuorumFeed {
    fn posts(&self) -> Vec<&Post> {
        self.newest().into_iter().filter_map(|entry| entry.item.post()).collect()
    }

    fn objects(&self) -> Option<&Objects> {
        Some(&self.objects)
    }

    fn has(&self, post: PostId) -> bool {
        self.quorum.state().known().contains(post.into())
    }
}

impl Member<Participant> for QuorumFeed {
    type Service = Feed;
    type Message = quorum::Message<Written>;
    type Timer = quorum::Timer;
    type Disk = Durable<Written>;

    fn on_restart(&mut self, disk: &Durable<Written>, at: Clocks, out: &mut Out) {
        *self = Self::new(self.quorum.config(), self.objects.policy());
        self.drive(out, |quorum, inner| quorum.on_restart(disk, at, inner));
    }

    fn on_message(&mut self, from: NodeId, message: quorum::Message<Written>, at: Clocks, out: &mut Out) {
        self.drive(out, |quorum, inner| quorum.on_message(from, message, at, inner));
    }

    fn on_service(&mut self, from: NodeId, message: ServiceMessage<Feed>, at: Clocks, out: &mut Out) {
        let ServiceMessage::Ask { number, attempt, ask } = message else { unreachable!("it passes nothing on") };
        self.on_ask(AskId { client: from, number, attempt }, ask, at, out);
    }

    fn on_timer(&mut self, timer: quorum::Timer, at: Clocks, out: &mut Out) {
        self.drive(out, |quorum, inner| quorum.on_timer(timer, at, inner));
    }

    fn on_choice(&mut self, picked: NodeId, at: Clocks, out: &mut Out) {
        self.drive(out, |quorum, inner| quorum.on_choice(picked, at, inner));
    }
}
