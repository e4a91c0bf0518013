//! The browser program.
mod ui;
fn main() {}
