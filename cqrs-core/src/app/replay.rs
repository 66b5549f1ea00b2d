use super::App;
use crate::replay::{Replay, Replayable};

impl App {
    /// Builds the views of a projection anew from the commits in the store. See [`replay`](crate::replay).
    pub fn replay<P: Replayable>(&self) -> Replay<'_, P> {
        Replay::new(&self.delivery.runtime)
    }
}
