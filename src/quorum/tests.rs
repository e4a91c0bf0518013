//! Tests drive replicas by hand, message by message.

use super::*;
use crate::node::{Answer, Violation};
use crate::test_cluster::{self, Before, Watched};

/// Items are numbers.
type Replica = Quorum<u32>;

pub(crate) type Cluster = test_cluster::Cluster<Replica>;

pub(crate) fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

pub(crate) fn all(count: usize) -> NodeSet {
    NodeSet::first(count)
}

pub(crate) fn set(numbers: &[u8]) -> NodeSet {
    numbers.iter().map(|number| n(*number)).collect()
}

/// The client that adds everything.
const CLIENT: NodeId = NodeId(9);

impl Watched for Replica {
    /// What speaks of several replicas is watched in worlds and in random schedules.
    type Ghost = ();

    fn watch(
        (): &mut (),
        _: NodeId,
        before: Before<'_, Self>,
        after: &Self,
        _: &[Message<u32>],
    ) -> Result<(), Violation> {
        if let Before::Event(before) = before {
            let (had, has) = (before.state.items.known(), after.state.items.known());
            assert!(has.includes(had), "a set only grows");
        }
        Ok(())
    }

    fn asked((): &mut (), _: NodeId, _: RequestId, _: &Request<u32>) {}

    fn answered((): &mut (), _: NodeId, _: RequestId, _: &Answer<Response, Refusal>) -> Result<(), Violation> {
        Ok(())
    }

    fn durable(&self) -> Option<&Durable<u32>> {
        Some(&self.state).filter(|_| self.config.setup.flaw.is_none())
    }
}

impl Cluster {
    /// So many replicas, as this setup has them.
    pub(crate) fn of(count: usize, setup: &str) -> Self {
        let setup: Setup = setup.parse().expect("a setup");
        let servers = all(count);
        let new = |id| Quorum::new(setup.config(id, servers));
        Self::start(servers.iter().map(new), &vec![Durable::default(); count])
    }

    pub(crate) fn add(&mut self, id: NodeId, number: u32) -> RequestId {
        self.ask(id, Request::Add(Name { origin: CLIENT, number }, number))
    }

    pub(crate) fn read(&mut self, id: NodeId) -> RequestId {
        self.ask(id, Request::Read)
    }

    fn ask(&mut self, id: NodeId, what: Request<u32>) -> RequestId {
        let request = RequestId(self.requests);
        self.requests += 1;
        self.ask_as(id, request, what);
        request
    }

    /// Time passes, and a coordinator looks after what waits, if anything does.
    pub(crate) fn wait_and_tick(&mut self, id: NodeId, ms: u64) {
        self.wait(ms);
        if self.timers.contains(&(id, Timer::Tick)) {
            self.fire(id, Timer::Tick);
        }
    }

    /// All that `id` sent arrives, and none of the answers.
    pub(crate) fn settle_from(&mut self, id: NodeId) {
        for flying in self.take(|flying| flying.from == id) {
            self.tell(flying.from, flying.to, flying.message);
        }
    }

    /// `id` compares what it has with `peer`.
    pub(crate) fn exchange(&mut self, id: NodeId, peer: NodeId) {
        self.fire(id, Timer::Exchange);
        self.choose(id, peer);
    }

    fn answer(&self, request: RequestId) -> Option<&Answer<Response, Refusal>> {
        self.replies.iter().find(|(id, _)| *id == request).map(|(_, answer)| answer)
    }

    /// What a read showed.
    fn shown(&self, request: RequestId) -> Option<Vec<u32>> {
        let Some(Answer::Done(Response::Read(known))) = self.answer(request) else { return None };
        Some((0..10).filter(|&number| known.contains(Name { origin: CLIENT, number })).collect())
    }

    fn sequence(&self, request: RequestId) -> Option<u64> {
        match self.answer(request) {
            Some(Answer::Done(Response::Added(tag))) => Some(tag.sequence),
            _ => None,
        }
    }

    /// What a replica has stored as home.
    fn items(&self, id: NodeId) -> Vec<u32> {
        let mut items: Vec<u32> = self.server(id).state.items.iter().map(|entry| entry.item).collect();
        items.sort_unstable();
        items
    }
}

#[test]
fn a_write_waits_for_w_disks() {
    let mut cluster = Cluster::of(3, "");
    let request = cluster.add(n(1), 0);
    assert_eq!(cluster.answer(request), None, "one disk is too few");
    cluster.settle(set(&[1, 2]));
    assert_eq!(cluster.sequence(request), Some(1));
    assert_eq!([1, 2, 3].map(|server| cluster.items(n(server))), [vec![0], vec![0], vec![]]);
}

/// Dynamo: R + W > N, and a read that shows what a later read does not.
#[test]
fn without_write_back_a_later_read_may_show_less() {
    for (setup, later) in [(".no-repair", vec![]), (".strict.write-back", vec![0])] {
        let mut cluster = Cluster::of(3, setup);
        // The write reaches n1 only: it is under way.
        cluster.add(n(1), 0);
        cluster.network.clear();
        let first = cluster.read(n(1));
        cluster.settle(set(&[1, 2]));
        assert_eq!(cluster.shown(first), Some(vec![0]), "{setup}");
        let second = cluster.read(n(3));
        cluster.settle(set(&[2, 3]));
        assert_eq!(cluster.shown(second), Some(later), "{setup}");
    }
}

#[test]
fn a_read_that_writes_back_is_not_answered_before_w_have_it() {
    let mut cluster = Cluster::of(3, ".strict.write-back");
    cluster.add(n(1), 0);
    cluster.network.clear();
    let read = cluster.read(n(1));
    // n2 says that it has nothing; what it is sent then is lost.
    cluster.deliver(n(1), n(2));
    cluster.deliver(n(2), n(1));
    assert_eq!(cluster.answer(read), None);
    cluster.network.clear();
    cluster.wait_and_tick(n(1), 100);
    cluster.settle(set(&[1, 2]));
    assert_eq!(cluster.shown(read), Some(vec![0]));
    assert_eq!(cluster.items(n(2)), [0]);
}

#[test]
fn two_reads_at_once_see_sets_of_which_one_includes_the_other() {
    // Each of two writes is on one replica; n1 and n2 read at once, and each hears n3 first.
    for setup in [".strict.write-back", ".strict.no-repair"] {
        let mut cluster = Cluster::of(3, setup);
        for (server, number) in [(1, 0), (2, 1)] {
            cluster.add(n(server), number);
        }
        cluster.network.clear();
        let reads = [cluster.read(n(1)), cluster.read(n(2))];
        for server in [1, 2] {
            cluster.deliver(n(server), n(3));
            cluster.deliver(n(3), n(server));
        }
        cluster.settle(all(3));
        let [one, other] = reads.map(|read| cluster.shown(read).expect("both are answered"));
        let comparable = one.iter().all(|item| other.contains(item)) || other.iter().all(|item| one.contains(item));
        assert_eq!(comparable, setup.ends_with("write-back"), "{one:?} and {other:?}");
    }
}

#[test]
fn a_tag_that_was_asked_for_is_above_all_that_were_confirmed() {
    for (setup, above) in [(".strict.tags", true), (".strict", false)] {
        let mut cluster = Cluster::of(5, setup);
        let mut last = None;
        for number in 0..3 {
            last = Some(cluster.add(n(1), number));
            cluster.settle(all(5));
        }
        // n5 is home to nothing and has seen none of them.
        let later = cluster.add(n(5), 3);
        cluster.settle(all(5));
        let sequences = (cluster.sequence(last.expect("three")), cluster.sequence(later));
        assert_eq!(sequences.1 > sequences.0, above, "{setup}: {sequences:?}");
    }
}

#[test]
fn others_stand_in_and_hand_off() {
    let mut cluster = Cluster::of(5, "");
    // n3, n4 and n5 are together: only n3 is home.
    let part = set(&[3, 4, 5]);
    let request = cluster.add(n(3), 0);
    cluster.settle(part);
    assert_eq!(cluster.answer(request), None, "one of W = 2");
    cluster.wait_and_tick(n(3), 100);
    cluster.settle(part);
    assert_eq!(cluster.sequence(request), Some(1));
    assert!(cluster.server(n(4)).state.has_hint(n(1), Name { origin: CLIENT, number: 0 }));
    // A read in the other part does not find it, though R + W > N.
    let read = cluster.read(n(1));
    cluster.settle(set(&[1, 2]));
    assert_eq!(cluster.shown(read), Some(vec![]));
    for server in [4, 5] {
        cluster.fire(n(server), Timer::Exchange);
    }
    cluster.settle(all(5));
    assert_eq!([1, 2].map(|server| cluster.items(n(server))), [vec![0], vec![0]]);
    assert!([4, 5].iter().all(|server| cluster.server(n(*server)).state.hints.is_empty()), "they were dropped");
}

#[test]
fn a_strict_quorum_refuses_what_left_nothing_and_knows_nothing_of_the_rest() {
    let mut cluster = Cluster::of(5, ".strict.tags");
    let (read, write) = (cluster.read(n(5)), cluster.add(n(5), 0));
    cluster.network.clear();
    cluster.wait_and_tick(n(5), 400);
    for request in [read, write] {
        assert!(matches!(cluster.answer(request), Some(Answer::Refused(Refusal::NoQuorum(_)))));
    }
    let mut cluster = Cluster::of(5, ".strict");
    let write = cluster.add(n(5), 0);
    cluster.network.clear();
    cluster.wait_and_tick(n(5), 400);
    assert_eq!(cluster.answer(write), Some(&Answer::Unknown), "it was sent");
}

#[test]
fn an_answer_from_before_a_crash_counts_for_nothing() {
    let mut cluster = Cluster::of(3, ".strict");
    cluster.add(n(1), 0);
    cluster.deliver(n(1), n(2));
    let answers = cluster.take(|flying| flying.to == n(1));
    assert!(!answers.is_empty());
    cluster.crash(n(1), 0);
    cluster.restart(n(1));
    cluster.network.clear();
    let request = cluster.add(n(1), 1);
    for flying in answers {
        cluster.tell(flying.from, flying.to, flying.message);
    }
    assert_eq!(cluster.answer(request), None, "n2 has not stored this one");
}

#[test]
fn a_read_repairs_who_is_behind() {
    for (setup, repaired) in [("", vec![0]), (".no-repair", vec![])] {
        let mut cluster = Cluster::of(3, setup);
        cluster.add(n(1), 0);
        cluster.settle(set(&[1, 2]));
        cluster.read(n(2));
        cluster.settle(all(3));
        assert_eq!(cluster.items(n(3)), repaired, "{setup}");
    }
}
