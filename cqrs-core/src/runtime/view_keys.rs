use std::collections::HashMap;
use std::fmt;

use crate::commit::Commit;
use crate::event::RawEvent;
use crate::key::{KeyError, MAX_SK_BYTES, Tenant};
use crate::projection::{CheckStream, KeyFault, ViewKeyError};

/// What the delivery adds to the length of a stream's keys and a view's name.
const SEPARATORS: usize = 2;

/// The advice if an event names the key, and if the aggregate's own key is used.
const BY_EVENT: &str = "reject such a command, or give the event to no view, with `#[apply(keys = …)]`";
const BY_STREAM: &str = "give the aggregate a shorter id";

/// Whether an event of a tenant gives its views keys that can be stored.
pub(crate) type CheckKey = dyn Fn(&RawEvent<'_>, &Tenant) -> Result<(), KeyFault> + Send + Sync;

/// The keys of views that commits must have, by the stored names of their events.
#[derive(Default)]
pub(crate) struct ViewKeys {
    events: HashMap<&'static str, Vec<(&'static str, Box<CheckKey>)>>,
    streams: HashMap<&'static str, Vec<(&'static str, CheckStream)>>,
    /// The length of the longest name of a view.
    longest: usize,
}

impl ViewKeys {
    /// Checks each event of this stored name for the views of `view`.
    pub(crate) fn check_event(&mut self, name: &'static str, view: &'static str, check: Box<CheckKey>) {
        self.events.entry(name).or_default().push((view, check));
    }

    /// Checks each stream that begins with an event of this stored name.
    pub(crate) fn check_stream_of(&mut self, name: &'static str, view: &'static str, check: CheckStream) {
        self.streams.entry(name).or_default().push((view, check));
    }

    /// Notes the name of a view, which is a part of its keys.
    pub(crate) fn note_view(&mut self, name: &str) {
        self.longest = self.longest.max(name.len());
    }

    /// Fails for a commit that a projection could never take.
    pub(crate) fn check(
        &self,
        commit: &Commit,
        tenant: impl FnOnce() -> Result<Tenant, KeyError>,
    ) -> Result<(), ViewKeyError> {
        if commit.version.previous().is_none() {
            self.check_stream(commit)?;
        }
        let is_checked = |raw: &RawEvent<'_>| self.events.contains_key(raw.stored().name.as_str());
        if !RawEvent::all(commit).any(|raw| is_checked(&raw)) {
            return Ok(());
        }
        // Without a tenant the commit cannot be delivered at all.
        let Ok(tenant) = tenant() else { return Ok(()) };
        for raw in RawEvent::all(commit) {
            for (projection, check) in self.events.get(raw.stored().name.as_str()).into_iter().flatten() {
                check(&raw, &tenant)
                    .map_err(|fault| ViewKeyError::new(projection, &raw.stored().name, fault, BY_EVENT))?;
            }
        }
        Ok(())
    }

    fn check_stream(&self, commit: &Commit) -> Result<(), ViewKeyError> {
        let stream = &commit.stream;
        // The parts of all other keys are parts of these.
        if stream.pk().len() + stream.sk().len() + self.longest + SEPARATORS <= MAX_SK_BYTES {
            return Ok(());
        }
        let Some(name) = commit.first_type() else { return Ok(()) };
        for (projection, check) in self.streams.get(name).into_iter().flatten() {
            check(stream).map_err(|fault| ViewKeyError::new(projection, name, fault, BY_STREAM))?;
        }
        Ok(())
    }
}

impl fmt::Debug for ViewKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.events.keys()).finish()
    }
}
