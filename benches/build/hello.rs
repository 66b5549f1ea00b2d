use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    let account = AttributeValue::S("4711".into());
    let cents = AttributeValue::N("500".into());
    client.put_item().table_name("accounts").item("pk", account.clone()).item("cents", cents).send().await?;
    let read = client.query().table_name("accounts").key_condition_expression("pk = :pk");
    let found = read.expression_attribute_values(":pk", account).send().await?;
    println!("{:?}", found.items());
    Ok(())
}
