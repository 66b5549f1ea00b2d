use super::App;
use crate::registry::ProjectionRow;
use crate::replay::{Rebuild, ReplayError, Replayed};

impl App {
    /// Brings everything back in line with the store, after the events table was restored to an earlier point while
    /// views, snapshots and the delivery table were not. It returns the projections by name.
    ///
    /// Every projection of this program is [replayed](App::replay), and views of streams that are gone are removed. So
    /// are views across aggregates that other releases have built: after a rollback they are built anew. This process
    /// forgets what it has in memory. Restart other processes before they execute commands. Snapshots and the inboxes
    /// of handlers with `once` need nothing: they recognise that a commit is another one.
    ///
    /// Commits that became dead letters of a projection in the meantime can then be redriven. Letters of commits that
    /// the restore has taken back remain, and say so: discard them.
    ///
    /// ```
    /// # use cqrs_core::App;
    /// # use cqrs_core::replay::ReplayError;
    /// # async fn example(app: &App) -> Result<(), ReplayError> {
    /// for (projection, replayed) in app.after_restore().await? {
    ///     println!("{projection}: {} views", replayed.views);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The [`ReplayError`] of the first projection that cannot be replayed. The call can be made again.
    pub async fn after_restore(&self) -> Result<Vec<(&'static str, Replayed)>, ReplayError> {
        self.delivery.runtime.forget();
        let mut replayed = Vec::new();
        for subscriber in self.delivery.subscribers.iter().filter(|subscriber| subscriber.is_projection()) {
            let mut rows = inventory::iter::<ProjectionRow>();
            if let Some(row) = rows.find(|row| row.name == subscriber.name) {
                replayed.push((
                    row.name,
                    Rebuild::new(row.projection, &self.delivery.runtime).after_restore().start().await?,
                ));
            }
        }
        Ok(replayed)
    }
}
