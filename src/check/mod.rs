//! Judges a history: what clients saw, and nothing else. A check returns evidence, not a bool.
//!
//! - [`spec`]: what objects do when one person uses them at a time.
//! - [`call`]: an operation as the checkers see it.
//! - [`linearizability`]: whether a history could have come from such an object, with an order or with [`evidence`].
//! - [`staleness`]: reads of the feed that missed a post which was confirmed before they began.

pub mod call;
pub mod evidence;
mod fast_hash;
pub mod import;
pub mod linearizability;
mod register;
mod search;
pub mod spec;
pub mod staleness;
