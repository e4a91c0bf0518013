//! How long an operation takes by its message pattern, without running anything: the analytic latency, as `docs/latency.md` derives
//! it for each store.
//!
//! A store tells the [pattern](crate::store::pattern) of a write and of a read, and the world how long a message and a disk take.
//! The latency is the sum over the pattern's legs, plus the round trip from the phone to its replica and back. Where delays vary, each
//! counts with the middle of its range; with no jitter the sum is what an operation takes that meets no other.

use crate::node::{Delay, Micros, NodeId, NodeSet};
use crate::sim::schedule::Pace;
use crate::store::pattern::{Asked, Leg};
use crate::world::feed::FeedWorld;

/// From whom to whom an operation goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route {
    /// Who asks.
    pub phone: NodeId,
    /// Which replica the phone talks to.
    pub replica: NodeId,
    /// Who leads. A store without a leader does without.
    pub leader: Option<NodeId>,
}

/// What an operation takes in this world. `None` if its store needs a leader and the route has none.
pub fn expected(world: &FeedWorld, asked: Asked, route: Route) -> Option<Micros> {
    let mut at = route.replica;
    let mut total = round_trip(world, route.phone, route.replica);
    for leg in world.store.pattern(world.setup.servers(), asked) {
        total = total
            + match leg {
                Leg::Leader => {
                    at = route.leader?;
                    round_trip(world, route.replica, at)
                }
                Leg::Sync => sync(world),
                Leg::Quorum { of, needed, sync } => quorum(world, at, (of, needed, sync)),
            };
    }
    Some(total)
}

/// How long until the `needed`th of `of` has answered `from`, which asks all at once.
fn quorum(world: &FeedWorld, from: NodeId, (of, needed, with_sync): (NodeSet, u8, bool)) -> Micros {
    assert!((1..=of.len()).contains(&usize::from(needed)), "{needed} of {}", of.len());
    let mut answers: Vec<Micros> = of.iter().map(|member| round_trip(world, from, member)).collect();
    answers.sort_unstable();
    answers[usize::from(needed) - 1] + if with_sync { sync(world) } else { Micros::ZERO }
}

fn sync(world: &FeedWorld) -> Micros {
    middle(world.sync_time())
}

/// There and back; nothing to itself.
fn round_trip(world: &FeedWorld, one: NodeId, other: NodeId) -> Micros {
    if one == other {
        return Micros::ZERO;
    }
    let one_way = |from, to| {
        let travel = world.travel(from, to);
        middle(travel.base) + Micros(travel.jitter.0 / 2)
    };
    one_way(one, other) + one_way(other, one)
}

fn middle(delay: Delay) -> Micros {
    Micros((delay.min.0 + delay.max.0) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::feed::{FeedSetup, Region};

    /// By hand for five replicas: n1 and n4 in California, n2 and n5 in Virginia, n3 in Ireland. A phone in a region is half of 1.08 ms
    /// away from its replica, and a disk takes 2 ms.
    #[test]
    fn what_a_pattern_takes_is_the_sum_of_its_legs() {
        let setup = FeedSetup::at_one_site(5, 3).in_three_regions(0);
        let world = |store: &str| FeedWorld::new(setup, store.parse().expect(store));
        let [california, virginia, ireland] = Region::ALL;
        let near = california.round_trip(california);
        let far = |one: Region, other: Region| one.round_trip(other);
        let disk = Micros::from_ms(2);
        let from = |place: u8, leader| Route { phone: NodeId(5 + place), replica: NodeId(place), leader };

        // To the leader in California, whose majority is both replicas there and the nearer of Virginia.
        let raft = expected(&world("raft"), Asked::Write, from(2, Some(NodeId(0))));
        assert_eq!(raft, Some(near + far(ireland, california) + far(california, virginia) + disk));
        assert_eq!(expected(&world("raft"), Asked::Read, from(2, Some(NodeId(0)))), raft, "a read is an entry too");
        // A lease answers at the leader.
        let lease = world("raft.stickiness.check-quorum.lease");
        assert_eq!(expected(&lease, Asked::Read, from(0, Some(NodeId(0)))), Some(near));
        // One replica is home in each region: the second answer is the nearer other region's.
        let quorum = world("quorum");
        assert_eq!(expected(&quorum, Asked::Write, from(0, None)), Some(near + far(california, virginia) + disk));
        assert_eq!(expected(&quorum, Asked::Read, from(2, None)), Some(near + far(ireland, virginia)));
        assert_eq!(expected(&world("gossip"), Asked::Read, from(1, None)), Some(near));
        assert_eq!(expected(&world("gossip"), Asked::Write, from(1, None)), Some(near + disk));
        assert_eq!(expected(&world("raft"), Asked::Write, from(1, None)), None, "nobody leads");
    }
}
