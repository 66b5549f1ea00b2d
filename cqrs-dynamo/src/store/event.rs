use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_core::store::record;
use cqrs_core::store::{
    Append, CommitKey, CommitPage, CommitScan, CommitState, EventStore, Extent, NewCommit,
};
use cqrs_core::{Commit, StoreError, StreamKey, Version};

use super::DynamoDeliveryStore;
use crate::stream::{StreamFeed, TableStream};
use crate::table::{Item, ItemWrite, Table, Written, attribute, key, refused, scan};

/// Commits in a DynamoDB table, one item each. Clones are cheap.
///
/// An append is one `PutItem`, a page of a stream one consistent `Query` of up to 1 MB. What DynamoDB answers
/// becomes:
///
/// | answer | error |
/// | --- | --- |
/// | throttling, a limit, a transaction on the item after 6 attempts | [`StoreError::Throttled`] |
/// | status 500 and above, a timeout, no connection | [`StoreError::Unavailable`] |
/// | no such table, no rights, no credentials | [`StoreError::Denied`] |
/// | bad input | [`StoreError::Refused`] |
/// | an item that is no commit | [`StoreError::Corrupt`] |
///
/// A condition that failed is no error: see [`Append::Taken`].
#[derive(Debug, Clone)]
pub struct DynamoEventStore {
    pub(crate) table: Table,
    pub(crate) streams: aws_sdk_dynamodbstreams::Client,
    pub(crate) delivery_table: Table,
    /// Answered in this process, one request at a time.
    pub(crate) embedded: bool,
}

impl EventStore for DynamoEventStore {
    async fn append(&self, new: NewCommit<'_>) -> Result<Append, StoreError> {
        let NewCommit { commit, record, .. } = new;
        let state = record.get(record::STATE).cloned();
        let mut record = Some(record);
        let write = || {
            // Made anew for another try, which is rare: to keep a copy for it would cost every append.
            let item = attribute::to_item(record.take().unwrap_or_else(|| {
                let mut record = record::encode(commit);
                record.extend(state.clone().map(|state| (record::STATE.to_owned(), state)));
                record
            }));
            Ok(ItemWrite::insert(item).returning_item())
        };
        match self.table.write(write).await? {
            Written::Done(_) => Ok(Append::Written),
            Written::Refused(winner) => Ok(Append::Taken(Box::new(self.winner(winner)?))),
        }
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        if after >= until {
            return Ok(CommitPage::default());
        }
        self.page(self.query(stream, after, until)).await
    }

    async fn read_last(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
        limit: u64,
    ) -> Result<CommitPage, StoreError> {
        if after >= until || limit == 0 {
            return Ok(CommitPage::default());
        }
        let query = self
            .query(stream, after, until)
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let mut page = self.page(query).await?;
        page.commits.reverse();
        page.states.reverse();
        Ok(page)
    }

    fn keeps_states(&self) -> bool {
        true
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        let start = after.map(|after| key(after.stream.pk(), &after.stream.commit_sk(after.version)));
        let page = scan::page(&self.table, extent, start, None).await?;
        let next = page.next.map(|(pk, sk)| {
            let (stream, version) = StreamKey::parse_commit(&pk, &sk)?;
            Ok::<_, StoreError>(CommitKey::new(stream, version))
        });
        Ok(CommitScan::new(decode_all(page.items)?, next.transpose()?))
    }

    async fn count(&self) -> Result<Option<u64>, StoreError> {
        let described = self.table.client.describe_table().table_name(&self.table.name).send().await;
        let table = described.map_err(|error| self.table.error(error))?.table;
        Ok(table.and_then(|table| table.item_count).and_then(|count| u64::try_from(count).ok()))
    }

    fn segments(&self, wanted: u32) -> u32 {
        if self.embedded { 1 } else { wanted }
    }
}

impl DynamoEventStore {
    /// The feed of all commits, in the order of each stream.
    #[must_use]
    pub fn feed(&self) -> StreamFeed {
        StreamFeed::new(self.stream())
    }

    /// What the delivery remembers, in a table of its own.
    #[must_use]
    pub fn delivery(&self) -> DynamoDeliveryStore {
        DynamoDeliveryStore { table: self.delivery_table.clone(), events: self.table.clone() }
    }

    fn query(&self, stream: &StreamKey, after: Version, until: Version) -> QueryFluentBuilder {
        self.table
            .client
            .query()
            .table_name(&self.table.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", AttributeValue::S(stream.pk().to_owned()))
            .expression_attribute_values(":first", AttributeValue::S(stream.commit_sk(after.next())))
            .expression_attribute_values(":last", AttributeValue::S(stream.commit_sk(until)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    async fn page(&self, query: QueryFluentBuilder) -> Result<CommitPage, StoreError> {
        let output = query.send().await.map_err(|error| self.table.error(error))?;
        let more = output.last_evaluated_key.is_some();
        let mut items = output.items.unwrap_or_default();
        let states = items.iter_mut().filter_map(state_of).collect();
        Ok(CommitPage::new(decode_all(items)?, more).with_states(states))
    }

    pub(crate) fn stream(&self) -> TableStream {
        TableStream::new(self.table.clone(), self.streams.clone())
    }

    /// The commit that DynamoDB hands back with a failed condition.
    fn winner(&self, item: Option<Item>) -> Result<Commit, StoreError> {
        match item {
            Some(item) => decode(item),
            None => Err(refused(format!(
                "table `{}`: the version is taken, and the answer does not say by what; \
                 does the endpoint know `ReturnValuesOnConditionCheckFailure`?",
                self.table.name
            ))),
        }
    }
}

/// The list is as long as it will be from the start: to grow, it would be copied again and again.
fn decode_all(items: Vec<Item>) -> Result<Vec<Commit>, StoreError> {
    let mut commits = Vec::with_capacity(items.len());
    for item in items {
        commits.push(decode(item)?);
    }
    Ok(commits)
}

/// Takes the state out of an item. What is no state is none, as what is no snapshot: the commits tell it all.
fn state_of(item: &mut Item) -> Option<CommitState> {
    let stored = attribute::to_value(item.remove(record::STATE)?).ok()?;
    let version = item.get("version")?.as_n().ok()?.parse().ok()?;
    Some(CommitState::new(Version::new(version), stored))
}

/// Attributes that a commit does not have are left alone, whatever they are.
fn decode(item: Item) -> Result<Commit, StoreError> {
    let mut others = Vec::new();
    record::decode(attribute::readable(item, &mut others)).map_err(|mut corrupt| {
        for other in others {
            corrupt.reason.push_str(&format!("; {other}"));
        }
        corrupt.into()
    })
}
