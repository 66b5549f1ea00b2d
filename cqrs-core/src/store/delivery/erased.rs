use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;

use super::{Claim, DeadLetter, DeliveryStore, Finish, Inbox, InboxId, InboxLease, LetterId};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::store::{Positions, StoreError};
use crate::timestamp::Timestamp;
use crate::version::Version;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`DeliveryStore`] behind a pointer.
pub(crate) trait DynDeliveryStore: Send + Sync {
    fn positions<'a>(&'a self, subscriber: &'a str) -> Boxed<'a, Positions>;
    fn save_position<'a>(&'a self, subscriber: &'a str, shard: &'a str, position: &'a str) -> Boxed<'a, ()>;
    fn put_letter<'a>(&'a self, letter: &'a DeadLetter) -> Boxed<'a, ()>;
    fn letters<'a>(&'a self, subscriber: &'a str, after: Option<&'a LetterId>) -> Boxed<'a, Vec<DeadLetter>>;
    fn remove_letter<'a>(&'a self, id: &'a LetterId) -> Boxed<'a, ()>;
    fn park<'a>(&'a self, queue: &'a str, stream: &'a StreamKey, version: Version) -> Boxed<'a, ()>;
    fn unpark<'a>(&'a self, queue: &'a str, stream: &'a StreamKey, version: Version) -> Boxed<'a, ()>;
    fn count_attempt<'a>(&'a self, queue: &'a str, commit: &'a Commit, expires: Timestamp) -> Boxed<'a, u32>;
    fn forget_attempts<'a>(&'a self, queue: &'a str, commit: &'a Commit) -> Boxed<'a, ()>;
    fn parked<'a>(&'a self, queue: &'a str, among: &'a [StreamKey]) -> Boxed<'a, HashSet<StreamKey>>;
    fn claim<'a>(&'a self, id: &'a InboxId, lease: &'a InboxLease) -> Boxed<'a, Claim>;
    fn finish<'a>(&'a self, id: &'a InboxId, lease: &'a InboxLease) -> Boxed<'a, Finish>;
    fn release<'a>(&'a self, id: &'a InboxId, lease: &'a InboxLease) -> Boxed<'a, ()>;
}

impl<S: DeliveryStore> DynDeliveryStore for S {
    fn positions<'a>(&'a self, subscriber: &'a str) -> Boxed<'a, Positions> {
        Box::pin(DeliveryStore::positions(self, subscriber))
    }
    fn save_position<'a>(&'a self, subscriber: &'a str, shard: &'a str, position: &'a str) -> Boxed<'a, ()> {
        Box::pin(DeliveryStore::save_position(self, subscriber, shard, position))
    }
    fn put_letter<'a>(&'a self, letter: &'a DeadLetter) -> Boxed<'a, ()> {
        Box::pin(DeliveryStore::put_letter(self, letter))
    }
    fn letters<'a>(&'a self, subscriber: &'a str, after: Option<&'a LetterId>) -> Boxed<'a, Vec<DeadLetter>> {
        Box::pin(DeliveryStore::letters(self, subscriber, after))
    }
    fn remove_letter<'a>(&'a self, id: &'a LetterId) -> Boxed<'a, ()> {
        Box::pin(DeliveryStore::remove_letter(self, id))
    }
    fn park<'a>(&'a self, queue: &'a str, stream: &'a StreamKey, version: Version) -> Boxed<'a, ()> {
        Box::pin(DeliveryStore::park(self, queue, stream, version))
    }
    fn unpark<'a>(&'a self, queue: &'a str, stream: &'a StreamKey, version: Version) -> Boxed<'a, ()> {
        Box::pin(DeliveryStore::unpark(self, queue, stream, version))
    }
    fn count_attempt<'a>(&'a self, queue: &'a str, commit: &'a Commit, expires: Timestamp) -> Boxed<'a, u32> {
        Box::pin(DeliveryStore::count_attempt(self, queue, commit, expires))
    }
    fn forget_attempts<'a>(&'a self, queue: &'a str, commit: &'a Commit) -> Boxed<'a, ()> {
        Box::pin(DeliveryStore::forget_attempts(self, queue, commit))
    }
    fn parked<'a>(&'a self, queue: &'a str, among: &'a [StreamKey]) -> Boxed<'a, HashSet<StreamKey>> {
        Box::pin(DeliveryStore::parked(self, queue, among))
    }
    fn claim<'a>(&'a self, id: &'a InboxId, lease: &'a InboxLease) -> Boxed<'a, Claim> {
        Box::pin(Inbox::claim(self, id, lease))
    }
    fn finish<'a>(&'a self, id: &'a InboxId, lease: &'a InboxLease) -> Boxed<'a, Finish> {
        Box::pin(Inbox::finish(self, id, lease))
    }
    fn release<'a>(&'a self, id: &'a InboxId, lease: &'a InboxLease) -> Boxed<'a, ()> {
        Box::pin(Inbox::release(self, id, lease))
    }
}
