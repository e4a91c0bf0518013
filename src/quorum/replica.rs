//! What a replica does for coordinators and for its peers: it stores, tells, compares, and keeps hints.

use super::items::Entry;
use super::message::{Message, OpId};
use super::{BATCH, Delta, EXCHANGE, Flaw, Item, Note, Out, Quorum, Timer};
use crate::known::{Known, Name};
use crate::node::NodeId;

impl<P: Item> Quorum<P> {
    /// Stores an item as a home replica. False if it was there.
    fn store(&mut self, entry: Entry<P>, out: &mut Out<P>) -> bool {
        let fresh = !self.state.items.known().contains(entry.tag.name);
        if fresh {
            self.write(Delta::Store(entry), out);
        }
        fresh
    }

    /// Stores an item for a coordinator, as a home replica or in the place of one. False if it was there.
    fn take(&mut self, from: NodeId, stands_for: Option<NodeId>, entry: Entry<P>, out: &mut Out<P>) -> bool {
        let tag = entry.tag;
        match stands_for {
            None => self.store(entry, out),
            Some(home) if self.state.has_hint(home, tag.name) => false,
            Some(home) => {
                out.note(Note::KeepsHint { from, home, tag });
                self.passed.insert(entry.clone());
                self.write(Delta::Hint(home, entry), out);
                true
            }
        }
    }

    /// Tells a coordinator what it stored, or has.
    fn tell(&self, to: NodeId, message: Message<P>, out: &mut Out<P>) {
        if self.config.setup.flaw == Some(Flaw::StoredBeforeSync) {
            out.send(to, message);
        } else {
            out.send_after_sync(to, message);
        }
    }

    pub(super) fn on_put(
        &mut self,
        from: NodeId,
        op: OpId,
        stands_for: Option<NodeId>,
        entry: Entry<P>,
        out: &mut Out<P>,
    ) {
        let tag = entry.tag;
        if self.take(from, stands_for, entry, out) && stands_for.is_none() {
            out.note(Note::Stores { from, tag });
        }
        self.tell(from, Message::Stored { op, stands_for }, out);
    }

    pub(super) fn on_get(
        &mut self,
        from: NodeId,
        (op, stands_for): (OpId, Option<NodeId>),
        known: &Known,
        entries: Vec<Entry<P>>,
        out: &mut Out<P>,
    ) {
        let mut count = 0;
        for entry in entries {
            count += u64::from(self.take(from, stands_for, entry, out));
        }
        if count > 0 && stands_for.is_none() {
            let total = self.state.items.known().len();
            out.note(Note::Learns { from, count, total, hints: false });
        }
        let own = self.state.known();
        let entries = self.contents().lacking(&own, known);
        self.tell(from, Message::Have { op, stands_for, known: own, entries }, out);
    }

    /// Time to hand off hints, and to compare with a peer.
    pub(super) fn exchange(&mut self, out: &mut Out<P>) {
        for home in self.config.home().iter() {
            let hints = self.state.hints.iter().filter(|(of, _)| *of == home);
            let entries: Vec<Entry<P>> = hints.take(BATCH).map(|(_, entry)| entry.clone()).collect();
            if !entries.is_empty() {
                out.note(Note::HandsOff { home, count: entries.len() as u64 });
                out.send_after_sync(home, Message::Items { entries, hints: true });
            }
        }
        let peers = self.config.home().without(self.config.id);
        if self.config.is_home() && !peers.is_empty() {
            out.choose(peers);
        } else {
            out.set_timer(Timer::Exchange, EXCHANGE);
        }
    }

    pub(super) fn compare_with(&mut self, peer: NodeId, out: &mut Out<P>) {
        let known = self.state.items.known().clone();
        out.note(Note::Compares { peer, total: known.len() });
        out.send_after_sync(peer, Message::Compare { known, ask_back: true });
        // Not before: a replica has one open choice at most.
        out.set_timer(Timer::Exchange, EXCHANGE);
    }

    pub(super) fn on_compare(&mut self, from: NodeId, theirs: &Known, ask_back: bool, out: &mut Out<P>) {
        let own = self.state.items.known();
        let mut entries = self.state.items.lacking(own, theirs);
        entries.truncate(BATCH);
        let asks = ask_back && !own.includes(theirs);
        let known = own.clone();
        if !entries.is_empty() {
            out.send_after_sync(from, Message::Items { entries, hints: false });
        }
        if asks {
            out.send_after_sync(from, Message::Compare { known, ask_back: false });
        }
    }

    pub(super) fn on_items(&mut self, from: NodeId, entries: Vec<Entry<P>>, hints: bool, out: &mut Out<P>) {
        let names = entries.iter().map(|entry| entry.tag.name).collect();
        let mut count = 0;
        for entry in entries {
            count += u64::from(self.store(entry, out));
        }
        if count > 0 {
            let total = self.state.items.known().len();
            out.note(Note::Learns { from, count, total, hints });
        }
        if hints {
            out.send_after_sync(from, Message::Taken { names });
        }
    }

    /// A home replica has what was kept for it.
    pub(super) fn on_taken(&mut self, home: NodeId, names: &[Name], out: &mut Out<P>) {
        let mut count = 0;
        for name in names {
            if self.state.has_hint(home, *name) {
                self.write(Delta::Drop(home, *name), out);
                count += 1;
            }
        }
        if count > 0 {
            out.note(Note::DropsHints { home, count });
        }
    }

    /// Takes in what a read of its own has brought: at home it is stored, elsewhere it is remembered.
    pub(super) fn take_in(&mut self, entries: Vec<Entry<P>>, out: &mut Out<P>) {
        for entry in entries {
            if self.config.is_home() {
                self.store(entry, out);
            } else {
                self.passed.insert(entry);
            }
        }
    }
}
