//! What loading the page costs: the gzip size of each file of dist/, and the bars that it has to stay under.
//!
//! The first load is index.html and every file whose name occurs in it or in another file of the first load, WebAssembly
//! included: a file that the program may ask for later counts as soon as the program names it. That is an upper bound,
//! and needs no list that someone has to keep, but for what [`is_later`] knows.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::command::Trouble;

/// What a transfer has to stay under.
struct Bar {
    what: &'static str,
    /// In bytes.
    most: usize,
    /// What it was when this was last written down, in bytes, rounded up: it grows no further unseen.
    limit: usize,
}

/// Before the first node is drawn.
const FIRST_LOAD: Bar = Bar { what: "first load", most: 340_000, limit: 385_000 };
/// All that the page ever loads.
const TOTAL: Bar = Bar { what: "in all", most: 900_000, limit: 1_170_000 };

impl Bar {
    fn check(&self, size: usize) -> Result<(), Trouble> {
        let Self { what, most, limit } = self;
        let kilobytes = |bytes: usize| bytes as f64 / 1e3;
        let said = format!("{what}: {:.1} KB (gzip), bar {:.0} KB", kilobytes(size), kilobytes(*most));
        println!("{said}");
        if size > *limit {
            return Err(Trouble::Failed(format!("{said}, and no more than {:.0} KB until now", kilobytes(*limit))));
        }
        Ok(())
    }
}

struct File {
    /// Below dist/, with forward slashes.
    name: String,
    content: Vec<u8>,
    /// As `gzip -9` would leave it, in bytes.
    transfer: usize,
}

/// Prints the sizes of all files in `dist` against the bars, and fails if they have grown over what they were.
pub(crate) fn check(dist: &Path) -> Result<(), Trouble> {
    let files = read(dist)?;
    let first = first_load(&files);
    println!("{:>9}  {:>9}  file (* = may load before the first node is drawn; the rest later)", "bytes", "gzip");
    for file in &files {
        let mark = if first.contains(file.name.as_str()) { '*' } else { ' ' };
        println!("{:>9}  {:>9} {mark}{}", file.content.len(), file.transfer, file.name);
    }
    let sum = |wanted: &dyn Fn(&File) -> bool| files.iter().filter(|file| wanted(file)).map(|file| file.transfer).sum();
    let first_load: usize = sum(&|file| first.contains(file.name.as_str()));
    let total: usize = sum(&|_| true);
    if first.is_empty() {
        return Err(Trouble::Failed("dist/ has no index.html".to_owned()));
    }
    FIRST_LOAD.check(first_load)?;
    TOTAL.check(total)
}

/// All files below `dist`, by name.
fn read(dist: &Path) -> Result<Vec<File>, Trouble> {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = vec![dist.to_owned()];
    while let Some(path) = open.pop() {
        let unread = |error| Trouble::Failed(format!("{} cannot be read: {error}", path.display()));
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(unread)? {
                open.push(entry.map_err(unread)?.path());
            }
            continue;
        }
        let name = path.strip_prefix(dist).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let content = fs::read(&path).map_err(unread)?;
        let transfer = gzip_size(&content).map_err(unread)?;
        files.push(File { name, content, transfer });
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

fn gzip_size(content: &[u8]) -> std::io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?.len())
}

/// The names of index.html and of all that is named from there on.
fn first_load(files: &[File]) -> BTreeSet<&str> {
    let mut open: Vec<&File> = files.iter().filter(|file| file.name == "index.html").collect();
    let mut found: BTreeSet<&str> = open.iter().map(|file| file.name.as_str()).collect();
    while let Some(file) = open.pop() {
        for other in files {
            let last = other.name.rsplit('/').next().unwrap_or(&other.name);
            let named = file.content.windows(last.len()).any(|window| window == last.as_bytes());
            if named && !is_later(&other.name) && found.insert(&other.name) {
                open.push(other);
            }
        }
    }
    found
}

/// Whether the program names the file, but asks for it only after it has drawn: what loads the web worker, and the parts of the
/// program that `cap-lab-split` has cut out of it. (Browser tests hold it to that.)
fn is_later(name: &str) -> bool {
    name == "referee.js" || name.starts_with("snippets/") && name.ends_with(".wasm")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::root;

    #[test]
    fn the_readme_names_the_same_bars() {
        let readme = fs::read_to_string(root().join("README.md")).unwrap();
        for Bar { what, most, .. } in [FIRST_LOAD, TOTAL] {
            assert!(readme.contains(&format!("{} KB", most / 1000)), "{what}");
        }
    }

    fn file(name: &str, content: &str) -> File {
        File { name: name.to_owned(), content: content.as_bytes().to_vec(), transfer: 0 }
    }

    #[test]
    fn the_first_load_follows_names_from_file_to_file_but_not_into_the_worker() {
        let files = [
            file("index.html", "<link href=./lab-1.js><script src=./start-1.js>"),
            file("lab-1.js", "fetch('snippets/timer.js'); fetch('lab-2.wasm'); later('snippets/split_rest-1.wasm')"),
            file("lab-2.wasm", "referee.js lab-1.js"),
            file("later.svg", ""),
            file("referee.js", "importScripts('worker.js')"),
            file("snippets/split_rest-1.wasm", ""),
            file("snippets/timer.js", ""),
            file("start-1.js", ""),
            file("worker.js", ""),
        ];
        let first = ["index.html", "lab-1.js", "lab-2.wasm", "snippets/timer.js", "start-1.js"];
        assert_eq!(first_load(&files), BTreeSet::from(first));
    }

    #[test]
    fn incompressible_content_keeps_its_size_and_repeated_content_does_not() {
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(10_000)
        .collect();
        assert!(gzip_size(&noise).unwrap() >= 10_000);
        assert!(gzip_size(&[7; 10_000]).unwrap() < 100);
    }
}
