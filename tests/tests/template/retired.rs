//! Queues that leave the stack, or stay in it although nothing reads them any more.

use cqrs_dynamo::template::TemplateFault;
use serde_json::json;

use crate::{PREFIX, QUEUES, of_type, resources, template};

#[test]
fn no_deployment_deletes_what_waits_in_a_queue() {
    let all = resources(&template());
    for (_, id, _) in QUEUES {
        for part in ["Queue", "DeadLetters", "QueuePolicy", "DeadLettersPolicy"] {
            let resource = &all[&format!("{id}{part}")];
            // A deployment that fails removes what it has made: otherwise the next one would find the names taken.
            assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{id}{part}");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}{part}");
        }
    }
}

#[test]
fn a_retired_queue_keeps_its_place_and_is_read_by_nobody() {
    let template = template().retired("mailer", ["Opened"]).retired("clerk", []).retired("audit", []);
    let (all, live) = (resources(&template), resources(&crate::template()));
    // What is live stays as it is.
    for (id, resource) in &live {
        assert_eq!(all[id], *resource, "{id}");
    }
    let added: Vec<_> = all.keys().filter(|id| !live.contains_key(*id)).collect();
    let of =
        |queue: &str, parts: &[&str]| parts.iter().map(|part| format!("{queue}{part}")).collect::<Vec<_>>();
    let parts = ["DeadLetters", "DeadLettersAlarm", "DeadLettersPolicy", "Queue", "QueuePolicy"];
    let mut expected = of("clerk", &parts);
    expected.extend(of("mailer", &parts));
    expected.push("mailerSubscription".to_owned());
    assert_eq!(added, expected.iter().collect::<Vec<_>>());
    assert_eq!(all["mailerQueue"]["Properties"]["QueueName"], format!("{PREFIX}mailer"));
    assert_eq!(all["mailerSubscription"]["Properties"]["FilterPolicy"], json!({ "types": ["Opened"] }));
    assert_eq!(
        of_type("AWS::Serverless::Function", &all).len(),
        of_type("AWS::Serverless::Function", &live).len()
    );
}

#[test]
fn the_name_of_a_retired_queue_is_checked() {
    let error = template().retired("the clerk", []).render().unwrap_err();
    assert!(matches!(error.faults[..], [TemplateFault::Broker(_)]), "{error}");
}
