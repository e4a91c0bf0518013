//! How a client asks a majority of independent servers: see [`redlock`](crate::locks::redlock).

use super::{Client, ClientNote, ClientTimer, Open, Out, Phase, RETRY};
use crate::locks::redlock::Message;
use crate::locks::service::SessionId;
use crate::node::{Clocks, Delay, Micros, NodeId, NodeSet};

/// How long it waits until it tries anew: so long that two who got in each other's way seldom do so again.
const BACK_OFF: Delay = Delay::between(Micros::from_ms(30), Micros::from_ms(300));

/// The latest round of votes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Round {
    number: u32,
    /// When the lease ends that it asks for.
    end: Micros,
    granted: NodeSet,
    refused: NodeSet,
    /// It failed, and the next one has not begun.
    backs_off: bool,
}

impl Client {
    fn needed(&self) -> usize {
        self.config.servers.len() / 2 + 1
    }

    /// Asks all servers for the lock, or for more time with it.
    pub(super) fn poll(&mut self, at: Clocks, out: &mut Out) {
        let (terms, end) = (self.terms(at), self.clock(at) + self.config.lease);
        let (Phase::Acquires(stay) | Phase::Holds { stay, .. }) = &mut self.phase else { return };
        let round = stay.round.number + 1;
        stay.round = Round { number: round, end, ..Round::default() };
        let session = stay.id;
        out.note(ClientNote::Polls { session, round });
        for server in self.config.servers.iter() {
            out.send_after_sync(server, Message::Lock { session, round, terms }.into());
        }
        if matches!(self.phase, Phase::Acquires(_)) {
            out.set_timer(ClientTimer::Retry.into(), Delay::fixed(RETRY));
        }
    }

    /// An independent server has answered.
    pub(in crate::locks) fn on_vote(
        &mut self,
        from: NodeId,
        session: SessionId,
        round: u32,
        granted: bool,
        at: Clocks,
        out: &mut Out,
    ) {
        let (needed, all) = (self.needed(), self.config.servers.len());
        let (Phase::Acquires(stay) | Phase::Holds { stay, .. }) = &mut self.phase else { return };
        if stay.id != session || stay.round.number != round || stay.round.backs_off {
            return;
        }
        let votes = if granted { &mut stay.round.granted } else { &mut stay.round.refused };
        votes.insert(from);
        if stay.round.granted.len() >= needed {
            stay.confirm(Open { number: round, end: stay.round.end });
            match self.phase {
                Phase::Holds { .. } => {
                    self.mind_the_end(at, out);
                    self.go_on(at, out);
                }
                _ => self.hold(at, out),
            }
        } else if stay.round.refused.len() > all - needed && matches!(self.phase, Phase::Acquires(_)) {
            self.back_off(out);
        }
    }

    /// Lets go of what it got, and waits.
    fn back_off(&mut self, out: &mut Out) {
        let needed = self.needed() as u8;
        let Phase::Acquires(stay) = &mut self.phase else { unreachable!("only who asks backs off") };
        stay.round.backs_off = true;
        let (session, by) = (stay.id, stay.round.granted);
        out.note(ClientNote::BacksOff { session, by, needed });
        for server in self.config.servers.iter() {
            out.send_after_sync(server, Message::Unlock { session }.into());
        }
        out.set_timer(ClientTimer::Retry.into(), BACK_OFF);
    }

    /// No majority in time: it backs off. Or it has: it begins anew, with a value that no server knows.
    pub(super) fn poll_again(&mut self, at: Clocks, out: &mut Out) {
        let Phase::Acquires(stay) = &self.phase else { return };
        if stay.round.backs_off { self.acquire(at, out) } else { self.back_off(out) }
    }
}
