//! Keeps a service running: it works until it is told to stop, waits until an outage ends, and continues.

use std::error::Error;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};

/// The longest pause of [`doubled`].
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Work that continues after an outage.
pub trait Supervised: Send {
    /// Why it was interrupted.
    type Error: Error + Send + 'static;

    /// Its name in the log.
    const NAME: &'static str;

    /// Works until it is done, or `stop` is ready; then finishes what it has begun. After an outage it is called again,
    /// and continues where it was.
    fn work<S: Future<Output = ()> + Send>(
        &mut self,
        stop: Pin<&mut S>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The kind of outage of an error; `None` if waiting does not cure it.
    fn outage(&self, error: &Self::Error) -> Option<Outage>;

    /// How much has been done so far, in any unit. Work that made progress was not a failed start: the next pause is
    /// the shortest.
    fn progress(&self) -> u64;

    /// The length of the pause after this number of failures in a row, at least one.
    fn pause(&self, failures: u32) -> Duration;

    /// Waits for a pause. It may do pending work in the meantime.
    fn rest(&mut self, pause: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(pause)
    }

    /// Reports an outage.
    fn tell(&self, error: &Self::Error, outage: Outage, pause: Duration) {
        match outage {
            Outage::Passing => tracing::warn!(%error, wait = ?pause, "{} interrupted", Self::NAME),
            Outage::Lasting => {
                let error = error as &(dyn Error + 'static);
                tracing::error!(error, wait = ?pause, "{} interrupted", Self::NAME);
            }
        }
    }
}

/// A fault that waiting may cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It ends by itself.
    Passing,
    /// It may need a person: a right or a table is missing that was there before.
    Lasting,
}

impl Outage {
    /// The outage of work that continues after an error: one that is `transient` ends by itself.
    #[must_use]
    pub fn of(transient: bool) -> Self {
        if transient { Self::Passing } else { Self::Lasting }
    }
}

/// Keeps some work running until it is done or `stop` is ready. If it stops during an outage, that is reported, and is
/// not an error: unfinished work is left to the next run.
///
/// # Errors
/// The errors of the work that waiting does not cure.
pub async fn supervise<W: Supervised>(
    work: &mut W,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), W::Error> {
    let told = AtomicBool::new(false);
    let mut stop = pin!(async {
        stop.await;
        told.store(true, Ordering::Relaxed);
    });
    let mut failures = 0;
    loop {
        let before = work.progress();
        let Err(error) = work.work(stop.as_mut()).await else { return Ok(()) };
        let Some(outage) = work.outage(&error) else { return Err(error) };
        if told.load(Ordering::Relaxed) {
            tracing::warn!(%error, "{} stopped before it was done", W::NAME);
            return Ok(());
        }
        failures = if work.progress() == before { failures + 1 } else { 1 };
        let pause = work.pause(failures);
        work.tell(&error, outage, pause);
        if let Either::Left(_) = select(stop.as_mut(), pin!(work.rest(pause))).await {
            return Ok(());
        }
    }
}

/// A pause that doubles with every failure in a row, up to half a minute.
#[must_use]
pub fn doubled(shortest: Duration, failures: u32) -> Duration {
    shortest.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::sync::oneshot;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
    enum Failure {
        #[error("throttled")]
        Throttled,
        #[error("denied")]
        Denied,
        #[error("refused")]
        Refused,
    }

    /// What each call of the work does: how much is done, and how it ends.
    type Turn = (u64, Result<(), Failure>);

    #[derive(Default)]
    struct Script {
        turns: Vec<Turn>,
        done: u64,
        pauses: Vec<Duration>,
        /// Told to stop by the work itself, or during a pause.
        stop: Option<oneshot::Sender<()>>,
        stops_at_work: bool,
    }

    impl Supervised for Script {
        type Error = Failure;
        const NAME: &'static str = "script";

        async fn work<S: Future<Output = ()> + Send>(&mut self, stop: Pin<&mut S>) -> Result<(), Failure> {
            let (done, ended) = self.turns.remove(0);
            self.done += done;
            if self.stops_at_work {
                self.stop.take().unwrap().send(()).unwrap();
                stop.await;
            }
            ended
        }

        fn outage(&self, error: &Failure) -> Option<Outage> {
            (*error != Failure::Refused).then(|| Outage::of(*error == Failure::Throttled))
        }

        fn progress(&self) -> u64 {
            self.done
        }

        fn pause(&self, failures: u32) -> Duration {
            doubled(Duration::from_secs(1), failures)
        }

        async fn rest(&mut self, pause: Duration) {
            self.pauses.push(pause);
            if let Some(stop) = self.stop.take() {
                stop.send(()).unwrap();
                pending::<()>().await;
            }
        }

        fn tell(&self, _: &Failure, _: Outage, _: Duration) {}
    }

    fn script(turns: impl IntoIterator<Item = Turn>) -> Script {
        Script { turns: turns.into_iter().collect(), ..Script::default() }
    }

    fn seconds(pauses: &[Duration]) -> Vec<u64> {
        pauses.iter().map(Duration::as_secs).collect()
    }

    #[tokio::test]
    async fn pauses_grow_while_nothing_is_done_and_begin_anew_after_that() {
        let down = (0, Err(Failure::Throttled));
        let mut work = script([down; 7].into_iter().chain([(3, Err(Failure::Denied)), down, (0, Ok(()))]));
        assert_eq!(supervise(&mut work, pending()).await, Ok(()));
        assert_eq!(seconds(&work.pauses), [1, 2, 4, 8, 16, 30, 30, 1, 2]);
    }

    #[tokio::test]
    async fn what_waiting_does_not_cure_ends_the_work() {
        let mut work = script([(1, Err(Failure::Throttled)), (1, Err(Failure::Refused))]);
        assert_eq!(supervise(&mut work, pending()).await, Err(Failure::Refused));
        let mut work = script([(0, Err(Failure::Refused))]);
        assert_eq!(supervise(&mut work, ready(())).await, Err(Failure::Refused), "also when it is to stop");
    }

    #[tokio::test]
    async fn a_stop_amid_an_outage_is_no_error() {
        for stops_at_work in [true, false] {
            let (stop, stopped) = oneshot::channel();
            let mut work = script([(0, Err(Failure::Throttled))]);
            (work.stop, work.stops_at_work) = (Some(stop), stops_at_work);
            let ended = supervise(&mut work, async { stopped.await.unwrap() }).await;
            assert_eq!((ended, work.turns.len()), (Ok(()), 0));
            assert_eq!(work.pauses.is_empty(), stops_at_work, "nobody waits who was told to stop before");
        }
    }
}
