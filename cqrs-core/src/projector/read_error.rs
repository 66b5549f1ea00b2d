use std::fmt;
use std::time::Duration;

use super::ReadFailure;
use crate::key::{StreamKey, Tenant};
use crate::store::StoreError;
use crate::version::Version;

/// Why a read with a token did not return a view that contains the token's commit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The commit has not arrived in the view within the time limit. The view can be read without the token.
    #[error(
        "projection `{projection}` has not taken commit {wanted} of stream {stream} after {waited:.1?}: {}; {}",
        reached_text(*reached), way_out(held_up.as_deref())
    )]
    TimeLimit {
        /// Its name.
        projection: &'static str,
        /// The stream of the token.
        stream: StreamKey,
        /// The commit that the view is to contain: the last one up to the token's commit with an event that the projection
        /// listens to.
        wanted: Version,
        /// The last commit of the stream that the projection has taken; [`Version::NONE`] if it has taken no commit.
        reached: Version,
        /// How long the read waited.
        waited: Duration,
        /// Why the commit does not arrive, if the delivery store says so.
        held_up: Option<Box<HeldUp>>,
    },
    /// The view is made of one stream, at its aggregate's key, and the token names another stream. The view would never
    /// contain its commit.
    #[error(
        "the token names a commit of stream {named}, and the view of `{projection}` is made of stream {of} alone: read it with \
         a token of a command on its own key"
    )]
    OtherStream {
        /// The name of the projection.
        projection: &'static str,
        /// The stream of the view.
        of: StreamKey,
        /// The stream of the token.
        named: StreamKey,
    },
    /// The view belongs to another tenant than the token's stream: it would never contain the commit.
    #[error(
        "the token names a commit of tenant `{named}`, and views of `{projection}` are read for tenant `{of}`: nothing of one \
         tenant gets into the views of another"
    )]
    OtherTenant {
        /// The name of the projection.
        projection: &'static str,
        /// The tenant of the view.
        of: Tenant,
        /// The tenant of the token.
        named: Tenant,
    },
    /// The store does not have the commit, so there is nothing to wait for.
    #[error(
        "the store has no commit {version} of stream {stream}: is the token of another store, or was the events table restored \
         to an earlier point?"
    )]
    NotStored {
        /// The stream of the token.
        stream: StreamKey,
        /// The version of the token.
        version: Version,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a commit does not arrive at a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeldUp {
    /// A commit of the stream is a dead letter of the projection, and later ones wait behind it.
    DeadLetter {
        /// Its version.
        version: Version,
        /// Why the projection could not take it.
        reason: String,
    },
    /// The stream is parked: a commit of it is among the dead letters of the projection's queue.
    Parked {
        /// The name of the queue.
        queue: &'static str,
    },
}

impl ReadError {
    /// The status of an HTTP answer to the request that read.
    ///
    /// | status | errors |
    /// | --- | --- |
    /// | 400 | [`OtherStream`](Self::OtherStream), [`OtherTenant`](Self::OtherTenant), [`NotStored`](Self::NotStored): the token is wrong |
    /// | 503 | [`TimeLimit`](Self::TimeLimit) |
    /// | that of the store's error | [`Store`](Self::Store): [`StoreError::http_status`] |
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::OtherStream { .. } | Self::OtherTenant { .. } | Self::NotStored { .. } => 400,
            Self::TimeLimit { .. } => 503,
            Self::Store(error) => error.http_status(),
        }
    }
}

fn reached_text(reached: Version) -> String {
    match reached {
        Version::NONE => "it has taken nothing of the stream".to_owned(),
        reached => format!("it is at version {reached}"),
    }
}

fn way_out(held_up: Option<&HeldUp>) -> String {
    match held_up {
        Some(held_up) => held_up.to_string(),
        None => "does its delivery run (`App::run`, or a worker of its queue), and how far behind is it? `within` waits longer, and \
                 `App::unreplayed` tells whether the projection needs a replay"
            .to_owned(),
    }
}

impl fmt::Display for HeldUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadLetter { version, reason } => write!(
                f,
                "commit {version} is a dead letter of the projection ({reason}): redrive or discard it, see `App::dead_letters`"
            ),
            Self::Parked { queue } => write!(
                f,
                "the stream is parked behind a dead letter of queue `{queue}`: redrive or discard what is in its dead-letter queue"
            ),
        }
    }
}

impl ReadFailure for ReadError {
    fn store(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
