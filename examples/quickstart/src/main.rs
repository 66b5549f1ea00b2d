//! A bank in 70 lines, and a short story of two accounts.

// Laid out by hand, as in the README; rustfmt would give every method three lines.
#[rustfmt::skip]
mod bank;
#[cfg(test)]
mod tests;

use bank::{AccountKey, Deposit, Open, Statement, Withdraw};
use cqrs_core::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = bank::app().await?;
    let account = AccountKey::new(&Tenant::new("BANK")?, "4711");

    app.execute(&account, Open { owner: "Ada".into() }).by("teller-1").await?;
    app.execute(&account, Deposit { cents: 500 }).await?;
    if let Err(refused) = app.execute(&account, Withdraw { cents: 900 }).await {
        println!("refused: {refused}");
    }
    app.execute(&account, Withdraw { cents: 200 }).await?;

    // Together or not at all.
    let savings = AccountKey::new(&Tenant::new("BANK")?, "4712");
    app.execute(&savings, Open { owner: "Ada".into() }).await?;
    app.transaction()
        .execute(&account, Withdraw { cents: 100 })
        .execute(&savings, Deposit { cents: 100 })
        .await?;

    app.run_until_idle().await?;
    println!("statement: {:?}", app.view::<Statement>(&account).await?);

    let before = app.load_version(&account, Version::new(2)).await?;
    let now = app.load(&account).await?;
    println!("{} cents before the withdrawals, {} now", before.state.balance, now.state.balance);
    Ok(())
}
