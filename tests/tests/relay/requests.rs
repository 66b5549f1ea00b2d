//! Faults at the HTTP client of SNS: whole requests, and single entries of them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;
use tokio::sync::Notify;

/// The fate of a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Through,
    /// The connection is reset before the request arrives.
    Reset,
    /// The request arrives, and its answer does not.
    Lost,
    /// The request arrives when the test says so.
    Held(Arc<Notify>),
    /// This status and code, and nothing arrives.
    Error(u16, &'static str),
    /// The entries at these places do not arrive, and the answer says so with this code. `true`: by the sender's
    /// fault.
    Refused(&'static [usize], &'static str, bool),
    /// The entries at these places do not arrive, and the answer does not say so.
    Forgotten(&'static [usize]),
    /// Nothing arrives, but the answer says that all of it did: for requests that no emulator accepts.
    Taken,
}

/// One `PublishBatch` on its way.
#[derive(Debug, Clone)]
pub(crate) struct Publish {
    /// How many went before it.
    pub(crate) number: usize,
    /// The sort keys of its commits.
    pub(crate) sks: Vec<String>,
    /// The bodies, as they are sent.
    pub(crate) bodies: Vec<String>,
}

type Plan = dyn Fn(&Publish) -> Answer + Send + Sync;

/// The HTTP client of a publisher. Clones share what they saw.
#[derive(Clone)]
pub(crate) struct Requests {
    behind: SharedHttpClient,
    plan: Arc<Plan>,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// What becomes of questions to the topic, and how many there were.
    asked: Arc<Mutex<(Answer, usize)>>,
}

#[derive(Debug, Clone)]
struct Seen {
    sent: Vec<String>,
    arrived: Vec<String>,
}

impl Requests {
    pub(crate) fn new(
        behind: SharedHttpClient,
        plan: impl Fn(&Publish) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new((Answer::Through, 0)));
        Self { behind, plan: Arc::new(plan), seen: Arc::default(), asked }
    }

    /// What becomes of questions to the topic from now on.
    pub(crate) fn answer_questions(&self, answer: Answer) {
        self.asked.lock().unwrap().0 = answer;
    }

    /// How many questions to the topic were sent.
    pub(crate) fn questions(&self) -> usize {
        self.asked.lock().unwrap().1
    }

    /// How many requests were sent.
    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// The sort keys of all commits that arrived, as often as they did.
    pub(crate) fn arrived(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().flat_map(|seen| seen.arrived.clone()).collect()
    }

    /// Fails if something of a stream, `ACCOUNT#1` for example, was sent before everything ahead of it had arrived or
    /// was in the same request; and unless everything up to `last` has arrived.
    pub(crate) fn check(&self, streams: &[&str], last: u64, context: &str) {
        let seen = self.seen.lock().unwrap();
        let version = |sk: &String, stream: &str| -> Option<u64> {
            sk.strip_prefix(stream)?.strip_prefix('@').map(|version| version.parse().unwrap())
        };
        for stream in streams {
            let mut arrived = BTreeSet::new();
            for Seen { sent, arrived: here } in &*seen {
                let sent: BTreeSet<u64> = sent.iter().filter_map(|sk| version(sk, stream)).collect();
                for late in 1..sent.last().copied().unwrap_or(0) {
                    let there = arrived.contains(&late) || sent.contains(&late);
                    assert!(there, "{context}: {stream}: {sent:?} is sent, and {late} has not arrived");
                }
                arrived.extend(here.iter().filter_map(|sk| version(sk, stream)));
            }
            assert!(arrived.iter().copied().eq(1..=last), "{context}: {stream}: {arrived:?}");
        }
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Requests({})", self.count())
    }
}

impl HttpClient for Requests {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let behind = self.behind.http_connector(settings, components);
        SharedHttpConnector::new(Connector { requests: self.clone(), behind })
    }
}

#[derive(Debug)]
struct Connector {
    requests: Requests,
    behind: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let form = Form::parse(request.body().bytes().unwrap_or_default());
        if !form.is_publish() {
            let mut asked = self.requests.asked.lock().unwrap();
            asked.1 += 1;
            return match &asked.0 {
                Answer::Error(status, code) => HttpConnectorFuture::ready(Ok(error(*status, code))),
                Answer::Reset => HttpConnectorFuture::ready(Err(reset())),
                _ => self.behind.call(request),
            };
        }
        let sks = form.sks();
        let number = {
            let mut seen = self.requests.seen.lock().unwrap();
            seen.push(Seen { sent: sks.clone(), arrived: Vec::new() });
            seen.len() - 1
        };
        let bodies = form.of("Message").collect();
        let answer = (self.requests.plan)(&Publish { number, sks: sks.clone(), bodies });
        let (seen, behind) = (Arc::clone(&self.requests.seen), self.behind.clone());
        HttpConnectorFuture::new(async move {
            let missing = match &answer {
                Answer::Refused(missing, _, _) | Answer::Forgotten(missing) => *missing,
                _ => &[],
            };
            match &answer {
                Answer::Reset => return Err(reset()),
                Answer::Error(status, code) => return Ok(error(*status, code)),
                Answer::Taken => {
                    let taken = |id| format!("<member><Id>{id}</Id><MessageId>{id}</MessageId></member>");
                    let taken: String = form.of("Id").map(taken).collect();
                    let taken =
                        format!("<PublishBatchResult><Successful>{taken}</Successful></PublishBatchResult>");
                    return Ok(reply(200, format!("<PublishBatchResponse>{taken}</PublishBatchResponse>")));
                }
                Answer::Held(go) => go.notified().await,
                _ => {}
            }
            if !missing.is_empty() {
                let body = form.without(missing);
                request.headers_mut().insert("content-length", body.len().to_string());
                *request.body_mut() = SdkBody::from(body);
            }
            let ids: Vec<String> = missing.iter().map(|place| form.id(*place)).collect();
            let mut text = String::from(
                "<PublishBatchResponse><PublishBatchResult><Failed/></PublishBatchResult>\
                                         </PublishBatchResponse>",
            );
            if sks.len() > missing.len() {
                let through = behind.call(request).await?;
                if through.status().as_u16() != 200 {
                    return Ok(through);
                }
                let body = ByteStream::new(through.into_body()).collect().await;
                let body = body.map_err(|error| ConnectorError::other(error.into(), None))?;
                text = String::from_utf8(body.to_vec()).unwrap();
            }
            let arrived = sks.into_iter().enumerate().filter(|(place, _)| !missing.contains(place));
            seen.lock().unwrap()[number].arrived = arrived.map(|(_, sk)| sk).collect();
            match answer {
                Answer::Lost => Err(reset()),
                Answer::Refused(_, code, sender) => {
                    let failed: String = ids
                        .iter()
                        .map(|id| {
                            format!(
                                "<member><Id>{id}</Id><Code>{code}</Code><Message>injected by the test</Message>\
                                 <SenderFault>{sender}</SenderFault></member>"
                            )
                        })
                        .collect();
                    Ok(reply(200, text.replace("<Failed/>", &format!("<Failed>{failed}</Failed>"))))
                }
                _ => Ok(reply(200, text)),
            }
        })
    }
}

/// The body of a request in the protocol that SNS speaks.
struct Form(Vec<(String, String)>);

impl Form {
    fn parse(body: &[u8]) -> Self {
        let body = std::str::from_utf8(body).unwrap();
        let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The place of the entry that a name belongs to, and the rest of the name.
    fn entry(name: &str) -> Option<(usize, &str)> {
        let (number, rest) = name.strip_prefix("PublishBatchRequestEntries.member.")?.split_once('.')?;
        Some((number.parse::<usize>().ok()? - 1, rest))
    }

    fn of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = String> + 'a {
        let values =
            self.0.iter().filter(move |(name, _)| Self::entry(name).is_some_and(|(_, rest)| rest == field));
        values.map(|(_, value)| decode(value))
    }

    fn is_publish(&self) -> bool {
        self.0.contains(&("Action".to_owned(), "PublishBatch".to_owned()))
    }

    fn id(&self, place: usize) -> String {
        self.of("Id").nth(place).unwrap()
    }

    fn sks(&self) -> Vec<String> {
        let records = self.of("Message").map(|text| serde_json::from_str::<Value>(&text).unwrap());
        records.map(|record| record["sk"].as_str().unwrap().to_owned()).collect()
    }

    /// The same form without some entries; the others move up.
    fn without(&self, missing: &[usize]) -> String {
        let mut pairs = Vec::new();
        for (name, value) in &self.0 {
            match Self::entry(name) {
                Some((place, _)) if missing.contains(&place) => {}
                Some((place, rest)) => {
                    let moved = place - missing.iter().filter(|other| **other < place).count() + 1;
                    pairs.push(format!("PublishBatchRequestEntries.member.{moved}.{rest}={value}"));
                }
                None => pairs.push(format!("{name}={value}")),
            }
        }
        pairs.join("&")
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn reset() -> ConnectorError {
    ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())
}

fn error(status: u16, code: &str) -> HttpResponse {
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    let error = format!("<Type>{kind}</Type><Code>{code}</Code><Message>injected by the test</Message>");
    reply(status, format!("<ErrorResponse><Error>{error}</Error><RequestId>1</RequestId></ErrorResponse>"))
}

fn reply(status: u16, body: String) -> HttpResponse {
    let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
    answer.headers_mut().insert("content-type", "text/xml");
    answer
}
