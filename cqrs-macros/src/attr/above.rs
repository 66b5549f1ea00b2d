//! The attributes above a macro. The compiler expands them first and does not pass them on, so only the source still
//! has them.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::{Meta, Path, Token};

/// One attribute above the one that is being expanded.
#[derive(Debug, PartialEq)]
pub(crate) struct Above {
    /// The attribute as it is written.
    pub(crate) text: String,
    /// The names of what it derives; empty for `#[serde(…)]`.
    pub(crate) derives: Vec<String>,
}

/// The attributes of serde, and the derives that a macro adds itself, above the attribute that is being expanded.
///
/// They are read from the source file, if there is one; an editor may have none.
pub(crate) fn serde_above() -> Vec<Above> {
    source_above().map(|source| of_serde(&source)).unwrap_or_default()
}

/// The source up to the attribute.
fn source_above() -> Option<String> {
    // Unit tests run outside the compiler.
    if !proc_macro::is_available() {
        return None;
    }
    let place = Span::call_site().unwrap();
    let source = std::fs::read_to_string(place.local_file()?).ok()?;
    let mut above: Vec<&str> = source.lines().take(place.line()).collect();
    let last = above.pop()?;
    let before: String = last.chars().take(place.column().saturating_sub(1)).collect();
    Some(format!("{}\n{before}", above.join("\n")))
}

/// Those attributes among the attributes at the end of the source, from the last to the first.
fn of_serde(source: &str) -> Vec<Above> {
    let mut found = Vec::new();
    let mut rest = source.trim_end();
    loop {
        let line = rest.rsplit('\n').next().unwrap_or_default();
        if line.trim_start().starts_with("//") {
            rest = rest.strip_suffix(line).unwrap_or_default().trim_end();
            continue;
        }
        let Some((before, attribute)) = last_attribute(rest) else { return found };
        if let Some(derives) = syn::parse_str(attribute).ok().and_then(|meta| derives_of_serde(&meta)) {
            found.push(Above { text: format!("#[{attribute}]"), derives });
        }
        rest = before.trim_end();
    }
}

/// The source before the `#[…]` at its end, and the text in the brackets.
fn last_attribute(source: &str) -> Option<(&str, &str)> {
    let inside = source.strip_suffix(']')?;
    let mut open = 1_usize;
    let (at, _) = inside.char_indices().rev().find(|(_, character)| {
        match character {
            ']' => open += 1,
            '[' => open -= 1,
            _ => {}
        }
        open == 0
    })?;
    let before = inside.get(..at)?.trim_end().strip_suffix('#')?;
    Some((before, inside.get(at + 1..)?.trim()))
}

/// What an attribute derives, if serde's or our derives are among it; empty for `#[serde(…)]`; `None` for any other
/// attribute.
fn derives_of_serde(meta: &Meta) -> Option<Vec<String>> {
    if meta.path().is_ident("serde") {
        return Some(Vec::new());
    }
    let list = meta.require_list().ok().filter(|list| list.path.is_ident("derive"))?;
    let paths = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok()?;
    let names = paths.iter().filter_map(|path| path.segments.last().map(|last| last.ident.to_string()));
    let names: Vec<_> = names.collect();
    let ours = ["Serialize", "Deserialize", "EventData"];
    names.iter().any(|name| ours.contains(&name.as_str())).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_is_found_among_the_attributes_above() {
        let source = "
            use serde::Serialize;
            #[derive(Serialize)]
            struct Another;

            /// A fact.
            #[derive(Debug, serde::Serialize)] // for the log
            #[derive(Clone)]
            #[serde(rename_all = \"snake_case\", with = \"a[0]\")]
            #[doc = \"one\"]
            // And on.
            ";
        let source = source.replace(" // for the log", "");
        let derives = vec!["Debug".to_owned(), "Serialize".to_owned()];
        let found = [
            Above {
                text: "#[serde(rename_all = \"snake_case\", with = \"a[0]\")]".to_owned(),
                derives: Vec::new(),
            },
            Above { text: "#[derive(Debug, serde::Serialize)]".to_owned(), derives },
        ];
        assert_eq!(of_serde(&source), found);
    }

    #[test]
    fn other_things_above_are_none() {
        for source in [
            "",
            "]",
            "struct A([u8]",
            "#[derive(Debug, Clone)]",
            "let a = b[1]",
            "#[derive(Serialize)] struct A;",
        ] {
            assert!(of_serde(source).is_empty(), "{source}");
        }
    }
}
