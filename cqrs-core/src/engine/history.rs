use std::collections::VecDeque;

use futures_util::stream;

use super::Items;
use super::state::decode;
use crate::aggregate::{Aggregate, Entity};
use crate::commit::{Commit, CorruptCommit};
use crate::event::Recorded;
use crate::key::StreamKey;
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::version::Version;

/// The events of one stream, read page by page.
pub type History<'a, A> = Items<'a, Recorded<<A as Aggregate>::Event>>;

/// The events of a stream behind `after`, up to and including `until`, with their metadata, a page at a time.
pub(crate) fn history<A>(
    runtime: &Runtime,
    stream: Result<StreamKey, StoreError>,
    after: Version,
    until: Version,
) -> History<'_, A>
where
    A: Aggregate + Entity,
{
    let start = Reading {
        runtime,
        stream,
        version: after,
        after,
        until,
        more: true,
        commits: VecDeque::new(),
        events: VecDeque::new(),
    };
    Items::new(stream::try_unfold(start, Reading::next::<A>))
}

/// How far a history has been read.
struct Reading<'a, S> {
    runtime: &'a Runtime,
    stream: Result<StreamKey, StoreError>,
    /// The last commit that was taken out.
    version: Version,
    /// The last commit that was read.
    after: Version,
    until: Version,
    more: bool,
    commits: VecDeque<Commit>,
    events: VecDeque<Recorded<S>>,
}

impl<S> Reading<'_, S> {
    async fn next<A>(mut self) -> Result<Option<(Recorded<S>, Self)>, StoreError>
    where
        A: Aggregate<Event = S> + Entity,
    {
        let stream = match self.stream {
            Ok(stream) => stream,
            Err(error) => return Err(error),
        };
        self.stream = Ok(stream.clone());
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some((event, self)));
            }
            if let Some(mut commit) = self.commits.pop_front() {
                if commit.version != self.version.next() {
                    return Err(CorruptCommit::behind_gap(&commit, self.version.next()).into());
                }
                self.version = commit.version;
                let events = decode::<A>(&mut commit)?;
                let recorded = |(index, event)| Recorded::of(event, &commit, index);
                self.events.extend(events.into_iter().enumerate().map(recorded));
                continue;
            }
            if !self.more || self.after >= self.until {
                return Ok(None);
            }
            let page = self.runtime.event_store().read(&stream, self.after, self.until).await?;
            self.more = page.more;
            self.after = page.commits.last().map_or(self.after, |commit| commit.version);
            self.commits.extend(page.commits);
        }
    }
}
