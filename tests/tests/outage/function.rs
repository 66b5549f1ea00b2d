//! Functions behind SQS: Lambda delivers a message again as often as it fails.

use std::future::pending;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use cqrs_core::delivery::Message;
use cqrs_core::prelude::*;
use cqrs_core::{EventStore, Version};
use cqrs_dynamo::lambda::QueueFunction;

use crate::process::FAULTS;
use crate::shop::{ALL, ATTEMPTS, MANY, Mail, Part, Shop, TILLS, TillKey};

/// All sales, as Lambda hands them over the `receives`-th time.
async fn event(shop: &Shop, receives: u32) -> SqsEvent {
    let mut event = SqsEvent::default();
    for number in TILLS {
        let stream = TillKey::new(&Tenant::new("T").unwrap(), number).stream().unwrap();
        let page = shop.dynamo.event_store().read(&stream, Version::NONE, Version::MAX).await.unwrap();
        for commit in &page.commits {
            let mut record = SqsMessage::default();
            record.message_id = Some(Message::of(&shop.app, commit).id);
            record.body = Some(Message::of(&shop.app, commit).body);
            record.attributes.insert("ApproximateReceiveCount".to_owned(), receives.to_string());
            event.records.push(record);
        }
    }
    event
}

#[tokio::test]
async fn a_function_hands_back_what_waits_for_a_table_however_often_it_comes() {
    for parts in [
        &[Part::Table("events")] as &[Part],
        &[Part::Table("snapshots")],
        &[Part::Table("views")],
        &[Part::Table("delivery")],
    ] {
        for fault in FAULTS {
            let context = format!("{parts:?} {fault:?}");
            let shop = Shop::open().await;
            let mail = Mail::open(&shop).await;
            shop.sell().await;
            shop.sell().await;
            let app = shop.process(Duration::ZERO);
            let functions: Vec<_> = ALL
                .iter()
                .map(|name| {
                    let queue = mail.topic.queues.iter().find(|queue| queue.queue == *name).unwrap();
                    QueueFunction::new(&mail.broker, &app, name, queue.dead_letters_url.clone()).unwrap()
                })
                .collect();
            shop.down.begin(parts, fault);
            let mut failed = 0;
            for receives in [1, ATTEMPTS, MANY, 399] {
                for function in &functions {
                    let response = function.answer(event(&shop, receives).await, pending()).await;
                    failed += response.batch_item_failures.len();
                }
            }
            // Nothing waits for snapshots.
            assert_eq!(failed > 0, parts != [Part::Table("snapshots")], "{context}");
            assert!(shop.down.refused() > 0, "{context}");
            mail.check(&context).await;

            shop.down.end();
            for function in &functions {
                let response = function.answer(event(&shop, MANY).await, pending()).await;
                assert!(response.batch_item_failures.is_empty(), "{context}");
            }
            shop.check(&context).await;
            mail.check(&context).await;
        }
    }
}
