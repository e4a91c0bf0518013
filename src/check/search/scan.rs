//! What may come next in a configuration: the most urgent of it first, and no more at a time than are soon tried.

use super::super::call::Order;
use super::super::spec::Spec;
use super::{COMING_MAX, Candidate, Choice, Kind, LISTED_MAX, Outcome, Pick, Returned, Search, Urgency};

impl<S: Spec> Search<S> {
    /// Lists the most urgent of what is coming as candidates of the latest choice, the most urgent one last.
    pub(super) fn list(&mut self) {
        self.keep_most_urgent();
        let choice = self.choices.last_mut().expect("somewhere to choose");
        choice.listed = self.cut;
        let coming = &mut self.coming;
        let most_urgent = (0..coming.len()).min_by_key(|&index| coming[index].urgency);
        self.candidates.extend(coming.iter().map(|one| one.urgency));
        self.candidates[choice.base..].sort_unstable_by_key(|urgency| std::cmp::Reverse(*urgency));
        self.after_last = most_urgent.map(|index| coming.swap_remove(index).after);
        coming.clear();
    }

    /// Of what is coming, passes over all but as many as are listed at a time, and what was listed.
    fn keep_most_urgent(&mut self) {
        let mut coming = std::mem::take(&mut self.coming);
        coming.retain(|one| {
            let is_new = Some(one.urgency) > self.listed;
            if !is_new {
                self.comes_to(one.urgency.1, Outcome::Listed);
            }
            is_new
        });
        if coming.len() > LISTED_MAX {
            coming.select_nth_unstable_by_key(LISTED_MAX - 1, |one| one.urgency);
            coming.drain(LISTED_MAX..).for_each(|one| self.comes_to(one.urgency.1, Outcome::PassedOver));
            self.cut = Some(coming[LISTED_MAX - 1].urgency);
        }
        for (index, one) in (0..).zip(&coming) {
            self.comes_to(one.urgency.1, Outcome::Candidate(index));
        }
        self.coming = coming;
    }

    fn comes_to(&mut self, pick: Pick, outcome: Outcome) {
        if let Pick::Returned(position) = pick {
            self.kinds[self.returned[position as usize].kind as usize].outcome = outcome;
        }
    }

    /// Lists more of what may come next at the latest choice, all of which was listed so far.
    pub(super) fn list_more(&mut self, spec: &S) {
        let Choice { placed, state, listed, .. } = self.choices.last().expect("somewhere to choose");
        let placed = *placed;
        (self.state, self.listed) = (state.clone(), *listed);
        self.undo(placed);
        self.scan(spec);
        self.drop_doomed(spec);
        self.drop_needless(spec, self.choices.len().checked_sub(2));
        self.list();
    }

    /// Whether what is so urgent is not passed over in this scan.
    fn is_due(&self, urgency: Urgency) -> bool {
        self.cut.is_none_or(|cut| urgency <= cut)
    }

    /// Something may come next.
    fn comes(&mut self, urgency: Urgency, after: S::State) {
        self.coming.push(Candidate { urgency, after });
        // Of several lanes, kinds are told apart in the latest only.
        if self.coming.len() >= COMING_MAX && self.order == Order::OfTime {
            self.keep_most_urgent();
        }
    }

    /// Puts in the reads that may come next, and finds what else may.
    pub(super) fn scan(&mut self, spec: &S) {
        (self.after_last, self.cut, self.scan) = (None, None, self.scan + 1);
        self.coming.clear();
        // Of those that can't come next and may not wait, the most urgent one.
        let stuck = (0..self.lanes.len()).filter_map(|lane| self.scan_lane(spec, lane)).min();
        for index in 0..self.classes.len() as u32 {
            let class = &self.classes[index as usize];
            let used = self.used.count(index) as usize;
            let in_time = class.members.get(used).is_some_and(|one| one.0 <= self.deadlines[class.lane as usize]);
            // In one lane, one that returned is as good.
            let is_settled = self.order == Order::OfTime
                && self.kind_of_class[index as usize].is_some_and(|kind| self.kinds[kind as usize].scan == self.scan);
            if in_time
                && !is_settled
                && let Some(after) = spec.step(&self.state, &class.action)
                && after != self.state
            {
                let helps = stuck
                    .is_some_and(|(_, position)| spec.step(&after, &self.returned[position as usize].action).is_some());
                let urgency = (u64::MAX - u64::from(helps), Pick::Class(index));
                if self.is_due(urgency) {
                    self.comes(urgency, after);
                }
            }
        }
    }

    /// The same of one lane. Returns which one that can't come next returned first, and when.
    fn scan_lane(&mut self, spec: &S, lane: usize) -> Option<(u64, u32)> {
        if lane > 0 {
            // What does the same in another lane is not interchangeable.
            self.scan += 1;
        }
        let (mut deadline, mut stuck) = (u64::MAX, None);
        let mut next = self.missing.first(lane);
        while let Some(position) = next {
            next = self.missing.next(position);
            let Returned { kind, is_read, invoked, returned, .. } = &self.returned[position];
            let (kind, returned) = (*kind as usize, *returned);
            if *invoked > deadline {
                break;
            }
            let urgency = (returned, Pick::Returned(position as u32));
            let Kind { scan, outcome } = self.kinds[kind];
            let is_open = scan != self.scan || matches!(outcome, Outcome::PassedOver);
            if is_open && (*is_read || self.is_due(urgency)) {
                self.try_kind(spec, kind, urgency);
            }
            let Kind { scan, outcome } = self.kinds[kind];
            match outcome {
                // Nobody looked at it.
                _ if scan != self.scan => {}
                Outcome::Read => {
                    self.place(Pick::Returned(position as u32));
                    continue;
                }
                Outcome::Candidate(index) => {
                    let most = &mut self.coming[index as usize].urgency;
                    *most = (*most).min(urgency);
                }
                Outcome::Impossible => {
                    let this = (returned, position as u32);
                    stuck = Some(stuck.map_or(this, |most: (u64, u32)| most.min(this)));
                }
                Outcome::Listed | Outcome::PassedOver => {}
            }
            deadline = deadline.min(returned);
        }
        self.deadlines[lane] = deadline;
        stuck
    }

    /// What comes of the operations of a kind, of which one is so urgent.
    fn try_kind(&mut self, spec: &S, kind: usize, urgency: Urgency) {
        let Pick::Returned(position) = urgency.1 else { unreachable!("a kind is of those that returned") };
        let Returned { action, is_read, .. } = &self.returned[position as usize];
        let (outcome, after) = match spec.step(&self.state, action) {
            None => (Outcome::Impossible, None),
            Some(_) if *is_read => (Outcome::Read, None),
            Some(_) if Some(urgency) <= self.listed => (Outcome::Listed, None),
            Some(after) => (Outcome::Candidate(self.coming.len() as u32), Some(after)),
        };
        self.kinds[kind] = Kind { scan: self.scan, outcome };
        if let Some(after) = after {
            self.comes(urgency, after);
        }
    }
}
