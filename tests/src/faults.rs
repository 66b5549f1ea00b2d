//! Faults between the SDK and a service, in place of the SDK's HTTP client.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use cqrs_dynamo::{Dynamo, Embedded};

/// An embedded DynamoDB with its tables: the connection for faults, and one without any.
///
/// # Panics
/// If SQLite does not work at all.
pub async fn database() -> (Embedded, Dynamo) {
    let database = Embedded::in_memory().unwrap();
    let dynamo = Dynamo::from_conf(&database.sdk_config());
    dynamo.create_tables().await.unwrap();
    (database, dynamo)
}

/// The fate of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It goes through.
    None,
    /// The connection is reset before the request arrives.
    Reset,
    /// The request arrives, and the connection is reset before the answer does.
    AnswerLost,
    /// The request never arrives, and the client reports at once that its time is over.
    TimedOut,
    /// The request arrives, and the client reports at once that the time of its answer is over.
    AnswerTimedOut,
    /// The request never arrives, and nothing reports it.
    Hang,
    /// The request arrives, and the answer never does.
    AnswerHangs,
    /// The request is answered with this status and this code, and nothing else happens.
    Answer(u16, &'static str),
    /// The request, a transaction, is answered as cancelled: its second item for this reason. Nothing else happens.
    Cancelled(&'static str),
    /// The request is answered with 200 and this body, and nothing else happens.
    Reply(&'static str),
}

/// One request on its way.
#[derive(Debug, Clone)]
pub struct Call {
    /// `PutItem`, `ReceiveMessage`, …
    pub operation: String,
    /// How many requests went before it.
    pub number: usize,
    /// The request's body.
    pub body: String,
}

impl Call {
    /// Whether the request goes to this table. A batch of reads names it as a field, and a statement of PartiQL in its text.
    #[must_use]
    pub fn is_for(&self, table: &str) -> bool {
        let ways =
            [format!("\"TableName\":\"{table}\""), format!("{{\"{table}\":{{"), format!(" \\\"{table}\\\" ")];
        ways.iter().any(|way| self.body.contains(way))
    }

    /// How many statements of PartiQL it has.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.body.matches("\"Statement\":").count()
    }
}

/// The decision about a request, after anything else that a test wants to happen before it goes through.
pub type Decision = Pin<Box<dyn Future<Output = Fault> + Send>>;

/// A service with faults in front of it. Clones share the count.
#[derive(Clone)]
pub struct Faults {
    conf: SdkConfig,
    plan: Arc<dyn Fn(Call) -> Decision + Send + Sync>,
    count: Arc<AtomicUsize>,
}

impl Faults {
    /// Asks `plan` for the fate of each request to an embedded DynamoDB.
    pub fn new(database: &Embedded, plan: impl Fn(&Call) -> Fault + Send + Sync + 'static) -> Self {
        Self::over(database.sdk_config(), plan)
    }

    /// The same for the service of any configuration with an HTTP client.
    pub fn over(conf: SdkConfig, plan: impl Fn(&Call) -> Fault + Send + Sync + 'static) -> Self {
        Self::decided(conf, move |call| Box::pin(std::future::ready(plan(&call))))
    }

    /// Lets something happen before each request goes through, and asks for its fate.
    pub fn after(database: &Embedded, plan: impl Fn(Call) -> Decision + Send + Sync + 'static) -> Self {
        Self::decided(database.sdk_config(), plan)
    }

    fn decided(conf: SdkConfig, plan: impl Fn(Call) -> Decision + Send + Sync + 'static) -> Self {
        Self { conf, plan: Arc::new(plan), count: Arc::default() }
    }

    /// The n-th request of one operation, from 0, meets one fault; all others go through.
    pub fn at(database: &Embedded, operation: &'static str, number: usize, fault: Fault) -> Self {
        Self::new(database, at(operation, number, fault))
    }

    /// How many requests were sent.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// The DynamoDB behind the faults: the SDK retries twice, at once.
    #[must_use]
    pub fn dynamo(&self) -> Dynamo {
        let retry =
            RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1));
        Dynamo::from_conf(&self.sdk_config().into_builder().retry_config(retry).build())
    }

    /// The same without the SDK's retries.
    #[must_use]
    pub fn dynamo_without_retries(&self) -> Dynamo {
        Dynamo::from_conf(&self.sdk_config())
    }

    /// A configuration for the service behind the faults, without the SDK's retries, and without its limits in time: on a
    /// busy machine a request may wait long for its turn, and none of them hangs by accident.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        let conf = self.conf.clone().into_builder().http_client(self.clone());
        let conf = conf.retry_config(RetryConfig::disabled()).timeout_config(TimeoutConfig::disabled());
        conf.stalled_stream_protection(StalledStreamProtectionConfig::disabled()).build()
    }
}

/// A plan: the n-th request of one operation, from 0, meets one fault.
pub fn at(operation: &'static str, number: usize, fault: Fault) -> impl Fn(&Call) -> Fault + Send + Sync {
    let seen = AtomicUsize::new(0);
    move |call| {
        let met = call.operation == operation && seen.fetch_add(1, Ordering::Relaxed) == number;
        if met { fault } else { Fault::None }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faults({} requests)", self.count())
    }
}

impl HttpClient for Faults {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let client = self.conf.http_client().expect("a configuration with an HTTP client");
        let service = client.http_connector(settings, components);
        SharedHttpConnector::new(Faulty { faults: self.clone(), service })
    }
}

#[derive(Debug)]
struct Faulty {
    faults: Faults,
    service: SharedHttpConnector,
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let is_form = body.starts_with(FORM);
        let call = Call {
            operation: operation(&request, &body).to_owned(),
            number: self.faults.count.fetch_add(1, Ordering::Relaxed),
            body,
        };
        let decision = (self.faults.plan)(call);
        let service = self.service.clone();
        HttpConnectorFuture::new(async move {
            let fault = decision.await;
            let arrives = [Fault::None, Fault::AnswerLost, Fault::AnswerTimedOut, Fault::AnswerHangs];
            if arrives.contains(&fault) {
                let answer = service.call(request).await?;
                if fault == Fault::None {
                    return Ok(answer);
                }
            }
            match fault {
                Fault::Answer(status, code) if is_form => Ok(refusal_in_xml(status, code)),
                Fault::Answer(status, code) => Ok(refusal(status, code)),
                Fault::Cancelled(reason) => Ok(cancelled(reason)),
                Fault::Reply(body) => Ok(reply(200, body.to_owned())),
                Fault::Hang | Fault::AnswerHangs => std::future::pending().await,
                Fault::TimedOut | Fault::AnswerTimedOut => {
                    Err(ConnectorError::timeout("injected by the test".into()))
                }
                Fault::None | Fault::Reset | Fault::AnswerLost => {
                    let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                    Err(ConnectorError::io(reset.into()))
                }
            }
        })
    }
}

/// The answer of SNS that accepts all messages of a `PublishBatch`, which nothing receives.
#[must_use]
pub fn published() -> Fault {
    static PUBLISHED: LazyLock<String> = LazyLock::new(|| {
        // More than a request may hold.
        let member = |id| format!("<member><Id>{id}</Id><MessageId>{id}</MessageId></member>");
        let members: String = (0..100).map(member).collect();
        let result = format!("<PublishBatchResult><Successful>{members}</Successful></PublishBatchResult>");
        format!("<PublishBatchResponse>{result}</PublishBatchResponse>")
    });
    Fault::Reply(&PUBLISHED)
}

/// How the requests of SNS begin.
const FORM: &str = "Action=";

/// A header tells it; SNS, which speaks an older protocol, has it in the body.
fn operation<'a>(request: &'a HttpRequest, body: &'a str) -> &'a str {
    match request.headers().get("x-amz-target") {
        Some(target) => target.rsplit('.').next().unwrap_or_default(),
        None => body.strip_prefix(FORM).and_then(|rest| rest.split('&').next()).unwrap_or_default(),
    }
}

fn refusal(status: u16, code: &str) -> HttpResponse {
    let body = serde_json::json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "injected by the test",
    });
    reply(status, body.to_string())
}

/// As DynamoDB reports a cancelled transaction, with a reason for each item.
fn cancelled(reason: &str) -> HttpResponse {
    let body = serde_json::json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!("Transaction cancelled for specific reasons [None, {reason}]: injected by the test"),
        "CancellationReasons": [{ "Code": "None" }, { "Code": reason, "Message": "injected by the test" }],
    });
    reply(400, body.to_string())
}

/// As SNS says it.
fn refusal_in_xml(status: u16, code: &str) -> HttpResponse {
    let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>injected by the test</Message>");
    let mut answer = reply(status, format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"));
    answer.headers_mut().insert("content-type", "text/xml");
    answer
}

fn reply(status: u16, body: String) -> HttpResponse {
    let mut answer = HttpResponse::new(status.try_into().expect("a status code"), SdkBody::from(body));
    answer.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    answer
}
