use std::convert::Infallible;
use std::time::Duration;

use cqrs_core::App;
use cqrs_core::app::Build;
use cqrs_core::replay::Phase;
use indicatif::{ProgressBar, ProgressStyle};

/// How often it is asked how far a replay is: a look takes some requests.
const LOOK: Duration = Duration::from_secs(1);

/// A line on the standard error that tells how far a search is, where that is a terminal.
pub(crate) fn searching() -> ProgressBar {
    ProgressBar::new_spinner()
}

/// Does some work on projections behind a bar on the standard error that shows how far it is. Where that is no terminal, there is no bar.
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
    // A bar is no reason to end a replay.
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
                // The total is about: DynamoDB counts every six hours.
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
