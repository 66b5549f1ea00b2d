//! Views that were written before an index was declared are in it after a replay, and not before. A list by an index
//! that the table does not have says how to get it.

use cqrs_core::causes::chain;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded, Tables};
use cqrs_tests::bank::{Open, Withdraw, account, deposit, tenant};
use cqrs_tests::emulator::{Emulator, prefix};

use crate::{Listed, indexes, make_plain, text};

async fn owned(app: &App) -> Vec<u64> {
    let page = app.query::<Listed>(&tenant()).by_owner("Ada").await.unwrap();
    page.views.iter().map(|found| found.view.cents).collect()
}

#[tokio::test]
async fn an_index_that_is_declared_later_lists_what_was_there_after_a_replay() {
    for conf in [Embedded::in_memory().unwrap().sdk_config(), Emulator::ministack().sdk_config()] {
        let tables = Tables::with_prefix(&prefix());
        let dynamo = Dynamo::from_conf(&conf).with_tables(tables.clone());
        let (client, views) = (dynamo.client(), &tables.views);
        make_plain(client, views).await;
        let elsewhere = Tables { views: format!("{views}-elsewhere"), ..tables.clone() };
        dynamo.clone().with_tables(elsewhere).create_tables().await.unwrap();
        let app = App::builder(&dynamo).only(["Listed"]).build().unwrap();
        for (number, cents) in [("1", 30), ("2", 10), ("3", 20)] {
            app.execute(&account(number), Open { owner: "Ada".into() }).await.unwrap();
            app.execute(&account(number), deposit(cents)).await.unwrap();
        }
        app.run_until_idle().await.unwrap();
        // A version without indexes did not write where the views stand in them.
        for number in ["1", "2", "3"] {
            let strip = client.update_item().table_name(views).update_expression("REMOVE index1pk, index1sk");
            let strip = strip.key("pk", text("BANK#LISTED")).key("sk", text(&format!("LISTED#{number}")));
            strip.send().await.unwrap();
        }

        dynamo.create_tables().await.unwrap();
        assert_eq!(indexes(client, views).await, ["index1", "index2"]);
        // The other index was filled from the views.
        let page = app.query::<Listed>(&tenant()).by_balance(10_u64).await.unwrap();
        assert_eq!(page.views.len(), 1);
        assert_eq!(owned(&app).await, [0; 0], "nobody has written the views since");

        app.execute(&account("2"), deposit(5)).await.unwrap();
        app.run_until_idle().await.unwrap();
        assert_eq!(owned(&app).await, [15], "a commit writes a view anew");
        app.replay::<Listed>().await.unwrap();
        assert_eq!(owned(&app).await, [15, 20, 30]);
        app.execute(&account("3"), Withdraw { cents: 15 }).await.unwrap();
        app.run_until_idle().await.unwrap();
        assert_eq!(owned(&app).await, [5, 15, 30]);
    }
}

#[tokio::test]
async fn a_list_by_an_index_that_the_table_does_not_have_says_how_to_get_it() {
    for conf in [Embedded::in_memory().unwrap().sdk_config(), Emulator::ministack().sdk_config()] {
        let tables = Tables::with_prefix(&prefix());
        let dynamo = Dynamo::from_conf(&conf).with_tables(tables.clone());
        make_plain(dynamo.client(), &tables.views).await;
        let app = App::builder(&dynamo).build().unwrap();
        let refused = app.query::<Listed>(&tenant()).by_owner("Ada").await.unwrap_err();
        let said = chain(&refused);
        for part in
            [&*tables.views, "lacks an index", "`create_tables()` adds it", "`template::next_step`", "index1"]
        {
            assert!(said.contains(part), "`{part}` is not in `{said}`");
        }
        dynamo.create_tables().await.unwrap();
        assert!(app.query::<Listed>(&tenant()).by_owner("Ada").await.unwrap().views.is_empty());
    }
}
