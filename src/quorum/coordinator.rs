//! What a replica does for its clients: it asks the home replicas, waits for as many as it takes, and answers.

use super::items::{Entry, Tag};
use super::message::{Message, OpId};
use super::operation::{Operation, Phase, Reading, Told};
use super::{Asked, Flaw, GIVE_UP, Item, Note, Out, Quorum, Refusal, Response, STAND_IN, TICK, Timer};
use crate::known::{Known, Name};
use crate::node::{Answer, Clocks, Count, NodeId, NodeSet, RequestId};

impl<P: Item> Quorum<P> {
    fn id_of(&self, number: u32) -> OpId {
        OpId { life: self.state.life, number }
    }

    /// An operation of this life, if it is not over.
    fn open(&mut self, from: NodeId, op: OpId, out: &mut Out<P>) -> Option<&mut Operation<P>> {
        let life = self.state.life;
        let operation = self.operations.get_mut(&op.number).filter(|_| op.life == life);
        if operation.is_none() {
            out.note(Note::IgnoresLate { from, forgotten: op.life != life });
        }
        operation
    }

    fn begin(&mut self, request: RequestId, phase: Phase<P>, at: Clocks, out: &mut Out<P>) -> u32 {
        let number = self.begun;
        self.begun += 1;
        if self.operations.is_empty() {
            out.set_timer(Timer::Tick, TICK.times(self.config.stretch));
        }
        let (covered, stand_ins) = (NodeSet::EMPTY, NodeSet::EMPTY);
        let operation = Operation { request: Some(request), since: at.monotonic, covered, stand_ins, phase };
        self.operations.insert(number, operation);
        number
    }

    pub(super) fn add(&mut self, request: RequestId, name: Name, item: P, at: Clocks, out: &mut Out<P>) {
        let (home, needed) = (self.config.home(), self.config.setup.r);
        let number = self.begin(request, Phase::Tag { name, item, highest: 0 }, at, out);
        if self.config.setup.tags && self.config.setup.flaw != Some(Flaw::TagFromMemory) {
            out.note(Note::AsksTag { of: home, needed });
            self.ask(number, home, out);
        } else {
            self.write_item(number, None, out);
        }
    }

    /// The operation has its tag: the next after all that it was told, and all that it has seen itself.
    fn write_item(&mut self, number: u32, told: Option<Count>, out: &mut Out<P>) {
        let (home, needed, own) = (self.config.home(), self.config.setup.w, self.contents().highest());
        let operation = self.operations.get_mut(&number).expect("under way");
        let Phase::Tag { name, item, highest } = operation.phase.clone() else { unreachable!("it had no tag") };
        let tag = Tag { sequence: own.max(highest) + 1, name };
        (operation.covered, operation.stand_ins) = (NodeSet::EMPTY, NodeSet::EMPTY);
        operation.phase = Phase::Write(Entry { tag, item });
        out.note(Note::Writes { tag, told, to: home, needed });
        self.ask(number, home, out);
    }

    pub(super) fn read(&mut self, request: RequestId, at: Clocks, out: &mut Out<P>) {
        let (home, needed) = (self.config.home(), self.config.setup.r);
        let number = self.begin(request, Phase::Read(Reading::default()), at, out);
        out.note(Note::Reads { of: home, needed });
        self.ask(number, home, out);
    }

    /// Asks these home replicas what the operation is about.
    fn ask(&self, number: u32, of: NodeSet, out: &mut Out<P>) {
        for home in of.iter() {
            out.send_after_sync(home, self.question(number, None));
        }
    }

    /// What is asked in the present phase of an operation.
    fn question(&self, number: u32, stands_for: Option<NodeId>) -> Message<P> {
        let op = self.id_of(number);
        match &self.operations[&number].phase {
            Phase::Tag { .. } => Message::AskTag { op, stands_for },
            Phase::Write(entry) => Message::Put { op, stands_for, entry: entry.clone() },
            Phase::Read(_) => {
                Message::Get { op, stands_for, known: self.contents().known().clone(), entries: Vec::new() }
            }
        }
    }

    /// Counts an answer, of a home replica or of one in the place of it.
    fn count(operation: &mut Operation<P>, from: NodeId, stands_for: Option<NodeId>) {
        operation.covered.insert(stands_for.unwrap_or(from));
        if stands_for.is_some() {
            operation.stand_ins.insert(from);
        }
    }

    pub(super) fn on_tag(
        &mut self,
        from: NodeId,
        op: OpId,
        stands_for: Option<NodeId>,
        sequence: u64,
        out: &mut Out<P>,
    ) {
        let (needed, of) = (self.config.setup.r, self.config.setup.n);
        let Some(operation) = self.open(from, op, out) else { return };
        let Phase::Tag { highest, .. } = &mut operation.phase else { return };
        *highest = sequence.max(*highest);
        Self::count(operation, from, stands_for);
        let told = Count { by: operation.covered, needed, of };
        if told.is_enough() {
            self.write_item(op.number, Some(told), out);
        }
    }

    pub(super) fn on_stored(&mut self, from: NodeId, op: OpId, stands_for: Option<NodeId>, out: &mut Out<P>) {
        let (needed, of) = (self.config.setup.w, self.config.setup.n);
        let Some(operation) = self.open(from, op, out) else { return };
        let Phase::Write(Entry { tag, .. }) = &operation.phase else { return };
        let tag = *tag;
        Self::count(operation, from, stands_for);
        let stored = Count { by: operation.covered, needed, of };
        if stored.is_enough()
            && let Some(request) = operation.request.take()
        {
            out.note(Note::Confirms { tag, stored, stand_ins: operation.stand_ins });
            out.reply(request, Answer::Done(Response::Added(tag)));
        }
        if stored.by.len() == usize::from(of) {
            self.end(op.number, out);
        }
    }

    pub(super) fn on_have(
        &mut self,
        from: NodeId,
        (op, stands_for): (OpId, Option<NodeId>),
        known: &Known,
        entries: Vec<Entry<P>>,
        out: &mut Out<P>,
    ) {
        // Also of what comes late nothing is lost.
        self.take_in(entries, out);
        let Some(operation) = self.open(from, op, out) else { return };
        Self::count(operation, from, stands_for);
        let Phase::Read(reading) = &mut operation.phase else { return };
        reading.seen.join(known);
        let home = stands_for.unwrap_or(from);
        // An answer that was overtaken takes nothing back: a replica's items only grow.
        if !reading.told.contains_key(&from) {
            reading.told.insert(from, Told { home, known: Known::default(), sent: Known::default() });
        }
        let told = reading.told.get_mut(&from).expect("just made");
        told.known.join(known);
        told.sent.join(known);
        self.answer_read(op.number, out);
        self.repair(op.number, out);
        let of = usize::from(self.config.setup.n);
        let operation = &self.operations[&op.number];
        let Phase::Read(reading) = &operation.phase else { unreachable!("a read") };
        let is_done = reading.behind().is_empty() || (!self.repairs() && operation.request.is_none());
        if operation.covered.len() == of && is_done {
            self.end(op.number, out);
        }
    }

    /// Whether a read sends replicas what they lack.
    fn repairs(&self) -> bool {
        self.config.setup.write_back || !self.config.setup.no_repair
    }

    /// Answers a read if it has heard enough, and if what it shows is where it has to be.
    fn answer_read(&mut self, number: u32, out: &mut Out<P>) {
        let setup = self.config.setup;
        let operation = self.operations.get_mut(&number).expect("under way");
        let Phase::Read(reading) = &operation.phase else { unreachable!("a read") };
        let heard = Count { by: operation.covered, needed: setup.r, of: setup.n };
        let agreed = setup.write_back.then(|| Count { by: reading.agreed(), needed: setup.w, of: setup.n });
        if heard.is_enough()
            && agreed.is_none_or(Count::is_enough)
            && let Some(request) = operation.request.take()
        {
            let (items, behind, stand_ins) = (reading.seen.len(), reading.behind(), operation.stand_ins);
            out.note(Note::Answers { items, heard, stand_ins, behind, agreed });
            out.reply(request, Answer::Done(Response::Read(reading.seen.clone())));
        }
    }

    /// Sends those that a read found behind what they lack.
    fn repair(&mut self, number: u32, out: &mut Out<P>) {
        if !self.repairs() {
            return;
        }
        let (op, contents) = (self.id_of(number), self.contents().clone());
        let operation = self.operations.get_mut(&number).expect("under way");
        let waits = operation.request.is_some() && self.config.setup.write_back;
        let Phase::Read(Reading { seen, told }) = &mut operation.phase else { unreachable!("a read") };
        for replica in told.keys().copied().collect::<Vec<_>>() {
            let Told { home, sent, .. } = told.get_mut(&replica).expect("one of them");
            let entries = contents.lacking(seen, sent);
            if !entries.is_empty() {
                sent.join(seen);
                out.note(Note::Repairs { replica, count: entries.len() as u64, waits });
                let stands_for = Some(*home).filter(|home| *home != replica);
                let known = contents.known().clone();
                out.send_after_sync(replica, Message::Get { op, stands_for, known, entries });
            }
        }
    }

    fn end(&mut self, number: u32, out: &mut Out<P>) {
        self.operations.remove(&number);
        if self.operations.is_empty() {
            out.cancel_timer(Timer::Tick);
        }
    }

    /// Asks again who is silent, asks others in their place, and gives up what has waited for too long.
    pub(super) fn look_after(&mut self, at: Clocks, out: &mut Out<P>) {
        for number in self.operations.keys().copied().collect::<Vec<_>>() {
            let age = at.monotonic.since(self.operations[&number].since);
            if age >= GIVE_UP.times(self.config.stretch) {
                self.give_up(number, out);
            } else if age >= STAND_IN.times(self.config.stretch) {
                self.ask_again(number, out);
            }
        }
        if !self.operations.is_empty() {
            out.set_timer(Timer::Tick, TICK.times(self.config.stretch));
        }
    }

    fn ask_again(&mut self, number: u32, out: &mut Out<P>) {
        let silent = self.config.home().difference(self.operations[&number].covered);
        self.ask(number, silent, out);
        let others = self.config.others();
        if !self.config.setup.strict && !silent.is_empty() && !others.is_empty() {
            out.note(Note::AsksStandIns { silent, stand_ins: others });
            for (other, home) in others.iter().zip(silent.iter().collect::<Vec<_>>().into_iter().cycle()) {
                out.send_after_sync(other, self.question(number, Some(home)));
            }
        }
        // What was sent to those behind may be lost.
        let operation = self.operations.get_mut(&number).expect("under way");
        if let Phase::Read(Reading { told, .. }) = &mut operation.phase {
            for replica in told.keys().copied().collect::<Vec<_>>() {
                let told = told.get_mut(&replica).expect("one of them");
                told.sent = told.known.clone();
            }
            self.repair(number, out);
        }
    }

    fn give_up(&mut self, number: u32, out: &mut Out<P>) {
        let setup = self.config.setup;
        let operation = &self.operations[&number];
        let (what, needed) = match &operation.phase {
            Phase::Tag { .. } => (Asked::Tag, setup.r),
            Phase::Write(_) => (Asked::Write, setup.w),
            Phase::Read(_) => (Asked::Read, setup.r),
        };
        let heard = Count { by: operation.covered, needed, of: setup.n };
        if let Some(request) = operation.request {
            out.note(Note::GivesUp { what, heard });
            out.reply(
                request,
                match what {
                    Asked::Write => Answer::Unknown,
                    Asked::Tag | Asked::Read => Answer::Refused(Refusal::NoQuorum(heard)),
                },
            );
        }
        self.operations.remove(&number);
    }
}
