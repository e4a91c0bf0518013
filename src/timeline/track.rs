//! The worlds that run under one script.

use std::fmt::Debug;

use crate::node::{Micros, Node, NodeId};
use crate::shared_vec::SharedVec;
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
    /// Whether the link is cut in this direction, in every world: they run under one script.
    fn is_cut(&self, from: NodeId, to: NodeId) -> bool;
    /// The ordinals of the messages of a kind on a link of a world; see [`crate::sim::fault::MessageName`].
    fn ordinals(&self, world: u8, kind: &str, from: NodeId, to: NodeId) -> Vec<u32>;
    /// Messages on their way in all worlds together.
    fn waiting(&self) -> usize;
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
    pub on_the_way: SharedVec<u64>,
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

    fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.model().is_cut(from, to)
    }

    fn ordinals(&self, _: u8, kind: &str, from: NodeId, to: NodeId) -> Vec<u32> {
        let names = self.model().flights().iter().filter_map(|(id, _)| self.name_of(id));
        let wanted = names.filter(|name| name.from == from && name.to == to && name.kind == kind);
        wanted.map(|name| name.ordinal).collect()
    }

    fn waiting(&self) -> usize {
        self.model().flights().len()
    }

    fn steps(&self) -> u64 {
        self.steps()
    }

    fn fingerprints(&self) -> Vec<Fingerprint> {
        vec![Fingerprint { steps: self.steps(), digest: self.digest(), on_the_way: self.digests().clone() }]
    }
}

/// Worlds side by side, under one script.
#[derive(Clone, Debug)]
pub struct SideBySide<T>(Vec<T>);

impl<T: Track> SideBySide<T> {
    /// These worlds, from left to right; at least one.
    pub fn new(worlds: Vec<T>) -> Self {
        assert!(!worlds.is_empty(), "an experiment without a world");
        Self(worlds)
    }

    /// The worlds, from left to right.
    pub fn worlds(&self) -> &[T] {
        &self.0
    }

    /// The world whose step is due first; of several the leftmost.
    fn first(&self) -> Option<(Micros, usize)> {
        let due = self.0.iter().enumerate().filter_map(|(index, world)| Some((world.next_at()?, index)));
        due.min()
    }
}

impl<T: Track> Track for SideBySide<T> {
    type Request = T::Request;

    fn now(&self) -> Micros {
        self.0.iter().map(T::now).max().unwrap_or_default()
    }

    fn next_at(&self) -> Option<Micros> {
        self.first().map(|(at, _)| at)
    }

    fn advance(&mut self, to: Micros, most: u64) {
        for _ in 0..most {
            match self.first() {
                Some((at, world)) if at <= to => self.0[world].advance(to, 1),
                _ => break,
            }
        }
    }

    fn intervene(&mut self, at: Micros, act: &Intervention<Self::Request>) -> bool {
        let mut done = false;
        for world in &mut self.0 {
            done |= world.intervene(at, act);
        }
        done
    }

    fn participants(&self) -> usize {
        self.0.iter().map(T::participants).max().unwrap_or(0)
    }

    fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.0.iter().all(|world| world.is_cut(from, to))
    }

    fn ordinals(&self, world: u8, kind: &str, from: NodeId, to: NodeId) -> Vec<u32> {
        self.0.get(usize::from(world)).map_or(Vec::new(), |run| run.ordinals(world, kind, from, to))
    }

    fn waiting(&self) -> usize {
        self.0.iter().map(T::waiting).sum()
    }

    fn steps(&self) -> u64 {
        self.0.iter().map(T::steps).sum()
    }

    fn fingerprints(&self) -> Vec<Fingerprint> {
        self.0.iter().flat_map(T::fingerprints).collect()
    }
}
