use std::cell::Cell;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::command::{Command, Decide, ExecuteError, TransactionError};
use crate::handler::{HandlerError, StoreFault};
use crate::key::StreamKey;
use crate::store::{RefusedKind, StoreError};

/// A command that was answered with an error.
#[derive(Debug)]
pub(crate) struct Failed {
    find: fn(&(dyn Error + 'static)) -> Option<Answer>,
    answer: Answer,
    /// Its text: a transparent error hides the type of the inner one.
    text: Option<String>,
    /// The answer.
    what: String,
}

/// What a command was answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Answer {
    /// The same command would get it next time, too.
    is_final: bool,
    /// What the store said, where no command is to blame for it.
    fault: Option<StoreFault>,
}

impl Failed {
    pub(crate) fn of<A: Decide<C>, C: Command>(
        target: &StreamKey,
        error: &ExecuteError<A::Rejection>,
    ) -> Self {
        let find = |error: &(dyn Error + 'static)| A::find_error(error).map(Answer::of);
        let what = format!("command `{}` to stream {target}", A::command_name());
        Self { find, answer: Answer::of(error), text: A::error_text(error), what }
    }

    /// The same for the answer to a transaction.
    pub(crate) fn of_transaction(streams: &[StreamKey], error: &TransactionError) -> Self {
        let find = |error: &(dyn Error + 'static)| error.downcast_ref().map(Answer::of_transaction);
        let streams: Vec<_> = streams.iter().map(ToString::to_string).collect();
        let what = format!("transaction on streams {}", streams.join(", "));
        Self { find, answer: Answer::of_transaction(error), text: Some(error.to_string()), what }
    }

    /// Tells it to the handler that is at work, where a store is to blame: the app that was called is not the handler's own, and
    /// knows nothing of the run.
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
                return Some(answer);
            }
            found = error.source();
        }
        (self.text.as_ref() == Some(&error.to_string())).then_some(self.answer)
    }
}

/// An error that a handler returns: it names the command that was answered with it, the latest one.
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
        Self::new(error.is_transient(), error.store_error())
    }

    fn of_transaction(error: &TransactionError) -> Self {
        Self::new(error.is_transient(), error.store_error())
    }

    /// Also what the store says that is no outage may be over the next time, unless it is about the data that it was given.
    fn new(is_transient: bool, store: Option<&StoreError>) -> Self {
        let is_of_the_data = |error: &StoreError| {
            matches!(error, StoreError::Encode(_) | StoreError::Refused { kind: RefusedKind::Data, .. })
        };
        let is_final = !is_transient && store.is_none_or(is_of_the_data);
        Self { is_final, fault: store.and_then(StoreFault::of) }
    }
}

thread_local! {
    /// What other apps answered the handler that this thread polls; none where it polls no handler.
    static HEARD: Cell<Option<Vec<Failed>>> = const { Cell::new(None) };
}

/// What the stores of other apps were to blame for in one run of a handler. What the handler spawns is not heard.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere(Mutex<Vec<Failed>>);

impl Elsewhere {
    /// Listens while the handler is polled.
    pub(crate) fn during<T>(&self, poll: impl FnOnce() -> T) -> T {
        let _listening = Listening { run: self, outer: HEARD.replace(Some(Vec::new())) };
        poll()
    }

    /// The result of the run: the error of a store that was met through another app is known as such.
    pub(crate) fn judge(&self, error: HandlerError) -> HandlerError {
        let heard = self.heard();
        // Of the same type may be a rejection by that app, which is an error as any other.
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
    /// What a handler heard within which this one is polled.
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
        let tell = || Failed::of_transaction(&[], &outage()).tell();
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
                Failed::of_transaction(&[], &outage()).tell();
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
