//! What the service worker keeps for visits without a network: each file of the site, by the hash of its content, which most
//! files have in their names.
//!
//! The list stands in the worker's own script, `static/offline.js`. So a browser takes every change of any file for a new worker.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::command::Trouble;
use crate::files::{self, File, replaced};

/// The service worker's script.
const SCRIPT: &str = "offline.js";
/// Where the list belongs in it.
const PLACE: &str = "const SITE = null;";

/// Writes into the service worker of the site in `dist` what there is to keep.
pub(crate) fn list(dist: &Path) -> Result<(), Trouble> {
    let files = files::read(dist)?;
    let script = with_list(&files)?;
    let path = dist.join(SCRIPT);
    fs::write(&path, script).map_err(|error| Trouble::Failed(format!("{}: {error}", path.display())))
}

/// The script with the list in it.
fn with_list(files: &[File]) -> Result<String, Trouble> {
    let program = files::program(files)?;
    let mut list = String::new();
    for file in files.iter().filter(|file| is_kept(file)) {
        let comma = if list.is_empty() { "" } else { ",\n" };
        let address = address(file, program);
        let hash = if is_named_by_content(&file.name) {
            String::new()
        } else {
            format!(",\"sha256-{}\"", STANDARD.encode(Sha256::digest(&file.content)))
        };
        // Names of files are plain letters, and so are hashes.
        let _ = write!(list, "{comma}[\"{address}\"{hash}]");
    }
    let version: String = Sha256::digest(&list).iter().take(6).fold(String::new(), |mut version, byte| {
        let _ = write!(version, "{byte:02x}");
        version
    });
    let site = format!("const SITE = {{ \"version\": \"{version}\", \"files\": [\n{list}\n] }};");
    replaced(files::named(files, SCRIPT)?.text()?, PLACE, &site)
}

/// Whether another content would have another name: Trunk and `cap-lab-split` write such, as in `start-279b5a04da647233.js`.
fn is_named_by_content(name: &str) -> bool {
    const DIGITS: usize = 10;
    let tail = name.rsplit_once('-').map_or("", |(_, tail)| tail);
    tail.bytes().take_while(u8::is_ascii_hexdigit).count() >= DIGITS
}

/// The browser itself sees to the worker's script, and to what an installed lab is drawn with on a desktop.
fn is_kept(file: &File) -> bool {
    file.name != SCRIPT && file.name != "lab.webmanifest" && !file.name.ends_with(".png")
}

/// How the page asks for the file: for its own folder, and for the files of the web worker with the name of its program.
fn address(file: &File, program: &File) -> String {
    match file.name.as_str() {
        "index.html" => "./".to_owned(),
        "referee.js" | "cap-lab-worker.js" | "cap-lab-worker_bg.wasm" => format!("./{}?{}", file.name, program.name),
        name => format!("./{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::file;

    fn site(page: &str) -> Vec<File> {
        vec![
            file("cap-lab-web-0123456789abcdef.js", "program"),
            file("icon-512.png", "picture"),
            file("index.html", page),
            file("offline.js", "before\nconst SITE = null;\nafter"),
            file("referee.js", "worker"),
        ]
    }

    #[test]
    fn a_name_that_follows_the_content_is_known() {
        for (name, is) in [
            ("start-279b5a04da647233.js", true),
            ("snippets/split_raft-d8ec62e8d358e04a.wasm", true),
            ("cap-lab-web-977e341f804a078f_bg.wasm", true),
            ("cap-lab-worker_bg.wasm", false),
            ("index.html", false),
        ] {
            assert_eq!(is_named_by_content(name), is, "{name}");
        }
    }

    #[test]
    fn all_that_a_visit_asks_for_is_listed_by_its_hash() {
        let script = with_list(&site("")).unwrap();
        // sha256sum of nothing is e3b0c442…: in base64, 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=.
        assert!(script.contains(r#"["./","sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]"#), "{script}");
        assert!(script.contains(r#"["./referee.js?cap-lab-web-0123456789abcdef.js","sha256-"#), "{script}");
        assert!(script.contains(r#"["./cap-lab-web-0123456789abcdef.js"]"#), "{script}");
        assert!(!script.contains("icon-512") && !script.contains("offline.js"), "{script}");
        assert!(script.starts_with("before\n") && script.ends_with("\nafter"), "{script}");
    }

    #[test]
    fn a_changed_file_is_a_new_version() {
        let version = |page: &str| {
            let script = with_list(&site(page)).unwrap();
            script.split_once("version\": \"").unwrap().1.split('"').next().unwrap().to_owned()
        };
        assert_eq!(version("one"), version("one"));
        assert_ne!(version("one"), version("two"));
    }

    #[test]
    fn a_script_without_a_place_for_the_list_is_noticed() {
        let mut files = site("");
        files[3].content = b"const SITE = [];".to_vec();
        assert!(with_list(&files).is_err());
    }
}
