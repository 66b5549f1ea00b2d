use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = &Client::new(&config);
    run(service_fn(|event: LambdaEvent<Value>| async move {
        let account = AttributeValue::S(event.payload.to_string());
        client.put_item().table_name("accounts").item("pk", account).send().await?;
        Ok::<_, Error>(event.payload)
    }))
    .await
}
