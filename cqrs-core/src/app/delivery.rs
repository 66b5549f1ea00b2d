use serde_json::Value;

use super::App;
use crate::commit::{Commit, record};
use crate::delivery::{
    Consumer, DeadLetters, DeliveryError, FeedConsumer, Interrupted, MAX_MESSAGE_BYTES, Message, Publisher,
    StoredLetters, Unreplayed,
};
use crate::store::StoreError;

impl App {
    /// The dead letters: commits that subscribers could not take.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # use std::sync::atomic::{AtomicBool, Ordering};
    /// static PRICES: AtomicBool = AtomicBool::new(false);
    ///
    /// #[event_handler(OrderCreated)]
    /// async fn invoice(_: &OrderCreated) -> Result<(), HandlerError> {
    ///     if !PRICES.load(Ordering::Relaxed) {
    ///         return Err(HandlerError::permanent("there is no price list"));
    ///     }
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
    /// app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// app.run_until_idle().await?;
    ///
    /// let letters = app.dead_letters().list().await?;
    /// assert_eq!(letters[0].id.subscriber, "invoice");
    /// assert_eq!((letters[0].reason.as_str(), letters[0].attempts), ("there is no price list", 1));
    ///
    /// PRICES.store(true, Ordering::Relaxed);
    /// assert_eq!(app.dead_letters().redrive("invoice").await?.done, 1);
    /// assert_eq!(app.dead_letters().list().await?, []);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters<StoredLetters<'_>> {
        DeadLetters::new(StoredLetters::new(&self.delivery))
    }

    /// The receiving end of one queue; [`Wiring`](crate::app::Wiring) lists the queues.
    ///
    /// # Errors
    /// [`DeliveryError::UnknownQueue`].
    pub fn consumer(&self, queue: &str) -> Result<Consumer, DeliveryError> {
        self.delivery.consumer(queue)
    }

    /// The receiving end of the change feed, for a program whose host gives it the records, and whose projections are
    /// fed only this way: see [`FeedConsumer`].
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::{MemoryEventStore, record};
    /// # use cqrs_core::view::MemoryViewStore;
    /// #[projection(Order)]
    /// #[derive(Default)]
    /// pub struct Totals {
    ///     pub total: u64,
    /// }
    ///
    /// #[projection(Order)]
    /// impl Totals {
    ///     #[apply]
    ///     fn created(&mut self, event: &OrderCreated) {
    ///         self.total = event.total;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = MemoryEventStore::new();
    /// # let app = App::builder(store.clone()).views(MemoryViewStore::new()).build()?;
    /// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
    /// # app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// # use cqrs_core::delivery::{ChangeFeed, Positions};
    /// # let changes = store.feed().read(&Positions::new()).await?.changes;
    /// # let records: Vec<_> = changes.into_iter().map(|change| change.record).collect();
    /// app.feed_consumer().take_until(&records, std::future::pending()).await?;
    /// assert_eq!(app.view::<Totals>(&order).await?.expect("it was fed").total, 15000);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn feed_consumer(&self) -> FeedConsumer {
        self.delivery.feed_consumer()
    }

    /// Publishes records of the event store ([`store::record`](crate::store::record)) in their order. Every relay does
    /// this, wherever it reads the records and however it remembers its position.
    ///
    /// An event of a type that no aggregate of this program applies is published like all others, because another
    /// program may know it. A record that is not a commit becomes a dead letter of `@relay`, and counts as done.
    ///
    /// # Errors
    /// [`Interrupted`] says how many records are done. Publishing the others again is safe.
    pub async fn publish(&self, publisher: &impl Publisher, records: &[Value]) -> Result<(), Interrupted> {
        self.delivery.publish(publisher, records).await
    }

    /// The projections of this app whose views lack commits, because these commits were in the events table before the
    /// projections began. Such a projection was added or renamed, and needs a [replay](App::replay). The delivery also
    /// says so in its log, once a minute.
    ///
    /// The first start of a projection is kept in the delivery table. A projection that has missed nothing is marked
    /// there, and costs nothing from then on. For a projection without this mark, the call reads the first pages of the
    /// events table that have commits it listens to, and takes up to 16 streams from them: those in which nothing has
    /// happened for the longest time. The projection is listed if one of these streams has no view and no
    /// [`Fence`](crate::view::Fence), and none of its commits is a dead letter. A replay of all tenants takes it from
    /// the list.
    ///
    /// [`App::projections`] shows what is already known, without this check.
    ///
    /// Commits that are on their way count as missing here. Ask when the delivery has caught up.
    ///
    /// ```
    /// # async fn example(app: cqrs_core::App) -> Result<(), cqrs_core::StoreError> {
    /// for unreplayed in app.unreplayed().await? {
    ///     println!("{} needs a replay", unreplayed.projection);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`]. To scan the events table, the program's role needs `dynamodb:Scan`.
    pub async fn unreplayed(&self) -> Result<Vec<Unreplayed>, StoreError> {
        self.delivery.unreplayed().await
    }

    /// Lets a projection continue without a replay although there were commits before it. From then on it is neither
    /// logged nor listed.
    ///
    /// # Errors
    /// [`DeliveryError::UnknownSubscriber`], [`DeliveryError::Store`].
    pub async fn waive_replay(&self, projection: &str) -> Result<(), DeliveryError> {
        self.delivery.waive_replay(projection).await
    }

    /// Notes that a projection gets no commits from now on, because its queue is left or removed. If it comes back, it
    /// needs a replay. Call this when you remove the queue of a broker. A projection that has never begun needs no
    /// note.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn note_absence(&self, projection: &str) -> Result<(), DeliveryError> {
        self.delivery.note_absence(projection).await
    }
}

impl Message {
    /// The message of a commit as a relay of the app publishes it, of at most [`MAX_MESSAGE_BYTES`].
    #[must_use]
    pub fn of(app: &App, commit: &Commit) -> Self {
        Self::carrying(
            &app.delivery.runtime,
            commit,
            &Value::Object(record::encode(commit)),
            MAX_MESSAGE_BYTES,
        )
    }
}
