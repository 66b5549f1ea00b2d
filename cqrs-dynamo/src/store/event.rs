use std::pin::pin;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_core::store::record;
use cqrs_core::store::{
    Append, AppendAll, CommitKey, CommitPage, CommitScan, CommitState, EventStore, Extent, NewCommit,
    NewCommits, Reservation, ReservationPage, StreamPage, Taken, TimerId, TimerPage, UniqueValue,
};
use cqrs_core::{Commit, StoreError, StreamKey, Timestamp, Version};
use serde_json::Value;

use super::{DynamoDeliveryStore, reservation, stream_page, timer};
use crate::stream::{StreamFeed, TableStream};
use crate::table::{Item, ItemWrite, Row, Table, Written, key, refused, scan};

/// Commits in a DynamoDB table, one item each. Clones are cheap.
///
/// An append is one `PutItem`. An append of several commits, or of a commit with values or timers, is one
/// `TransactWriteItems`. A page of a stream is one consistent `Query` of up to 1 MB. Answers of DynamoDB become these
/// errors:
///
/// | answer | error |
/// | --- | --- |
/// | throttling, a limit, another transaction on an item after 6 attempts | [`StoreError::Throttled`] |
/// | status 500 and above, a timeout, no connection | [`StoreError::Unavailable`] |
/// | no such table, no rights, no credentials | [`StoreError::Denied`] |
/// | bad input | [`StoreError::Refused`] |
/// | an item that is not a commit | [`StoreError::Corrupt`] |
///
/// A failed condition is not an error: see [`Append::Taken`].
#[derive(Debug, Clone)]
pub struct DynamoEventStore {
    pub(crate) table: Table,
    pub(crate) streams: aws_sdk_dynamodbstreams::Client,
    pub(crate) delivery_table: Table,
    pub(crate) reservations: Table,
    pub(crate) timers: Table,
    /// Answered in this process, one request at a time.
    pub(crate) embedded: bool,
}

impl EventStore for DynamoEventStore {
    async fn append(&self, new: NewCommit<'_>) -> Result<Append, StoreError> {
        let NewCommit { commit, record, .. } = new;
        let state = record.get(record::STATE).cloned();
        let mut record = Some(record);
        let write = || {
            // Built again for another attempt, which is rare. Keeping a copy for it would cost every append.
            let record = record.take().unwrap_or_else(|| {
                let mut record = record::encode(commit);
                record.extend(state.clone().map(|state| (record::STATE.to_owned(), state)));
                record
            });
            Ok(ItemWrite::insert(record).returning_item())
        };
        match self.table.write(write).await? {
            Written::Done(_) => Ok(Append::Written),
            Written::Refused(refused) => Ok(Append::Taken(Box::new(self.winner(refused.into_item())?))),
        }
    }

    async fn append_all(&self, new: NewCommits<'_>) -> Result<AppendAll, StoreError> {
        new.check()?;
        if let Some(timer) = timer::alone(&new) {
            timer::set(&self.timers, timer).await?;
            return Ok(AppendAll::Written);
        }
        let NewCommits { commits, unchanged, reservations, timers, fired, .. } = new;
        let streams = commits.iter().map(|new| &new.commit.stream).chain(unchanged.iter().map(|(it, _)| it));
        let streams: Vec<StreamKey> = streams.cloned().collect();
        let puts = commits.into_iter().map(|new| ItemWrite::insert(new.record));
        let checks = unchanged
            .iter()
            .map(|(stream, version)| ItemWrite::absent(key(stream.pk(), &stream.commit_sk(version.next()))));
        let versions = puts.chain(checks).map(|write| (&self.table, write.returning_item()));
        let values = reservations.iter().map(|change| (&self.reservations, reservation::write(change)));
        // Last, because a missing timer does not matter if anything else prevents the write: see `refused` below.
        let timers = timers.iter().map(timer::put).chain(fired.iter().map(timer::fire));
        let timers = timers.map(|write| (&self.timers, write));
        let refused = match self.table.write_across(versions.chain(values).chain(timers)).await? {
            Written::Done(_) => return Ok(AppendAll::Written),
            Written::Refused(refused) => refused,
        };
        let (mut taken, mut reserved) = (Vec::new(), Vec::new());
        for (place, item) in refused.0 {
            if let Some(stream) = streams.get(place) {
                let winner = item.map(|item| decode(item.into())).transpose()?;
                taken.push(Taken::new(stream.clone(), winner));
            } else if let Some(change) = reservations.get(place - streams.len()) {
                reserved.push(reservation::refusal(&self.reservations, change, item.as_ref())?);
            }
        }
        Ok(match (taken.is_empty(), reserved.is_empty()) {
            (false, _) => AppendAll::Taken(taken),
            (true, false) => AppendAll::Reserved(reserved),
            // Setting a timer has no condition.
            (true, true) => AppendAll::Gone,
        })
    }

    async fn reservation(&self, value: &UniqueValue) -> Result<Option<Reservation>, StoreError> {
        reservation::get(&self.reservations, value).await
    }

    async fn reservations(&self, after: Option<&UniqueValue>) -> Result<ReservationPage, StoreError> {
        reservation::page(&self.reservations, after).await
    }

    async fn timers(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&TimerId>,
    ) -> Result<TimerPage, StoreError> {
        timer::page(&self.timers, partition, until, after).await
    }

    async fn remove_timer(&self, id: &TimerId) -> Result<bool, StoreError> {
        timer::remove(&self.timers, id).await
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
        let (output, found) = self.table.read(pin!(query.send()), decode_with_state).await?;
        let more = output.last_evaluated_key.is_some();
        let mut commits = Vec::with_capacity(found.len());
        let mut states = Vec::new();
        for found in found.into_iter().rev() {
            let (commit, stored) = found?;
            states.extend(stored.map(|stored| CommitState::new(commit.version, stored)));
            commits.push(commit);
        }
        Ok(CommitPage::new(commits, more).with_states(states))
    }

    fn keeps_states(&self) -> bool {
        true
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        let start = after.map(|after| key(after.stream.pk(), &after.stream.commit_sk(after.version)));
        let page = scan::page(&self.table, extent, start, None, decode).await?;
        let next = page.next.map(|(pk, sk)| {
            let (stream, version) = StreamKey::parse_commit(&pk, &sk)?;
            Ok::<_, StoreError>(CommitKey::new(stream, version))
        });
        Ok(CommitScan::new(all(page.items)?, next.transpose()?))
    }

    async fn streams(
        &self,
        partition: &str,
        prefix: &str,
        after: Option<&CommitKey>,
        limit: usize,
    ) -> Result<StreamPage, StoreError> {
        stream_page::read(&self.table, partition, prefix, after, limit).await
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
        let (output, commits) = self.table.read(pin!(query.send()), decode).await?;
        let more = output.last_evaluated_key.is_some();
        Ok(CommitPage::new(all(commits)?, more))
    }

    pub(crate) fn stream(&self) -> TableStream {
        TableStream::new(self.table.clone(), self.streams.clone())
    }

    /// The commit that DynamoDB hands back with a failed condition.
    fn winner(&self, item: Option<Item>) -> Result<Commit, StoreError> {
        match item {
            Some(item) => decode(item.into()),
            None => Err(refused(format!(
                "table `{}`: the version is taken, and the answer does not say by what; \
                 does the endpoint know `ReturnValuesOnConditionCheckFailure`?",
                self.table.name
            ))),
        }
    }
}

/// Collects into one list in place: another list would be copied again and again as it grows.
fn all(commits: Vec<Result<Commit, StoreError>>) -> Result<Vec<Commit>, StoreError> {
    commits.into_iter().collect()
}

/// A commit, and the state that it carries. A state that is not JSON counts as no state, and so does one that is not a
/// snapshot: the commits have everything.
fn decode_with_state(mut row: Row<'_>) -> Result<(Commit, Option<Value>), StoreError> {
    let place = row.fields.iter().position(|(name, _)| name == record::STATE);
    let state = place.map(|place| row.fields.swap_remove(place).1);
    Ok((decode(row)?, state))
}

/// Attributes that a commit does not have are kept, whatever they are.
fn decode(row: Row<'_>) -> Result<Commit, StoreError> {
    let Row { fields, others } = row;
    record::decode(fields).map_err(|mut corrupt| {
        for other in others {
            corrupt.reason.push_str(&format!("; {other}"));
        }
        corrupt.into()
    })
}
