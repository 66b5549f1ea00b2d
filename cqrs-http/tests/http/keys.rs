//! Fields of keys are read as their own types, in a path and as a parameter.

use cqrs_core::prelude::*;
use cqrs_http::Api;
use serde_json::Value;

use crate::bank::{Furnish, Room, RoomFurnished, Teller, app};
use crate::client::Client;

#[projection(Room)]
#[derive(Default)]
pub struct Furniture {
    beds: u64,
}

#[projection(Room)]
impl Furniture {
    #[apply]
    fn furnished(&mut self, event: &RoomFurnished) {
        self.beds += u64::from(event.beds);
    }
}

/// The number is not the last field of its key.
#[projection(key(beds: u32, kind: String))]
#[derive(Default)]
pub struct Size {
    rooms: u32,
}

#[projection(key(beds, kind))]
impl Size {
    #[apply(key(beds = u32::from(event.beds), kind = "room".to_owned()))]
    fn furnished(&mut self, event: &RoomFurnished) {
        let _ = event;
        self.rooms += 1;
    }
}

#[tokio::test]
async fn a_field_of_a_key_is_the_same_in_a_path_and_as_a_parameter() {
    let app = app();
    let api = Api::<Teller>::new(&app)
        .command::<Room, Furnish>()
        .view_at::<Furniture>("/furniture/{hotel}/{roomNumber}")
        .query_at::<Furniture>("/furniture")
        .query_at::<Size>("/sizes");
    let hotel = Client::new(&api.router().unwrap(), "BANK/ada");
    let furnished = hotel.post("/hotel-rooms/ritz/7/furnish", &[], r#"{"beds": 2, "extras": []}"#).await;
    assert_eq!(furnished.status, 200);
    app.run_until_idle().await.unwrap();

    assert_eq!(hotel.get("/furniture/ritz/007", &[]).await.status, 200);
    let listed = async |path: &str| hotel.get(path, &[]).await.json()["items"].as_array().map(Vec::len);
    for path in [
        "/furniture?hotel=ritz&roomNumber=7",
        "/furniture?hotel=ritz&roomNumber=007",
        "/furniture?hotel=ritz",
        "/sizes?beds=2",
        "/sizes?beds=02",
        "/sizes?beds=02&kind=room",
        "/sizes?beds=2&kind.prefix=ro",
    ] {
        assert_eq!(listed(path).await, Some(1), "{path}");
    }
    assert_eq!(listed("/sizes?beds=3").await, Some(0));
    for (path, parameter) in [
        ("/furniture?hotel=ritz&roomNumber=abc", "roomNumber"),
        ("/furniture?hotel=ritz&roomNumber=", "roomNumber"),
        ("/furniture?hotel=", "hotel"),
        ("/furniture?hotel.prefix=r", "hotel"),
        ("/sizes?beds=abc", "beds"),
        ("/sizes?beds=-1&kind=room", "beds"),
        ("/sizes?beds=2&kind=", "kind"),
    ] {
        let refused = hotel.get(path, &[]).await;
        assert_eq!(refused.problem(), (400, "wrong-parameter".into()), "{path}");
        assert_eq!(refused.json()["parameter"], Value::from(parameter), "{path}");
    }
}
