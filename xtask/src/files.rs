//! The files of a site.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Trouble;

/// A file of a site.
pub(crate) struct File {
    /// Where it is below the site's folder, with forward slashes.
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

impl File {
    /// The last part of its name.
    pub(crate) fn last(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Its content, if that is text.
    pub(crate) fn text(&self) -> Result<&str, Trouble> {
        std::str::from_utf8(&self.content).map_err(|_| Trouble::Failed(format!("{} is no text", self.name)))
    }
}

/// All files below `site`, by name.
pub(crate) fn read(site: &Path) -> Result<Vec<File>, Trouble> {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = vec![site.to_owned()];
    while let Some(path) = open.pop() {
        let unread = |error| Trouble::Failed(format!("{} cannot be read: {error}", path.display()));
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(unread)? {
                open.push(entry.map_err(unread)?.path());
            }
            continue;
        }
        let name = path.strip_prefix(site).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        files.push(File { name, content: fs::read(&path).map_err(unread)? });
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// The file among `files` that is called so.
pub(crate) fn named<'a>(files: &'a [File], name: &str) -> Result<&'a File, Trouble> {
    let missing = || Trouble::Failed(format!("the site has no {name}"));
    files.iter().find(|file| file.name == name).ok_or_else(missing)
}

/// The page's own program: the script that loads it, whose name follows its content.
pub(crate) fn program(files: &[File]) -> Result<&File, Trouble> {
    let is_it = |file: &&File| file.name.starts_with("cap-lab-web-") && file.name.ends_with(".js");
    files.iter().find(is_it).ok_or_else(|| Trouble::Failed("the site has no cap-lab-web-….js".to_owned()))
}

/// `text` with `what` in it, which has to be there, replaced.
pub(crate) fn replaced(text: &str, what: &str, with: &str) -> Result<String, Trouble> {
    if text.contains(what) {
        Ok(text.replace(what, with))
    } else {
        Err(Trouble::Failed(format!("a file of the site no longer says `{what}`")))
    }
}

#[cfg(test)]
pub(crate) fn file(name: &str, content: &str) -> File {
    File { name: name.to_owned(), content: content.as_bytes().to_vec() }
}
