use cqrs_core::Tenant;

use crate::Problem;

/// The sender of a request. Your extractor, an axum [`FromRequestParts`](axum::extract::FromRequestParts), implements
/// it.
///
/// All data that a request reads or writes belongs to [`tenant`](Self::tenant): neither path, query, headers nor body
/// can name another one. So the extractor is the only place that grants access to a tenant, and there is no
/// [`Api`](crate::Api) without it.
///
/// An extractor that takes cookies needs its own guard against forged requests from other sites: a token that such a
/// site cannot know, or a check of the `Origin` header. A browser sends cookies with those requests, too, and a command
/// without fields needs no body. A token in `Authorization` needs no such guard.
///
/// Answers to reads have `Vary: Authorization, Cookie`. If your extractor uses another header, add it to `Vary` in a
/// layer.
///
/// ```
/// use axum::extract::FromRequestParts;
/// use axum::http::{header, request::Parts};
/// use cqrs_core::Tenant;
/// use cqrs_http::{Caller, Problem};
///
/// struct Teller {
///     tenant: Tenant,
///     user: String,
/// }
///
/// impl<S: Sync> FromRequestParts<S> for Teller {
///     type Rejection = Problem;
///
///     async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
///         let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
///         let token = header.and_then(|value| value.strip_prefix("Bearer "));
///         let (tenant, user) = token.and_then(verified).ok_or_else(|| Problem::unauthorized("no valid token"))?;
///         Ok(Self { tenant, user })
///     }
/// }
///
/// impl Caller for Teller {
///     fn tenant(&self) -> &Tenant {
///         &self.tenant
///     }
///
///     fn user(&self) -> Option<&str> {
///         Some(&self.user)
///     }
/// }
/// # fn verified(_: &str) -> Option<(Tenant, String)> { None }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which tenant a request is for",
    label = "an API needs an extractor that is a `Caller`",
    note = "write `impl cqrs_http::Caller for {Self}`, and `impl<S: Sync> FromRequestParts<S> for {Self}` beside it"
)]
pub trait Caller: Send + Sync + 'static {
    /// The tenant whose data the request is about.
    fn tenant(&self) -> &Tenant;

    /// The user: [`Metadata::created_by`](cqrs_core::Metadata::created_by) of the commits. An empty text means no user.
    fn user(&self) -> Option<&str>;

    /// Whether the caller may do this. By default, everything that is listed is allowed.
    ///
    /// # Errors
    /// The answer to the caller, usually [`Problem::forbidden`].
    fn allow(&self, access: &Access<'_>) -> Result<(), Problem> {
        let _ = access;
        Ok(())
    }
}

/// What a caller is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access<'a> {
    /// What kind of request it is.
    pub kind: AccessKind,
    /// The name of the command, the projection or the aggregate: `Deposit`.
    pub name: &'static str,
    /// The id of the stream or the view as its key renders it, its fields joined by `#` as in
    /// [`AggregateKey::id`](cqrs_core::AggregateKey::id); `None` for a query.
    pub id: Option<&'a str>,
}

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessKind {
    /// Executes a command.
    Command,
    /// Reads a view.
    View,
    /// Lists views.
    Query,
    /// Reads the events of a stream.
    History,
    /// Reads the OpenAPI document.
    Document,
}
