use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sns::Client;
use aws_sdk_sns::error::SdkError;
use aws_sdk_sns::operation::get_topic_attributes::GetTopicAttributesError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use cqrs_core::delivery::MAX_MESSAGE_BYTES;

use crate::topology::MESSAGE_BYTES_ATTRIBUTE;

/// The largest message that a topic takes: given, or read from the topic. Clones share what was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Limit {
    given: Option<usize>,
    /// 0 if unknown.
    read: Arc<AtomicUsize>,
}

impl Limit {
    pub(super) fn given(bytes: usize) -> Self {
        Self { given: Some(bytes), read: Arc::default() }
    }

    /// The limit, if known.
    pub(super) fn known(&self) -> Option<usize> {
        self.given.or_else(|| Some(self.read.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0))
    }

    /// The topic is asked again next time.
    pub(super) fn forget(&self) {
        self.read.store(0, Ordering::Relaxed);
    }

    /// Uses the default until the topic is asked again.
    pub(super) fn assume(&self) -> usize {
        self.read.store(MAX_MESSAGE_BYTES, Ordering::Relaxed);
        MAX_MESSAGE_BYTES
    }

    /// Asks the topic.
    pub(super) async fn read(
        &self,
        client: &Client,
        topic_arn: &str,
    ) -> Result<usize, SdkError<GetTopicAttributesError, HttpResponse>> {
        let attributes = client.get_topic_attributes().topic_arn(topic_arn).send().await?.attributes;
        let attributes = attributes.unwrap_or_default();
        let said = attributes.get(MESSAGE_BYTES_ATTRIBUTE).and_then(|bytes| bytes.parse().ok());
        let bytes = said.filter(|bytes| *bytes > 0).unwrap_or(MAX_MESSAGE_BYTES);
        self.read.store(bytes, Ordering::Relaxed);
        Ok(bytes)
    }
}
