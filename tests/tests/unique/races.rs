use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::faults::{Fault, Faults, database};
use tokio::task::JoinSet;

use crate::hotel::{ChangeEmail, Guest, app, email, guest, owner, register, tenant};

/// 1,000 races of 8 for one value, half of them in another process: one owner each, whose stream says so, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_races_have_a_thousand_owners() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let apps = [app(&dynamo), app(&dynamo)];
    for race in 0..1000 {
        let text = format!("{}@example.com", race / 2);
        // Every second race is for a value that was freed.
        if race % 2 == 1 {
            let holder = owner(&apps[0], &text).await.unwrap();
            apps[0].execute(&holder, ChangeEmail(None)).await.unwrap();
        }
        let mut tasks = JoinSet::new();
        for runner in 0..8 {
            let (app, key, text) =
                (apps[runner % 2].clone(), guest(&format!("{race}-{runner}")), text.clone());
            tasks.spawn(async move {
                match app.execute(&key, register(&text)).await {
                    Ok(_) => Some(key),
                    Err(ExecuteError::NotUnique { .. }) => None,
                    Err(other) => panic!("{other:?}"),
                }
            });
        }
        let winners: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "race {race}");
        assert_eq!(owner(&apps[1], &text).await.as_ref(), winners.first(), "race {race}");
    }
}

/// Addresses go around among a few guests, with faults at every second request: what the reservations say is what the streams say.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_fault_parts_values_from_their_streams() {
    let (database, dynamo) = database().await;
    let met = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&met);
    let faults = Faults::new(&database, move |call| {
        if call.operation != "TransactWriteItems" {
            return Fault::None;
        }
        match count.fetch_add(1, Ordering::Relaxed) % 6 {
            1 => Fault::AnswerLost,
            3 => Fault::Answer(400, "ThrottlingException"),
            5 => Fault::Reset,
            _ => Fault::None,
        }
    });
    let apps = [app(faults.dynamo_without_retries()), app(faults.dynamo_without_retries())];
    app(&dynamo).execute(&guest("0"), register("first@example.com")).await.unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..8_u64 {
        let app = apps[usize::from(task % 2 == 0)].clone();
        tasks.spawn(async move {
            let mut random = fastrand::Rng::with_seed(task);
            for turn in 0..150 {
                let key = guest(&random.u32(0..6).to_string());
                let wanted = match random.u32(0..6) {
                    0 => ChangeEmail(None),
                    other => email(&format!("{other}@example.com")),
                };
                let id = format!("{task}-{turn}");
                // As its sender would, until the store says what became of it.
                loop {
                    match app.execute(&key, wanted.clone()).command_id(&id).await {
                        Ok(_) | Err(ExecuteError::NotUnique { .. }) => break,
                        Err(ExecuteError::Store { source, .. }) if source.is_transient() => {}
                        Err(ExecuteError::Conflict { .. }) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
            }
        });
    }
    tasks.join_all().await;
    assert!(met.load(Ordering::Relaxed) > 300, "{met:?}");

    let clean = app(&dynamo);
    let mut addresses = Vec::new();
    for id in 0..6 {
        let key = guest(&id.to_string());
        if let Some(text) = clean.load(&key).await.unwrap().state.email {
            assert_eq!(owner(&clean, &text).await, Some(key));
            addresses.push(text);
        }
    }
    let held = addresses.len();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), held, "two guests have one address");
    for number in 1..6 {
        let text = format!("{number}@example.com");
        let found = clean.find(Guest::email(&tenant(), text.as_str())).await.unwrap();
        assert_eq!(found.is_some(), addresses.contains(&text), "{text}");
    }
}
