use std::borrow::Cow;

use axum::http::Uri;
use cqrs_core::app::Cursor;
use form_urlencoded::Serializer;

use crate::Problem;

/// No list has nearly this number of parameters, and each is compared with all others.
const MOST: usize = 64;

/// The parameters of a query string. Each is taken once. One that is never taken is an error, because a filter with a
/// mistake in its name would let everything through.
pub(crate) struct Parameters<'a> {
    all: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    left: Vec<usize>,
}

impl<'a> Parameters<'a> {
    pub(crate) fn of(uri: &'a Uri) -> Result<Self, Problem> {
        let parsed = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let all: Vec<_> = parsed.take(MOST + 1).collect();
        if all.len() > MOST {
            return Err(Problem::bad_request(
                "wrong-parameter",
                format!("a request has at most {MOST} parameters"),
            ));
        }
        for (at, (name, _)) in all.iter().enumerate() {
            if all.iter().take(at).any(|(other, _)| other == name) {
                return Err(wrong_parameter(name, "it is given twice"));
            }
        }
        let left = (0..all.len()).collect();
        Ok(Self { all, left })
    }

    /// The value of a parameter.
    pub(crate) fn take(&mut self, name: &str) -> Option<&str> {
        let at = self.all.iter().position(|(other, _)| other == name)?;
        self.left.retain(|left| *left != at);
        self.all.get(at).map(|(_, value)| &**value)
    }

    /// The number of items on a page.
    pub(crate) fn limit(&mut self, usual: u32, most: u32) -> Result<u32, Problem> {
        let Some(text) = self.take("limit") else { return Ok(usual.min(most)) };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| wrong_parameter("limit", &format!("it is a number from 1 to {most}")))
    }

    /// The cursor of a query.
    pub(crate) fn cursor(&mut self) -> Result<Option<Cursor>, Problem> {
        let parsed = self.take("after").map(str::parse::<Cursor>).transpose();
        parsed.map_err(|error| Problem::from(&error))
    }

    /// Fails if a parameter was not taken.
    pub(crate) fn end(&self, known: impl FnOnce() -> String) -> Result<(), Problem> {
        match self.left.first().and_then(|at| self.all.get(*at)) {
            None => Ok(()),
            Some((name, _)) => {
                Err(wrong_parameter(name, &format!("there is no such parameter here, only {}", known())))
            }
        }
    }

    /// The link to the next page. It is relative, so it is right in any nested router, and behind every proxy.
    pub(crate) fn next_link(&self, after: &str) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in self.all.iter().filter(|(name, _)| name != "after") {
            query.append_pair(name, value);
        }
        query.append_pair("after", after);
        format!("<?{}>; rel=\"next\"", query.finish())
    }
}

pub(crate) fn wrong_parameter(name: &str, reason: &str) -> Problem {
    Problem::bad_request("wrong-parameter", format!("`{name}`: {reason}"))
        .member("parameter", shortened(name))
}

fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}
