use std::ops::Range;

use cqrs_core::delivery::Message;

/// The most messages in one request (Amazon SNS API Reference, "PublishBatch"). Together they may be as large as one message
/// alone; the topic sets that limit.
pub(crate) const ENTRIES: usize = 10;

/// Divides messages into as few batches as their order allows.
pub(crate) fn pack(messages: &[Message], max_bytes: usize) -> Vec<Range<usize>> {
    let mut batches: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (place, message) in messages.iter().enumerate() {
        let own = message.bytes();
        match batches.last_mut() {
            Some(batch) if batch.len() < ENTRIES && bytes + own <= max_bytes => {
                batch.end = place + 1;
                bytes += own;
            }
            _ => {
                batches.push(place..place + 1);
                bytes = own;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {

    use cqrs_core::store::MemoryEventStore;
    use cqrs_core::{App, Commit, Metadata, StoredEvent, StreamKey, Timestamp, Version};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn messages(sizes: &[usize]) -> Vec<Message> {
        let app = App::builder(MemoryEventStore::new()).only([]).build().unwrap();
        let commit = |(place, size): (usize, &usize)| {
            let event = StoredEvent::new("OrderCreated", 1, json!({ "text": "x".repeat(*size) }));
            let metadata = Metadata::new("c", Timestamp::from_unix_millis(0));
            let stream = StreamKey::new("T#ORDER", "ORDER#1").unwrap();
            Commit::new(stream, Version::new(place as u64 + 1), vec![event], metadata)
        };
        sizes.iter().enumerate().map(commit).map(|commit| Message::of(&app, &commit)).collect()
    }

    proptest! {
        #[test]
        fn batches_hold_all_in_order_and_what_fits(
            sizes in prop::collection::vec(prop_oneof![0..100_usize, 0..300_000_usize], 0..40),
            max_bytes in prop::sample::select(vec![256 * 1024, 300_000, 1024 * 1024]),
        ) {
            let messages = messages(&sizes);
            let batches = pack(&messages, max_bytes);
            prop_assert_eq!(batches.iter().cloned().flatten().collect::<Vec<_>>(), (0..sizes.len()).collect::<Vec<_>>());
            let bytes = |batch: &Range<usize>| messages[batch.clone()].iter().map(Message::bytes).sum::<usize>();
            for batch in &batches {
                prop_assert!((1..=ENTRIES).contains(&batch.len()));
                prop_assert!(bytes(batch) <= max_bytes);
            }
            for pair in batches.windows(2) {
                let more = bytes(&(pair[0].start..pair[0].end + 1));
                prop_assert!(pair[0].len() == ENTRIES || more > max_bytes, "a batch ends too early");
            }
        }
    }
}
