use crate::bank::{app, router};
use crate::client::Client;

#[tokio::test]
async fn a_lost_update_is_prevented() {
    let app = app();
    let (ada, bob) = (Client::new(&router(&app), "BANK/ada"), Client::new(&router(&app), "BANK/bob"));
    ada.post("/accounts/1/open", &[], r#"{"owner": "Ada"}"#).await;
    app.run_until_idle().await.unwrap();

    // Both have seen the same statement.
    let seen = ada.get("/statements/1", &[]).await;
    let tag = seen.header("etag").unwrap();
    let first = ada.post("/accounts/1/deposit", &[("if-match", tag)], r#"{"cents": 500}"#).await;
    assert_eq!((first.status.as_u16(), first.header("etag")), (200, Some("\"2\"")));
    let second = bob.post("/accounts/1/deposit", &[("if-match", tag)], r#"{"cents": 500}"#).await;
    assert_eq!(second.problem(), (412, "version-mismatch".into()));
    assert_eq!((second.json()["actual"].as_u64(), second.header("etag")), (Some(2), Some("\"2\"")));
    let again = bob.post("/accounts/1/deposit", &[("if-match", "\"2\"")], r#"{"cents": 500}"#).await;
    assert_eq!(again.json()["version"], 3);
}

#[tokio::test]
async fn every_form_of_a_condition_holds() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    let open = |headers| bank.post("/accounts/1/open", headers, r#"{"owner": "Ada"}"#);
    assert_eq!(open(&[("if-match", "*")]).await.problem(), (412, "version-mismatch".into()));
    assert_eq!(open(&[("if-none-match", "*")]).await.status, 200);
    assert_eq!(open(&[("if-none-match", "*")]).await.problem(), (412, "version-mismatch".into()));

    let deposit = async |condition: &str| {
        bank.post("/accounts/1/deposit", &[("if-match", condition)], r#"{"cents": 1}"#).await.status.as_u16()
    };
    assert_eq!(deposit("*").await, 200);
    assert_eq!(deposit("\"7\", \"2\"").await, 200);
    assert_eq!(deposit("\"7\", \"8\"").await, 412);
    assert_eq!(deposit("W/\"3\"").await, 412);
    assert_eq!(deposit("\"other\"").await, 412);
    assert_eq!(deposit("3").await, 400);
    assert_eq!(deposit("\"3").await, 400);
    assert_eq!(deposit("\"3\"").await, 200);
}

#[tokio::test]
async fn what_was_done_under_a_condition_is_answered_again() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    bank.post("/accounts/1/open", &[], r#"{"owner": "Ada"}"#).await;
    for condition in ["\"1\"", "\"7\", \"1\""] {
        let headers = [("if-match", condition), ("idempotency-key", "k")];
        for _ in 0..2 {
            let done = bank.post("/accounts/1/deposit", &headers, r#"{"cents": 1}"#).await;
            assert_eq!(
                (done.status.as_u16(), done.json()["version"].as_u64()),
                (200, Some(2)),
                "{condition}"
            );
        }
    }
}
