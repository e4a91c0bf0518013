//! The available feed (AP): every replica answers at once from what it has, and gossip spreads the posts.
//!
//! Replicas that hear from each other again end up with the same posts in the same order: posts are only ever added, and
//! are ordered by a logical clock (Lamport 1978, "Time, clocks, and the ordering of events"), then by author. A post's
//! stamp is larger than that of every post that its replica knew, so nobody sees an answer before the question.
//!
//! Likes, statuses and deletions spread the same way. Where two of them conflict, a [`Policy`] decides.
//!
//! A write is confirmed once it is durable at one replica. Nothing is ever refused.

use serde::Serialize;

use super::conflict::Policy;
use super::descriptor::ShowsFeed;
use super::feed::{Ask, Feed, Place, Post, PostId, READ_LENGTH, Response};
use super::member::Member;
use super::objects::{Objects, Written};
use super::participant::Participant;
use super::service::{AskId, ServiceMessage};
use crate::gossip::{self, Gossip, Items};
use crate::node::{Answer, Clocks, Effect, Effects, Node, NodeId, RequestId};
use crate::sorted::SortedMap;

/// What was written and its place in the feed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Stamped {
    /// The logical time at the replica that took it.
    pub stamp: u64,
    /// What was written.
    pub written: Written,
}

impl Stamped {
    /// Where it stands in the feed.
    pub fn place(&self) -> Place {
        Place { rank: self.stamp, post: self.written.name().into() }
    }
}

/// One replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AvailableFeed {
    gossip: Gossip<Stamped>,
    /// By origin: how many of the gossiped posts are taken into what follows.
    taken: SortedMap<NodeId, u32>,
    /// The newest posts, by place: what a read returns.
    newest: Vec<Stamped>,
    /// Likes, statuses, deletions, and the names of all that is known.
    objects: Objects,
    /// The largest stamp seen.
    clock: u64,
    /// Writes on their way to this replica's own disk, by the name gossip knows them by.
    asked: SortedMap<RequestId, (AskId, Response)>,
    requests: u32,
}

type Out = Effects<Participant>;

impl AvailableFeed {
    /// A replica that has not started.
    pub fn new(config: gossip::Config, policy: Policy) -> Self {
        Self {
            gossip: Gossip::new(config),
            taken: SortedMap::new(),
            newest: Vec::new(),
            objects: Objects::new(policy),
            clock: 0,
            asked: SortedMap::new(),
            requests: 0,
        }
    }

    /// Its gossip module.
    pub fn gossip(&self) -> &Gossip<Stamped> {
        &self.gossip
    }

    /// The newest posts, oldest first: what a read returns.
    pub fn newest(&self) -> &[Stamped] {
        &self.newest
    }

    /// How many posts it has.
    pub fn posts_known(&self) -> u64 {
        self.gossip.items().total() - u64::from(self.objects.changes())
    }

    /// Lets gossip handle one event, then takes in what it brought and answers whom it can.
    fn drive(&mut self, out: &mut Out, event: impl FnOnce(&mut Gossip<Stamped>, &mut Effects<Gossip<Stamped>>)) {
        let mut inner = Effects::default();
        event(&mut self.gossip, &mut inner);
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
                Effect::Reply(request, Answer::Done(_)) => {
                    let (id, response) = self.asked.remove(&request).expect("gossip answers what it was asked, once");
                    out.send(id.client, ServiceMessage::answer(id, Answer::Done(response)).into());
                }
                Effect::Reply(_, Answer::Refused(never)) => match never {},
                Effect::Reply(_, Answer::Unknown) => unreachable!("gossip always knows"),
            }
        }
    }

    fn take_in(&mut self, out: &mut Out) {
        let all = self.gossip.items();
        for (origin, items) in all.iter() {
            let taken = self.taken.or_default(origin);
            for item in items.iter_from(*taken as usize) {
                self.clock = self.clock.max(item.stamp);
                let fresh = !self.objects.has(item.written.name());
                let mut others = all.iter().flat_map(|(_, items)| items.iter().map(|item| (item.stamp, &item.written)));
                self.objects.take_in((item.stamp, &item.written), &mut others, &mut |note| out.note(note));
                if item.written.post().is_none() {
                    continue;
                }
                let position = self.newest.partition_point(|other| other.place() < item.place());
                if fresh && (position > 0 || self.newest.len() < READ_LENGTH) {
                    self.newest.insert(position, item.clone());
                }
                if self.newest.len() > READ_LENGTH {
                    self.newest.remove(0);
                }
            }
            *taken = items.len() as u32;
        }
    }

    /// Takes in a write of its own client, unless the network copied the question.
    fn add(&mut self, id: AskId, written: Written, at: Clocks, out: &mut Out) {
        if self.objects.has(written.name()) {
            return;
        }
        let request = RequestId(self.requests);
        self.requests += 1;
        let item = Stamped { stamp: self.clock + 1, written };
        self.asked.insert(request, (id, item.written.confirmed(item.stamp)));
        self.drive(out, |gossip, inner| gossip.on_request(request, gossip::Request::Add(item), at, inner));
    }

    fn on_ask(&mut self, id: AskId, ask: Ask, at: Clocks, out: &mut Out) {
        match ask {
            Ask::Read => {
                let posts = self.posts().into_iter().cloned().collect();
                let rank = self.newest.first().map_or(0, |oldest| oldest.stamp);
                let answer = Answer::Done(Response::newest(posts, rank, &self.objects));
                out.send(id.client, ServiceMessage::answer(id, answer).into());
            }
            Ask::Post(post) => {
                let times = self.objects.times(at);
                self.add(id, Written::Post(post, times), at, out);
            }
            Ask::Change(asked) => {
                let changed = self.objects.stamped(&asked, at);
                self.add(id, Written::Change(Box::new(changed)), at, out);
            }
        }
    }
}

impl ShowsFeed for AvailableFeed {
    fn posts(&self) -> Vec<&Post> {
        self.newest.iter().filter_map(|stamped| stamped.written.post()).collect()
    }

    fn objects(&self) -> Option<&Objects> {
        Some(&self.objects)
    }

    fn has(&self, post: PostId) -> bool {
        self.objects.has(post.into())
    }
}

impl Member<Participant> for AvailableFeed {
    type Service = Feed;
    type Message = gossip::Message<Stamped>;
    type Timer = gossip::Timer;
    type Disk = Items<Stamped>;

    fn on_restart(&mut self, disk: &Items<Stamped>, at: Clocks, out: &mut Out) {
        *self = Self::new(self.gossip.config().clone(), self.objects.policy());
        self.drive(out, |gossip, inner| gossip.on_restart(disk, at, inner));
    }

    fn on_message(&mut self, from: NodeId, message: gossip::Message<Stamped>, at: Clocks, out: &mut Out) {
        self.drive(out, |gossip, inner| gossip.on_message(from, message, at, inner));
    }

    fn on_service(&mut self, from: NodeId, message: ServiceMessage<Feed>, at: Clocks, out: &mut Out) {
        let ServiceMessage::Ask { number, attempt, ask } = message else { unreachable!("it passes nothing on") };
        self.on_ask(AskId { client: from, number, attempt }, ask, at, out);
    }

    fn on_timer(&mut self, timer: gossip::Timer, at: Clocks, out: &mut Out) {
        self.drive(out, |gossip, inner| gossip.on_timer(timer, at, inner));
    }

    fn on_choice(&mut self, picked: NodeId, at: Clocks, out: &mut Out) {
        self.drive(out, |gossip, inner| gossip.on_choice(picked, at, inner));
    }
}
