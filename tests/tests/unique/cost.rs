//! The cost of unique values on DynamoDB.

use cqrs_dynamo::Dynamo;

use crate::hotel::{Note, app, email, guest, owner, register};

#[tokio::test]
async fn a_command_that_leaves_them_alone_costs_what_it_did() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo);
    // The first one in a process learns that all values are reserved, and the first one of all notes it.
    app.execute(&guest("0"), register("0@example.com")).await.unwrap();
    app.execute(&guest("1"), Note).await.unwrap();

    let spent = dynamo.spent(app.execute(&guest("1"), Note)).await;
    assert_eq!(spent.requests(1).wcu(1).rcu(0).names, ["PutItem"]);
    let spent = dynamo.spent(app.execute(&guest("1"), email("a@example.com"))).await;
    assert_eq!(spent.requests(1).wcu(4).rcu(0).names, ["TransactWriteItems"], "commit and value");
    let spent = dynamo.spent(app.execute(&guest("1"), email("b@example.com"))).await;
    assert_eq!(spent.requests(1).wcu(6).rcu(0).names, ["TransactWriteItems"], "commit, new value, old value");
    let spent = dynamo.spent(app.execute(&guest("2"), email("b@example.com"))).await;
    assert_eq!(
        spent.requests(2).names,
        ["Query", "TransactWriteItems"],
        "a refusal of a state that was read"
    );
    let spent = dynamo.spent(owner(&app, "b@example.com")).await;
    assert_eq!(spent.requests(1).rcu(1).names, ["GetItem"]);
}

#[tokio::test]
async fn another_process_asks_once_for_each_field() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    app(&dynamo).execute(&guest("1"), register("a@example.com")).await.unwrap();
    let fresh = app(&dynamo);
    let spent = dynamo.spent(fresh.execute(&guest("1"), email("b@example.com"))).await;
    assert_eq!(spent.requests(4).names, ["Query", "GetItem", "GetItem", "TransactWriteItems"]);
    let spent = dynamo.spent(fresh.execute(&guest("1"), email("c@example.com"))).await;
    assert_eq!(spent.requests(1).names, ["TransactWriteItems"]);
}
