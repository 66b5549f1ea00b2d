use std::collections::VecDeque;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Inspect;
use super::cursor::REQUESTS;
use super::error::InspectError;
use super::related::subscribers;
use super::step::shown;
use super::stream::Place;
use crate::app::App;
use crate::commit::record;
use crate::delivery::QUIET_READS;
use crate::store::{Change, DynChangeFeed, Positions};

/// A new commit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Arrived {
    /// Its place.
    pub place: Place,
    /// The commit as it is stored.
    pub commit: Value,
    /// The subscribers of this app that listen to its events, by name.
    pub subscribers: Vec<&'static str>,
}

/// The commits of all tenants as they come: see [`Inspect::tail`].
pub struct Tail {
    app: App,
    feed: Box<dyn DynChangeFeed>,
    positions: Positions,
    /// The last of the commits that were there before.
    recent: VecDeque<Arrived>,
    keep: usize,
    /// How many reads in a row have brought nothing.
    quiet: u32,
    is_live: bool,
}

impl Inspect<'_> {
    /// Follows the commits of all tenants, beginning with the last `recent` ones that the feed still has.
    ///
    /// It is only for observation: it saves no position, and is not a delivery. A feed begins with the oldest commits
    /// that it has, of up to 24 hours on DynamoDB, so these are read and skipped first. [`Tail::is_live`] shows when
    /// that is done. Nothing is read before [`Tail::next`].
    ///
    /// # Errors
    /// [`InspectError::Store`] if the app has no feed.
    pub fn tail(&self, recent: usize) -> Result<Tail, InspectError> {
        Ok(Tail {
            app: self.app.clone(),
            feed: self.runtime().open_feed()?,
            positions: Positions::new(),
            recent: VecDeque::new(),
            keep: recent,
            quiet: 0,
            is_live: false,
        })
    }
}

impl Tail {
    /// The commits that have come since the last call, in the order of each stream. Empty if there are none, and while
    /// the earlier commits are still being skipped. It does not wait: call it again after a pause, of a second perhaps.
    ///
    /// It is live after 40 reads in a row that have brought nothing: a shard of DynamoDB Streams in which little happens
    /// may answer with nothing before it reaches its records.
    ///
    /// A call makes at most 8 reads of the feed. Commits that were altered or removed in the table are left out.
    ///
    /// # Errors
    /// [`InspectError::Store`]; the next call continues at the same place.
    pub async fn next(&mut self) -> Result<Vec<Arrived>, InspectError> {
        let mut arrived = Vec::new();
        for _ in 0..REQUESTS {
            let page = match self.feed.read(&self.positions).await {
                Ok(page) => page,
                // The next call returns the error, and these commits are not lost.
                Err(_) if !arrived.is_empty() => break,
                Err(error) => return Err(error.into()),
            };
            if page.changes.is_empty() {
                if self.is_live {
                    break;
                }
                self.quiet += 1;
                if self.quiet < QUIET_READS {
                    continue;
                }
                self.is_live = true;
                arrived.extend(self.recent.drain(..));
                break;
            }
            self.quiet = 0;
            for change in page.changes {
                let commit = self.commit_of(&change);
                self.positions.insert(change.shard, change.position);
                let Some(commit) = commit else { continue };
                if self.is_live {
                    arrived.push(commit);
                    continue;
                }
                self.recent.push_back(commit);
                if self.recent.len() > self.keep {
                    self.recent.pop_front();
                }
            }
        }
        Ok(arrived)
    }

    /// Whether it has skipped everything that was there when it began.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    fn commit_of(&self, change: &Change) -> Option<Arrived> {
        let commit = record::decode(change.record.as_object()?.clone()).ok()?;
        let runtime = &self.app.delivery().runtime;
        Some(Arrived {
            place: Place::of(runtime, &commit),
            subscribers: subscribers(runtime, &commit),
            commit: shown(&commit),
        })
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").field("is_live", &self.is_live).finish_non_exhaustive()
    }
}
