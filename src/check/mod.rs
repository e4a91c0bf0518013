//! Judges a history: what clients saw, and nothing else. A check returns evidence, not a bool.
//!
//! - [`spec`]: what objects do when one person uses them at a time.
//! - [`call`]: an operation as the checkers see it.
//! - [`linearizability`]: whether a history could have come from such an object, with an order or with [`evidence`].
//! - [`direct`]: algorithms of their own, for objects whose results say enough.
//! - [`moments`]: when the operations of such an order may have taken effect.
//! - [`causality`]: causal consistency and session guarantees of registers with distinct values.
//! - [`import`]: histories that others recorded.
//! - [`feed`]: the history of a feed's run, whole or as of a moment, for [`ladder`] (which guarantees it kept) and [`measures`].
//! - [`staleness`]: reads of the feed that missed a post which was confirmed before they began.

pub mod call;
pub mod causality;
pub mod direct;
pub mod evidence;
mod fast_hash;
pub mod feed;
pub mod import;
pub mod ladder;
pub mod linearizability;
pub mod lost;
pub mod measures;
pub mod moments;
mod search;
mod sorting;
pub mod spec;
pub mod staleness;
