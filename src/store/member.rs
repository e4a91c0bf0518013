//! One store's replica among all participants of a world.

use super::service::{AdminCommand, Refusal, ServiceMessage};
use super::state_machine::StateMachine;
use crate::node::{Answer, Clocks, Disk, Effects, Node, NodeId, RequestId};

/// A replica in a world of `N`: told what happened, it pushes what it wants done in the words of the world.
pub trait Member<N: Node<Refusal = Refusal>> {
    /// What it serves.
    type Service: StateMachine;
    /// What it sends to other replicas of its store.
    type Message;
    /// Its timers.
    type Timer;
    /// What survives a crash.
    type Disk: Disk;

    /// Starts, or starts again after a crash.
    fn on_restart(&mut self, disk: &Self::Disk, at: Clocks, out: &mut Effects<N>);

    /// A message of its store's protocol arrived.
    fn on_message(&mut self, from: NodeId, message: Self::Message, at: Clocks, out: &mut Effects<N>);

    /// A message of the service arrived.
    fn on_service(&mut self, from: NodeId, message: ServiceMessage<Self::Service>, at: Clocks, out: &mut Effects<N>);

    /// A timer ran out.
    fn on_timer(&mut self, timer: Self::Timer, at: Clocks, out: &mut Effects<N>);

    /// An operator wants something.
    fn on_admin(&mut self, id: RequestId, command: AdminCommand, at: Clocks, out: &mut Effects<N>) {
        let _ = (command, at);
        out.reply(id, Answer::Refused(Refusal::AdminRefused));
    }

    /// The runner picked one of those among whom it chose.
    fn on_choice(&mut self, picked: NodeId, at: Clocks, out: &mut Effects<N>) {
        let _ = (at, out);
        unreachable!("{picked} was picked for a replica that offered no choice");
    }
}
