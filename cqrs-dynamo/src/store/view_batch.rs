//! Many views in one request. Views that such a request leaves undecided are read or written one by one.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use cqrs_core::StoreError;
use cqrs_core::projection::ViewId;
use cqrs_core::store::limits;
use cqrs_core::store::record::Record;
use cqrs_core::view::{IndexEntry, MAX_INDEXES, Revision, StoredView, SwapIn, Write};
use futures_util::future::try_join_all;

use super::view::{DynamoViewStore, outcome};
use super::view_condition::{OLDER_IN_PARTIQL, at, older_than, older_values};
use crate::table::{
    Executed, ItemWrite, KEYS_AT_ONCE, Make, STATEMENTS_AT_ONCE, Statement, Written, checked, key,
};

/// A batch is sent when it has this number of bytes. DynamoDB takes more; this is what a replay keeps in memory.
const BYTES_AT_ONCE: usize = limits::MAX_TRANSACTION_BYTES;

/// The number of swaps in one transaction: each writes two items.
const SWAPS_AT_ONCE: usize = limits::MAX_TRANSACTION_ITEMS / 2;

/// How many requests of one call run at a time, if each is for one view.
const AT_A_TIME: usize = 8;

/// What a store has found out about requests for many views. Its clones share it.
#[derive(Debug, Default)]
pub(super) struct Batches {
    /// The caller has no right to them, or the service in place of DynamoDB does not know them.
    are_reads_refused: AtomicBool,
    are_writes_refused: AtomicBool,
    /// Whether most rebuilt views are new. PartiQL has one statement for an existing item and another one for a new
    /// item, and the wrong one costs a write unit for nothing.
    are_new: AtomicBool,
}

/// How a rebuilt view is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Insert,
    Update,
}

impl Way {
    fn other(self) -> Self {
        match self {
            Self::Insert => Self::Update,
            Self::Update => Self::Insert,
        }
    }
}

impl DynamoViewStore {
    /// Reads views or fences, in the order of their ids.
    pub(super) async fn read_all<T: Clone + Send + 'static>(
        &self,
        ids: &[ViewId],
        make: Make<Result<T, StoreError>>,
    ) -> Result<Vec<Option<T>>, StoreError> {
        let mut open: BTreeSet<(String, String)> =
            ids.iter().map(|id| (id.pk.clone(), id.sk.clone())).collect();
        let mut found: HashMap<(String, String), Option<T>> = HashMap::with_capacity(open.len());
        let mut is_refused = self.batches.are_reads_refused.load(Ordering::Relaxed);
        // One item takes one request in either case, and this request needs no other right.
        while !is_refused && open.len() > 1 {
            let some: Vec<_> = open.iter().take(KEYS_AT_ONCE).cloned().collect();
            match self.table.get_some(&some).await {
                // It is throttled. For single items, the SDK waits as for all requests.
                Ok(read) if read.is_empty() => break,
                Ok(read) => {
                    for (key, item) in read {
                        open.remove(&key);
                        found.insert(key, item.map(|item| make(item.into())).transpose()?);
                    }
                }
                Err(StoreError::Denied { .. } | StoreError::Refused { .. }) => is_refused = true,
                Err(error) => return Err(error),
            }
        }
        let open: Vec<_> = open.into_iter().collect();
        for some in open.chunks(AT_A_TIME) {
            let read = some.iter().map(|(pk, sk)| self.table.get(key(pk, sk), true, make));
            for (key, item) in some.iter().zip(try_join_all(read).await?) {
                found.insert(key.clone(), item.transpose()?);
            }
        }
        if is_refused {
            // If the single request is refused too, the reason is not the batch.
            self.batches.are_reads_refused.store(true, Ordering::Relaxed);
        }
        let take = |id: &ViewId| found.get(&(id.pk.clone(), id.sk.clone())).cloned().flatten();
        Ok(ids.iter().map(take).collect())
    }

    /// Writes rebuilt views, each under its own condition.
    pub(super) async fn put_older(&self, views: &[StoredView]) -> Result<Vec<Write>, StoreError> {
        let records =
            views.iter().map(|view| checked(view.record())).collect::<Result<Vec<_>, StoreError>>()?;
        let sizes: Vec<usize> = records.iter().map(limits::size).collect();
        let mut written = Vec::with_capacity(views.len());
        let (mut views, mut records) = (views, records.as_slice());
        for count in batches(&sizes, STATEMENTS_AT_ONCE) {
            let (some, rest) = views.split_at(count);
            let (of_some, others) = records.split_at(count);
            written.extend(self.put_batch(some, of_some).await?);
            (views, records) = (rest, others);
        }
        Ok(written)
    }

    async fn put_batch(&self, views: &[StoredView], records: &[Record]) -> Result<Vec<Write>, StoreError> {
        let mut written = vec![None; views.len()];
        let mut singly: Vec<usize> = Vec::new();
        let mut open: Vec<usize> = (0..views.len()).collect();
        let first = match self.batches.are_new.load(Ordering::Relaxed) {
            true => Way::Insert,
            false => Way::Update,
        };
        let mut is_refused = self.batches.are_writes_refused.load(Ordering::Relaxed);
        if is_refused || views.len() < 2 {
            singly.append(&mut open);
        }
        for way in [first, first.other()] {
            if open.is_empty() {
                break;
            }
            let statements = open.iter().filter_map(|&index| {
                let (view, record) = (views.get(index)?, records.get(index)?);
                Some(statement(&self.table.name, view, record.clone(), way))
            });
            let executed = match self.table.execute_all(statements.collect()).await {
                Ok(executed) => executed,
                Err(StoreError::Denied { .. } | StoreError::Refused { .. }) => {
                    is_refused = true;
                    singly.append(&mut open);
                    break;
                }
                Err(error) => return Err(error),
            };
            is_refused = executed.iter().all(|executed| *executed == Executed::Barred);
            let tried = open.len();
            let mut other = Vec::new();
            for (index, executed) in open.into_iter().zip(executed) {
                let decided = match (way, executed) {
                    (_, Executed::Done) => Write::Done,
                    (Way::Update, Executed::Refused) => Write::Stale,
                    (Way::Update, Executed::Absent) | (Way::Insert, Executed::Refused) => {
                        other.push(index);
                        continue;
                    }
                    (Way::Insert, Executed::Absent) | (_, Executed::Undecided | Executed::Barred) => {
                        singly.push(index);
                        continue;
                    }
                };
                if let Some(place) = written.get_mut(index) {
                    *place = Some(decided);
                }
            }
            if way == first && other.len() * 2 > tried {
                self.batches.are_new.store(first == Way::Update, Ordering::Relaxed);
            }
            open = other;
        }
        for some in singly.chunks(AT_A_TIME) {
            let puts = some.iter().filter_map(|&index| Some((index, views.get(index)?, records.get(index)?)));
            let puts = puts.map(|(index, view, record)| async move {
                let put = || Ok(ItemWrite::put(record.clone(), older_than(view)));
                Ok::<_, StoreError>((index, outcome(self.table.write(put).await?)))
            });
            for (index, put) in try_join_all(puts).await? {
                if let Some(place) = written.get_mut(index) {
                    *place = Some(put);
                }
            }
        }
        if is_refused {
            self.batches.are_writes_refused.store(true, Ordering::Relaxed);
        }
        // A view that neither existed nor was new has been written or removed in between.
        Ok(written.into_iter().map(|written| written.unwrap_or(Write::Stale)).collect())
    }

    /// Puts views in place of live ones, many in one transaction, which succeeds if no other writer has written any of
    /// them.
    pub(super) async fn swap_all(&self, swaps: &[SwapIn]) -> Result<Vec<Write>, StoreError> {
        let records =
            swaps.iter().map(|swap| checked(swap.view.record())).collect::<Result<Vec<_>, StoreError>>()?;
        let sizes: Vec<usize> = records.iter().map(limits::size).collect();
        let mut written = Vec::with_capacity(swaps.len());
        let (mut swaps, mut records) = (swaps, records.as_slice());
        for count in batches(&sizes, SWAPS_AT_ONCE) {
            let (some, rest) = swaps.split_at(count);
            let (of_some, others) = records.split_at(count);
            written.extend(self.swap_batch(some, of_some).await?);
            (swaps, records) = (rest, others);
        }
        Ok(written)
    }

    async fn swap_batch(&self, swaps: &[SwapIn], records: &[Record]) -> Result<Vec<Write>, StoreError> {
        let writes = swaps.iter().zip(records).flat_map(|(swap, record)| {
            swap_writes(record, swap.expected, &swap.shadow, swap.shadow_expected)
        });
        match self.table.write_all(writes).await {
            Ok(Written::Done(_)) => return Ok(vec![Write::Done; swaps.len()]),
            // One of them was written by another writer; the others were not.
            Ok(Written::Refused(_)) if swaps.len() > 1 => {}
            Ok(Written::Refused(_)) => return Ok(vec![Write::Stale]),
            Err(error) if error.is_transient() && swaps.len() > 1 => {}
            Err(error) => return Err(error),
        }
        let mut written = Vec::with_capacity(swaps.len());
        for (some, of_some) in swaps.chunks(AT_A_TIME).zip(records.chunks(AT_A_TIME)) {
            let singly = some.iter().zip(of_some).map(|(swap, record)| async move {
                let writes = swap_writes(record, swap.expected, &swap.shadow, swap.shadow_expected);
                Ok::<_, StoreError>(outcome(self.table.write_all(writes).await?))
            });
            written.extend(try_join_all(singly).await?);
        }
        Ok(written)
    }
}

/// The two items that a swap writes.
pub(super) fn swap_writes(
    record: &Record,
    expected: Revision,
    shadow: &ViewId,
    shadow_expected: Revision,
) -> [ItemWrite; 2] {
    let put = ItemWrite::put(record.clone(), at(expected));
    [put, ItemWrite::delete(key(&shadow.pk, &shadow.sk), at(shadow_expected))]
}

/// How many items each batch has.
fn batches(sizes: &[usize], most: usize) -> Vec<usize> {
    let (mut counts, mut count, mut bytes) = (Vec::new(), 0, 0);
    for size in sizes {
        if count > 0 && (count == most || bytes + size > BYTES_AT_ONCE) {
            counts.push(count);
            (count, bytes) = (0, 0);
        }
        (count, bytes) = (count + 1, bytes + size);
    }
    counts.extend(Some(count).filter(|count| *count > 0));
    counts
}

fn statement(table: &str, view: &StoredView, record: Record, way: Way) -> Statement {
    if way == Way::Insert {
        return Statement::insert(table, record);
    }
    // `PutItem` would have left them out. Without both of its keys, an index does not list the view, and one key alone
    // means nothing.
    let indexes = (1..=MAX_INDEXES).map(|slot| IndexEntry::attributes(slot).0);
    let optional = ["build", "digest", "fingerprint", "unfenced"].map(str::to_owned).into_iter();
    let removed: Vec<String> = optional.chain(indexes).filter(|name| !record.contains_key(name)).collect();
    let removed = removed.iter().map(String::as_str);
    Statement::update(table, record, removed, OLDER_IN_PARTIQL, older_values(view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_so_many_items_and_so_many_bytes() {
        assert_eq!(batches(&[], 25), [0_usize; 0]);
        assert_eq!(batches(&[1; 60], 25), [25, 25, 10]);
        let large = limits::MAX_ITEM_BYTES;
        assert_eq!(batches(&[large; 24], 25), [10, 10, 4]);
        assert_eq!(batches(&[BYTES_AT_ONCE + 1, 1], 25), [1, 1]);
    }
}
