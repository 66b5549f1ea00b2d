use std::io::{Read, stdin};
use std::str::FromStr;

use serde_json::json;
use tokio::sync::oneshot;

use crate::stack::Stack;
use crate::{Build, Done, Fault};

/// Runs a part: `create`, `relay`, `worker`, `commands SEED COUNT PARCELS`, `replay` or `report`. Relay and worker run until
/// the standard input ends, so that none outlives the test.
pub(crate) async fn run<B: Build>() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let stack = Stack::open::<B>().await?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["create"] => {
            stack.dynamo.create_tables().await?;
            stack.broker.create(&stack.app).await?;
        }
        ["relay"] => {
            stack.relay().await?.run(input_ended()).await?;
        }
        ["worker"] => {
            stack.worker().run(input_ended()).await?;
        }
        ["commands", seed, count, parcels] => {
            commands::<B>(&stack, number(seed)?, number(count)?, number(parcels)?).await?;
        }
        ["replay"] => B::replay(&stack.app).await?,
        ["report"] => {
            let letters = stack.app.dead_letters().list().await?;
            let letters: Vec<_> =
                letters.iter().map(|letter| format!("{:?} {}", letter.id, letter.reason)).collect();
            println!("{}", json!({ "views": B::views(&stack.app).await?, "letters": letters }));
        }
        _ => return Err(format!("there is no such part: {arguments:?}").into()),
    }
    Ok(())
}

/// Executes commands on parcels, and tells how many this build could not read.
async fn commands<B: Build>(stack: &Stack, seed: u64, count: u64, parcels: u64) -> Result<(), Fault> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut newer = 0;
    for _ in 0..count {
        let parcel = random.u64(..parcels).to_string();
        if B::command(&stack.app, &parcel, &mut random).await? == Done::Newer {
            newer += 1;
        }
    }
    println!("{newer}");
    Ok(())
}

fn number(text: &str) -> Result<u64, Fault> {
    u64::from_str(text).map_err(|error| format!("`{text}` is no number: {error}").into())
}

async fn input_ended() {
    let (ended, has_ended) = oneshot::channel();
    std::thread::spawn(move || {
        // A parcel that cannot be read has ended, too.
        let _ = stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    let _ = has_ended.await;
}
