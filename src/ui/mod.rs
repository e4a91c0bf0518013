//! ui
pub mod lab;
pub mod labs;
