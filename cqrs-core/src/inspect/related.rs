use serde::Serialize;
use serde_json::Value;

use super::Inspect;
use super::cause::Cause;
use super::cursor::{Course, REQUESTS};
use super::error::InspectError;
use super::page::Page;
use super::registered::StreamInspection;
use super::step::shown;
use super::stream::Place;
use crate::commit::Commit;
use crate::key::Tenant;
use crate::runtime::Runtime;
use crate::store::Extent;

/// A commit with a correlation id, its cause, and the subscribers that may react to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Related {
    /// Its place.
    pub place: Place,
    /// The commit as it is stored.
    pub commit: Value,
    /// Its cause; `None` for a commit that came from outside.
    pub cause: Option<Cause>,
    /// The subscribers of this app that listen to its events, by name.
    pub subscribers: Vec<&'static str>,
}

impl Inspect<'_> {
    /// One page of the search for the commits of one tenant with a correlation id. The search reads all commits of the
    /// tenant, page after page, because no index has correlation ids: [`Page::read_commits`] shows how many, and
    /// [`Page::next`] shows that there is more to search. A page makes at most 8 requests, and reads up to a megabyte
    /// with each. The commits come partition by partition; to order them by time, use their `createdAt`.
    ///
    /// If the partition keys of an entity do not follow from the tenant alone, the search ends with the whole table.
    ///
    /// Each cause is searched among the commits of the page. With the commits of all pages, [`Inspect::link`] finds the
    /// others.
    ///
    /// # Errors
    /// [`InspectError::Cursor`], [`InspectError::Store`].
    pub async fn related(
        &self,
        tenant: &Tenant,
        correlation_id: &str,
        after: Option<&str>,
    ) -> Result<Page<Related>, InspectError> {
        let (mut partitions, mut table) = (Vec::new(), false);
        for row in inventory::iter::<StreamInspection>() {
            match row.template.partitions(tenant) {
                Some(known) => partitions.extend(known),
                None => table = true,
            }
        }
        partitions.sort_unstable();
        partitions.dedup();
        let searched = partitions.clone();
        let asked = ["related", tenant.as_str(), correlation_id];
        let mut course = Course::begin(&asked, partitions, table, after)?;
        let mut page = Page::empty();
        for _ in 0..REQUESTS {
            let Some(extent) = course.extent() else { break };
            let scan = self.store().scan(&extent, course.after()).await?;
            page.read_commits += scan.commits.len() as u64;
            let found = scan.commits.iter().filter(|commit| {
                commit.metadata.correlation_id == correlation_id
                    && match &extent {
                        Extent::Partition(_) => true,
                        Extent::Segment { .. } => {
                            let pk = commit.stream.pk().to_owned();
                            searched.binary_search(&pk).is_err() && self.is_of(commit, tenant)
                        }
                    }
            });
            page.items.extend(found.map(|commit| Related::of(self.runtime(), commit)));
            course.go_on(scan.next);
        }
        self.link(&mut page.items);
        page.next = course.cursor();
        Ok(page)
    }

    fn is_of(&self, commit: &Commit, tenant: &Tenant) -> bool {
        self.owner(commit).is_some_and(|(_, of)| of == *tenant)
    }
}

impl Related {
    fn of(runtime: &Runtime, commit: &Commit) -> Self {
        Self {
            place: Place::of(runtime, commit),
            commit: shown(commit),
            cause: commit.metadata.causation_id.clone().map(Cause::of_command),
            subscribers: subscribers(runtime, commit),
        }
    }
}

/// The subscribers to the events of a commit, in the order of the wiring.
pub(super) fn subscribers(runtime: &Runtime, commit: &Commit) -> Vec<&'static str> {
    let wired = runtime.wiring.subscribers.iter();
    let listens = |events: &[&str]| commit.events.iter().any(|event| events.contains(&event.name.as_str()));
    wired.filter(|subscriber| listens(&subscriber.events)).map(|subscriber| subscriber.name).collect()
}
