use jsonschema::Validator;
use serde_json::{Value, json};

use crate::house::{Sell, built, listing, sold};
use crate::{contracts, samples};

/// The validator of one definition of a document.
fn of(document: &Value, name: &str) -> Validator {
    assert!(document["$defs"].get(name).is_some(), "{name} is not in {document:#}");
    let schema = json!({ "$ref": format!("#/$defs/{name}"), "$defs": document["$defs"] });
    jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{error}: {schema:#}"))
}

#[track_caller]
fn takes(document: &Value, name: &str, value: &Value) {
    if let Err(error) = of(document, name).validate(value) {
        panic!("{name} does not take {value}: {error} ({:#})", document["$defs"][name]);
    }
}

#[test]
fn what_serde_writes_matches_its_schema() {
    let document = contracts().json_schemas();
    jsonschema::draft202012::meta::validate(&document).unwrap();
    let mut values = 0;
    for (name, samples) in samples(60) {
        let validator = of(&document, &name);
        for sample in samples {
            if let Err(error) = validator.validate(&sample) {
                panic!("{name} does not take {sample}: {error} ({:#})", document["$defs"][&name]);
            }
            values += 1;
        }
    }
    assert!(values > 5_000, "only {values}");
    for event in built() {
        takes(&document, "HouseBuilt", &serde_json::to_value(event).unwrap());
    }
    takes(&document, "HouseBuiltV1", &json!({ "rooms": 3 }));
    takes(&document, "house_sold_", &serde_json::to_value(sold()).unwrap());
    takes(&document, "Sell", &serde_json::to_value(Sell { price: 1, reserved: None }).unwrap());
    takes(&document, "Listing", &serde_json::to_value(listing()).unwrap());
}

#[test]
fn what_a_schema_cannot_take_is_refused() {
    let document = contracts().json_schemas();
    let refused = |name: &str, value: Value| {
        assert!(!of(&document, name).is_valid(&value), "{name} takes {value}");
    };
    refused("HouseBuiltV1", json!({}));
    refused("HouseBuiltV1", json!({ "rooms": -1 }));
    refused("HouseBuiltV1", json!({ "rooms": 4_294_967_296_u64 }));
    let mut event = serde_json::to_value(&built()[0]).unwrap();
    event["plan"]["rooms"][0]["rooms"][0]["name"] = 7.into();
    refused("HouseBuilt", event);
    let mut event = serde_json::to_value(&built()[1]).unwrap();
    event["heating"]["kind"] = "solar".into();
    refused("HouseBuilt", event);
    refused("Sell", json!({ "price": "1" }));
    refused("Listing", json!({ "heatings": [], "cellar": {}, "note": 7 }));
}

/// A schema that only a function knows may be anything. So may a field of a view whose type has no shape.
#[test]
fn what_is_not_known_is_said_to_be_anything() {
    let document = contracts().json_schemas();
    assert_eq!(document["$defs"]["house_sold_V1"], json!({ "title": "house.sold! (schema 1)" }));
    assert_eq!(document["$defs"]["Listing"]["properties"]["cellar"], json!({ "title": "Unshaped" }));
    assert_eq!(document["$defs"]["Listing"]["properties"]["askedPrice"]["type"], json!(["integer", "null"]));
}
