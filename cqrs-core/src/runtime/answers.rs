use std::cell::Cell;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::command::{Command, Decide, ExecuteError, TransactionError};
use crate::handler::{HandlerError, StoreFault};
use crate::key::StreamKey;
use crate::store::StoreError;

/// A command that was answered with an error.
#[derive(Debug)]
pub(crate) struct Failed {
    find: fn(&(dyn Error + 'static)) -> Option<Answer>,
    answer: Answer,
    /// Its text, by which it is known where the type is hidden: a transparent error hides the type of the inner one. None after a
    /// command that was done, for an error that the handler makes later may read alike.
    text: Option<String>,
    /// What was answered: the command or the transaction, and its streams.
    what: String,
    /// Whether it was for one version of the stream that lost: then a conflict is not a matter of other writers alone.
    pinned: bool,
}

/// What a command was answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Answer {
    /// The same command would get it next time, too.
    is_final: bool,
    /// The fault of the store or of other writers, if no command is to blame for it.
    fault: Option<StoreFault>,
}

impl Failed {
    pub(crate) fn of<A: Decide<C>, C: Command>(
        target: &StreamKey,
        error: &ExecuteError<A::Rejection>,
        pinned: bool,
    ) -> Self {
        let find = |error: &(dyn Error + 'static)| A::find_error(error).map(Answer::of);
        let what = format!("command `{}` to stream {target}", A::command_name());
        let failed = Self { find, answer: Answer::of(error), text: A::error_text(error), what, pinned };
        Self { answer: failed.judge(failed.answer), ..failed }
    }

    /// The same for the answer to a transaction.
    pub(crate) fn of_transaction(streams: &[StreamKey], error: &TransactionError, pinned: bool) -> Self {
        let find = |error: &(dyn Error + 'static)| error.downcast_ref().map(Answer::of_transaction);
        let streams: Vec<_> = streams.iter().map(ToString::to_string).collect();
        let what = format!("transaction on streams {}", streams.join(", "));
        let failed =
            Self { find, answer: Answer::of_transaction(error), text: Some(error.to_string()), what, pinned };
        Self { answer: failed.judge(failed.answer), ..failed }
    }

    fn judge(&self, answer: Answer) -> Answer {
        let fault = answer.fault.filter(|fault| !self.pinned || *fault != StoreFault::Contended);
        Answer { fault, ..answer }
    }

    /// From here on it is known by its type only.
    pub(super) fn forget_text(&mut self) {
        self.text = None;
    }

    /// Reports it to the handler that is running, if a store or other writers are to blame: the app that was called is
    /// not the handler's own, and knows nothing of the run.
    pub(crate) fn tell(self) {
        if self.answer.fault.is_none() {
            return;
        }
        HEARD.with(|cell| {
            // Outside of a handler there is nobody to tell.
            let heard = cell.take().map(|mut heard| {
                heard.push(self);
                heard
            });
            cell.set(heard);
        });
    }

    /// The answer, if it is this error or one of its sources.
    fn among(&self, error: &(dyn Error + 'static)) -> Option<Answer> {
        let mut found = Some(error);
        while let Some(error) = found {
            if let Some(answer) = (self.find)(error) {
                return Some(self.judge(answer));
            }
            found = error.source();
        }
        (self.text.as_ref() == Some(&error.to_string())).then_some(self.answer)
    }
}

/// Makes an error that a handler returns name the command that was answered with it, the latest one.
pub(super) fn judge(failed: &[Failed], error: HandlerError) -> HandlerError {
    for failed in failed.iter().rev() {
        if let Some(answer) = failed.among(error.source()) {
            return error.answered(failed.what.clone(), answer.is_final, answer.fault);
        }
    }
    error
}

impl Answer {
    fn of<R>(error: &ExecuteError<R>) -> Self {
        let is_conflict = matches!(error, ExecuteError::Conflict { .. });
        Self::new(error.is_transient(), error.store_error(), is_conflict)
    }

    fn of_transaction(error: &TransactionError) -> Self {
        let is_conflict = matches!(error, TransactionError::Conflict { .. });
        Self::new(error.is_transient(), error.store_error(), is_conflict)
    }

    /// A store's error that is not an outage may also be gone the next time, unless it is about the data that the store
    /// was given.
    fn new(is_transient: bool, store: Option<&StoreError>, is_conflict: bool) -> Self {
        let is_final = !is_transient && store.is_none_or(StoreError::is_of_data);
        let fault = if is_conflict { Some(StoreFault::Contended) } else { store.and_then(StoreFault::of) };
        Self { is_final, fault }
    }
}

thread_local! {
    /// What other apps answered the handler that this thread polls; `None` if it polls no handler.
    static HEARD: Cell<Option<Vec<Failed>>> = const { Cell::new(None) };
}

/// The failures in one run of a handler that stores of other apps are to blame for. Those in tasks that the handler
/// spawns are not heard.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere(Mutex<Vec<Failed>>);

impl Elsewhere {
    /// Listens while the handler is polled.
    pub(crate) fn during<T>(&self, poll: impl FnOnce() -> T) -> T {
        let _listening = Listening { run: self, outer: HEARD.replace(Some(Vec::new())) };
        poll()
    }

    /// The result of the run: the error of a store that was met through another app is recognized as such.
    pub(crate) fn judge(&self, error: HandlerError) -> HandlerError {
        let heard = self.heard();
        // A rejection by that app may have the same type, and is an error like any other.
        let blamed =
            |failed: &&Failed| failed.among(error.source()).is_some_and(|answer| answer.fault.is_some());
        match heard.iter().rev().find(blamed) {
            Some(failed) => judge(std::slice::from_ref(failed), error),
            None => error,
        }
    }

    fn heard(&self) -> MutexGuard<'_, Vec<Failed>> {
        // Nothing that holds it can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends when the poll does, also by a panic.
struct Listening<'a> {
    run: &'a Elsewhere,
    /// What the outer handler has heard, within which this one is polled.
    outer: Option<Vec<Failed>>,
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        let heard = HEARD.replace(self.outer.take()).unwrap_or_default();
        if !heard.is_empty() {
            self.run.heard().extend(heard);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Transparent(#[from] TransactionError);

    #[derive(Debug, thiserror::Error)]
    #[error("not paid")]
    struct Wrapping(#[from] TransactionError);

    fn outage() -> TransactionError {
        let source = StoreError::Unavailable { source: "the cable is cut".into() };
        TransactionError::Store { command_id: "pay-1".to_owned(), source }
    }

    fn fault(run: &Elsewhere, error: impl Into<HandlerError>) -> Option<StoreFault> {
        run.judge(error.into()).store_fault()
    }

    #[test]
    fn an_outage_that_another_app_met_is_known_in_its_handler_only() {
        let (inner, outer, other) = (Elsewhere::default(), Elsewhere::default(), Elsewhere::default());
        let tell = || Failed::of_transaction(&[], &outage(), false).tell();
        tell();
        outer.during(|| inner.during(tell));
        other.during(|| ());
        assert_eq!(fault(&inner, outage()), Some(StoreFault::Outage));
        assert_eq!(fault(&inner, Transparent(outage())), Some(StoreFault::Outage));
        assert_eq!(fault(&inner, Wrapping(outage())), Some(StoreFault::Outage));
        assert_eq!(fault(&inner, "the printer is off"), None);
        assert_eq!(fault(&outer, outage()), None);
        assert_eq!(fault(&other, outage()), None);
    }

    #[test]
    fn a_run_that_panics_leaves_nothing_to_the_next_one() {
        let (first, second) = (Elsewhere::default(), Elsewhere::default());
        let panicked = crate::panic::caught(|| {
            first.during(|| {
                Failed::of_transaction(&[], &outage(), false).tell();
                panic!("enough");
            })
        });
        assert!(panicked.is_err());
        assert!(HEARD.take().is_none());
        second.during(|| ());
        assert_eq!(fault(&first, outage()), Some(StoreFault::Outage));
        assert_eq!(fault(&second, outage()), None);
    }
}
