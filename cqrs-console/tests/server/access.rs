//! Access: nothing is answered without the token, or to a page of another origin.

use crate::support::client::Client;
use crate::support::{CHANGING, Open, READING, VIEWS, assert_secure, shop};
use cqrs_console::{Console, ConsoleError};

/// A text that only the shop knows.
const SECRETS: [&str; 5] = ["SHOP", "ORDER", "Totals", "Ada", "OrderCreated"];

/// Sends every possible request, and returns the result of each.
async fn everything(client: &mut Client, mut told: impl FnMut(&str, &crate::support::client::Response)) {
    for target in READING.into_iter().chain(["/assets/index.html", "/assets/none.js", "/none"]) {
        for method in ["GET", "HEAD"] {
            told(target, &client.request(method, target, None).await);
        }
    }
    for (target, body) in CHANGING.into_iter().chain([VIEWS]) {
        told(target, &client.post(target, body).await);
    }
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        told(method, &client.request(method, "/api/overview", None).await);
    }
}

#[tokio::test]
async fn without_the_token_there_is_nothing() {
    let console = Open::new().await;
    let mut stranger = console.stranger();
    stranger.own();
    let name = format!("foldline-console-{}", console.address.port());
    for cookie in ["", "a=b", &name, &format!("{name}="), &format!("{name}={}", "0".repeat(64)), "=;=;;"] {
        stranger.set("cookie", cookie);
        everything(&mut stranger, |target, response| {
            assert_eq!(response.status, 401, "{target}");
            assert_secure(response, target);
            assert_eq!(response.header("set-cookie"), None, "{target}");
            for secret in SECRETS {
                assert!(!response.text().contains(secret), "{target}: {}", response.text());
            }
        })
        .await;
    }
    console.close().await;
}

#[tokio::test]
async fn the_token_is_changed_for_a_cookie_and_leaves_the_address() {
    let console = Open::new().await;
    let welcome = console.stranger().get(&format!("/?token={}", console.token())).await;
    assert_eq!((welcome.status, welcome.header("location")), (303, Some("/")));
    assert_secure(&welcome, "welcome");
    let cookie = welcome.header("set-cookie").unwrap();
    assert!(cookie.starts_with(&format!("foldline-console-{}=", console.address.port())), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
    assert!(!cookie.contains(console.token()), "the cookie is another secret");

    let mut client = console.client().await;
    client.own();
    everything(&mut client, |target, response| {
        assert_ne!(response.status, 401, "{target}");
        assert_secure(response, target);
    })
    .await;
    console.close().await;
}

#[tokio::test]
async fn a_wrong_token_is_none() {
    let console = Open::new().await;
    let token = console.token();
    let mut stranger = console.stranger();
    for target in [
        format!("/?token={}", &token[1..]),
        format!("/?token={token}0"),
        format!("/?token={}", token.to_uppercase().replace('A', "b")),
        format!("/?x=1&token={token}"),
        format!("/?token={token}&x=1"),
        format!("/?token=%{token}"),
        format!("/api/overview?token={token}"),
        format!("/assets/index.html?token={token}"),
        "/?token=".to_owned(),
    ] {
        let response = stranger.get(&target).await;
        assert_eq!((response.status, response.header("set-cookie")), (401, None), "{target}");
    }
    let posted = stranger.post(&format!("/?token={token}"), "{}").await;
    assert_eq!((posted.status, posted.header("set-cookie")), (401, None));
    console.close().await;
}

#[tokio::test]
async fn each_start_has_a_token_of_its_own_and_tells_it_once() {
    let app = shop::app(&shop::Luck::default());
    let one = Console::new(&app).bind().await.unwrap();
    let other = Console::new(&app).bind().await.unwrap();
    let token = one.url().split_once("token=").unwrap().1.to_owned();
    assert!(token.len() == 64 && !other.url().contains(&token));
    assert!(!format!("{one:?}").contains(&token));
    assert!(one.address().ip().is_loopback());
}

#[tokio::test]
async fn a_name_that_was_rebound_is_refused() {
    let console = Open::new().await;
    let mut client = console.client().await;
    client.own();
    let port = console.address.port();
    for host in [
        format!("evil.example:{port}"),
        "evil.example".to_owned(),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1.:{port}"),
        format!("127.0.0.1:{port}.evil.example"),
        format!("127.0.0.2:{port}"),
        format!("localhost:{}", port ^ 1),
        String::new(),
    ] {
        client.set("host", &*host);
        everything(&mut client, |target, response| {
            assert_eq!(response.status, 421, "{host} {target}");
            assert_secure(response, target);
        })
        .await;
        let welcome = client.get(&format!("/?token={}", console.token())).await;
        assert_eq!((welcome.status, welcome.header("set-cookie")), (421, None), "{host}");
    }
    for host in [format!("127.0.0.1:{port}"), format!("LOCALHOST:{port}"), format!("[::1]:{port}")] {
        assert_eq!(client.set("host", host).unset("origin").get("/api/wiring").await.status, 200);
    }
    client.set("host", console.authority()).add("host", "evil.example");
    assert_eq!(client.get("/api/wiring").await.status, 421, "two names");
    client.set("host", console.authority());
    assert_eq!(client.get("http://evil.example/api/wiring").await.status, 421, "another name in the target");
    client.unset("host");
    assert!(matches!(client.get("/api/wiring").await.status, 400 | 421));
    console.close().await;
}

#[tokio::test]
async fn a_page_of_another_origin_can_do_nothing() {
    let console = Open::writable().await;
    let port = console.address.port();
    // The browser would send the cookie to these, if they are on another port of this machine.
    for (name, value) in [
        ("sec-fetch-site", "cross-site".to_owned()),
        ("sec-fetch-site", "same-site".to_owned()),
        ("sec-fetch-site", "SAME-ORIGIN".to_owned()),
        ("origin", "http://evil.example".to_owned()),
        ("origin", format!("http://127.0.0.1:{}", port ^ 1)),
        ("origin", format!("https://127.0.0.1:{port}")),
        ("origin", format!("http://localhost:{port}")),
        ("origin", format!("http://127.0.0.1:{port}.evil.example")),
        ("origin", format!("http://evil.example/http://127.0.0.1:{port}")),
        ("origin", "null".to_owned()),
        ("origin", String::new()),
    ] {
        for replaces in [true, false] {
            let mut client = console.client().await;
            client.own();
            if replaces {
                client.set(name, &*value)
            } else {
                client.add(name, &*value)
            };
            everything(&mut client, |target, response| {
                assert_eq!(response.status, 403, "{name}: {value}: {target}");
                assert_secure(response, target);
            })
            .await;
        }
    }
    assert_eq!(console.app.dead_letters().of("bill").await.unwrap().len(), 1, "nothing was changed");
    console.close().await;
}

#[tokio::test]
async fn what_changes_something_says_where_it_comes_from() {
    let console = Open::writable().await;
    for (target, body) in CHANGING.into_iter().chain([VIEWS]) {
        let mut client = console.client().await;
        client.own().unset("x-foldline-console");
        assert_eq!(client.post(target, body).await.problem(), "forbidden", "{target}");
        client.own().set("x-foldline-console", "2");
        assert_eq!(client.post(target, body).await.problem(), "forbidden", "{target}");
        client.own().unset("origin").unset("sec-fetch-site");
        assert_eq!(client.post(target, body).await.problem(), "forbidden", "{target}");
        client.own();
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
        {
            client.set("content-type", kind);
            assert_eq!(client.post(target, body).await.status, 415, "{target} {kind}");
        }
    }
    assert_eq!(console.app.dead_letters().of("bill").await.unwrap().len(), 1, "nothing was changed");
    console.close().await;
}

#[tokio::test]
async fn read_only_changes_nothing() {
    let console = Open::new().await;
    let mut client = console.client().await;
    client.own();
    for (target, body) in CHANGING {
        for body in [body, "", "no json", r#"{"subscriber":"nobody","all":true}"#] {
            let refused = client.post(target, body).await;
            assert_eq!((refused.status, refused.problem()), (403, "read-only".to_owned()), "{target} {body}");
        }
    }
    assert_eq!(client.post(VIEWS.0, VIEWS.1).await.status, 200, "a read with a body");
    assert_eq!(console.app.dead_letters().of("bill").await.unwrap().len(), 1);
    console.close().await;
}

#[tokio::test]
async fn a_network_is_served_only_under_a_name() {
    let app = shop::app(&shop::Luck::default());
    let everywhere = std::net::Ipv4Addr::UNSPECIFIED;
    let refused = Console::new(&app).ip(everywhere).bind().await.unwrap_err();
    assert!(matches!(refused, ConsoleError::NotLoopback { .. }), "{refused}");

    let console = Open::on(app, |console| console.ip(everywhere).exposed_as("console.internal")).await;
    assert!(console.url.starts_with("http://console.internal/?token="), "{}", console.url);
    let mut client = Client::new((std::net::Ipv4Addr::LOCALHOST, console.address.port()).into());
    client.set("host", "Console.Internal");
    assert_eq!(client.get(&format!("/?token={}", console.token())).await.status, 303);
    client.set("host", "other.internal");
    assert_eq!(client.get(&format!("/?token={}", console.token())).await.status, 421);
    console.close().await;
}

#[tokio::test]
async fn a_lock_that_cannot_be_read_is_reported_at_once() {
    let app = shop::app(&shop::Luck::default());
    let refused = Console::new(&app).events_lock("= {}").bind().await.unwrap_err();
    assert!(matches!(refused, ConsoleError::Lock(_)), "{refused}");
}
