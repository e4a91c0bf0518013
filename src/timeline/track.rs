//! The worlds that run under one script.

use std::fmt::Debug;

use crate::node::{Micros, Node};
use crate::sim::fault::Intervention;
use crate::sim::run::{Run, World};

/// One world or several, driven by one script.
pub trait Track: Clone + Debug {
    /// What their clients ask for.
    type Request: Clone + PartialEq + Debug;

    /// The moment of the latest step in any world.
    fn now(&self) -> Micros;
    /// When the next step happens by itself in any world.
    fn next_at(&self) -> Option<Micros>;
    /// Lets steps happen in the order of time, those that are due until `to` but at most `most` of them.
    fn advance(&mut self, to: Micros, most: u64);
    /// Does something at `at` to every world that it concerns; false if it could be done in none.
    fn intervene(&mut self, at: Micros, act: &Intervention<Self::Request>) -> bool;
    /// How many participants each world has.
    fn participants(&self) -> usize;
    /// Steps done in all worlds together.
    fn steps(&self) -> u64;
    /// What each world did.
    fn fingerprints(&self) -> Vec<Fingerprint>;
}

/// What a world did, so that another machine can tell whether it did the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    /// Steps done.
    pub steps: u64,
    /// The digest of all of them.
    pub digest: u64,
    /// The digests on the way there, one after each [`crate::sim::run::STEPS_PER_DIGEST`] steps.
    pub on_the_way: Vec<u64>,
}

impl<W: World> Track for Run<W>
where
    W: Debug,
    W::Watch: Debug,
{
    type Request = <W::Node as Node>::Request;

    fn now(&self) -> Micros {
        self.now()
    }

    fn next_at(&self) -> Option<Micros> {
        self.next_at()
    }

    fn advance(&mut self, to: Micros, most: u64) {
        for _ in 0..most {
            if !self.step(to) {
                break;
            }
        }
    }

    fn intervene(&mut self, at: Micros, act: &Intervention<Self::Request>) -> bool {
        self.intervene(at, act)
    }

    fn participants(&self) -> usize {
        self.model().len()
    }

    fn steps(&self) -> u64 {
        self.steps()
    }

    fn fingerprints(&self) -> Vec<Fingerprint> {
        let on_the_way = self.digests().iter().copied().collect();
        vec![Fingerprint { steps: self.steps(), digest: self.digest(), on_the_way }]
    }
}

/// Two worlds, or two groups of worlds, side by side.
#[derive(Clone, Debug)]
pub struct SideBySide<A, B> {
    /// The one on the left.
    pub left: A,
    /// The one on the right.
    pub right: B,
}

impl<A: Track, B: Track<Request = A::Request>> Track for SideBySide<A, B> {
    type Request = A::Request;

    fn now(&self) -> Micros {
        self.left.now().max(self.right.now())
    }

    fn next_at(&self) -> Option<Micros> {
        [self.left.next_at(), self.right.next_at()].into_iter().flatten().min()
    }

    fn advance(&mut self, to: Micros, most: u64) {
        for _ in 0..most {
            match (self.left.next_at(), self.right.next_at()) {
                (Some(left), right) if left <= to && right.is_none_or(|right| left <= right) => {
                    self.left.advance(to, 1);
                }
                (_, Some(right)) if right <= to => self.right.advance(to, 1),
                _ => break,
            }
        }
    }

    fn intervene(&mut self, at: Micros, act: &Intervention<Self::Request>) -> bool {
        let left = self.left.intervene(at, act);
        let right = self.right.intervene(at, act);
        left || right
    }

    fn participants(&self) -> usize {
        self.left.participants().max(self.right.participants())
    }

    fn steps(&self) -> u64 {
        self.left.steps() + self.right.steps()
    }

    fn fingerprints(&self) -> Vec<Fingerprint> {
        let mut all = self.left.fingerprints();
        all.extend(self.right.fingerprints());
        all
    }
}
