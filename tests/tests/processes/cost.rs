//! The cost of processes on DynamoDB. The first request of each message is the queue's own: whether its stream is held
//! up.

use cqrs_core::delivery::{Consumer, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::testing::Clock;
use cqrs_core::{Commit, EventStore, StreamKey};
use cqrs_dynamo::{Dynamo, Spent};

use crate::booking::*;
use crate::world::take;

struct Till {
    dynamo: Dynamo,
    clock: Clock,
    app: App,
    consumer: Consumer,
}

impl Till {
    async fn new() -> Self {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
        let app = App::builder(dynamo.event_store()).clock(&clock).only(["Booking"]).build().unwrap();
        let consumer = app.consumer("Booking").unwrap();
        let till = Self { dynamo, clock, app, consumer };
        // What the first stream of an aggregate costs once, and what a program learns once.
        till.hold("0").await;
        till.take().await;
        till
    }

    /// The same database, and nothing in memory.
    fn restarted(&self) -> Self {
        let (dynamo, clock) = (self.dynamo.clone(), self.clock.clone());
        let app = App::builder(dynamo.event_store()).clock(&clock).only(["Booking"]).build().unwrap();
        let consumer = app.consumer("Booking").unwrap();
        Self { dynamo, clock, app, consumer }
    }

    async fn hold(&self, name: &str) {
        let hold = Hold { booking: name.into(), cents: 100 };
        self.app.execute(&house("A"), hold).await.unwrap();
    }

    async fn note(&self, name: &str) {
        self.app.execute(&house("A"), Note { booking: name.into() }).await.unwrap();
    }

    async fn extend(&self, name: &str) {
        self.app.execute(&house("A"), Extend { bookings: vec![name.into()] }).await.unwrap();
    }

    async fn last(&self, stream: &StreamKey) -> Commit {
        let page = self.dynamo.event_store().read(stream, Version::NONE, Version::MAX).await.unwrap();
        page.commits.last().unwrap().clone()
    }

    /// What it costs to take the last commit of the house.
    async fn take(&self) -> Spent<()> {
        self.take_of(&house("A").stream().unwrap()).await
    }

    async fn take_of(&self, stream: &StreamKey) -> Spent<()> {
        let commits = [self.last(stream).await];
        let taken = async { assert_eq!(take(&self.app, &self.consumer, &commits).await, [Verdict::Done]) };
        self.dynamo.spent(taken).await
    }
}

#[tokio::test]
async fn a_step_is_one_write() {
    let till = Till::new().await;
    till.note("0").await;
    let spent = till.take().await;
    assert_eq!(spent.requests(2).wcu(1).rcu(1).names, ["Query", "PutItem"]);
    till.note("0").await;
    let spent = till.restarted().take().await;
    assert_eq!(spent.requests(3).wcu(1).rcu(2).names, ["Query", "Query", "PutItem"], "it is read once");
}

/// An event that may lead to commands is skipped for good, and that is stored, without the event's data.
#[tokio::test]
async fn what_is_skipped_costs_a_write_where_it_is_reacted_to() {
    let till = Till::new().await;
    till.note("nobody").await;
    let spent = till.take().await;
    assert_eq!(spent.requests(2).wcu(0).rcu(2).names, ["Query", "Query"], "it would be folded only");
    till.extend("stranger").await;
    let spent = till.take().await;
    assert_eq!(spent.requests(3).wcu(1).rcu(2).names, ["Query", "Query", "PutItem"]);
    let spent = till.take().await;
    assert_eq!(spent.requests(2).wcu(0).names, ["Query", "Query"], "it is found");
}

#[tokio::test]
async fn a_command_of_a_step_costs_what_it_does_and_to_cancel_a_deadline_costs_nothing() {
    let till = Till::new().await;
    let pay = payment(&booking("0"));
    till.app.execute(&pay, Pay {}).by("0").await.unwrap();
    let spent = till.take_of(&pay.stream().unwrap()).await;
    assert_eq!(spent.requests(3).wcu(2).rcu(1).names, ["Query", "PutItem", "PutItem"], "step and command");
    // The step, the instance, and the commit of the command are found.
    let spent = till.take_of(&pay.stream().unwrap()).await;
    assert_eq!(spent.requests(4).wcu(0).names, ["Query"; 4]);
}

#[tokio::test]
async fn a_deadline_is_written_with_its_step() {
    let till = Till::new().await;
    till.extend("0").await;
    let spent = till.take().await;
    assert_eq!(spent.requests(2).wcu(4).rcu(1).names, ["Query", "TransactWriteItems"], "step and timer");
    till.hold("1").await;
    let spent = till.take().await;
    let names = ["Query", "Query", "TransactWriteItems", "Query", "PutItem"];
    assert_eq!(spent.requests(5).wcu(5).rcu(3).names, names, "two new streams are looked for");
}

#[tokio::test]
async fn waiting_costs_nothing_and_a_deadline_two_writes() {
    let till = Till::new().await;
    for name in ["1", "2"] {
        till.hold(name).await;
        till.take().await;
    }
    till.dynamo.spent(till.app.sweep()).await.requests(8).wcu(0).rcu(4).output.unwrap();
    let pay = payment(&booking("1"));
    till.app.execute(&pay, Pay {}).by("1").await.unwrap();
    till.take_of(&pay.stream().unwrap()).await;
    till.clock.advance(14 * MINUTE);
    till.extend("2").await;
    till.take().await;
    till.clock.advance(MINUTE);

    // "0" is released: the step, two commands, and the removal of its timer. "1" was cancelled and "2" is moved: each
    // timer is removed, after a look at the instance.
    let spent = till.dynamo.spent(till.app.sweep()).await;
    assert_eq!(spent.requests(8 + 4 + 2 * 2).wcu(3.0 + 3.0).output.unwrap().fired, 3);
    till.clock.advance(14 * MINUTE);
    let spent = till.dynamo.spent(till.app.sweep()).await;
    let names = spent.names.iter().filter(|name| *name != "Query").map(String::as_str).collect::<Vec<_>>();
    assert_eq!(names, ["PutItem", "PutItem", "PutItem", "DeleteItem"]);
    assert_eq!(spent.requests(8 + 4).wcu(4).rcu(4).output.unwrap().fired, 1);
}
