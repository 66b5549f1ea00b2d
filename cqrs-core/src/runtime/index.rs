use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::aggregate::AggregateRow;
use crate::commit::Commit;
use crate::key::{KeyError, StreamKey, Tenant};
use crate::panic::caught;

/// The aggregates of a program, and by the stored names of the events that they apply.
#[derive(Debug, Clone)]
pub(crate) struct EventIndex {
    by_event: HashMap<&'static str, &'static AggregateRow>,
    #[cfg(feature = "inspect")]
    rows: Vec<&'static AggregateRow>,
}

impl EventIndex {
    pub(crate) fn of(rows: &[&'static AggregateRow]) -> Self {
        let names = |row: &&'static AggregateRow| {
            let row = *row;
            (row.events)().into_iter().flat_map(move |id| id.names().map(move |name| (name, row)))
        };
        Self {
            by_event: rows.iter().flat_map(names).collect(),
            #[cfg(feature = "inspect")]
            rows: rows.to_vec(),
        }
    }

    /// Whether some aggregate of this program applies events of this stored type name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.by_event.contains_key(name)
    }

    /// The owner of a commit, by the key template of the aggregate that applies its events.
    pub(crate) fn tenant_of(&self, commit: &Commit) -> Result<Tenant, KeyError> {
        match self.aggregate_of(commit) {
            Some(row) => caught(|| (row.tenant)(&commit.stream)).unwrap_or_else(|text| {
                Err(KeyError::Malformed {
                    text: commit.stream.to_string(),
                    expected: "a key of its aggregate".to_owned(),
                    reason: format!("it panicked: {text}"),
                })
            }),
            None => Err(KeyError::Malformed {
                text: commit.stream.pk().to_owned(),
                expected: "a key of a known aggregate".to_owned(),
                reason: "no aggregate of this program applies the commit's events".to_owned(),
            }),
        }
    }

    /// The possible owners of a stream, by the key templates of the aggregates that apply these events; empty if it is not a
    /// stream of theirs.
    pub(crate) fn tenants_of<'a>(
        &self,
        events: impl Iterator<Item = &'a str>,
        stream: &StreamKey,
    ) -> Vec<Tenant> {
        let rows: BTreeMap<&str, _> =
            events.filter_map(|name| self.by_event.get(name)).map(|row| (row.name, row)).collect();
        rows.values().filter_map(|row| tenant_at(row, stream)).collect()
    }

    /// The entity name of the aggregate that applies the commit's events; `None` if no aggregate applies them.
    pub(crate) fn entity_of(&self, commit: &Commit) -> Option<&'static str> {
        self.aggregate_of(commit).map(|row| row.entity)
    }

    /// The entity and the tenant of a commit, by the aggregate that applies its events. A commit whose events no aggregate
    /// applies, those of a newer program for example, belongs to the aggregate whose key its stream has. `None` if there is no
    /// such aggregate, or if several have such keys.
    #[cfg(feature = "inspect")]
    pub(crate) fn owner(&self, commit: &Commit) -> Option<(&'static str, Tenant)> {
        let owner = |row: &'static AggregateRow| Some((row.entity, tenant_at(row, &commit.stream)?));
        self.aggregate_of(commit).and_then(owner).or_else(|| {
            let mut owners = self.rows.iter().copied().filter_map(owner);
            owners.next().filter(|_| owners.next().is_none())
        })
    }

    fn aggregate_of(&self, commit: &Commit) -> Option<&'static AggregateRow> {
        commit.events.iter().find_map(|event| self.by_event.get(event.name.as_str()).copied())
    }

    /// The partitions that hold all streams of a tenant with one of these events; `None` if they cannot be listed.
    pub(crate) fn partitions<'a>(
        &self,
        mut events: impl Iterator<Item = &'a str>,
        tenant: &Tenant,
    ) -> Option<BTreeSet<String>> {
        events.try_fold(BTreeSet::new(), |mut all, name| {
            all.extend((self.by_event.get(name)?.partitions)(tenant)?);
            Some(all)
        })
    }
}

/// The tenant of a stream; `None` if it does not have the key of the aggregate.
fn tenant_at(row: &AggregateRow, stream: &StreamKey) -> Option<Tenant> {
    caught(|| (row.tenant)(stream)).ok()?.ok()
}
