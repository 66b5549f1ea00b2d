use cqrs_core::App;
use cqrs_core::testing::wiring;
use cqrs_dynamo::Dynamo;

wiring!();

#[tokio::test]
async fn the_api_can_be_made() {
    let app = App::builder(Dynamo::embedded_in_memory().await.unwrap()).build().unwrap();
    assert!(crate::api(&app).router().is_ok());
}
