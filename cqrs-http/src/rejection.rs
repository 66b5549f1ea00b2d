use std::convert::Infallible;
use std::fmt::{Debug, Display};

use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::Problem;

/// How a client sees a rejection: implement it for the error type of a `#[command]` method.
///
/// The text of the rejection becomes the detail of a [`Problem`]. All methods have defaults, so one line is enough:
/// `impl Rejection for AccountError {}`. This line declares that these texts are meant for clients.
///
/// ```
/// use cqrs_http::{Rejection, StatusCode};
/// use serde_json::{Map, Value};
///
/// #[derive(Debug, thiserror::Error)]
/// pub enum AccountError {
///     #[error("there is no such account")]
///     NotOpen,
///     #[error("only {balance} cents are left")]
///     TooLittle { balance: u64 },
/// }
///
/// impl Rejection for AccountError {
///     fn kind(&self) -> &'static str {
///         match self {
///             Self::NotOpen => "not-open",
///             Self::TooLittle { .. } => "too-little",
///         }
///     }
///
///     fn status(&self) -> StatusCode {
///         match self {
///             Self::NotOpen => StatusCode::NOT_FOUND,
///             Self::TooLittle { .. } => StatusCode::CONFLICT,
///         }
///     }
///
///     fn members(&self, members: &mut Map<String, Value>) {
///         if let Self::TooLittle { balance } = self {
///             members.insert("balance".into(), (*balance).into());
///         }
///     }
/// }
/// ```
///
/// A withdrawal of too much is then answered with
///
/// ```json
/// {"type": "/problems/too-little", "title": "Too little", "status": 409, "detail": "only 300 cents are left", "balance": 300}
/// ```
#[diagnostic::on_unimplemented(
    message = "nothing says what a client sees of the rejection `{Self}`",
    label = "this command can be rejected with `{Self}`, which is not a `Rejection`",
    note = "write `impl cqrs_http::Rejection for {Self} {{}}`: its text is then sent to clients; `kind` gives each case a type of its own"
)]
pub trait Rejection: Debug + Display {
    /// The type of the problem: a word such as `too-little`, which stays the same when the text is changed. Clients
    /// distinguish rejections by it.
    fn kind(&self) -> &'static str {
        "rejected"
    }

    /// The status of the answer. A status below 400, or 500 and above, is answered as 409: a rejection is not a fault
    /// of the server.
    fn status(&self) -> StatusCode {
        StatusCode::CONFLICT
    }

    /// Further members of the problem, for programs: how much is left, what would have been allowed.
    fn members(&self, members: &mut Map<String, Value>) {
        let _ = members;
    }
}

impl Rejection for String {}
impl Rejection for &'static str {}
impl Rejection for Infallible {}

pub(crate) fn problem<R: Rejection>(rejection: &R) -> Problem {
    let status = rejection.status();
    let status = if status.is_client_error() { status } else { StatusCode::CONFLICT };
    let mut members = Map::new();
    rejection.members(&mut members);
    let problem = Problem::new(status).of_type(rejection.kind()).detail(rejection.to_string());
    members.into_iter().fold(problem, |problem, (name, value)| problem.member(name, value))
}
