//! The book is rendered without warnings, and its links lead somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::pages;

/// Where `mdbook build docs/book` puts the pages: a link to a file of the repository begins there.
const HOME: &str = "docs/book/book";

/// The pages as they are rendered, by their file names.
fn rendered() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let root = pages::root();
    let mdbook = Command::new(root.join("scripts/mdbook"))
        .arg("build")
        .arg(root.join("docs/book"))
        .arg("--dest-dir")
        .arg(folder.path())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&mdbook.stderr);
    assert!(mdbook.status.success(), "{log}");
    assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");

    let mut files = BTreeMap::new();
    collect(folder.path(), folder.path(), &mut files);
    for chapter in pages::chapters() {
        let page = Path::new(chapter.path.file_name().unwrap()).with_extension("html");
        assert!(files.contains_key(page.to_str().unwrap()), "{} was not rendered", page.display());
    }
    files
}

/// The files below `folder` by their paths below `home`; what is no page has no text.
fn collect(home: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(home, &path, files);
            continue;
        }
        let is_page = path.extension().is_some_and(|extension| extension == "html");
        let text = if is_page { fs::read_to_string(&path).unwrap() } else { String::new() };
        files.insert(path.strip_prefix(home).unwrap().to_str().unwrap().to_owned(), text);
    }
}

/// The values of an attribute in HTML.
fn values<'a>(html: &'a str, attribute: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!(" {attribute}=\"");
    let begins: Vec<usize> = html.match_indices(&begin).map(|(at, found)| at + found.len()).collect();
    begins.into_iter().filter_map(move |at| html.get(at..)?.split('"').next())
}

/// `docs/book/book/../../../README.md` as `README.md`.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(resolved.pop(), "{} leaves the repository", path.display()),
            Component::CurDir => {}
            part => resolved.push(part),
        }
    }
    resolved
}

/// What is wrong with a link of the page, if anything is.
fn fault(page: &str, link: &str, files: &BTreeMap<String, String>) -> Option<String> {
    if let Some((scheme, rest)) = link.split_once(':').filter(|(scheme, _)| !scheme.contains(['/', '#', '.']))
    {
        // What is elsewhere is not asked for: the checks run without a network.
        let host = rest.strip_prefix("//").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let right = scheme == "https" && host.contains('.') && !link.contains(char::is_whitespace);
        return (!right).then(|| "is no address by https".to_owned());
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let here = Path::new(HOME).join(page);
    let target = if path.is_empty() { here } else { resolved(&here.parent().unwrap().join(path)) };
    let Ok(within) = target.strip_prefix(HOME) else {
        let there = pages::root().join(&target).exists();
        return (!there).then(|| format!("leads to {}, which is not there", target.display()));
    };
    let Some(text) = files.get(within.to_str()?) else {
        return Some(format!("leads to {}, which was not rendered", within.display()));
    };
    let anchor = anchor.filter(|anchor| !anchor.is_empty())?;
    let there = values(text, "id").any(|id| id == anchor);
    (!there).then(|| format!("leads to a heading `{anchor}` that {} does not have", within.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let files = rendered();
    let mut checked = 0;
    let mut faults = BTreeSet::new();
    for (page, html) in files.iter().filter(|(name, _)| name.ends_with(".html")) {
        for link in values(html, "href").chain(values(html, "src")) {
            checked += 1;
            if let Some(fault) = fault(page, link, &files) {
                faults.insert(format!("{page}: `{link}` {fault}"));
            }
        }
    }
    assert!(checked > 200, "only {checked} links were found");
    assert!(faults.is_empty(), "{}", faults.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_wrong_link_is_found() {
    let page = "<h1 id=\"top\">Top</h1>".to_owned();
    let files = BTreeMap::from([("a.html".to_owned(), page.clone()), ("b.html".to_owned(), page)]);
    for right in ["#top", "b.html", "b.html#top", "../../../README.md", "https://docs.rs/foldline"] {
        assert_eq!(fault("a.html", right, &files), None, "{right}");
    }
    for wrong in ["#bottom", "c.html", "b.html#bottom", "../../../NO.md", "http://docs.rs", "https://docs rs"]
    {
        assert!(fault("a.html", wrong, &files).is_some(), "{wrong}");
    }
}
