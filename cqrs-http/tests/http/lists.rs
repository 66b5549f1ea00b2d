use serde_json::{Value, json};

use crate::bank::{app, router};
use crate::client::Client;

async fn filled() -> (cqrs_core::App, Client) {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    for (number, owner, cents) in
        [("1", "Ada", 500), ("2", "Bob", 70), ("3", "Ada", 9), ("4", "Ada & <Co>", 1000)]
    {
        let owner = json!({ "owner": owner }).to_string();
        bank.post(&format!("/accounts/{number}/open"), &[], &owner).await;
        bank.post(&format!("/accounts/{number}/deposit"), &[], &json!({ "cents": cents }).to_string()).await;
    }
    app.run_until_idle().await.unwrap();
    (app, bank)
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["key"]["id"].as_str().unwrap()).collect()
}

/// The target of `Link: <…>; rel="next"`.
fn next(answer: &crate::client::Answer) -> Option<String> {
    let link = answer.header("link")?;
    Some(link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?.to_owned())
}

#[tokio::test]
async fn views_are_listed_by_key_and_by_index() {
    let (_, bank) = filled().await;
    let get = async |query: &str| bank.get(&format!("/statements{query}"), &[]).await.json();
    assert_eq!(ids(&get("").await), ["1", "2", "3", "4"]);
    assert_eq!(ids(&get("?order=desc&limit=2").await), ["4", "3"]);
    assert_eq!(ids(&get("?id=2").await), ["2"]);
    assert_eq!(ids(&get("?by=by_owner&owner=Ada").await), ["3", "1"], "in the order of the balance");
    assert_eq!(ids(&get("?by=by_owner&owner=Ada&balance=500").await), ["1"]);
    assert_eq!(ids(&get("?by=by_owner&owner=Ada&balance.from=9&balance.to=500").await), ["3"]);
    assert_eq!(ids(&get("?by=by_owner&owner=Ada&balance.from=10&order=desc").await), ["1"]);
    assert_eq!(ids(&get("?by=by_owner&owner=Ada%20%26%20%3CCo%3E").await), ["4"]);
    let one = &get("?by=by_owner&owner=Bob").await["items"][0];
    assert_eq!((&one["view"]["balance"], &one["version"]), (&json!(70), &json!(2)));
    let owners = bank.get("/owner-accounts?owner.prefix=A", &[]).await.json();
    assert_eq!(owners["items"].as_array().unwrap().len(), 2);
    assert_eq!(owners["items"][0]["key"], json!({ "owner": "Ada" }));
}

#[tokio::test]
async fn pages_follow_their_links() {
    let (app, bank) = filled().await;
    for start in ["/statements?limit=1", "/statements?by=by_owner&owner=Ada&limit=1&balance.from=1"] {
        let path = start.split('?').next().unwrap();
        let mut found = Vec::new();
        let mut page = bank.get(start, &[]).await;
        loop {
            found.extend(ids(&page.json()).into_iter().map(str::to_owned));
            let Some(link) = next(&page) else { break };
            let cursor = page.json()["next"].as_str().unwrap().to_owned();
            assert!(link.ends_with(&format!("after={cursor}")), "{link}");
            page = bank.get(&format!("{path}{link}"), &[]).await;
            assert_eq!(page.status, 200);
        }
        let expected: &[&str] = if start.contains("by_owner") { &["3", "1"] } else { &["1", "2", "3", "4"] };
        assert_eq!(found, expected);
    }
    // A name that would end the link is escaped.
    bank.post("/accounts/5/open", &[], r#"{"owner": "Ada & <Co>"}"#).await;
    app.run_until_idle().await.unwrap();
    let page = bank.get("/statements?by=by_owner&owner=Ada%20%26%20%3CCo%3E&limit=1", &[]).await;
    let link = next(&page).unwrap();
    assert!(!link.contains(['<', '>', ' ', '"']), "{link}");
    assert_eq!(ids(&bank.get(&format!("/statements{link}"), &[]).await.json()), ["4"]);
}

#[tokio::test]
async fn a_history_is_paged_by_commits() {
    let (_, bank) = filled().await;
    for _ in 0..3 {
        bank.post("/accounts/1/deposit", &[], r#"{"cents": 1}"#).await;
    }
    let mut versions = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = bank.get(&format!("/accounts/1/history{query}"), &[]).await;
        let items = page.json()["items"].as_array().unwrap().clone();
        assert!(items.len() <= 2);
        versions.extend(items.iter().map(|item| item["version"].as_u64().unwrap()));
        match next(&page) {
            Some(link) => query = link,
            None => break,
        }
    }
    assert_eq!(versions, [1, 2, 3, 4, 5]);
    assert_eq!(bank.get("/accounts/1/history?after=5", &[]).await.json(), json!({ "items": [] }));
    assert_eq!(bank.get("/accounts/none/history", &[]).await.status, 404);
}

#[tokio::test]
async fn a_parameter_that_nobody_takes_is_refused() {
    let (_, bank) = filled().await;
    for (path, kind) in [
        ("/statements?ovner=Ada", "wrong-parameter"),
        ("/statements?by=by_size", "wrong-parameter"),
        ("/statements?by=by_owner", "wrong-parameter"),
        ("/statements?by=by_owner&owner.prefix=A", "wrong-parameter"),
        ("/statements?by=by_owner&balance=5", "wrong-parameter"),
        ("/statements?by=by_owner&owner=Ada&balance=five", "wrong-parameter"),
        ("/statements?by=by_owner&owner=Ada&balance=-5", "wrong-parameter"),
        ("/statements?by=by_owner&owner=Ada&owner=Bob", "wrong-parameter"),
        ("/statements?by=by_owner&owner=Ada&balance=5&balance.from=3", "wrong-parameter"),
        ("/statements?by=by_owner&owner=Ada&balance.prefix=5", "wrong-parameter"),
        ("/statements?limit=0", "wrong-parameter"),
        ("/statements?limit=101", "wrong-parameter"),
        ("/statements?order=up", "wrong-parameter"),
        ("/statements?id.from=1", "wrong-parameter"),
        ("/statements?after=x", "wrong-cursor"),
        ("/accounts/1/history?after=x", "wrong-cursor"),
        ("/accounts/1/history?from=1", "wrong-parameter"),
    ] {
        assert_eq!(bank.get(path, &[]).await.problem(), (400, kind.into()), "{path}");
    }
    let many: Vec<_> = (0..65).map(|number| format!("p{number}=1")).collect();
    let refused = bank.get(&format!("/statements?{}", many.join("&")), &[]).await;
    assert_eq!(refused.json()["detail"], "a request has at most 64 parameters");
    // A cursor of another list, and of another tenant.
    let other = Client::new(&router(&filled().await.0), "OTHER/ada");
    let cursor = bank.get("/statements?limit=1", &[]).await.json()["next"].as_str().unwrap().to_owned();
    for (client, path) in
        [(&bank, "/statements?by=by_owner&owner=Ada&after="), (&other, "/statements?after=")]
    {
        let refused = client.get(&format!("{path}{cursor}"), &[]).await;
        assert_eq!(refused.problem(), (400, "wrong-cursor".into()), "{path}");
    }
}

#[tokio::test]
async fn a_list_contains_the_commit_of_a_token() {
    let (app, bank) = filled().await;
    let done = bank.post("/accounts/1/deposit", &[], r#"{"cents": 1}"#).await;
    let token = done.header("commit-token").unwrap();
    let path = "/statements?by=by_owner&owner=Ada";
    let early = bank.get(path, &[("commit-token", token), ("prefer", "wait=0")]).await;
    assert_eq!(early.problem(), (503, "behind".into()));
    let waiting = [("commit-token", token), ("prefer", "wait=20")];
    let (list, delivered) = tokio::join!(bank.get(path, &waiting), app.run_until_idle());
    delivered.unwrap();
    assert_eq!(list.json()["items"][1]["view"]["balance"], 501);

    // A token of another tenant, of another stream, of no stream, and no token.
    let other = Client::new(&router(&app), "OTHER/eve");
    let theirs = other.get(path, &[("commit-token", token)]).await;
    assert_eq!(theirs.problem(), (400, "wrong-token".into()));
    assert!(!String::from_utf8_lossy(&theirs.body).contains("BANK"));
    assert_eq!(
        bank.get("/statements/2", &[("commit-token", token)]).await.problem(),
        (400, "wrong-token".into())
    );
    assert_eq!(bank.get(path, &[("commit-token", "nonsense")]).await.problem(), (400, "wrong-token".into()));
}
