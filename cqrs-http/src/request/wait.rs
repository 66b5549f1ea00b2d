use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use cqrs_core::CommitToken;

use super::only;
use crate::Problem;

/// The token of a commit: in the answer to a command, and in a request for an answer that must contain the commit.
pub(crate) static COMMIT_TOKEN: HeaderName = HeaderName::from_static("commit-token");

/// RFC 7240.
static PREFER: HeaderName = HeaderName::from_static("prefer");

/// A commit that an answer must contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Awaited {
    pub(crate) token: CommitToken,
    /// How long to wait for it.
    pub(crate) within: Duration,
    /// Whether the client has set the time.
    pub(crate) preferred: bool,
}

/// `Commit-Token`, and `Prefer: wait=10`.
pub(crate) fn awaited(
    headers: &HeaderMap,
    usual: Duration,
    longest: Duration,
) -> Result<Option<Awaited>, Problem> {
    let Some(text) = only(headers, &COMMIT_TOKEN)? else { return Ok(None) };
    let token = text.trim().parse::<CommitToken>().map_err(|error| Problem::from(&error))?;
    let preferred = wait(headers);
    let within = preferred.unwrap_or(usual).min(longest);
    Ok(Some(Awaited { token, within, preferred: preferred.is_some() }))
}

/// How long the client prefers to wait. According to RFC 7240, a preference that is not understood is not an error.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all(&PREFER).iter().filter_map(|value| value.to_str().ok());
    let mut preferences = lines.flat_map(|line| line.split(','));
    preferences.find_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        let seconds = value.trim().trim_matches('"').parse::<u32>().ok()?;
        name.trim().eq_ignore_ascii_case("wait").then(|| Duration::from_secs(seconds.into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_wait_is_a_preference_among_others() {
        let wait = |text: &'static str| {
            wait(&[(PREFER.clone(), HeaderValue::from_static(text))].into_iter().collect())
                .map(|wait| wait.as_secs())
        };
        assert_eq!(wait("wait=10"), Some(10));
        assert_eq!(wait("respond-async, Wait = \"7\"; x=y"), Some(7));
        assert_eq!(wait("wait=-1"), None);
        assert_eq!(wait("wait=99999999999"), None);
        assert_eq!(wait("wait"), None);
    }
}
