//! The verdict on a history, and the meters beside it.

pub mod meters;
pub mod sheet;
pub mod staleness;
pub mod view;
