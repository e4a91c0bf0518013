//! What the referee was told of one world: its operations, and where each is found without looking at the others.

use crate::check::call::Call;
use crate::check::feed::{Entry, Fate, Question, call};
use crate::check::spec::feed::FeedAction;
use crate::node::{Micros, NodeId, RequestId};
use crate::sorted::SortedMap;
use crate::store::feed::PostId;

/// All operations of one world. They are called by their places, which ascend with their invocations.
#[derive(Default)]
pub(super) struct Record {
    entries: Vec<Entry>,
    /// By entry: how many things its author had begun to write before.
    numbers: Vec<u32>,
    /// By author, then by number: the places of what was written.
    written: SortedMap<NodeId, Vec<u32>>,
    /// What ended when, by time.
    ends: Vec<(Micros, u32)>,
}

impl Record {
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// An operation began, after all the others; it may have ended since.
    pub(super) fn begin(&mut self, mut entry: Entry) {
        assert!(self.entries.last().is_none_or(|last| last.id < entry.id), "told twice");
        let place = self.entries.len() as u32;
        let written = self.written.or_default(entry.client);
        self.numbers.push(written.len() as u32);
        if entry.asked.is_write() {
            written.push(place);
        }
        let ended = entry.ended.take();
        self.entries.push(entry);
        if let Some(end) = ended {
            self.end(place, end);
        }
    }

    /// What had begun ended.
    pub(super) fn end(&mut self, place: u32, end: (Micros, Fate)) {
        self.ends.insert(self.ends.partition_point(|(at, _)| *at <= end.0), (end.0, place));
        self.entries[place as usize].ended = Some(end);
    }

    /// What happened at `now` or later did not happen.
    pub(super) fn forget_from(&mut self, now: Micros) {
        for (_, place) in self.ends.drain(self.ends.partition_point(|(at, _)| *at < now)..) {
            self.entries[place as usize].ended = None;
        }
        let left = self.entries.partition_point(|entry| entry.invoked < now);
        self.entries.truncate(left);
        self.numbers.truncate(left);
        self.written.retain(|_, places| {
            places.truncate(places.partition_point(|place| (*place as usize) < left));
            true
        });
    }

    pub(super) fn place(&self, id: RequestId) -> Option<u32> {
        self.entries.binary_search_by_key(&id, |entry| entry.id).ok().map(|place| place as u32)
    }

    pub(super) fn post(&self, post: PostId) -> Option<u32> {
        self.written.get(&post.author)?.get(post.number as usize).copied()
    }

    /// An operation's name in the run.
    pub(super) fn id(&self, place: u32) -> RequestId {
        self.entries[place as usize].id
    }

    /// What is known of an operation as of `until`, for the checkers; None if it had not begun, or says nothing.
    pub(super) fn call(&self, place: u32, until: Micros) -> Option<Call<FeedAction>> {
        let entry = &self.entries[place as usize];
        if entry.invoked > until { None } else { call(entry, self.numbers[place as usize], until) }
    }

    /// Whether it is known not to have happened.
    pub(super) fn is_refused(&self, place: u32) -> bool {
        matches!(self.entries[place as usize].ended, Some((_, Fate::Refused)))
    }

    /// Whether it is a post, or has an answer.
    pub(super) fn is_known(&self, place: u32) -> bool {
        let Entry { asked, ended, .. } = &self.entries[place as usize];
        matches!(asked, Question::Post(_)) || (*asked == Question::Read && ended.is_some())
    }

    /// What ended after `after`, if that is not the beginning, and by `until`; but for what was refused.
    pub(super) fn answered(&self, after: Option<Micros>, until: Micros) -> impl Iterator<Item = u32> + '_ {
        let from = self.ends.partition_point(|(at, _)| after.is_some_and(|after| *at <= after));
        let ends = self.ends[from..].iter().take_while(move |(at, _)| *at <= until);
        ends.map(|(_, place)| *place).filter(|&place| !self.is_refused(place))
    }
}
