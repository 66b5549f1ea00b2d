use std::convert::Infallible;

use axum::http::StatusCode;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_http::{Api, axum};

use crate::bank::Teller;
use crate::client::Client;

#[event(unhandled = "nobody asks for it")]
pub struct Divided {
    pub share: u32,
}

#[command]
pub struct Divide {
    pub by: u32,
}

#[aggregate(entity = "CAKE")]
#[derive(Default)]
pub struct Cake;

#[aggregate]
impl Cake {
    #[command]
    fn divide(&self, command: &Divide) -> Result<Divided, Infallible> {
        Ok(Divided { share: 12 / command.by })
    }

    #[apply]
    fn divided(&mut self, _: &Divided) {}
}

#[tokio::test]
async fn a_command_that_panics_is_a_fault_of_the_server_and_no_end_of_it() {
    let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build().unwrap();
    let router = Api::<Teller>::new(&app).command::<Cake, Divide>().router().unwrap();
    let client = Client::new(&router, "BANK/teller-1");

    let answer = client.post("/cakes/1/divide", &[], r#"{"by":0}"#).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.json()["status"], 500);
    assert!(!answer.json().to_string().contains("divide"), "{}", answer.json());

    // The key is free, and the state is what it was.
    let answer = client.post("/cakes/1/divide", &[], r#"{"by":3}"#).await;
    assert_eq!(answer.json()["version"], 1);
}
