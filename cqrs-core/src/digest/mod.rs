//! A digest of a command's content, which tells one command from another.

mod node;
mod serializer;

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use node::{Lists, Node};
use serializer::NodeSerializer;

/// A digest of a command's content. It is the same in every process and every build, whatever the order of a map.
///
/// The order of a list counts, and that of a set does not, but Rust serializes both in the same way. So there are two
/// digests: equal orders are equal commands, different contents are different commands, and if only the order differs,
/// the decision shows which they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandDigest {
    /// Of the content, with lists in any order.
    content: u64,
    /// Of the content, with lists in their order.
    order: u64,
}

/// The result of comparing two digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    Same,
    /// The same content in another order: of a list, or of a set.
    Reordered,
    Different,
}

impl CommandDigest {
    /// The digest of what serde sees of a command; `None` if it cannot be serialized.
    pub(crate) fn of_content<C: Serialize>(name: &str, command: &C) -> Option<Self> {
        let node = command.serialize(NodeSerializer).ok()?;
        let part = |lists| hash(name, &node.render(lists));
        Some(Self { content: part(Lists::Sorted), order: part(Lists::Ordered) })
    }

    /// The digest of the `{:?}` of a command. A map or a set in it has no known order, so the content is that of its
    /// words, sorted.
    pub(crate) fn of_debug<C: fmt::Debug>(name: &str, command: &C) -> Self {
        let text = format!("{command:?}");
        let breaks = [' ', ',', '(', ')', '{', '}', '[', ']'];
        let mut words: Vec<&str> = text.split(breaks).filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        let content = Node::List(words.into_iter().map(|word| Node::Text(word.to_owned())).collect());
        Self {
            content: hash(name, &content.render(Lists::Ordered)),
            order: hash(name, &Node::Text(text).render(Lists::Ordered)),
        }
    }

    /// The digest of commands that belong together: the name of each, and its own digest, if it has one.
    pub(crate) fn of_all<'d>(
        name: &str,
        commands: impl Iterator<Item = (&'d str, Option<&'d Self>)> + Clone,
    ) -> Self {
        let part = |part: fn(&Self) -> u64| {
            let mut text = String::new();
            for (name, digest) in commands.clone() {
                let digest = digest.map_or_else(String::new, |digest| format!("{:016x}", part(digest)));
                text.extend([name, "\n", &digest, "\n"]);
            }
            hash(name, text.as_bytes())
        };
        Self { content: part(|digest| digest.content), order: part(|digest| digest.order) }
    }

    /// The part that goes into the id of a command that a handler sends.
    pub(crate) fn content(&self) -> u64 {
        self.content
    }

    /// Reads a stored digest; `None` for a text that is not a digest.
    pub(crate) fn parse(stored: &str) -> Option<Self> {
        let (content, order) = stored.split_once('-').unwrap_or((stored, stored));
        let parse = |text: &str| u64::from_str_radix(text, 16).ok();
        Some(Self { content: parse(content)?, order: parse(order)? })
    }

    /// Compares it with a stored digest; `None` for a text that is not a digest.
    pub(crate) fn compare(&self, stored: &str) -> Option<Likeness> {
        let stored = Self::parse(stored)?;
        Some(match (self.content == stored.content, self.order == stored.order) {
            (_, true) => Likeness::Same,
            (true, false) => Likeness::Reordered,
            (false, false) => Likeness::Different,
        })
    }
}

/// As it is stored: 16 hexadecimal digits, and 16 more for a command with lists.
impl fmt::Display for CommandDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.content)?;
        if self.order == self.content { Ok(()) } else { write!(f, "-{:016x}", self.order) }
    }
}

/// Whether two values are the same in everything that serde sees of them. `Some(None)` differs from `None`, and -0.0
/// from 0.
pub(crate) fn are_alike<T: Serialize>(left: &T, right: &T) -> bool {
    match (left.serialize(NodeSerializer), right.serialize(NodeSerializer)) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}

/// The place in a value of a NaN or an infinite number, which JSON cannot hold.
pub(crate) fn place_of_no_number<T: Serialize>(value: &T) -> Option<String> {
    value.serialize(NodeSerializer).ok()?.place_of_no_number()
}

/// Stored commits contain the hash. It is a shortened SHA-1: somebody who chooses a command's content must not be able
/// to choose its hash easily.
fn hash(name: &str, content: &[u8]) -> u64 {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(b'\n');
    bytes.extend_from_slice(content);
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &bytes).as_u64_pair().0
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap, HashSet};

    use super::*;

    fn digest<C: Serialize>(command: C) -> CommandDigest {
        CommandDigest::of_content("Test", &command).unwrap()
    }

    #[derive(Serialize)]
    struct Ship<'a> {
        carrier: &'a str,
        weight: f64,
        note: Option<&'a str>,
    }

    #[test]
    fn content_alone_counts() {
        let ship = |carrier, weight| digest(Ship { carrier, weight, note: None });
        assert_eq!(ship("Yamato", 1.5), ship("Yamato", 1.5));
        assert_ne!(ship("Yamato", 1.5).content, ship("Sagawa", 1.5).content);
        assert_ne!(ship("Yamato", 1.5).content, ship("Yamato", 1.500_000_000_000_000_2).content);
        assert_ne!(digest(f64::NAN).content, digest(f64::INFINITY).content);
        assert_ne!(digest("1").content, digest(1).content);
        assert_ne!(digest(["ab", "c"]).content, digest(["a", "bc"]).content);
        assert_ne!(CommandDigest::of_content("A", &()), CommandDigest::of_content("B", &()));
    }

    #[test]
    fn what_a_release_may_change_does_not_count() {
        #[derive(Serialize)]
        struct Reordered<'a> {
            weight: f32,
            note: Option<&'a str>,
            insured: Option<bool>,
            carrier: String,
        }
        let today = Reordered { weight: 1.5, note: None, insured: None, carrier: "Yamato".to_owned() };
        assert_eq!(digest(Ship { carrier: "Yamato", weight: 1.5, note: None }), digest(today));
        assert_eq!(digest(7_u8), digest(7_i64));
    }

    #[test]
    fn maps_have_no_order_and_keys_of_any_kind() {
        let pairs: Vec<_> = (0..100).map(|number| ((number, 'x'), number)).collect();
        let hashed: HashMap<_, _> = pairs.iter().copied().collect();
        let sorted: BTreeMap<_, _> = pairs.iter().rev().copied().collect();
        assert_eq!(digest(hashed), digest(sorted));
    }

    #[test]
    fn a_set_in_another_order_may_be_the_same_and_a_tuple_is_not() {
        let set: HashSet<u32> = (0..50).collect();
        let mut listed: Vec<u32> = set.iter().copied().collect();
        let first = digest(set);
        assert_eq!(digest(&listed).compare(&first.to_string()), Some(Likeness::Same));
        listed.reverse();
        assert_eq!(digest(&listed).compare(&first.to_string()), Some(Likeness::Reordered));
        listed.push(7);
        assert_eq!(digest(&listed).compare(&first.to_string()), Some(Likeness::Different));
        assert_eq!(digest((1, 2)).compare(&digest((2, 1)).to_string()), Some(Likeness::Different));
    }

    #[test]
    fn what_is_stored_never_changes() {
        // Commits hold these texts: another text would make every earlier command another command.
        let ship = digest(Ship { carrier: "Yamato", weight: 1.5, note: Some("fragile") });
        assert_eq!(ship.to_string(), "16717239163b54cc");
        assert_eq!(digest(["b", "a"].as_slice()).to_string(), "1596a56bacb75a23-3819af5b45c65e03");
        assert_eq!(ship.compare("nonsense"), None);
    }

    #[test]
    fn free_form_json_is_the_same_in_every_build_of_serde_json() {
        let value: serde_json::Value =
            serde_json::from_str(r#"{ "b": [1, -2, 1.50, 1e300, -0], "a": 100000000000000000000000 }"#)
                .unwrap();
        assert_eq!(digest(value).to_string(), "31d3ecb5567756cc-c09b64f5c68757ad");
        assert_eq!(digest(serde_json::json!([1.5, 7])), digest(vec![1.5.into(), serde_json::Value::from(7)]));
    }

    #[test]
    fn a_number_that_is_a_text_is_the_number() {
        #[derive(Serialize)]
        #[serde(rename = "$serde_json::private::Number")]
        struct Arbitrary {
            #[serde(rename = "$serde_json::private::Number")]
            text: &'static str,
        }
        for (text, number) in [
            ("1.50", 1.5),
            ("-0", -0.0),
            ("1e2", 100.0),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ] {
            assert_eq!(digest(Arbitrary { text }), digest(number), "{text}");
        }
        assert_eq!(digest(Arbitrary { text: "-7" }), digest(-7));
        assert_eq!(digest(Arbitrary { text: "18446744073709551615" }), digest(u64::MAX));
    }

    #[test]
    fn the_debug_text_counts_where_nothing_is_serialized() {
        #[derive(Debug)]
        struct Pick(#[expect(dead_code, reason = "read by `Debug`")] HashMap<u32, &'static str>);
        let digest = |pairs: &[(u32, &'static str)]| {
            CommandDigest::of_debug("Pick", &Pick(pairs.iter().copied().collect()))
        };
        let pairs: Vec<_> = (0..20).map(|number| (number, "desk")).collect();
        let first = digest(&pairs);
        for _ in 0..10 {
            let again = digest(&pairs);
            assert_eq!(again.content, first.content);
            assert_ne!(again.compare(&first.to_string()), Some(Likeness::Different));
        }
        assert_ne!(digest(&pairs[1..]).content, first.content);
    }
}
