use std::fmt::Write;

use cqrs_core::contract::Integers;
use serde_json::Value;

use crate::house::{Sell, built, listing, sold};
use crate::{check, contracts, samples};

/// What a consumer may and may not do with the types.
const PROGRAM: &str = r#"
export function price(commit: t.HouseCommit): t.Integer64 | null {
  for (const event of [commit, ...(commit.rest ?? [])]) {
    if (event.schema === 2 && event.type === "house.sold!") return event.data.price;
    if (event.schema === 2 && event.type === "HouseBuilt") {
      const heating = event.data.heating;
      return heating.kind === "boiler" ? heating.litres : event.data.cost;
    }
  }
  // @ts-expect-error it has no such field
  void commit.data.colour;
  return null;
}

// @ts-expect-error the field is missing
export const missing: t.HouseBuiltV1 = {};
// @ts-expect-error it is a number
export const text: t.HouseBuiltV1 = { rooms: "3" };
// @ts-expect-error there is no such case
export const solar: t.HouseBuilt["heating"] = { kind: "solar" };
// @ts-expect-error a room inside of a room is a room
export const wrong: t.Room = { name: "house", rooms: [{ name: "hall", rooms: [{}] }] };
// @ts-expect-error nothing is known of it
export const depth: number = ({} as t.Listing).cellar.depth;
"#;

fn declared(program: &mut String, number: usize, name: &str, value: &Value) {
    let _ = writeln!(program, "export const v{number}: t.{name} = {value};");
}

#[test]
fn what_serde_writes_is_assigned_to_its_type() {
    let mut values: Vec<(String, Value)> = samples(12)
        .into_iter()
        .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)))
        .collect();
    let mut add = |name: &str, value: Value| values.push((name.to_owned(), value));
    for event in built() {
        add("HouseBuilt", serde_json::to_value(event).unwrap());
    }
    add("HouseBuiltV1", serde_json::json!({ "rooms": 3 }));
    add("house_sold_", serde_json::to_value(sold()).unwrap());
    add("house_sold_V1", serde_json::json!({ "anything": [true] }));
    add("Sell", serde_json::to_value(Sell { price: 1, reserved: None }).unwrap());
    add("Listing", serde_json::to_value(listing()).unwrap());
    let mut program = "import type * as t from \"./contracts\";\n".to_owned();
    for (number, (name, value)) in values.iter().enumerate() {
        declared(&mut program, number, name, value);
    }
    assert!(values.len() > 1_000, "only {}", values.len());
    program.push_str(PROGRAM);

    let folder = tempfile::tempdir().unwrap();
    let (types, used) = (folder.path().join("contracts.ts"), folder.path().join("program.ts"));
    std::fs::write(&types, contracts().typescript(Integers::Number)).unwrap();
    std::fs::write(&used, program).unwrap();
    check("typescript", &[&used]);
    std::fs::write(&types, contracts().typescript(Integers::BigInt)).unwrap();
    check("typescript", &[&types]);
}

#[test]
fn a_module_reads_like_the_domain() {
    let text = contracts().typescript(Integers::Number);
    for line in [
        "export type HouseBuiltV1 = { rooms: number };",
        "export type Room = { name: string; rooms: Room[] };",
        "export type HouseBuilt = { plan: Room; heating: Heating; cost: Integer64; owner?: string | null };",
        "export type house_sold_ = { price: Integer64; shares: { [key: string]: number } };",
        "  | { type: \"house.sold!\" | \"HouseGone\"; schema: 2; data: house_sold_ }",
        "export type Listing = { askedPrice?: Integer64 | null; heatings: Heating[]; cellar: unknown; note?: string | null };",
    ] {
        assert!(text.contains(line), "`{line}` is missing in {text}");
    }
}
