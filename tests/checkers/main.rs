//! The checkers, held against brute force, and against histories that others judged.

use std::path::{Path, PathBuf};

use cap_lab::check::import::{self, Format, Imported, Model};

use skipped::skipped;

mod bounds;
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
mod mutated;
mod parsers;
mod recorded_brute;
#[path = "../support/skipped.rs"]
mod skipped;
mod staleness;

/// `full` rounds with `--long`, else `daily`.
fn rounds(daily: u64, full: u64) -> u64 {
    if std::env::var_os("CAP_LAB_LONG").is_some() { full } else { daily }
}

/// Histories that others recorded lie beside the project, and are no part of it. None, which is told, if they are not here.
fn corpus(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        skipped(&format!("{} is not there", folder.display()));
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
