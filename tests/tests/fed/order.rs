//! Whatever the stream does, each commit is in each view once, and in the order of its stream.

use std::future::pending;

use cqrs_dynamo::Dynamo;
use cqrs_dynamo::lambda::ProjectionsFunction;
use fastrand::Rng;
use serde_json::Value;

use crate::world::{Check, Sell, Stream, event, feed, first_failed, process, spent, takings, till};

const ALWAYS: [&str; 2] = ["Takings", "Spending"];

/// Work that a stop leaves open comes again; here after a number of polls.
async fn after(polls: usize) {
    for _ in 0..polls {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn batches_that_come_twice_in_pieces_and_are_broken_off_change_nothing() {
    for seed in 0..12 {
        let mut rng = Rng::with_seed(seed);
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let app = process(&dynamo, &[]);
        let (mut stream, mut seen) = (Stream::of(&dynamo), Vec::<Value>::new());
        let mut sold: [Vec<u64>; 3] = Default::default();
        // Two instances, of which one is replaced now and then.
        let function = || ProjectionsFunction::new(&process(&dynamo, &ALWAYS));
        let mut functions = [function(), function()];
        for cents in 1..=60 {
            let number = rng.usize(..3);
            if rng.u8(..4) == 0 {
                app.execute(&till(number), Check).await.unwrap();
            }
            app.execute(&till(number), Sell(cents)).await.unwrap();
            sold[number].push(cents);
            if rng.u8(..4) > 0 {
                continue;
            }
            let mut batch = stream.next().await;
            // Lambda may go back to what was acknowledged, and nothing tells it.
            let back = rng.usize(..=seen.len().min(5));
            batch.splice(..0, seen[seen.len() - back..].to_vec());
            seen = batch.clone();
            while !batch.is_empty() {
                let at = rng.usize(..2);
                if rng.u8(..5) == 0 {
                    functions[at] = function();
                }
                let polls = if rng.bool() { rng.usize(..60) } else { usize::MAX };
                let answer = match polls {
                    usize::MAX => functions[at].answer(event(&batch), pending()).await,
                    polls => functions[at].answer(event(&batch), after(polls)).await,
                };
                match first_failed(&answer, &batch) {
                    Some(place) => drop(batch.drain(..place)),
                    None => break,
                }
            }
        }
        let batch = stream.next().await;
        assert_eq!(feed(&functions[0], &batch).await, None, "seed {seed}");
        for (number, sold) in sold.iter().enumerate() {
            assert_eq!(takings(&app, number).await, *sold, "seed {seed}");
        }
        assert_eq!(spent(&app).await, (1..=60).sum::<u64>(), "seed {seed}");
        assert_eq!(process(&dynamo, &ALWAYS).dead_letters().list().await.unwrap(), [], "seed {seed}");
    }
}

/// A commit that comes before earlier ones brings them along.
#[tokio::test]
async fn a_batch_without_its_beginning_loses_nothing() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ALWAYS);
    for cents in 1..=3 {
        app.execute(&till(1), Sell(cents)).await.unwrap();
    }
    let records = Stream::of(&dynamo).next().await;
    let function = ProjectionsFunction::new(&app);
    assert_eq!(feed(&function, &records[2..]).await, None);
    assert_eq!((takings(&app, 1).await, spent(&app).await), (vec![1, 2, 3], 6));
    assert_eq!(feed(&function, &records).await, None);
    assert_eq!((takings(&app, 1).await, spent(&app).await), (vec![1, 2, 3], 6));
}

#[tokio::test]
async fn what_no_projection_listens_to_costs_nothing() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ALWAYS);
    let function = ProjectionsFunction::new(&app);
    let mut stream = Stream::of(&dynamo);
    app.execute(&till(1), Sell(1)).await.unwrap();
    // The first batch of an instance looks after the projections.
    feed(&function, &stream.next().await).await;
    for _ in 0..3 {
        app.execute(&till(1), Check).await.unwrap();
    }
    let records = stream.next().await;
    let answered = dynamo.spent(feed(&function, &records)).await;
    assert_eq!(answered.requests(0).output, None);
}

#[tokio::test]
async fn commits_of_one_stream_in_a_batch_are_one_write() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &["Takings"]);
    let function = ProjectionsFunction::new(&app);
    let mut stream = Stream::of(&dynamo);
    app.execute(&till(1), Sell(1)).await.unwrap();
    feed(&function, &stream.next().await).await;
    for cents in 2..=10 {
        app.execute(&till(1), Sell(cents)).await.unwrap();
    }
    let records = stream.next().await;
    let answered = dynamo.spent(feed(&function, &records)).await;
    assert_eq!(answered.requests(1).wcu(1).rcu(0).names, ["PutItem"]);
    assert_eq!(takings(&app, 1).await, (1..=10).collect::<Vec<_>>());
}
