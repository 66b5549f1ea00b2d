use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::key::StreamKey;
use crate::version::Version;

/// Wakes readers that wait for a projection to take a commit, if the projection runs in this process.
///
/// It only says that a read is worthwhile: the store decides what is in a view.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    awaited: Mutex<HashMap<Place, watch::Sender<Version>>>,
    /// How many deliveries from the feed run in this process.
    deliveries: AtomicUsize,
}

/// The name of a view, and a stream that goes into it.
type Place = (&'static str, StreamKey);

impl Arrivals {
    /// Notes that a projection has taken a stream up to a version.
    pub(crate) fn note(&self, view: &'static str, stream: &StreamKey, version: Version) {
        let awaited = self.awaited();
        // In most processes there is no waiting reader, and finding that out must not cost a key.
        if awaited.is_empty() {
            return;
        }
        if let Some(place) = awaited.get(&(view, stream.clone())) {
            place.send_modify(|reached| *reached = version.max(*reached));
        }
    }

    /// Listens from now on. Begin before you read, so that a write after the read is not missed.
    pub(crate) fn listen(&self, view: &'static str, stream: &StreamKey) -> Listener<'_> {
        let place = (view, stream.clone());
        let receiver = self.awaited().entry(place.clone()).or_default().subscribe();
        Listener { arrivals: self, place, receiver }
    }

    /// Says that a delivery from the feed runs in this process, until the returned guard is dropped.
    pub(crate) fn begin_delivery(&self) -> RunningDelivery<'_> {
        self.deliveries.fetch_add(1, Ordering::Relaxed);
        RunningDelivery(self)
    }

    /// Whether this process takes commits from the feed.
    pub(crate) fn are_delivered_here(&self) -> bool {
        self.deliveries.load(Ordering::Relaxed) > 0
    }

    fn awaited(&self) -> MutexGuard<'_, HashMap<Place, watch::Sender<Version>>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader that waits for a projection and a stream.
#[derive(Debug)]
pub(crate) struct Listener<'a> {
    arrivals: &'a Arrivals,
    place: Place,
    receiver: watch::Receiver<Version>,
}

impl Listener<'_> {
    /// Ready when something new was noted for this listener, and the projection has reached `version`.
    pub(crate) async fn reaches(&mut self, version: Version) {
        // The sender stays as long as there is a listener.
        while self.receiver.changed().await.is_ok() {
            if *self.receiver.borrow_and_update() >= version {
                return;
            }
        }
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let mut awaited = self.arrivals.awaited();
        // This one still counts.
        if awaited.get(&self.place).is_some_and(|sender| sender.receiver_count() <= 1) {
            awaited.remove(&self.place);
        }
    }
}

/// See [`Arrivals::begin_delivery`].
#[derive(Debug)]
pub(crate) struct RunningDelivery<'a>(&'a Arrivals);

impl Drop for RunningDelivery<'_> {
    fn drop(&mut self) {
        self.0.deliveries.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const VIEW: &str = "STATEMENT";

    fn stream(id: &str) -> StreamKey {
        StreamKey::new("BANK#ACCOUNT", format!("ACCOUNT#{id}")).unwrap()
    }

    #[test]
    fn only_those_are_woken_whose_commit_has_come() {
        let arrivals = Arrivals::default();
        let (mut one, mut two) = (arrivals.listen(VIEW, &stream("1")), arrivals.listen(VIEW, &stream("2")));
        let mut further = arrivals.listen(VIEW, &stream("1"));
        arrivals.note("WEALTH", &stream("1"), Version::new(9));
        arrivals.note(VIEW, &stream("1"), Version::new(3));
        assert!(one.reaches(Version::new(3)).now_or_never().is_some());
        assert!(one.reaches(Version::new(3)).now_or_never().is_none(), "it was told");
        assert!(further.reaches(Version::new(4)).now_or_never().is_none());
        assert!(two.reaches(Version::new(1)).now_or_never().is_none());
    }

    #[test]
    fn what_comes_again_does_not_hide_what_came_before() {
        let arrivals = Arrivals::default();
        let mut listener = arrivals.listen(VIEW, &stream("1"));
        arrivals.note(VIEW, &stream("1"), Version::new(3));
        arrivals.note(VIEW, &stream("1"), Version::new(2));
        assert!(listener.reaches(Version::new(3)).now_or_never().is_some());
    }

    #[test]
    fn nothing_is_kept_of_those_who_went() {
        let arrivals = Arrivals::default();
        let (one, other) = (arrivals.listen(VIEW, &stream("1")), arrivals.listen(VIEW, &stream("1")));
        drop(one);
        assert_eq!(arrivals.awaited().len(), 1);
        drop(other);
        assert!(arrivals.awaited().is_empty());
    }
}
