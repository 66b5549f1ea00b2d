//! A page of 50 views by an index, and the bare SDK `Query` of the same items, on one embedded DynamoDB, in turns.
//!
//! `cargo bench -p cqrs-benches --bench query`; a number after `--` is the rounds, 2,000 by default.

use std::error::Error;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_benches::account::{Account, AccountKey, Deposited, deposit};
use cqrs_benches::samples::Samples;
use cqrs_core::prelude::*;
use cqrs_core::view::{ViewId, ViewStore};
use cqrs_dynamo::Dynamo;

const ROUNDS: usize = 2_000;
/// Views of one page.
const PAGE: u32 = 50;
/// Other views, in other places of the index.
const OTHERS: u32 = 500;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What a list shows of an account.
#[projection(Account, index(by_branch(branch, deposited)))]
#[derive(Default)]
struct Listed {
    branch: String,
    number: String,
    deposited: u64,
    last: Option<Timestamp>,
}

#[projection(Account)]
impl Listed {
    #[apply]
    fn deposited(&mut self, event: &Recorded<Deposited>, account: &AccountKey) {
        let id = account.id();
        self.branch = id.split('-').next().unwrap_or_default().to_owned();
        self.number.clone_from(id);
        self.deposited += 1;
        self.last = Some(event.metadata().created_at);
    }
}

#[tokio::main]
async fn main() -> Fallible<()> {
    let rounds = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(ROUNDS);
    let dynamo = Dynamo::embedded_in_memory().await?;
    let app = App::builder(&dynamo).build()?;
    let tenant = Tenant::new("BANK")?;
    for (branch, count) in [("main", PAGE), ("other", OTHERS)] {
        for number in 0..count {
            app.execute(&AccountKey::new(&tenant, format!("{branch}-{number}")), deposit()).await?;
        }
    }
    app.run_until_idle().await?;
    let listed = dynamo.views().get(&ViewId::new("BANK#LISTED", "LISTED#main-0")).await?;
    let pk = listed.and_then(|view| Some(view.entries.first()?.pk.clone())).ok_or("it is in the index")?;
    let bare = || {
        let query = dynamo.client().query().table_name(&dynamo.tables().views).index_name("index1");
        let query = query.key_condition_expression("index1pk = :pk").limit(50);
        query.expression_attribute_values(":pk", AttributeValue::S(pk.clone())).send()
    };
    assert_eq!(bare().await?.items().len(), 50);
    assert_eq!(app.query::<Listed>(&tenant).by_branch("main").limit(PAGE).await?.views.len(), 50);

    let (mut page, mut query) = (Samples::default(), Samples::default());
    for round in 0..rounds {
        let listed = || app.query::<Listed>(&tenant).by_branch("main").limit(PAGE).into_future();
        // The first of the two finds the earlier work in the processor's caches.
        if round.is_multiple_of(2) {
            page.time(listed()).await?;
            query.time(bare()).await?;
        } else {
            query.time(bare()).await?;
            page.time(listed()).await?;
        }
    }
    println!("microseconds                        p50      p99");
    println!("{:<26} {page}", "page of 50 by index");
    println!("  {:<24} {query}   p50 ratio {:.3}", "Query", page.percentile(50) / query.percentile(50));
    Ok(())
}
