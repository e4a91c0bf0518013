//! Judges a history: what clients saw, and nothing else. A check returns evidence, not a bool.
//!
//! - [`staleness`]: reads of the feed that missed a post which was confirmed before they began.

pub mod staleness;
