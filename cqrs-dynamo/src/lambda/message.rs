use aws_lambda_events::event::sqs::{SqsMessage, SqsMessageAttribute};
use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};

use crate::broker::ReceivedMessage;

/// A message as Lambda passes it, as a type of the SDK.
impl From<SqsMessage> for ReceivedMessage {
    fn from(message: SqsMessage) -> Self {
        let system = message.attributes.into_iter();
        let system = system.map(|(name, value)| (MessageSystemAttributeName::from(name.as_str()), value));
        let attributes = message.message_attributes.into_iter();
        let attributes = attributes.filter_map(|(name, value)| Some((name, attribute(value)?)));
        Message::builder()
            .set_message_id(message.message_id)
            .set_receipt_handle(message.receipt_handle)
            .set_body(message.body)
            .set_attributes(Some(system.collect()))
            .set_message_attributes(Some(attributes.collect()))
            .build()
            .into()
    }
}

/// No attribute of a commit is binary.
fn attribute(value: SqsMessageAttribute) -> Option<MessageAttributeValue> {
    let kind = value.data_type.unwrap_or_else(|| "String".to_owned());
    MessageAttributeValue::builder().data_type(kind).string_value(value.string_value?).build().ok()
}
