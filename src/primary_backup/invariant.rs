//! What primary and backup do promise, checked after every event by an observer that sees all servers. That a confirmed command
//! stays is not among it.

use super::log::{Durable, Entry, View};
use super::{Message, PrimaryBackup};
pub use crate::node::Violation;
use crate::node::{Command, NodeId, violated};
use crate::shared_vec::SharedVec;
use crate::sorted::SortedMap;

/// The name of each invariant and what it says.
pub const INVARIANTS: [(&str, &str); 4] = [
    (ONE_PRIMARY, "A view has one primary at most. Two views may have one each at the same time: split brain."),
    (ONE_HISTORY, "Two logs with an entry of the same view at the same index are the same up to there."),
    (VIEWS_GROW, "A server that has spoken in a view never speaks in an older one, whatever it goes through."),
    (CONFIRMED_IS_STORED, "A primary confirms only what its own disk has. A higher view may discard it later."),
];

pub(super) const ONE_PRIMARY: &str = "One Primary per View";
pub(super) const ONE_HISTORY: &str = "One History per View";
pub(super) const VIEWS_GROW: &str = "Views Only Grow";
pub(super) const CONFIRMED_IS_STORED: &str = "Confirmed Is Stored";

/// Every entry of a view, each with the view of the entry before it.
type HistoryOf<C> = SharedVec<(View, Entry<C>)>;

/// What the observer remembers. A clone shares it.
#[derive(Clone, Debug)]
pub struct Ghost<C> {
    /// Who led each view.
    primaries: SortedMap<View, NodeId>,
    /// By view, the index of its first entry, and its entries.
    histories: SortedMap<View, (u64, HistoryOf<C>)>,
    /// What each server's disk had when it was last seen.
    disks: SortedMap<NodeId, Durable<C>>,
    /// The highest view in which each server has spoken.
    spoke: SortedMap<NodeId, View>,
}

impl<C> Default for Ghost<C> {
    fn default() -> Self {
        let (primaries, histories) = (SortedMap::new(), SortedMap::new());
        Self { primaries, histories, disks: SortedMap::new(), spoke: SortedMap::new() }
    }
}

impl<C: Command> Ghost<C> {
    /// Checks an event at `id`, which was `before` until then (none if it has just started); `disk` is what it would keep in a
    /// crash now, `left` what it handed to the network.
    pub fn observe<'a>(
        &mut self,
        id: NodeId,
        before: Option<&PrimaryBackup<C>>,
        after: &PrimaryBackup<C>,
        disk: &Durable<C>,
        left: impl Iterator<Item = &'a Message<C>>,
    ) -> Result<(), Violation>
    where
        C: 'a,
    {
        self.one_primary(id, after)?;
        self.one_history(id, disk)?;
        for message in left {
            let view = message.view();
            let spoke = self.spoke.or_default(id);
            if view < *spoke {
                let evidence = format!("{id} spoke in view {spoke}, and now in view {view}");
                return violated(VIEWS_GROW, evidence);
            }
            *spoke = view;
        }
        let confirmed = after.decided();
        let has_confirmed =
            after.leads() && before.is_some_and(|before| before.leads() && before.decided() < confirmed);
        if has_confirmed && disk.get(confirmed) != after.state().get(confirmed) {
            let evidence = format!("{id} confirmed entry {confirmed}, and its disk has {} entries", disk.len());
            return violated(CONFIRMED_IS_STORED, evidence);
        }
        Ok(())
    }

    fn one_primary(&mut self, id: NodeId, after: &PrimaryBackup<C>) -> Result<(), Violation> {
        if !after.leads() || self.primaries.get(&after.view()) == Some(&id) {
            return Ok(());
        }
        match self.primaries.insert(after.view(), id) {
            Some(other) => violated(ONE_PRIMARY, format!("{other} and {id} lead view {}", after.view())),
            None => Ok(()),
        }
    }

    /// Looks at the entries that are new on a disk, from the last one back. What was in memory only, nobody was told of: after a
    /// crash the same view and index may get another one.
    fn one_history(&mut self, id: NodeId, log: &Durable<C>) -> Result<(), Violation> {
        let before = self.disks.insert(id, log.clone());
        let is_known = |index: u64| before.as_ref().is_some_and(|before| before.get(index) == log.get(index));
        let first = (1..=log.len()).rev().find(|index| is_known(*index)).map_or(1, |index| index + 1);
        for index in first..=log.len() {
            let entry = log.get(index).expect("within the log");
            let seen = (log.view_at(index - 1), entry.clone());
            if self.histories.get(&entry.view).is_none() {
                self.histories.insert(entry.view, (index, SharedVec::default()));
            }
            let (start, history) = self.histories.get_mut(&entry.view).expect("just made");
            let place = index.checked_sub(*start).map(|place| place as usize);
            match place.map(|place| (history.get(place), place == history.len())) {
                Some((Some(known), _)) if *known == seen => {}
                Some((None, true)) => history.push(seen),
                _ => {
                    let evidence =
                        format!("{id} has another entry {index} of view {} than was seen before", entry.view);
                    return violated(ONE_HISTORY, evidence);
                }
            }
        }
        Ok(())
    }
}
