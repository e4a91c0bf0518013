//! After any faults: within 10 simulated seconds of the last heal a leader leads, a new post commits and all replicas agree;
//! and what clients were told all along was true.

use std::collections::BTreeMap;

use cap_lab::experiment::FeedExperiment;
use cap_lab::history::Outcome;
use cap_lab::multi_paxos::MultiPaxos;
use cap_lab::node::{Answer, Kind, Micros, NodeId, NodeSet, RequestId};
use cap_lab::raft::Raft;
use cap_lab::sim::fault::{Fate, Intervention};
use cap_lab::sim::model::Status;
use cap_lab::store::feed::{Place, PostId, Request, Response};
use cap_lab::store::participant::Participant;
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::FeedRun;

use crate::{Dice, FIVE_AND_THREE, feed, ms, report, seeds};

type Act = Intervention<Request>;

/// The servers that matter to a fault: one, or a random group.
fn group(dice: &mut Dice) -> NodeSet {
    FIVE_AND_THREE.servers().iter().filter(|_| dice.below(2) == 0).collect()
}

fn split(dice: &mut Dice) -> Act {
    let servers = FIVE_AND_THREE.servers();
    let one = group(dice);
    let both_ways = dice.below(3) > 0;
    let links = one.iter().flat_map(|from| servers.difference(one).iter().map(move |to| (from, to)));
    let back = |(from, to)| [Some((from, to)), both_ways.then_some((to, from))];
    Intervention::Cut(links.flat_map(back).flatten().collect())
}

/// Something that may go wrong next, in one of the two worlds if it concerns a message.
pub(crate) fn fault(timeline: &Timeline<FeedExperiment>, dice: &mut Dice) -> Act {
    let node = NodeId(dice.below(5) as u8);
    let other = NodeId(((u64::from(node.0) + 1 + dice.below(4)) % 5) as u8);
    match dice.below(14) {
        0 | 1 => Intervention::Cut(vec![(node, other), (other, node)]),
        2 => Intervention::Cut(vec![(node, other)]),
        3 => split(dice),
        4 => Intervention::Heal(every_link()),
        5 => Intervention::Crash { node, keep: dice.below(4) as u32 },
        6 => Intervention::Restart(node),
        7 => Intervention::Pause(node),
        8 => Intervention::Resume(node),
        9 => Intervention::Drift { node, ppm: dice.below(600_000) as i32 - 300_000 },
        10 => Intervention::Skew { node, micros: dice.below(20_000_000) as i64 - 10_000_000 },
        11 => {
            let phone = NodeId(5 + dice.below(3) as u8);
            Intervention::Request { node: phone, request: Request::Attach(node) }
        }
        _ => message(timeline, dice).unwrap_or(Intervention::Restart(node)),
    }
}

fn message(timeline: &Timeline<FeedExperiment>, dice: &mut Dice) -> Option<Act> {
    let fate = dice.one_of(&[Fate::Drop, Fate::Hold, Fate::Duplicate, Fate::Deliver, Fate::Release]);
    let world = dice.below(timeline.track().worlds().len() as u64) as u8;
    any_message(&timeline.track().worlds()[usize::from(world)], dice).map(|name| Intervention::Message {
        world,
        name,
        fate,
    })
}

fn any_message(run: &FeedRun, dice: &mut Dice) -> Option<cap_lab::sim::fault::MessageName> {
    let servers = FIVE_AND_THREE.servers();
    let between = |from, to| servers.contains(from) && servers.contains(to) && from != to;
    let flights: Vec<_> = run.model().flights().iter().filter(|(_, e)| between(e.from, e.to)).collect();
    // Questions on their way from replica to replica are few, and what becomes of them matters most.
    let questions: Vec<_> = flights.iter().filter(|(_, e)| e.message.kind().starts_with("Forward")).copied().collect();
    let among = if questions.is_empty() || dice.below(3) == 0 { flights } else { questions };
    (!among.is_empty()).then(|| dice.one_of(&among)).and_then(|(id, _)| run.name_of(id))
}

fn every_link() -> Vec<(NodeId, NodeId)> {
    let servers = FIVE_AND_THREE.servers();
    servers.iter().flat_map(|from| servers.without(from).iter().map(move |to| (from, to))).collect()
}

/// Everything that went wrong is put right. What was lost stays lost.
pub(crate) fn heal(timeline: &mut Timeline<FeedExperiment>) {
    timeline.act(Intervention::Heal(every_link()));
    for node in FIVE_AND_THREE.servers().iter() {
        match timeline.track().worlds()[0].model().host(node).status {
            Status::Up => {}
            Status::Crashed => assert!(timeline.act(Intervention::Restart(node))),
            Status::Paused => assert!(timeline.act(Intervention::Resume(node))),
        }
        timeline.act(Intervention::Drift { node, ppm: 0 });
    }
    for world in 0..timeline.track().worlds().len() as u8 {
        for name in held(&timeline.track().worlds()[usize::from(world)]) {
            assert!(timeline.act(Intervention::Message { world, name, fate: Fate::Release }));
        }
    }
}

fn held(run: &FeedRun) -> Vec<cap_lab::sim::fault::MessageName> {
    let is_held = |id| run.schedule().passage(id).is_some_and(|passage| passage.held);
    run.model().flights().iter().filter(|(id, _)| is_held(*id)).filter_map(|(id, _)| run.name_of(id)).collect()
}

/// The posts of a world's phones by their request: each phone numbers its own.
pub(crate) fn posts(run: &FeedRun) -> BTreeMap<RequestId, PostId> {
    let mut sent: BTreeMap<NodeId, u32> = BTreeMap::new();
    let mut posts = BTreeMap::new();
    for operation in run.history().iter() {
        let busy =
            matches!(operation.outcome, Outcome::Refused { refusal: cap_lab::store::service::Refusal::Busy, .. });
        if matches!(operation.request, Request::Post(_)) && !busy {
            let number = sent.entry(operation.client).or_default();
            posts.insert(operation.id, PostId { author: operation.client, number: *number });
            *number += 1;
        }
    }
    posts
}

/// The first post that was begun after `healed` and confirmed: how long after.
pub(crate) fn first_confirmed(run: &FeedRun, healed: Micros) -> Option<Micros> {
    run.history().iter().find_map(|operation| match operation.outcome {
        Outcome::Done { at, response: Response::Posted(..) } if operation.invoked >= healed => Some(at.since(healed)),
        _ => None,
    })
}

/// What all the faults led to.
#[derive(Default, Debug)]
struct Tally {
    /// Operations that the consistent feed refused.
    refused: u64,
    /// Operations of the consistent feed of which nothing was known when the phone gave up.
    unknown: u64,
    /// Those of them of which the phone heard after all.
    came_out: u64,
    /// Posts that turned out to be in the feed after their phones had given up.
    announced: u64,
    /// Stale reads of the available feed.
    stale: u64,
}

impl Tally {
    fn add(&mut self, consistent: &FeedRun, available: &FeedRun) {
        let watch = consistent.watch();
        self.refused += u64::from(watch.meters.refused);
        self.unknown += u64::from(watch.meters.unknown);
        let came_out = |outcome: &Outcome<_, _>| matches!(outcome, Outcome::Unknown { later: Some(_), .. });
        self.came_out += consistent.history().iter().filter(|operation| came_out(&operation.outcome)).count() as u64;
        self.announced += watch.phones.values().filter(|phone| phone.announced.is_some()).count() as u64;
        self.stale += u64::from(available.watch().meters.stale);
    }
}

/// One script of faults, then peace. Returns how long after the last heal the first post was confirmed.
fn recovers(seed: u64, tally: &mut Tally) -> Micros {
    let mut timeline = Timeline::new(feed(), seed);
    let mut dice = Dice::new(seed);
    timeline.play(ms(1_000));
    for _ in 0..40 {
        let pause = 20 + dice.below(500);
        timeline.play(timeline.now() + ms(pause));
        let act = fault(&timeline, &mut dice);
        timeline.act(act);
    }
    heal(&mut timeline);
    let healed = timeline.now();
    timeline.play(healed + ms(6_000));
    assert!(timeline.act(Intervention::Traffic(0)));
    timeline.play(healed + ms(10_000));

    let [consistent, available] = timeline.track().worlds() else { panic!("two worlds") };
    assert_eq!(consistent.watch().broken, None, "seed {seed}");
    assert_eq!(available.watch().broken, None, "seed {seed}");
    assert_consistent(seed, consistent);
    assert_available(seed, available);
    tally.add(consistent, available);
    let (one, other) = (first_confirmed(consistent, healed), first_confirmed(available, healed));
    one.zip(other).map(|(one, other)| one.max(other)).unwrap_or_else(|| panic!("seed {seed}: no post was confirmed"))
}

fn leads(node: &Participant) -> bool {
    node.raft().is_some_and(Raft::is_leader) || node.multi_paxos().is_some_and(MultiPaxos::is_leader)
}

/// The consistent feed's promises: no stale read ever, what is confirmed stays, what is refused never comes.
pub(crate) fn assert_consistent(seed: u64, run: &FeedRun) {
    let stale: Vec<_> = run.watch().staleness.stale().iter().collect();
    assert!(stale.is_empty(), "seed {seed}: stale reads of the consistent feed: {stale:?}");
    let leaders = run.model().hosts().filter(|(_, host)| leads(&host.node)).count();
    assert_eq!(leaders, 1, "seed {seed}: leaders");
    let feeds: Vec<_> = run.model().hosts().filter_map(|(id, host)| Some((id, host.node.replicated()?))).collect();
    for (id, feed) in &feeds {
        assert_eq!(*feed, feeds[0].1, "seed {seed}: {id} and n1 differ");
    }
    let names = posts(run);
    let there = |id: &RequestId| feeds[0].1.service.posts().iter().any(|post| post.id == names[id]);
    for operation in run.history().iter().filter(|operation| names.contains_key(&operation.id)) {
        let done = match &operation.outcome {
            Outcome::Done { .. } | Outcome::Unknown { later: Some((_, Answer::Done(_))), .. } => true,
            Outcome::Refused { .. } | Outcome::Unknown { later: Some((_, Answer::Refused(_))), .. } => false,
            Outcome::Pending => panic!("seed {seed}: {operation:?} is still open"),
            Outcome::Unknown { .. } => continue,
        };
        assert_eq!(there(&operation.id), done, "seed {seed}: {operation:?}");
    }
}

/// The available feed's: nothing is ever refused, what is confirmed stays, and all converge.
fn assert_available(seed: u64, run: &FeedRun) {
    let replicas: Vec<_> = run.model().hosts().filter_map(|(id, host)| Some((id, host.node.gossip()?))).collect();
    for (id, replica) in &replicas {
        let (known, first) = (replica.gossip().known(), replicas[0].1.gossip().known());
        assert_eq!(known, first, "seed {seed}: {id} and n1 differ");
        assert_eq!(replica.newest(), replicas[0].1.newest(), "seed {seed}: {id} and n1 show different posts");
    }
    assert_eq!(run.watch().meters.refused, 0, "seed {seed}: refusals");
    let items = replicas[0].1.gossip().items();
    let there: Vec<PostId> =
        items.iter().flat_map(|(_, items)| items.iter().map(|item| item.written.name().into())).collect();
    for operation in run.history().iter() {
        if let Outcome::Done { response: Response::Posted(Place { post, .. }, _), .. } = &operation.outcome {
            assert!(there.contains(post), "seed {seed}: {post:?} was confirmed and is gone");
        }
    }
}

#[test]
fn every_world_recovers() {
    let count = seeds(50, 1_000);
    let mut tally = Tally::default();
    let times: Vec<Micros> = (0..count).map(|seed| recovers(seed, &mut tally)).collect();
    let slowest = times.iter().max().expect("some seeds").as_ms();
    report(&format!(
        "liveness: {count} seeds; the first new post was confirmed in both worlds within {slowest} ms; {tally:?}"
    ));
    assert!(slowest < 10_000);
    let Tally { refused, unknown, came_out, announced, stale } = tally;
    for (what, number) in [refused, unknown, came_out, announced, stale].into_iter().enumerate() {
        assert!(number >= count, "too few of {what}: the faults were too gentle");
    }
}

/// A learner types while the phone still waits for what it asked by itself.
#[test]
fn what_is_asked_while_a_phone_waits_comes_next() {
    let mut timeline = Timeline::new(feed(), 8);
    timeline.act(Intervention::Traffic(0));
    timeline.play(ms(2_000));
    let ask = |request| Intervention::Request { node: NodeId(5), request };
    for request in [Request::Read, Request::Post("in line".into()), Request::Read] {
        assert!(timeline.act(ask(request)));
    }
    timeline.play(ms(4_000));
    let run = &timeline.track().worlds()[0];
    let ended: Vec<Micros> = run.history().iter().filter_map(|operation| operation.ended()).collect();
    assert_eq!(ended.len(), 3, "all were answered");
    assert!(ended.is_sorted_by(|earlier, later| earlier < later), "one after the other: {ended:?}");
    let Outcome::Done { response: Response::Posts { posts: last, .. }, .. } =
        &run.history().iter().next_back().expect("three operations").outcome
    else {
        panic!("the last was a read");
    };
    assert_eq!(last.last().map(|post| &*post.text), Some("in line"), "it reads what was posted before it");
}
