use std::error::Error;

/// The text of an error with all its causes. A cause that the text already contains is left out, because many errors
/// include their causes.
///
/// Every error of ours includes its causes in its own text and has no `source()`, so that code which prints a chain
/// does not print them twice. This function is for the errors of other crates at the end of the chain.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Outer {
        text: &'static str,
        source: io::Error,
    }

    #[test]
    fn a_cause_is_told_once() {
        let outer = |text| Outer { text, source: io::Error::other("the pipe is broken") };
        assert_eq!(chain(&outer("not sent")), "not sent: the pipe is broken");
        assert_eq!(chain(&outer("not sent: the pipe is broken")), "not sent: the pipe is broken");
    }
}
