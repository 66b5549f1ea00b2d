//! Tables with a capacity that is paid by the hour, and their scaling.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::Section;
use super::intrinsic::reference;
use crate::names::logical::{self, Scaling};

/// The most units per table and per index, by default (Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB").
pub(super) const MAX_UNITS: u32 = 40_000;
/// The used part of the capacity, in percent. The rest is for the minutes that scaling takes.
const TARGET: u32 = 70;

/// The capacity of a table per second, for [`Template::provisioned_tables`](super::Template::provisioned_tables), from
/// minimum to maximum. It begins with the minimum. Each is 1 to 40,000, which is AWS' default quota.
///
/// A write unit is a write of up to 1 KB; in a transaction it takes two. A read unit is a strongly consistent read of up to 4 KB, or two
/// others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Read units.
    pub reads: RangeInclusive<u32>,
    /// Write units.
    pub writes: RangeInclusive<u32>,
}

impl Capacity {
    /// The units, by their names in the settings and at AWS.
    pub(super) fn units(&self) -> [(&'static str, &'static str, &RangeInclusive<u32>); 2] {
        [("reads", "Read", &self.reads), ("writes", "Write", &self.writes)]
    }

    /// The throughput at the beginning.
    fn throughput(&self) -> Value {
        json!({ "ReadCapacityUnits": self.reads.start(), "WriteCapacityUnits": self.writes.start() })
    }
}

/// Gives each of the tables, and each of their indexes, the capacity, and adds the resources that scale it.
///
/// All have the same range, because none of them is certain to have less load: a handler with an inbox writes to the
/// delivery table for each of its events, an index is written with its view, and a snapshot is a large item. Each
/// scales by itself.
pub(super) fn provision(tables: &mut Section, capacity: &Capacity) {
    let mut scaling = Section::new();
    for (id, table) in tables.iter_mut() {
        let properties = &mut table["Properties"];
        properties["BillingMode"] = json!("PROVISIONED");
        properties["ProvisionedThroughput"] = capacity.throughput();
        scaling.extend(follow(capacity, id, None));
        let indexes = properties.get_mut("GlobalSecondaryIndexes").and_then(Value::as_array_mut);
        for index in indexes.into_iter().flatten() {
            index["ProvisionedThroughput"] = capacity.throughput();
            scaling.extend(follow(capacity, id, index["IndexName"].as_str()));
        }
    }
    tables.extend(scaling);
}

/// The capacity of a table in a rendered template; `None` if nothing scales it.
pub(super) fn of(template: &Value, table: &str) -> Option<Capacity> {
    let range = |unit| {
        let target = &template["Resources"][logical::scaling(table, None, unit).target]["Properties"];
        let end = |name: &str| target[name].as_u64().and_then(|units| u32::try_from(units).ok());
        Some(end("MinCapacity")?..=end("MaxCapacity")?)
    };
    Some(Capacity { reads: range("Read")?, writes: range("Write")? })
}

/// How the capacity of a table, or of one of its indexes, follows the load. Application Auto Scaling has its own role
/// for it.
pub(super) fn follow(capacity: &Capacity, table: &str, index: Option<&str>) -> Section {
    let mut resources = Section::new();
    // The reference makes CloudFormation create the table first, with the index.
    let (kind, path) = match index {
        None => ("table", format!("table/${{{table}}}")),
        Some(index) => ("index", format!("table/${{{table}}}/index/{index}")),
    };
    for (_, unit, range) in capacity.units() {
        let Scaling { target, policy } = logical::scaling(table, index, unit);
        resources.insert(
            policy.clone(),
            json!({
                "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
                "Properties": {
                    "PolicyName": policy,
                    "PolicyType": "TargetTrackingScaling",
                    "ScalingTargetId": reference(&target),
                    "TargetTrackingScalingPolicyConfiguration": {
                        "PredefinedMetricSpecification": {
                            "PredefinedMetricType": format!("DynamoDB{unit}CapacityUtilization"),
                        },
                        "TargetValue": TARGET,
                    },
                },
            }),
        );
        resources.insert(
            target,
            json!({
                "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
                "Properties": {
                    "ServiceNamespace": "dynamodb",
                    "ResourceId": { "Fn::Sub": path },
                    "ScalableDimension": format!("dynamodb:{kind}:{unit}CapacityUnits"),
                    "MinCapacity": range.start(),
                    "MaxCapacity": range.end(),
                },
            }),
        );
    }
    resources
}
