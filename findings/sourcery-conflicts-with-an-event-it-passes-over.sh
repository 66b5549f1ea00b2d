#!/usr/bin/env bash
# sourcery 0.2.0 calls it a conflict, for ever, when the last event of a stream is of a kind that the aggregate does not list.
#
# An aggregate lists its events with `#[aggregate(events(...))]`, and its stream is read with a filter for these kinds. What is not listed
# any more, or was written by a newer version before a rollback, is passed over without a word. The version of the aggregate is the
# position of the last event that came through the filter, but the store compares it with the position of the last event of the stream.
# So each command on such an aggregate is a `ConcurrencyConflict`, also when it is tried again, with no other writer. An unlisted event
# that is followed by a listed one does no harm.
#
# Guessed before it was run: the event is passed over and the command is done, or an error names the kind.
# Output seen:
#   deposit, freeze; listed both: done
#   deposit, freeze; listed deposit alone: balance 5, conflict at 1, not 0; once more: conflict at 1, not 0
#   freeze, deposit; listed deposit alone: balance 5, done
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "kinds"
version = "0.0.0"
edition = "2024"

[dependencies]
serde = { version = "1", features = ["derive"] }
sourcery = "=0.2.0"
sourcery-core = "=0.2.0"
sourcery-macros = "=0.2.0"
tokio = { version = "1.48", features = ["macros", "rt"] }
TOML
cat > "$folder/src/main.rs" <<'RUST'
use serde::{Deserialize, Serialize};
use sourcery::repository::CommandError;
use sourcery::store::inmemory::Store;
use sourcery::{Aggregate, Apply, DomainEvent, Handle, Repository};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Deposited(u32);
impl DomainEvent for Deposited {
    const KIND: &'static str = "deposited";
}
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Frozen;
impl DomainEvent for Frozen {
    const KIND: &'static str = "frozen";
}
struct Deposit(u32);
struct Freeze;

#[derive(Debug, Default, Aggregate)]
#[aggregate(id = String, error = String, kind = "account", events(Deposited, Frozen))]
struct Newer(u32);
impl Apply<Deposited> for Newer {
    fn apply(&mut self, event: &Deposited) {
        self.0 += event.0;
    }
}
impl Apply<Frozen> for Newer {
    fn apply(&mut self, _: &Frozen) {}
}
impl Handle<Deposit> for Newer {
    fn handle(&self, command: &Deposit) -> Result<Vec<Self::Event>, String> {
        Ok(vec![Deposited(command.0).into()])
    }
}
impl Handle<Freeze> for Newer {
    fn handle(&self, _: &Freeze) -> Result<Vec<Self::Event>, String> {
        Ok(vec![Frozen.into()])
    }
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(id = String, error = String, kind = "account", events(Deposited))]
struct Older(u32);
impl Apply<Deposited> for Older {
    fn apply(&mut self, event: &Deposited) {
        self.0 += event.0;
    }
}
impl Handle<Deposit> for Older {
    fn handle(&self, command: &Deposit) -> Result<Vec<Self::Event>, String> {
        Ok(vec![Deposited(command.0).into()])
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let accounts = Repository::new(Store::<String, ()>::new());
    macro_rules! run {
        ($aggregate:ty, $id:expr, $command:expr) => {
            match accounts.execute_command::<$aggregate, _>(&$id.to_string(), &$command, &()).await {
                Ok(()) => "done".to_string(),
                Err(CommandError::Concurrency(conflict)) => {
                    format!("conflict at {}, not {}", conflict.actual.unwrap(), conflict.expected.unwrap())
                }
                Err(error) => format!("{error}"),
            }
        };
    }
    run!(Newer, "a", Deposit(5));
    run!(Newer, "a", Freeze);
    let balance = accounts.load::<Older>(&"a".to_string()).await.unwrap().0;
    let (first, again) = (run!(Older, "a", Deposit(1)), run!(Older, "a", Deposit(1)));
    println!("deposit, freeze; listed both: {}", run!(Newer, "a", Deposit(1)));
    println!("deposit, freeze; listed deposit alone: balance {balance}, {first}; once more: {again}");
    run!(Newer, "b", Freeze);
    run!(Newer, "b", Deposit(5));
    let balance = accounts.load::<Older>(&"b".to_string()).await.unwrap().0;
    println!("freeze, deposit; listed deposit alone: balance {balance}, {}", run!(Older, "b", Deposit(1)));
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml" | tee "$folder/seen"
diff - "$folder/seen" <<'EXPECTED'
deposit, freeze; listed both: done
deposit, freeze; listed deposit alone: balance 5, conflict at 1, not 0; once more: conflict at 1, not 0
freeze, deposit; listed deposit alone: balance 5, done
EXPECTED
