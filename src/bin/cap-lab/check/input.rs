//! Where histories come from: files, standard input, directories of Jepsen's store.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes.
const BYTES_MAX: u64 = 1 << 30;
/// How deep a store's directories are looked into.
const DEPTH_MAX: u32 = 8;

/// A history to be read.
pub(super) struct Input {
    /// What it is called in all that is told of it.
    pub(super) name: String,
    source: Source,
}

enum Source {
    Standard,
    File(PathBuf),
}

/// What was asked for, and is not there.
pub(super) struct Missing {
    pub(super) name: String,
    pub(super) why: String,
}

/// The histories at `path`.
pub(super) fn all(path: &Path) -> Vec<Result<Input, Missing>> {
    let name = path.display().to_string();
    if name == "-" {
        return vec![Ok(Input { name: "standard input".to_owned(), source: Source::Standard })];
    }
    if !path.is_dir() {
        return vec![Ok(Input { name, source: Source::File(path.to_owned()) })];
    }
    let mut found = Vec::new();
    if let Err(error) = histories(path, DEPTH_MAX, &mut found) {
        return vec![Err(Missing { name, why: format!("this directory can't be read: {error}") })];
    }
    if found.is_empty() {
        let why = "expected a directory of Jepsen's store, found no history.edn in it".to_owned();
        return vec![Err(Missing { name, why })];
    }
    let input = |path: PathBuf| Ok(Input { name: path.display().to_string(), source: Source::File(path) });
    found.into_iter().map(input).collect()
}

/// Every `history.edn` below a directory, in the order of the names. Links are not followed: a store has some to its latest run.
fn histories(directory: &Path, depth: u32, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(directory)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        let name = entry.file_name();
        if kind.is_dir() && depth > 0 {
            histories(&entry.path(), depth - 1, found)?;
        } else if kind.is_file() && ["history.edn", "history.edn.gz"].iter().any(|history| name == *history) {
            found.push(entry.path());
        }
    }
    Ok(())
}

impl Input {
    /// What is in it.
    pub(super) fn read(&self) -> Result<Vec<u8>, String> {
        match &self.source {
            Source::Standard => limited(io::stdin().lock()),
            Source::File(path) => {
                limited(File::open(path).map_err(|error| format!("this file can't be opened: {error}"))?)
            }
        }
    }
}

fn limited(source: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    source.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| format!("this can't be read: {error}"))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("expected {} MB at most, found more", BYTES_MAX >> 20));
    }
    Ok(bytes)
}
