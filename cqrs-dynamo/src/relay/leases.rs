use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::{StoreError, Timestamp};

use super::lease::{Board, Holder, Lease, Life, Segment, Sign};
use crate::names::partition;
use crate::store::DynamoDeliveryStore;
use crate::table::{Condition, Item, ItemWrite, Written, key};

/// No shard id begins like these.
const BEGUN: &str = "@begun";
const RELAY: &str = "@relay#";

/// The condition under which its owner may write a lease.
const MINE: &str = "#owner = :me";

/// A sign of life, as part of an update that begins with `SET`.
const ALIVE: &str = "#until = :until, leaseMillis = :lasts ADD beat :one";
const BEAT: &str = "beat";
const LASTS: &str = "leaseMillis";

/// Reserved words of DynamoDB's expressions.
const RESERVED: [(&str, &str); 3] = [("#owner", "owner"), ("#until", "until"), ("#position", "position")];

/// The leases of the relays of one name, in the delivery table.
#[derive(Debug, Clone)]
pub(super) struct Leases {
    store: DynamoDeliveryStore,
    pk: String,
    me: String,
    /// How long a lease of this relay lasts after a sign of life.
    lasts: Duration,
    announced: Arc<AtomicU64>,
}

impl Leases {
    /// `me` is this relay's own name among relays of one name; its leases last for `lasts` after a sign of life.
    pub(super) fn new(store: DynamoDeliveryStore, name: &str, me: String, lasts: Duration) -> Self {
        Self { store, pk: partition::leases(name), me, lasts, announced: Arc::default() }
    }

    pub(super) fn me(&self) -> &str {
        &self.me
    }

    pub(super) async fn board(&self) -> Result<Board, StoreError> {
        let mut board = Board::default();
        let mut start = None;
        loop {
            let (items, next) = self.store.page(&self.pk, start).await?;
            for item in items {
                let id = self.store.text(&item, "sk")?;
                if id == BEGUN {
                    board.begun = true;
                } else if let Some(relay) = id.strip_prefix(RELAY) {
                    board.relays.insert(relay.to_owned(), (self.sign(&item)?, Life::Unknown));
                } else {
                    let lease = self.lease(&item)?;
                    let leases =
                        if Segment::parse(&id).is_some() { &mut board.segments } else { &mut board.shards };
                    leases.insert(id, lease);
                }
            }
            if next.is_none() {
                return Ok(board);
            }
            start = next;
        }
    }

    /// Says that this relay is at work.
    pub(super) async fn announce(&self, until: Timestamp) -> Result<(), StoreError> {
        let beat = self.announced.fetch_add(1, Ordering::Relaxed) + 1;
        let mut item = key(&self.pk, &format!("{RELAY}{}", self.me));
        item.insert("until".to_owned(), stamp(until));
        item.insert(LASTS.to_owned(), self.lasts());
        item.insert(BEAT.to_owned(), AttributeValue::N(beat.to_string()));
        self.store.table.put(item).await
    }

    /// Withdraws that.
    pub(super) async fn leave(&self) -> Result<(), StoreError> {
        self.forget_relay(&self.me).await
    }

    pub(super) async fn forget_relay(&self, relay: &str) -> Result<(), StoreError> {
        self.forget(&format!("{RELAY}{relay}")).await
    }

    pub(super) async fn forget(&self, id: &str) -> Result<(), StoreError> {
        self.store.table.delete(key(&self.pk, id)).await
    }

    /// Says that all initial shards have a lease.
    pub(super) async fn begin(&self) -> Result<(), StoreError> {
        self.store.table.put(key(&self.pk, BEGUN)).await
    }

    /// Makes the lease of a shard, unless another relay was faster.
    pub(super) async fn register(&self, lease: &Lease) -> Result<(), StoreError> {
        let values = [(":since", stamp(lease.since)), (":acknowledgedAt", stamp(lease.acknowledged_at))];
        let set = "SET since = :since, acknowledgedAt = :acknowledgedAt";
        self.update(&lease.id, set, "attribute_not_exists(pk)", values).await?;
        Ok(())
    }

    /// Makes a segment of a catch-up, and replaces an older one. A segment that goes back as far and was made after `fresh`
    /// stays: another relay has seen the same hole.
    pub(super) async fn open_segment(
        &self,
        segment: Segment,
        since: Timestamp,
        now: Timestamp,
        fresh: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [(":since", stamp(now)), (":acknowledgedAt", stamp(since)), (":fresh", stamp(fresh))];
        let set = "SET since = :since, acknowledgedAt = :acknowledgedAt REMOVE #owner, #until, #position";
        let older = "attribute_not_exists(pk) OR acknowledgedAt > :acknowledgedAt OR since < :fresh";
        self.update(&segment.id(), set, older, values).await?;
        Ok(())
    }

    /// Becomes the owner if the lease is as it was seen: free, or with the last sign of life of a dead relay. Returns the lease
    /// as it is now.
    pub(super) async fn take(&self, seen: &Lease, until: Timestamp) -> Result<Option<Lease>, StoreError> {
        let (free, values) = self.free(seen);
        let free = format!("attribute_exists(pk) AND attribute_not_exists(done) AND ({free})");
        let values = values.into_iter().chain(self.alive(until));
        let taken = self.update(&seen.id, &format!("SET #owner = :me, {ALIVE}"), &free, values).await?;
        taken.map(|item| self.lease(&item)).transpose()
    }

    /// The condition that no relay has taken the lease, or given a sign of life, since it was seen.
    fn free(&self, seen: &Lease) -> (String, Vec<(&'static str, AttributeValue)>) {
        let mut free = "attribute_not_exists(#owner) OR #owner = :me".to_owned();
        let mut values = vec![(":me", self.owner())];
        if let Some(Holder { relay, sign, .. }) =
            seen.holder.as_ref().filter(|holder| holder.relay != self.me)
        {
            values.push((":was", AttributeValue::S(relay.clone())));
            let same = match (sign.beat, sign.until) {
                (Some(beat), _) => {
                    values.push((":seen", AttributeValue::N(beat.to_string())));
                    "beat = :seen"
                }
                (None, Some(until)) => {
                    values.push((":seen", stamp(until)));
                    "attribute_not_exists(beat) AND #until = :seen"
                }
                (None, None) => "attribute_not_exists(beat) AND attribute_not_exists(#until)",
            };
            free = format!("{free} OR (#owner = :was AND {same})");
        }
        (free, values)
    }

    /// Stays the owner; false if another relay has become the owner.
    pub(super) async fn renew(&self, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        let values = self.alive(until).into_iter().chain([(":me", self.owner())]);
        Ok(self.update(id, &format!("SET {ALIVE}"), MINE, values).await?.is_some())
    }

    /// Moves the position, and stays the owner; false if another relay has become the owner.
    pub(super) async fn advance(
        &self,
        id: &str,
        position: &str,
        acknowledged_at: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let moved = [
            (":me", self.owner()),
            (":position", AttributeValue::S(position.to_owned())),
            (":acknowledgedAt", stamp(acknowledged_at)),
        ];
        let set = format!("SET #position = :position, acknowledgedAt = :acknowledgedAt, {ALIVE}");
        let values = self.alive(until).into_iter().chain(moved);
        Ok(self.update(id, &set, MINE, values).await?.is_some())
    }

    /// Hands the lease back.
    pub(super) async fn release(&self, id: &str) -> Result<(), StoreError> {
        self.update(id, "REMOVE #owner, #until", MINE, [(":me", self.owner())]).await?;
        Ok(())
    }

    /// Says that all of a shard is published; false if another relay has become the owner.
    pub(super) async fn finish(&self, id: &str) -> Result<bool, StoreError> {
        let values = [(":me", self.owner()), (":done", AttributeValue::Bool(true))];
        // Sent again after a lost answer, it finds what it did itself.
        let mine = format!("{MINE} OR done = :done");
        Ok(self.update(id, "SET done = :done REMOVE #owner, #until", &mine, values).await?.is_some())
    }

    /// Skips what can no longer be read of a shard, after a catch-up has been opened for it.
    pub(super) async fn give_up(&self, id: &str) -> Result<(), StoreError> {
        let values = [(":done", AttributeValue::Bool(true))];
        self.update(id, "SET done = :done REMOVE #owner, #until", "attribute_exists(pk)", values).await?;
        Ok(())
    }

    /// Moves to the oldest record of a shard, after a catch-up has been opened for the earlier ones.
    pub(super) async fn restart(&self, seen: &Lease, now: Timestamp) -> Result<(), StoreError> {
        let (free, values) = self.free(seen);
        let values = values.into_iter().chain([(":now", stamp(now))]);
        let set = "SET since = :now, acknowledgedAt = :now REMOVE #owner, #until, #position";
        self.update(&seen.id, set, &format!("attribute_exists(pk) AND ({free})"), values).await?;
        Ok(())
    }

    /// Removes a finished segment; false if another relay has become the owner.
    pub(super) async fn close_segment(&self, id: &str) -> Result<bool, StoreError> {
        // A missing one was deleted by this relay itself, and the answer was lost.
        let mine = "attribute_not_exists(pk) OR #owner = :me";
        let delete = || {
            let mine = Condition::of(mine).names(reserved(mine)).values([(":me", self.owner())]);
            Ok(ItemWrite::delete(key(&self.pk, id), mine))
        };
        Ok(matches!(self.store.table.write(delete).await?, Written::Done(_)))
    }

    /// Changes an item under a condition, and returns the new item, or `None` if the condition does not hold.
    async fn update(
        &self,
        id: &str,
        update: &str,
        condition: &str,
        values: impl IntoIterator<Item = (&'static str, AttributeValue)>,
    ) -> Result<Option<Item>, StoreError> {
        let values: Vec<_> = values.into_iter().collect();
        let write = || {
            let names = reserved(update).chain(reserved(condition));
            let condition = Condition::of(condition.to_owned()).names(names).values(values.clone());
            Ok(ItemWrite::update(key(&self.pk, id), update, condition))
        };
        match self.store.table.write(write).await? {
            Written::Done(item) => Ok(Some(item.unwrap_or_default())),
            Written::Refused(_) => Ok(None),
        }
    }

    fn owner(&self) -> AttributeValue {
        AttributeValue::S(self.me.clone())
    }

    fn lasts(&self) -> AttributeValue {
        AttributeValue::N(self.lasts.as_millis().to_string())
    }

    /// The values of [`ALIVE`].
    fn alive(&self, until: Timestamp) -> [(&'static str, AttributeValue); 3] {
        let one = AttributeValue::N("1".to_owned());
        [(":until", stamp(until)), (":lasts", self.lasts()), (":one", one)]
    }

    fn lease(&self, item: &Item) -> Result<Lease, StoreError> {
        let optional = |name: &str| item.contains_key(name).then(|| self.store.text(item, name)).transpose();
        Ok(Lease {
            id: self.store.text(item, "sk")?,
            holder: match optional("owner")? {
                Some(relay) => Some(Holder { relay, sign: self.sign(item)?, life: Life::Unknown }),
                None => None,
            },
            position: optional("position")?,
            acknowledged_at: self.time(item, "acknowledgedAt")?,
            since: self.time(item, "since")?,
            done: item.contains_key("done"),
        })
    }

    fn sign(&self, item: &Item) -> Result<Sign, StoreError> {
        Ok(Sign {
            until: item.contains_key("until").then(|| self.time(item, "until")).transpose()?,
            beat: self.number(item, BEAT)?,
            lasts: self.number(item, LASTS)?.map(Duration::from_millis),
        })
    }

    /// A whole number; `None` if it is missing.
    fn number(&self, item: &Item, name: &str) -> Result<Option<u64>, StoreError> {
        let Some(value) = item.get(name) else { return Ok(None) };
        let number = value.as_n().ok().and_then(|text| text.parse().ok());
        number.map(Some).ok_or_else(|| self.store.unreadable(item, name))
    }

    fn time(&self, item: &Item, name: &str) -> Result<Timestamp, StoreError> {
        self.store.text(item, name)?.parse().map_err(|_| self.store.unreadable(item, name))
    }
}

/// The reserved words that an expression uses.
fn reserved(expression: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    RESERVED.into_iter().filter(|(alias, _)| expression.contains(alias))
}

/// Times as texts of one length, so that DynamoDB sorts them by time.
fn stamp(at: Timestamp) -> AttributeValue {
    AttributeValue::S(at.to_string())
}
