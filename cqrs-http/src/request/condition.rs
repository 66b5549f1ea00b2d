//! Entity tags: RFC 9110, § 8.8.3 and § 13.

use axum::http::{HeaderMap, HeaderName, header};
use cqrs_core::Version;

use super::{texts, wrong};
use crate::Problem;

/// What a command expects of its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// No condition.
    Any,
    /// The stream is at this version.
    Version(Version),
    /// The stream is at one of these versions.
    OneOf(Vec<Version>),
    /// The stream has a commit.
    Exists,
    /// A condition that no stream can fulfil.
    Never,
}

/// One list of entity tags.
enum Tags<'a> {
    All,
    These(Vec<Tag<'a>>),
}

struct Tag<'a> {
    weak: bool,
    text: &'a str,
}

impl Tag<'_> {
    /// Whether it has the text of a tag in quotes.
    fn is(&self, quoted: &str) -> bool {
        Some(self.text) == quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'))
    }
}

/// The entity tag of a version: `"3"`, or `"3.5f2a…"` if the content depends on more than the version.
pub(crate) fn entity_tag(version: Version, made: Option<u64>) -> String {
    match made {
        None => format!("\"{version}\""),
        Some(made) => format!("\"{version}.{made:x}\""),
    }
}

/// `If-Match`, and `If-None-Match: *`, of a command.
pub(crate) fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    let matching = tags(headers, &header::IF_MATCH)?;
    match (matching, tags(headers, &header::IF_NONE_MATCH)?) {
        (None, None) => Ok(Expected::Any),
        (None, Some(Tags::All)) => Ok(Expected::Version(Version::NONE)),
        (Some(Tags::All), None) => Ok(Expected::Exists),
        (Some(Tags::These(tags)), None) => {
            // `If-Match` compares strongly: a weak tag matches nothing.
            let mut versions: Vec<_> =
                tags.iter().filter(|tag| !tag.weak).filter_map(|tag| version(tag.text)).collect();
            Ok(match (versions.len(), versions.pop()) {
                (1, Some(version)) => Expected::Version(version),
                (_, None) => Expected::Never,
                (_, Some(last)) => {
                    versions.push(last);
                    Expected::OneOf(versions)
                }
            })
        }
        _ => Err(wrong(
            &header::IF_NONE_MATCH,
            "a command takes `If-Match`, or `If-None-Match: *` for a stream that is not there yet",
        )),
    }
}

/// Whether `If-Match` of a read has the tag, if there is an `If-Match`. It compares strongly: a weak tag matches
/// nothing.
pub(crate) fn is_expected(headers: &HeaderMap, tag: &str) -> Result<bool, Problem> {
    Ok(match tags(headers, &header::IF_MATCH)? {
        None | Some(Tags::All) => true,
        Some(Tags::These(tags)) => tags.iter().any(|other| !other.weak && other.is(tag)),
    })
}

/// Whether `If-None-Match` has the tag: what the client has is still right.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> Result<bool, Problem> {
    Ok(match tags(headers, &header::IF_NONE_MATCH)? {
        None => false,
        Some(Tags::All) => true,
        Some(Tags::These(tags)) => tags.iter().any(|other| other.is(tag)),
    })
}

/// The version in a tag. A tag with a dot is that of a view, and the version is before the dot. Tags are compared by
/// their characters, so `03` is not 3.
fn version(text: &str) -> Option<Version> {
    let digits = text.split('.').next()?;
    let version = digits.parse().ok().map(Version::new).filter(|version| *version < Version::MAX)?;
    (version.to_string() == digits).then_some(version)
}

fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<Tags<'a>>, Problem> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let refused = || wrong(name, "it is `*`, or a list of entity tags in quotes, such as `\"3\"`");
    let lines = texts(headers, name)?;
    if let [line] = lines[..]
        && line.trim() == "*"
    {
        return Ok(Some(Tags::All));
    }
    let mut tags = Vec::new();
    for line in lines {
        // A list may have empty elements: `"3",, "4"`.
        let next = |rest: &'a str| rest.trim_start_matches([',', ' ', '\t']);
        let mut rest = next(line);
        while !rest.is_empty() {
            let (weak, quoted) = match rest.strip_prefix("W/") {
                Some(quoted) => (true, quoted),
                None => (false, rest),
            };
            let (text, after) =
                quoted.strip_prefix('"').and_then(|text| text.split_once('"')).ok_or_else(refused)?;
            if text.contains([' ', '\t']) {
                return Err(refused());
            }
            tags.push(Tag { weak, text });
            let after = after.trim_start();
            if !after.is_empty() && !after.starts_with(',') {
                return Err(refused());
            }
            rest = next(after);
        }
    }
    if tags.is_empty() { Err(refused()) } else { Ok(Some(Tags::These(tags))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn with(name: HeaderName, values: &[&str]) -> HeaderMap {
        let value = |value: &&str| (name.clone(), HeaderValue::from_str(value).unwrap());
        values.iter().map(value).collect()
    }

    #[test]
    fn a_command_expects_what_its_tags_say() {
        let one = |version| Some(Expected::Version(Version::new(version)));
        for (values, expected_) in [
            (&["\"3\""][..], one(3)),
            (&[" \"3\" "], one(3)),
            (&["\"3.5f2a\""], one(3)),
            (&["\"03\""], Some(Expected::Never)),
            (&["\"+3\""], Some(Expected::Never)),
            (&[", \"3\" ,, "], one(3)),
            (&["*"], Some(Expected::Exists)),
            (&["W/\"3\""], Some(Expected::Never)),
            (&["\"k7.1\""], Some(Expected::Never)),
            (&["\"99999999999999999999\""], Some(Expected::Never)),
            (&["\"3\", W/\"4\""], one(3)),
            (&["\"3\",\"4\""], Some(Expected::OneOf(vec![Version::new(3), Version::new(4)]))),
            (&["\"3\"", "\"4\""], Some(Expected::OneOf(vec![Version::new(3), Version::new(4)]))),
            (&["3"], None),
            (&["\"3"], None),
            (&["\"3\" \"4\""], None),
            (&["\"3\", *"], None),
            (&["*", "\"3\""], None),
            (&[""], None),
            (&[","], None),
        ] {
            let found = expected(&with(header::IF_MATCH, values)).ok();
            assert_eq!(found, expected_, "{values:?}");
        }
        assert_eq!(expected(&HeaderMap::new()).unwrap(), Expected::Any);
        assert_eq!(expected(&with(header::IF_NONE_MATCH, &["*"])).unwrap(), Expected::Version(Version::NONE));
        assert!(expected(&with(header::IF_NONE_MATCH, &["\"3\""])).is_err());
    }

    #[test]
    fn a_view_is_known_by_its_tag_weak_or_not() {
        let known = |values: &[&str]| is_known(&with(header::IF_NONE_MATCH, values), "\"3.a\"").ok();
        assert_eq!(known(&["\"3.a\""]), Some(true));
        assert_eq!(known(&["W/\"3.a\""]), Some(true));
        assert_eq!(known(&["\"2.a\", \"3.a\""]), Some(true));
        assert_eq!(known(&["*"]), Some(true));
        assert_eq!(known(&["\"3\""]), Some(false));
        assert_eq!(known(&["3.a"]), None);
    }
}
