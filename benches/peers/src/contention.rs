//! Commands at the same time on one stream: how many succeed, and with how many requests.

use cqrs_benches::median::median;
use cqrs_dynamo::Embedded;
use tokio::task::JoinSet;

use crate::system::{Fallible, Kind, Outcome};
use crate::wire::Wire;

const COMMANDS: usize = 20;
const ROUNDS: usize = 9;

pub async fn section() -> Fallible<String> {
    let mut table = format!(
        "| | in one process: succeed of {COMMANDS} | requests | each in its own process: succeed of {COMMANDS} \
         | requests |\n| --- | ---: | ---: | ---: | ---: |\n"
    );
    for kind in Kind::PLAIN {
        let (mut done, mut requests) = ([vec![], vec![]], [vec![], vec![]]);
        for _ in 0..ROUNDS {
            for (place, apart) in [false, true].into_iter().enumerate() {
                let (succeeded, sent) = round(kind, apart).await?;
                done[place].push(succeeded);
                requests[place].push(sent);
            }
        }
        let [one, apart] = done.map(median);
        let [sent_by_one, sent_apart] = requests.map(median);
        table += &format!("| {} | {one} | {sent_by_one} | {apart} | {sent_apart} |\n", kind.name());
    }
    Ok(table)
}

async fn round(kind: Kind, apart: bool) -> Fallible<(f64, f64)> {
    let database = Embedded::in_memory()?;
    kind.create_tables(&database.sdk_config()).await?;
    let wire = Wire::to(&database);
    let conf = wire.sdk_config();
    let one = kind.open(&conf).await?;
    one.execute("1", 1).await?;
    let mut processes = Vec::with_capacity(COMMANDS);
    for _ in 0..COMMANDS {
        processes.push(if apart { kind.open(&conf).await? } else { one.clone() });
    }
    let before = wire.taken();
    let mut tasks = JoinSet::new();
    for process in processes {
        tasks.spawn(async move { process.execute("1", 1).await });
    }
    let mut succeeded = 0.0;
    for outcome in tasks.join_all().await {
        if outcome? == Outcome::Done {
            succeeded += 1.0;
        }
    }
    Ok((succeeded, (wire.taken() - before).requests))
}
