//! The dead letters of timers: commands whose time has come, and that could not be executed.

use serde_json::Value;

use super::queue::failed;
use super::{DeliveryError, StoredLetters};
use crate::store::{DeadLetter, Redriven, Timer, set_timer};

/// The name that these dead letters have.
pub(crate) const TIMERS: &str = "@timers";

impl StoredLetters<'_> {
    /// Lets commands wait again. They are due, and the next sweep executes them.
    pub(super) async fn redrive_timers(&self) -> Result<Redriven, DeliveryError> {
        let mut redriven = Redriven::default();
        let mut after = None;
        loop {
            let letters = self.page(TIMERS, after.as_ref()).await?;
            let Some(last) = letters.last() else { return Ok(redriven) };
            after = Some(last.id.clone());
            for letter in &letters {
                match timer_of(letter) {
                    Some(timer) => {
                        self.set_again(timer, letter).await?;
                        redriven.done += 1;
                    }
                    None => redriven.left += 1,
                }
            }
        }
    }

    /// Sets the timer first: after a crash in between the command is there twice, and is executed once. It may fail
    /// before the letter is removed, so its next letter is another one.
    async fn set_again(&self, timer: Timer, letter: &DeadLetter) -> Result<(), DeliveryError> {
        let events = self.delivery.runtime.event_store();
        set_timer(events, timer.again()).await.map_err(|source| failed(TIMERS, source))?;
        let removed = self.delivery.runtime.delivery_store().remove_letter(&letter.id).await;
        removed.map_err(|source| failed(TIMERS, source))
    }
}

fn timer_of(letter: &DeadLetter) -> Option<Timer> {
    let Value::Object(record) = &letter.record else { return None };
    Timer::decode(record).ok()
}
