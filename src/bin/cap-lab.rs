//! The command line: the same library without a browser.
fn main() {}
