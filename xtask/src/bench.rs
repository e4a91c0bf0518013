//! `cargo xtask bench`: how long things take. Nothing here fails because it is slow: a figure is printed with its bar and with
//! the load of the machine, which decide together what it says. What fails is what does something else than it should.

use std::fs;
use std::path::Path;

use crate::command::{Trouble, cargo, command, root, run_plain};
use crate::tools::CHROMIUM;
use crate::{site, tools};

/// Set to 1 for a bench of what takes seconds.
const SHORT_VARIABLE: &str = "CAP_LAB_SHORT";

/// What to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Bench {
    /// The page in a browser instead of the library.
    pub(crate) page: bool,
    /// A first impression, in a minute or two once all is built.
    pub(crate) short: bool,
}

/// Measures and prints.
pub(crate) fn run(what: Bench) -> Result<(), Trouble> {
    let browser = if what.page { Some(set_up()?) } else { None };
    tell_load("before");
    match browser {
        Some(chromium) => page(&chromium, what.short)?,
        None => {
            let repetitions = if what.short { "3" } else { "15" };
            run_plain(cargo("run --locked --quiet --release --package cap-lab-bench --").arg(repetitions))?;
        }
    }
    tell_load("after");
    Ok(())
}

/// All that is built or installed comes before what is measured.
fn set_up() -> Result<std::path::PathBuf, Trouble> {
    tools::node()?;
    let chromium = CHROMIUM.set_up()?;
    tools::browser_packages()?;
    site::build()?;
    run_plain(&mut cargo("build --locked --quiet --release --no-default-features --features cli --bin cap-lab"))?;
    Ok(chromium)
}

fn page(chromium: &Path, short: bool) -> Result<(), Trouble> {
    let mut bench = command("node", "--test --test-concurrency=1 --test-reporter=spec bars.bench.mjs");
    bench.current_dir(root().join("tests/browser")).env(CHROMIUM.variable, chromium);
    bench.env(SHORT_VARIABLE, if short { "1" } else { "0" });
    run_plain(&mut bench)
}

/// As Linux counts it: programs that run or want to, on average over 1, 5 and 15 minutes.
fn tell_load(when: &str) {
    if let Ok(load) = fs::read_to_string("/proc/loadavg") {
        let averages: Vec<&str> = load.split_whitespace().take(3).collect();
        println!("load average {when}: {}", averages.join(" "));
    }
}
