//! The checkers, held against brute force, against histories that others judged, and against the clock.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cap_lab::check::import::{self, Format, Imported, Model};

use skipped::skip;

mod brute;
#[cfg(feature = "cli")]
mod command_line;
mod corpus;
mod effort;
mod etcd_logs;
mod histories;
mod ladder;
mod ladder_defined;
mod live;
mod malformed;
mod parsers;
#[path = "../support/skipped.rs"]
mod skipped;

/// `full` rounds with `--long`, else `daily`.
fn rounds(daily: u64, full: u64) -> u64 {
    if std::env::var_os("CAP_LAB_LONG").is_some() { full } else { daily }
}

/// How long this thread computed, as Linux counts it: other programs do not count. Else how late it is.
fn computed() -> Duration {
    thread_local!(static BEGAN: Instant = Instant::now());
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let counted = counted.and_then(|text| text.split(' ').next()?.parse().ok());
    counted.map_or_else(|| BEGAN.with(Instant::elapsed), Duration::from_nanos)
}

/// Histories that others recorded lie beside the project, and are no part of it; for the test of this name. None where they are
/// missing, and then that is told.
fn corpus(test: &str, folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        skip(test, &format!("{} is not there", folder.display()));
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

fn imported(file: &Path, format: Format, model: Model) -> Imported {
    let bytes = std::fs::read(file).expect("readable");
    import::read(&bytes, format, model).unwrap_or_else(|wrong| panic!("{}:{wrong}", file.display()))
}

fn stem(file: &Path) -> &str {
    file.file_stem().and_then(|stem| stem.to_str()).expect("a plain name")
}
