//! The pictures can be read by those who do not see them, and stand on their own ground in light and dark.

use std::fs;
use std::path::Path;

use crate::pages;

const FOLDER: &str = "docs/book/src/pictures";

/// What an element of a picture says: `<title id="title">The path of a commit</title>`.
fn said<'a>(picture: &'a str, element: &str) -> Option<&'a str> {
    let (_, rest) = picture.split_once(&format!("<{element} id=\"{element}\">"))?;
    let (said, _) = rest.split_once(&format!("</{element}>"))?;
    Some(said)
}

#[test]
fn a_picture_is_shown_with_words_for_what_it_shows() {
    let chapters = pages::chapters();
    let mut count = 0;
    for file in fs::read_dir(pages::root().join(FOLDER)).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let picture = pages::page(Path::new(FOLDER).join(&name)).text;
        for element in ["title", "desc"] {
            assert!(said(&picture, element).is_some_and(|said| said.len() > 10), "{name} has no <{element}>");
        }
        assert!(
            picture.contains("aria-labelledby=\"title desc\""),
            "{name} does not name its title and description"
        );
        assert!(
            picture.contains("fill=\"white\""),
            "{name} has no ground, so its dark text is lost on a dark page"
        );
        let link = format!("](pictures/{name})");
        let shown = chapters.iter().filter_map(|chapter| chapter.text.split_once(&link));
        let words = shown.map(|(before, _)| before.rsplit("![").next().unwrap_or_default());
        let long_enough = words.map(|words| words.len() > 20).collect::<Vec<_>>();
        assert!(
            long_enough.contains(&true),
            "{name}: no chapter shows it, or it has no words in place of it"
        );
        count += 1;
    }
    assert!(count > 4, "the pictures are elsewhere");
}
