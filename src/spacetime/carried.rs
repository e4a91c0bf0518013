//! Which messages carried an operation of a feed.
//!
//! What came of a person's request can only be caused by messages on a chain of cause and effect from the request to its answer:
//! messages that were sent after the request and arrived before the answer, in the sense of Lamport's *happens before*. Of
//! those, the ones that concern it are told:
//!
//! - the question and its answer, between phone and replica and between replicas;
//! - what carries its entry of the log, and what acknowledges that (AppendEntries and its reply, Accept and Accepted);
//! - for a read without an entry, the heartbeats and replies by which the leader made sure that it still leads, from the round
//!   that released the answer on.
//!
//! As long as there is no answer, what was sent since the request counts, arrived or not.
//!
//! A read of the available feed waits for nobody. What it shows came earlier: for each post, the message that first brought it
//! to the replica that answered. For a post that it missed, the messages that should have brought it but did not in time.
//!
//! Left out: what the replica that answered knew from before for other reasons, such as who leads; snapshots.

use super::{Diagram, End, Event, EventKind, Message, Recorder, Traced};
use crate::check::staleness::StaleRead;
use crate::history::{Operation, Outcome};
use crate::node::{Micros, NodeId, RequestId};
use crate::store::feed::{Feed, PostId, Request, Response};
use crate::store::participant::Message as Letter;
use crate::store::service::{Refusal, ServiceMessage};
use crate::store::state_machine::Command;
use crate::timeline::track::SideBySide;
use crate::timeline::{Experiment, Timeline};
use crate::world::feed::FeedRun;

/// How far before a read the messages are looked for that brought what it shows. What came earlier is only counted.
const LOOK_BACK: Micros = Micros::from_ms(3_000);

/// What carried an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carried {
    /// The messages, by sending.
    pub carriers: Vec<Carrier>,
    /// Posts that a read shows and that its replica had for longer than was looked back.
    pub earlier: u32,
}

/// A message that carried an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carrier {
    /// From whom, to whom, when, and what became of it.
    pub message: Message,
    /// When it arrived, if it did.
    pub arrived: Option<Micros>,
    /// It brought so many of the posts that a read shows.
    pub brought: u32,
    /// It should have brought a post that a read missed.
    pub missed: bool,
}

type FeedOperation = Operation<Request, Response, Refusal>;

/// What carried operation `id` of world number `world`, as known at the play head; `None` if there is no such post or read.
pub fn carried<E>(timeline: &Timeline<E>, world: usize, id: RequestId) -> Option<Carried>
where
    E: Experiment<Track = SideBySide<FeedRun>>,
{
    let run = &timeline.track().worlds()[world];
    let operation = run.history().get(id)?;
    let errand = Errand::new(run, operation)?;
    let until = operation.ended().unwrap_or(timeline.now());
    let from = errand.since.max(operation.invoked.since(LOOK_BACK));
    let mut trace: Option<Trace> = None;
    timeline.revisit(from, until, |track| match &mut trace {
        None => trace = Some(Trace::new(track, world, from)),
        Some(trace) => trace.see(track, world),
    });
    let Trace { recorder, letters } = trace.expect("shown at the start");
    let found = Found { diagram: recorder.diagram, letters, errand, operation };
    Some(found.carriers())
}

/// A window of the run with what its messages say.
struct Trace {
    recorder: Recorder,
    /// By the diagram's messages.
    letters: Vec<Letter>,
}

impl Trace {
    fn new(track: &SideBySide<FeedRun>, world: usize, from: Micros) -> Self {
        let flights = track.worlds()[world].model().flights().iter();
        let letters = flights.filter(|(_, mail)| mail.from != mail.to).map(|(_, mail)| mail.message.clone()).collect();
        Self { recorder: track.recorder(world, from), letters }
    }

    fn see(&mut self, track: &SideBySide<FeedRun>, world: usize) {
        track.record(world, &mut self.recorder);
        let run = &track.worlds()[world];
        let Some(latest) = run.latest().filter(|_| self.recorder.diagram.messages.len() > self.letters.len()) else {
            return;
        };
        let lost = |id| latest.outcome.lost.iter().find(|(other, ..)| *other == id).map(|(_, mail, _)| mail);
        let mail = |id| run.model().flights().get(id).or_else(|| lost(id)).expect("sent just now");
        let sent = latest.outcome.sent.iter().map(|id| mail(*id));
        self.letters.extend(sent.filter(|mail| mail.from != mail.to).map(|mail| mail.message.clone()));
    }
}

/// What an operation is about.
struct Errand {
    phone: NodeId,
    /// How many things the phone asked before.
    number: u32,
    /// What it writes; `None`: it reads.
    post: Option<PostId>,
    /// What a read of the available feed shows.
    shown: Vec<PostId>,
    /// A post that it missed.
    missed: Option<PostId>,
    /// When the oldest of them was begun, or the operation itself.
    since: Micros,
}

impl Errand {
    fn new(run: &FeedRun, operation: &FeedOperation) -> Option<Self> {
        let mut shown = Vec::new();
        let mut missed = None;
        if let Outcome::Done { response: Response::Posts { posts, .. }, .. } = &operation.outcome
            && !run.world().store.is_linearizable()
        {
            shown.extend(posts.iter().map(|post| post.id));
            let is_this = |stale: &&StaleRead| stale.read == operation.id;
            missed = run.watch().staleness.stale().iter().rev().find(is_this).map(|stale| stale.oldest);
        }
        let (phone, mut number, mut posted, mut since) = (operation.client, 0, Vec::new(), operation.invoked);
        let before = run.history().iter().take_while(|other| other.id <= operation.id);
        for other in before.filter(|other| taken(other)) {
            if other.request.is_write() {
                let author = usize::from(other.client.0);
                posted.resize(posted.len().max(author + 1), 0);
                let post = PostId { author: other.client, number: posted[author] };
                posted[author] += 1;
                if other.id == operation.id {
                    return Some(Self { phone, number, post: Some(post), shown, missed, since });
                }
                if shown.contains(&post) || missed == Some(post) {
                    since = since.min(other.invoked);
                }
            } else if other.id == operation.id {
                return Some(Self { phone, number, post: None, shown, missed, since });
            }
            number += u32::from(other.client == phone);
        }
        None
    }

    fn is_ours(&self, Command { client, ask }: &Command<Feed>) -> bool {
        ask.writes() == self.post && *client == self.phone
    }

    /// Where a message has its entry of the log, if it carries that.
    fn entry(&self, letter: &Letter) -> Option<u64> {
        letter.entry(&|command| self.is_ours(command))
    }

    /// Whether a message from or to its phone, or from replica to replica, is its question or its answer.
    fn is_told(&self, letter: &Letter, message: &Message) -> bool {
        let Letter::Service(letter) = letter else { return false };
        match letter {
            ServiceMessage::Ask { number, .. } => message.from == self.phone && *number == self.number,
            ServiceMessage::Answer { number, .. } => message.to == self.phone && *number == self.number,
            ServiceMessage::Forward { id, .. } | ServiceMessage::Forwarded { id, .. } => {
                id.client == self.phone && id.number == self.number
            }
        }
    }
}

/// Whether a phone was not too busy for what its person wanted of the feed.
fn taken(operation: &FeedOperation) -> bool {
    let is_busy = matches!(operation.outcome, Outcome::Refused { refusal: Refusal::Busy, .. });
    operation.request.deed().is_some() && !is_busy
}

/// What was found of an operation.
struct Found<'run> {
    diagram: Diagram,
    letters: Vec<Letter>,
    errand: Errand,
    operation: &'run FeedOperation,
}

impl Found<'_> {
    fn carriers(&self) -> Carried {
        let on_path = self.on_path();
        let index = on_path.iter().find_map(|&message| self.errand.entry(&self.letters[message]));
        let confirmed = if index.is_none() && self.errand.post.is_none() { self.confirmed() } else { None };
        let concerns = |&message: &usize| {
            let letter = &self.letters[message];
            self.errand.is_told(letter, &self.diagram.messages[message])
                || self.errand.entry(letter).is_some()
                || index.is_some_and(|index| letter.acknowledges(index))
                || confirmed.is_some_and(|needed| letter.round().is_some_and(|(round, _)| round >= needed))
        };
        // By message: how many posts it brought, and whether it should have brought the missed one.
        let mut told: Vec<(usize, u32, bool)> =
            on_path.into_iter().filter(concerns).map(|message| (message, 0, false)).collect();
        let earlier = self.brought(&mut told);
        told.sort_by_key(|(message, ..)| *message);
        let carriers = told.into_iter().map(|(message, brought, missed)| {
            let message = self.diagram.messages[message].clone();
            let arrived =
                if let End::Arrived(event) = message.end { Some(self.diagram.events[event].at) } else { None };
            Carrier { message, arrived, brought, missed }
        });
        Carried { carriers: carriers.collect(), earlier }
    }

    /// Messages on a chain of cause and effect from the request to the answer, by sending.
    fn on_path(&self) -> Vec<usize> {
        let asked = self.diagram.events.iter().position(|event| {
            let Event { at, lane, kind, .. } = *event;
            (at, lane, kind) == (self.operation.invoked, self.errand.phone, EventKind::Request)
        });
        let Some(asked) = asked else { return Vec::new() };
        let answered = self.answer().map(|(_, arrival)| arrival);
        let begins = |message: &Message| {
            message.send.is_some_and(|send| send == asked || self.diagram.happens_before(asked, send))
        };
        let leads = |message: &Message| match (answered, message.end) {
            (None, _) => true,
            (Some(answered), End::Arrived(arrival)) => {
                arrival == answered || self.diagram.happens_before(arrival, answered)
            }
            (Some(_), _) => false,
        };
        let messages = self.diagram.messages.iter().enumerate();
        messages.filter(|(_, message)| begins(message) && leads(message)).map(|(position, _)| position).collect()
    }

    /// The message that answered, and its arrival.
    fn answer(&self) -> Option<(usize, usize)> {
        let ended = self.operation.ended()?;
        self.diagram.messages.iter().enumerate().find_map(|(position, message)| {
            let End::Arrived(arrival) = message.end else { return None };
            let is_answer = matches!(self.letters[position], Letter::Service(ServiceMessage::Answer { .. }));
            let is_ours = is_answer && self.errand.is_told(&self.letters[position], message);
            (is_ours && self.diagram.events[arrival].at == ended).then_some((position, arrival))
        })
    }

    /// The round of heartbeats whose last reply released the answer to a read.
    fn confirmed(&self) -> Option<u64> {
        let (mut message, _) = self.answer()?;
        loop {
            let release = self.diagram.messages[message].send?;
            let cause = self.diagram.messages.iter().position(|message| message.end == End::Arrived(release))?;
            match &self.letters[cause] {
                // Passed on: the leader is further back.
                Letter::Service(ServiceMessage::Forwarded { .. }) => message = cause,
                letter => return letter.round().filter(|(_, answers)| *answers).map(|(round, _)| round),
            }
        }
    }

    /// Adds the messages that brought what a read shows, and those that should have brought what it missed. Returns how many
    /// posts were there before.
    fn brought(&self, told: &mut Vec<(usize, u32, bool)>) -> u32 {
        let is_question = |position: &usize| {
            let is_ask = matches!(self.letters[*position], Letter::Service(ServiceMessage::Ask { .. }));
            is_ask && self.errand.is_told(&self.letters[*position], &self.diagram.messages[*position])
        };
        let question = (0..self.letters.len()).find(is_question);
        let Some(question) = question.map(|question| &self.diagram.messages[question]) else { return 0 };
        let (replica, End::Arrived(asked)) = (question.to, question.end) else { return 0 };
        let mut earlier = 0;
        for &post in self.errand.shown.iter().chain(&self.errand.missed) {
            let to_it = |position: &usize| {
                self.diagram.messages[*position].to == replica && self.letters[*position].brings(post)
            };
            let arrival = |position: usize| match self.diagram.messages[position].end {
                End::Arrived(arrival) if arrival < asked => Some((arrival, position)),
                _ => None,
            };
            let bearers: Vec<usize> = (0..self.letters.len()).filter(to_it).collect();
            let is_missed = self.errand.missed == Some(post);
            match bearers.iter().filter_map(|&bearer| arrival(bearer)).min() {
                Some((_, first)) => match told.iter_mut().find(|(message, ..)| *message == first) {
                    Some((_, brought, _)) => *brought += 1,
                    None => told.push((first, 1, false)),
                },
                None if is_missed => {
                    let late = bearers.into_iter().filter(|bearer| !told.iter().any(|(message, ..)| message == bearer));
                    told.extend(late.collect::<Vec<_>>().into_iter().map(|bearer| (bearer, 0, true)));
                }
                None => earlier += 1,
            }
        }
        earlier
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::FeedExperiment;
    use crate::node::NodeSet;
    use crate::sim::fault::Intervention;
    use crate::sim::model::Loss;
    use crate::store::Store;
    use crate::store::gossip::GossipStore;
    use crate::world::feed::FeedSetup;

    const CP: usize = 0;
    const AP: usize = 1;
    const FEED: FeedSetup = FeedSetup::at_one_site(5, 3);

    /// A run in which n1 and n2 are cut off after two seconds, until its end half a second later.
    fn cut(log: &str) -> Timeline<FeedExperiment> {
        let experiment = FeedExperiment {
            stores: vec![log.parse().expect("a log"), Store::Gossip(GossipStore::default())],
            ..FeedExperiment::side_by_side(FEED, 100)
        };
        let mut timeline = Timeline::new(experiment, 8);
        timeline.play(Micros::from_ms(2_000));
        let pairs = [0, 1].into_iter().flat_map(|a| [2, 3, 4].map(|b| (NodeId(a), NodeId(b))));
        assert!(timeline.act(Intervention::Cut(pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect())));
        timeline.play(Micros::from_ms(2_500));
        timeline
    }

    fn each(timeline: &Timeline<FeedExperiment>, world: usize, mut see: impl FnMut(&FeedOperation, Carried)) {
        let history = timeline.track().worlds()[world].history();
        for operation in history.since(Micros::from_ms(1_000)) {
            see(operation, carried(timeline, world, operation.id).expect("posts and reads only"));
        }
    }

    fn is_done(operation: &FeedOperation) -> bool {
        matches!(operation.outcome, Outcome::Done { .. })
    }

    #[test]
    fn a_log_carries_an_operation_to_a_majority_and_back() {
        for log in ["raft", "raft.read-index", "multi-paxos"] {
            let mut answered = 0;
            each(&cut(log), CP, |operation, Carried { carriers, .. }| {
                let kinds: Vec<&str> = carriers.iter().map(|carrier| carrier.message.kind).collect();
                assert_eq!(kinds.first(), Some(&"Ask"), "{log}: {kinds:?}");
                if !is_done(operation) {
                    return;
                }
                answered += 1;
                assert_eq!(kinds.last(), Some(&"Answer"), "{log}: {kinds:?}");
                let arrived = carriers.iter().all(|carrier| carrier.arrived <= operation.ended());
                assert!(arrived && carriers.iter().all(|carrier| carrier.message.sent >= operation.invoked));
                // The leader is who heard from the others; with it they are a majority.
                let replies = ["AppendReply", "Accepted", "HeartbeatReply"];
                let replies = carriers.iter().filter(|carrier| replies.contains(&carrier.message.kind));
                let heard: NodeSet = replies.flat_map(|carrier| [carrier.message.from, carrier.message.to]).collect();
                assert!(heard.len() >= 3, "{log}: {operation:?}: {carriers:?}");
                // Nobody acknowledges what was not sent to him.
                for reply in carriers.iter().filter(|carrier| heard.contains(carrier.message.from)) {
                    let told = |other: &Carrier| other.message.to == reply.message.from && other.arrived.is_some();
                    assert!(carriers.iter().any(told), "{log}: {reply:?}");
                }
            });
            assert!(answered > 10, "{log}: {answered}");
        }
    }

    #[test]
    fn what_has_no_answer_shows_where_its_messages_are() {
        let mut lost = 0;
        each(&cut("raft"), CP, |operation, Carried { carriers, .. }| {
            if matches!(operation.outcome, Outcome::Unknown { .. } | Outcome::Pending) {
                let is_cut = |carrier: &&Carrier| matches!(carrier.message.end, End::Lost { loss: Loss::Cut, .. });
                lost += carriers.iter().filter(is_cut).count();
            }
        });
        assert!(lost > 0, "something was under way when the links were cut");
    }

    #[test]
    fn gossip_brought_what_a_read_shows_and_lost_what_it_misses() {
        let timeline = cut("raft");
        let (mut shown, mut stale, mut lost) = (0, 0, 0);
        each(&timeline, AP, |operation, Carried { carriers, earlier }| {
            let Outcome::Done { response: Response::Posts { posts, .. }, .. } = &operation.outcome else { return };
            let brought: u32 = carriers.iter().map(|carrier| carrier.brought).sum();
            let missed = carriers.iter().filter(|carrier| carrier.missed).count();
            assert!(brought + earlier >= posts.len() as u32, "{operation:?}: {carriers:?}");
            shown += brought;
            // Its own earlier posts were asked for as well.
            let is_question =
                |carrier: &&Carrier| (carrier.message.kind, carrier.message.from) == ("Ask", operation.client);
            let asked = carriers.iter().rfind(is_question).expect("it was asked");
            for carrier in &carriers {
                let Carrier { message, arrived, brought, missed } = carrier;
                if *brought > 0 {
                    assert!(message.to == asked.message.to && *arrived < asked.arrived, "{carrier:?}");
                } else if *missed {
                    assert!(message.to == asked.message.to && arrived.is_none_or(|at| Some(at) > asked.arrived));
                }
            }
            let is_stale = timeline.track().worlds()[AP].watch().staleness.stale().iter();
            if is_stale.clone().any(|stale| stale.read == operation.id) {
                stale += 1;
                lost += missed;
            } else {
                assert_eq!(missed, 0, "nothing was missed");
            }
        });
        assert!(shown > 50 && stale > 2 && lost > 2, "{shown} shown, {stale} stale, {lost} lost");
    }
}
