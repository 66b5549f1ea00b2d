//! The entity tags of views.

use cqrs_core::App;

use crate::bank::{Statement, app, router};
use crate::client::Client;

async fn opened(tenants: &[&'static str]) -> (App, Vec<Client>) {
    let app = app();
    let clients: Vec<_> = tenants.iter().map(|token| Client::new(&router(&app), token)).collect();
    for client in &clients {
        client.post("/accounts/1/open", &[], r#"{"owner": "Ada"}"#).await;
    }
    app.run_until_idle().await.unwrap();
    (app, clients)
}

#[tokio::test]
async fn the_tag_of_one_tenant_is_none_of_another() {
    let (_, clients) = opened(&["BANK/ada", "OTHER/ada"]).await;
    let [bank, other] = &clients[..] else { panic!("two clients") };
    let mine = bank.get("/statements/1", &[]).await;
    let tag = mine.header("etag").unwrap();
    assert_eq!(mine.header("vary"), Some("authorization, cookie"));
    let known = [("if-none-match", tag)];
    assert_eq!(bank.get("/statements/1", &known).await.status, 304);
    // The same version and the same content, at the same URL.
    let theirs = other.get("/statements/1", &known).await;
    assert_eq!((theirs.status.as_u16(), &theirs.body), (200, &mine.body));
    assert_ne!(theirs.header("etag"), Some(tag));
}

#[tokio::test]
async fn a_view_that_a_replay_has_written_anew_has_another_tag() {
    let (app, clients) = opened(&["BANK/ada"]).await;
    let before = clients[0].get("/statements/1", &[]).await;
    let tag = before.header("etag").unwrap();
    app.replay::<Statement>().await.unwrap();
    let after = clients[0].get("/statements/1", &[("if-none-match", tag)]).await;
    assert_eq!(after.status, 200);
    let version = |tag: &str| tag.split('.').next().unwrap().to_owned();
    assert_eq!(version(after.header("etag").unwrap()), version(tag), "it is at its old version");
}

#[tokio::test]
async fn a_read_may_have_a_condition() {
    let (_, clients) = opened(&["BANK/ada"]).await;
    let tag = clients[0].get("/statements/1", &[]).await.header("etag").unwrap().to_owned();
    let status = async |condition: &str| {
        clients[0].get("/statements/1", &[("if-match", condition)]).await.status.as_u16()
    };
    assert_eq!(status(&tag).await, 200);
    assert_eq!(status("*").await, 200);
    assert_eq!(status(&format!("\"x\",, {tag},")).await, 200);
    assert_eq!(status(&format!("W/{tag}")).await, 412);
    assert_eq!(status("\"1\"").await, 412);
    let refused = clients[0].get("/statements/1", &[("if-match", "\"x\""), ("if-none-match", &tag)]).await;
    assert_eq!(refused.problem(), (412, "version-mismatch".into()));
    assert_eq!(refused.header("etag"), Some(tag.as_str()));
    let missing = clients[0].get("/statements/2", &[("if-match", "\"x\"")]).await;
    assert_eq!(missing.status, 404);
}
