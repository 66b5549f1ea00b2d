use serde::Serialize;

use crate::output::{tell, tell_value};
use crate::session::Session;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spent {
    requests: u64,
    read_units: f64,
    write_units: f64,
    stream_requests: u64,
}

/// Tells what a call has spent, if that was requested.
pub(crate) fn tell_spent(session: &Session) {
    let Some(target) = session.opened().filter(|_| session.options.spend) else { return };
    let Some(dynamo) = &target.dynamo else {
        return tell("`--spend` needs the DynamoDB of the app: add `.dynamo(&dynamo)` to the `Target`");
    };
    let cost = dynamo.cost();
    if session.out.is_json() {
        let spent = Spent {
            requests: cost.requests,
            read_units: cost.read_units,
            write_units: cost.write_units,
            stream_requests: cost.stream_requests,
        };
        tell_value(&serde_json::json!({ "spent": spent }));
    } else {
        tell(&format!("spent: {cost}"));
    }
}
