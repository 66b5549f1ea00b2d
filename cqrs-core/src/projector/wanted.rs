use super::{LeftOut, ReadError, wants};
use crate::commit::{Commit, CommitToken};
use crate::projection::Erased;
use crate::runtime::Runtime;
use crate::version::Version;

/// How many commits are read first; then eight times as many, and so on.
const FIRST: u64 = 16;

/// The last commit of a stream, after `seen` and up to the token's, that the projection listens to. `None` if there is no such
/// commit: a view at `seen` is then as new as the token. A broker with filters never delivers the other commits.
///
/// The commits are read from the event store, from the token backwards: usually one request is enough.
pub(super) async fn last_wanted(
    projection: Erased,
    runtime: &Runtime,
    token: &CommitToken,
    seen: Version,
    left_out: &LeftOut,
) -> Result<Option<Version>, ReadError> {
    let (stream, mut until) = (token.stream(), token.version());
    let mut count = FIRST;
    while until > seen {
        let start = Version::new(until.get().saturating_sub(count)).max(seen);
        let (mut found, mut after) = (None, start);
        loop {
            let page = runtime.event_store().read(stream, after, until).await?;
            let wanted = |commit: &Commit| wants(projection, commit) && !left_out.contains(&commit.version);
            let wanted = page.commits.iter().rfind(|commit| wanted(commit));
            found = wanted.map(|commit| commit.version).or(found);
            after = page.commits.last().map_or(after, |commit| commit.version);
            if !page.more || page.commits.is_empty() {
                break;
            }
        }
        if after < until {
            return Err(ReadError::NotStored { stream: stream.clone(), version: until });
        }
        if found.is_some() {
            return Ok(found);
        }
        until = start;
        count = count.saturating_mul(8);
    }
    Ok(None)
}
