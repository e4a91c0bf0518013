//! Searches that leave nothing out within their bounds, over the model that the lab itself runs.

use std::io::Write;

mod flaws;
mod missing;
mod subject;
mod symmetry;

/// Numbers that belong to the result, whether or not the test passes: past the test harness, which keeps what passes quiet.
fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody reads");
}
