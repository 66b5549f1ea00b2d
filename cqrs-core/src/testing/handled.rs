use std::fmt::{self, Debug};

use super::difference::{fields, last_name, report, short_name};
use super::handler::is_permanent;
use super::setting::time;
use super::world::World;
use crate::aggregate::AggregateKey;
use crate::command::{Command, Decide, StoredCommand};
use crate::commit::StoredEvent;
use crate::delivery::Failure;
use crate::runtime::Sent;
use crate::timestamp::Timestamp;

/// The result of a handler.
#[derive(Debug)]
pub struct Handled {
    pub(super) handler: String,
    pub(super) failure: Option<Failure>,
    pub(super) sent: Vec<Sent>,
    /// How many of them a `then_sent` has checked.
    pub(super) seen: usize,
    pub(super) world: World,
}

impl Handled {
    /// The handler did its work.
    ///
    /// # Panics
    /// If it failed.
    #[track_caller]
    pub fn then_done(self) -> Self {
        if let Some(failure) = &self.failure {
            let kind = if is_permanent(failure) { "for good" } else { "and would try again" };
            self.fail(&format!("should have done its work, but failed {kind}"), vec![failure.reason.clone()]);
        }
        self
    }

    /// The handler failed in a way that is worth another try, with this in the error's text.
    ///
    /// # Panics
    /// If it did its work, failed for good, or failed for another reason.
    #[track_caller]
    pub fn then_retry(self, reason: &str) -> Self {
        self.then_failed(false, reason)
    }

    /// The handler failed for good, with this in the error's text.
    ///
    /// # Panics
    /// If it did its work, would try again, or failed for another reason.
    #[track_caller]
    pub fn then_permanent(self, reason: &str) -> Self {
        self.then_failed(true, reason)
    }

    #[track_caller]
    fn then_failed(self, permanent: bool, reason: &str) -> Self {
        let wanted = if permanent { "have failed for good" } else { "have failed and tried again" };
        match &self.failure {
            None => self.fail(&format!("should {wanted}, but did its work"), Vec::new()),
            Some(failure) if is_permanent(failure) != permanent => {
                let kind = if is_permanent(failure) { "failed for good" } else { "would try again" };
                self.fail(&format!("should {wanted}, but {kind}"), vec![failure.reason.clone()]);
            }
            Some(failure) if !failure.reason.contains(reason) => {
                let lines = vec![format!("expected {reason}"), format!("actual   {}", failure.reason)];
                self.fail("failed for another reason", lines);
            }
            Some(_) => self,
        }
    }

    /// The next command that the handler sent is this one, to the aggregate at `key`. Its `{:?}` is compared.
    ///
    /// # Panics
    /// If it is another one, goes somewhere else, or no command is left.
    #[track_caller]
    pub fn then_sent<K, C>(mut self, key: &K, command: C) -> Self
    where
        K: AggregateKey<Aggregate: Decide<C>>,
        C: Command + Debug,
    {
        let stream = key.stream().unwrap_or_else(|error| panic!("{error}"));
        let expected = format!("{command:?}");
        let wanted = format!("expected {expected} to {}", stream.sk());
        let Some(sent) = self.sent.get(self.seen) else {
            self.fail("sent no such command", vec![wanted]);
        };
        let actual = match sent.command.downcast_ref::<C>() {
            Some(actual) => format!("{actual:?}"),
            None => last_name(sent.name).to_owned(),
        };
        if actual != expected || sent.stream != stream || sent.due.is_some() {
            let due = sent.due.map(|due| format!(", due {due}")).unwrap_or_default();
            let lines = vec![wanted, format!("actual   {actual} to {}{due}", sent.stream.sk())];
            self.fail(&format!("sent another command than `{}`", short_name::<C>()), lines);
        }
        self.seen += 1;
        self
    }

    /// The next command is scheduled: it is this one, to the aggregate at `key`, and it is due at this time, a
    /// [`Timestamp`] or a text such as `"2024-01-31T10:00:00Z"`. It is compared as it is stored, by field.
    ///
    /// ```rust,standalone_crate
    /// # use std::convert::Infallible;
    /// # use std::time::Duration;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::testing::HandlerScenario;
    /// # #[event]
    /// # struct RoomHeld {}
    /// # #[event]
    /// # struct RoomReleased {}
    /// # #[command]
    /// # struct ReleaseRoom {}
    /// # #[aggregate(entity = "ROOM")]
    /// # #[derive(Default)]
    /// # struct Room {}
    /// # #[aggregate]
    /// # impl Room {
    /// #     #[command]
    /// #     fn release(&self, _: &ReleaseRoom) -> Result<RoomReleased, Infallible> { Ok(RoomReleased {}) }
    /// #     #[apply]
    /// #     fn held(&mut self, _: &RoomHeld) {}
    /// #     #[apply]
    /// #     fn released(&mut self, _: &RoomReleased) {}
    /// # }
    /// #[event_handler(RoomHeld)]
    /// async fn limit(event: &Recorded<RoomHeld>, app: &App) -> Result<(), HandlerError> {
    ///     let due = event.metadata().created_at + Duration::from_secs(15 * 60);
    ///     app.execute(&event.key()?, ReleaseRoom {}).due(due).await?;
    ///     Ok(())
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let room = RoomKey::new(&Tenant::new("INN")?, "101");
    /// HandlerScenario::of("limit")
    ///     .at("2024-01-01T10:00:00Z")
    ///     .when(&room, RoomHeld {})
    ///     .run()
    ///     .then_scheduled(&room, ReleaseRoom {}, "2024-01-01T10:15:00Z")
    ///     .then_sent_no_more();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If it is another one, goes somewhere else, is due at another time or at once, or no command is left.
    #[track_caller]
    pub fn then_scheduled<K, C, T>(mut self, key: &K, command: C, due: T) -> Self
    where
        K: AggregateKey<Aggregate: Decide<C>>,
        C: StoredCommand,
        T: TryInto<Timestamp, Error: fmt::Display>,
    {
        let stream = key.stream().unwrap_or_else(|error| panic!("{error}"));
        let (due, name) = (time(due), short_name::<C>());
        let wanted = format!("expected {name} to {}, due {due}", stream.sk());
        let Some(sent) = self.sent.get(self.seen) else {
            self.fail("scheduled no such command", vec![wanted]);
        };
        let actual =
            sent.command.downcast_ref::<C>().filter(|_| sent.stream == stream && sent.due == Some(due));
        let Some(actual) = actual else {
            self.fail(
                &format!("scheduled another command than `{name}`"),
                vec![wanted, format!("actual   {}", place(sent))],
            );
        };
        let encoded = |command| StoredEvent::encode(command).unwrap_or_else(|error| panic!("{error}"));
        let differing = fields(&encoded(&command).data, &encoded(actual).data);
        if !differing.is_empty() {
            self.fail(&format!("scheduled `{name}` with other data"), differing);
        }
        self.seen += 1;
        self
    }

    /// There is no command that neither a `then_sent` nor a `then_scheduled` has checked.
    ///
    /// # Panics
    /// If there is one.
    #[track_caller]
    pub fn then_sent_no_more(self) -> Self {
        if let Some(left) = self.sent.get(self.seen..).filter(|left| !left.is_empty()) {
            self.fail("sent more", listed(left.iter().map(place)));
        }
        self
    }

    /// The ids of the commands that the handler sent, in their order.
    #[must_use]
    pub fn command_ids(&self) -> Vec<&str> {
        self.sent.iter().map(|sent| sent.command_id.as_str()).collect()
    }

    #[track_caller]
    fn fail(&self, what: &str, lines: Vec<String>) -> ! {
        let sections = [("", lines), ("given", self.world.told())];
        panic!("{}", report(&format!("handler `{}` {what}", self.handler), &sections))
    }
}

/// `ShipOrder to ORDER#1`, and when it is due.
pub(super) fn place(sent: &Sent) -> String {
    let due = sent.due.map(|due| format!(", due {due}")).unwrap_or_default();
    format!("{} to {}{due}", last_name(sent.name), sent.stream.sk())
}

pub(super) fn listed(lines: impl Iterator<Item = String>) -> Vec<String> {
    let lines: Vec<String> =
        lines.enumerate().map(|(index, line)| format!("{}. {line}", index + 1)).collect();
    if lines.is_empty() { vec!["no commands".to_owned()] } else { lines }
}
