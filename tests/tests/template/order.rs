//! The order in which a deployment makes and updates resources.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_dynamo::template::Template;
use serde_json::Value;

use crate::{QUEUES, resources, template};

type Graph = BTreeMap<String, BTreeSet<String>>;

/// What each resource comes after, by what it names and by `DependsOn`; with the event sources that SAM makes of functions.
fn graph() -> Graph {
    graph_of(&template())
}

fn graph_of(template: &Template) -> Graph {
    let all = resources(template);
    let mut graph = Graph::new();
    for (id, resource) in &all {
        let mut first = BTreeSet::new();
        collect(resource, &mut first);
        if resource["Type"] == "AWS::Serverless::Function" {
            for (name, source) in resource["Properties"]["Events"].as_object().into_iter().flatten() {
                let mut named = BTreeSet::from([id.clone()]);
                collect(source, &mut named);
                graph.insert(format!("{id}{name}"), named);
            }
        }
        graph.insert(id.clone(), first);
    }
    graph
}

fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, into)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("Ref", Value::String(id)) => into.extend([id.clone()]),
                    ("Fn::GetAtt", Value::Array(path)) => into.extend([path[0].as_str().unwrap().to_owned()]),
                    ("DependsOn", Value::Array(ids)) => {
                        into.extend(ids.iter().map(|id| id.as_str().unwrap().to_owned()));
                    }
                    (_, value) => collect(value, into),
                }
            }
        }
        _ => {}
    }
}

/// Everything that comes before a resource.
fn before(graph: &Graph, id: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![id.to_owned()];
    while let Some(id) = open.pop() {
        for first in graph.get(&id).into_iter().flatten() {
            if found.insert(first.clone()) {
                open.push(first.clone());
            }
        }
    }
    found
}

/// Of one queue: what sends to it, what reads it, and what it runs.
fn parts(id: &str) -> [String; 4] {
    ["Queue", "Subscription", "Subscriber", "SubscriberMessages"].map(|part| format!("{id}{part}"))
}

#[test]
fn every_subscriber_comes_before_the_relay_and_the_commands() {
    let graph = graph();
    for last in ["RelayFunction", "RelayFunctionChanges", "CommandsFunction"] {
        let first = before(&graph, last);
        for (_, id, _) in QUEUES {
            for part in parts(id) {
                assert!(graph.contains_key(&part), "{part}");
                assert!(first.contains(&part), "{part} comes before {last}");
            }
        }
    }
}

/// They may execute commands as well.
#[test]
fn projections_and_all_subscriptions_come_before_the_handlers() {
    let graph = graph();
    for handler in ["auditSubscriber", "mailX2DoutSubscriber"] {
        let first = before(&graph, handler);
        for (_, id, _) in QUEUES {
            assert!(first.contains(&format!("{id}Subscription")), "{id} before {handler}");
        }
        for part in ["Statement", "Wealth"].iter().flat_map(|id| parts(id)) {
            assert!(first.contains(&part), "{part} before {handler}");
        }
    }
}

#[test]
fn the_function_that_feeds_projections_comes_before_all_that_execute_commands() {
    let graph = graph_of(&template().projections("projections"));
    for last in ["CommandsFunction", "auditSubscriber", "mailX2DoutSubscriber"] {
        assert!(before(&graph, last).contains("ProjectionsFunctionChanges"), "{last}");
    }
}

#[test]
fn nothing_comes_before_itself() {
    for graph in [graph(), graph_of(&template().projections("projections"))] {
        for id in graph.keys() {
            assert!(!before(&graph, id).contains(id), "{id}");
        }
    }
}
