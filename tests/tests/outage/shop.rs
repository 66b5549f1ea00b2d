//! Tills whose sales are counted in every way of delivery, and the outage in front of what it needs.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::delivery::RetryPolicy;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Broker, BrokerTopic, Dynamo, Relay, SnsPublisher};
use cqrs_tests::emulator::{Emulator, prefix};
use cqrs_tests::faults::{Call, Fault, Faults, database};

/// How often a subscriber tries a commit.
pub(crate) const ATTEMPTS: u32 = 3;
/// More tries than any subscriber has, and more receives than SQS counted by default before it moved a message to the
/// dead letters.
pub(crate) const MANY: u32 = 25;

pub(crate) const ALL: [&str; 4] = ["Takings", "Spending", "receipt", "restock"];
pub(crate) const TILLS: [&str; 2] = ["1", "2"];

#[event]
pub(crate) struct Sold {
    pub(crate) customer: String,
    pub(crate) cents: u64,
}

#[event]
pub(crate) struct Moved {
    pub(crate) pieces: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Sell {
    pub(crate) cents: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) pieces: u64,
}

#[aggregate(entity = "TILL", snapshot_every = 2)]
#[derive(Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Till {
    sold: u64,
}

#[aggregate]
impl Till {
    #[command]
    fn sell(&self, command: Sell) -> Result<Sold, Infallible> {
        Ok(Sold { customer: "Ada".to_owned(), cents: command.cents })
    }

    #[apply]
    fn sold(&mut self, event: &Sold) {
        self.sold += event.cents;
    }
}

#[aggregate(entity = "STOCK", snapshot_every = 2)]
#[derive(Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Stock {
    pub(crate) moved: u64,
}

#[aggregate]
impl Stock {
    #[command]
    fn shift(&self, command: Move) -> Result<Moved, Infallible> {
        Ok(Moved { pieces: command.pieces })
    }

    #[apply]
    fn moved(&mut self, event: &Moved) {
        self.moved += event.pieces;
    }
}

#[projection(Till)]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Takings {
    lines: Vec<u64>,
}

#[projection(Till)]
impl Takings {
    #[apply]
    fn sold(&mut self, event: &Sold) {
        self.lines.push(event.cents);
    }
}

#[projection(key(customer: String))]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Spending {
    cents: u64,
}

#[projection(key(customer))]
impl Spending {
    #[apply]
    fn sold(&mut self, event: &Sold) {
        self.cents += event.cents;
    }
}

/// What was handed to customers. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Receipts(Arc<Mutex<Vec<String>>>);

#[event_handler(Sold, once)]
async fn receipt(event: &Recorded<Sold>, receipts: &Receipts) -> Result<(), HandlerError> {
    receipts.0.lock().unwrap().push(format!("{}@{}", event.stream().sk(), event.version()));
    Ok(())
}

/// Reads and writes the events table, and snapshots.
#[event_handler(Sold)]
async fn restock(event: &Recorded<Sold>, app: &App) -> Result<(), HandlerError> {
    app.execute(&stock(), Move { pieces: event.cents }).await?;
    Ok(())
}

fn tenant() -> Tenant {
    Tenant::new("T").unwrap()
}

fn till(number: &str) -> TillKey {
    TillKey::new(&tenant(), number)
}

fn stock() -> StockKey {
    StockKey::new(&tenant(), "1")
}

/// What does not work now. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Down(Arc<State>);

#[derive(Default)]
struct State {
    now: Mutex<Option<(&'static [Part], Fault)>>,
    refused: AtomicU32,
    /// A handler's work may have been done, but not recorded.
    doubt: AtomicBool,
}

/// What may be down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Table(&'static str),
    /// The stream of the events table.
    Stream,
    /// A request of this kind.
    Request(&'static str),
}

impl Part {
    fn is_hit(self, call: &Call) -> bool {
        match self {
            Self::Table(table) => call.body.contains(&format!("\"{table}\"")),
            Self::Stream => {
                matches!(call.operation.as_str(), "DescribeStream" | "GetShardIterator" | "GetRecords")
            }
            Self::Request(operation) => call.operation == operation,
        }
    }
}

impl Down {
    /// From now on these answer like that.
    pub(crate) fn begin(&self, parts: &'static [Part], fault: Fault) {
        self.0.refused.store(0, Ordering::Relaxed);
        self.0.doubt.fetch_or(parts.contains(&Part::Table("delivery")), Ordering::Relaxed);
        *self.0.now.lock().unwrap() = Some((parts, fault));
    }

    pub(crate) fn end(&self) {
        *self.0.now.lock().unwrap() = None;
    }

    /// How many requests it has refused.
    pub(crate) fn refused(&self) -> u32 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// What becomes of a request.
    pub(crate) fn plan(&self) -> impl Fn(&Call) -> Fault + Send + Sync + 'static {
        let state = Arc::clone(&self.0);
        move |call| {
            let now = *state.now.lock().unwrap();
            match now {
                Some((parts, fault)) if parts.iter().any(|part| part.is_hit(call)) => {
                    state.refused.fetch_add(1, Ordering::Relaxed);
                    fault
                }
                _ => Fault::None,
            }
        }
    }
}

/// A shop, twice: as it is, and behind what may be down.
pub(crate) struct Shop {
    pub(crate) dynamo: Dynamo,
    /// The same database behind the outage.
    pub(crate) behind: Dynamo,
    pub(crate) down: Down,
    /// Executes commands without faults.
    pub(crate) app: App,
    pub(crate) receipts: Receipts,
    sold: Mutex<u64>,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let (database, dynamo) = database().await;
        let down = Down::default();
        let behind = Faults::new(&database, down.plan()).dynamo_without_retries();
        let receipts = Receipts::default();
        let app = app(&dynamo, &receipts, Duration::ZERO);
        Self { dynamo, behind, down, app, receipts, sold: Mutex::default() }
    }

    /// A process behind the outage, with this pause before it looks again for something to do.
    pub(crate) fn process(&self, poll: Duration) -> App {
        app(&self.behind, &self.receipts, poll)
    }

    /// A sale at each till.
    pub(crate) async fn sell(&self) {
        let cents = {
            let mut sold = self.sold.lock().unwrap();
            *sold += 1;
            *sold
        };
        for number in TILLS {
            self.app.execute(&till(number), Sell { cents }).await.unwrap();
        }
    }

    fn sales(&self) -> u64 {
        *self.sold.lock().unwrap()
    }

    /// Whether every subscriber has handled every sale.
    pub(crate) async fn is_handled(&self) -> bool {
        let rounds = self.sales();
        let tills = TILLS.len() as u64;
        let lines: Vec<u64> = (1..=rounds).collect();
        let cents = tills * lines.iter().sum::<u64>();
        for number in TILLS {
            let view = self.app.view::<Takings>(&till(number)).await.unwrap();
            if view != Some(Takings { lines: lines.clone() }) {
                return false;
            }
        }
        let spent = self.app.view::<Spending>(&SpendingKey::new(&tenant(), "Ada")).await.unwrap();
        let moved = self.app.load(&stock()).await.unwrap();
        let receipts = self.receipts.0.lock().unwrap().iter().collect::<BTreeSet<_>>().len() as u64;
        spent == Some(Spending { cents })
            && (moved.state.moved, moved.version.get()) == (cents, tills * rounds)
            && receipts == tills * rounds
    }

    /// From now on an event may have been handled twice, because a run that was interrupted could not record what it
    /// held.
    pub(crate) fn doubt(&self) {
        self.down.0.doubt.store(true, Ordering::Relaxed);
    }

    /// Everything is handled, by the handler with `once` once wherever the inbox could be written, and nothing is a
    /// dead letter.
    pub(crate) async fn check(&self, context: &str) {
        assert!(self.is_handled().await, "{context}");
        let mut receipts = self.receipts.0.lock().unwrap().clone();
        receipts.sort();
        if self.down.0.doubt.load(Ordering::Relaxed) {
            receipts.dedup();
        }
        let mut wanted: Vec<_> = TILLS
            .iter()
            .flat_map(|number| (1..=self.sales()).map(move |version| format!("TILL#{number}@{version}")))
            .collect();
        wanted.sort();
        assert_eq!(receipts, wanted, "{context}");
        assert_eq!(self.app.dead_letters().list().await.unwrap(), [], "{context}");
    }
}

fn app(dynamo: &Dynamo, receipts: &Receipts, poll: Duration) -> App {
    let hasty = |attempts| RetryPolicy { attempts, base: Duration::ZERO, cap: Duration::ZERO };
    App::builder(dynamo.event_store())
        .views(dynamo.views())
        .snapshots(dynamo.snapshots())
        .provide(receipts.clone())
        .only(ALL)
        .settings(|settings| {
            settings.conflict = hasty(100);
            settings.delivery = hasty(ATTEMPTS);
            settings.poll = poll;
            // A claim whose end could not be written down is over at once.
            settings.inbox_lease = Duration::from_millis(1);
            // So that the table of the snapshots is used, and may be down.
            settings.state_in_commit_bytes = 0;
        })
        .build()
        .unwrap()
}

/// The topic and the queues of a shop, and the same behind the outage.
pub(crate) struct Mail {
    pub(crate) broker: Broker,
    pub(crate) behind: Broker,
    pub(crate) topic: BrokerTopic,
}

impl Mail {
    pub(crate) async fn open(shop: &Shop) -> Self {
        let conf = Emulator::shared().sdk_config();
        let prefix = prefix();
        let broker = Broker::from_conf(&conf).with_prefix(&*prefix);
        let behind =
            Broker::from_conf(&Faults::over(conf, shop.down.plan()).sdk_config()).with_prefix(prefix);
        let topic = broker.create(&shop.app).await.unwrap();
        Self { broker, behind, topic }
    }

    /// Sells, and brings everything that was sold into the queues.
    pub(crate) async fn sell(&self, shop: &Shop, times: usize) {
        for _ in 0..times {
            shop.sell().await;
        }
        let publisher = SnsPublisher::new(self.broker.sns().clone(), &self.topic.arn);
        Relay::new(&shop.dynamo, &shop.app, publisher).run_until_idle().await.unwrap();
    }

    /// How often the messages of each queue that are still there have been received, this time included.
    pub(crate) async fn receives(&self) -> Vec<u32> {
        let mut counts = Vec::new();
        for queue in &self.topic.queues {
            counts.extend(self.received(&queue.url).await);
        }
        counts
    }

    async fn received(&self, url: &str) -> Vec<u32> {
        let request = self
            .broker
            .sqs()
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .visibility_timeout(0)
            .message_system_attribute_names(
                aws_sdk_sqs::types::MessageSystemAttributeName::ApproximateReceiveCount,
            );
        let messages = request.send().await.unwrap().messages.unwrap_or_default();
        let count = aws_sdk_sqs::types::MessageSystemAttributeName::ApproximateReceiveCount;
        messages.iter().map(|message| message.attributes().unwrap()[&count].parse().unwrap()).collect()
    }

    /// No queue of dead letters has a message.
    pub(crate) async fn check(&self, context: &str) {
        for queue in &self.topic.queues {
            let dead = self.received(&queue.dead_letters_url).await;
            assert!(dead.is_empty(), "{context}: {}", queue.queue);
        }
    }
}

/// Waits for what is sure to come; the time only ends a test that would hang.
pub(crate) async fn until<F: Future<Output = bool>>(mut reached: impl FnMut() -> F) {
    let waiting = async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), waiting).await.expect("it never comes");
}
