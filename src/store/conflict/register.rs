//! A register that several people write: one value, or those that nobody has chosen between.

use std::sync::Arc;

use serde::Serialize;

use super::{Note, Object, Policy, Stamp};
use crate::known::{Known, Name};

/// What can be written.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Value {
    /// A status.
    Text(Arc<str>),
    /// How many like a post.
    Count(u32),
    /// That a post is deleted.
    Deleted,
}

/// One write of a register.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Version {
    /// Which write.
    pub name: Name,
    /// When it was taken in.
    pub stamp: Stamp,
    /// What it follows.
    pub follows: Known,
    /// What it wrote.
    pub value: Value,
}

/// A register. What it shows is a function of the set of writes that it took in and of the policy.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Register {
    /// What is visible, by name: one under a policy that keeps one.
    versions: Vec<Version>,
    /// Where concurrent writes stay side by side: what was taken in, and all that these follow.
    seen: Known,
}

impl Register {
    /// What is visible, by name.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// Takes in a write of `object`, which this is, and tells what had to be decided.
    pub fn write(&mut self, object: Object, version: Version, policy: Policy, tell: &mut dyn FnMut(Note)) {
        if self.versions.iter().any(|other| other.name == version.name) {
            return;
        }
        match policy {
            Policy::Siblings | Policy::Crdts => self.keep_concurrent(object, version, tell),
            Policy::ByPlace | Policy::WallClock | Policy::HybridClock => self.keep_last(object, version, policy, tell),
        }
    }

    /// Keeps what no other write follows (Almeida et al. 2014, "Scalable and Accurate Causality Tracking", §5).
    fn keep_concurrent(&mut self, object: Object, version: Version, tell: &mut dyn FnMut(Note)) {
        let is_superseded = self.seen.contains(version.name);
        let before = self.versions.len();
        self.versions.retain(|other| !version.follows.contains(other.name));
        let superseded = (before - self.versions.len()) as u32;
        self.seen.join(&version.follows);
        self.seen.insert(version.name);
        if is_superseded {
            return;
        }
        let write = version.name;
        if superseded > 1 {
            tell(Note::Merges { object, write, count: superseded });
        }
        if let Some(beside) = self.versions.first() {
            tell(Note::KeepsBoth { object, write, beside: beside.name });
        }
        let place = self.versions.partition_point(|other| other.name < version.name);
        self.versions.insert(place, version);
    }

    /// Keeps the one that the policy's order puts last.
    fn keep_last(&mut self, object: Object, version: Version, policy: Policy, tell: &mut dyn FnMut(Note)) {
        let Some(held) = self.versions.first() else { return self.versions.push(version) };
        let stays = version.stamp.beats(version.name, &held.stamp, held.name, policy);
        let (winner, loser) = if stays { (&version, held) } else { (held, &version) };
        if !winner.follows.contains(loser.name) {
            tell(Note::Overwrites {
                object,
                loser: loser.name,
                lost: loser.stamp,
                winner: winner.name,
                won: winner.stamp,
                policy,
                newer: loser.follows.contains(winner.name),
            });
        }
        if stays {
            self.versions[0] = version;
        }
    }
}
