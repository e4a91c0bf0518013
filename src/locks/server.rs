//! A lock service on one server, with a timeout and without a log: what is left of the service when nobody else knows of it.
//!
//! It serves the same questions as the replicated service, with the same leases. Its tokens count what it has carried out. A crash
//! takes all of that: the lock is free again, whoever holds it, and the tokens begin anew.

use super::leases::Leases;
use super::participant::Participant;
use super::service::{Ask, LockService};
use crate::node::{Answer, Clocks, Effects, NodeId};
use crate::sorted::SortedMap;
use crate::store::duties::Duties;
use crate::store::service::{AskId, ServiceMessage};
use crate::store::state_machine::{Command, StateMachine, Told};

/// The only server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Server {
    service: LockService,
    leases: Leases,
    /// How much it carried out.
    done: u64,
    /// Questions that wait for their answers, by their number among what was carried out.
    unanswered: SortedMap<u64, AskId>,
}

impl Server {
    /// What it knows of the lock.
    pub fn service(&self) -> &LockService {
        &self.service
    }

    pub(super) fn on_restart(&mut self) {
        *self = Self::default();
    }

    pub(super) fn on_ask(
        &mut self,
        client: NodeId,
        (number, attempt): (u32, u8),
        ask: Ask,
        at: Clocks,
        out: &mut Effects<Participant>,
    ) {
        let id = AskId { client, number, attempt };
        if LockService::is_read(&ask) {
            let response = self.leases.answer(&self.service, true, &ask, at);
            out.send(client, ServiceMessage::answer(id, Answer::Done(response)).into());
        } else {
            self.unanswered.insert(self.done + 1, id);
            self.carry_out(&Command { client, ask }, out);
        }
        self.attend(at, out);
    }

    fn carry_out(&mut self, command: &Command<LockService>, out: &mut Effects<Participant>) {
        self.done += 1;
        let unanswered = &mut self.unanswered;
        self.service.apply(self.done, command, &mut |told| match told {
            Told::Note(note) => out.note(note),
            Told::Answer(number, response) => {
                if let Some(id) = unanswered.remove(&number) {
                    out.send(id.client, ServiceMessage::answer(id, Answer::Done(response)).into());
                }
            }
        });
    }

    /// Ends the leases that are over.
    pub(super) fn attend(&mut self, at: Clocks, out: &mut Effects<Participant>) {
        loop {
            let agenda = self.leases.attend(&self.service, true, at);
            if let Some((timer, delay)) = agenda.wake {
                out.set_timer(timer.into(), delay);
            }
            if agenda.propose.is_empty() {
                return;
            }
            for ask in agenda.propose {
                let client = ask.session().client;
                self.carry_out(&Command { client, ask }, out);
            }
        }
    }
}
