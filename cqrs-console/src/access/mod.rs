//! Access: which requests are answered.

mod guard;
mod headers;
mod origin;
mod secret;

pub(crate) use guard::guard;
pub(crate) use headers::secure;
pub(crate) use secret::Secret;

use std::fmt;
use std::net::SocketAddr;

/// What a request must have.
pub(crate) struct Access {
    /// The allowed values of `Host`. The first one is for the URL that is printed.
    authorities: Vec<String>,
    /// Whether there may be TLS in front of it.
    is_exposed: bool,
    /// The name of the cookie, with the port, so that two consoles in one browser do not log each other out.
    cookie: String,
    token: Secret,
    session: Secret,
}

impl Access {
    pub(crate) fn new(
        address: SocketAddr,
        exposed_as: Option<String>,
        token: Secret,
        session: Secret,
    ) -> Self {
        let port = address.port();
        let mut authorities = Vec::new();
        let is_exposed = exposed_as.is_some();
        authorities.extend(exposed_as.map(|authority| authority.to_ascii_lowercase()));
        if address.ip().is_loopback() {
            authorities.push(address.to_string());
        }
        authorities.extend(["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}")));
        if port == 80 {
            authorities.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
        }
        Self { authorities, is_exposed, cookie: format!("foldline-console-{port}"), token, session }
    }

    /// The address for the browser.
    pub(crate) fn url(&self) -> String {
        let authority = self.authorities.first().map_or("", String::as_str);
        format!("http://{authority}/?token={}", self.token.text())
    }

    /// The cookie for the browser.
    fn set_cookie(&self) -> String {
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie, self.session.text())
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("authorities", &self.authorities).finish_non_exhaustive()
    }
}
