//! Two releases with another fold of a view across aggregates, each of which gets batches of one stream.

use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_dynamo::lambda::ProjectionsFunction;

use crate::world::{Sell, Sold, Stream, feed, tenant, till};

mod older {
    use super::*;

    #[projection(key(customer: String), name = "older", view = "LEDGER")]
    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct View {
        pub(crate) cents: u64,
    }

    #[projection(key(customer))]
    impl View {
        #[apply]
        fn sold(&mut self, event: &Sold) {
            self.cents += event.cents;
        }
    }
}

mod newer {
    use super::*;

    #[projection(key(customer: String), name = "newer", view = "LEDGER")]
    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct View {
        pub(crate) cents: u64,
        pub(crate) sales: u64,
    }

    #[projection(key(customer))]
    impl View {
        #[apply]
        fn sold(&mut self, event: &Sold) {
            self.cents += event.cents;
            self.sales += 1;
        }
    }
}

/// A release that also has a view at its aggregate's key.
fn release(dynamo: &Dynamo, name: &str, poll: Duration) -> App {
    let app = App::builder(dynamo).only([name, "Takings"]).settings(|settings| {
        settings.release_poll = poll;
        settings.read_wait = Duration::ZERO;
        settings.delivery.base = Duration::ZERO;
    });
    app.build().unwrap()
}

async fn older(app: &App) -> u64 {
    let view = app.view::<older::View>(&older::ViewKey::new(&tenant(), "Ada")).await.unwrap();
    view.map_or(0, |view| view.cents)
}

async fn newer(app: &App) -> (u64, u64) {
    let view = app.view::<newer::View>(&newer::ViewKey::new(&tenant(), "Ada")).await.unwrap();
    view.map_or((0, 0), |view| (view.cents, view.sales))
}

#[tokio::test]
async fn a_commit_comes_again_until_both_releases_have_it() {
    let for_ever = Duration::from_secs(36_000);
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (one, two) = (release(&dynamo, "older", for_ever), release(&dynamo, "newer", for_ever));
    let (first, second) = (ProjectionsFunction::new(&one), ProjectionsFunction::new(&two));
    let mut stream = Stream::of(&dynamo);
    one.execute(&till(1), Sell(1)).await.unwrap();
    assert_eq!(feed(&first, &stream.next().await).await, None, "alone");

    one.execute(&till(1), Sell(2)).await.unwrap();
    let records = stream.next().await;
    assert_eq!(feed(&second, &records).await, Some(0), "the older one has yet to take it");
    assert_eq!(crate::world::takings(&two, 1).await, [1, 2], "and that holds up no other projection");
    assert_eq!(feed(&first, &records).await, None);
    assert_eq!(feed(&second, &records).await, None);
    assert_eq!(older(&one).await, 3);
    two.replay::<newer::View>().await.unwrap();
    assert_eq!(newer(&two).await, (3, 2));
    assert_eq!(two.dead_letters().list().await.unwrap(), []);
}

#[tokio::test]
async fn a_release_that_is_gone_is_not_waited_for() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (one, two) = (release(&dynamo, "older", Duration::ZERO), release(&dynamo, "newer", Duration::ZERO));
    let (first, second) = (ProjectionsFunction::new(&one), ProjectionsFunction::new(&two));
    let mut stream = Stream::of(&dynamo);
    one.execute(&till(1), Sell(1)).await.unwrap();
    assert_eq!(feed(&first, &stream.next().await).await, None);
    one.execute(&till(1), Sell(2)).await.unwrap();
    let records = stream.next().await;
    // A release gives no sign of life within the same millisecond.
    while feed(&second, &records).await.is_some() {
        tokio::task::yield_now().await;
    }
    two.replay::<newer::View>().await.unwrap();
    assert_eq!(newer(&two).await, (3, 2));
    // It comes back, and catches up.
    one.execute(&till(1), Sell(3)).await.unwrap();
    let records = stream.next().await;
    while feed(&first, &records).await.is_some() {
        tokio::task::yield_now().await;
    }
    one.replay::<older::View>().await.unwrap();
    assert_eq!(older(&one).await, 6);
}
