//! The way from a deployed template to another one, in deployments that CloudFormation accepts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{TemplateError, TemplateFault, capacity};
use crate::names::logical::{self, VIEWS};

/// One deployment on the way from a deployed template to another one: see [`next_step`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// What to deploy now.
    pub template: Value,
    /// How many deployments come after it.
    pub left: usize,
}

/// What to deploy next on the way from the deployed template to the wanted one.
///
/// CloudFormation makes or deletes one index of a table per update of a stack, and rolls back an update with more
/// ("Cannot perform more than one GSI creation or deletion in a single update"). This returns the wanted template if
/// one update is enough. Otherwise it returns a template in between, and [`Step::left`] says how many follow. Deploy
/// it, wait until the stack is updated, and call this again with the template that is deployed then.
///
/// If indexes are added, the template in between is the deployed one with one more index and nothing else, so the
/// running program continues as it is. It is replaced in the last step, when all indexes of the new one are there. If
/// indexes are only removed, the wanted template comes first, with those that are still to be removed.
///
/// A table that becomes [provisioned](super::Template::provisioned_tables), or no longer is, or begins with another
/// throughput, changes in a deployment without a change of indexes, because DynamoDB does one of these at a time. The
/// throughput of an index is not part of its shape, and changes in place.
///
/// `deployed` is the template of the stack as JSON, with or without SAM's transform:
///
/// ```console
/// $ aws cloudformation get-template --stack-name shop-prod --template-stage Processed --query TemplateBody > deployed.json
/// ```
///
/// ```
/// use cqrs_core::{App, store::MemoryEventStore};
/// use cqrs_dynamo::template::{Template, next_step};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = App::builder(MemoryEventStore::new()).build()?;
/// let wanted = Template::of(app.wiring()).indexes(2).render()?;
/// # let deployed = Template::of(app.wiring()).indexes(0).to_json()?;
/// let mut deployed = serde_json::from_str(&deployed)?;
/// let step = next_step(&deployed, &wanted)?;
/// assert_eq!(step.left, 1);
///
/// // When that is deployed …
/// deployed = step.template;
/// let step = next_step(&deployed, &wanted)?;
/// assert_eq!((step.template, step.left), (wanted, 0));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`TemplateFault::Deployed`] if `deployed` is not a template.
pub fn next_step(deployed: &Value, wanted: &Value) -> Result<Step, TemplateError> {
    let changes = Changes::between(deployed, wanted)?;
    let switches = changes.count() > 0 && changes.billing;
    let left = changes.count().saturating_sub(1) + usize::from(switches);
    if left == 0 {
        return Ok(Step { template: wanted.clone(), left });
    }
    let (old, new) = (indexes(deployed), indexes(wanted));
    let named = |all: &[Value], names: &[String]| -> Vec<Value> {
        all.iter()
            .filter(|index| name(index).is_some_and(|name| names.contains(&name.to_owned())))
            .cloned()
            .collect()
    };
    let (mut template, next) = match (&*changes.changed, &*changes.added) {
        ([changed, ..], _) => {
            let kept = old.iter().filter(|index| name(index) != Some(changed));
            (deployed.clone(), kept.cloned().collect())
        }
        (_, [added, ..]) => {
            let added = named(new, std::slice::from_ref(added));
            (deployed.clone(), [old.to_vec(), added].concat())
        }
        _ => {
            (wanted.clone(), [new.to_vec(), named(old, &changes.removed[usize::from(!switches)..])].concat())
        }
    };
    let next = with_throughput(next, &template);
    scale(&mut template, &next, [deployed, wanted]);
    let attributes = [attributes(deployed), attributes(wanted)].concat();
    if let Some(table) = template.pointer_mut(&table()) {
        set(table, next, attributes);
    }
    Ok(Step { template, left })
}

/// Checks whether one update of the stack turns the deployed template into the wanted one, for the test that runs
/// before a deployment.
///
/// # Errors
/// [`TemplateFault::Steps`] if it would make or delete more than one index, [`TemplateFault::Billing`] if it would make
/// or delete one and also change how the table is paid, [`TemplateFault::Deployed`] if `deployed` is not a template.
pub fn check_step(deployed: &Value, wanted: &Value) -> Result<(), TemplateError> {
    let changes = Changes::between(deployed, wanted)?;
    match (changes.count(), changes.billing) {
        (0, _) | (1, false) => return Ok(()),
        (1, true) => return Err(TemplateError { faults: vec![TemplateFault::Billing] }),
        _ => {}
    }
    let Changes { added, removed, changed, .. } = changes;
    let made = added.iter().chain(&changed).cloned().collect();
    let deleted = changed.iter().chain(&removed).cloned().collect();
    Err(TemplateError { faults: vec![TemplateFault::Steps { made, deleted }] })
}

/// The differences: the names of indexes, and how the table is paid.
struct Changes {
    added: Vec<String>,
    removed: Vec<String>,
    /// The indexes of another shape. An index cannot be changed, so it is deleted and made again.
    changed: Vec<String>,
    /// On demand becomes provisioned or the other way round, or the throughput changes.
    billing: bool,
}

impl Changes {
    fn between(deployed: &Value, wanted: &Value) -> Result<Self, TemplateError> {
        if !deployed["Resources"].is_object() {
            return Err(TemplateError { faults: vec![TemplateFault::Deployed] });
        }
        let mut changes =
            Self { added: Vec::new(), removed: Vec::new(), changed: Vec::new(), billing: false };
        // A new table is made with all its indexes, and a deleted one takes its indexes along.
        if deployed.pointer(&table()).is_none() || wanted.pointer(&table()).is_none() {
            return Ok(changes);
        }
        changes.billing = billing(deployed) != billing(wanted);
        let (old, new) = (indexes(deployed), indexes(wanted));
        let find =
            |all: &'_ [Value], index: &Value| all.iter().find(|other| name(other) == name(index)).cloned();
        for index in new {
            let Some(name) = name(index) else { continue };
            match find(old, index) {
                None => changes.added.push(name.to_owned()),
                Some(other) if shape(&other) != shape(index) => changes.changed.push(name.to_owned()),
                Some(_) => {}
            }
        }
        let gone = old.iter().filter(|index| find(new, index).is_none());
        changes.removed = gone.filter_map(|index| name(index).map(str::to_owned)).collect();
        Ok(changes)
    }

    fn count(&self) -> usize {
        self.added.len() + self.removed.len() + 2 * self.changed.len()
    }
}

fn table() -> String {
    format!("/Resources/{VIEWS}/Properties")
}

fn list<'a>(template: &'a Value, property: &str) -> &'a [Value] {
    let list = template.pointer(&format!("{}/{property}", table())).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

fn indexes(template: &Value) -> &[Value] {
    list(template, INDEXES)
}

fn attributes(template: &Value) -> &[Value] {
    list(template, ATTRIBUTES)
}

fn name(index: &Value) -> Option<&str> {
    index["IndexName"].as_str()
}

/// Without the parts that an update changes in place.
fn shape(index: &Value) -> Value {
    let mut shape = index.clone();
    if let Some(shape) = shape.as_object_mut() {
        shape.remove(THROUGHPUT);
    }
    shape
}

/// CloudFormation treats a table that says nothing as a provisioned one.
fn is_on_demand(template: &Value) -> bool {
    template.pointer(&table()).is_some_and(|table| table["BillingMode"] == "PAY_PER_REQUEST")
}

/// The mode of the table, and its throughput.
fn billing(template: &Value) -> (bool, Option<&Value>) {
    let throughput = template.pointer(&table()).and_then(|table| table.get(THROUGHPUT));
    (is_on_demand(template), throughput)
}

/// Indexes of a template on their way into the table of another one: each has a throughput if that table has one, and
/// none if it has none.
fn with_throughput(mut indexes: Vec<Value>, template: &Value) -> Vec<Value> {
    let (is_on_demand, of_table) = billing(template);
    let of_table = of_table.filter(|_| !is_on_demand);
    for index in indexes.iter_mut().filter_map(Value::as_object_mut) {
        match of_table {
            Some(throughput) => {
                index.entry(THROUGHPUT).or_insert_with(|| throughput.clone());
            }
            None => {
                index.remove(THROUGHPUT);
            }
        }
    }
    indexes
}

/// Gives the indexes of a step the resources that scale them, and removes these for indexes that are not there: an
/// index that is being filled, or still written, would hold up its table if it had only the minimum. Resources that
/// neither template has are copied from the table.
fn scale(template: &mut Value, next: &[Value], ends: [&Value; 2]) {
    let capacity = capacity::of(template, VIEWS).filter(|_| !is_on_demand(template));
    let Some(resources) = template["Resources"].as_object_mut() else { return };
    for name in ends.into_iter().flat_map(indexes).filter_map(name) {
        let stays = next.iter().any(|index| self::name(index) == Some(name));
        let capacity = capacity.as_ref().filter(|_| stays);
        let mut scaling = capacity.map(|capacity| capacity::follow(capacity, VIEWS, Some(name)));
        for unit in ["Read", "Write"] {
            let logical::Scaling { target, policy } = logical::scaling(VIEWS, Some(name), unit);
            for id in [target, policy] {
                let own = ends.into_iter().find_map(|end| end["Resources"].get(&id)).cloned();
                match scaling.as_mut().and_then(|scaling| own.or_else(|| scaling.remove(&id))) {
                    Some(resource) => {
                        resources.entry(id).or_insert(resource);
                    }
                    None => {
                        resources.remove(&id);
                    }
                }
            }
        }
    }
}

const THROUGHPUT: &str = "ProvisionedThroughput";
const INDEXES: &str = "GlobalSecondaryIndexes";
const ATTRIBUTES: &str = "AttributeDefinitions";

/// DynamoDB takes only the attributes of keys.
fn set(table: &mut Value, indexes: Vec<Value>, attributes: Vec<Value>) {
    let Some(properties) = table.as_object_mut() else { return };
    let keys = |schema: &Value| -> Vec<String> {
        let keys = schema.as_array().into_iter().flatten().filter_map(|key| key["AttributeName"].as_str());
        keys.map(str::to_owned).collect()
    };
    let mut used: BTreeSet<String> =
        properties.get("KeySchema").map(keys).unwrap_or_default().into_iter().collect();
    used.extend(indexes.iter().flat_map(|index| keys(&index["KeySchema"])));
    let mut kept: Vec<Value> = Vec::new();
    for attribute in attributes {
        let name = &attribute["AttributeName"];
        let is_new = !kept.iter().any(|other| other["AttributeName"] == *name);
        if is_new && name.as_str().is_some_and(|name| used.contains(name)) {
            kept.push(attribute);
        }
    }
    properties.insert(ATTRIBUTES.to_owned(), json!(kept));
    if indexes.is_empty() {
        properties.remove(INDEXES);
    } else {
        properties.insert(INDEXES.to_owned(), json!(indexes));
    }
}
