//! Requests that are too large, too slow or too many end, and the others are answered in the meantime.

use std::time::Duration;

use crate::support::{CHANGING, Open, VIEWS, assert_secure, shop};
use cqrs_console::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn limited(limits: Limits) -> Open {
    Open::on(shop::sold().await, |console| console.writable(true).limits(limits)).await
}

/// Reads until the server closes the connection, or a text has come.
async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(wanted) {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(length) => read.extend(&buffer[..length]),
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn a_large_body_is_refused_announced_or_not() {
    let console = Open::writable().await;
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(64 * 1024));
    for (target, _) in CHANGING.into_iter().chain([VIEWS]) {
        let mut client = console.client().await;
        client.own();
        let refused = client.post(target, &large).await;
        assert_eq!((refused.status, refused.problem()), (413, "too-large".to_owned()), "{target}");
        assert_secure(&refused, target);

        let mut client = console.client().await;
        client.own().set("transfer-encoding", "chunked");
        let head = client.head("POST", target);
        let chunked = format!("{head}\r\n{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
        let refused = client.exchange(chunked.as_bytes(), false).await.unwrap();
        assert_eq!((refused.status, refused.problem()), (413, "too-large".to_owned()), "{target}, in chunks");
    }
    console.close().await;
}

#[tokio::test]
async fn a_slow_body_ends() {
    let console = limited(Limits { body_time: Duration::from_millis(200), ..Limits::default() }).await;
    for (target, _) in CHANGING.into_iter().chain([VIEWS]) {
        let mut client = console.client().await;
        client.own().set("content-length", "2");
        let begun = format!("{}\r\n{{", client.head("POST", target));
        let ended = client.exchange(begun.as_bytes(), false).await.unwrap();
        assert_eq!((ended.status, ended.problem()), (408, "slow".to_owned()), "{target}");
        assert_secure(&ended, target);
    }
    console.close().await;
}

#[tokio::test]
async fn a_slow_head_and_a_connection_that_says_nothing_end() {
    let console = limited(Limits { head_time: Duration::from_millis(200), ..Limits::default() }).await;
    for begun in ["", "GET / HTTP/1.1\r\nhost: "] {
        let mut stream = TcpStream::connect(console.address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let read = read_until(&mut stream, "never said").await;
        assert!(!read.contains(" 200 "), "{read}");
    }
    console.close().await;
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let console = Open::new().await;
    for header in ["x-large", "cookie"] {
        let mut client = console.stranger();
        let refused = client.set(header, "x".repeat(64 * 1024)).get("/").await;
        assert_eq!(refused.status, 431);
    }
    let mut client = console.stranger();
    assert!(matches!(client.get(&format!("/{}", "x".repeat(64 * 1024))).await.status, 414 | 431));
    assert_eq!(console.client().await.get("/api/wiring").await.status, 200);
    console.close().await;
}

#[tokio::test]
async fn connections_wait_for_one_another() {
    let limits = Limits { connections: 2, head_time: Duration::from_millis(200), ..Limits::default() };
    let console = limited(limits).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(TcpStream::connect(console.address).await.unwrap());
    }
    // Silent connections end after their time limit, two after two.
    assert_eq!(console.client().await.get("/api/wiring").await.status, 200);
    console.close().await;
}

#[tokio::test]
async fn the_feed_has_a_bounded_number_of_clients_and_ends_with_the_console() {
    let console = limited(Limits { tails: 2, ..Limits::default() }).await;
    let mut followers = Vec::new();
    for _ in 0..2 {
        let mut client = console.client().await;
        client.set("accept", "text/event-stream");
        let followed = client.get("/api/tail").await;
        assert_eq!(followed.header("content-type"), Some("text/event-stream"));
        assert_secure(&followed, "tail");
        followers.push(client.take_connection().unwrap());
    }
    let mut client = console.client().await;
    let refused = client.get("/api/tail").await;
    assert_eq!((refused.status, refused.problem()), (503, "full".to_owned()));

    // A client that goes away makes room for another one, once the server has seen it.
    drop(followers.pop());
    console.app.execute(&shop::key("9"), shop::Ship { carrier: "DHL".to_owned() }).await.unwrap();
    while client.get("/api/tail").await.status != 200 {
        tokio::task::yield_now().await;
    }

    console.close().await;
    let rest = read_until(&mut followers[0], "never said").await;
    assert!(rest.contains("OrderShipped"), "{rest}");
}
