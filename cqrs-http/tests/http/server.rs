//! The server over real sockets, and its end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use cqrs_core::Tenant;
use cqrs_http::{Server, ServerError, axum};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};

use crate::bank::{AccountKey, Open, Statement, app};

/// A route whose answer waits for the test.
#[derive(Default)]
struct Slow {
    asked: Notify,
    may_answer: Notify,
}

impl Slow {
    fn router(self: &Arc<Self>) -> Router {
        let slow = Arc::clone(self);
        let answer = move || async move {
            slow.asked.notify_one();
            slow.may_answer.notified().await;
            "answered"
        };
        Router::new().route("/slow", get(answer))
    }
}

async fn ask(address: std::net::SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /slow HTTP/1.1\r\nhost: bank\r\nconnection: close\r\n\r\n").await.unwrap();
    stream
}

#[tokio::test]
async fn a_request_under_way_is_answered_after_the_shutdown_and_no_new_one_is_taken() {
    let (slow, app) = (Arc::new(Slow::default()), app());
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.address();
    assert_eq!(server.url(), format!("http://{address}"));
    let (stop, stopped) = oneshot::channel();
    let router = slow.router();
    let running =
        tokio::spawn(async move { server.run(&app, router, async { stopped.await.unwrap() }).await });

    let mut stream = ask(address).await;
    slow.asked.notified().await;
    stop.send(()).unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!running.is_finished());
    slow.may_answer.notify_one();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("answered"), "{answer}");
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_waits_for_the_delivery_is_answered_after_the_shutdown() {
    let (slow, app) = (Arc::new(Slow::default()), app());
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.address();
    let (stop, stopped) = oneshot::channel();
    let router = {
        let (slow, app) = (Arc::clone(&slow), app.clone());
        let answer = move || async move {
            slow.asked.notify_one();
            slow.may_answer.notified().await;
            let account = AccountKey::new(&Tenant::new("BANK").unwrap(), "4711");
            let opened = app.execute(&account, Open { owner: "Ada".into() }).await.unwrap();
            let read = app.view::<Statement>(&account).at_least(opened.token());
            read.within(Duration::from_secs(600)).await.unwrap().unwrap().owner
        };
        Router::new().route("/slow", get(answer))
    };
    let running =
        tokio::spawn(async move { server.run(&app, router, async { stopped.await.unwrap() }).await });

    let mut stream = ask(address).await;
    slow.asked.notified().await;
    stop.send(()).unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    slow.may_answer.notify_one();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("Ada"), "{answer}");
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_not_finished_at_the_end_of_the_grace_is_reported() {
    let (slow, app) = (Arc::new(Slow::default()), app());
    let server = Server::bind("127.0.0.1:0").await.unwrap().grace(Duration::from_millis(1));
    let address = server.address();
    // The connection stays open, so the server has a request to answer.
    let mut stream = None;
    let shutdown = async {
        stream = Some(ask(address).await);
        slow.asked.notified().await;
    };
    let ended = server.run(&app, slow.router(), shutdown).await.unwrap_err();
    drop(stream);
    assert!(matches!(ended, ServerError::Unfinished { .. }), "{ended}");
    assert_eq!(
        ended.to_string(),
        "requests or deliveries were still under way 0.001 s after the shutdown; they end with the program"
    );
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let first = Server::bind("127.0.0.1:0").await.unwrap();
    let address = first.address().to_string();
    let refused = Server::bind(&address).await.unwrap_err();
    assert!(refused.to_string().starts_with(&format!("cannot listen at `{address}`: ")), "{refused}");
    let wrong = Server::bind("here").await.unwrap_err();
    assert!(wrong.to_string().starts_with("cannot listen at `here`: "), "{wrong}");
}

#[tokio::test]
async fn a_request_without_its_whole_head_does_not_hold_the_stop() {
    let (slow, app) = (Arc::new(Slow::default()), app());
    let never = Duration::from_secs(3600);
    let server = Server::bind("127.0.0.1:0").await.unwrap().head_time(never).grace(Duration::from_secs(20));
    let address = server.address();
    let (mut first, mut second) = (None, None);
    let shutdown = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: b").await.unwrap();
        first = Some(stream);
        // One that has had an answer already.
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: bank\r\n\r\n").await.unwrap();
        slow.asked.notified().await;
        slow.may_answer.notify_one();
        let mut answer = Vec::new();
        while !answer.ends_with(b"answered") {
            stream.read_buf(&mut answer).await.unwrap();
        }
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: b").await.unwrap();
        second = Some(stream);
    };
    server.run(&app, slow.router(), shutdown).await.unwrap();
    for mut stream in [first, second].into_iter().flatten() {
        let mut rest = Vec::new();
        // It may be reset, as the server has not read all of it.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_does_not_hold_the_stop() {
    let app = app();
    let server = Server::bind("127.0.0.1:0").await.unwrap().write_time(Duration::from_millis(200));
    let address = server.address();
    let asked = Arc::new(Notify::new());
    let router = {
        let asked = Arc::clone(&asked);
        let large = move || async move {
            asked.notify_one();
            vec![b'x'; 64 * 1024 * 1024]
        };
        Router::new().route("/slow", get(large))
    };
    let mut stream = None;
    let shutdown = async {
        stream = Some(ask(address).await);
        asked.notified().await;
    };
    server.run(&app, router, shutdown).await.unwrap();
    drop(stream);
}

#[tokio::test]
async fn connections_wait_for_one_another_and_silent_ones_end() {
    let (slow, app) = (Arc::new(Slow::default()), app());
    let server =
        Server::bind("127.0.0.1:0").await.unwrap().connections(2).head_time(Duration::from_millis(200));
    let address = server.address();
    let mut held = Vec::new();
    let shutdown = async {
        for begun in ["", "GET /slow HTTP/1.1\r\nhost: "].repeat(3) {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begun.as_bytes()).await.unwrap();
            held.push(stream);
        }
        let mut stream = ask(address).await;
        slow.may_answer.notify_one();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("answered"), "{answer}");
    };
    server.run(&app, slow.router(), shutdown).await.unwrap();
    drop(held);
}
