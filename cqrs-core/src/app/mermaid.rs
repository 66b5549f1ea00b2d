use std::collections::{BTreeMap, BTreeSet};

use crate::runtime::{SubscriberKind, Wiring, WiringEvent, WiringSubscriber};

impl Wiring {
    /// The flow of the events as a Mermaid flowchart: aggregates with their events, queues, subscribers. Put it into a
    /// Markdown block of the language `mermaid`, wherever Markdown shows Mermaid.
    ///
    /// A stored command is a flag at the aggregate that decides on it. A deadline is an arrow from its process to
    /// itself.
    ///
    /// An arrow from a shared queue names the events that the subscriber takes, unless it takes all events of the
    /// queue.
    ///
    /// ```rust,standalone_crate
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # #[derive(Clone)]
    /// # pub struct Place;
    /// #[event]
    /// pub struct OrderPlaced {}
    ///
    /// #[aggregate(entity = "ORDER")]
    /// #[derive(Default)]
    /// pub struct Order {}
    ///
    /// #[aggregate]
    /// impl Order {
    ///     # #[command]
    ///     # fn place(&self, _: Place) -> Result<OrderPlaced, std::convert::Infallible> { Ok(OrderPlaced {}) }
    ///     #[apply]
    ///     fn placed(&mut self, _: &OrderPlaced) {}
    /// }
    ///
    /// #[event_handler(OrderPlaced)]
    /// async fn greet(_: &OrderPlaced) -> Result<(), HandlerError> {
    ///     Ok(())
    /// }
    ///
    /// # fn main() -> Result<(), cqrs_core::BuildError> {
    /// let app = App::builder(MemoryEventStore::new()).build()?;
    /// let expected = r#"flowchart LR
    ///   subgraph a0["Order"]
    ///     e0["OrderPlaced"]
    ///   end
    ///   q0(["greet"])
    ///   s0["greet<br/>handler"]
    ///   e0 --> q0
    ///   q0 --> s0
    /// "#;
    /// assert_eq!(app.wiring().to_mermaid(), expected);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let queues = self.queues();
        let mut lines = vec!["flowchart LR".to_owned()];
        lines.extend(self.aggregates());
        lines.extend(queues.iter().enumerate().map(|(q, queue)| format!("  q{q}([\"{}\"])", escape(queue))));
        lines
            .extend(self.subscribers.iter().enumerate().map(|(s, one)| format!("  s{s}{}", subscriber(one))));
        for (e, event) in self.events.iter().enumerate() {
            let reached = self.reached(event);
            let arrows = queues.iter().enumerate().filter(|(_, queue)| reached.contains(*queue));
            lines.extend(arrows.map(|(q, _)| format!("  e{e} --> q{q}")));
        }
        for (s, subscriber) in self.subscribers.iter().enumerate() {
            let Some(q) = queues.iter().position(|queue| *queue == subscriber.queue) else { continue };
            lines.push(format!("  q{q} -->{} s{s}", self.taken(subscriber)));
        }
        for (s, subscriber) in self.subscribers.iter().enumerate() {
            let arrow = |name: &&str| format!("  s{s} -.->|\"{}\"| s{s}", escape(name));
            lines.extend(subscriber.deadlines.iter().map(arrow));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn queues(&self) -> Vec<&'static str> {
        let queues: BTreeSet<_> = self.subscribers.iter().map(|subscriber| subscriber.queue).collect();
        queues.into_iter().collect()
    }

    /// A subgraph per aggregate.
    fn aggregates(&self) -> Vec<String> {
        let mut aggregates: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (e, event) in self.events.iter().enumerate() {
            let name = with_schema(event.name, event.schema);
            aggregates.entry(event.aggregate).or_default().push(format!("    e{e}[\"{name}\"]"));
        }
        for (c, command) in self.commands.iter().enumerate() {
            let name = with_schema(command.name, command.schema);
            aggregates.entry(command.aggregate).or_default().push(format!("    c{c}>\"{name}\"]"));
        }
        let mut lines = Vec::new();
        for (a, (name, events)) in aggregates.into_iter().enumerate() {
            lines.push(format!("  subgraph a{a}[\"{}\"]", escape(name)));
            lines.extend(events);
            lines.push("  end".to_owned());
        }
        lines
    }

    /// The queues of the subscribers to an event.
    fn reached(&self, event: &WiringEvent) -> BTreeSet<&'static str> {
        let listening =
            self.subscribers.iter().filter(|subscriber| event.subscribers.contains(&subscriber.name));
        listening.map(|subscriber| subscriber.queue).collect()
    }

    /// The label of the arrow to a subscriber: its events, if others on its queue take more.
    fn taken(&self, subscriber: &WiringSubscriber) -> String {
        let own: BTreeSet<_> = subscriber.events.iter().copied().collect();
        let others = self.subscribers.iter().filter(|other| other.queue == subscriber.queue);
        let all: BTreeSet<_> = others.flat_map(|other| other.events.iter().copied()).collect();
        if own == all {
            return String::new();
        }
        let names: Vec<_> = own.into_iter().map(escape).collect();
        format!("|\"{}\"|", names.join(", "))
    }
}

fn with_schema(name: &str, schema: u32) -> String {
    let name = escape(name);
    if schema > 1 { format!("{name} (schema {schema})") } else { name }
}

fn subscriber(subscriber: &WiringSubscriber) -> String {
    let name = escape(subscriber.name);
    match subscriber.kind {
        SubscriberKind::Handler { once: false } => format!("[\"{name}<br/>handler\"]"),
        SubscriberKind::Handler { once: true } => format!("[\"{name}<br/>handler, once\"]"),
        SubscriberKind::Process => format!("{{{{\"{name}<br/>process\"}}}}"),
        SubscriberKind::Projection => format!("[(\"{name}<br/>projection\")]"),
    }
}

/// Within quotes, Mermaid takes a character by its number. Every character that has a meaning for Mermaid, Markdown or
/// HTML is punctuation, so all punctuation is written by number.
fn escape(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            c if c.is_alphanumeric() => c.to_string(),
            ' ' | '.' | '-' | '_' => c.to_string(),
            c => format!("#{};", u32::from(c)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::WiringCommand;

    fn event(name: &'static str, schema: u32, aggregate: &'static str, of: &[&'static str]) -> WiringEvent {
        WiringEvent { name, schema, aliases: &[], aggregate, subscribers: of.to_vec() }
    }

    fn listener(
        name: &'static str,
        queue: &'static str,
        kind: SubscriberKind,
        events: &[&'static str],
    ) -> WiringSubscriber {
        WiringSubscriber {
            name,
            queue,
            kind,
            view: None,
            indexes: 0,
            attempts: None,
            events: events.to_vec(),
            deadlines: Vec::new(),
            location: "src/shop.rs:1".to_owned(),
        }
    }

    #[test]
    fn a_shared_queue_says_who_takes_what() {
        let wiring = Wiring {
            events: vec![
                event("OrderCreated", 1, "Order", &[]),
                event("OrderCreated", 2, "Order", &["Summary", "charge", "greet"]),
                event("OrderShipped", 1, "Order", &["Summary", "greet"]),
                event("StockTaken", 1, "Stock", &[]),
            ],
            subscribers: vec![
                listener("Summary", "Summary", SubscriberKind::Projection, &["OrderShipped", "OrderCreated"]),
                listener("charge", "mail", SubscriberKind::Handler { once: true }, &["OrderCreated"]),
                listener(
                    "greet",
                    "mail",
                    SubscriberKind::Handler { once: false },
                    &["OrderCreated", "OrderShipped"],
                ),
            ],
            commands: Vec::new(),
        };
        let expected = r#"flowchart LR
  subgraph a0["Order"]
    e0["OrderCreated"]
    e1["OrderCreated (schema 2)"]
    e2["OrderShipped"]
  end
  subgraph a1["Stock"]
    e3["StockTaken"]
  end
  q0(["Summary"])
  q1(["mail"])
  s0[("Summary<br/>projection")]
  s1["charge<br/>handler, once"]
  s2["greet<br/>handler"]
  e1 --> q0
  e1 --> q1
  e2 --> q0
  e2 --> q1
  q0 --> s0
  q1 -->|"OrderCreated"| s1
  q1 --> s2
"#;
        assert_eq!(wiring.to_mermaid(), expected);
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        let wiring = Wiring {
            events: vec![event("end\"] --> x;\n<b>#1&`注文`", 1, "A|B", &["h"])],
            subscribers: vec![listener("h", "q", SubscriberKind::Projection, &[])],
            commands: Vec::new(),
        };
        let text = wiring.to_mermaid();
        assert!(
            text.contains(r#"e0["end#34;#93; --#62; x#59;#10;#60;b#62;#35;1#38;#96;注文#96;"]"#),
            "{text}"
        );
        assert!(text.contains(r#"subgraph a0["A#124;B"]"#), "{text}");
    }

    #[test]
    fn an_app_without_anything_has_an_empty_chart() {
        let wiring = Wiring::default();
        assert_eq!(wiring.to_mermaid(), "flowchart LR\n");
    }

    #[test]
    fn a_process_has_its_deadlines_and_an_aggregate_its_stored_commands() {
        let booking = listener("Booking", "Booking", SubscriberKind::Process, &["RoomHeld"]);
        let command = WiringCommand { name: "Release", schema: 2, aliases: &[], aggregate: "Room" };
        let wiring = Wiring {
            events: vec![event("RoomHeld", 1, "Room", &["Booking"])],
            subscribers: vec![WiringSubscriber { deadlines: vec!["unpaid", "late"], ..booking }],
            commands: vec![command],
        };
        let expected = r#"flowchart LR
  subgraph a0["Room"]
    e0["RoomHeld"]
    c0>"Release (schema 2)"]
  end
  q0(["Booking"])
  s0{{"Booking<br/>process"}}
  e0 --> q0
  q0 --> s0
  s0 -.->|"unpaid"| s0
  s0 -.->|"late"| s0
"#;
        assert_eq!(wiring.to_mermaid(), expected);
    }
}
