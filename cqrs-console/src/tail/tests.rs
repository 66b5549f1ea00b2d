use std::convert::Infallible;

use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;

use super::*;

#[event]
struct Struck;

#[derive(Clone)]
struct Strike;

#[aggregate(entity = "BELL")]
#[derive(Debug, Default)]
struct Bell {}

#[aggregate]
impl Bell {
    #[command]
    fn strike(&self, _: Strike) -> Result<Struck, Infallible> {
        Ok(Struck)
    }

    #[apply]
    fn struck(&mut self, _: &Struck) {}
}

/// Rings the bell.
async fn strike(app: &App, times: usize) {
    let key = BellKey::new(&Tenant::new("TOWER").unwrap(), "1");
    for _ in 0..times {
        app.execute(&key, Strike).await.unwrap();
    }
}

/// A tail whose reader ends as soon as nobody follows.
async fn rung(times: usize) -> (App, Arc<Tailing>) {
    let app = App::builder(MemoryEventStore::new()).build().unwrap();
    strike(&app, times).await;
    let tailing = Tailing::new(app.clone(), 2, Duration::ZERO);
    (app, tailing)
}

fn has_reader(tailing: &Tailing) -> bool {
    tailing.lock_reader().is_some()
}

async fn ended(tailing: &Tailing) {
    while has_reader(tailing) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn numbers(seen: &Seen) -> Vec<u64> {
    seen.entries.iter().map(|entry| entry.number).collect()
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_begins_again_tells_nothing_twice() {
    let (app, tailing) = rung(3).await;
    let mut client = tailing.follow().unwrap();
    assert_eq!(numbers(&client.after(0).await), [1, 2, 3]);
    drop(client);
    ended(&tailing).await;

    strike(&app, 1).await;
    let mut client = tailing.follow().unwrap();
    let seen = client.after(3).await;
    assert_eq!((numbers(&seen), seen.missed), (vec![4], None));
    let all = client.seen(0);
    let versions: Vec<_> = all.entries.iter().map(|entry| &entry.value["place"]["version"]).collect();
    assert_eq!(versions, [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn what_came_while_nobody_read_is_missed_where_it_is_too_much() {
    let (app, tailing) = rung(1).await;
    let mut client = tailing.follow().unwrap();
    assert_eq!(numbers(&client.after(0).await), [1]);
    drop(client);
    ended(&tailing).await;

    strike(&app, SHOWN + 1).await;
    let mut client = tailing.follow().unwrap();
    let seen = client.after(1).await;
    assert_eq!((seen.entries.len(), seen.missed), (SHOWN, seen.entries.first().map(|first| first.number)));
    assert_eq!(client.seen(0).missed, None, "a client that begins sees the last ones, without a gap");
    assert_eq!(client.seen(0).entries.len(), SHOWN);
}

#[tokio::test(start_paused = true)]
async fn a_reader_never_ends_under_a_client() {
    let (app, tailing) = rung(1).await;
    let client = tailing.follow().unwrap();
    // As if the client came after the reader had looked for clients, and before it ended.
    assert!(!tailing.end());
    assert!(has_reader(&tailing));
    drop(client);
    ended(&tailing).await;

    strike(&app, 1).await;
    let mut client = tailing.follow().unwrap();
    assert_eq!(numbers(&client.after(1).await).last(), Some(&2));
}
