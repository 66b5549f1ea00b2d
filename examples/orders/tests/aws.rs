//! The program with `--aws`: over DynamoDB, its stream, SNS and SQS, on emulators.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cqrs_core::prelude::*;
use cqrs_dynamo::{Broker, Dynamo, Tables};
use cqrs_tests::emulator::{Emulator, prefix};
use cqrs_tests::loopback::Loopback;
use futures_util::TryStreamExt;
use orders::domain::{Order, OrderKey, Status};
use orders::file::CommandFile;
use orders::read_models::{
    CustomerTotals, CustomerTotalsKey, NotificationService, OrderCreatedHandler, OrderSummary,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use support::{Expected, errors, northwind, number, program};

/// Replaces an AWS account, with names that no other test has.
struct Account {
    runtime: Runtime,
    server: Loopback,
    prefix: String,
    dynamo: Dynamo,
    broker: Broker,
    app: App,
}

impl Account {
    fn open() -> Self {
        let runtime = Runtime::new().unwrap();
        let prefix = prefix();
        let server = runtime.block_on(Loopback::start());
        let dynamo = runtime.block_on(server.dynamo()).with_tables(Tables::with_prefix(&prefix));
        let broker = Broker::from_conf(&Emulator::shared().sdk_config()).with_prefix(&*prefix);
        let app = App::builder(&dynamo)
            .provide(OrderCreatedHandler { notifications: NotificationService::default() })
            .build()
            .unwrap();
        Self { runtime, server, prefix, dynamo, broker, app }
    }

    /// The program, ready to be started.
    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orders"));
        command.args(["--aws", "--prefix", &self.prefix]);
        // The configuration of the machine must not lead anywhere.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        let broker = &Emulator::shared().endpoint;
        command
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ENDPOINT_URL_DYNAMODB", &self.server.endpoint)
            .env("AWS_ENDPOINT_URL_SNS", broker)
            .env("AWS_ENDPOINT_URL_SQS", broker);
        command
    }

    /// Runs it to its end.
    fn run(&self, file: Option<&Path>) -> Value {
        let output = self.program().args(file).arg("--json").output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Starts a part of it as a process of its own.
    fn serve(&self, part: &str) -> Child {
        let mut service = self.program();
        service.args(["--serve", part, "--lease", "1"]).stdout(Stdio::null()).stderr(Stdio::null());
        service.spawn().unwrap()
    }

    /// The views that differ from the fold of the store, as far as the orders of a file go.
    async fn stale(&self, expected: &Expected) -> Vec<String> {
        let tenant = Tenant::new("NORTHWIND").unwrap();
        let mut stale = Vec::new();
        let mut totals: BTreeMap<String, CustomerTotals> = BTreeMap::new();
        let views = self.app.views::<OrderSummary>(&tenant);
        let views = views.map_ok(|found| (found.key.id().clone(), found.view));
        let mut views: BTreeMap<_, _> = views.try_collect().await.unwrap();
        for order in expected.orders.keys() {
            let Order { status, customer_id, total } =
                self.app.load(&OrderKey::new(&tenant, order.as_str())).await.unwrap().state;
            let seen = views.remove(order).map(|view| (view.status, view.customer_id, view.total));
            if seen != Some((status, customer_id.clone(), total)) {
                stale.push(format!("order {order}: {seen:?}, and it is {status:?}"));
            }
            if status != Status::Cancelled {
                let customer = totals.entry(customer_id).or_default();
                (customer.orders, customer.total) = (customer.orders + 1, customer.total + total);
            }
        }
        for (customer, totals) in totals {
            let key = CustomerTotalsKey::new(&tenant, customer.as_str());
            let seen = self.app.view::<CustomerTotals>(&key).await.unwrap();
            if seen.as_ref() != Some(&totals) {
                stale.push(format!("customer {customer}: {seen:?}, and it is {totals:?}"));
            }
        }
        stale
    }
}

#[test]
fn northwind_arrives_over_stream_topic_and_queues() {
    let Some(file) = northwind("northwind_arrives_over_stream_topic_and_queues") else { return };
    let account = Account::open();
    let report = account.run(Some(&file));
    assert_eq!(number(&report["commands"]["done"]), 1639);
    assert_eq!(number(&report["delivery"]["commits"]), 1639, "each of them published once");
    assert_eq!(number(&report["delivery"]["confirmations"]), 830);
    let tenant = &report["tenants"][0];
    let sum = |rows: &Value| rows.as_array().unwrap().iter().map(|row| number(&row["total"])).sum::<u64>();
    assert_eq!((tenant["orders"].as_array().unwrap().len(), sum(&tenant["orders"])), (830, 126_579_264));
    assert_eq!((tenant["customers"].as_array().unwrap().len(), sum(&tenant["customers"])), (89, 126_579_264));
    let expected = Expected::of(&file);
    expected.check_views(&report);
    assert_eq!(account.runtime.block_on(account.stale(&expected)), [""; 0]);

    let again = account.run(Some(&file));
    assert_eq!(number(&again["commands"]["duplicate"]), 1639);
    assert_eq!(number(&again["delivery"]["commits"]), 0, "the position is kept");
    assert_eq!(again["tenants"], report["tenants"]);
}

#[test]
fn what_aws_makes_of_the_commands_that_ship_with_the_program_is_what_the_database_makes_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(&folder.path().join("orders.db"), None).arg("--json").output().unwrap();
    let embedded: Value = serde_json::from_slice(&output.stdout).unwrap();
    let account = Account::open();
    let report = account.run(None);
    for part in ["tenants", "order"] {
        assert_eq!(report[part], embedded[part]);
    }
    for part in ["commits", "confirmations", "deadLetters"] {
        assert_eq!(report["delivery"][part], embedded["delivery"][part]);
    }
    assert_eq!(report["commands"]["lines"], embedded["commands"]["lines"]);
    assert_eq!(report["commands"]["cost"]["requests"], embedded["commands"]["cost"]["requests"]);
}

/// How often a process is killed, and the longest time that it may live after the last one.
const KILLS: usize = 20;
const LIFE: Duration = Duration::from_millis(1500);
/// Only ends a test that would wait forever.
const PATIENCE: Duration = Duration::from_secs(900);

#[test]
fn a_relay_and_a_worker_that_are_killed_at_any_moment_lose_nothing() {
    let test = "a_relay_and_a_worker_that_are_killed_at_any_moment_lose_nothing";
    let Some(file) = northwind(test) else { return };
    let account = Account::open();
    account.runtime.block_on(account.dynamo.create_tables()).unwrap();
    account.runtime.block_on(account.broker.create(&account.app)).unwrap();
    let (expected, commands) = (Expected::of(&file), CommandFile::read(&file).unwrap());
    let mut random = fastrand::Rng::with_seed(20_240_101);
    let parts = ["relay", "worker"];
    let mut services = Services(parts.map(|part| account.serve(part)));
    // There is always work: the same number of commands before each kill.
    for entries in commands.entries.chunks(commands.entries.len().div_ceil(KILLS)) {
        account.runtime.block_on(async {
            for entry in entries {
                entry.execute(&account.app).await.unwrap();
            }
        });
        std::thread::sleep(LIFE.mul_f64(random.f64()));
        let victim = random.usize(..parts.len());
        let service = &mut services.0[victim];
        assert!(service.try_wait().unwrap().is_none(), "the {} ended by itself", parts[victim]);
        // SIGKILL: no destructor runs, nothing is handed back.
        service.kill().unwrap();
        service.wait().unwrap();
        *service = account.serve(parts[victim]);
    }
    let started = Instant::now();
    loop {
        let stale = account.runtime.block_on(account.stale(&expected));
        if stale.is_empty() {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{} views are stale: {stale:#?}", stale.len());
        std::thread::sleep(Duration::from_millis(200));
    }
    for queue in ["OrderSummary", "CustomerTotals", "OrderCreatedHandler"] {
        let letters = account
            .runtime
            .block_on(async { account.broker.dead_letter_queues(&account.app).of(queue).await.unwrap() });
        assert_eq!(letters, [], "{queue}");
    }
}

/// Ends with the test, however the test ends.
struct Services([Child; 2]);

impl Drop for Services {
    fn drop(&mut self) {
        for service in &mut self.0 {
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}
