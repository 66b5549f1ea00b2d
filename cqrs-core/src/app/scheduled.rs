use super::{App, ScheduleError, Scheduled};

impl App {
    /// Cancels a command that was [scheduled](super::Execute::due): true where it was still waiting, and then it is not executed, unless it is
    /// scheduled again: a handler does so where its event is delivered again. False where it has been executed, cancelled, or has become a dead
    /// letter, and where the answer to a first request got lost.
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
    /// [`ScheduleError::Store`], and [`ScheduleError::Key`] for what names no stream.
    pub async fn cancel(&self, scheduled: &Scheduled) -> Result<bool, ScheduleError> {
        let removed = self.delivery.runtime.event_store().remove_timer(&scheduled.timer()?).await;
        removed.map_err(|source| ScheduleError::Store { command_id: scheduled.command_id.clone(), source })
    }
}
