//! What a run is made of.

pub mod view;
