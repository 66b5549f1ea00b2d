//! Tables with a capacity that is paid by the hour: they scale, with their indexes, and a stack changes to them and
//! back.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use cqrs_dynamo::template::{Capacity, TemplateFault, check_step, next_step};
use serde_json::{Value, json};

use crate::indexes::{names, steps};
use crate::{lint_steps, of_type, template};

const TARGET: &str = "AWS::ApplicationAutoScaling::ScalableTarget";
const POLICY: &str = "AWS::ApplicationAutoScaling::ScalingPolicy";

fn capacity() -> Capacity {
    Capacity { reads: 20..=1_000, writes: 10..=500 }
}

fn on_demand(indexes: usize) -> Value {
    template().indexes(indexes).render().unwrap()
}

fn provisioned(indexes: usize) -> Value {
    template().indexes(indexes).provisioned_tables(capacity()).render().unwrap()
}

fn all(template: &Value) -> BTreeMap<String, Value> {
    serde_json::from_value(template["Resources"].clone()).unwrap()
}

/// Which tables and indexes scale, and by which dimension.
fn scaled(template: &Value) -> BTreeSet<(String, String)> {
    let of = |target: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&target["ResourceId"]["Fn::Sub"]), text(&target["ScalableDimension"]))
    };
    of_type(TARGET, &all(template)).values().map(of).collect()
}

/// What should scale: the tables, and the indexes that the views table has.
fn expected(template: &Value) -> BTreeSet<(String, String)> {
    let units = ["Read", "Write"];
    let tables = of_type("AWS::DynamoDB::Table", &all(template)).into_keys();
    let tables = tables.flat_map(|table| {
        units.map(|unit| (format!("table/${{{table}}}"), format!("dynamodb:table:{unit}CapacityUnits")))
    });
    let indexes = names(template).into_iter().flat_map(|index| {
        let path = format!("table/${{ViewsTable}}/index/{index}");
        units.map(|unit| (path.clone(), format!("dynamodb:index:{unit}CapacityUnits")))
    });
    tables.chain(indexes).collect()
}

#[test]
fn each_table_and_each_index_has_a_capacity_that_follows_the_load() {
    let template = provisioned(2);
    let all = all(&template);
    let least = json!({ "ReadCapacityUnits": 20, "WriteCapacityUnits": 10 });
    let tables = of_type("AWS::DynamoDB::Table", &all);
    assert!(tables.len() >= 4);
    for (id, table) in &tables {
        assert_eq!(table["BillingMode"], "PROVISIONED", "{id}");
        assert_eq!(table["ProvisionedThroughput"], least, "{id}");
    }
    for index in tables["ViewsTable"]["GlobalSecondaryIndexes"].as_array().unwrap() {
        assert_eq!(index["ProvisionedThroughput"], least, "{index}");
    }

    assert_eq!(scaled(&template), expected(&template));
    let targets = of_type(TARGET, &all);
    for (id, target) in &targets {
        let (least, most) = if id.contains("Read") { (20, 1_000) } else { (10, 500) };
        assert_eq!((&target["MinCapacity"], &target["MaxCapacity"]), (&json!(least), &json!(most)), "{id}");
        assert_eq!(target["ServiceNamespace"], "dynamodb");
        // The role of the service itself.
        assert_eq!(target.get("RoleARN"), None);
    }
    let policies = of_type(POLICY, &all);
    let mut followed = BTreeSet::new();
    for (id, policy) in &policies {
        let target = policy["ScalingTargetId"]["Ref"].as_str().unwrap();
        let dimension = targets[target]["ScalableDimension"].as_str().unwrap();
        let metric = if dimension.contains("Read") {
            "DynamoDBReadCapacityUtilization"
        } else {
            "DynamoDBWriteCapacityUtilization"
        };
        let expected = json!({
            "PredefinedMetricSpecification": { "PredefinedMetricType": metric },
            "TargetValue": 70,
        });
        assert_eq!(policy["TargetTrackingScalingPolicyConfiguration"], expected, "{id}");
        assert_eq!(policy["PolicyType"], "TargetTrackingScaling");
        assert!(followed.insert(target.to_owned()), "{target} has two");
    }
    assert_eq!(followed, targets.into_keys().collect());
}

#[test]
fn nothing_else_is_different() {
    let mut rest = provisioned(2);
    let resources = rest["Resources"].as_object_mut().unwrap();
    resources.retain(|_, resource| resource["Type"] != TARGET && resource["Type"] != POLICY);
    for table in resources.values_mut().filter(|resource| resource["Type"] == "AWS::DynamoDB::Table") {
        let properties = table["Properties"].as_object_mut().unwrap();
        properties.insert("BillingMode".to_owned(), json!("PAY_PER_REQUEST"));
        properties.remove("ProvisionedThroughput").unwrap();
        let indexes = properties.get_mut("GlobalSecondaryIndexes").and_then(Value::as_array_mut);
        for index in indexes.into_iter().flatten() {
            index.as_object_mut().unwrap().remove("ProvisionedThroughput").unwrap();
        }
    }
    assert_eq!(rest, on_demand(2));
}

#[test]
fn a_capacity_that_a_table_cannot_have_is_refused_with_a_way_out() {
    let refused = |reads: RangeInclusive<u32>, writes: RangeInclusive<u32>| {
        let rendered = template().provisioned_tables(Capacity { reads, writes }).render();
        rendered.err().map(|error| error.faults).unwrap_or_default()
    };
    let fault = |units, least, most| TemplateFault::Capacity { units, least, most };
    assert_eq!(refused(1..=1, 1..=40_000), []);
    assert_eq!(refused(40_000..=40_000, 1..=2), []);
    assert_eq!(refused(0..=1, 1..=40_001), [fault("reads", 0, 1), fault("writes", 1, 40_001)]);
    assert_eq!(refused(RangeInclusive::new(2, 1), 1..=1), [fault("reads", 2, 1)]);

    let said = fault("writes", 0, 5).to_string();
    for part in ["0 to 5 for `writes`", "1 to 40000", "Leave `provisioned_tables` out", "`Template::render`"]
    {
        assert!(said.contains(part), "{said}");
    }
}

/// In each step the indexes have a throughput and what scales it, where their table is provisioned, and neither where it is not.
fn sound_steps(deployed: &Value, wanted: &Value) -> Vec<(usize, bool)> {
    let steps = steps(deployed, wanted);
    let sound = |step: &Value| {
        let table = &step["Resources"]["ViewsTable"]["Properties"];
        let is_provisioned = table["BillingMode"] == "PROVISIONED";
        for index in table["GlobalSecondaryIndexes"].as_array().into_iter().flatten() {
            assert_eq!(index.get("ProvisionedThroughput").is_some(), is_provisioned, "{index}");
        }
        let expected = if is_provisioned { expected(step) } else { BTreeSet::new() };
        assert_eq!(scaled(step), expected);
        (names(step).len(), is_provisioned)
    };
    steps.iter().map(sound).collect()
}

#[test]
fn indexes_of_provisioned_tables_come_and_go_one_by_one_with_what_scales_them() {
    assert_eq!(sound_steps(&provisioned(0), &provisioned(2)), [(1, true), (2, true)]);
    assert_eq!(sound_steps(&provisioned(3), &provisioned(1)), [(2, true), (1, true)]);
    // One of another shape is deleted and made again.
    let mut deployed = provisioned(2);
    deployed["Resources"]["ViewsTable"]["Properties"]["GlobalSecondaryIndexes"][0]["Projection"] =
        json!({ "ProjectionType": "KEYS_ONLY" });
    assert_eq!(sound_steps(&deployed, &provisioned(2)), [(1, true), (2, true)]);
}

#[test]
fn a_stack_comes_to_provisioned_tables_and_back_without_losing_an_index() {
    for (deployed, wanted) in [(on_demand(2), provisioned(2)), (provisioned(2), on_demand(2))] {
        check_step(&deployed, &wanted).unwrap();
        assert_eq!(next_step(&deployed, &wanted).unwrap().left, 0);
    }
    // So it is with another capacity.
    let capacity = Capacity { reads: 1..=10, writes: 1..=10 };
    let other = template().indexes(2).provisioned_tables(capacity).render().unwrap();
    assert_eq!(next_step(&provisioned(2), &other).unwrap().left, 0);
}

#[test]
fn indexes_and_how_the_table_is_paid_do_not_change_in_one_step() {
    let error = check_step(&on_demand(1), &provisioned(2)).unwrap_err();
    assert_eq!(error.faults, [TemplateFault::Billing]);
    assert!(error.to_string().contains("`template::next_step`"), "{error}");

    let on_demand_to = |wanted| sound_steps(&on_demand(1), &provisioned(wanted));
    assert_eq!(on_demand_to(3), [(2, false), (3, false), (3, true)]);
    assert_eq!(on_demand_to(0), [(1, true), (0, true)]);
    assert_eq!(sound_steps(&provisioned(1), &on_demand(2)), [(2, true), (2, false)]);
    assert_eq!(sound_steps(&provisioned(2), &on_demand(1)), [(2, false), (1, false)]);
    // Nor with another least.
    let other = |indexes| {
        let capacity = Capacity { reads: 30..=1_000, writes: 10..=500 };
        template().indexes(indexes).provisioned_tables(capacity).render().unwrap()
    };
    assert_eq!(check_step(&provisioned(1), &other(2)).unwrap_err().faults, [TemplateFault::Billing]);
    assert_eq!(sound_steps(&provisioned(1), &other(2)), [(2, true), (2, true)]);
    assert_eq!(sound_steps(&provisioned(1), &other(0)), [(1, true), (0, true)]);
}

#[test]
fn the_linter_finds_nothing_in_any_step() {
    let ways = [
        steps(&provisioned(0), &provisioned(2)),
        steps(&on_demand(1), &provisioned(2)),
        steps(&on_demand(1), &provisioned(0)),
        steps(&provisioned(1), &on_demand(0)),
    ];
    lint_steps(ways.concat());
}
