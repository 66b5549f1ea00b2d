//! A topic of the emulator, and queues that are subscribed to it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use cqrs_core::delivery::RetryPolicy;
use cqrs_dynamo::SnsPublisher;
use cqrs_tests::emulator::{Emulator, prefix};
use serde_json::Value;

use crate::requests::{Answer, Publish, Requests};

/// A topic of its own for one test.
pub(crate) struct Topic {
    conf: aws_config::SdkConfig,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
    pub(crate) arn: String,
    name: String,
}

/// A queue that is subscribed with raw delivery.
pub(crate) struct Inbox {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

/// A message as the queue gave it.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) text: String,
    /// Kind and value.
    pub(crate) attributes: BTreeMap<String, (String, String)>,
    /// The message group, where it has one.
    pub(crate) group: Option<String>,
}

impl Got {
    /// The commit's sort key.
    pub(crate) fn sk(&self) -> String {
        let record: Value = serde_json::from_str(&self.text).unwrap();
        record["sk"].as_str().unwrap().to_owned()
    }
}

impl Topic {
    pub(crate) async fn standard() -> Self {
        Self::on(Emulator::shared(), "").await
    }

    pub(crate) async fn fifo() -> Self {
        Self::on(Emulator::shared(), ".fifo").await
    }

    pub(crate) async fn on(emulator: &Emulator, suffix: &str) -> Self {
        let conf = emulator.sdk_config();
        let sns = aws_sdk_sns::Client::new(&conf);
        let sqs = aws_sdk_sqs::Client::new(&conf);
        let name = format!("{}relay{suffix}", prefix());
        let mut create = sns.create_topic().name(&name);
        if !suffix.is_empty() {
            create = create.attributes("FifoTopic", "true");
        }
        let arn = create.send().await.unwrap().topic_arn.unwrap();
        Self { conf, sns, sqs, arn, name }
    }

    /// Tells the topic what it takes in a message.
    pub(crate) async fn take(&self, bytes: usize) {
        let request =
            self.sns.set_topic_attributes().topic_arn(&self.arn).attribute_name("MaximumMessageSize");
        request.attribute_value(bytes.to_string()).send().await.unwrap();
    }

    /// A queue, with a filter policy on the attributes.
    pub(crate) async fn inbox(&self, filter: Option<&str>) -> Inbox {
        let name = format!("{}{}", prefix(), self.name);
        let mut create = self.sqs.create_queue().queue_name(&name);
        if name.ends_with(".fifo") {
            create = create.attributes(QueueAttributeName::FifoQueue, "true");
        }
        let url = create.send().await.unwrap().queue_url.unwrap();
        let arn = QueueAttributeName::QueueArn;
        let got = self.sqs.get_queue_attributes().queue_url(&url).attribute_names(arn.clone()).send().await;
        let arn = got.unwrap().attributes.unwrap().remove(&arn).unwrap();
        let mut subscribe = self
            .sns
            .subscribe()
            .topic_arn(&self.arn)
            .protocol("sqs")
            .endpoint(arn)
            .attributes("RawMessageDelivery", "true");
        if let Some(filter) = filter {
            subscribe = subscribe.attributes("FilterPolicy", filter);
        }
        subscribe.send().await.unwrap();
        Inbox { sqs: self.sqs.clone(), url }
    }

    /// A publisher whose requests all go through, and what became of them.
    pub(crate) fn publisher(&self) -> (SnsPublisher, Requests) {
        self.publisher_with(|_| Answer::Through)
    }

    /// A publisher whose requests meet what `plan` says; it sends them again without waiting, without the
    /// SDK's own retries.
    pub(crate) fn publisher_with(
        &self,
        plan: impl Fn(&Publish) -> Answer + Send + Sync + 'static,
    ) -> (SnsPublisher, Requests) {
        let requests = Requests::new(self.conf.http_client().unwrap(), plan);
        let conf = self.conf.to_builder().http_client(requests.clone()).retry_config(RetryConfig::disabled());
        let client = aws_sdk_sns::Client::new(&conf.build());
        let retry = RetryPolicy { attempts: 3, base: Duration::ZERO, cap: Duration::ZERO };
        (SnsPublisher::new(client, &self.arn).with_retry(retry), requests)
    }
}

impl Inbox {
    /// All that is in the queue, which is empty after this.
    pub(crate) async fn all(&self) -> Vec<Got> {
        let mut all = Vec::new();
        loop {
            let received = self
                .sqs
                .receive_message()
                .queue_url(&self.url)
                .max_number_of_messages(10)
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::All)
                .send()
                .await
                .unwrap();
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                return all;
            }
            for message in messages {
                let attributes = message.message_attributes.unwrap_or_default().into_iter();
                let attributes =
                    attributes.map(|(name, value)| (name, (value.data_type, value.string_value.unwrap())));
                let system = message.attributes.unwrap_or_default();
                all.push(Got {
                    text: message.body.unwrap(),
                    attributes: attributes.collect(),
                    group: system.get(&MessageSystemAttributeName::MessageGroupId).cloned(),
                });
                let receipt = message.receipt_handle.unwrap();
                self.sqs.delete_message().queue_url(&self.url).receipt_handle(receipt).send().await.unwrap();
            }
        }
    }

    /// The sort keys of all commits that are in the queue.
    pub(crate) async fn sks(&self) -> Vec<String> {
        self.all().await.iter().map(Got::sk).collect()
    }
}
