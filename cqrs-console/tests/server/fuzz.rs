//! 5,000 random requests.

use std::time::Duration;

use cqrs_console::{Console, Limits};

use crate::support::client::Client;
use crate::support::{CHANGING, Open, READING, VIEWS, assert_secure, shop};

const REQUESTS: usize = 5_000;

/// Pieces that may have a meaning.
const PIECES: [&str; 30] = [
    "ORDER",
    "SHOP",
    "Totals",
    "bill",
    "1",
    "0",
    "-1",
    "18446744073709551616",
    "%00",
    "%0d%0aset-cookie:%20a=b",
    "%0a",
    "..",
    "%2e%2e%2f",
    "%ff%fe",
    "%",
    "%zz",
    "&",
    "=",
    "?",
    "#",
    "+",
    "/",
    "%2f",
    "'",
    "%22",
    "<script>",
    "%3cscript%3e",
    "%e2%80%a8",
    "{}",
    "[\"a\",null]",
];

const NAMES: [&str; 14] = [
    "entity",
    "tenant",
    "id",
    "after",
    "limit",
    "prefix",
    "version",
    "asOf",
    "recorded",
    "projection",
    "correlation",
    "subscriber",
    "token",
    "x",
];

const BODIES: [&str; 12] = [
    "",
    "{}",
    "[]",
    "null",
    "{",
    "\u{0}",
    r#"{"tenant":"SHOP","projection":"Totals","criteria":[{"is":{"a":[]}}]}"#,
    r#"{"tenant":"SHOP","projection":"Totals","criteria":[{"within":[1,null]},{"begins":""}],"limit":4294967295}"#,
    r#"{"tenant":"SHOP","projection":"Totals","after":"x","index":"none"}"#,
    r#"{"subscriber":"@timers","pk":"\u0000","sk":"\r\n"}"#,
    r#"{"subscriber":"@relay","all":true}"#,
    r#"{"subscriber":"bill","pk":"","sk":"","reason":"\r\nset-cookie: a=b"}"#,
];

fn target(random: &mut fastrand::Rng) -> String {
    let known: Vec<&str> = READING
        .into_iter()
        .chain(CHANGING.map(|(target, _)| target))
        .chain([VIEWS.0, "/assets/index.html"])
        .collect();
    let mut target = known[random.usize(..known.len())].to_owned();
    if random.u8(..4) > 0 {
        target = target.split('?').next().unwrap_or("/").to_owned();
    }
    if random.u8(..4) == 0 {
        target.push('/');
        target.push_str(piece(random));
    }
    let mut separator = if target.contains('?') { '&' } else { '?' };
    for _ in 0..random.usize(..5) {
        target.push(separator);
        separator = '&';
        target.push_str(NAMES[random.usize(..NAMES.len())]);
        target.push('=');
        for _ in 0..random.usize(..3) {
            target.push_str(piece(random));
        }
    }
    target
}

fn piece(random: &mut fastrand::Rng) -> &'static str {
    PIECES[random.usize(..PIECES.len())]
}

async fn shoot(client: &mut Client, random: &mut fastrand::Rng, nth: usize) {
    let target = target(random);
    let method = ["GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "OPTIONS"][random.usize(..8)];
    let body = (method == "POST").then(|| BODIES[random.usize(..BODIES.len())].as_bytes());
    let what = format!("{nth}: {method} {target} {:?}", body.map(String::from_utf8_lossy));
    let response = client.request(method, &target, body).await;
    assert!(response.status < 500, "{what}: {} {}", response.status, response.text());
    // A request that is not HTTP does not reach the console.
    if response.status == 400 && response.header("content-type").is_none() {
        return;
    }
    assert_secure(&response, &what);
    assert!(
        response.header("set-cookie").is_none_or(|cookie| cookie.starts_with("foldline-console-")),
        "{what}"
    );
    if response.status >= 400 && method != "HEAD" && response.status != 401 {
        response.problem();
    }
}

#[tokio::test]
async fn no_request_breaks_the_console() {
    // A client that polls the feed would wait for news.
    let limits = Limits { poll_time: Duration::ZERO, ..Limits::default() };
    let set = |console: Console| console.writable(true).limits(limits);
    let console = Open::on(shop::sold().await, set).await;
    let mut random = fastrand::Rng::with_seed(17);
    let mut client = console.client().await;
    client.own();
    for nth in 0..REQUESTS {
        shoot(&mut client, &mut random, nth).await;
    }
    assert_eq!(client.get("/api/wiring").await.status, 200);
    console.close().await;
}
