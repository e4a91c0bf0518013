//! Causal consistency and session guarantees of registers, of which each value is written once.
//!
//! Which write a read shows is known then, so that what happened before what is, too: *so* is the order of each process, *wr* leads
//! from a write to the reads that show it, and the causal order *co* is all of both, over any number of steps. A history is causally
//! consistent (Bouajjani et al. 2017, "On verifying causal consistency", §3.2, where it is CC) if it has none of their four bad
//! patterns (Table 1):
//!
//! - *ThinAirRead*: a read shows what nobody wrote.
//! - *CyclicCO*: something happened before itself.
//! - *WriteCOInitRead*: a read shows the register as at first, and a write to it happened before.
//! - *WriteCORead*: a read shows a write, and one that overwrote it happened before.
//!
//! A session guarantee (Terry et al. 1994) is broken by one of the last two whose way from the newer write to the read is of its
//! kind: the reader's own write (*read your writes*); its own read of it (*monotonic reads*); a read of a later write of the same
//! author (*monotonic writes*); a read of a write whose author had read it before (*writes follow reads*).
//!
//! Time does not count, only the order of each process. All is decided in time that grows with the number of operations times that of
//! processes.
//!
//! Left out: registers to which a value is written twice, and compare-and-set.

use std::collections::HashMap;

use super::call::Call;
use super::fast_hash::FastState;
use super::spec::Value;
use super::spec::register::RegisterAction;

/// A guarantee to one session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Session {
    /// Whoever writes reads that, or what is newer.
    ReadYourWrites,
    /// Whoever read a write reads it again, or what is newer.
    MonotonicReads,
    /// Whoever sees a write of somebody sees the earlier ones, too.
    MonotonicWrites,
    /// Whoever sees a write sees what its author had read before, too.
    WritesFollowReads,
}

impl Session {
    /// "read your writes"
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadYourWrites => "read your writes",
            Self::MonotonicReads => "monotonic reads",
            Self::MonotonicWrites => "monotonic writes",
            Self::WritesFollowReads => "writes follow reads",
        }
    }
}

/// What proves that a guarantee was broken. Operations are positions in what was judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// This read shows what nobody wrote.
    ThinAir {
        /// The read.
        read: u32,
    },
    /// Each of these happened before the next, and the last before the first.
    Cycle {
        /// A read, the write that it shows, and so on.
        operations: Vec<u32>,
    },
    /// A read does not show a write that happened before it, but an older one.
    Stale {
        /// The read.
        read: u32,
        /// What it shows; None if the register as at first.
        shown: Option<u32>,
        /// What happened before the read, and after what it shows.
        missed: u32,
    },
}

/// Why a history can't be judged so. Operations are positions in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// A value was written twice: what a read of it shows is not known.
    WrittenTwice {
        /// The first write of it.
        first: u32,
        /// The second.
        second: u32,
    },
    /// There are too many processes for so many operations.
    TooLarge,
}

/// So many processes times operations are counted: 512 MB.
const CLOCKS_MAX: usize = 1 << 27;

/// The causal order of a history.
pub struct Causality<'history> {
    calls: &'history [Call<RegisterAction>],
    /// By process: its operations in their order.
    sessions: Vec<Vec<u32>>,
    /// By operation: its place in its session.
    places: Vec<u32>,
    /// By operation: what it shows, if it is a read of something that was written.
    shows: Vec<Option<u32>>,
    /// By process and object: the writes, by place.
    writes: HashMap<(u32, u32), Vec<u32>, FastState>,
    /// The same of the reads that show a write.
    reads: HashMap<(u32, u32), Vec<u32>, FastState>,
    /// By operation: of each process, how many operations happened before it, or are it.
    clocks: Vec<Vec<u32>>,
    thin_air: Option<u32>,
    cycle: Option<Vec<u32>>,
}

impl<'history> Causality<'history> {
    /// The causal order of operations by invocation, of registers that hold `initial` at first.
    pub fn new(calls: &'history [Call<RegisterAction>], initial: &Value) -> Result<Self, Refusal> {
        let processes = calls.iter().map(|call| call.process as usize + 1).max().unwrap_or(0);
        if calls.len() * processes > CLOCKS_MAX {
            return Err(Refusal::TooLarge);
        }
        let mut written: HashMap<(u32, &Value), u32, FastState> = HashMap::default();
        let mut all = Self {
            calls,
            sessions: vec![Vec::new(); processes],
            places: Vec::with_capacity(calls.len()),
            shows: vec![None; calls.len()],
            writes: HashMap::default(),
            reads: HashMap::default(),
            clocks: vec![Vec::new(); calls.len()],
            thin_air: None,
            cycle: None,
        };
        for (position, call) in (0..).zip(calls) {
            let session = &mut all.sessions[call.process as usize];
            all.places.push(session.len() as u32);
            session.push(position);
            if let RegisterAction::Write(value) = &call.action {
                let before = written.insert((call.object, value), position);
                if let Some(first) = before {
                    return Err(Refusal::WrittenTwice { first, second: position });
                }
                all.writes.entry((call.process as u32, call.object)).or_default().push(position);
            }
        }
        for (position, call) in (0..).zip(calls) {
            let RegisterAction::Read(value) = &call.action else { continue };
            let shown = written.get(&(call.object, value)).copied();
            all.shows[position as usize] = shown;
            match shown {
                Some(_) => all.reads.entry((call.process as u32, call.object)).or_default().push(position),
                None if value != initial => all.thin_air = all.thin_air.or(Some(position)),
                None => {}
            }
        }
        all.count();
        Ok(all)
    }

    /// Finds the clocks, in an order in which each operation comes after all that happened before it.
    fn count(&mut self) {
        let processes = self.sessions.len();
        let mut next = vec![0; processes];
        let mut is_known = vec![false; self.calls.len()];
        loop {
            let mut went_on = false;
            for process in 0..processes {
                while let Some(&one) = self.sessions[process].get(next[process]) {
                    let shown = self.shows[one as usize];
                    if shown.is_some_and(|write| !is_known[write as usize]) {
                        break;
                    }
                    let before = next[process].checked_sub(1).map(|place| self.sessions[process][place]);
                    let mut clock =
                        before.map_or_else(|| vec![0; processes], |before| self.clocks[before as usize].clone());
                    if let Some(write) = shown {
                        for (known, other) in clock.iter_mut().zip(&self.clocks[write as usize]) {
                            *known = (*known).max(*other);
                        }
                    }
                    next[process] += 1;
                    clock[process] = next[process] as u32;
                    self.clocks[one as usize] = clock;
                    is_known[one as usize] = true;
                    went_on = true;
                }
            }
            if !went_on {
                break;
            }
        }
        self.cycle = self.find_cycle(&next);
    }

    /// Whoever is left waits for somebody who is left.
    fn find_cycle(&self, next: &[usize]) -> Option<Vec<u32>> {
        let waiting = |process: usize| self.sessions[process].get(next[process]).copied();
        let start = (0..next.len()).find(|process| waiting(*process).is_some())?;
        let (mut way, mut process) = (Vec::new(), start);
        let mut visited = vec![usize::MAX; next.len()];
        while visited[process] == usize::MAX {
            visited[process] = way.len();
            let read = waiting(process).expect("it waits");
            let write = self.shows[read as usize].expect("for a write");
            way.extend([read, write]);
            process = self.calls[write as usize].process as usize;
        }
        Some(way.split_off(visited[process]))
    }

    /// Whether `one` happened before `other`.
    fn precedes(&self, one: u32, other: u32) -> bool {
        let process = self.calls[one as usize].process as usize;
        let known = self.clocks[other as usize].get(process).copied().unwrap_or(0);
        one != other && self.places[one as usize] < known
    }

    /// Whether a read of `shown` (None: of the register as at first) should have shown `missed` instead.
    fn is_older(&self, shown: Option<u32>, missed: u32) -> bool {
        shown.is_none_or(|shown| shown != missed && self.precedes(shown, missed))
    }

    /// The last of these on an object, by a process, whose place is below `end`.
    fn last(
        &self,
        which: &HashMap<(u32, u32), Vec<u32>, FastState>,
        (process, object): (u32, u32),
        end: u32,
    ) -> Option<u32> {
        let all = which.get(&(process, object))?;
        let before = all.partition_point(|one| self.places[*one as usize] < end);
        before.checked_sub(1).map(|last| all[last])
    }

    /// Why the history is not causally consistent, if it is not.
    pub fn violation(&self) -> Option<Pattern> {
        if let Some(read) = self.thin_air {
            return Some(Pattern::ThinAir { read });
        }
        if let Some(operations) = self.cycle.clone() {
            return Some(Pattern::Cycle { operations });
        }
        self.stale(|read, shown| {
            let object = self.calls[read as usize].object;
            let clock = &self.clocks[read as usize];
            let missed = (0..).zip(clock).filter_map(|(process, end)| self.last(&self.writes, (process, object), *end));
            missed.into_iter().find(|missed| self.is_older(shown, *missed))
        })
    }

    /// The first read that misses what `missed` says it misses.
    fn stale(&self, mut missed: impl FnMut(u32, Option<u32>) -> Option<u32>) -> Option<Pattern> {
        (0..).zip(self.calls).find_map(|(read, call)| {
            let RegisterAction::Read(_) = call.action else { return None };
            let shown = self.shows[read as usize];
            missed(read, shown).map(|missed| Pattern::Stale { read, shown, missed })
        })
    }

    /// Why a guarantee was not kept to some session, if it was not.
    pub fn session_violation(&self, guarantee: Session) -> Option<Pattern> {
        if let Some(read) = self.thin_air {
            return Some(Pattern::ThinAir { read });
        }
        // By reader and author: how far the author's session was seen.
        let mut seen = vec![vec![0; self.sessions.len()]; self.sessions.len()];
        self.stale(|read, shown| {
            let Call { process, object, .. } = self.calls[read as usize];
            let (process, place) = (process as u32, self.places[read as usize]);
            let of_reader = &mut seen[process as usize];
            let of_author = |which, author: u32, end: u32| self.last(which, (author, object), end);
            let shown_by = |read: Option<u32>| read.and_then(|read| self.shows[read as usize]);
            let authors = || (0..).zip(of_reader.iter().copied());
            let is_missed = |write: &u32| self.is_older(shown, *write);
            let missed = match guarantee {
                Session::ReadYourWrites => of_author(&self.writes, process, place).filter(is_missed),
                Session::MonotonicReads => shown_by(of_author(&self.reads, process, place)).filter(is_missed),
                Session::MonotonicWrites => {
                    authors().filter_map(|(author, end)| of_author(&self.writes, author, end)).find(is_missed)
                }
                Session::WritesFollowReads => {
                    authors().filter_map(|(author, end)| shown_by(of_author(&self.reads, author, end))).find(is_missed)
                }
            };
            if let Some(write) = shown {
                let author = self.calls[write as usize].process as usize;
                of_reader[author] = of_reader[author].max(self.places[write as usize]);
            }
            missed
        })
    }
}

impl Pattern {
    /// The operations to look at, by invocation.
    pub fn operations(&self) -> Vec<u32> {
        let mut all = match self {
            Self::ThinAir { read } => vec![*read],
            Self::Cycle { operations } => operations.clone(),
            Self::Stale { read, shown, missed } => shown.iter().copied().chain([*missed, *read]).collect(),
        };
        all.sort_unstable();
        all
    }

    /// In one sentence. `name` names an operation.
    pub fn sentence(&self, name: &dyn Fn(u32) -> String) -> String {
        match self {
            Self::ThinAir { read } => format!("{} shows a value that nobody wrote.", name(*read)),
            Self::Cycle { operations } => {
                let names: Vec<String> = operations.iter().map(|one| name(*one)).collect();
                format!(
                    "Each of these happened before the one before, and the first before the last: {}.",
                    names.join("; ")
                )
            }
            Self::Stale { read, shown: Some(shown), missed } => {
                format!("{} shows {}, which {} had overwritten before.", name(*read), name(*shown), name(*missed))
            }
            Self::Stale { read, shown: None, missed } => {
                format!("{} shows the register as at first, and {} happened before.", name(*read), name(*missed))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Operations as `(process, object, write?, value)`, one after the other.
    fn history(operations: &[(u64, u32, bool, i64)]) -> Vec<Call<RegisterAction>> {
        let call = |(at, &(process, object, writes, value)): (u64, &(u64, u32, bool, i64))| {
            let value = if value == 0 { Value::Nil } else { Value::Int(value) };
            let action = if writes { RegisterAction::Write(value) } else { RegisterAction::Read(value) };
            Call { process, object, action, invoked: 2 * at, returned: Some(2 * at + 1) }
        };
        (0..).zip(operations).map(call).collect()
    }

    fn judged(operations: &[(u64, u32, bool, i64)]) -> (Option<Pattern>, Vec<&'static str>) {
        let calls = history(operations);
        let causality = Causality::new(&calls, &Value::Nil).expect("each value is written once");
        let all =
            [Session::ReadYourWrites, Session::MonotonicReads, Session::MonotonicWrites, Session::WritesFollowReads];
        let broken = all.into_iter().filter(|guarantee| causality.session_violation(*guarantee).is_some());
        (causality.violation(), broken.map(Session::name).collect())
    }

    const X: u32 = 0;
    const Y: u32 = 1;
    const W: bool = true;
    const R: bool = false;

    #[test]
    fn each_session_guarantee_is_broken_by_its_own_kind() {
        for (operations, broken) in [
            (&[(0, X, W, 1), (0, X, R, 0)][..], "read your writes"),
            (&[(0, X, W, 1), (1, X, R, 1), (1, X, R, 0)], "monotonic reads"),
            (&[(0, X, W, 1), (0, Y, W, 2), (1, Y, R, 2), (1, X, R, 0)], "monotonic writes"),
            (&[(0, X, W, 1), (1, X, R, 1), (1, Y, W, 2), (2, Y, R, 2), (2, X, R, 0)], "writes follow reads"),
        ] {
            let (violation, sessions) = judged(operations);
            assert!(matches!(violation, Some(Pattern::Stale { .. })), "{operations:?}");
            assert_eq!(sessions, [broken], "{operations:?}");
        }
    }

    /// Two writes that nobody ordered may be seen in both orders: that is causal, and not sequential.
    #[test]
    fn concurrent_writes_have_no_order() {
        let reads = [(2, X, R, 1), (2, X, R, 2), (3, X, R, 2), (3, X, R, 1)];
        let operations = [&[(0, X, W, 1), (1, X, W, 2)][..], &reads].concat();
        assert_eq!(judged(&operations), (None, vec![]));
        let one_author = [&[(0, X, W, 1), (0, X, W, 2)][..], &reads].concat();
        let (violation, sessions) = judged(&one_author);
        assert_eq!(violation, Some(Pattern::Stale { read: 5, shown: Some(0), missed: 1 }));
        assert_eq!(sessions, ["monotonic reads"]);
    }

    /// Over three people: no guarantee to one session is broken, and causality is.
    #[test]
    fn causality_goes_over_any_number_of_steps() {
        const Z: u32 = 2;
        let operations = [(0, X, W, 1), (0, Y, W, 2), (1, Y, R, 2), (1, Z, W, 3), (2, Z, R, 3), (2, X, R, 0)];
        let (violation, sessions) = judged(&operations);
        assert_eq!(violation, Some(Pattern::Stale { read: 5, shown: None, missed: 0 }));
        assert!(sessions.is_empty(), "{sessions:?}");
    }

    #[test]
    fn values_from_nowhere_and_from_the_future() {
        assert_eq!(judged(&[(0, X, R, 7)]).0, Some(Pattern::ThinAir { read: 0 }));
        let (violation, _) = judged(&[(0, X, R, 1), (0, Y, W, 2), (1, Y, R, 2), (1, X, W, 1)]);
        let Some(Pattern::Cycle { operations }) = violation else { panic!("{violation:?}") };
        assert_eq!(operations, [0, 3, 2, 1]);
        let calls = history(&[(0, X, W, 1), (1, X, W, 1)]);
        assert_eq!(Causality::new(&calls, &Value::Nil).err(), Some(Refusal::WrittenTwice { first: 0, second: 1 }));
    }
}
