//! From the settings to the text of the template.

use cqrs_core::app::SubscriberKind;
use serde_json::{Value, json};

use super::projections::Projections;
use super::queue::Queue;
use super::{
    Http, Section, Template, TemplateError, alarm, capacity, exports, fault, function, queue, tables, topic,
};
use crate::names::logical::{self, ALARM_TOPIC, HAS_ALARM_TOPIC, LOG_DAYS, TIMERS_FUNCTION};

/// Which subscribers get commits in which way.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    /// The queues that something reads.
    pub(super) queues: Vec<Queue<'a>>,
    pub(super) retired: Vec<Queue<'a>>,
    /// The projections that are fed from the stream, if there are any.
    pub(super) projections: Option<Projections<'a>>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(template: &'a Template) -> Self {
        let is_queued = |kind| template.projections.is_none() || kind != SubscriberKind::Projection;
        let (queued, fed): (Vec<_>, Vec<_>) =
            template.wiring.subscribers.iter().partition(|subscriber| is_queued(subscriber.kind));
        let queues = Queue::all(&queued);
        Self {
            retired: Queue::retired(template, &queues),
            queues,
            projections: template.projections.as_deref().and_then(|binary| Projections::of(binary, fed)),
        }
    }

    /// Whether there is a topic. Without `projections` there always is one, for subscribers that come later.
    fn have_topic(&self, template: &Template) -> bool {
        template.projections.is_none() || !self.queues.is_empty() || !self.retired.is_empty()
    }

    /// How many resources SAM adds: event sources, and the schedules that call functions.
    pub(super) fn sources(&self, template: &Template) -> usize {
        let streams = usize::from(self.have_topic(template)) + usize::from(self.projections.is_some());
        let clock = if template.timers { logical::clock(TIMERS_FUNCTION).len() } else { 0 };
        let http = template.http.map(Http::resources).unwrap_or_default();
        self.queues.len() + streams + clock + http
    }
}

impl Template {
    /// The template as JSON text, indented, in the same order each time.
    ///
    /// # Errors
    /// As for [`Template::render`].
    pub fn to_json(&self) -> Result<String, TemplateError> {
        Ok(format!("{:#}\n", self.render()?))
    }

    /// The template as a value, for programs that add to it.
    ///
    /// # Errors
    /// [`TemplateError`]: all names or figures that AWS would not accept.
    pub fn render(&self) -> Result<Value, TemplateError> {
        let parts = Parts::of(self);
        let faults = fault::faults(self, &parts);
        if !faults.is_empty() {
            return Err(TemplateError { faults });
        }
        let resources = self.resources(&parts);
        if let Some(fault) = fault::too_many(&resources, &parts, self) {
            return Err(TemplateError { faults: vec![fault] });
        }
        let mut template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Transform": "AWS::Serverless-2016-10-31",
            "Description": "Commands, event store, relay and subscribers of an event-sourced app",
            "Parameters": {
                ALARM_TOPIC: alarm::parameter(),
                LOG_DAYS: function::log_days(),
            },
            "Conditions": { HAS_ALARM_TOPIC: alarm::condition() },
            "Globals": { "Function": function::globals(self) },
            "Resources": resources,
            "Outputs": self.outputs(&parts),
        });
        // The features of other crates in the build decide whether maps keep the order of insertion.
        template.sort_all_objects();
        Ok(template)
    }

    fn resources(&self, parts: &Parts<'_>) -> Section {
        let mut resources = tables::resources(self);
        if let Some(capacity) = &self.capacity {
            capacity::provision(&mut resources, capacity);
        }
        if let Some(schedule) = &self.exports {
            resources.extend(exports::resources(schedule));
        }
        resources.extend(function::commands(self, parts));
        if self.http.is_some() {
            resources.extend(alarm::http());
        }
        if self.timers {
            resources.extend(function::timers(self, parts));
            resources.extend(alarm::timers(self));
        }
        if parts.have_topic(self) {
            resources.extend(topic::resources(self, &parts.queues));
            resources.extend(function::relay(self, &parts.queues));
            resources.extend(alarm::relay(self));
        }
        if let Some(projections) = &parts.projections {
            resources.extend(function::projections(self, projections));
            resources.extend(alarm::projections(self));
        }
        for queue in &parts.queues {
            resources.extend(queue::resources(self, queue));
            resources.extend(function::subscriber(self, queue, parts));
            resources.extend(alarm::dead_letters(queue));
            resources.extend(alarm::lag(self, queue));
        }
        for queue in &parts.retired {
            resources.extend(queue::resources(self, queue));
            resources.extend(alarm::dead_letters(queue));
        }
        resources
    }

    fn outputs(&self, parts: &Parts<'_>) -> Section {
        let mut outputs = tables::outputs(self);
        outputs.extend([function::commands_output()]);
        outputs.extend(self.http.map(Http::output));
        if parts.have_topic(self) {
            outputs.extend(topic::outputs());
            outputs.extend([function::relay_output()]);
        }
        outputs.extend(self.exports.as_ref().map(|_| exports::output()));
        outputs.extend(self.timers.then(function::timers_output));
        outputs.extend(parts.projections.iter().map(|_| function::projections_output()));
        outputs.extend(parts.queues.iter().flat_map(queue::outputs));
        outputs
    }
}
