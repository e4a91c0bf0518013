//! The feed on quorums: a set of posts, each at the place of its tag.
//!
//! A post is an item of the set, under its own name, and its rank is the sequence of its tag. A read shows the newest posts of
//! the set that the quorum's read found. Two posts at once may take tags in either order, and the lower one may come in before one
//! that was shown already: the feed is ordered by place, not by time of arrival.
//!
//! A replica takes up each question once, so that a refusal is final whatever copies the network still has. A crash makes it
//! forget that, and what it was coordinating: those clients hear nothing.

use super::descriptor::ShowsFeed;
use super::feed::{Ask, Feed, Place, Post, PostId, READ_LENGTH, Response};
use super::member::Member;
use super::participant::Participant;
use super::service::{AskId, Refusal, ServiceMessage};
use crate::node::{Answer, Clocks, Effect, Effects, Node, NodeId, RequestId};
use crate::quorum::{self, Config, Durable, Entry, Known, Name, Quorum, Tag};
use crate::sorted::SortedMap;

/// One replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QuorumFeed {
    quorum: Quorum<Post>,
    /// What it coordinates, and for whose question.
    asked: SortedMap<RequestId, AskId>,
    requests: u32,
    /// By phone: the latest question that it took up, and which attempt at it.
    taken: SortedMap<NodeId, (u32, u8)>,
}

type Out = Effects<Participant>;

/// What a post is called in the set.
fn name(post: PostId) -> Name {
    Name { origin: post.author, number: post.number }
}

/// Where a post stands.
fn place(Tag { sequence, name: Name { origin, number } }: Tag) -> Place {
    Place { rank: sequence, post: PostId { author: origin, number } }
}

impl QuorumFeed {
    /// A replica that has not started.
    pub fn new(config: Config) -> Self {
        Self { quorum: Quorum::new(config), asked: SortedMap::new(), requests: 0, taken: SortedMap::new() }
    }

    /// Its quorum module.
    pub fn quorum(&self) -> &Quorum<Post> {
        &self.quorum
    }

    /// The newest of what it has stored, as a home replica or for others, oldest first.
    pub fn newest(&self) -> Vec<&Entry<Post>> {
        self.quorum.contents().newest(&self.quorum.state().known(), READ_LENGTH)
    }

    /// Lets the quorum handle one event, and answers whom it can.
    fn drive(&mut self, out: &mut Out, event: impl FnOnce(&mut Quorum<Post>, &mut Effects<Quorum<Post>>)) {
        let mut inner = Effects::default();
        event(&mut self.quorum, &mut inner);
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
                    let id = self.asked.remove(&request).expect("a quorum answers what it was asked, once");
                    let answer = match answer {
                        Answer::Done(quorum::Response::Added(tag)) => Answer::Done(Response::Posted(place(tag))),
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
        let newest = self.quorum.contents().newest(known, READ_LENGTH);
        let rank = newest.first().map_or(0, |oldest| oldest.tag.sequence);
        Response::newest(newest.into_iter().map(|entry| entry.item.clone()).collect(), rank)
    }

    fn on_ask(&mut self, id: AskId, ask: Ask, at: Clocks, out: &mut Out) {
        if self.taken.get(&id.client).is_some_and(|latest| *latest >= (id.number, id.attempt)) {
            return;
        }
        self.taken.insert(id.client, (id.number, id.attempt));
        let request = RequestId(self.requests);
        self.requests += 1;
        self.asked.insert(request, id);
        let question = match ask {
            Ask::Read => quorum::Request::Read,
            Ask::Post(post) => quorum::Request::Add(name(post.id), post),
        };
        self.drive(out, |quorum, inner| quorum.on_request(request, question, at, inner));
    }
}

impl ShowsFeed for QuorumFeed {
    fn posts(&self) -> Vec<&Post> {
        self.newest().into_iter().map(|entry| &entry.item).collect()
    }

    fn has(&self, post: PostId) -> bool {
        self.quorum.state().known().contains(name(post))
    }
}

impl Member<Participant> for QuorumFeed {
    type Service = Feed;
    type Message = quorum::Message<Post>;
    type Timer = quorum::Timer;
    type Disk = Durable<Post>;

    fn on_restart(&mut self, disk: &Durable<Post>, at: Clocks, out: &mut Out) {
        *self = Self::new(self.quorum.config());
        self.drive(out, |quorum, inner| quorum.on_restart(disk, at, inner));
    }

    fn on_message(&mut self, from: NodeId, message: quorum::Message<Post>, at: Clocks, out: &mut Out) {
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
