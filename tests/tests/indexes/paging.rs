//! Pages of a query of an index: in order, without a gap and without a repetition, forwards and backwards, whatever
//! their size.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};

use crate::{Item, both, item, query, sort_keys, text};

const MB: usize = 1 << 20;

async fn put_all(client: &Client, table: &str, items: &[Item]) {
    for items in items.chunks(25) {
        let put = |item: &Item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        let request = client.batch_write_item().request_items(table, items.iter().map(put).collect());
        assert!(request.send().await.unwrap().unprocessed_items.unwrap_or_default().is_empty());
    }
}

fn sized(mut item: Item, bytes: usize) -> Item {
    item.insert("data".to_owned(), text(&"x".repeat(bytes)));
    item
}

/// All pages of a query: their items' sort keys, and their bytes.
async fn pages(query: impl Fn() -> QueryFluentBuilder) -> Vec<(Vec<String>, usize)> {
    let (mut pages, mut start) = (Vec::new(), None);
    loop {
        let page = query().set_exclusive_start_key(start).send().await.unwrap();
        let bytes = page.items().iter().filter_map(|item| Some(item.get("data")?.as_s().ok()?.len())).sum();
        pages.push((sort_keys(page.items()), bytes));
        start = page.last_evaluated_key;
        if start.is_none() {
            return pages;
        }
        assert!(pages.len() < 10_000, "the pages do not come to an end");
    }
}

/// A range of the sort key: its expression, its bounds, and what is in it.
#[derive(Debug, Clone)]
enum Range {
    All,
    Prefix(String),
    Between(String, String),
    From(String),
    Below(String),
}

impl Range {
    fn random(keys: &[String], random: &mut fastrand::Rng) -> Self {
        let mut key = || keys[random.usize(..keys.len())].clone();
        let (first, second) = (key(), key());
        match random.u8(..5) {
            0 => Self::All,
            1 => Self::Prefix(first.chars().take(1).collect()),
            2 => Self::Between(first.clone().min(second.clone()), first.max(second)),
            3 => Self::From(first),
            _ => Self::Below(first),
        }
    }

    fn holds(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Prefix(prefix) => key.starts_with(prefix),
            Self::Between(from, to) => (&**from..=&**to).contains(&key),
            Self::From(from) => key >= &**from,
            Self::Below(below) => key < &**below,
        }
    }

    fn of(&self, query: QueryFluentBuilder) -> QueryFluentBuilder {
        let (condition, bounds) = match self {
            Self::All => return query,
            Self::Prefix(prefix) => ("begins_with(index1sk, :a)", vec![prefix]),
            Self::Between(from, to) => ("index1sk BETWEEN :a AND :b", vec![from, to]),
            Self::From(from) => ("index1sk >= :a", vec![from]),
            Self::Below(below) => ("index1sk < :a", vec![below]),
        };
        let query = query.key_condition_expression(format!("index1pk = :index_pk AND {condition}"));
        let bounds = [":a", ":b"].into_iter().zip(bounds);
        bounds.fold(query, |query, (name, bound)| query.expression_attribute_values(name, text(bound)))
    }
}

/// Sort keys, many of which are equal, with prefixes of each other, and with characters of one to four bytes.
fn random_key(random: &mut fastrand::Rng) -> String {
    let pieces = ["a", "b", "aa", "~", "é", "\u{ffff}", "\u{10000}", "0", "#", " "];
    (0..random.usize(1..4)).map(|_| pieces[random.usize(..pieces.len())]).collect()
}

#[tokio::test]
async fn the_pages_joined_are_the_sorted_filter_of_all_items() {
    for (name, dynamo) in both().await {
        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        for seed in 0..6 {
            let mut random = fastrand::Rng::with_seed(seed);
            let partition = format!("T#V#by#{seed}");
            // Two views and some neighbours share the slot.
            let mut entries = Vec::new();
            for number in 0..80 {
                let key = random_key(&mut random);
                let pk = ["T#V", "T#W"][random.usize(..2)];
                let sk = format!("{seed}-{number:02}");
                entries.push((key.clone(), pk, sk.clone()));
                put_all(client, table, &[item(pk, &sk, &partition, &key)]).await;
            }
            put_all(client, table, &[item("T#V", &format!("{seed}-no"), &format!("{partition}1"), "a")])
                .await;
            // Some leave the index, and some move within it.
            for number in (0..80).step_by(9) {
                let (key, pk, sk) = &mut entries[number];
                let mut moved = item(pk, sk, &partition, "moved");
                "moved".clone_into(key);
                if number % 2 == 0 {
                    moved.remove("index1sk");
                    key.clear();
                }
                put_all(client, table, &[moved]).await;
            }
            entries.retain(|(key, ..)| !key.is_empty());
            // Equal entries of the index are ordered by the table's key, in both.
            entries.sort();
            let keys: Vec<_> = entries.iter().map(|(key, ..)| key.clone()).collect();
            for _ in 0..30 {
                let (range, forward) = (Range::random(&keys, &mut random), random.bool());
                let limit = random.u8(1..30);
                let query = || {
                    range.of(query(client, table, &partition).scan_index_forward(forward).limit(limit.into()))
                };
                let pages = pages(query).await;
                let mut expected: Vec<_> =
                    entries.iter().filter(|(key, ..)| range.holds(key)).map(|(.., sk)| sk.clone()).collect();
                if !forward {
                    expected.reverse();
                }
                let what = format!("{name}, seed {seed}, {range:?}, forward {forward}, limit {limit}");
                let (last, full) = pages.split_last().unwrap();
                assert!(full.iter().all(|(page, _)| page.len() == usize::from(limit)), "{what}");
                assert!(last.0.len() <= usize::from(limit), "{what}");
                let joined: Vec<_> = pages.into_iter().flat_map(|(page, _)| page).collect();
                assert_eq!(joined, expected, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn writes_between_pages_neither_skip_nor_double_what_did_not_change() {
    for (name, dynamo) in both().await {
        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        let items: Vec<_> = (0..40)
            .map(|number| item("p", &format!("{number:02}"), "T#V#by#a", &format!("{number:02}")))
            .collect();
        put_all(client, table, &items).await;
        let page = |start| query(client, table, "T#V#by#a").limit(10).set_exclusive_start_key(start);
        let first = page(None).send().await.unwrap();
        // The entry at which the next page begins goes away, one comes in front of it, and one behind.
        client
            .delete_item()
            .table_name(table)
            .key("pk", text("p"))
            .key("sk", text("09"))
            .send()
            .await
            .unwrap();
        put_all(
            client,
            table,
            &[item("p", "in front", "T#V#by#a", "05a"), item("p", "behind", "T#V#by#a", "15a")],
        )
        .await;
        let second = page(first.last_evaluated_key.clone()).send().await.unwrap();
        let expected = ["10", "11", "12", "13", "14", "15", "behind", "16", "17", "18"];
        assert_eq!(sort_keys(second.items()), expected, "{name}");
    }
}

#[tokio::test]
async fn two_megabytes_behind_one_index_key_come_in_pages_of_one() {
    for (name, dynamo) in both().await {
        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        // One large item in the table is no reason for short pages.
        let mut items = vec![sized(item("p", "large", "T#V#by#other", "0"), 380_000)];
        for number in 0..700 {
            let key = format!("{:03}", number / 7);
            items.push(sized(item("p", &format!("{number:03}"), "T#V#by#a", &key), 3_000));
        }
        for items in items.chunks(5) {
            put_all(client, table, items).await;
        }
        for forward in [true, false] {
            let query = || query(client, table, "T#V#by#a").scan_index_forward(forward);
            let pages = pages(query).await;
            let mut joined: Vec<_> = pages.iter().flat_map(|(page, _)| page.clone()).collect();
            if !forward {
                joined.reverse();
            }
            assert_eq!(joined, (0..700).map(|number| format!("{number:03}")).collect::<Vec<_>>(), "{name}");
            let bytes: Vec<_> = pages.iter().map(|(_, bytes)| *bytes).collect();
            let (last, full) = bytes.split_last().unwrap();
            assert_eq!(full.len(), 2, "{name}: {bytes:?}");
            assert!(full.iter().all(|page| (MB * 95 / 100..=MB).contains(page)), "{name}: {bytes:?}");
            assert!(*last > 0, "{name}: an empty page at the end: {bytes:?}");
        }
    }
}

#[tokio::test]
async fn a_page_has_as_many_items_as_are_asked_for_also_beside_large_ones() {
    for (name, dynamo) in both().await {
        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        let mut items = vec![sized(item("p", "large", "T#V#by#other", "0"), 380_000)];
        items.extend(
            (0..60).map(|number| item("p", &format!("{number:02}"), "T#V#by#a", &format!("{number:02}"))),
        );
        for items in items.chunks(20) {
            put_all(client, table, items).await;
        }
        for (forward, last) in [(true, "49"), (false, "10")] {
            let page =
                query(client, table, "T#V#by#a").scan_index_forward(forward).limit(50).send().await.unwrap();
            assert_eq!(page.count(), 50, "{name}");
            assert_eq!(page.last_evaluated_key.unwrap()["sk"], text(last), "{name}");
        }
        let all = query(client, table, "T#V#by#a").send().await.unwrap();
        assert_eq!((all.count(), all.last_evaluated_key), (60, None), "{name}");
    }
}
