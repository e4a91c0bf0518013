//! Tests drive servers by hand, message by message; every event is checked against the invariants.

use super::invariant::Ghost;
use super::*;
use crate::node::Violation;
use crate::test_cluster::{self, Before, Watched};

/// Commands are numbers; what carrying them out leads to is the last one (see `raft::tests`).
type Server = PrimaryBackup<u64>;

pub(crate) type Cluster = test_cluster::Cluster<Server>;

pub(crate) fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

pub(crate) fn all(count: usize) -> NodeSet {
    NodeSet::first(count)
}

pub(crate) fn set(numbers: &[u8]) -> NodeSet {
    numbers.iter().map(|number| n(*number)).collect()
}

impl Watched for Server {
    type Ghost = Ghost<u64>;

    fn watch(
        ghost: &mut Ghost<u64>,
        id: NodeId,
        before: Before<'_, Self>,
        after: &Self,
        left: &[Message<u64>],
    ) -> Result<(), Violation> {
        let before = match before {
            Before::Event(before) => Some(before),
            Before::Restart(_) => None,
        };
        // What its disk has is looked at where there is one: in worlds.
        ghost.observe(id, before, after, after.state(), left.iter())
    }

    fn asked(_: &mut Ghost<u64>, _: NodeId, _: RequestId, _: &Request<u64>) {}

    fn answered(_: &mut Ghost<u64>, _: NodeId, _: RequestId, _: &Answer<Response, Refusal>) -> Result<(), Violation> {
        Ok(())
    }

    fn durable(&self) -> Option<&Durable<u64>> {
        Some(self.state()).filter(|_| self.config().setup.flaw.is_none())
    }
}

impl Cluster {
    /// So many servers, as this setup has them.
    pub(crate) fn of(count: usize, setup: &str) -> Self {
        let setup: Setup = setup.parse().expect("a setup");
        let servers = all(count);
        let new = |id| PrimaryBackup::new(setup.config(id, servers));
        Self::start(servers.iter().map(new), &vec![Durable::default(); count])
    }

    /// So many servers, and all follow n1 in view 1.
    fn led(count: usize, setup: &str) -> Self {
        let mut cluster = Self::of(count, setup);
        cluster.fire(n(1), Timer::Failover);
        cluster.settle(all(count));
        cluster
    }

    pub(crate) fn propose(&mut self, id: NodeId, command: u64) -> RequestId {
        self.ask(id, Request::Propose(command))
    }

    pub(crate) fn read(&mut self, id: NodeId) -> RequestId {
        self.ask(id, Request::Read)
    }

    fn ask(&mut self, id: NodeId, what: Request<u64>) -> RequestId {
        let request = RequestId(self.requests);
        self.requests += 1;
        self.ask_as(id, request, what);
        request
    }

    /// The commands in a server's log.
    fn log(&self, id: NodeId) -> Vec<u64> {
        self.server(id).state().iter_from(1).map(|entry| entry.command).collect()
    }

    fn answer(&self, request: RequestId) -> Option<&Answer<Response, Refusal>> {
        self.replies.iter().find(|(id, _)| *id == request).map(|(_, answer)| answer)
    }

    fn is_confirmed(&self, request: RequestId) -> bool {
        matches!(self.answer(request), Some(Answer::Done(Response::Confirmed { .. })))
    }
}

#[test]
fn a_primary_confirms_what_is_on_its_own_disk() {
    let mut cluster = Cluster::led(3, "");
    cluster.syncs = false;
    let request = cluster.propose(n(1), 7);
    assert_eq!(cluster.answer(request), None, "its disk is not done");
    cluster.sync(n(1));
    assert!(cluster.is_confirmed(request), "it waits for nobody else");
    cluster.syncs = true;
    cluster.settle(all(3));
    assert_eq!([1, 2, 3].map(|server| cluster.log(n(server))), [vec![7], vec![7], vec![7]]);
}

#[test]
fn with_one_backup_to_wait_for_a_primary_alone_confirms_nothing() {
    let mut cluster = Cluster::led(3, ".one-backup");
    let request = cluster.propose(n(1), 7);
    cluster.settle(set(&[1]));
    assert_eq!(cluster.answer(request), None);
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(set(&[1, 2]));
    assert!(cluster.is_confirmed(request));
}

#[test]
fn two_primaries_confirm_and_the_higher_view_wins() {
    let mut cluster = Cluster::led(3, "");
    let shared = cluster.propose(n(1), 1);
    cluster.settle(all(3));
    cluster.fire(n(3), Timer::Failover);
    assert!(cluster.server(n(1)).leads() && cluster.server(n(3)).leads(), "split brain");
    cluster.network.clear();
    let (old, new) = ([2, 3].map(|command| cluster.propose(n(1), command)), cluster.propose(n(3), 4));
    cluster.network.clear();
    for request in [shared, old[0], old[1], new] {
        assert!(cluster.is_confirmed(request));
    }
    cluster.fire(n(3), Timer::Heartbeat);
    cluster.settle(all(3));
    cluster.fire(n(3), Timer::Heartbeat);
    cluster.settle(all(3));
    assert_eq!([1, 2, 3].map(|server| cluster.log(n(server))), [vec![1, 4], vec![1, 4], vec![1, 4]]);
    let notes = cluster.notes_of(n(1));
    let discards = Note::Discards { from: 2, count: 2, of: View(1), view: View(3), primary: n(3) };
    assert!(notes.contains(&discards), "{notes:?}");
    assert_eq!(cluster.servers[0].take_rewound(), Some(2), "the first decided entry that is gone");
    assert_eq!(cluster.servers[0].take_rewound(), None, "it was told");
}

#[test]
fn what_a_shorter_log_lacks_is_discarded_though_nothing_takes_its_place() {
    let mut cluster = Cluster::led(3, "");
    cluster.propose(n(1), 1);
    cluster.settle(set(&[1, 2]));
    // n3 has nothing, and its view is higher.
    cluster.fire(n(3), Timer::Failover);
    cluster.settle(all(3));
    assert_eq!([1, 2, 3].map(|server| cluster.log(n(server))), [const { Vec::<u64>::new() }; 3]);
}

#[test]
fn an_old_primary_hears_from_a_backup_that_it_leads_no_more() {
    let mut cluster = Cluster::led(3, "");
    cluster.fire(n(3), Timer::Failover);
    cluster.settle(set(&[2, 3]));
    let open = {
        cluster.syncs = false;
        cluster.propose(n(1), 9)
    };
    cluster.syncs = true;
    cluster.network.clear();
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(2));
    cluster.deliver(n(2), n(1));
    assert!(!cluster.server(n(1)).leads());
    assert_eq!(cluster.server(n(1)).primary(), Some(n(3)));
    assert!(cluster.answer(open).is_some(), "answered, or told that nobody knows");
}

#[test]
fn who_restarts_is_a_backup() {
    let mut cluster = Cluster::led(3, "");
    cluster.crash(n(1), 0);
    cluster.restart(n(1));
    assert!(!cluster.server(n(1)).leads());
    assert_eq!(cluster.server(n(1)).primary(), None, "it led view 1 itself");
    let request = cluster.propose(n(1), 1);
    assert_eq!(cluster.answer(request), Some(&Answer::Refused(Refusal::NotPrimary { view: View(1) })));
    cluster.fire(n(1), Timer::Failover);
    assert_eq!(cluster.server(n(1)).view(), View(4), "a view of its own that nobody led");
}

#[test]
fn the_next_in_line_waits_least() {
    let setup = Setup::default();
    let waits = |view: u64| [1, 2, 3].map(|server| setup.config(n(server), all(3)).failover(View(view)).min.as_ms());
    assert_eq!(waits(0), [200, 260, 320], "nobody leads view 0");
    assert_eq!(waits(1), [320, 200, 260], "n1 leads view 1");
    assert_eq!(waits(3), [200, 260, 320], "n3 leads view 3");
}

#[test]
fn a_message_that_comes_late_or_twice_changes_nothing() {
    let mut cluster = Cluster::led(2, "");
    for command in [1, 2] {
        cluster.propose(n(1), command);
    }
    let sent = cluster.take(|flying| flying.to == n(2));
    for flying in sent.iter().chain(sent.iter().rev()) {
        cluster.tell(flying.from, flying.to, flying.message.clone());
    }
    assert_eq!(cluster.log(n(2)), [1, 2]);
    cluster.settle(all(2));
    assert_eq!(cluster.log(n(2)), [1, 2]);
}

#[test]
fn a_server_alone_leads_alone() {
    let mut cluster = Cluster::of(1, ".one-backup");
    cluster.fire(n(1), Timer::Failover);
    let request = cluster.propose(n(1), 5);
    assert!(cluster.is_confirmed(request), "there is no backup to wait for");
}
