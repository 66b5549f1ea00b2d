use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

use dynoxide::DynoxideError;
use serde_json::Value;

/// How long DynamoDB recognises a token (Amazon DynamoDB API Reference, "TransactWriteItems").
const RECOGNISED: Duration = Duration::from_secs(600);

/// The most tokens that are remembered: a retry follows its first attempt within seconds.
const REMEMBERED: usize = 10_000;

/// The answers of recent transactions, by their client request tokens: a transaction whose answer was lost is not executed again.
#[derive(Default)]
pub(super) struct Tokens {
    answers: HashMap<String, Answer>,
    oldest_first: VecDeque<(Instant, String)>,
}

struct Answer {
    digest: u64,
    body: String,
}

/// The transaction that a token identifies.
pub(super) struct Transaction {
    token: String,
    digest: u64,
}

impl Transaction {
    /// `None` if the request has no token.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        let request: Value = serde_json::from_slice(body).ok()?;
        let token = request.get("ClientRequestToken")?.as_str()?.to_owned();
        let mut hasher = DefaultHasher::new();
        request.get("TransactItems").hash(&mut hasher);
        Some(Self { token, digest: hasher.finish() })
    }
}

impl Tokens {
    /// The answer to the same transaction; an error if the token belongs to another one.
    pub(super) fn find(&mut self, transaction: &Transaction) -> Result<Option<String>, DynoxideError> {
        let now = Instant::now();
        while let Some((since, token)) = self.oldest_first.front() {
            if now.duration_since(*since) < RECOGNISED && self.oldest_first.len() <= REMEMBERED {
                break;
            }
            self.answers.remove(token);
            self.oldest_first.pop_front();
        }
        match self.answers.get(&transaction.token) {
            Some(answer) if answer.digest == transaction.digest => Ok(Some(answer.body.clone())),
            Some(_) => Err(DynoxideError::IdempotentParameterMismatchException(
                "the client request token was used for another transaction".to_owned(),
            )),
            None => Ok(None),
        }
    }

    pub(super) fn keep(&mut self, transaction: Transaction, body: String) {
        let Transaction { token, digest } = transaction;
        self.oldest_first.push_back((Instant::now(), token.clone()));
        self.answers.insert(token, Answer { digest, body });
    }
}
