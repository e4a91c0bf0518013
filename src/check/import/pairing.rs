//! Events become operations: each return belongs to what its process began last.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::datum::{Datum, Wrong};
use super::event::{Entry, Event, EventKind, Process};
use super::porcupine::{Outcome, Timed};
use super::vocabulary::{Asked, Customs, Ending, Vocabulary};
use super::warnings::Tally;
use crate::check::call::Call;
use crate::check::fast_hash::FastState;
use crate::check::sorting::sort_by;

/// Where an operation stands in its file, counted as [`Numbering`] says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Where it says that it began.
    pub invoked: u32,
    /// Where it says how it ended.
    pub returned: Option<u32>,
}

/// By what the entries of a file are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Numbering {
    /// Its lines, from 1.
    #[default]
    Lines,
    /// What the file says with `:index`: several entries share a line.
    Index,
    /// The number of the entry, from 1: several entries share a line, and have no index.
    Entries,
}

impl Numbering {
    /// "lines 4–5"
    pub fn words(self, Place { invoked, returned }: Place) -> String {
        let (one, several) = match self {
            Self::Lines => ("line", "lines"),
            Self::Index => (":index", ":index"),
            Self::Entries => ("entry", "entries"),
        };
        match returned {
            Some(returned) if returned == invoked => format!("{one} {invoked}"),
            Some(returned) => format!("{several} {invoked}–{returned}"),
            None => format!("{one} {invoked}, never returned"),
        }
    }
}

/// Operations, by invocation.
pub(super) struct Paired<A> {
    pub(super) calls: Vec<Call<A>>,
    pub(super) places: Vec<Place>,
    /// What did not happen, as if nobody knew whether it did.
    pub(super) failed: Vec<Call<A>>,
    pub(super) failed_places: Vec<Place>,
    pub(super) numbering: Numbering,
    /// What the file calls each object; an empty name if it has but one.
    pub(super) objects: Vec<String>,
    /// What the file calls each process.
    pub(super) processes: Vec<String>,
    pub(super) tally: Tally,
}

/// What names the object of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keys {
    /// To be told by the first operation.
    Undecided,
    /// Jepsen's independent keys: each value is `[key value]`.
    Tuples,
    /// Nothing: there is but one, unless an event has a place for its key.
    Single,
    /// It seemed to be tuples, until another value came: so they were plain values, and the file has to be read again.
    Mixed,
}

/// What began and has not ended yet.
struct Open {
    process: u64,
    line: u32,
    number: u32,
    moment: u64,
    name: Arc<str>,
    object: u32,
    is_tuple: bool,
    asked: Datum,
}

impl Open {
    fn request(&self) -> Asked<'_> {
        Asked { process: self.process, name: &self.name, value: &self.asked }
    }
}

/// An operation with both ways to tell where it stands.
struct Located<A> {
    call: Call<A>,
    line: Place,
    number: Place,
}

/// Pairs events as they come.
pub(super) struct Pairing<V: Vocabulary> {
    customs: Customs,
    pub(super) keys: Keys,
    moment: u64,
    /// By process.
    under_way: Vec<Option<Open>>,
    processes: HashMap<Process, u64, FastState>,
    objects: HashMap<String, u32, FastState>,
    names: (Vec<String>, Vec<String>),
    done: Vec<Located<V::Action>>,
    failed: Vec<Located<V::Action>>,
    /// Whether two events share a line, and whether one has no index.
    shares_a_line: bool,
    lacks_index: bool,
    latest_line: u32,
    /// Whether somebody asked for a pair, and the first answer that was one.
    pair_asked: bool,
    pair_found: Option<Wrong>,
    tally: Tally,
}

impl<V: Vocabulary> Pairing<V> {
    pub(super) fn new(customs: Customs, keys: Keys) -> Self {
        Self {
            customs,
            keys,
            moment: 0,
            under_way: Vec::new(),
            processes: HashMap::default(),
            objects: HashMap::default(),
            names: (Vec::new(), Vec::new()),
            done: Vec::new(),
            failed: Vec::new(),
            shares_a_line: false,
            lacks_index: false,
            latest_line: 0,
            pair_asked: false,
            pair_found: None,
            tally: Tally::default(),
        }
    }

    pub(super) fn entry(&mut self, entry: Entry) -> Result<(), Wrong> {
        let Entry::Client(event) = entry else {
            self.tally.left_out += 1;
            return Ok(());
        };
        self.moment += 1;
        self.shares_a_line |= event.line == self.latest_line;
        self.latest_line = event.line;
        self.lacks_index |= event.index.is_none();
        self.tally.time(event.line, event.time);
        self.known(&event.name, event.line)?;
        match event.kind {
            EventKind::Invoke => self.invoke(event),
            EventKind::Ok | EventKind::Fail | EventKind::Info => self.end(&event),
        }
    }

    fn known(&self, name: &str, line: u32) -> Result<(), Wrong> {
        if name == "txn" {
            let what = "expected operations on single objects, found a transaction: a transactional history, as Elle's \
                        list-append and rw-register, is not supported";
            return Err(Wrong::new(line, what));
        }
        if !V::knows(name) {
            let what = format!("expected {} of this model, found {}", V::NAMES, name);
            return Err(Wrong::new(line, what));
        }
        Ok(())
    }

    fn process(&mut self, process: &Process) -> u64 {
        if let Some(known) = self.processes.get(process) {
            return *known;
        }
        let new = self.under_way.len() as u64;
        self.names.1.push(process.to_string());
        self.processes.insert(process.clone(), new);
        self.under_way.push(None);
        new
    }

    fn invoke(&mut self, event: Event) -> Result<(), Wrong> {
        let id = self.process(&event.process);
        let number = event.index.unwrap_or(self.moment as u32);
        let Event { line, process, name, key, value, .. } = event;
        if let Some(Open { line: before, .. }) = &self.under_way[id as usize] {
            let what =
                format!("expected a return of process {process}, which began in line {before}, found a new {name}");
            return Err(Wrong::new(line, what));
        }
        let moment = self.moment;
        let open = Open { process: id, line, number, moment, name, object: 0, is_tuple: false, asked: value };
        let open = self.open(open, key)?;
        self.under_way[id as usize] = Some(open);
        Ok(())
    }

    /// An operation that begins: which object it is about, and what is asked of it.
    fn open(&mut self, mut open: Open, key: Option<Datum>) -> Result<Open, Wrong> {
        let tuple = if key.is_none() { self.tuple(open.request())? } else { None };
        open.is_tuple = tuple.is_some();
        let key = match (key, tuple) {
            (Some(key), _) => key.to_string(),
            (None, Some((key, rest))) => {
                open.asked = rest;
                key.to_string()
            }
            (None, None) => String::new(),
        };
        self.pair_asked |= open.asked.pair().is_some();
        V::check(open.request(), &self.customs)?;
        let count = self.objects.len() as u32;
        open.object = match self.objects.get(&key) {
            Some(object) => *object,
            None => {
                self.names.0.push(key.clone());
                self.objects.insert(key, count);
                count
            }
        };
        self.tally.operations += 1;
        Ok(open)
    }

    /// All operations of a file that tells the times of each.
    pub(super) fn timed(&mut self, operations: &[Timed]) -> Result<(), Wrong> {
        self.keys = Keys::Single;
        self.lacks_index = true;
        self.shares_a_line = operations.windows(2).any(|two| two[0].line == two[1].line);
        let mut times: Vec<i64> = operations.iter().flat_map(|one| [Some(one.call), one.returned]).flatten().collect();
        times.sort_unstable();
        times.dedup();
        let moment = |time: i64| times.partition_point(|other| *other < time) as u64 + 1;
        let mut latest: Vec<u64> = Vec::new();
        let mut order: Vec<u32> = (0..operations.len() as u32).collect();
        sort_by(&mut order, |one| [moment(operations[*one as usize].call), 0, 0]);
        for one in order {
            let Timed { line, number, process, name, key, asked, found, call, returned } = &operations[one as usize];
            self.known(name, *line)?;
            let id = self.process(process);
            latest.resize(self.under_way.len(), 0);
            let open = Open {
                process: id,
                line: *line,
                number: *number,
                moment: moment(*call),
                name: name.clone(),
                object: 0,
                is_tuple: false,
                asked: asked.clone(),
            };
            let open = self.open(open, key.clone())?;
            let returned = returned.map(moment);
            if open.moment < std::mem::replace(&mut latest[id as usize], returned.unwrap_or(0)) {
                self.tally.overlap(*line);
            }
            let ending = match found {
                Some(Outcome::Done(found)) => Ending::Ok(found),
                Some(Outcome::Failed) => Ending::Failed,
                None => Ending::Unknown,
            };
            let at = |place| Place { invoked: place, returned: returned.map(|_| place) };
            self.add(&open, ending, Some((at(*line), at(*number), returned.unwrap_or(0))))?;
        }
        Ok(())
    }

    /// The key and the rest of what was asked, if it names a key.
    fn tuple(&mut self, asked: Asked<'_>) -> Result<Option<(Datum, Datum)>, Wrong> {
        let tuple = V::tuple(asked);
        match (self.keys, tuple) {
            (Keys::Undecided | Keys::Tuples, Some((key, rest))) => {
                self.keys = Keys::Tuples;
                Ok(Some((key.clone(), rest.clone())))
            }
            (Keys::Undecided, None) => {
                self.keys = Keys::Single;
                Ok(None)
            }
            (Keys::Tuples | Keys::Mixed, _) => {
                self.keys = Keys::Mixed;
                Err(asked.value.unlike("[key value], as in the operations before"))
            }
            (Keys::Single, _) => Ok(None),
        }
    }

    fn end(&mut self, event: &Event) -> Result<(), Wrong> {
        let id = self.process(&event.process);
        let Event { line, process, kind, name, value, .. } = event;
        let Some(open) = self.under_way[id as usize].take() else {
            let what = format!("expected process {process} to begin something first, found the end of a {name}");
            return Err(Wrong::new(*line, what));
        };
        if open.name != *name {
            let what = format!("expected the end of the {} of line {}, found that of a {name}", open.name, open.line);
            return Err(Wrong::new(*line, what));
        }
        let found = match (kind, value.pair()) {
            (EventKind::Ok, pair) if open.is_tuple => {
                let key = &self.names.0[open.object as usize];
                let of_it = pair.filter(|(found, _)| found.to_string() == *key);
                of_it.ok_or_else(|| value.unlike(&format!("[key value] with the key {key} of its invocation")))?.1
            }
            (EventKind::Ok, Some(_)) if self.pair_found.is_none() => {
                let unlike = value.unlike("a value of the kind that was asked");
                self.pair_found =
                    Some(Wrong { what: unlike.what + ": is that a key? No operation asked with one", ..unlike });
                value
            }
            _ => value,
        };
        let number = Some(event.index.unwrap_or(self.moment as u32));
        let at = |returned| {
            (Place { invoked: open.line, returned: Some(*line) }, Place { invoked: open.number, returned }, self.moment)
        };
        match kind {
            EventKind::Ok => self.add(&open, Ending::Ok(found), Some(at(number))),
            EventKind::Fail => self.add(&open, Ending::Failed, Some(at(number))),
            EventKind::Info => self.add(&open, Ending::Unknown, Some(at(number))),
            EventKind::Invoke => unreachable!("ends only"),
        }
    }

    /// Adds an operation that ended so, at this place and moment.
    fn add(&mut self, open: &Open, ending: Ending<'_>, ended: Option<(Place, Place, u64)>) -> Result<(), Wrong> {
        let never = |invoked| Place { invoked, returned: None };
        let (line, number) = ended.map_or((never(open.line), never(open.number)), |(line, number, _)| (line, number));
        let Open { process, moment: invoked, object, .. } = open;
        let asked = open.request();
        let located = |action, returned| {
            let call = Call { process: *process, object: *object, action, invoked: *invoked, returned };
            Located { call, line, number }
        };
        let returned = ended.map(|(.., moment)| moment).filter(|_| !matches!(ending, Ending::Unknown));
        self.tally.crashed += u32::from(matches!(ending, Ending::Unknown));
        if let Some(action) = V::action(asked, ending, &self.customs)? {
            self.tally.observed += u32::from(returned.is_some() && V::observes(&action));
            self.done.push(located(action, returned));
        } else if matches!(ending, Ending::Failed)
            && let Ok(Some(action)) = V::action(asked, Ending::Unknown, &self.customs)
        {
            self.failed.push(located(action, returned));
        }
        Ok(())
    }

    /// All of them: what has not ended by now may take effect at any time, or never.
    pub(super) fn finish(mut self) -> Result<Paired<V::Action>, Wrong> {
        let open = std::mem::take(&mut self.under_way);
        for open in open.into_iter().flatten() {
            self.add(&open, Ending::Unknown, None)?;
        }
        if let Some(wrong) = self.pair_found.take_if(|_| V::RETURNS_VALUES && !self.pair_asked) {
            return Err(wrong);
        }
        let numbering = match (self.shares_a_line, self.lacks_index) {
            (false, _) => Numbering::Lines,
            (true, false) => Numbering::Index,
            (true, true) => Numbering::Entries,
        };
        let (calls, places) = sorted(self.done, numbering);
        let (failed, failed_places) = sorted(self.failed, numbering);
        let (objects, processes) = self.names;
        let tally = self.tally;
        Ok(Paired { calls, places, failed, failed_places, numbering, objects, processes, tally })
    }
}

/// By invocation.
fn sorted<A>(mut located: Vec<Located<A>>, numbering: Numbering) -> (Vec<Call<A>>, Vec<Place>) {
    sort_by(&mut located, |one| [one.call.invoked, 0, 0]);
    let place = |line, number| if numbering == Numbering::Lines { line } else { number };
    located.into_iter().map(|Located { call, line, number }| (call, place(line, number))).unzip()
}
