//! Lists the streams of a tenant, and tenants.

use std::collections::BTreeSet;

use super::Inspect;
use super::cursor::{Course, REQUESTS};
use super::error::InspectError;
use super::linked::known_stream;
use super::page::Page;
use super::stream::StreamHead;
use crate::key::{StreamKey, Tenant};
use crate::store::{CommitKey, CommitScan, Extent};

impl Inspect<'_> {
    /// The streams of one entity and tenant whose id begins with `prefix`, in the order of their sort keys, at most
    /// `limit` of them. For a key with several fields, the prefix is that of the first one in the sort key. It is
    /// compared with the stored text: a number has the zeros that the key pads it with.
    ///
    /// Only the first commits of a long stream are read. A page makes at most 8 requests, and may end before `limit`
    /// with a cursor. The partitions of an entity with `shards` are listed one after another. The partitions of an
    /// entity with a key field in its partition key are not known, so the whole table is read for it, page by page.
    ///
    /// # Errors
    /// [`InspectError::UnknownEntity`], [`InspectError::Cursor`], [`InspectError::Store`].
    pub async fn list(
        &self,
        entity: &str,
        tenant: &Tenant,
        prefix: &str,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<StreamHead>, InspectError> {
        let row = known_stream(entity)?;
        let limit = limit.max(1);
        let partitions = row.template.partitions(tenant);
        let table = partitions.is_none();
        let asked = ["list", entity, tenant.as_str(), prefix];
        let mut course = Course::begin(&asked, partitions.unwrap_or_default(), table, after)?;
        let beginning = row.beginning(tenant, prefix);
        let in_sk = row.has_field_in_sk();
        let wanted = |stream: &StreamKey| {
            let (of, id) = (row.texts)(stream).ok()?;
            let begins = in_sk || id.first().is_none_or(|first| first.starts_with(prefix));
            (of == *tenant && begins).then_some(id)
        };
        let mut page = Page::empty();
        for _ in 0..REQUESTS {
            let Some(extent) = course.extent() else { break };
            let left = limit - page.items.len();
            let (streams, next) = match &extent {
                Extent::Partition(pk) => {
                    let found = self.store().streams(pk, &beginning, course.after(), left).await?;
                    page.read_commits += found.read;
                    (found.streams, found.next)
                }
                Extent::Segment { .. } => {
                    let scan = self.store().scan(&extent, course.after()).await?;
                    page.read_commits += scan.commits.len() as u64;
                    let is_wanted =
                        |stream: &StreamKey| stream.sk().starts_with(&beginning) && wanted(stream).is_some();
                    among(scan, course.after(), left, is_wanted)
                }
            };
            // Another entity may share the partition.
            let heads = streams.iter().filter_map(|stream| Some(StreamHead::new(wanted(stream)?, stream)));
            page.items.extend(heads);
            course.go_on(next);
            if page.items.len() >= limit {
                break;
            }
        }
        page.next = course.cursor();
        Ok(page)
    }

    /// Tenants that have streams, found in one page of the events table: the page after the one that ended at `after`.
    /// It reads the commits of about a megabyte, and is charged for them. A tenant of another page may come again.
    ///
    /// # Errors
    /// [`InspectError::Store`], [`InspectError::Cursor`].
    pub async fn tenants(&self, after: Option<&str>) -> Result<Page<String>, InspectError> {
        let mut course = Course::begin(&["tenants"], Vec::new(), true, after)?;
        let mut page = Page::empty();
        if let Some(extent) = course.extent() {
            let scan = self.store().scan(&extent, course.after()).await?;
            page.read_commits = scan.commits.len() as u64;
            let owners = scan.commits.iter().filter_map(|commit| self.owner(commit));
            let tenants: BTreeSet<_> = owners.map(|(_, tenant)| tenant).collect();
            page.items = tenants.iter().map(|tenant| tenant.as_str().to_owned()).collect();
            course.go_on(scan.next);
        }
        page.next = course.cursor();
        Ok(page)
    }
}

/// The wanted streams among the commits of a page, those after the stream of `after`, and where to continue.
fn among(
    scan: CommitScan,
    after: Option<&CommitKey>,
    limit: usize,
    is_wanted: impl Fn(&StreamKey) -> bool,
) -> (Vec<StreamKey>, Option<CommitKey>) {
    let mut streams = Vec::new();
    let mut met = after.cloned();
    for commit in &scan.commits {
        let is_new = met.as_ref().is_none_or(|met| met.stream != commit.stream);
        if is_new && is_wanted(&commit.stream) {
            if streams.len() >= limit {
                return (streams, met);
            }
            streams.push(commit.stream.clone());
        }
        met = Some(CommitKey::of(commit));
    }
    (streams, scan.next)
}
