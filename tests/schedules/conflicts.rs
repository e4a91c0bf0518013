//! Likes, statuses and deletions under every policy: replicas that take in writes at any time, hear of others' late, twice, out of order
//! or never, by clocks that differ by seconds; then all hear of all.
//!
//! What a write truly follows is kept by the test itself, as sets of names, and held against what replicas compute.

use std::collections::{BTreeMap, BTreeSet};

use cap_lab::node::{Clocks, Micros, NodeId};
use cap_lab::sim::dice;
use cap_lab::store::conflict::{Note, Object, Policy};
use cap_lab::store::feed::{Post, PostId, Response};
use cap_lab::store::objects::{AskedChange, Change, Changed, Context, Objects, Written};

use crate::{report, seeds};

const REPLICAS: usize = 3;
const PHONES: u8 = 3;
/// Replicas have the numbers below.
const FIRST_PHONE: u8 = 3;
const STEPS: u64 = 40;
/// What a sweep counts.
const WHAT: [&str; 4] = [
    "statuses that are gone",
    "newer writes that lost",
    "posts that outlive their deletion",
    "posts with too few likes",
];

/// What was truly seen.
type Seen = BTreeSet<PostId>;

/// A write with its place, and what it truly follows.
#[derive(Clone)]
struct Entry {
    rank: u64,
    written: Written,
    follows: Seen,
}

impl Entry {
    fn id(&self) -> PostId {
        self.written.name().into()
    }

    fn changed(&self) -> Option<&Changed> {
        match &self.written {
            Written::Change(changed) => Some(changed),
            Written::Post(..) => None,
        }
    }
}

struct Replica {
    objects: Objects,
    has: Vec<Entry>,
    /// How far its wall clock is ahead.
    ahead: u64,
    notes: Vec<Note>,
}

impl Replica {
    /// What it has, and all that this follows.
    fn seen(&self) -> Seen {
        let names = self.has.iter().map(Entry::id);
        names.chain(self.has.iter().flat_map(|entry| entry.follows.iter().copied())).collect()
    }

    fn take_in(&mut self, entry: &Entry) {
        let mut others = self.has.iter().map(|entry| (entry.rank, &entry.written));
        let notes = &mut self.notes;
        self.objects.take_in((entry.rank, &entry.written), &mut others, &mut |note| notes.push(note));
        if !self.has.iter().any(|other| other.id() == entry.id()) {
            self.has.push(entry.clone());
        }
    }

    fn next_rank(&self) -> u64 {
        self.has.iter().map(|entry| entry.rank).max().unwrap_or(0) + 1
    }

    fn posts(&self) -> Vec<PostId> {
        self.has.iter().filter(|entry| entry.written.post().is_some()).map(Entry::id).collect()
    }
}

#[derive(Default, Clone)]
struct Phone {
    written: u32,
    context: Context,
    seen: Seen,
}

struct World {
    replicas: Vec<Replica>,
    phones: Vec<Phone>,
    all: Vec<Entry>,
    now: u64,
}

impl World {
    /// A cluster; clocks are up to so many µs apart.
    fn new(policy: Policy, apart: u64, dice: u64) -> Self {
        let replica = |number: usize| Replica {
            objects: Objects::new(policy),
            has: Vec::new(),
            ahead: if apart == 0 { 0 } else { dice::below(dice, &[number as u64], apart) },
            notes: Vec::new(),
        };
        let replicas = (0..REPLICAS).map(replica).collect();
        Self { replicas, phones: vec![Phone::default(); PHONES.into()], all: Vec::new(), now: 1_000_000 }
    }

    fn clocks(&self, replica: usize) -> Clocks {
        Clocks { wall: Micros(self.now + self.replicas[replica].ahead), monotonic: Micros(self.now) }
    }

    /// A phone writes something at a replica, and hears that it is done.
    fn write(&mut self, phone: usize, replica: usize, what: u64, dice: u64) {
        let (at, author) = (self.clocks(replica), NodeId(FIRST_PHONE + phone as u8));
        let here = &self.replicas[replica];
        let id = PostId { author, number: self.phones[phone].written };
        self.phones[phone].written += 1;
        let pick = |posts: &[PostId]| posts[dice::below(dice, &[2], posts.len() as u64) as usize];
        let known = here.posts();
        let own: Vec<PostId> = self
            .all
            .iter()
            .filter(|entry| entry.written.post().is_some() && entry.id().author == author)
            .map(Entry::id)
            .collect();
        let change = match what {
            0 | 1 if !known.is_empty() => Some(Change::Like(pick(&known))),
            2 if !own.is_empty() => Some(Change::Delete(pick(&own))),
            3..=5 => {
                let of = NodeId(FIRST_PHONE + dice::below(dice, &[3], 2) as u8);
                Some(Change::Status { of, text: format!("{id}").into() })
            }
            _ => None,
        };
        let mut follows = self.phones[phone].seen.clone();
        match change {
            Some(Change::Like(_)) => follows.extend(here.seen()),
            Some(Change::Delete(post)) => _ = follows.insert(post),
            _ => {}
        }
        let rank = here.next_rank();
        let written = match change {
            None => Written::Post(Post { id, text: "".into(), written: at.wall }, here.objects.times(at)),
            Some(change) => {
                let mut context = self.phones[phone].context.clone();
                context.writes.insert_below(author, id.number);
                let asked = AskedChange { id, change, context };
                Written::Change(Box::new(here.objects.stamped(&asked, at)))
            }
        };
        // One person's writes follow each other.
        follows.extend((0..id.number).map(|number| PostId { author, number }));
        // A post conflicts with nothing, and does not say what it follows.
        let is_post = written.post().is_some();
        let entry = Entry { rank, written, follows: if is_post { Seen::new() } else { follows } };
        if let Some(changed) = entry.changed() {
            let computed: Seen =
                self.all.iter().map(Entry::id).filter(|id| changed.follows.contains((*id).into())).collect();
            assert_eq!(computed, entry.follows, "what {id} follows");
        }
        self.replicas[replica].take_in(&entry);
        let hybrid = entry.written.times().hybrid;
        let phone = &mut self.phones[phone];
        match entry.written.confirmed(entry.rank) {
            Response::Changed(context) => phone.context.join(&context),
            _ => phone.context.hybrid = phone.context.hybrid.seen(hybrid),
        }
        phone.context.writes.insert(id.into());
        phone.seen.insert(id);
        phone.seen.extend(entry.follows.iter().copied());
        self.all.push(entry);
    }

    /// A phone reads at a replica.
    fn read(&mut self, phone: usize, replica: usize) {
        let here = &self.replicas[replica];
        self.phones[phone].context.join(&here.objects.context());
        let seen = here.seen();
        self.phones[phone].seen.extend(seen);
    }

    /// One replica hears of what another one has: any of it, in any order, perhaps again.
    fn hear(&mut self, from: usize, to: usize, count: u64, dice: u64) {
        let has = self.replicas[from].has.clone();
        for number in 0..count.min(has.len() as u64) {
            let entry = &has[dice::below(dice, &[4, number], has.len() as u64) as usize];
            self.replicas[to].take_in(entry);
        }
    }

    /// All hear of all, each in an order of its own.
    fn settle(&mut self, dice: u64) {
        for number in 0..REPLICAS {
            let mut left = self.all.clone();
            while !left.is_empty() {
                let place = dice::below(dice, &[5, number as u64, left.len() as u64], left.len() as u64) as usize;
                self.replicas[number].take_in(&left.remove(place));
            }
        }
    }

    fn run(&mut self, dice: u64) {
        for step in 0..STEPS {
            let draw = |salt, count| dice::below(dice, &[step, salt], count) as usize;
            let own = dice::throw(dice, &[step, 99]);
            self.now += 1_000 * draw(0, 400) as u64;
            match draw(1, 10) {
                0..=4 => self.write(draw(2, PHONES.into()), draw(3, 3), draw(4, 9) as u64, own),
                5 => self.read(draw(2, PHONES.into()), draw(3, 3)),
                _ => self.hear(draw(2, 3), draw(3, 3), 1 + draw(4, 4) as u64, own),
            }
        }
        self.settle(dice);
    }

    fn changes(&self) -> impl Iterator<Item = (&Entry, &Changed)> {
        self.all.iter().filter_map(|entry| Some((entry, entry.changed()?)))
    }

    /// The names of the visible writes of a status, by its texts: each write's text is its name.
    fn visible(&self, of: NodeId) -> Vec<PostId> {
        self.replicas[0].objects.status(of).iter().map(|text| text.parse().expect("a name")).collect()
    }

    fn entry(&self, id: PostId) -> &Entry {
        self.all.iter().find(|entry| entry.id() == id).expect("it was written")
    }

    /// The writes of statuses that are neither visible nor followed by what is.
    fn lost_statuses(&self) -> Vec<PostId> {
        let mut lost = Vec::new();
        for (entry, changed) in self.changes() {
            if let Change::Status { of, .. } = &changed.change {
                let visible = self.visible(*of);
                let is_known = |id: &PostId| *id == entry.id() || self.entry(*id).follows.contains(&entry.id());
                if !visible.iter().any(is_known) {
                    lost.push(entry.id());
                }
            }
        }
        lost
    }

    /// How many likes each post got.
    fn liked(&self) -> BTreeMap<PostId, u32> {
        let mut likes = BTreeMap::new();
        for (_, changed) in self.changes() {
            if let Change::Like(post) = changed.change {
                *likes.entry(post).or_default() += 1;
            }
        }
        likes
    }

    /// The deletions of posts that are there all the same.
    fn undeleted(&self) -> usize {
        let is_there = |changed: &Changed| matches!(changed.change, Change::Delete(post) if !self.replicas[0].objects.is_deleted(post));
        self.changes().filter(|(_, changed)| is_there(changed)).count()
    }
}

fn is_newer_lost(note: &Note) -> bool {
    matches!(note, Note::Overwrites { newer: true, .. })
}

/// Whatever the order: the same writes make the same objects.
fn converge(policy: Policy, seed: u64, apart: u64) -> World {
    let dice = dice::throw(seed, &[policy as u64]);
    let mut world = World::new(policy, apart, dice);
    world.run(dice);
    let first = &world.replicas[0];
    for replica in &world.replicas[1..] {
        assert_eq!(replica.objects, first.objects, "{policy:?}, seed {seed}: two replicas with the same writes");
    }
    // Each write once more changes nothing (idempotent), and so does their order (commutative, associative).
    let again = world.all.iter().chain(world.all.iter().rev()).map(|entry| (entry.rank, &entry.written));
    assert_eq!(Objects::of(policy, &again), first.objects, "{policy:?}, seed {seed}: twice, and backwards");
    world
}

#[test]
fn every_policy_converges_and_keeps_its_promise() {
    const FIVE_SECONDS: u64 = 5_000_000;
    for policy in Policy::ALL {
        let mut tally: BTreeMap<&str, u64> = BTreeMap::new();
        for seed in 0..seeds(500, 10_000) {
            let world = converge(policy, seed, FIVE_SECONDS);
            let lost = world.lost_statuses();
            let newer =
                world.replicas.iter().flat_map(|replica| &replica.notes).filter(|note| is_newer_lost(note)).count();
            let objects = &world.replicas[0].objects;
            let fewer = world
                .liked()
                .into_iter()
                .filter(|(post, likes)| objects.likes(*post).iter().all(|shown| shown < likes));
            let fewer = fewer.count();
            if policy.counts_each() {
                let shown = |post: PostId| objects.likes(post);
                assert!(
                    world.liked().into_iter().all(|(post, likes)| shown(post) == [likes]),
                    "{policy:?}, seed {seed}"
                );
            }
            if matches!(policy, Policy::Siblings | Policy::Crdts) {
                assert_eq!(lost, [], "{policy:?}, seed {seed}: neither visible nor superseded");
                let dropped = world.replicas.iter().flat_map(|replica| &replica.notes);
                assert!(
                    dropped.clone().all(|note| !matches!(note, Note::Overwrites { .. })),
                    "{policy:?}, seed {seed}"
                );
                for (_, changed) in world.changes() {
                    let Change::Like(post) = changed.change else { continue };
                    let is_kept = policy.counts_each()
                        || objects.likes(post).contains(&changed.counted)
                        || objects.has_successor(changed.change.object(), changed.name);
                    assert!(is_kept, "{policy:?}, seed {seed}: a like is neither visible nor superseded");
                }
            }
            // A replica that numbers by what it has itself may number a newer write lower: a quorum asks for the highest tag first.
            if !matches!(policy, Policy::WallClock | Policy::ByPlace) {
                assert_eq!((newer, world.undeleted()), (0, 0), "{policy:?}, seed {seed}: what is newer stays");
            }
            for (what, count) in WHAT.into_iter().zip([lost.len(), newer, world.undeleted(), fewer]) {
                *tally.entry(what).or_default() += count as u64;
            }
        }
        report(&format!("{policy:?}: {tally:?}"));
        let expected = match policy {
            Policy::WallClock => [true, true, true, true],
            Policy::HybridClock => [true, false, false, true],
            Policy::ByPlace => [true, true, false, false],
            Policy::Siblings => [false, false, false, true],
            Policy::Crdts => [false; 4],
        };
        assert_eq!(WHAT.map(|what| tally[what] > 0), expected, "{policy:?}: of {WHAT:?}");
    }
}

/// A status that is gone was reported as it was dropped.
#[test]
fn what_a_replica_reports_as_lost_is_lost() {
    for policy in [Policy::WallClock, Policy::HybridClock, Policy::ByPlace] {
        for seed in 0..seeds(200, 5_000) {
            let world = converge(policy, seed, 5_000_000);
            let reported: BTreeSet<PostId> = world
                .replicas
                .iter()
                .flat_map(|replica| &replica.notes)
                .filter_map(|note| match note {
                    Note::Overwrites { object: Object::Status(_), loser, .. } => Some(PostId::from(*loser)),
                    _ => None,
                })
                .collect();
            for lost in world.lost_statuses() {
                // Or one that superseded it was, and was reported.
                let is_told = |told: &PostId| *told == lost || world.entry(*told).follows.contains(&lost);
                assert!(reported.iter().any(is_told), "{policy:?}, seed {seed}: {lost} is gone, and nobody said so");
            }
        }
    }
}
