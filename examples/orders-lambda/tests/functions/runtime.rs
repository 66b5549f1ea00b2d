//! The Lambda Runtime API, as the built binaries meet it: they ask for the next event and send an answer or an error
//! (AWS Lambda Developer Guide, "Using the Lambda runtime API").

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};

/// How long an invocation may take.
const TIME: Duration = Duration::from_secs(60);

/// One function: a process, and the runtime that it talks to.
pub(crate) struct Function {
    events: mpsc::Sender<Value>,
    answers: mpsc::Receiver<Answer>,
    _process: Child,
}

/// The function's response to an event.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It answered.
    Response(Value),
    /// It failed.
    Error(Value),
}

struct Api {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Answer>,
}

impl Function {
    /// Starts a binary with these variables in its environment.
    pub(crate) async fn start(binary: &str, variables: &[(&str, String)]) -> Self {
        let (events, next) = mpsc::channel(1);
        let (said, answers) = mpsc::channel(1);
        let api = Arc::new(Api { events: Mutex::new(next), answers: said });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_event))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(api);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let process = Command::new(binary)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "test")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "test")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { events, answers, _process: process }
    }

    /// Sends one event and waits for the response.
    pub(crate) async fn invoke(&mut self, event: Value) -> Answer {
        self.events.send(event).await.unwrap();
        self.answers.recv().await.expect("the function answers")
    }

    /// The answer to an event that is answered.
    pub(crate) async fn answer(&mut self, event: Value) -> Value {
        match self.invoke(event).await {
            Answer::Response(answer) => answer,
            Answer::Error(error) => panic!("{error}"),
        }
    }
}

async fn next_event(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let Some(event) = api.events.lock().await.recv().await else { return Err(StatusCode::GONE) };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + TIME;
    let headers = AppendHeaders([
        ("lambda-runtime-aws-request-id", "request".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:0:function:test".to_owned()),
    ]);
    Ok((headers, event.to_string()))
}

async fn response(State(api): State<Arc<Api>>, Path(_): Path<String>, body: String) -> StatusCode {
    let answer = serde_json::from_str(&body).unwrap_or(Value::String(body));
    let _ = api.answers.send(Answer::Response(answer)).await;
    StatusCode::ACCEPTED
}

async fn error(State(api): State<Arc<Api>>, Path(_): Path<String>, body: String) -> StatusCode {
    let answer = serde_json::from_str(&body).unwrap_or(Value::String(body));
    let _ = api.answers.send(Answer::Error(answer)).await;
    StatusCode::ACCEPTED
}
