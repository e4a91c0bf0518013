//! What loading the page costs: the gzip size of each file of dist/, and the bars that it has to stay under.
//!
//! The first load is index.html and every file whose name occurs in it or in another file of the first load, WebAssembly
//! included: a file that the program may ask for later counts as soon as the program names it. That is an upper bound,
//! and needs no list that someone has to keep, but for what [`is_later`] knows.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::command::Trouble;
use crate::files::{self, File};

/// What a transfer has to stay under.
struct Bar {
    what: &'static str,
    /// In bytes.
    most: usize,
    /// What it was when this was last written down, in bytes, rounded up: it grows no further unseen.
    limit: usize,
}

/// Before the first node is drawn.
const FIRST_LOAD: Bar = Bar { what: "first load", most: 340_000, limit: 413_000 };
/// All that the page ever loads.
const TOTAL: Bar = Bar { what: "in all", most: 900_000, limit: 1_435_000 };

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

/// Prints the sizes of all files in `dist` against the bars, and fails if they have grown over what they were.
pub(crate) fn check(dist: &Path) -> Result<(), Trouble> {
    let files = files::read(dist)?;
    let first = first_load(&files);
    let mut transfers = Vec::new();
    println!("{:>9}  {:>9}  file (* = may load before the first node is drawn; the rest later)", "bytes", "gzip");
    for file in &files {
        let mark = if first.contains(file.name.as_str()) { '*' } else { ' ' };
        let transfer = gzip_size(&file.content)
            .map_err(|error| Trouble::Failed(format!("{} cannot be packed: {error}", file.name)))?;
        println!("{:>9}  {transfer:>9} {mark}{}", file.content.len(), file.name);
        transfers.push((file, transfer));
    }
    let sum = |wanted: &dyn Fn(&File) -> bool| {
        transfers.iter().filter(|(file, _)| wanted(file)).map(|(_, transfer)| transfer).sum()
    };
    let first_load: usize = sum(&|file| first.contains(file.name.as_str()));
    let total: usize = sum(&|file| !is_for_an_installation(&file.name));
    if first.is_empty() {
        return Err(Trouble::Failed("dist/ has no index.html".to_owned()));
    }
    FIRST_LOAD.check(first_load)?;
    TOTAL.check(total)
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
            let last = other.last();
            let named = file.content.windows(last.len()).any(|window| window == last.as_bytes());
            if named && !is_later(&other.name) && found.insert(&other.name) {
                open.push(other);
            }
        }
    }
    found
}

/// Whether the page names the file, but asks for it only after it has drawn: what loads the web worker, what keeps the site for
/// visits without a network, and the parts of the program that `cap-lab-split` has cut out of it. (Browser tests hold it to that.)
fn is_later(name: &str) -> bool {
    matches!(name, "referee.js" | "offline.js")
        || is_for_an_installation(name)
        || name.starts_with("snippets/") && name.ends_with(".wasm")
}

/// Whether only a browser in which the lab is to be installed asks for the file.
fn is_for_an_installation(name: &str) -> bool {
    name.ends_with(".webmanifest") || name.ends_with(".png")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::command::root;
    use crate::files::file;

    #[test]
    fn the_readme_names_the_same_bars() {
        let readme = fs::read_to_string(root().join("README.md")).unwrap();
        for Bar { what, most, .. } in [FIRST_LOAD, TOTAL] {
            assert!(readme.contains(&format!("{} KB", most / 1000)), "{what}");
        }
    }

    #[test]
    fn the_first_load_follows_names_from_file_to_file_but_not_into_the_worker() {
        let files = [
            file("icon.png", ""),
            file("index.html", "<link href=./lab-1.js><link href=lab.webmanifest><script src=./start-1.js>"),
            file("lab-1.js", "fetch('snippets/timer.js'); fetch('lab-2.wasm'); later('snippets/split_rest-1.wasm')"),
            file("lab-2.wasm", "referee.js lab-1.js"),
            file("lab.webmanifest", "icon.png"),
            file("later.svg", ""),
            file("offline.js", "lab-1.js later.svg"),
            file("referee.js", "importScripts('worker.js')"),
            file("snippets/split_rest-1.wasm", ""),
            file("snippets/timer.js", ""),
            file("start-1.js", "offline.js"),
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
