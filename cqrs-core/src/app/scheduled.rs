use super::{App, ScheduleError, Scheduled};

impl App {
    /// Cancels a command that was [scheduled](super::Execute::due). It returns true if the command was still waiting.
    /// Then the command is not executed, unless it is scheduled again: a handler does this when its event is delivered
    /// again. It returns false if the command was executed, was cancelled, or became a dead letter, and also if the
    /// answer to an earlier request to cancel it was lost.
    ///
    /// ```
    /// use cqrs_core::App;
    /// use cqrs_core::app::{ScheduleError, Scheduled};
    ///
    /// async fn keep_the_room(app: &App, release: &Scheduled) -> Result<(), ScheduleError> {
    ///     if !app.cancel(release).await? {
    ///         println!("it was released before");
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`ScheduleError::Store`], or [`ScheduleError::Key`] for a key that names no stream.
    pub async fn cancel(&self, scheduled: &Scheduled) -> Result<bool, ScheduleError> {
        let removed = self.delivery.runtime.event_store().remove_timer(&scheduled.timer()?).await;
        removed.map_err(|source| ScheduleError::Store { command_id: scheduled.command_id.clone(), source })
    }
}
