//! What happened in a feed, in sentences.

use std::rc::Rc;

use cap_lab::explain;
use cap_lab::store::participant::Note;
use cap_lab::world::feed::{FeedRun, Observed};
use cap_lab::world::watch::Noted;

use crate::ui::events::view::Event;

/// Notes, and what only an observer can tell, newest first.
pub(super) fn events(run: &FeedRun) -> Vec<Event> {
    let (notes, observed) = (&run.watch().events.notes, &run.watch().observed);
    let mut all: Vec<Event> = notes.iter().map(|(number, noted)| event(run, 2 * number, noted)).collect();
    for (number, seen) in observed.iter() {
        let event = observation(run, 2 * number + 1, seen);
        all.insert(all.partition_point(|other| other.at > event.at), event);
    }
    all
}

/// A note in words.
pub(super) fn event(run: &FeedRun, id: u64, noted: &Noted<Note>) -> Event {
    let setup = run.world().setup;
    let view = explain::feed::View { servers: setup.servers(), reach: noted.reach };
    let sentence = explain::feed::sentence(&|id| setup.name(id), run.world().store, view, noted.node, &noted.note);
    Event { at: noted.at, id, sentence: Rc::new(sentence) }
}

fn observation(run: &FeedRun, id: u64, seen: &Observed) -> Event {
    let setup = run.world().setup;
    let sentence = explain::feed::observed(&|id| setup.name(id), run.world().store.side(), seen);
    Event { at: seen.at, id, sentence: Rc::new(sentence) }
}
