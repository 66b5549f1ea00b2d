//! The programs that sweep: the function, and a worker.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::App;
use cqrs_core::app::Swept;
use cqrs_dynamo::lambda::{SweepError, TimersFunction};
use cqrs_dynamo::{Dynamo, Worker};
use cqrs_tests::emulator::Emulator;
use cqrs_tests::faults::{Call, Fault, Faults, database};
use tokio::sync::watch;

const MINUTE: Duration = Duration::from_mins(1);

fn looks_for_timers(call: &Call) -> bool {
    call.operation == "Query" && call.is_for("timers")
}

/// Fails a test that would hang.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), work).await.expect("it hangs")
}

fn function(dynamo: &Dynamo) -> TimersFunction {
    TimersFunction::new(&App::builder(dynamo).only([]).build().unwrap())
}

#[tokio::test]
async fn a_call_of_the_function_is_a_sweep() {
    let (_database, dynamo) = database().await;
    let spent = dynamo.spent(function(&dynamo).answer(MINUTE)).await;
    let spent = spent.requests(8).rcu(4);
    assert_eq!(spent.names, ["Query"; 8]);
    assert_eq!(spent.output.unwrap(), Swept::default());
}

#[tokio::test]
async fn a_sweep_that_fails_is_an_error_of_the_function() {
    for answer in
        [(500, "InternalServerError"), (400, "AccessDeniedException"), (400, "ResourceNotFoundException")]
    {
        let (database, _) = database().await;
        let faults = Faults::at(&database, "Query", 0, Fault::Answer(answer.0, answer.1));
        let function = function(&faults.dynamo_without_retries());
        let failed = function.answer(MINUTE).await;
        assert!(matches!(failed, Err(SweepError::Delivery(_))), "{answer:?}: {failed:?}");
        // The next minute finds all well.
        function.answer(MINUTE).await.unwrap();
    }
}

/// Lambda would end it without a word.
#[tokio::test]
async fn a_sweep_that_hangs_is_given_up_before_the_deadline() {
    let (database, _) = database().await;
    let faults =
        Faults::new(&database, |call| if looks_for_timers(call) { Fault::Hang } else { Fault::None });
    let left = Duration::from_millis(200);
    let given_up = in_time(function(&faults.dynamo_without_retries()).answer(left)).await.unwrap_err();
    assert!(matches!(given_up, SweepError::OutOfTime { after } if after == left), "{given_up:?}");
    assert!(given_up.to_string().contains("not done after 200 ms; the next one continues"), "{given_up}");
}

/// A worker on the queue of `audit`, on a DynamoDB of which the first looks for timers fail; and how many looks there were.
async fn worker(failing: usize) -> (Worker, watch::Receiver<usize>) {
    let (database, _) = database().await;
    let (looks, looked) = watch::channel(0);
    let count = Arc::new(AtomicUsize::new(0));
    let faults = Faults::new(&database, move |call| {
        if !looks_for_timers(call) {
            return Fault::None;
        }
        let number = count.fetch_add(1, Ordering::Relaxed);
        looks.send_replace(number + 1);
        match number < failing {
            true if number.is_multiple_of(2) => Fault::Answer(500, "InternalServerError"),
            true => Fault::Answer(400, "AccessDeniedException"),
            false => Fault::None,
        }
    });
    let app = App::builder(faults.dynamo_without_retries()).only(["audit"]);
    let app = app.settings(|settings| settings.timer_poll = Duration::from_millis(5)).build().unwrap();
    let broker = Emulator::shared().broker();
    broker.create(&app).await.unwrap();
    (broker.worker(&app), looked)
}

#[tokio::test]
async fn a_worker_sweeps_time_and_again_whatever_happens() {
    let (worker, mut looked) = worker(4).await;
    let swept = async {
        looked.wait_for(|looks| *looks >= 4 + 3 * 8).await.unwrap();
    };
    in_time(worker.run(swept)).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_ends_sweeps_before() {
    let (worker, looked) = worker(0).await;
    in_time(worker.settings(|settings| settings.wait = Duration::ZERO).run_until_idle()).await.unwrap();
    assert!(*looked.borrow() >= 8, "{}", *looked.borrow());
}
