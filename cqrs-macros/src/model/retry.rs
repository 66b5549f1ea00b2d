use super::duration::{SPAN, millis};
use crate::attr::{Number, RetryArg, Text};
use crate::diagnostics::Diagnostics;

/// Behind SQS, a message that was received more often than this comes back only once an hour, and after 1,000 receives
/// never.
const MOST_ATTEMPTS: u32 = 400;

/// SQS keeps a message for 14 days at most (Amazon SQS Developer Guide, "Amazon SQS message quotas"). The message may
/// already have waited for a store or for a newer program, so the waits between the attempts may take half of that
/// time.
const MOST_DAYS: u64 = 7;
const MILLIS_OF_A_DAY: u64 = 24 * 3_600_000;

/// How a handler is retried, as far as it has its own settings. The waits are in milliseconds.
pub(crate) struct Retry {
    pub(crate) attempts: Option<u32>,
    pub(crate) base: Option<u64>,
    pub(crate) cap: Option<u64>,
}

impl Retry {
    pub(crate) fn read(arg: &RetryArg, diagnostics: &mut Diagnostics) -> Self {
        let attempts = arg.attempts.as_ref().and_then(|number| attempts(number, diagnostics));
        let base = wait("base", "the longest wait before the second attempt", arg.base.as_ref(), diagnostics);
        let cap = wait("cap", "the longest wait of all", arg.cap.as_ref(), diagnostics);
        if let (Some(base), Some(cap), Some(text)) = (base, cap, &arg.base)
            && base > cap
        {
            diagnostics.at(
                &text.0,
                "`base` is longer than `cap`: the waits begin with `base`, double, and end at `cap`",
            );
        }
        // Without a cap, the longest wait is at least the base.
        let longest = cap.zip(arg.cap.as_ref()).map(|(millis, text)| ("cap", millis, text));
        let longest = longest.or_else(|| {
            let base = base.filter(|_| arg.cap.is_none()).zip(arg.base.as_ref());
            base.map(|(millis, text)| ("base", millis, text))
        });
        if let (Some(attempts), Some((name, millis, text))) = (attempts, longest)
            && u64::from(attempts.saturating_sub(1)).saturating_mul(millis) > MOST_DAYS * MILLIS_OF_A_DAY
        {
            diagnostics.at(
                &text.0,
                format!("{attempts} attempts with waits of up to `{name}` may take more than {MOST_DAYS} days, and SQS deletes a message that is older than 14: lower `attempts` or `{name}`"),
            );
        }
        Self { attempts, base, cap }
    }
}

fn attempts(number: &Number, diagnostics: &mut Diagnostics) -> Option<u32> {
    let attempts = number.0.base10_parse().ok().filter(|attempts| (1..=MOST_ATTEMPTS).contains(attempts));
    if attempts.is_none() {
        diagnostics.at(
            &number.0,
            format!("`attempts` is how often the handler is tried for one event, the first time included: 1 to {MOST_ATTEMPTS}"),
        );
    }
    attempts
}

fn wait(name: &str, what: &str, text: Option<&Text>, diagnostics: &mut Diagnostics) -> Option<u64> {
    let text = text?;
    let millis = millis(text);
    if millis.is_none() {
        diagnostics.at(&text.0, format!("`{name}` is {what}: {SPAN}, such as `{name} = \"30s\"`"));
    }
    millis
}
