//! From the command to the view, all of it on MiniStack.

use cqrs_core::prelude::*;
use cqrs_dynamo::{Relay, SnsPublisher};
use cqrs_tests::bank::{self, DepositAll, Open, Statement, Wealth, Withdraw, deposit};

use crate::emulator;
use crate::office::worker;

#[tokio::test]
async fn a_command_becomes_a_view_over_table_stream_topic_and_queues() {
    let (dynamo, broker) = (emulator().dynamo().await, emulator().broker());
    let subscribers = ["Statement", "Wealth"];
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(subscribers).build().unwrap();
    let topic = broker.create(&app).await.unwrap();
    for account in ["1", "2", "3"] {
        let key = bank::account(account);
        app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
        for cents in 1..=10 {
            app.execute(&key, deposit(cents)).await.unwrap();
        }
        app.execute(&key, DepositAll(vec![20, 30])).await.unwrap();
        app.execute(&key, Withdraw { cents: 5 }).await.unwrap();
    }
    let publisher = SnsPublisher::new(broker.sns().clone(), &topic.arn);
    assert_eq!(Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap().commits, 39);
    let worked = worker(&broker, &app).run_until_idle().await.unwrap();
    // `Statement` does not listen to the first commit of a stream.
    assert_eq!((worked.done, worked.dead), (39 + 36, 0));

    let lines: Vec<i64> = (1..=10).chain([20, 30, -5]).collect();
    for account in ["1", "2", "3"] {
        let key = bank::account(account);
        let statement = app.view::<Statement>(&key).await.unwrap();
        assert_eq!(statement, Some(Statement { lines: lines.clone() }), "account {account}");
    }
    let key = bank::WealthKey::new(&bank::tenant(), "Ada");
    let expected = Wealth { cents: 3 * 100, folded: 3 * 14 };
    assert_eq!(app.view::<Wealth>(&key).await.unwrap(), Some(expected));
}
