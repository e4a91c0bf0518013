//! Taking interventions back.

use super::branches::Branch;
use super::{Experiment, RequestOf, Timeline};
use crate::sim::fault::{Intervention, Scripted};

impl<E: Experiment> Timeline<E> {
    /// What was done up to the play head, by time.
    pub fn acts_done(&self) -> &[Scripted<RequestOf<E>>] {
        &self.script()[..self.head.done]
    }

    /// Takes back the last intervention before the play head, which then stands where that was done; `None` if nothing was done.
    ///
    /// A branch on which more was done later stays, and a new one leaves it here. A branch that the intervention began ends
    /// with it: the one that it left takes its place again, with all of its future, which is to be computed again.
    /// `None` as well if a new branch would be one too many.
    pub fn undo(&mut self) -> Option<Intervention<RequestOf<E>>> {
        let last = self.head.done.checked_sub(1)?;
        let Scripted { at, act } = self.script()[last].clone();
        let kept = self.script()[..last].to_vec();
        let forked_at = self.branches[self.current].forked_at;
        let goes_on = self.head.done < self.script().len();
        if goes_on && !self.may_fork(last) {
            return None;
        }
        let began = at >= forked_at && kept.last().is_none_or(|earlier| earlier.at < forked_at);
        if goes_on {
            self.branches.push(Branch::new(at, kept));
            self.current = self.branches.len() - 1;
        } else {
            self.branches[self.current] = Branch { end: at, ..Branch::new(forked_at.min(at), kept) };
        }
        self.checkpoints.forget_from(at);
        (self.frontier, self.whole, self.goal) = (None, true, None);
        self.head = self.checkpoints.last().clone();
        self.advance_head(at);
        if began && !goes_on {
            self.return_to_parent();
        }
        Some(act)
    }

    /// Goes back from a branch with nothing of its own on it to the one that it left.
    fn return_to_parent(&mut self) {
        let (now, left) = (self.now(), self.current);
        let is_parent = |branch: &Branch<RequestOf<E>>| {
            let later = branch.script.get(self.script().len());
            branch.script.starts_with(self.script()) && branch.end >= now && later.is_none_or(|later| later.at > now)
        };
        let Some(parent) = self.branches[..left].iter().rposition(is_parent) else { return };
        self.switch(parent);
        self.branches.remove(left);
        // What a file says is of the branch that has its place now.
        self.expected.take_if(|expected| expected.branch == left);
        self.expected.iter_mut().filter(|expected| expected.branch > left).for_each(|expected| expected.branch -= 1);
        self.seek(now);
    }
}
