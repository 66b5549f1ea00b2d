//! Each release reads the views as it folds them, whichever release has written them.

use std::path::Path;
use std::process::Command;

const V1: &str = env!("CARGO_BIN_EXE_v1");
const V2: &str = env!("CARGO_BIN_EXE_v2");

/// Runs a release to its end, and returns what it prints about the parcels, or the customer.
fn told(program: &str, database: &Path, about: &str) -> Vec<String> {
    let output = Command::new(program).arg(database).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(str::trim).filter(|line| line.starts_with(about));
    lines.map(str::to_owned).collect()
}

fn parcels(program: &str, database: &Path) -> Vec<String> {
    told(program, database, "P-")
}

#[test]
fn a_deployment_and_its_rollback_read_every_parcel_as_they_make_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("parcels.db");
    let v1 = |id: u32, place: &str| format!("P-{id}: ParcelStatus {{ place: {place:?} }}");
    let v2 = |id: u32, last_seen: &str, stops: u32| {
        format!("P-{id}: ParcelStatus {{ last_seen: {last_seen:?}, stops: {stops} }}")
    };
    assert_eq!(parcels(V1, &database), [v1(1, "counter")]);
    assert_eq!(parcels(V1, &database), [v1(1, "depot 2"), v1(2, "counter")]);
    // The second parcel gets a commit from the new release, the first one gets none.
    let seen = [v2(1, "depot 2", 1), v2(2, "depot 3", 1), v2(3, "counter", 0)];
    assert_eq!(parcels(V2, &database), seen);
    let seen = [v1(1, "depot 2"), v1(2, "depot 3"), v1(3, "depot 4"), v1(4, "counter")];
    assert_eq!(parcels(V1, &database), seen);
    let seen = parcels(V2, &database);
    assert_eq!(seen[2..], [v2(3, "depot 4", 1), v2(4, "depot 5", 1), v2(5, "counter", 0)]);
}

#[test]
fn each_release_counts_all_of_a_customers_parcels_in_its_own_way() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("parcels.db");
    let mut sent = 0;
    for (program, grams) in [(V1, 250), (V1, 250), (V2, 300), (V1, 250), (V2, 300), (V2, 300), (V1, 250)] {
        sent += 1;
        let total = sent * grams;
        let expected = format!("CUST-001: CustomerTotals {{ parcels: {sent}, grams: {total} }}");
        assert_eq!(told(program, &database, "CUST"), [expected]);
    }
}
