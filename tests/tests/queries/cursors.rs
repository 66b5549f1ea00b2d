//! What a cursor can and cannot do.

use std::collections::BTreeSet;

use cqrs_core::app::QueryError;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use fastrand::Rng;

use crate::shop::{GoodKey, Label, Level, Listed, Named, Remove, Stock, Stocked, tenant};
use crate::{embedded, memory};

fn good(group: &str, name: &str, number: i32) -> Stocked {
    Stocked {
        group: group.to_owned(),
        name: name.to_owned(),
        label: Label("l".to_owned()),
        number,
        size: 1,
        level: Level::Low,
        when: None,
        open: true,
    }
}

async fn stock(app: &App, tenant: &Tenant, id: &str, good: Stocked) {
    app.execute(&GoodKey::new(tenant, id), Stock(good)).await.unwrap();
}

async fn stocked(app: &App, tenants: &[&Tenant]) {
    for tenant in tenants {
        for number in 0..6 {
            let id = format!("{}-{number}", tenant.as_str());
            stock(app, tenant, &id, good("x", &format!("n{number}"), number)).await;
        }
    }
    app.run_until_idle().await.unwrap();
}

fn numbers(page: &cqrs_core::app::Page<Listed>) -> Vec<i32> {
    page.views.iter().map(|found| found.view.number).collect()
}

#[tokio::test]
async fn a_cursor_outlives_the_process_and_the_view_that_it_stands_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let here = tenant("T");
    let link = {
        let dynamo = Dynamo::embedded(&path).await.unwrap();
        let app = App::builder(&dynamo).build().unwrap();
        stocked(&app, &[&here]).await;
        let page = app.query::<Listed>(&here).by_group("x").limit(3).await.unwrap();
        assert_eq!(numbers(&page), [0, 1, 2]);
        page.next.unwrap().to_string()
    };
    let dynamo = Dynamo::embedded(&path).await.unwrap();
    let app = App::builder(&dynamo).build().unwrap();
    app.execute(&GoodKey::new(&here, "T-2"), Remove).await.unwrap();
    // One moves from the page that was read to the next one, and one the other way.
    stock(&app, &here, "T-0", good("x", "n0", 4)).await;
    stock(&app, &here, "T-3", good("x", "n3", 1)).await;
    app.run_until_idle().await.unwrap();
    let after: Cursor = link.parse().unwrap();
    let page = app.query::<Listed>(&here).by_group("x").limit(2).after(after).await.unwrap();
    assert_eq!(numbers(&page), [4, 4]);
    let page = app.query::<Listed>(&here).by_group("x").limit(9).after(page.next).await.unwrap();
    assert_eq!((numbers(&page), page.next.is_none()), (vec![5], true));
}

#[tokio::test]
async fn what_does_not_change_is_never_skipped_and_never_doubled() {
    for (app, seeds) in [(memory(), 0..20), (embedded().await.1, 20..24)] {
        for seed in seeds {
            let mut rng = Rng::with_seed(seed);
            let here = tenant(&format!("T{seed}"));
            for id in 0..30 {
                stock(&app, &here, &format!("{id:02}"), good("x", "n", rng.i32(-5..5))).await;
            }
            app.run_until_idle().await.unwrap();
            let all = app.query::<Listed>(&here).by_group("x").await.unwrap();
            let mut still: Vec<_> =
                all.views.iter().map(|found| (found.key.id().clone(), found.view.number)).collect();
            let descending = rng.bool();
            if descending {
                still.reverse();
            }
            let (mut read, mut after, mut changed) = (Vec::new(), None, BTreeSet::new());
            loop {
                let query = app.query::<Listed>(&here).by_group("x").limit(rng.u32(1..6)).after(after);
                let page = if descending { query.descending().await } else { query.await }.unwrap();
                read.extend(page.views.iter().map(|found| (found.key.id().clone(), found.view.number)));
                after = page.next;
                if after.is_none() {
                    break;
                }
                // Moved, taken out of the list, removed, or new in it.
                for _ in 0..rng.u8(..4) {
                    let id = format!("{:02}", rng.u8(..34));
                    let group = if rng.bool() { "x" } else { "y" };
                    stock(&app, &here, &id, good(group, "n", rng.i32(-5..5))).await;
                    if rng.u8(..4) == 0 {
                        app.execute(&GoodKey::new(&here, &*id), Remove).await.unwrap();
                    }
                    changed.insert(id);
                }
                app.run_until_idle().await.unwrap();
            }
            let is_still = |(id, _): &(String, i32)| !changed.contains(id);
            read.retain(is_still);
            still.retain(is_still);
            assert_eq!(read, still, "seed {seed}");
        }
    }
}

fn is_refused<T: std::fmt::Debug>(answer: Result<T, QueryError>) {
    match answer {
        Err(error @ QueryError::Cursor { .. }) => {
            let said = error.to_string();
            assert!(said.contains("does not belong to this query") && said.contains("first page"), "{said}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query_and_to_no_other() {
    for app in [memory(), embedded().await.1] {
        let (here, there) = (tenant("T"), tenant("T2"));
        stocked(&app, &[&here, &there]).await;
        let query = || app.query::<Listed>(&here).by_group("x").number(0..9).limit(2);
        let next = query().await.unwrap().next.unwrap();
        assert_eq!(numbers(&query().limit(4).after(next.clone()).await.unwrap()), [2, 3, 4, 5]);

        is_refused(app.query::<Listed>(&there).by_group("x").number(0..9).after(next.clone()).await);
        is_refused(app.query::<Listed>(&here).by_group("y").number(0..9).after(next.clone()).await);
        is_refused(app.query::<Listed>(&here).by_group("x").number(0..8).after(next.clone()).await);
        is_refused(app.query::<Listed>(&here).by_group("x").after(next.clone()).await);
        is_refused(query().descending().after(next.clone()).await);
        is_refused(app.query::<Listed>(&here).by_open(true).after(next.clone()).await);
        is_refused(app.query::<Listed>(&here).by_key().after(next.clone()).await);
        is_refused(app.query::<Named>(&here).by_size(1).after(next.clone()).await);
        let next = app.query::<Named>(&here).by_key().group("x").limit(1).await.unwrap().next.unwrap();
        is_refused(app.query::<Named>(&here).by_key().after(next.clone()).await);
        is_refused(app.query::<Named>(&there).by_key().group("x").after(next).await);
    }
}

/// A cursor is not secret, and anybody can make one: it leads nowhere that the query does not lead to.
#[tokio::test]
async fn a_forged_cursor_leads_to_no_other_tenant() {
    for app in [memory(), embedded().await.1] {
        let (here, there) = (tenant("T"), tenant("T2"));
        stocked(&app, &[&here, &there]).await;
        let mine = app.query::<Listed>(&here).by_group("x").limit(1).await.unwrap().next.unwrap();
        let theirs = app.query::<Listed>(&there).by_group("x").limit(1).await.unwrap().next.unwrap();
        let [mine, theirs] = [mine, theirs].map(|cursor| base64_of(&cursor));
        let mut accepted = 0;
        // The hash of the one, and the place of the other.
        for place in [&theirs[8..], b"T2-0", b"T2#LISTED", b"zzz 1", b"00000000000000000003 ~", b"0 0 0 0 0"]
        {
            let forged = [&mine[..8], place].concat();
            let Ok(forged) = cursor_of(&forged).parse::<Cursor>() else { continue };
            let answer = app.query::<Listed>(&here).by_group("x").after(forged).await;
            let page = match answer {
                Err(QueryError::Cursor { .. }) => continue,
                answer => answer.unwrap(),
            };
            accepted += 1;
            assert!(page.views.iter().all(|found| found.key.tenant() == &here), "{place:?}");
            assert!(page.views.iter().all(|found| found.key.id().starts_with("T-")), "{place:?}");
        }
        assert!(accepted > 0, "a cursor of another tenant's place is a place in one's own list");
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The bytes of a cursor: base64 for URLs.
fn base64_of(cursor: &Cursor) -> Vec<u8> {
    let mut bits = String::new();
    for character in cursor.to_string().bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == character).unwrap();
        bits.push_str(&format!("{digit:06b}"));
    }
    let bytes = bits.as_bytes().chunks_exact(8);
    bytes.map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap()).collect()
}

fn cursor_of(bytes: &[u8]) -> String {
    let mut bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    while !bits.len().is_multiple_of(6) {
        bits.push('0');
    }
    let digits = bits.as_bytes().chunks_exact(6);
    let digits = digits.map(|digit| usize::from_str_radix(std::str::from_utf8(digit).unwrap(), 2).unwrap());
    digits.map(|digit| char::from(DIGITS[digit])).collect()
}
