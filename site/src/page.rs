//! The site: the page's shell, and one folder with all that it loads.
//!
//! The folder's name has a hash of what is in it. So a file inside is called what it is called, its neighbours can name it, and
//! no cache mixes two builds.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::compile::Compiled;
use crate::{program, root};

/// What the shell has in the place of the folder's name, and of the style sheet. It is inlined: the first drawing waits for one
/// answer of the server, not for two.
const FOLDER: &str = "{{folder}}";
const STYLE: &str = "{{style}}";
/// What is in the folder as it is in `static/`.
const COPIED: [&str; 3] = ["icon.svg", "referee.js", "start.js"];

/// Writes the site into `to`, which is emptied before.
pub(crate) fn write(compiled: &Compiled, to: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(to);
    let folder = to.join("lab");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    program::page(&compiled.page, "cap-lab-web", &folder)?;
    program::worker(&compiled.worker, "cap-lab-worker", &folder)?;
    for name in COPIED {
        let from = root().join("static").join(name);
        fs::copy(&from, folder.join(name)).with_context(|| format!("{} cannot be copied", from.display()))?;
    }
    let name = format!("lab-{:016x}", hash(&folder)?);
    fs::rename(&folder, to.join(&name)).with_context(|| format!("{} cannot be renamed", folder.display()))?;
    let shell = filled(&text("index.html")?, &name, &text("static/lab.css")?)?;
    let index = to.join("index.html");
    fs::write(&index, shell).with_context(|| format!("{} cannot be written", index.display()))
}

fn text(name: &str) -> Result<String> {
    let file = root().join(name);
    fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))
}

/// The shell with what its places are for.
fn filled(shell: &str, folder: &str, style: &str) -> Result<String> {
    for place in [FOLDER, STYLE] {
        ensure!(shell.contains(place), "index.html has no {place}");
    }
    Ok(shell.replace(STYLE, style).replace(FOLDER, folder))
}

/// Of the names and the content of all files below the folder.
fn hash(folder: &Path) -> Result<u64> {
    let (mut hasher, mut open) = (DefaultHasher::new(), vec![folder.to_owned()]);
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    for file in files {
        hasher.write(file.strip_prefix(folder)?.as_os_str().as_encoded_bytes());
        hasher.write(&fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_names_the_folder_wherever_it_has_its_place() {
        let shell = "<style>{{style}}</style><script src={{folder}}/start.js></script>{{folder}}";
        let expected = "<style>a{}</style><script src=lab-1/start.js></script>lab-1";
        assert_eq!(filled(shell, "lab-1", "a{}").unwrap(), expected);
        assert!(filled("<script>", "lab-1", "a{}").is_err(), "a shell without places would load nothing");
    }

    #[test]
    fn the_hash_tells_content_and_names_apart() {
        let folder = std::env::temp_dir().join(format!("cap-lab-site-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        fs::write(folder.join("inner/a.js"), "1").unwrap();
        let first = hash(&folder).unwrap();
        fs::write(folder.join("inner/a.js"), "2").unwrap();
        let changed = hash(&folder).unwrap();
        fs::rename(folder.join("inner/a.js"), folder.join("inner/b.js")).unwrap();
        let renamed = hash(&folder).unwrap();
        fs::write(folder.join("inner/b.js"), "1").unwrap();
        fs::rename(folder.join("inner/b.js"), folder.join("inner/a.js")).unwrap();
        let again = hash(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert!(first != changed && changed != renamed && first == again);
    }
}
