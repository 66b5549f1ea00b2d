//! Metrics for CloudWatch, as lines of the function's log, which CloudWatch reads (Amazon CloudWatch User Guide, "Specification:
//! Embedded metric format"). This needs no right and no request.

use std::io::Write;

use cqrs_core::Timestamp;
use serde_json::{Value, json};

use crate::names::metric::{DEAD_LETTERS, FUNCTION, NAMESPACE};

/// Reports how many dead letters there are; does nothing outside Lambda.
pub(super) fn tell_dead_letters(count: u64) {
    if let Ok(function) = std::env::var("AWS_LAMBDA_FUNCTION_NAME") {
        let line = dead_letters(&function, count, Timestamp::now());
        // Outside Lambda, CloudWatch does not read the log.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

fn dead_letters(function: &str, count: u64, now: Timestamp) -> Value {
    json!({
        "_aws": {
            "Timestamp": now.unix_millis(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [[FUNCTION]],
                "Metrics": [{ "Name": DEAD_LETTERS, "Unit": "Count" }],
            }],
        },
        FUNCTION: function,
        DEAD_LETTERS: count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_each_metric_and_dimension_that_it_declares() {
        let line = dead_letters("shop-projections", 3, Timestamp::from_unix_millis(1_000));
        let declared = &line["_aws"]["CloudWatchMetrics"][0];
        let metric = declared["Metrics"][0]["Name"].as_str().unwrap();
        let dimension = declared["Dimensions"][0][0].as_str().unwrap();
        assert_eq!((&line[metric], &line[dimension]), (&json!(3), &json!("shop-projections")));
        assert_eq!(line["_aws"]["Timestamp"], 1_000);
    }
}
