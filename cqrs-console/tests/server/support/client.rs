//! HTTP/1.1 by hand, so that a test can send what no ordinary client would.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Client {
    address: SocketAddr,
    headers: Vec<(String, String)>,
    connection: Option<TcpStream>,
}

#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(is, _)| is.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.text());
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The type of a problem, without its prefix.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        problem["type"].as_str().unwrap().strip_prefix("/problems/").unwrap().to_owned()
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let headers = vec![("host".to_owned(), address.to_string())];
        Self { address, headers, connection: None }
    }

    /// Sends a header from now on, instead of one of that name.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.unset(name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sends one more header.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn unset(&mut self, name: &str) -> &mut Self {
        self.headers.retain(|(is, _)| is != name);
        self
    }

    /// The headers of a page of the console that changes something.
    pub(crate) fn own(&mut self) -> &mut Self {
        let origin = format!("http://{}", self.address);
        self.set("origin", origin).set("sec-fetch-site", "same-origin");
        self.set("x-foldline-console", "1").set("content-type", "application/json")
    }

    pub(crate) async fn get(&mut self, target: &str) -> Response {
        self.request("GET", target, None).await
    }

    pub(crate) async fn post(&mut self, target: &str, body: &str) -> Response {
        self.request("POST", target, Some(body.as_bytes())).await
    }

    pub(crate) async fn request(&mut self, method: &str, target: &str, body: Option<&[u8]>) -> Response {
        let mut request = self.head(method, target);
        if let Some(body) = body {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend(body.unwrap_or_default());
        if let Some(response) = self.exchange(&bytes, method == "HEAD").await {
            return response;
        }
        // The server has closed a connection that it kept until then.
        self.connection = None;
        self.exchange(&bytes, method == "HEAD").await.expect("an answer")
    }

    /// The first line and the headers, without the empty line.
    pub(crate) fn head(&self, method: &str, target: &str) -> String {
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        format!("{method} {target} HTTP/1.1\r\n{}", headers.collect::<String>())
    }

    /// Sends bytes as they are, and reads one answer; `None` if the server closes the connection instead.
    pub(crate) async fn exchange(&mut self, bytes: &[u8], bodiless: bool) -> Option<Response> {
        if self.connection.is_none() {
            self.connection = Some(TcpStream::connect(self.address).await.unwrap());
        }
        let stream = self.connection.as_mut().unwrap();
        // A server that refuses a body may close the connection before all of it is sent. Its answer is there.
        let _ = stream.write_all(bytes).await;
        let answer = read(stream, bodiless).await;
        let closes = answer.as_ref().is_none_or(|answer| answer.header("connection") == Some("close"));
        if closes {
            self.connection = None;
        }
        answer
    }

    pub(crate) fn take_connection(&mut self) -> Option<TcpStream> {
        self.connection.take()
    }
}

async fn read(stream: &mut TcpStream, bodiless: bool) -> Option<Response> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut response = Response { status, headers, body: Vec::new() };
    if bodiless || status == 304 {
        return Some(response);
    }
    if response.header("transfer-encoding") == Some("chunked") {
        // A stream: the test reads it from the connection.
        return Some(response);
    }
    let length = response.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    response.body = vec![0; length];
    stream.read_exact(&mut response.body).await.ok()?;
    Some(response)
}
