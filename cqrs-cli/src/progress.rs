use std::convert::Infallible;
use std::time::Duration;

use cqrs_core::App;
use cqrs_core::app::Build;
use cqrs_core::replay::Phase;
use indicatif::{ProgressBar, ProgressStyle};

/// How often the progress of a replay is read: each read takes some requests.
const LOOK: Duration = Duration::from_secs(1);

/// A line on the standard error with the progress of a search, if the standard error is a terminal.
pub(crate) fn searching() -> ProgressBar {
    ProgressBar::new_spinner()
}

/// Runs some work on projections with a progress bar on the standard error. Without a terminal, there is no bar.
pub(crate) async fn shown<T>(app: &App, work: impl Future<Output = T>) -> T {
    let bar = ProgressBar::new_spinner();
    if bar.is_hidden() {
        return work.await;
    }
    let done = tokio::select! {
        done = work => done,
        never = looking(app, &bar) => match never {},
    };
    bar.finish_and_clear();
    done
}

async fn looking(app: &App, bar: &ProgressBar) -> Infallible {
    loop {
        tokio::time::sleep(LOOK).await;
        look(app, bar).await;
    }
}

async fn look(app: &App, bar: &ProgressBar) {
    // A failing bar is not a reason to end a replay.
    let Ok(states) = app.projections().await else { return };
    for state in states {
        if let Build::Building { phase, done, total, .. } = state.build {
            let phase = match phase {
                Phase::Swap => "puts views in place",
                _ => "folds",
            };
            bar.set_message(format!("{} {phase}, {} views", state.projection, done.views));
            bar.set_position(done.commits);
            if let Some(total) = total {
                // The total is approximate: DynamoDB counts every six hours.
                bar.set_length(total.max(done.commits));
                if let Ok(style) =
                    ProgressStyle::with_template("{msg} [{bar:30}] {human_pos}/{human_len}, {eta} left")
                {
                    bar.set_style(style);
                }
            }
            return bar.tick();
        }
    }
}
