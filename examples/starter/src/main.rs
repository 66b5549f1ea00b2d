use cqrs::prelude::*;
use starter::library::{BookKey, Buy, Condition, Lend, Return};
use starter::views::{Card, Loans, LoansKey};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = starter::app().await?;
    let library = Tenant::new("LIBRARY")?;
    let book = BookKey::new(&library, "978-0140449136");

    // Under ids of their own, so that a second run finds them done.
    app.execute(
        &book,
        Buy {
            title: "The Odyssey".into(),
        },
    )
    .command_id("buy")
    .by("clerk")
    .await?;
    app.execute(
        &book,
        Lend {
            reader: "Ada".into(),
        },
    )
    .command_id("lend-1")
    .await?;
    app.execute(
        &book,
        Return {
            condition: Condition::Torn,
        },
    )
    .command_id("return-1")
    .await?;
    app.execute(
        &book,
        Lend {
            reader: "Ben".into(),
        },
    )
    .command_id("lend-2")
    .await?;
    if let Err(refused) = app
        .execute(
            &book,
            Lend {
                reader: "Eve".into(),
            },
        )
        .await
    {
        println!("refused: {refused}");
    }

    // A service delivers until it is told to stop: `app.run(shutdown)`.
    app.run_until_idle().await?;
    let card = app.view::<Card>(&book).await?.unwrap_or_default();
    println!(
        "{}: lent {} times, now to {}",
        card.title,
        card.times_lent,
        card.lent_to.unwrap_or_default()
    );
    for reader in ["Ada", "Ben"] {
        let loans = app
            .view::<Loans>(&LoansKey::new(&library, reader.to_owned()))
            .await?
            .unwrap_or_default();
        println!("{reader}: {} books", loans.books);
    }
    Ok(())
}
