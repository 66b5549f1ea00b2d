//! Values that AWS does not accept.

use std::time::Duration;

use cqrs_core::app::Wiring;
use cqrs_dynamo::BrokerFault;
use cqrs_dynamo::template::{Template, TemplateFault};

use crate::wiring;

#[test]
fn what_aws_would_not_take_is_refused_all_at_once() {
    let mut wiring = wiring();
    let names = ["mail", "mail-dlq", "post.office", "q"];
    for (subscriber, queue) in wiring.subscribers.iter_mut().zip(names) {
        subscriber.queue = queue;
    }
    wiring.subscribers[3].events = vec!["Said\"Hello\""; 1];
    wiring.subscribers[4].queue =
        "a-queue-of-which-the-name-becomes-too-long-with-its-prefix-and-the-ending-of-dead";
    let template = Template::of(&wiring)
        .prefix("bank.")
        .timeout(Duration::ZERO)
        .receives(1001)
        .concurrency(1)
        .max_message_bytes(2_000_000);
    let faults = template.render().unwrap_err().faults;
    let long = format!("bank.{}-dlq", wiring.subscribers[4].queue);
    let expected = [
        BrokerFault::Characters { what: "prefix", name: "bank.".to_owned() }.into(),
        BrokerFault::Length { kind: "queue", length: long.len(), name: long, most: 80 }.into(),
        BrokerFault::Characters { what: "queue", name: "post.office".to_owned() }.into(),
        BrokerFault::Taken {
            name: "bank.mail-dlq".to_owned(),
            first: "mail-dlq".to_owned(),
            second: "mail".to_owned(),
        }
        .into(),
        BrokerFault::Event { event: "Said\"Hello\"".to_owned() }.into(),
        BrokerFault::MessageBytes { bytes: 2_000_000 }.into(),
        TemplateFault::Range { setting: "timeout", value: 0, least: 1, most: 900 },
        TemplateFault::Range { setting: "receives", value: 1001, least: 1, most: 1000 },
        TemplateFault::Range { setting: "concurrency", value: 1, least: 2, most: 1000 },
    ];
    assert_eq!(faults, expected);
}

#[test]
fn what_does_not_fit_into_a_stack_is_refused() {
    let one = wiring().subscribers.remove(0);
    let names: Vec<&'static str> =
        (0..60).map(|n| &*Box::leak(format!("queue{n}").into_boxed_str())).collect();
    let spread = |count: usize| {
        let subscribers = names.iter().take(count).map(|queue| {
            let mut subscriber = one.clone();
            subscriber.queue = queue;
            subscriber
        });
        Template::of(&Wiring { subscribers: subscribers.collect(), ..Wiring::default() }).render()
    };
    assert!(spread(40).is_ok());
    let faults = spread(60).unwrap_err().faults;
    assert!(matches!(faults[..], [TemplateFault::Resources { queues: 60, .. }]), "{faults:?}");

    let mut many = one.clone();
    many.events = (0..151).map(|n| &*Box::leak(format!("Event{n}").into_boxed_str())).collect();
    let wiring = Wiring { subscribers: vec![many], ..Wiring::default() };
    let faults = Template::of(&wiring).render().unwrap_err().faults;
    assert!(
        matches!(faults[..], [TemplateFault::Broker(BrokerFault::Filter { events: 151, .. })]),
        "{faults:?}"
    );
}

#[test]
fn an_alarm_on_lag_tells_of_a_second_to_a_day() {
    for (lag, fault) in [
        (Duration::ZERO, Some(0)),
        (Duration::from_nanos(1), None),
        (Duration::from_secs(86_400), None),
        (Duration::from_millis(86_400_001), Some(86_401)),
        (Duration::MAX, Some(u64::MAX)),
    ] {
        let faults = Template::of(&wiring()).max_lag(lag).render().err().map(|error| error.faults);
        assert_eq!(faults, fault.map(|seconds| vec![TemplateFault::Lag { seconds }]));
    }
}

#[test]
fn pollers_have_limits_of_their_own() {
    let range = |setting, value, least, most| TemplateFault::Range { setting, value, least, most };
    let faults = |least, most| {
        let rendered = Template::of(&wiring()).provisioned_pollers(least, most).render();
        rendered.err().map(|error| error.faults).unwrap_or_default()
    };
    assert_eq!(faults(2, 2), []);
    assert_eq!(faults(200, 10_000), []);
    let (least, most) = ("provisioned_pollers least", "provisioned_pollers most");
    assert_eq!(faults(1, 1), [range(least, 1, 2, 200), range(most, 1, 2, 10_000)]);
    assert_eq!(faults(20, 10), [range(most, 10, 20, 10_000)]);
    assert_eq!(faults(201, 10_001), [range(least, 201, 2, 200), range(most, 10_001, 201, 10_000)]);
}

#[test]
fn a_prefix_must_leave_room_for_the_names_of_tables() {
    let alone = Template::of(&Wiring::default());
    assert!(alone.clone().prefix("x".repeat(246)).render().is_ok());
    let faults = alone.prefix("x".repeat(247)).render().unwrap_err().faults;
    assert!(matches!(faults[..], [TemplateFault::Table { length: 256, .. }]), "{faults:?}");
}

#[test]
fn a_handler_that_is_tried_more_often_than_its_queue_hands_a_message_over_is_refused() {
    let mut wiring = wiring();
    wiring.subscribers.retain(|subscriber| subscriber.kind != cqrs_core::app::SubscriberKind::Projection);
    wiring.subscribers[0].attempts = Some(8);
    let handler = wiring.subscribers[0].name.to_owned();
    let template = Template::of(&wiring);
    assert!(template.clone().receives(9).render().is_ok());
    let faults = template.receives(8).render().unwrap_err().faults;
    assert_eq!(faults, [TemplateFault::Attempts { handler, attempts: 8, receives: 8 }]);
}
