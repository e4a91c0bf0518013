//! The lab where there is no host, as one file that opens from a disk, in a mail and in any frame; and for learning platforms.
//!
//! All of it goes to dist-package/, beside a copy of the site, and not to dist/: who puts dist/ on a host does not mean to
//! put everything there twice.

use std::fs;
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::command::{Trouble, root};
use crate::files::{self, File, named, replaced};
use crate::{scorm, site};

/// The edition in one file.
const ONE_FILE: &str = "cap-lab.html";
/// It asks nothing of any host: what it fetches is in it.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; \
                      style-src 'unsafe-inline'; img-src data:; connect-src data:; worker-src blob:";

/// Builds the site and all that is made of it.
pub(crate) fn build() -> Result<(), Trouble> {
    site::build()?;
    make()
}

/// Makes the other editions of the site in dist/, in dist-package/.
pub(crate) fn make() -> Result<(), Trouble> {
    let files = files::read(&root().join("dist"))?;
    let to = root().join("dist-package");
    if to.exists() {
        fs::remove_dir_all(&to).map_err(|error| Trouble::Failed(format!("{}: {error}", to.display())))?;
    }
    for file in &files {
        write(&to.join("site").join(&file.name), &file.content)?;
    }
    println!("\ndist-package/site/: the site, for any static host");
    let page = one_file(&files)?;
    write(&to.join(ONE_FILE), page.as_bytes())?;
    println!(
        "dist-package/{ONE_FILE}: {:.1} MB, opens from a disk, in a mail and in a sandboxed frame",
        size_mb(page.len())
    );
    let package = scorm::package(&files, &scorm::items()?)?;
    write(&to.join(scorm::PACKAGE), &package)?;
    println!("dist-package/{}: {:.1} MB, for a learning platform", scorm::PACKAGE, size_mb(package.len()));
    Ok(())
}

fn size_mb(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn write(path: &Path, content: &[u8]) -> Result<(), Trouble> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .map_err(|error| Trouble::Failed(format!("{}: {error}", path.display())))
}

/// The site as one page.
fn one_file(files: &[File]) -> Result<String, Trouble> {
    let program = files::program(files)?;
    let parts: Vec<&File> = files.iter().filter(|file| file.name.starts_with("snippets/")).collect();
    let packed = [
        ("program.js", packed(with_own_parts(program.text()?, &parts)?.as_bytes())?),
        ("program.wasm", packed(&like(files, "cap-lab-web-", "_bg.wasm")?.content)?),
        ("worker.js", packed(&named(files, "cap-lab-worker.js")?.content)?),
        ("worker.wasm", packed(&named(files, "cap-lab-worker_bg.wasm")?.content)?),
    ];
    // In the head: the program draws in the place of all that is in the body.
    let mut carried = String::new();
    let mut carry = |name: &str, packed: &str| {
        carried.push_str(&format!("<script type=application/gzip data-file={name}>{packed}</script>\n"));
    };
    packed.iter().for_each(|(name, packed)| carry(name, packed));
    for part in &parts {
        carry(&part.name, &self::packed(&part.content)?);
    }
    let start = like(files, "start-", ".js")?;
    let mut scripts = String::new();
    for script in [include_str!("../../static/one-file.js"), start.text()?] {
        // A page ends its scripts where it reads this.
        assert!(!script.contains("</script"), "a script of the page names its own end");
        scripts.push_str(&format!("<script>{script}</script>\n"));
    }
    let icon = like(files, "icon-", ".svg")?;
    let icon = format!("<link rel=icon href=data:image/svg+xml;base64,{}>", STANDARD.encode(&icon.content));
    let policy = format!("<meta http-equiv=Content-Security-Policy content=\"{POLICY}\">");
    let mut page = named(files, "index.html")?.text()?.to_owned();
    for (tag, with) in [
        (("<meta", "Content-Security-Policy", ">"), policy.as_str()),
        (("<link", "rel=icon", ">"), &icon),
        (("<link", "rel=manifest", ">"), ""),
        (("<link", "rel=modulepreload", ">"), &carried),
        (("<link", "rel=preload", ">"), ""),
        (("<script", "src=", "</script>"), &scripts),
    ] {
        page = with_tag(&page, tag, with)?;
    }
    Ok(page)
}

/// The script of the program, which takes its parts from the page that it is in instead of from a host.
fn with_own_parts(script: &str, parts: &[&File]) -> Result<String, Trouble> {
    parts.iter().try_fold(script.to_owned(), |script, part| {
        let fetched = format!("fetch(new URL(\"./{}\",import.meta.url))", part.name);
        replaced(&script, &fetched, &format!("oneFile.part(\"{}\")", part.name))
    })
}

/// The one file among `files` whose name begins and ends so.
fn like<'a>(files: &'a [File], begins: &str, ends: &str) -> Result<&'a File, Trouble> {
    let is_it = |file: &&File| file.name.starts_with(begins) && file.name.ends_with(ends);
    files.iter().find(is_it).ok_or_else(|| Trouble::Failed(format!("the site has no {begins}…{ends}")))
}

/// `content` as a page can carry it: gzip, in base64.
fn packed(content: &[u8]) -> Result<String, Trouble> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(content).and_then(|()| encoder.finish());
    packed.map(|packed| STANDARD.encode(packed)).map_err(|error| Trouble::Failed(format!("gzip: {error}")))
}

/// `page` with something else in the place of the one tag that begins with the first text, has the second in it and ends with
/// the third.
fn with_tag(page: &str, (begin, has, end): (&str, &str, &str), with: &str) -> Result<String, Trouble> {
    let spans = page.match_indices(begin).filter_map(|(from, _)| {
        let until = from + page[from..].find(end)? + end.len();
        page[from..until].contains(has).then_some((from, until))
    });
    match spans.collect::<Vec<_>>()[..] {
        [(from, until)] => Ok([&page[..from], with, &page[until..]].concat()),
        ref found => Err(Trouble::Failed(format!("the page has {} of {begin} … {has} … {end}, not one", found.len()))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::files::file;

    fn site() -> Vec<File> {
        vec![
            file("cap-lab-web-1_bg.wasm", "program"),
            file("cap-lab-web-2.js", "load(()=>fetch(new URL(\"./snippets/part-3.wasm\",import.meta.url)))"),
            file("cap-lab-worker.js", "let wasm_bindgen;"),
            file("cap-lab-worker_bg.wasm", "worker"),
            file("icon-4.svg", "<svg/>"),
            file(
                "index.html",
                "<meta content=\"default-src 'self'\" http-equiv=Content-Security-Policy><link href=lab.webmanifest \
                 rel=manifest><link href=./icon-4.svg rel=icon><link href=./cap-lab-web-2.js rel=modulepreload><link \
                 href=./cap-lab-web-1_bg.wasm rel=preload><main>text</main><script src=./start-5.js></script>",
            ),
            file("snippets/part-3.wasm", "part"),
            file("start-5.js", "start()"),
        ]
    }

    /// What the page carries under that name.
    fn carried(page: &str, name: &str) -> String {
        let packed = page.split_once(&format!("data-file={name}>")).expect(name).1.split('<').next().unwrap();
        let mut text = String::new();
        GzDecoder::new(&STANDARD.decode(packed).unwrap()[..]).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn one_file_has_all_others_in_it_and_asks_for_none() {
        let page = one_file(&site()).unwrap();
        assert!(!page.contains("./") && !page.contains("'self'") && !page.contains("manifest"), "{page}");
        assert!(page.contains("<main>text</main>") && page.contains("<script>start()</script>"), "{page}");
        assert_eq!(carried(&page, "program.js"), "load(()=>oneFile.part(\"snippets/part-3.wasm\"))");
        for (name, content) in [
            ("program.wasm", "program"),
            ("worker.js", "let wasm_bindgen;"),
            ("worker.wasm", "worker"),
            ("snippets/part-3.wasm", "part"),
        ] {
            assert_eq!(carried(&page, name), content);
        }
    }

    #[test]
    fn a_site_that_is_built_otherwise_is_not_packed_by_half() {
        for (nth, content) in [(1, "load()"), (5, "<main>text</main>"), (5, "<link rel=icon><link rel=icon>")] {
            let mut files = site();
            files[nth].content = content.as_bytes().to_vec();
            assert!(one_file(&files).is_err(), "{content}");
        }
    }
}
