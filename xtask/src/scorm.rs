//! The lab as a SCORM 1.2 package: what a learning platform unpacks, lists lesson by lesson, and is told completion and score by.
//!
//! ADL, *SCORM Version 1.2, Content Aggregation Model*, §2.3: a zip file with `imsmanifest.xml` at its root, which names every file. Each
//! lesson is an item; all share one resource, whose page is told by a parameter which lesson to open.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::command::{Trouble, root};
use crate::files::File;

/// The package.
pub(crate) const PACKAGE: &str = "cap-lab-scorm-1.2.zip";
/// What a platform opens.
const LAUNCH: &str = "launch.html";
/// What is in the package beside the site.
const OURS: [(&str, &str); 2] =
    [(LAUNCH, include_str!("scorm/launch.html")), ("launch.js", include_str!("scorm/launch.js"))];
/// The lists of lessons in the library's source, in the order in which a platform shows them.
const LISTS: [&str; 3] = ["COURSE", "CHALLENGES", "EXERCISES"];

/// What a platform lists: a lesson's name and heading.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Item {
    name: String,
    title: String,
}

/// The lessons of the lab, from its source.
pub(crate) fn items() -> Result<Vec<Item>, Trouble> {
    let folder = root().join("src/lesson");
    let read =
        |path: &Path| fs::read_to_string(path).map_err(|error| Trouble::Failed(format!("{}: {error}", path.display())));
    let source = read(&folder.join("mod.rs"))?;
    let mut items = Vec::new();
    for name in LISTS.iter().flat_map(|list| names(&source, list)) {
        let text = read(&folder.join("files").join(format!("{name}.txt")))?;
        let title = text.lines().find_map(|line| line.strip_prefix("title:")).unwrap_or(name).trim().to_owned();
        items.push(Item { name: name.to_owned(), title });
    }
    if items.is_empty() { Err(Trouble::Failed("src/lesson/mod.rs lists no lessons".to_owned())) } else { Ok(items) }
}

/// The names in a list of the source.
fn names<'a>(source: &'a str, list: &str) -> Vec<&'a str> {
    let from = source.split_once(&format!("pub static {list}:")).and_then(|(_, rest)| rest.split_once("files!["));
    let inside = from.and_then(|(_, rest)| rest.split_once(']')).map_or("", |(inside, _)| inside);
    inside.split('"').skip(1).step_by(2).collect()
}

/// The package of a site.
pub(crate) fn package(site: &[File], items: &[Item]) -> Result<Vec<u8>, Trouble> {
    let failed = |error: &dyn std::fmt::Display| Trouble::Failed(format!("{PACKAGE}: {error}"));
    let manifest = manifest(site, items);
    let ours = OURS.map(|(name, content)| (name, content.as_bytes()));
    let site = site.iter().map(|file| (file.name.as_str(), file.content.as_slice()));
    // Without times: the same site is the same package.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("imsmanifest.xml", manifest.as_bytes())].into_iter().chain(ours).chain(site) {
        zip.start_file(name, options).map_err(|error| failed(&error))?;
        zip.write_all(content).map_err(|error| failed(&error))?;
    }
    zip.finish().map(Cursor::into_inner).map_err(|error| failed(&error))
}

fn manifest(site: &[File], items: &[Item]) -> String {
    let item = |Item { name, title }: &Item| {
        format!(
            "      <item identifier=\"item-{0}\" identifierref=\"lab\" parameters=\"?lesson={0}\">\n        \
             <title>{1}</title>\n      </item>\n",
            escaped(name),
            escaped(title)
        )
    };
    let file = |name: &str| format!("      <file href=\"{}\"/>\n", escaped(name));
    let items: String = items.iter().map(item).collect();
    let files: String =
        OURS.iter().map(|(name, _)| *name).chain(site.iter().map(|file| file.name.as_str())).map(file).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <manifest identifier=\"cap-lab\" version=\"1.0\" xmlns=\"http://www.imsproject.org/xsd/imscp_rootv1p1p2\" \
         xmlns:adlcp=\"http://www.adlnet.org/xsd/adlcp_rootv1p2\">\n  \
         <metadata>\n    <schema>ADL SCORM</schema>\n    <schemaversion>1.2</schemaversion>\n  </metadata>\n  \
         <organizations default=\"course\">\n    <organization identifier=\"course\">\n      <title>CAP Lab</title>\n\
         {items}    </organization>\n  </organizations>\n  \
         <resources>\n    <resource identifier=\"lab\" type=\"webcontent\" adlcp:scormtype=\"sco\" href=\"{LAUNCH}\">\n\
         {files}    </resource>\n  </resources>\n</manifest>\n"
    )
}

/// A text as XML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use zip::ZipArchive;

    use super::*;
    use crate::files::file;

    #[test]
    fn every_lesson_of_the_source_is_listed() {
        let items = items().unwrap();
        assert!(items.len() >= 19, "{items:?}");
        assert!(items.contains(&Item { name: "one-cut".to_owned(), title: "One cut".to_owned() }));
        for list in LISTS {
            assert!(!names(&fs::read_to_string(root().join("src/lesson/mod.rs")).unwrap(), list).is_empty(), "{list}");
        }
    }

    #[test]
    fn a_package_has_the_site_and_a_manifest_that_names_all_of_it() {
        let site = [file("index.html", "<main>"), file("snippets/a&b.wasm", "part")];
        let items = [Item { name: "one-cut".to_owned(), title: "Cut <one> & \"two\"".to_owned() }];
        let bytes = package(&site, &items).unwrap();
        assert_eq!(bytes, package(&site, &items).unwrap(), "the same site is the same package");
        let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = |name: &str| {
            let mut text = String::new();
            zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!((text("index.html"), text("snippets/a&b.wasm")), ("<main>".to_owned(), "part".to_owned()));
        assert!(text(LAUNCH).contains("launch.js"));
        let manifest = text("imsmanifest.xml");
        for part in [
            "<schemaversion>1.2</schemaversion>",
            "parameters=\"?lesson=one-cut\"",
            "<title>Cut &lt;one&gt; &amp; &quot;two&quot;</title>",
            "<file href=\"snippets/a&amp;b.wasm\"/>",
            "<file href=\"launch.js\"/>",
        ] {
            assert!(manifest.contains(part), "{part}: {manifest}");
        }
        assert_eq!(zip.len(), 5);
    }
}
