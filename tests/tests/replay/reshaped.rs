//! What a process remembers about views that a replay has replaced is forgotten, wherever the replay ran.

use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::Extent;
use cqrs_core::view::{ViewStore, Write};
use cqrs_tests::bank::{AccountKey, deposit};
use cqrs_tests::commits;
use cqrs_tests::faults::{Fault, Faults};
use serde_json::json;

use crate::world::*;

/// The views of one projection as the earlier program had them, without one field.
async fn reshape(world: &World, kind: Kind) {
    let views = world.dynamo.views();
    let all = all(&views, &Extent::Segment { number: 0, of: 1 }).await;
    for view in all.into_iter().filter(|view| view.id.pk.ends_with(&format!("#{kind:?}").to_uppercase())) {
        let mut old = view.clone();
        old.data = json!({ "euros": 1 });
        assert_eq!(views.put(&old, view.revision()).await.unwrap(), Write::Done);
    }
}

/// Delivers all commits of the store again, to one projection.
async fn deliver_again(world: &World, app: &App, kind: Kind) -> Vec<Verdict> {
    let commits = commits::scan(&world.dynamo.event_store(), &Extent::Segment { number: 0, of: 1 }).await;
    let received = |commit| Received::new(Message::of(app, commit).body);
    let batch: Vec<Received> = commits
        .iter()
        .filter(|commit| kind == Kind::Wealth || commit.version.get() > 1)
        .map(received)
        .collect();
    let consumer = app.consumer(&format!("{kind:?}")).unwrap();
    let mut verdicts = Vec::new();
    // One by one: of several, each would be tried again on its own.
    for message in &batch {
        verdicts.extend(consumer.take(std::slice::from_ref(message)).await);
    }
    verdicts
}

#[tokio::test]
async fn a_remembered_view_of_before_is_dropped() {
    for kind in KINDS {
        for same_process in [true, false] {
            let case = format!("{kind:?}, same process: {same_process}");
            let world = World::new().await;
            reshape(&world, kind).await;
            // A message that comes twice makes it look at the old view, but at nothing in it.
            let app = world.app();
            deliver_again(&world, &app, kind).await;
            let another = world.app();
            let replaying = if same_process { &app } else { &another };
            // While it is under way, live views of the old shape are carried along.
            let faults = Faults::new(&world.database, |call| match call.operation.as_str() {
                "Scan" if call.is_for("views") => Fault::Answer(500, "InternalServerError"),
                _ => Fault::None,
            });
            let interrupted = kind.replay(&crate::world::app(&faults.dynamo_without_retries()), None).await;
            assert_eq!(interrupted.is_err(), kind == Kind::Wealth, "{case}");
            for cents in [1, 2] {
                app.execute(&AccountKey::new(&tenant("NORTH"), "1"), deposit(cents)).await.unwrap();
                let verdicts = deliver_again(&world, &app, kind).await;
                assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Done), "{case}: {verdicts:?}");
            }
            kind.replay(replaying, None).await.unwrap();
            app.execute(&AccountKey::new(&tenant("NORTH"), "1"), deposit(3)).await.unwrap();
            let verdicts = deliver_again(&world, &app, kind).await;
            assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Done), "{case}: {verdicts:?}");
            world.assert_whole(kind, &case).await;
        }
    }
}
