use crate::office::Office;

#[tokio::test]
async fn a_topic_takes_what_it_is_told_to_and_keeps_what_it_takes() {
    let office = Office::new().await;
    let size = async || {
        let asked = office.broker.sns().get_topic_attributes().topic_arn(&office.topic.arn).send().await;
        asked.unwrap().attributes.unwrap().get("MaximumMessageSize").cloned()
    };
    assert_eq!(size().await, None, "what SNS gives it");
    for bytes in [1024 * 1024, 1024] {
        let other = office.broker.clone().max_message_bytes(bytes);
        assert_eq!(other.create(&office.app).await.unwrap(), office.topic);
        assert_eq!(size().await, Some(bytes.to_string()));
        office.broker.create(&office.app).await.unwrap();
        assert_eq!(size().await, Some(bytes.to_string()), "nothing was said, nothing is changed");
    }
}
