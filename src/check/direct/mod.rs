//! Algorithms of their own, for objects whose results say so much that nothing need be tried: they take time that grows with the
//! length of a history, times its logarithm.
//!
//! - [`register`]: a register whose written values are all different.
//! - [`set`]: a set that only grows and is read whole.
//! - [`queue`]: a queue whose values are all different.
//!
//! Two more need none: [`super::search`] looks at one configuration for each operation of a mutex, and of a counter to which always
//! the same is added, for operations that do the same are interchangeable there.
//!
//! Left out: a counter to which different numbers are added, which is the subset-sum problem; a set from which things are taken out,
//! whose whole reads can stand before the one or after the other; queues that are found empty.

use super::call::Call;
use super::search::DeadEnd;
use super::spec::Value;

mod queue;
pub(super) mod register;
mod set;

pub(super) use self::queue::decide as queue;
pub(super) use self::set::decide as set;

/// What such an algorithm finds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Direct {
    /// An order.
    Order(Vec<u32>),
    /// There is none.
    Impossible(Conflict),
}

/// A few operations that are impossible together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// They, as positions in the history, and whatever they may have seen.
    pub operations: Vec<u32>,
    /// As far as they are about these elements; all of them, if there are none.
    pub about: Vec<Value>,
    /// The history is impossible as of this moment.
    pub by: u64,
    /// An order of what came before.
    pub longest: Vec<u32>,
}

impl Conflict {
    pub(super) fn dead_end(&self) -> DeadEnd {
        DeadEnd { by: self.by, longest: self.longest.clone() }
    }
}

/// Operations, and the elements that they are about.
type Core = (Vec<u32>, Vec<Value>);

/// An order of the history as of a moment, or what is impossible of it.
type AsOf = Result<Vec<u32>, Core>;

/// Of a history, impossible by its end: as of when it is, and what.
fn first_failure<A>(calls: &[Call<A>], members: &[u32], as_of: impl Fn(u64) -> AsOf) -> Conflict {
    let mut returns: Vec<u64> = members.iter().filter_map(|&member| calls[member as usize].returned).collect();
    returns.sort_unstable();
    // A history that is impossible stays so, whatever comes later.
    let fails = returns.partition_point(|&moment| as_of(moment).is_ok());
    let by = returns[fails];
    let longest = if fails == 0 { Vec::new() } else { as_of(returns[fails - 1]).expect("it was possible until then") };
    let (mut operations, about) = as_of(by).expect_err("it is impossible since then");
    operations.sort_unstable();
    operations.dedup();
    Conflict { operations, about, by, longest }
}
