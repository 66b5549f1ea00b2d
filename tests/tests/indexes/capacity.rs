//! The cost of a write that changes an index, as the emulators report it, and as the meter adds it up.
//! `tests/emulators.md` quotes the documentation.

use aws_sdk_dynamodb::types::{Put, ReturnConsumedCapacity, TransactWriteItem};

use crate::{Item, both, item, query, text};

fn with(mut item: Item, name: &str, value: &str) -> Item {
    item.insert(name.to_owned(), text(value));
    item
}

fn without(mut item: Item, name: &str) -> Item {
    item.remove(name);
    item
}

#[tokio::test]
async fn a_write_is_charged_for_each_entry_that_it_changes() {
    let listed = || item("p", "1", "T#V#by#a", "1");
    let second = || with(with(listed(), "index2pk", "T#V#other#b"), "index2sk", "1");
    // In this order, on one item: the write units of the item and of the entries.
    let writes = [
        ("a new item outside of the index", without(listed(), "index1pk"), 1),
        ("it comes into the index", listed(), 2),
        ("nothing changes", listed(), 1),
        ("an attribute beside the key changes: all of them are in the entry", with(listed(), "data", "1"), 2),
        ("the entry moves: it is deleted and put", with(listed(), "index1sk", "2"), 3),
        ("an entry in another slot comes", second(), 4),
        ("both change in place", with(second(), "data", "2"), 3),
        ("half of a key is no entry", without(second(), "index2sk"), 3),
        ("it leaves the index", without(listed(), "index1pk"), 2),
        ("it stays outside", without(with(listed(), "data", "3"), "index1pk"), 1),
    ];
    for (name, dynamo) in both().await {
        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        for (what, item, expected) in writes.clone() {
            let put = client.put_item().table_name(table).set_item(Some(item));
            let put = put.return_consumed_capacity(ReturnConsumedCapacity::Total).send();
            let cost = dynamo.spent(put).await.cost;
            assert!((cost.write_units - f64::from(expected)).abs() < 0.001, "{name}, {what}: {cost}");
        }
    }
}

/// Items count twice in a transaction; entries, which are written behind it, count once.
#[tokio::test]
async fn a_transaction_does_not_double_what_its_entries_cost() {
    let listed = || item("p", "1", "T#V#by#a", "1");
    let writes = [
        ("new", listed(), 3),
        ("unchanged", listed(), 2),
        ("changed", with(listed(), "data", "1"), 3),
        ("moved", with(listed(), "index1sk", "2"), 4),
    ];
    for (name, dynamo) in both().await {
        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        for (what, item, expected) in writes.clone() {
            let put = Put::builder().table_name(table).set_item(Some(item)).build().unwrap();
            let put = TransactWriteItem::builder().put(put).build();
            let write = client.transact_write_items().transact_items(put);
            let write = write.return_consumed_capacity(ReturnConsumedCapacity::Total).send();
            let cost = dynamo.spent(write).await.cost;
            assert!((cost.write_units - f64::from(expected)).abs() < 0.001, "{name}, {what}: {cost}");
        }
    }
}

#[tokio::test]
async fn a_query_of_an_index_is_charged_for_what_it_returns() {
    for (name, dynamo) in both().await {
        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        for number in 0..40 {
            let item = item("p", &format!("{number:02}"), "T#V#by#a", &format!("{number:02}"));
            let item = with(item, "data", &"x".repeat(1_000));
            client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
        }
        let query = query(client, table, "T#V#by#a").limit(20);
        let query = query.return_consumed_capacity(ReturnConsumedCapacity::Total).send();
        let cost = dynamo.spent(query).await.cost;
        // 21 KB, at half a unit for 4 KB. MiniStack does not measure what it reads.
        let expected = if name == "MiniStack" { 0.5 } else { 3.0 };
        assert!((cost.read_units - expected).abs() < 0.001, "{name}: {cost}");
    }
}
