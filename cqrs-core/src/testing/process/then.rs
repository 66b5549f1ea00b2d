//! The checks of a test on the effects of the last `when`.

use std::fmt::Debug;
use std::time::Duration;

use super::news::{Command, Deadline};
use super::{Last, ProcessScenario};
use crate::aggregate::AggregateKey;
use crate::command::{Decide, StoredCommand};
use crate::commit::StoredEvent;
use crate::event::RawEvent;
use crate::process::Process;
use crate::testing::difference::{fields, report};
use crate::timestamp::Timestamp;

impl<P: Process> ProcessScenario<P> {
    /// The next command is this one, to the aggregate at `key`. It is compared as it is stored, by field.
    ///
    /// # Panics
    /// If it is another one, goes somewhere else, or no command is left.
    #[track_caller]
    pub fn then_sent<K, C>(mut self, key: &K, command: C) -> Self
    where
        K: AggregateKey<Aggregate: Decide<C>>,
        C: StoredCommand,
    {
        let stream = key.stream().unwrap_or_else(|error| panic!("{error}"));
        let stored = StoredEvent::encode(&command).unwrap_or_else(|error| panic!("{error}"));
        let (pk, sk) = (stream.pk().to_owned(), stream.sk().to_owned());
        let expected = Command { pk, sk, stored };
        let Some(actual) = self.news.commands.pop_front() else {
            self.fail_with_news("sent no such command", vec![format!("expected {}", expected.told())]);
        };
        let (wanted, found) = (&expected.stored, &actual.stored);
        let is_same_place = (&expected.pk, &expected.sk) == (&actual.pk, &actual.sk);
        if !is_same_place || (&wanted.name, wanted.schema) != (&found.name, found.schema) {
            let mut told =
                vec![format!("expected {}", expected.told()), format!("actual   {}", actual.told())];
            if expected.sk == actual.sk && expected.pk != actual.pk {
                told = vec![
                    format!("expected partition {}", expected.pk),
                    format!("actual   partition {}", actual.pk),
                ];
            }
            self.fail(&format!("sent another command than `{}`", wanted.name), &[("", told)]);
        }
        let differing = fields(&wanted.data, &found.data);
        if !differing.is_empty() {
            self.fail(&format!("sent `{}` with other data", wanted.name), &[("", differing)]);
        }
        self
    }

    /// This deadline was set or moved. It comes this long after the event, or after the deadline, that the reaction
    /// belongs to. It is named by its method, as text, because the method is often private.
    ///
    /// # Panics
    /// If it comes at another time, was not set, or is not a deadline of the process.
    #[track_caller]
    pub fn then_deadline(self, name: &str, after: Duration) -> Self {
        self.then_due(name, |since| since + after)
    }

    /// The same for a time: a [`Timestamp`], or a text such as `"2024-01-31T10:00:00Z"`.
    ///
    /// # Panics
    /// If it comes at another time, was not set, or is not a deadline of the process, and if the text is not a time.
    #[track_caller]
    pub fn then_deadline_at<T: TryInto<Timestamp, Error: std::fmt::Display>>(
        self,
        name: &str,
        due: T,
    ) -> Self {
        let due = super::time(due);
        self.then_due(name, |_| due)
    }

    #[track_caller]
    fn then_due(mut self, name: &str, wanted: impl FnOnce(Timestamp) -> Timestamp) -> Self {
        check_name::<P>(name);
        match self.news.deadlines.get(name) {
            Some(Deadline::Set { due, since }) => {
                let wanted = wanted(*since);
                if wanted != *due {
                    let told = vec![format!("expected {wanted}"), format!("actual   {due}")];
                    self.fail(&format!("set the deadline `{name}` to another time"), &[("", told)]);
                }
            }
            _ => self.fail_with_news(&format!("did not set the deadline `{name}`"), Vec::new()),
        }
        self.news.deadlines.remove(name);
        self
    }

    /// This deadline was cancelled.
    ///
    /// # Panics
    /// If it was not cancelled, or is not a deadline of the process.
    #[track_caller]
    pub fn then_cancelled(mut self, name: &str) -> Self {
        check_name::<P>(name);
        if self.news.deadlines.get(name) != Some(&Deadline::Cancelled) {
            self.fail_with_news(&format!("did not cancel the deadline `{name}`"), Vec::new());
        }
        self.news.deadlines.remove(name);
        self
    }

    /// The next deadline that came is this one.
    ///
    /// # Panics
    /// If it is another one, none came, or it is not a deadline of the process.
    #[track_caller]
    pub fn then_came(mut self, name: &str) -> Self {
        check_name::<P>(name);
        match self.news.came.front() {
            Some(came) if came == name => {}
            Some(came) => {
                let told = vec![format!("expected {name}"), format!("actual   {came}")];
                self.fail("had another deadline come", &[("", told)]);
            }
            None => {
                let set = self.state.aggregate.deadlines().map(|(name, due)| format!("`{name}` at {due}"));
                let mut set: Vec<String> = set.collect();
                if set.is_empty() {
                    set.push("no deadlines".to_owned());
                }
                let now = self.clock.now();
                self.fail(&format!("had no deadline `{name}` come by {now}"), &[("set", set)]);
            }
        }
        self.news.came.pop_front();
        self
    }

    /// The instance ended.
    ///
    /// # Panics
    /// If it did not end.
    #[track_caller]
    pub fn then_ended(mut self) -> Self {
        if !std::mem::take(&mut self.news.ended) {
            self.fail_with_news("did not end", Vec::new());
        }
        self
    }

    /// The instance took no step: it has ended, or nothing has started it.
    ///
    /// # Panics
    /// If it took a step, or failed.
    #[track_caller]
    pub fn then_passed_over(self) -> Self {
        if self.news.steps > 0 || self.news.failed.is_some() {
            let mut told = self.news.told();
            if told.is_empty() {
                told.push("it took a step, and sent nothing".to_owned());
            }
            self.fail("should have passed it over, but did not", &[("", told)]);
        }
        self
    }

    /// The fold or the reaction failed, or nothing has started the instance and the process has `unknown = "fail"`,
    /// with this in the text. From then on the instance is held up, if it was started.
    ///
    /// # Panics
    /// If it did not fail, or failed for another reason.
    #[track_caller]
    pub fn then_failed(mut self, reason: &str) -> Self {
        match self.news.failed.take() {
            Some(actual) if actual.contains(reason) => {}
            Some(actual) => {
                let told = vec![format!("expected {reason}"), format!("actual   {actual}")];
                self.fail("failed for another reason", &[("", told)]);
            }
            None => self.fail_with_news("should have failed, but did its work", Vec::new()),
        }
        self
    }

    /// The event or the deadline waits behind an earlier failure.
    ///
    /// # Panics
    /// If it does not wait.
    #[track_caller]
    pub fn then_waited(mut self) -> Self {
        if !std::mem::take(&mut self.news.waits) {
            self.fail_with_news("should have waited, but did not", Vec::new());
        }
        self
    }

    /// There is nothing that no `then` has checked: no command, no deadline that came, was set or was cancelled, no
    /// end, no failure.
    ///
    /// # Panics
    /// If there is something.
    #[track_caller]
    pub fn then_nothing_more(self) -> Self {
        let told = self.news.told();
        if !told.is_empty() {
            self.fail("did more", &[("", told)]);
        }
        self
    }

    /// The state is this one. Its `{:?}` is compared, because it is never stored: the steps are.
    ///
    /// # Panics
    /// If it is another one.
    #[track_caller]
    pub fn then(self, expected: P) -> Self
    where
        P: Debug,
    {
        let (expected, actual) = (format!("{expected:?}"), format!("{:?}", self.state.aggregate.process()));
        if actual != expected {
            let told = vec![format!("expected {expected}"), format!("actual   {actual}")];
            self.fail("is in another state", &[("", told)]);
        }
        self
    }

    /// Passes the state to the caller's own assertions.
    #[track_caller]
    pub fn then_state(self, look: impl FnOnce(&P)) -> Self {
        look(self.state.aggregate.process());
        self
    }

    /// Shows what came instead. If nothing came, it shows which streams the instances of the events are in.
    #[track_caller]
    fn fail_with_news(&self, what: &str, lines: Vec<String>) -> ! {
        let mut told = self.news.told();
        if told.is_empty() {
            told.push(self.why_nothing());
        }
        self.fail(what, &[("", lines), ("instead", told)])
    }

    fn why_nothing(&self) -> String {
        let nothing = "it had no effect";
        let Last::Events(commit) = &self.last else { return nothing.to_owned() };
        if self.news.steps > 0 {
            return nothing.to_owned();
        }
        let Ok(tenant) = self.runtime().index.tenant_of(commit) else { return nothing.to_owned() };
        let keys = RawEvent::all(commit).filter_map(|raw| {
            let arm = P::ARMS.iter().find(|arm| arm.event.is_stored_as(&raw.stored().name))?;
            (arm.key)(&raw, tenant.clone()).ok()?.stream().ok()
        });
        let others: Vec<String> =
            keys.filter(|stream| *stream != self.stream).map(|stream| stream.to_string()).collect();
        if others.is_empty() {
            return "it was passed over".to_owned();
        }
        format!("it is for {}, and this is {}", others.join(", "), self.stream)
    }

    #[track_caller]
    pub(super) fn fail(&self, what: &str, sections: &[(&str, Vec<String>)]) -> ! {
        let mut sections = sections.to_vec();
        let given = self.told.iter().enumerate().map(|(index, line)| format!("{}. {line}", index + 1));
        let mut given: Vec<String> = given.collect();
        if given.is_empty() {
            given.push("no events".to_owned());
        }
        sections.push(("given", given));
        panic!("{}", report(&format!("process `{}` {what}", P::NAME), &sections))
    }
}

/// With a name that is not a deadline, a test would always fail, or never.
#[track_caller]
fn check_name<P: Process>(name: &str) {
    let names: Vec<String> = P::DEADLINES.iter().map(|arm| format!("`{}`", arm.name)).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    assert!(
        P::DEADLINES.iter().any(|arm| arm.name == name),
        "`{}` has no deadline `{name}`; it has {known}",
        P::NAME
    );
}
