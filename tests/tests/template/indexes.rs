//! The indexes of the views table: their number, and how a stack changes to another number of them, one per update.

use cqrs_core::app::Wiring;
use cqrs_dynamo::template::{Step, Template, TemplateFault, check_step, next_step};
use serde_json::{Value, json};

use crate::{PREFIX, lint_steps, resources, template, wiring};

/// The bank, with projections that declare these numbers of indexes.
fn declaring(statement: usize, wealth: usize) -> Wiring {
    let mut wiring = wiring();
    for subscriber in &mut wiring.subscribers {
        match subscriber.name {
            "Statement" => subscriber.indexes = statement,
            "Wealth" => subscriber.indexes = wealth,
            _ => {}
        }
    }
    wiring
}

fn of(count: usize) -> Value {
    Template::of(&declaring(count, 0)).prefix(PREFIX).render().unwrap()
}

fn table(template: &Value) -> &Value {
    &template["Resources"]["ViewsTable"]["Properties"]
}

pub(super) fn names(template: &Value) -> Vec<&str> {
    let indexes = table(template)["GlobalSecondaryIndexes"].as_array();
    indexes.into_iter().flatten().map(|index| index["IndexName"].as_str().unwrap()).collect()
}

/// The attributes of the table, and those of all its keys, which must be the same.
fn attributes_are_those_of_keys(template: &Value) {
    let table = table(template);
    let names = |list: &Value| -> Vec<String> {
        let list = list.as_array().into_iter().flatten();
        list.map(|part| part["AttributeName"].as_str().unwrap().to_owned()).collect()
    };
    let mut keys = names(&table["KeySchema"]);
    let indexes = table["GlobalSecondaryIndexes"].as_array();
    keys.extend(indexes.into_iter().flatten().flat_map(|index| names(&index["KeySchema"])));
    let mut defined = names(&table["AttributeDefinitions"]);
    keys.sort();
    keys.dedup();
    defined.sort();
    assert_eq!(defined, keys);
}

#[test]
fn the_table_has_as_many_as_the_projection_that_declares_most() {
    let rendered = Template::of(&declaring(1, 2)).render().unwrap();
    assert_eq!(names(&rendered), ["index1", "index2"]);
    attributes_are_those_of_keys(&rendered);
    let index = &table(&rendered)["GlobalSecondaryIndexes"][1];
    let expected = json!({
        "IndexName": "index2",
        "KeySchema": [
            { "AttributeName": "index2pk", "KeyType": "HASH" },
            { "AttributeName": "index2sk", "KeyType": "RANGE" },
        ],
        "Projection": { "ProjectionType": "ALL" },
    });
    assert_eq!(*index, expected);
    // If none is declared, there is no trace of them.
    assert!(!of(0).to_string().contains("ndex"));
    let faults = template().indexes(21).render().unwrap_err().faults;
    assert_eq!(faults, [TemplateFault::Range { setting: "indexes", value: 21, least: 0, most: 20 }]);
}

#[test]
fn the_template_before_and_the_one_after_differ_in_one_index() {
    let (before, after) = (of(1), of(2));
    let mut patched = after.clone();
    let indexes = patched["Resources"]["ViewsTable"]["Properties"]["GlobalSecondaryIndexes"].as_array_mut();
    assert_eq!(indexes.unwrap().pop().unwrap()["IndexName"], "index2");
    let attributes = patched["Resources"]["ViewsTable"]["Properties"]["AttributeDefinitions"].as_array_mut();
    attributes.unwrap().truncate(4);
    assert_eq!(patched, before);
    check_step(&before, &after).unwrap();
    check_step(&after, &before).unwrap();
    // The number can be held back by hand.
    assert_eq!(Template::of(&declaring(2, 0)).prefix(PREFIX).indexes(1).render().unwrap(), before);
}

#[test]
fn two_at_once_are_refused_with_a_way_out() {
    let error = check_step(&of(0), &of(2)).unwrap_err();
    let [TemplateFault::Steps { made, deleted }] = &*error.faults else { panic!("{error}") };
    assert_eq!((&**made, &**deleted), (&["index1".to_owned(), "index2".to_owned()][..], &[][..]));
    let said = error.to_string();
    for part in ["make `index1`, `index2`", "delete no index", "CloudFormation", "`template::next_step`"] {
        assert!(said.contains(part), "{said}");
    }
    check_step(&of(3), &of(1)).unwrap_err();
    // A stack that is new, or whose table is, makes all at once.
    let none = json!({ "Resources": { "Topic": {} } });
    check_step(&none, &of(5)).unwrap();
    assert_eq!(next_step(&none, &of(5)).unwrap().left, 0);
}

/// The templates of all steps, each of which CloudFormation takes.
pub(super) fn steps(deployed: &Value, wanted: &Value) -> Vec<Value> {
    let (mut deployed, mut steps) = (deployed.clone(), Vec::new());
    let mut expected = None;
    loop {
        let Step { template, left, .. } = next_step(&deployed, wanted).unwrap();
        assert!(expected.is_none_or(|expected| expected == left), "{left}, and not {expected:?}");
        check_step(&deployed, &template).unwrap();
        attributes_are_those_of_keys(&template);
        steps.push(template.clone());
        if left == 0 {
            assert_eq!(template, *wanted);
            return steps;
        }
        (deployed, expected) = (template, Some(left - 1));
    }
}

#[test]
fn several_indexes_come_one_after_another_under_the_program_that_runs() {
    let mut deployed = of(0);
    // It runs another version of the program.
    deployed["Resources"]["CommandsFunction"]["Properties"]["CodeUri"] = json!("s3://bucket/1");
    let steps = steps(&deployed, &of(3));
    assert_eq!(steps.iter().map(names).map(|names| names.len()).collect::<Vec<_>>(), [1, 2, 3]);
    for step in &steps[..2] {
        let mut rest = step.clone();
        rest["Resources"]["ViewsTable"] = deployed["Resources"]["ViewsTable"].clone();
        assert_eq!(rest, deployed, "nothing but the table changes");
    }
}

#[test]
fn several_indexes_go_one_after_another_when_the_new_program_runs() {
    let deployed = of(4);
    let mut wanted = of(1);
    wanted["Resources"]["CommandsFunction"]["Properties"]["CodeUri"] = json!("s3://bucket/2");
    let steps = steps(&deployed, &wanted);
    assert_eq!(steps.iter().map(names).map(|names| names.len()).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(
        steps
            .iter()
            .all(|step| step["Resources"]["CommandsFunction"] == wanted["Resources"]["CommandsFunction"])
    );
}

#[test]
fn an_index_that_changes_is_deleted_and_made_again() {
    let (mut deployed, wanted) = (of(2), of(2));
    deployed["Resources"]["ViewsTable"]["Properties"]["GlobalSecondaryIndexes"][0]["Projection"] =
        json!({ "ProjectionType": "KEYS_ONLY" });
    let steps = steps(&deployed, &wanted);
    assert_eq!(steps.iter().map(names).collect::<Vec<_>>(), [vec!["index2"], vec!["index1", "index2"]]);
    // With one that comes, and one that goes which nobody here made.
    let mut deployed = of(1);
    let indexes = &mut deployed["Resources"]["ViewsTable"]["Properties"]["GlobalSecondaryIndexes"];
    indexes.as_array_mut().unwrap().push(json!({
        "IndexName": "mine",
        "KeySchema": [{ "AttributeName": "sk", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    }));
    let steps = self::steps(&deployed, &of(3));
    assert_eq!(steps.iter().map(names).map(|names| names.len()).collect::<Vec<_>>(), [3, 4, 3]);
}

#[test]
fn what_is_no_template_is_said() {
    for deployed in [json!({ "TemplateBody": of(1) }), json!("Resources: {}"), Value::Null] {
        let error = next_step(&deployed, &of(1)).unwrap_err();
        assert_eq!(error.faults, [TemplateFault::Deployed]);
        assert!(error.to_string().contains("--query TemplateBody"), "{error}");
        assert_eq!(check_step(&deployed, &of(1)).unwrap_err(), error);
    }
}

#[test]
fn the_linter_finds_nothing_in_any_step() {
    let steps = [steps(&of(0), &of(3)), steps(&of(3), &of(0))].concat();
    lint_steps(steps);
}

/// A role names the table, and so it is updated after it, and a function after its role.
#[test]
fn functions_that_read_views_are_updated_after_the_table() {
    let all = resources(&Template::of(&declaring(1, 0)).prefix(PREFIX));
    for function in ["CommandsFunction", "auditSubscriber", "mailX2DoutSubscriber"] {
        let role = format!("{function}Role");
        assert_eq!(all[function]["Properties"]["Role"], json!({ "Fn::GetAtt": [role, "Arn"] }));
        assert!(all[&role].to_string().contains(r#"{"Fn::GetAtt":["ViewsTable","Arn"]}"#), "{role}");
    }
}
