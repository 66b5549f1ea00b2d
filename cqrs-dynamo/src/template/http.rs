//! How HTTP reaches the function for commands.

use serde_json::{Value, json};

use super::intrinsic::{attribute, output};
use crate::names::logical::{COMMANDS, HTTP, IMPLICIT_API, function_url};

/// How the function for commands is reached by HTTP: see [`Template::http`](super::Template::http).
///
/// In either case, anybody can send requests to it, and the extractor of the API decides whose requests are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Http {
    /// By an HTTP API of API Gateway, with one route for everything. It supports domain names, authorizers and limits
    /// of requests per second. It is paid by the request, and waits at most 30 seconds for an answer.
    ///
    /// It decodes the path of a request before the function gets it. An id with a `/` or a `?` cannot be recovered from such
    /// a path. Use [`FunctionUrl`](Self::FunctionUrl) if your ids have these characters.
    Api,
    /// By a URL of the function itself, which costs nothing extra.
    FunctionUrl,
}

impl Http {
    /// Lets the function be called.
    pub(super) fn add_to(self, function: &mut Value) {
        let properties = &mut function["Properties"];
        match self {
            // Without path and method, it is the route for every request that no other route takes.
            Self::Api => properties["Events"] = json!({ HTTP: { "Type": "HttpApi" } }),
            Self::FunctionUrl => properties["FunctionUrlConfig"] = json!({ "AuthType": "NONE" }),
        }
    }

    /// How many resources SAM makes from it: the API, its stage and a right; or the URL and two rights.
    pub(super) fn resources(self) -> usize {
        3
    }

    pub(super) fn output(self) -> (String, Value) {
        let url = match self {
            Self::Api => {
                json!({ "Fn::Sub": format!("https://${{{IMPLICIT_API}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/") })
            }
            Self::FunctionUrl => attribute(&function_url(COMMANDS), "FunctionUrl"),
        };
        output("HttpUrl", "Where the HTTP API is".to_owned(), url)
    }
}
