//! The dead letters that are in no queue and that no projection owns, for an alarm.

use std::time::Duration;

use cqrs_core::App;
use cqrs_core::delivery::DeliveryError;

use super::metric;

/// How long a count may take.
const LOOK: Duration = Duration::from_secs(5);

/// Counts the dead letters under some names and reports the number to CloudWatch: the first page of each name, so that a count
/// costs little.
pub(super) async fn count<'a>(
    app: &App,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<u64, DeliveryError> {
    let (letters, mut count) = (app.dead_letters(), 0);
    for name in names {
        count += letters.page(name, None).await?.len() as u64;
    }
    metric::tell_dead_letters(count);
    Ok(count)
}

/// Waits for a count within the time of a call. Without a result, an alarm stays as it is.
pub(super) async fn within(left: Duration, count: impl Future<Output = Result<u64, DeliveryError>>) {
    match tokio::time::timeout(left.min(LOOK), count).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the dead letters cannot be counted"),
        Err(_) => tracing::warn!("there was no time to count the dead letters"),
    }
}
