use darling::{Error, FromMeta};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Meta, Token};

use super::options::did_you_mean;
use super::value::{Number, Text};

const EXPECTED: &str = "`retry` says how often the handler is tried, and how long it waits in between: `retry(attempts = 5, base = \"1s\", cap = \"5m\")`, or a part of it";
const NAMES: [&str; 3] = ["attempts", "base", "cap"];

/// `retry(attempts = 5, base = "1s", cap = "5m")`.
#[derive(Clone, Default)]
pub(crate) struct RetryArg {
    pub(crate) attempts: Option<Number>,
    pub(crate) base: Option<Text>,
    pub(crate) cap: Option<Text>,
}

impl FromMeta for RetryArg {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        let expected = || Error::custom(EXPECTED);
        let Meta::List(list) = meta else { return Err(expected().with_span(meta)) };
        let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        let parts = parts.map_err(|error| expected().with_span(&error.span()))?;
        if parts.is_empty() {
            return Err(expected().with_span(meta));
        }
        let (mut read, mut errors) = (Self::default(), Error::accumulator());
        for part in &parts {
            errors.handle(read.take(part));
        }
        errors.finish_with(read)
    }
}

impl RetryArg {
    fn take(&mut self, part: &Meta) -> darling::Result<()> {
        let name = part.path().get_ident().map(|ident| ident.unraw().to_string()).unwrap_or_default();
        let is_repeated = match name.as_str() {
            "attempts" => self.attempts.replace(Number::from_meta(part)?).is_some(),
            "base" => self.base.replace(Text::from_meta(part)?).is_some(),
            "cap" => self.cap.replace(Text::from_meta(part)?).is_some(),
            _ => {
                let hint = did_you_mean(&name, NAMES);
                let message =
                    format!("unknown option `{name}`{hint} `retry` takes `attempts`, `base`, `cap`");
                return Err(Error::custom(message).with_span(part.path()));
            }
        };
        match is_repeated {
            true => Err(Error::custom(format!("`{name}` is given twice")).with_span(part.path())),
            false => Ok(()),
        }
    }
}
