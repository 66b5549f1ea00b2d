//! Every listing of the book is compiled, and what is no Rust in it is true as well.

use std::fs;

use crate::pages::{self, Block, Page};

/// The languages of blocks. A block in none of them would be a listing that nothing checks.
const LANGUAGES: [&str; 5] = ["console", "json", "rust", "text", "toml"];

/// The listings in the language, with the page.
fn each(language: &str, mut check: impl FnMut(&Page, &Block<'_>)) {
    for page in pages::chapters() {
        for block in page.blocks() {
            if block.info.split(',').next() == Some(language) {
                check(&page, &block);
            }
        }
    }
}

fn place(page: &Page, block: &Block<'_>) -> String {
    format!("{}:{}", page.path.display(), block.line)
}

/// Whether it is Rust that says something: a fragment of statements or items.
fn is_rust(code: &str) -> bool {
    syn::parse_str::<syn::Block>(&format!("{{ {code} }}")).is_ok_and(|block| !block.stmts.is_empty())
}

#[test]
fn a_chapter_is_in_the_summary_and_among_the_doctests() {
    let summary = pages::page("docs/book/src/SUMMARY.md").text;
    let doctests = pages::page("docs/book/listings/lib.rs").text;
    for page in pages::chapters() {
        let name = page.path.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(summary.contains(&format!("({name})")), "SUMMARY.md has no {name}");
        assert!(
            doctests.contains(&format!("#[doc = include_str!(\"../src/{name}\")]")),
            "listings/lib.rs does not compile {name}"
        );
    }
}

#[test]
fn no_rust_is_left_out_of_the_doctests() {
    let mut compiled = 0;
    for page in pages::chapters() {
        for block in page.blocks() {
            let place = place(&page, &block);
            let words: Vec<&str> = block.info.split(',').collect();
            assert!(LANGUAGES.contains(&words[0]), "{place}: `{}` is none of {LANGUAGES:?}", block.info);
            if words[0] == "rust" {
                let known = words[1..].iter().all(|word| ["standalone_crate", "no_run"].contains(word));
                assert!(known, "{place}: `{}`: every listing is compiled", block.info);
                let reason = block.code.contains("from_env");
                assert!(reason || !words.contains(&"no_run"), "{place}: run it, if it needs no AWS");
                compiled += 1;
            } else {
                assert!(
                    !is_rust(&block.code),
                    "{place}: this is Rust, so let it be compiled:\n{}",
                    block.code
                );
            }
        }
    }
    assert!(compiled > 40, "only {compiled} listings were found");
}

#[test]
fn rust_is_told_from_what_is_none() {
    assert!(is_rust("app.run(shutdown).await?;"));
    assert!(is_rust("#[event]\nstruct Paid { cents: u64 }"));
    assert!(!is_rust("events table ─ relay ─ topic"));
    assert!(!is_rust("$ cargo run -p orders"));
    assert!(!is_rust("[dependencies]\nthiserror = \"2\""));
}

/// The lines of code that say something: without those of comments and the mark of a hidden line.
fn lines(code: &str) -> Vec<&str> {
    let lines = code
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with('[')).unwrap_or(line).trim());
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).collect()
}

/// A reader who types along has the domain that the later listings use.
#[test]
fn the_domain_of_the_first_app_is_typed_along() {
    let page = pages::page("docs/book/src/first-app.md");
    let listings: Vec<_> = page.blocks().into_iter().filter(|block| block.info == "rust").take(4).collect();
    let [facts, commands, refusals, aggregate] = &listings[..] else { panic!("the listings are elsewhere") };
    let (_, aggregate) = aggregate.code.split_once("\n#[aggregate(entity").expect("the aggregate");
    let aggregate = format!("#[aggregate(entity{}", aggregate.replace("# fn main() {}\n", ""));
    let typed = [&facts.code, &commands.code, &refusals.code, &aggregate].map(|code| lines(code)).concat();
    let domain = fs::read_to_string(pages::root().join("docs/book/domain/library.rs")).unwrap();
    assert_eq!(typed, lines(&domain));
}

/// What runs in a console runs a package that is there.
#[test]
fn commands_run_packages_that_there_are() {
    let root = pages::root();
    let mut packages = Vec::new();
    for folder in fs::read_dir(root.join("examples")).unwrap() {
        packages.push(folder.unwrap().file_name().into_string().unwrap());
    }
    each("console", |page, block| {
        for line in block.code.lines() {
            let Some((_, package)) = line.split_once("cargo run -p ") else { continue };
            let package = package.split_whitespace().next().unwrap_or_default();
            assert!(packages.iter().any(|known| known == package), "{}: {line}", place(page, block));
        }
    });
}

/// How the framework is depended on is said once, in the README; the book repeats it.
#[test]
fn dependencies_are_those_of_the_readme() {
    let readme = pages::page("README.md").text;
    let mut found = 0;
    each("toml", |page, block| {
        for line in block.code.lines().filter(|line| line.starts_with("foldline")) {
            assert!(readme.contains(line), "{}: the README has no `{line}`", place(page, block));
            found += 1;
        }
    });
    assert!(found > 0, "no chapter says how to depend on the framework");
}
