//! Commands per second from several tasks, on separate streams and on one hot stream.

use std::time::{Duration, Instant};

use cqrs_benches::median::median;
use cqrs_dynamo::Embedded;
use tokio::task::JoinSet;

use crate::system::{Fallible, Kind, Outcome};

const TASKS: [usize; 3] = [1, 8, 64];
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(500);
/// A task opens another stream after this many commands.
const COMMITS_OF_A_STREAM: usize = 10;

/// This project first: the others are compared with it.
const HOT: [Kind; 5] =
    [Kind::Ours, Kind::CqrsEs, Kind::CqrsEsSnapshots, Kind::Adapter, Kind::AdapterSnapshots];

#[derive(Clone, Copy)]
struct Load {
    tasks: usize,
    /// All tasks write to one stream.
    hot: bool,
    /// Each task is a separate process.
    apart: bool,
}

pub async fn section() -> Fallible<String> {
    let mut table = String::from(
        "| streams | tasks | | commands per second | succeed | ÷ this project |\n\
         | --- | ---: | --- | ---: | ---: | ---: |\n",
    );
    let places = [
        ("10 commits each, one process", false, false),
        ("one hot stream, one process", true, false),
        ("one hot stream, a process per task", true, true),
    ];
    for (place, hot, apart) in places {
        // A hot stream gets long, and the peers read it for each command.
        let kinds = if hot { &HOT[..] } else { &Kind::PLAIN[..] };
        // A single process is the line above.
        for tasks in TASKS.into_iter().filter(|tasks| !apart || *tasks > 1) {
            let load = Load { tasks, hot, apart };
            let mut results = vec![(Vec::new(), Vec::new()); kinds.len()];
            for _ in 0..ROUNDS {
                for (kind, (rates, shares)) in kinds.iter().zip(&mut results) {
                    let (rate, share) = round(*kind, load).await?;
                    rates.push(rate);
                    shares.push(share);
                }
            }
            let mut ours = None;
            for (kind, (rates, shares)) in kinds.iter().zip(results) {
                let (rate, share) = (median(rates), 100.0 * median(shares));
                let ratio = rate / *ours.get_or_insert(rate);
                table += &format!(
                    "| {place} | {tasks} | {} | {rate:.0} | {share:.0} % | {ratio:.2} |\n",
                    kind.name()
                );
            }
        }
    }
    Ok(table)
}

/// Commands that succeeded per second, and their share of all.
async fn round(kind: Kind, load: Load) -> Fallible<(f64, f64)> {
    let database = Embedded::in_memory()?;
    let conf = database.sdk_config();
    kind.create_tables(&conf).await?;
    let one = kind.open(&conf).await?;
    let mut processes = Vec::new();
    for _ in 0..load.tasks {
        processes.push(if load.apart { kind.open(&conf).await? } else { one.clone() });
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for (task, process) in processes.into_iter().enumerate() {
        tasks.spawn(async move {
            let (mut done, mut all) = (0_usize, 0_usize);
            while started.elapsed() < ROUND {
                let stream = match load.hot {
                    true => "hot".to_owned(),
                    false => format!("{task}-{}", all / COMMITS_OF_A_STREAM),
                };
                all += 1;
                if process.execute(&stream, 1).await? == Outcome::Done {
                    done += 1;
                }
            }
            Fallible::Ok((done, all))
        });
    }
    let (mut done, mut all) = (0, 0);
    for result in tasks.join_all().await {
        let (of_task, all_of_task) = result?;
        done += of_task;
        all += all_of_task;
    }
    Ok((done as f64 / started.elapsed().as_secs_f64(), done as f64 / all as f64))
}
