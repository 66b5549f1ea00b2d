use std::fmt::{self, Debug};

use super::difference::{events, listed, report, short_name};
use super::setting::{Setting, time};
use crate::aggregate::{Aggregate, IntoEvents, UniqueKey};
use crate::command::{Command, CommandContext, Decide};
use crate::commit::{Commit, StoredEvent, record};
use crate::engine::State;
use crate::key::{StreamKey, Tenant};
use crate::metadata::Metadata;
use crate::registry::linked_view_keys;
use crate::store::{UniqueValue, limits};
use crate::timestamp::Timestamp;

/// The stream of the aggregate.
const TENANT: &str = "TEST";

/// What an aggregate decides: given events, when a command comes, then events or a rejection.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// use cqrs_core::testing::Scenario;
///
/// # fn main() {
/// let created = || OrderCreated { customer_id: "CUST-001".into(), total: 15000 };
///
/// Scenario::<Order>::given([created()])
///     .when(ShipOrder { tracking: "Z1".into() })
///     .then([OrderShipped { tracking: "Z1".into() }])
///     .when(ShipOrder { tracking: "Z2".into() })
///     .then_rejected(OrderError::NotOpen);
///
/// Scenario::<Order>::given((created(), OrderCancelled {}))
///     .when(CancelOrder)
///     .then_unchanged();
/// # }
/// ```
///
/// After each `then` the scenario continues from where it is, so a story needs no second `given`. Events and commands
/// of another aggregate do not compile.
///
/// Events are compared as they are stored, and given events go through their stored form, too. A field that serde loses
/// is lost in the test as in production, and no event needs `PartialEq`. A failure shows the difference by field:
///
/// ```text
/// `Order` decided differently on `ShipOrder`
///   event 1, `OrderShipped`
///     `tracking`
///       expected "Z1"
///       actual   "Z2"
/// given
///   1. OrderCreated {"customerId":"CUST-001","total":15000}
/// ```
///
/// Every given event is a commit of its own. Time stands still at 2024-01-01T00:00:00Z unless [`Scenario::at`] moves
/// it. Command ids are `command-1`, `command-2`, ….
pub struct Scenario<A: Aggregate> {
    state: State<A>,
    stream: StreamKey,
    history: Vec<StoredEvent>,
    setting: Setting,
    /// The values that other instances have in `unique` fields.
    taken: Vec<UniqueValue>,
}

/// A decision that no `then` has checked yet.
#[must_use = "a decision proves nothing before a `then…` looks at it"]
pub struct Decided<A: Aggregate, R> {
    scenario: Scenario<A>,
    command: &'static str,
    metadata: Metadata,
    decided: Result<Vec<StoredEvent>, R>,
}

impl<A: Aggregate> Scenario<A> {
    /// Nothing has happened yet.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "these keys are short")]
    pub fn new() -> Self {
        let stream = StreamKey::new(format!("{TENANT}#{}", A::ENTITY), format!("{}#1", A::ENTITY));
        Self {
            state: State::empty(),
            stream: stream.expect("an entity's name fits into a key"),
            history: Vec::new(),
            setting: Setting::new(),
            taken: Vec::new(),
        }
    }

    /// These events have happened: one, an array or a `Vec` of one type, a tuple of several, or cases of the
    /// aggregate's enum.
    #[must_use]
    #[track_caller]
    pub fn given(events: impl IntoEvents<A>) -> Self {
        Self::new().and_given(events)
    }

    /// These events have also happened.
    ///
    /// # Panics
    /// If an event cannot be stored, or cannot be read back.
    #[must_use]
    #[track_caller]
    pub fn and_given(mut self, events: impl IntoEvents<A>) -> Self {
        for event in encoded::<A>(events) {
            let metadata = self.setting.next();
            self.commit(self.next(vec![event], metadata));
        }
        self
    }

    /// This command was executed, and not rejected: the same as `when(…).then_accepted()`.
    #[must_use]
    #[track_caller]
    pub fn given_command<C: Command>(self, command: C) -> Self
    where
        A: Decide<C, Rejection: Debug>,
    {
        self.when(command).then_accepted()
    }

    /// Sets the time from now on: a [`Timestamp`], or a text such as `"2024-01-31T10:00:00Z"`.
    ///
    /// # Panics
    /// If the text is not a time.
    #[must_use]
    #[track_caller]
    pub fn at<T: TryInto<Timestamp, Error: fmt::Display>>(mut self, when: T) -> Self {
        self.setting.at = time(when);
        self
    }

    /// From now on this user sends the commands.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.setting.by = Some(who.into());
        self
    }

    /// Changes the metadata of the next commit, as its [`CommandContext`] shows it.
    #[must_use]
    pub fn metadata(mut self, change: impl FnOnce(&mut Metadata)) -> Self {
        self.setting.change(change);
        self
    }

    /// Another instance has this value of a [`unique`](macro@crate::aggregate#unique-values) field.
    ///
    /// ```rust,standalone_crate
    /// # mod guest { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guest.rs")); }
    /// # use guest::*;
    /// # use cqrs_core::Tenant;
    /// # use cqrs_core::testing::Scenario;
    /// # fn main() -> Result<(), cqrs_core::KeyError> {
    /// let hotel = Tenant::new("HOTEL")?;
    /// Scenario::<Guest>::new()
    ///     .taken(Guest::email(&hotel, "ada@example.com"))
    ///     .when(Register { email: "ada@example.com".into() })
    ///     .then_not_unique("email")
    ///     .when(Register { email: "bob@example.com".into() })
    ///     .then(GuestRegistered { email: "bob@example.com".into() });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If the value cannot be reserved.
    #[must_use]
    #[track_caller]
    pub fn taken(mut self, value: UniqueKey<A>) -> Self {
        self.taken.push(value.value.unwrap_or_else(|error| panic!("{error}")));
        self
    }

    /// The aggregate decides on this command.
    ///
    /// # Panics
    /// If it decides on an event that cannot be stored.
    #[track_caller]
    pub fn when<C: Command>(mut self, command: C) -> Decided<A, A::Rejection>
    where
        A: Decide<C>,
    {
        let metadata = self.setting.next();
        let context = CommandContext::new(self.state.version, metadata.clone());
        let mut events = Vec::new();
        let decided = self.state.aggregate.decide(&command, &context, &mut events);
        let decided = decided.map(|()| encoded_all::<A>(&events));
        Decided { scenario: self, command: short_name::<C>(), metadata, decided }
    }

    /// Passes the state to the caller's own assertions.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::testing::Scenario;
    /// # fn main() {
    /// Scenario::<Order>::new()
    ///     .given_command(CreateOrder { customer_id: "CUST-001".into(), total: 15000 })
    ///     .then_state(|order| assert_eq!(order.status, Status::Open));
    /// # }
    /// ```
    #[track_caller]
    pub fn then_state(self, look: impl FnOnce(&A)) -> Self {
        look(&self.state.aggregate);
        self
    }

    /// The next commit of the stream.
    fn next(&self, events: Vec<StoredEvent>, metadata: Metadata) -> Commit {
        let (stream, version) = (self.stream.clone(), self.state.version.next());
        Commit::new(stream, version, events, metadata)
    }

    /// The first field that would get a value from these events that another instance has.
    fn field_taken_by(&self, events: &[StoredEvent]) -> Option<&'static str> {
        let mut after = A::initial();
        for event in self.history.iter().chain(events) {
            after.fold(&event.name, event.number(), event.data.clone()).ok()?;
        }
        let fields = A::UNIQUE.iter().filter(|field| {
            let value = (field.value)(&after);
            let is_taken = |text: &String| self.taken.iter().any(|taken| taken.is_value(field.name, text));
            value != (field.value)(&self.state.aggregate) && value.as_ref().is_some_and(is_taken)
        });
        fields.map(|field| field.name).next()
    }

    #[track_caller]
    fn commit(&mut self, commit: Commit) {
        let folded = limits::check(&record::encode(&commit)).and_then(|()| self.state.fold(commit.clone()));
        folded.unwrap_or_else(|error| panic!("`{}` cannot take this commit: {error}", A::NAME));
        self.history.extend(commit.events);
    }
}

impl<A: Aggregate> Default for Scenario<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Aggregate, R: Debug> Decided<A, R> {
    /// These events and no others, in this order.
    ///
    /// # Panics
    /// If others came, or the command was rejected.
    #[track_caller]
    pub fn then(self, expected: impl IntoEvents<A>) -> Scenario<A> {
        let expected = encoded::<A>(expected);
        match &self.decided {
            Ok(actual) => {
                let differing = events(&expected, actual);
                if !differing.is_empty() {
                    self.fail("decided differently on", &[("", differing)]);
                }
            }
            Err(rejection) => self.fail(
                "should have decided on events, but rejected",
                &[("rejection", vec![format!("{rejection:?}")]), ("expected", listed(&expected))],
            ),
        }
        self.go_on()
    }

    /// Any events or none, but no rejection.
    ///
    /// # Panics
    /// If the command was rejected.
    #[track_caller]
    pub fn then_accepted(self) -> Scenario<A> {
        if let Err(rejection) = &self.decided {
            self.fail("should have accepted, but rejected", &[("rejection", vec![format!("{rejection:?}")])]);
        }
        self.go_on()
    }

    /// No events, and no rejection: nothing would be written.
    ///
    /// # Panics
    /// If events came, or the command was rejected.
    #[track_caller]
    pub fn then_unchanged(self) -> Scenario<A> {
        match &self.decided {
            Ok(actual) if actual.is_empty() => {}
            Ok(actual) => self.fail("should have stayed unchanged on", &[("decided on", listed(actual))]),
            Err(rejection) => self.fail(
                "should have stayed unchanged, but rejected",
                &[("rejection", vec![format!("{rejection:?}")])],
            ),
        }
        self.go_on()
    }

    /// This rejection. Its `{:?}` is compared: errors that hold other errors cannot be `PartialEq`.
    ///
    /// # Panics
    /// If another rejection came, or none.
    #[track_caller]
    pub fn then_rejected(self, expected: R) -> Scenario<A> {
        let expected = format!("{expected:?}");
        let rejection = self.rejection(&[("expected", vec![expected.clone()])]);
        let actual = format!("{rejection:?}");
        if actual != expected {
            let lines = vec![format!("expected {expected}"), format!("actual   {actual}")];
            self.fail("rejected for another reason", &[("", lines)]);
        }
        self.go_on()
    }

    /// A rejection for which the predicate holds.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::testing::Scenario;
    /// # fn main() {
    /// Scenario::<Order>::new()
    ///     .when(CancelOrder)
    ///     .then_rejected_if(|rejection| matches!(rejection, OrderError::NotOpen));
    /// # }
    /// ```
    ///
    /// # Panics
    /// If the predicate does not hold, or the command was not rejected.
    #[track_caller]
    pub fn then_rejected_if(self, holds: impl FnOnce(&R) -> bool) -> Scenario<A> {
        let rejection = self.rejection(&[]);
        if !holds(rejection) {
            let actual = vec![format!("{rejection:?}")];
            self.fail("rejected for another reason", &[("rejection", actual)]);
        }
        self.go_on()
    }

    /// The command would give this `unique` field a value that another instance has. Nothing is written.
    ///
    /// # Panics
    /// If the command gives the field another value, or was rejected.
    #[track_caller]
    pub fn then_not_unique(self, field: &str) -> Scenario<A> {
        match &self.decided {
            Ok(actual) if self.scenario.field_taken_by(actual) == Some(field) => self.scenario,
            Ok(actual) => self.fail(
                &format!("should have given `{field}` a value that is taken, but did not on"),
                &[("decided on", listed(actual))],
            ),
            Err(rejection) => self.fail(
                &format!("should have given `{field}` a value that is taken, but rejected"),
                &[("rejection", vec![format!("{rejection:?}")])],
            ),
        }
    }

    #[track_caller]
    fn rejection(&self, expected: &[(&str, Vec<String>)]) -> &R {
        match &self.decided {
            Err(rejection) => rejection,
            Ok(actual) => {
                let mut sections = expected.to_vec();
                sections.push(("decided on", listed(actual)));
                self.fail("should have rejected, but accepted", &sections)
            }
        }
    }

    #[track_caller]
    fn go_on(self) -> Scenario<A> {
        if let Ok(events) = &self.decided
            && let Some(field) = self.scenario.field_taken_by(events)
        {
            self.fail(
                &format!("gives `{field}` a value that is taken (`then_not_unique`) on"),
                &[("decided on", listed(events))],
            );
        }
        let Self { mut scenario, metadata, decided, .. } = self;
        if let Ok(events) = decided
            && !events.is_empty()
        {
            let commit = scenario.next(events, metadata);
            let keys = linked_view_keys();
            let checked = keys.check(&commit, || Tenant::new(TENANT));
            checked.unwrap_or_else(|error| panic!("`{}` cannot take this commit: {error}", A::NAME));
            scenario.commit(commit);
        }
        scenario
    }

    #[track_caller]
    fn fail(&self, what: &str, sections: &[(&str, Vec<String>)]) -> ! {
        let mut sections = sections.to_vec();
        sections.push(("given", listed(&self.scenario.history)));
        panic!("{}", report(&format!("`{}` {what} `{}`", A::NAME, self.command), &sections))
    }
}

/// The stored forms of what a test wrote down.
#[track_caller]
pub(crate) fn encoded<A: Aggregate>(events: impl IntoEvents<A>) -> Vec<StoredEvent> {
    let mut all = Vec::new();
    events.into_events(&mut all);
    encoded_all::<A>(&all)
}

#[track_caller]
fn encoded_all<A: Aggregate>(events: &[A::Event]) -> Vec<StoredEvent> {
    let encoded = |event| A::encode(event).unwrap_or_else(|error| panic!("{error}"));
    events.iter().map(encoded).collect()
}

impl<A: Aggregate> Debug for Scenario<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { history, setting, .. } = self;
        f.debug_struct("Scenario").field("history", history).field("setting", setting).finish_non_exhaustive()
    }
}

impl<A: Aggregate, R: Debug> Debug for Decided<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, command, decided, .. } = self;
        f.debug_struct("Decided")
            .field("scenario", scenario)
            .field("command", command)
            .field("decided", decided)
            .finish_non_exhaustive()
    }
}
