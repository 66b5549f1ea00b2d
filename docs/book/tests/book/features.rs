//! Each feature of a package is in a table that says what it gives.

use std::fs;

use crate::pages;

/// The features of a package, from its `Cargo.toml`.
fn features(folder: &str) -> Vec<String> {
    let manifest = fs::read_to_string(pages::root().join(folder).join("Cargo.toml")).unwrap();
    let section = manifest.split("\n[features]\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| Some(line.split_once(" = [")?.0.to_owned())).collect()
}

/// Whether a row of a table begins with the feature, alone or with others.
fn has_row(page: &str, feature: &str) -> bool {
    let cells = page
        .lines()
        .filter_map(|line| line.trim_start_matches("//! ").strip_prefix("| ")?.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).any(|code| code == feature)
}

#[test]
fn the_facade_the_readme_and_the_book_have_every_feature() {
    let features = features("cqrs");
    assert!(features.len() > 10, "{features:?}");
    for page in ["README.md", "docs/book/src/features.md", "cqrs/src/lib.rs"] {
        let page = pages::page(page);
        for feature in &features {
            assert!(has_row(&page.text, feature), "{} has no row for `{feature}`", page.path.display());
        }
    }
}

#[test]
fn the_book_has_every_feature_of_the_packages_behind_it() {
    let page = pages::page("docs/book/src/features.md");
    for folder in
        ["cqrs-core", "cqrs-dynamo", "cqrs-http", "cqrs-cli", "cqrs-console", "cqrs-export", "cqrs-macros"]
    {
        for feature in features(folder) {
            assert!(
                has_row(&page.text, &feature),
                "{} has no row for `{feature}` of {folder}",
                page.path.display()
            );
        }
    }
}
