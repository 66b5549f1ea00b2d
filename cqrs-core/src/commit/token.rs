use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::key::{StreamKey, stable_hash};
use crate::version::Version;

/// How much of an invalid text goes into the error.
const QUOTED: usize = 64;

/// A check for texts that were cut off or altered in transit; it does not prevent forged tokens.
const CHECK_BYTES: usize = 3;

/// Names a commit by its stream and its version, as a short text: a client that has sent a command passes the token with a read,
/// and the read waits for the commit. See [`ReadView::at_least`](crate::app::ReadView::at_least).
///
/// [`Committed::token`](crate::Committed::token) makes one; a handler makes one from the stream and the version of its event. The
/// text is URL-safe, and serde writes a token as this text. It contains the keys of the stream in readable form, and is not a
/// secret. Anyone can forge one: its only effect is that a read waits, within its limit.
///
/// ```
/// use cqrs_core::{CommitToken, StreamKey, Version};
///
/// let stream = StreamKey::new("TENANT001#ORDER", "ORDER#20240101-001")?;
/// let token = CommitToken::new(stream, Version::new(3));
/// let text = token.to_string();
/// assert_eq!(text.len(), 51);
/// assert_eq!(text.parse::<CommitToken>()?, token);
/// assert!("3".parse::<CommitToken>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommitToken {
    stream: StreamKey,
    version: Version,
}

impl CommitToken {
    /// The token of one commit of a stream; [`Version::NONE`] means the stream before its first commit, for which no read waits.
    #[must_use]
    pub fn new(stream: StreamKey, version: Version) -> Self {
        Self { stream, version }
    }

    /// The stream of the commit.
    #[must_use]
    pub fn stream(&self) -> &StreamKey {
        &self.stream
    }

    /// The version of the commit.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// `3.15.5.TENANT001#ORDER#20240101-001`: the version, the length of the partition key, how many bytes the end of the
    /// partition key and the beginning of the sort key share, and both keys, with the shared part written once.
    fn plain(&self) -> String {
        let (pk, sk) = (self.stream.pk(), self.stream.sk());
        let ends = pk.char_indices().map(|(at, _)| &pk[at..]);
        let shared = ends.filter(|end| sk.starts_with(end)).map(str::len).next().unwrap_or(0);
        format!("{}.{}.{shared}.{pk}{}", self.version, pk.len(), &sk[shared..])
    }

    fn read(plain: &str) -> Option<Self> {
        let mut parts = plain.splitn(4, '.');
        let version =
            parts.next()?.parse().ok().map(Version::new).filter(|version| *version <= Version::MAX)?;
        let pk_len: usize = parts.next()?.parse().ok()?;
        let shared: usize = parts.next()?.parse().ok()?;
        let keys = parts.next()?;
        let (pk, sk) = (keys.get(..pk_len)?, keys.get(pk_len.checked_sub(shared)?..)?);
        Some(Self { stream: StreamKey::new(pk, sk).ok()?, version })
    }
}

fn check(plain: &str) -> [u8; CHECK_BYTES] {
    let [.., a, b, c] = stable_hash(plain.as_bytes()).to_be_bytes();
    [a, b, c]
}

impl fmt::Display for CommitToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.plain();
        let bytes = [&check(&plain), plain.as_bytes()].concat();
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for CommitToken {
    type Err = CommitTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |reason| CommitTokenError {
            text: match text.char_indices().nth(QUOTED) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text.to_owned(),
            },
            reason,
        };
        let bytes =
            URL_SAFE_NO_PAD.decode(text).map_err(|_| refused("it has other characters, or too few"))?;
        let plain = bytes.get(CHECK_BYTES..).and_then(|plain| std::str::from_utf8(plain).ok());
        let plain = plain.ok_or_else(|| refused("it is too short, or holds no text"))?;
        if bytes[..CHECK_BYTES] != check(plain) {
            return Err(refused("it was cut off or altered"));
        }
        // One commit, one text.
        let token = Self::read(plain).filter(|token| token.plain() == plain);
        token.ok_or_else(|| refused("it does not name a commit"))
    }
}

impl From<&CommitToken> for CommitToken {
    fn from(token: &CommitToken) -> Self {
        token.clone()
    }
}

impl Serialize for CommitToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommitToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A text is not a commit token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a commit token: {reason}; send back the text of `Committed::token` unchanged")]
#[non_exhaustive]
pub struct CommitTokenError {
    /// The text, or its beginning.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl CommitTokenError {
    /// The status of an HTTP answer to the request that had the text: 400.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        400
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(pk: &str, sk: &str, version: u64) -> CommitToken {
        CommitToken::new(StreamKey::new(pk, sk).unwrap(), Version::new(version))
    }

    fn parse(text: &str) -> Result<CommitToken, CommitTokenError> {
        text.parse()
    }

    proptest! {
        #[test]
        fn a_token_is_read_back_from_a_text_that_a_url_takes_as_it_is(
            pk in ".{0,20}", sk in ".{0,20}", common in "[A-Z#.注]{0,6}", version in 0..=Version::MAX.get(),
        ) {
            let token = token(&format!("{pk}{common}"), &format!("{common}{sk}"), version);
            let text = token.to_string();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(parse(&text), Ok(token.clone()));
            let json = serde_json::to_string(&token).unwrap();
            prop_assert_eq!(&json, &format!("\"{text}\""));
            prop_assert_eq!(serde_json::from_str::<CommitToken>(&json).unwrap(), token);
        }

        #[test]
        fn two_commits_have_two_texts(
            a in ("[A#.]{0,4}", "[A#.]{0,4}", 0..12_u64), b in ("[A#.]{0,4}", "[A#.]{0,4}", 0..12_u64),
        ) {
            let text = |(pk, sk, version): &(String, String, u64)| token(pk, sk, *version).to_string();
            prop_assert_eq!(a == b, text(&a) == text(&b));
        }

        #[test]
        fn no_text_does_any_harm(text in ".{0,80}|[A-Za-z0-9_-]{0,80}") {
            prop_assert!(parse(&text).is_ok_and(|token| token.to_string() == text) || parse(&text).is_err());
        }

        #[test]
        fn what_is_no_plain_form_is_refused(plain in "[0-9]{1,12}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[A-Z#]{0,20}") {
            let text = URL_SAFE_NO_PAD.encode([&check(&plain), plain.as_bytes()].concat());
            match parse(&text) {
                Ok(token) => prop_assert_eq!(token.to_string(), text),
                Err(error) => prop_assert_eq!(error.reason, "it does not name a commit"),
            }
        }
    }

    #[test]
    fn a_text_that_was_cut_off_or_altered_is_refused_and_says_why() {
        let text = token("TENANT001#ORDER", "ORDER#20240101-001", 3).to_string();
        for end in 0..text.len() {
            assert!(parse(&text[..end]).is_err(), "{}", &text[..end]);
        }
        for at in 0..text.len() {
            let mut altered = text.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert!(parse(std::str::from_utf8(&altered).unwrap()).is_err(), "{at}");
        }
        let said = parse(&text[..20]).unwrap_err().to_string();
        assert!(said.contains(&text[..20]) && said.contains("cut off"), "{said}");
        let said = parse(&format!("{text} ")).unwrap_err().to_string();
        assert!(said.contains("other characters") && said.contains("Committed::token"), "{said}");
        let long = parse(&"注".repeat(10_000)).unwrap_err();
        assert_eq!(long.text.chars().count(), QUOTED + 1);
        let said = serde_json::from_str::<CommitToken>("\"3\"").unwrap_err().to_string();
        assert!(said.contains("not a commit token"), "{said}");
    }

    #[test]
    fn the_text_of_a_token_stays_what_it_is() {
        let token = token("TENANT001#ORDER", "ORDER#20240101-001", 3);
        assert_eq!(token.plain(), "3.15.5.TENANT001#ORDER#20240101-001");
        assert_eq!(token.to_string(), "j7xUMy4xNS41LlRFTkFOVDAwMSNPUkRFUiMyMDI0MDEwMS0wMDE");
    }
}
