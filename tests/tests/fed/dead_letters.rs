//! Commits that a projection cannot take.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cqrs_core::delivery::DeadLetter;
use cqrs_core::prelude::*;
use cqrs_dynamo::lambda::ProjectionsFunction;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::faults::{Fault, Faults, database};
use tokio::sync::Mutex;

use crate::world::{
    ALL, ATTEMPTS, BAD, Careful, MENDED, Sell, Stream, careful, event, feed, found, process, spent, takings,
    till,
};

/// The tests share the switch.
static SWITCH: Mutex<()> = Mutex::const_new(());

fn versions(letters: &[DeadLetter]) -> Vec<(String, u32)> {
    letters.iter().map(|letter| (letter.id.sk.clone(), letter.attempts)).collect()
}

fn letters_of(till: u64, letters: &[(u64, u32)]) -> Vec<(String, u32)> {
    letters.iter().map(|(version, attempts)| (format!("TILL#{till}@{version:010}"), *attempts)).collect()
}

#[tokio::test]
async fn one_that_fails_keeps_its_dead_letters_and_the_others_continue() {
    let _switch = SWITCH.lock().await;
    MENDED.store(false, Ordering::Relaxed);
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ALL);
    let mut function = ProjectionsFunction::new(&app);
    let mut stream = Stream::of(&dynamo);
    for cents in [1, BAD, 2] {
        app.execute(&till(1), Sell(cents)).await.unwrap();
        app.execute(&till(2), Sell(1)).await.unwrap();
    }
    let records = stream.next().await;
    assert_eq!(feed(&function, &records).await, None, "nothing is to come again");
    assert_eq!((takings(&app, 1).await, spent(&app).await), (vec![1, BAD, 2], 19));
    assert_eq!((careful(&app, 1).await, careful(&app, 2).await), (vec![1], vec![1, 1, 1]));
    let letters = app.dead_letters().of("Careful").await.unwrap();
    // A fold that fails is not tried again: the result would be the same.
    assert_eq!(versions(&letters), letters_of(1, &[(2, 1), (3, 0)]));
    assert!(letters[0].reason.contains("a bad price"), "{letters:?}");

    // Later commits wait, even with an instance that knows nothing. Those of other streams do not.
    for instance in 0..2 {
        app.execute(&till(1), Sell(3)).await.unwrap();
        app.execute(&till(2), Sell(2)).await.unwrap();
        let records = stream.next().await;
        assert_eq!(feed(&function, &records).await, None, "{instance}");
        // The same once more, as after an answer that was lost.
        assert_eq!(feed(&function, &records).await, None, "{instance}");
        function = ProjectionsFunction::new(&process(&dynamo, &ALL));
    }
    assert_eq!(
        (takings(&app, 1).await, takings(&app, 2).await),
        (vec![1, BAD, 2, 3, 3], vec![1, 1, 1, 2, 2])
    );
    assert_eq!((careful(&app, 1).await, careful(&app, 2).await), (vec![1], vec![1, 1, 1, 2, 2]));
    let letters = app.dead_letters().of("Careful").await.unwrap();
    assert_eq!(versions(&letters), letters_of(1, &[(2, 1), (3, 0), (4, 0), (5, 0)]));
    assert_eq!(app.dead_letters().list().await.unwrap().len(), 4, "nobody else has any");
    assert_eq!(found(&function).await, 4);

    // After a repair and a redrive from any process, the stream flows again.
    MENDED.store(true, Ordering::Relaxed);
    assert_eq!(process(&dynamo, &ALL).dead_letters().redrive("Careful").await.unwrap().done, 4);
    app.execute(&till(1), Sell(4)).await.unwrap();
    assert_eq!(feed(&function, &stream.next().await).await, None);
    assert_eq!(careful(&app, 1).await, [1, BAD, 2, 3, 3, 4]);
    assert_eq!(found(&function).await, 0);
}

#[tokio::test]
async fn what_is_discarded_is_skipped() {
    let _switch = SWITCH.lock().await;
    MENDED.store(false, Ordering::Relaxed);
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ALL);
    let function = ProjectionsFunction::new(&app);
    let mut stream = Stream::of(&dynamo);
    for cents in [1, BAD] {
        app.execute(&till(1), Sell(cents)).await.unwrap();
    }
    assert_eq!(feed(&function, &stream.next().await).await, None);
    let letters = app.dead_letters().of("Careful").await.unwrap();
    app.dead_letters().discard(&letters[0].id, "never sold").await.unwrap();
    app.execute(&till(1), Sell(2)).await.unwrap();
    assert_eq!(feed(&function, &stream.next().await).await, None);
    assert_eq!((careful(&app, 1).await, takings(&app, 1).await), (vec![1, 2], vec![1, BAD, 2]));
}

/// Views that DynamoDB refuses, of the first till.
fn refusing(database: &Embedded) -> Faults {
    Faults::new(database, |call| {
        match call.is_for("views") && call.operation == "PutItem" && call.body.contains("\"TAKINGS#1\"") {
            true => Fault::Answer(400, "ValidationException"),
            false => Fault::None,
        }
    })
}

#[tokio::test]
async fn what_another_try_may_mend_is_tried_as_often_as_the_settings_say() {
    let (database, dynamo) = database().await;
    let app = process(&refusing(&database).dynamo_without_retries(), &["Takings"]);
    for cents in [1, 2] {
        app.execute(&till(1), Sell(cents)).await.unwrap();
        app.execute(&till(2), Sell(cents)).await.unwrap();
    }
    let records = Stream::of(&dynamo).next().await;
    assert_eq!(feed(&ProjectionsFunction::new(&app), &records).await, None);
    assert_eq!((takings(&app, 1).await, takings(&app, 2).await), (vec![], vec![1, 2]));
    let letters = app.dead_letters().list().await.unwrap();
    assert_eq!(versions(&letters), letters_of(1, &[(1, ATTEMPTS), (2, 0)]));
}

/// The tries of an invocation that ends continue in the next one.
#[tokio::test]
async fn tries_are_counted_across_invocations() {
    let (database, dynamo) = database().await;
    let app =
        App::builder(refusing(&database).dynamo_without_retries()).only(["Takings"]).settings(|settings| {
            settings.delivery.attempts = 5;
            (settings.delivery.base, settings.delivery.cap) =
                (Duration::from_secs(3600), Duration::from_secs(3600));
        });
    let app = app.build().unwrap();
    app.execute(&till(1), Sell(1)).await.unwrap();
    let records = Stream::of(&dynamo).next().await;
    let mut invocations = 1;
    loop {
        // It would wait for longer than anybody has time, and there are as many invocations as that takes.
        let stop = tokio::time::sleep(Duration::from_millis(300));
        let answer = ProjectionsFunction::new(&app).answer(event(&records), stop).await;
        if answer.batch_item_failures.is_empty() {
            break;
        }
        invocations += 1;
        assert!(invocations < 100, "it is never given up");
    }
    assert!(invocations > 1, "{invocations}");
    assert_eq!(versions(&app.dead_letters().list().await.unwrap()), letters_of(1, &[(1, 5)]));
}

/// Another process redrives everything before a commit, while that commit is put behind it.
#[tokio::test]
async fn nothing_is_put_behind_letters_that_are_gone() {
    static ARMED: AtomicBool = AtomicBool::new(false);
    let _switch = SWITCH.lock().await;
    MENDED.store(false, Ordering::Relaxed);
    let (database, dynamo) = database().await;
    let operator = process(&dynamo, &ALL);
    let between = Faults::after(&database, {
        let operator = operator.clone();
        move |call| {
            let operator = operator.clone();
            Box::pin(async move {
                let is_letter = call.operation == "PutItem" && call.body.contains("LETTER#Careful");
                if is_letter && ARMED.swap(false, Ordering::Relaxed) {
                    MENDED.store(true, Ordering::Relaxed);
                    assert_eq!(operator.dead_letters().redrive("Careful").await.unwrap().done, 1);
                }
                Fault::None
            })
        }
    });
    let app = process(&between.dynamo(), &ALL);
    let function = ProjectionsFunction::new(&app);
    let mut stream = Stream::of(&dynamo);
    app.execute(&till(1), Sell(BAD)).await.unwrap();
    assert_eq!(feed(&function, &stream.next().await).await, None);
    assert_eq!(app.dead_letters().of("Careful").await.unwrap().len(), 1);

    ARMED.store(true, Ordering::Relaxed);
    app.execute(&till(1), Sell(1)).await.unwrap();
    assert_eq!(feed(&function, &stream.next().await).await, None);
    assert!(!ARMED.load(Ordering::Relaxed));
    assert_eq!(operator.dead_letters().list().await.unwrap(), []);
    assert_eq!(app.view::<Careful>(&till(1)).await.unwrap().unwrap().lines, [BAD, 1]);
}
