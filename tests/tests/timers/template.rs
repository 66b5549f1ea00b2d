//! The template of a program with timers.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cqrs_core::app::Wiring;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::template::{Capacity, Template, TemplateFault};
use cqrs_tests::bank::{Withdrawn, account, deposit};
use serde_json::{Value, json};

/// It may execute commands, and schedule some.
#[event_handler(Withdrawn)]
async fn audit(_: &Withdrawn, app: &App) -> Result<(), HandlerError> {
    app.execute(&account("fees"), deposit(1)).await?;
    Ok(())
}

fn wiring() -> Wiring {
    let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build().unwrap();
    app.wiring().clone()
}

fn template() -> Template {
    Template::of(&wiring()).prefix("bank-")
}

fn resources(template: &Template) -> Value {
    template.render().unwrap()["Resources"].take()
}

/// What a role may do with a table.
fn allowed(resources: &Value, role: &str, table: &str) -> BTreeSet<String> {
    let statements = resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].as_array();
    let of_table = statements.unwrap().iter().filter(|statement| {
        statement["Effect"] == "Allow" && statement["Resource"] == json!({ "Fn::GetAtt": [table, "Arn"] })
    });
    let actions = of_table.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().trim_start_matches("dynamodb:").to_owned()).collect()
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

#[test]
fn the_table_is_protected_as_the_commits_are() {
    let template = template();
    let resources = resources(&template);
    let (timers, events) = (&resources["TimersTable"], &resources["EventsTable"]);
    assert_eq!(timers["Properties"]["TableName"], "bank-timers");
    for part in ["Type", "DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(timers[part], events[part], "{part}");
    }
    for part in ["KeySchema", "BillingMode", "DeletionProtectionEnabled", "PointInTimeRecoverySpecification"]
    {
        assert_eq!(timers["Properties"][part], events["Properties"][part], "{part}");
    }
    assert_eq!(timers["Properties"].get("StreamSpecification"), None);
    let outputs = template.render().unwrap()["Outputs"].take();
    assert_eq!(outputs["TimersTableName"]["Value"], json!({ "Ref": "TimersTable" }));
    assert_eq!(outputs["TimersFunctionArn"]["Value"], json!({ "Fn::GetAtt": ["TimersFunction", "Arn"] }));
}

#[test]
fn a_function_is_called_each_minute_and_its_calls_do_not_pile_up() {
    let resources = resources(&template().timers("bank-timers"));
    let function = &resources["TimersFunction"]["Properties"];
    assert_eq!(function["CodeUri"], "target/lambda/bank-timers/");
    let every = json!({ "Minute": { "Type": "Schedule", "Properties": { "Schedule": "rate(1 minute)" } } });
    assert_eq!(function["Events"], every);
    assert_eq!(
        function["EventInvokeConfig"],
        json!({ "MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0 })
    );
    assert_eq!(function["Timeout"], 60);
    assert_eq!(function["Role"], json!({ "Fn::GetAtt": ["TimersFunctionRole", "Arn"] }));
}

#[test]
fn who_sweeps_finds_and_fires_and_who_commands_sets() {
    let resources = resources(&template());
    let of = |role: &str, table: &str| allowed(&resources, role, table);
    let append = set(&["ConditionCheckItem", "GetItem", "PutItem", "Query"]);
    assert_eq!(of("TimersFunctionRole", "TimersTable"), set(&["DeleteItem", "PutItem", "Query"]));
    assert_eq!(of("TimersFunctionRole", "EventsTable"), append);
    assert_eq!(of("TimersFunctionRole", "SnapshotsTable"), set(&["GetItem", "PutItem"]));
    assert_eq!(of("TimersFunctionRole", "DeliveryTable"), set(&["PutItem", "Query"]));
    assert_eq!(of("TimersFunctionRole", "ViewsTable"), set(&[]));
    let roles = resources.as_object().unwrap().iter().filter(|(_, it)| it["Type"] == "AWS::IAM::Role");
    let mut setting = BTreeSet::new();
    for (role, _) in roles {
        let actions = of(role, "TimersTable");
        if role != "TimersFunctionRole" && !actions.is_empty() {
            assert_eq!(actions, set(&["DeleteItem", "PutItem"]), "{role}");
            setting.insert(role.clone());
        }
    }
    assert_eq!(setting, set(&["CommandsFunctionRole", "auditSubscriberRole"]));
}

/// No function writes an event, or schedules a command, that others do not know yet.
#[test]
fn it_comes_after_the_subscribers_and_before_the_commands() {
    let resources = resources(&template());
    let after = |id: &str| -> BTreeSet<String> {
        serde_json::from_value(resources[id]["DependsOn"].clone()).unwrap()
    };
    let (timers, commands) = (after("TimersFunction"), after("CommandsFunction"));
    assert!(timers.contains("auditSubscriberMessages") && timers.contains("auditSubscription"));
    let added: Vec<_> = commands.difference(&timers).collect();
    assert_eq!(added, ["TimersFunction"]);
    assert!(timers.is_subset(&commands));
}

#[test]
fn an_alarm_tells_when_most_sweeps_come_to_nothing() {
    for (lag, period, threshold) in [(1, 60, 0), (61, 120, 1), (300, 300, 2), (86_400, 86_400, 720)] {
        let resources = resources(&template().max_lag(Duration::from_secs(lag)));
        let alarm = &resources["TimersAlarm"]["Properties"];
        assert_eq!(
            (&alarm["Namespace"], &alarm["MetricName"]),
            (&json!("AWS/Lambda"), &json!("AsyncEventsDropped"))
        );
        let function = json!([{ "Name": "FunctionName", "Value": { "Ref": "TimersFunction" } }]);
        assert_eq!((&alarm["Dimensions"], &alarm["Statistic"]), (&function, &json!("Sum")));
        assert_eq!((&alarm["Period"], &alarm["Threshold"]), (&json!(period), &json!(threshold)), "{lag}");
    }
}

#[test]
fn an_alarm_tells_of_commands_and_instances_that_are_dead_letters() {
    let resources = resources(&template());
    let alarm = &resources["TimersLettersAlarm"]["Properties"];
    assert_eq!((&alarm["Namespace"], &alarm["MetricName"]), (&json!("Foldline"), &json!("DeadLetters")));
    let function = json!([{ "Name": "FunctionName", "Value": { "Ref": "TimersFunction" } }]);
    assert_eq!((&alarm["Dimensions"], &alarm["Threshold"]), (&function, &json!(0)));
}

/// The rule, its right to call the function, and the settings of its calls are made by SAM.
#[test]
fn its_parts_count_among_those_of_a_stack() {
    let one = wiring().subscribers.remove(0);
    let rendered = |queues: usize| {
        let subscribers = (0..queues).map(|number| {
            let mut subscriber = one.clone();
            subscriber.queue = Box::leak(format!("queue{number}").into_boxed_str());
            subscriber
        });
        Template::of(&Wiring { subscribers: subscribers.collect(), ..Wiring::default() }).render()
    };
    let own = |queues| rendered(queues).unwrap()["Resources"].as_object().unwrap().len();
    let each = own(2) - own(1);
    let faults = rendered(60).unwrap_err().faults;
    let [TemplateFault::Resources { queues: 60, resources }] = faults[..] else { panic!("{faults:?}") };
    // Each queue has an event source, and so has the relay.
    assert_eq!(resources, own(1) + 59 * each + 60 + 1 + 3);
}

#[test]
fn the_linter_finds_nothing() {
    let capacity = Capacity { reads: 1..=10, writes: 1..=10 };
    let templates = [template(), template().fifo(true), template().provisioned_tables(capacity)];
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for template in templates {
        let file = folder.path().join(format!("{}.json", files.len()));
        std::fs::write(&file, template.to_json().unwrap()).unwrap();
        files.push(file);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/cfn-lint");
    let linted = Command::new(&script).args(["--include-checks", "I", "--"]).args(files).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(linted.status.success(), "{}{}", text(&linted.stdout), text(&linted.stderr));
}
