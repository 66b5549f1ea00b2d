use crate::bank::{app, router};
use crate::client::Client;

#[tokio::test]
async fn a_key_makes_a_command_happen_once() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    bank.post("/accounts/1/open", &[], r#"{"owner": "Ada"}"#).await;
    let key = [("idempotency-key", "\"8e03978e\"")];

    let first = bank.post("/accounts/1/deposit", &key, r#"{"cents": 500}"#).await;
    bank.post("/accounts/1/deposit", &[], r#"{"cents": 1}"#).await;
    let again = bank.post("/accounts/1/deposit", &key, r#"{ "cents":500 }"#).await;
    assert_eq!((again.status, again.body.clone()), (first.status, first.body.clone()));
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        (None, Some("true"))
    );
    assert_eq!(again.header("etag"), Some("\"2\""));

    // Another command with the key: by its content, and by its type.
    let other = bank.post("/accounts/1/deposit", &key, r#"{"cents": 501}"#).await;
    assert_eq!(other.problem(), (422, "idempotency-key-reused".into()));
    let other = bank.post("/accounts/1/withdraw", &key, r#"{"cents": 500}"#).await;
    assert_eq!(other.problem(), (422, "idempotency-key-reused".into()));

    // The key belongs to its stream, its tenant and its user.
    bank.post("/accounts/2/open", &[], r#"{"owner": "Ada"}"#).await;
    let elsewhere = bank.post("/accounts/2/deposit", &key, r#"{"cents": 700}"#).await;
    assert_eq!(elsewhere.status, 200);
    let colleague = Client::new(&router(&app), "BANK/bob");
    let theirs = colleague.post("/accounts/1/deposit", &key, r#"{"cents": 500}"#).await;
    assert_eq!((theirs.json()["version"].as_u64(), theirs.header("idempotency-replayed")), (Some(4), None));
    let competitor = Client::new(&router(&app), "OTHER/ada");
    competitor.post("/accounts/1/open", &key, r#"{"owner": "Eve"}"#).await;
    let theirs =
        competitor.post("/accounts/1/deposit", &[("idempotency-key", "k2")], r#"{"cents": 500}"#).await;
    assert_eq!(theirs.json()["version"], 2);

    for wrong in ["", "\"", "a b", &"k".repeat(300)] {
        let refused =
            bank.post("/accounts/1/deposit", &[("idempotency-key", wrong)], r#"{"cents": 1}"#).await;
        assert_eq!(refused.problem(), (400, "wrong-header".into()), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_key_whose_command_was_not_committed_is_decided_anew() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    let key = [("idempotency-key", "k")];
    let refused = bank.post("/accounts/1/deposit", &key, r#"{"cents": 5}"#).await;
    assert_eq!(refused.problem(), (404, "not-open".into()));
    bank.post("/accounts/1/open", &[], r#"{"owner": "Ada"}"#).await;
    let unchanged = bank.post("/accounts/1/deposit", &key, r#"{"cents": 0}"#).await;
    assert_eq!(unchanged.json()["outcome"], "unchanged");
    let done = bank.post("/accounts/1/deposit", &key, r#"{"cents": 5}"#).await;
    assert_eq!((done.json()["version"].as_u64(), done.header("idempotency-replayed")), (Some(2), None));
}

#[tokio::test]
async fn a_user_may_have_an_empty_name_or_a_long_one() {
    let app = app();
    let key = [("idempotency-key", "k")];
    let nobody = Client::new(&router(&app), "BANK/");
    assert_eq!(nobody.post("/accounts/1/open", &key, r#"{"owner": "Ada"}"#).await.status, 200);
    let history = nobody.get("/accounts/1/history", &[]).await.json();
    assert_eq!(history["items"][0].get("createdBy"), None);
    // Escaped, it is longer than an id may be.
    let long = Client::new(&router(&app), format!("BANK/{}", ":".repeat(1000)).leak());
    for replayed in [None, Some("true")] {
        let done = long.post("/accounts/1/deposit", &key, r#"{"cents": 5}"#).await;
        assert_eq!((done.status.as_u16(), done.header("idempotency-replayed")), (200, replayed));
    }
}

#[tokio::test]
async fn a_caller_is_asked_for_the_id_that_is_acted_on() {
    let app = app();
    let guest = Client::new(&router(&app), "BANK/guest");
    for (number, status) in [("7", 403), ("007", 403), ("%37", 403), ("+7", 400), ("8", 200)] {
        let path = format!("/hotel-rooms/ritz/{number}/furnish");
        let done = guest.post(&path, &[], r#"{"beds": 1, "extras": []}"#).await;
        assert_eq!(done.status, status, "{number}");
    }
}

#[tokio::test]
async fn a_command_without_events_says_so_and_one_without_a_key_happens_each_time() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    bank.post("/accounts/1/open", &[], r#"{"owner": "Ada"}"#).await;
    let nothing = bank.post("/accounts/1/deposit", &[], r#"{"cents": 0}"#).await;
    assert_eq!(
        (nothing.json()["outcome"].as_str(), nothing.json()["version"].as_u64()),
        (Some("unchanged"), Some(1))
    );
    for version in [2, 3] {
        let done = bank.post("/accounts/1/deposit", &[], r#"{"cents": 5}"#).await;
        assert_eq!(done.json()["version"], version);
    }
}

#[tokio::test]
async fn a_rejection_has_its_own_status_and_a_caller_may_be_refused() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    let refused = bank.post("/accounts/1/deposit", &[], r#"{"cents": 5}"#).await;
    assert_eq!(refused.problem(), (404, "not-open".into()));
    let trainee = Client::new(&router(&app), "BANK/trainee");
    let refused = trainee.post("/accounts/1/withdraw", &[], r#"{"cents": 0}"#).await;
    assert_eq!(refused.problem(), (403, "about:blank".into()));
    let nobody = Client::new(&router(&app), "");
    let refused = nobody.post("/accounts/1/withdraw", &[], r#"{"cents": 0}"#).await;
    assert_eq!(refused.problem(), (401, "no-token".into()));
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
}
