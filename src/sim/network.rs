//! Messages on their way, and how long they take.

use std::hash::{Hash, Hasher};

use serde::Serialize;

use super::backlog::Backlog;
use super::dice;
use super::fingerprint::Fingerprint;
use crate::node::{Delay, Micros, NodeId};

/// A message on its way.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Envelope<M> {
    /// Who sent it.
    pub from: NodeId,
    /// Whom to; the sender itself for word from its own disk.
    pub to: NodeId,
    /// What it says.
    pub message: M,
}

/// Names a message on its way within one run. No part of the model's value: two models with the same messages on their
/// way are equal whatever the messages are called.
pub type FlightId = u32;

/// The multiset of messages on their way. What one of them costs does not depend on how many wait.
#[derive(Clone, Debug)]
pub struct Flights<M> {
    next: FlightId,
    list: Backlog<FlightId, Envelope<M>>,
}

impl<M> Default for Flights<M> {
    fn default() -> Self {
        Self { next: 0, list: Backlog::default() }
    }
}

impl<M: Clone> Flights<M> {
    /// Sends one off.
    pub(super) fn launch(&mut self, envelope: Envelope<M>) -> FlightId {
        let id = self.next;
        self.next += 1;
        self.list.insert(id, envelope);
        id
    }

    /// Takes one out: it arrived or was lost.
    pub(super) fn land(&mut self, id: FlightId) -> Option<Envelope<M>> {
        self.list.remove(id)
    }

    /// Takes out all for which `doomed` holds, in the order in which they were sent.
    pub(super) fn land_where(&mut self, mut doomed: impl FnMut(&Envelope<M>) -> bool) -> Vec<(FlightId, Envelope<M>)> {
        let ids: Vec<FlightId> = self.iter().filter(|(_, envelope)| doomed(envelope)).map(|(id, _)| id).collect();
        ids.into_iter().map(|id| (id, self.list.remove(id).expect("found just now"))).collect()
    }

    /// One of them.
    pub fn get(&self, id: FlightId) -> Option<&Envelope<M>> {
        self.list.get(id)
    }

    /// All of them, in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (FlightId, &Envelope<M>)> {
        self.list.iter().map(|(id, envelope)| (*id, envelope))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether nothing is on its way.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<M: Clone + PartialEq> PartialEq for Flights<M> {
    fn eq(&self, other: &Self) -> bool {
        let count = |flights: &Self, wanted: &Envelope<M>| flights.iter().filter(|(_, e)| *e == wanted).count();
        self.len() == other.len() && self.iter().all(|(_, wanted)| count(self, wanted) == count(other, wanted))
    }
}

impl<M: Clone + Eq> Eq for Flights<M> {}

impl<M: Clone + Hash> Hash for Flights<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A sum does not depend on the order.
        let sum = self.iter().fold(0_u64, |sum, (_, envelope)| sum.wrapping_add(Fingerprint::of(envelope)));
        state.write_u64(sum);
        state.write_u64(self.len() as u64);
    }
}

/// How long messages take on one link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Travel {
    /// Common to all messages sent on this link within 10 ms.
    pub base: Delay,
    /// Each message's own addition: below this.
    pub jitter: Micros,
}

impl Travel {
    /// The time that the `n`th message of a link takes when sent at `sent`: a function of seed, link, moment and `n`
    /// alone, so that worlds which run different protocols under one script meet the same weather.
    pub fn time(self, seed: u64, (from, to): (NodeId, NodeId), sent: Micros, n: u32) -> Micros {
        let (from, to) = (u64::from(from.0), u64::from(to.0));
        let weather = dice::within(seed, &[1, from, to, sent.0 / 10_000], self.base);
        weather + Micros(dice::below(seed, &[2, from, to, u64::from(n)], self.jitter.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flights_are_a_multiset() {
        let envelope = |message: u8| Envelope { from: NodeId(0), to: NodeId(1), message };
        let launch_all = |messages: &[u8]| {
            let mut flights = Flights::default();
            for message in messages {
                flights.launch(envelope(*message));
            }
            flights
        };
        let one_way = launch_all(&[1, 2, 2]);
        assert_eq!(one_way, launch_all(&[2, 1, 2]));
        assert_eq!(Fingerprint::of(&one_way), Fingerprint::of(&launch_all(&[2, 1, 2])));
        assert_ne!(one_way, launch_all(&[1, 1, 2]));
        assert_ne!(Fingerprint::of(&one_way), Fingerprint::of(&launch_all(&[1, 1, 2])));
        assert_ne!(one_way, launch_all(&[1, 2]));
        assert_ne!(launch_all(&[1, 2]), launch_all(&[1, 2, 3]));
    }

    #[test]
    fn two_worlds_meet_the_same_weather() {
        let travel =
            Travel { base: Delay::between(Micros::from_ms(20), Micros::from_ms(30)), jitter: Micros::from_ms(4) };
        let link = (NodeId(0), NodeId(1));
        let time = |sent, n| travel.time(42, link, Micros::from_ms(sent), n);
        for n in 0..100 {
            let apart = time(3, n).0.abs_diff(time(9, n).0);
            assert_eq!(apart, 0, "the same link, n and 10 ms");
            assert!((20_000..34_000).contains(&time(3, n).0));
        }
        assert!((0..100).any(|bucket| time(bucket * 10, 0) != time(0, 0)), "weather never changes");
    }
}
