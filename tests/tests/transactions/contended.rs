//! Many at once, in two processes, on a few streams.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cqrs_core::Outcome;
use cqrs_core::app::Transaction;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank;
use fastrand::Rng;
use futures_util::TryStreamExt;
use tokio::task::JoinSet;

const VAULTS: usize = 10;
const TASKS: u64 = 20;
const TRANSFERS: u64 = 50;
const FIRST_CENTS: u64 = 100;

/// Ensures that no transaction waits for ever: far more than it takes, on any machine.
const WATCHDOG: Duration = Duration::from_secs(300);

#[event]
struct GateMoved {
    to: u64,
}

struct MoveGate;

/// Is only read by the transfers.
#[aggregate(entity = "GATE")]
#[derive(Default)]
struct Gate {
    at: u64,
}

#[aggregate]
impl Gate {
    #[command]
    fn move_on(&self, _: &MoveGate) -> Result<GateMoved, String> {
        Ok(GateMoved { to: self.at + 1 })
    }

    #[apply]
    fn moved(&mut self, event: &GateMoved) {
        self.at = event.to;
    }
}

/// Cents that came in, or went out where they are below zero, and where the gate was.
#[event]
struct VaultChanged {
    cents: i64,
    gate: u64,
}

#[derive(Clone)]
struct Change {
    cents: i64,
    gate: Option<GateKey>,
}

#[aggregate(entity = "VAULT")]
#[derive(Default)]
struct Vault {
    cents: i64,
}

#[aggregate]
impl Vault {
    #[command]
    fn change(&self, command: &Change, context: &CommandContext) -> Result<VaultChanged, String> {
        let gate = match &command.gate {
            Some(gate) => context.state(gate).ok_or("the gate is not read")?.at,
            None => 0,
        };
        if self.cents + command.cents < 0 {
            return Err(format!("only {} cents are left", self.cents));
        }
        Ok(VaultChanged { cents: command.cents, gate })
    }

    #[apply]
    fn changed(&mut self, event: &VaultChanged) {
        self.cents += event.cents;
    }
}

#[event]
struct Summed {
    cents: i64,
}

struct Sum(Vec<VaultKey>);

/// What one transaction sees on all vaults.
#[aggregate(entity = "AUDIT")]
#[derive(Default)]
struct Audit {
    sums: Vec<i64>,
}

#[aggregate]
impl Audit {
    #[command]
    fn sum(&self, command: &Sum, context: &CommandContext) -> Result<Summed, String> {
        let mut cents = 0;
        for vault in &command.0 {
            cents += context.state(vault).ok_or("a vault is not read")?.cents;
        }
        Ok(Summed { cents })
    }

    #[apply]
    fn summed(&mut self, event: &Summed) {
        self.sums.push(event.cents);
    }
}

#[derive(Clone)]
struct World {
    /// As two processes: each has a memory of its own.
    apps: [App; 2],
    vaults: Arc<Vec<VaultKey>>,
    gate: GateKey,
}

/// What was requested, and whether it was done.
#[derive(Debug)]
struct Transfer {
    from: usize,
    to: usize,
    cents: i64,
    done: bool,
}

impl World {
    async fn new() -> Self {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let tenant = bank::tenant();
        let vaults: Vec<_> = (0..VAULTS).map(|number| VaultKey::new(&tenant, number.to_string())).collect();
        let gate = GateKey::new(&tenant, "1");
        let app = || bank::app(dynamo.event_store()).unwrap();
        let world = Self { apps: [app(), app()], vaults: Arc::new(vaults), gate };
        world.apps[0].execute(&world.gate, MoveGate).await.unwrap();
        for vault in world.vaults.iter() {
            let first = Change { cents: FIRST_CENTS.cast_signed(), gate: None };
            world.apps[0].execute(vault, first).await.unwrap();
        }
        world
    }

    fn app(&self, task: u64) -> &App {
        &self.apps[usize::from(!task.is_multiple_of(2))]
    }

    async fn transfers(self, task: u64, ended: Arc<AtomicU64>) -> HashMap<String, Transfer> {
        let mut rng = Rng::with_seed(task);
        let mut all = HashMap::new();
        for number in 0..TRANSFERS {
            let from = rng.usize(..VAULTS);
            let to = (from + rng.usize(1..VAULTS)) % VAULTS;
            let cents = rng.i64(1..60);
            let id = format!("{task}-{number}");
            let gate = Some(self.gate.clone());
            let (give, take) = (Change { cents: -cents, gate: gate.clone() }, Change { cents, gate });
            let (source, target) = (&self.vaults[from], &self.vaults[to]);
            let transfer = self.app(task).transaction().execute(source, give).execute(target, take);
            let done = match transfer.unchanged(&self.gate).command_id(&id).await {
                Ok(done) => {
                    assert_eq!(done.outcome, Outcome::Committed);
                    true
                }
                Err(TransactionError::Rejected(rejected)) => {
                    assert_eq!(*rejected.stream(), source.stream().unwrap(), "{rejected}");
                    false
                }
                // Nothing was done here either, and the sender knows.
                Err(TransactionError::Conflict { .. }) => false,
                Err(error) => panic!("{id}: {error:?}"),
            };
            all.insert(id, Transfer { from, to, cents, done });
            ended.fetch_add(1, Ordering::Relaxed);
        }
        all
    }

    /// The changes of a vault by their command ids, in the order of the stream.
    async fn changes(&self, vault: usize) -> Vec<(String, i64, u64)> {
        let history = self.apps[0].history(&self.vaults[vault]);
        let change = |it: Recorded<VaultEvent>| {
            let VaultEvent::VaultChanged(changed) = it.event();
            (it.metadata().command_id.clone(), changed.cents, changed.gate)
        };
        history.map_ok(change).try_collect().await.unwrap()
    }
}

/// What is seen of a transfer on a stream that was read first is also there on one that was read after it.
async fn look(world: World, ended: Arc<AtomicU64>) -> u64 {
    let mut looks = 0;
    let mut rng = Rng::with_seed(7);
    while ended.load(Ordering::Relaxed) < TASKS * TRANSFERS {
        let mut order: Vec<usize> = (0..VAULTS).collect();
        rng.shuffle(&mut order);
        let mut sides: HashMap<String, Vec<i64>> = HashMap::new();
        let mut firsts = HashMap::new();
        let first = order[0];
        for vault in order {
            for (id, cents, gate) in world.changes(vault).await {
                if gate == 0 {
                    continue;
                }
                if vault == first {
                    firsts.insert(id.clone(), cents);
                }
                sides.entry(id).or_default().push(cents);
            }
        }
        for (id, cents) in firsts {
            assert_eq!(sides[&id].iter().sum::<i64>(), 0, "{id}: {cents} cents are there on one side alone");
            assert_eq!(sides[&id].len(), 2, "{id}");
        }
        looks += 1;
    }
    looks
}

/// A transaction that reads all vaults sees a state of all of them at once.
async fn audit(world: World, ended: Arc<AtomicU64>) {
    let audit = AuditKey::new(&bank::tenant(), "1");
    let sum = FIRST_CENTS.cast_signed() * i64::try_from(VAULTS).unwrap();
    loop {
        // One more when all is quiet, which nothing beats.
        let is_last = ended.load(Ordering::Relaxed) == TASKS * TRANSFERS;
        let all = world.apps[1].transaction().execute(&audit, Sum(world.vaults.to_vec()));
        let all = world.vaults.iter().fold(all, Transaction::unchanged);
        match all.await {
            Ok(done) => assert_eq!(done.of(&audit).unwrap().events.len(), 1),
            Err(TransactionError::Conflict { .. }) if !is_last => {}
            Err(error) => panic!("{error:?}"),
        }
        if is_last {
            break;
        }
    }
    let sums = world.apps[0].load(&audit).await.unwrap().state.sums;
    assert!(!sums.is_empty() && sums.iter().all(|seen| *seen == sum), "{sums:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transfers_among_few_accounts_are_whole_and_once() {
    let world = World::new().await;
    let ended = Arc::new(AtomicU64::new(0));
    let is_over = Arc::new(AtomicBool::new(false));
    let all = async {
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            tasks.spawn(world.clone().transfers(task, Arc::clone(&ended)));
        }
        // Now and then the stream that all of them only read is changed, by either process.
        let gate = tokio::spawn({
            let (world, ended, is_over) = (world.clone(), Arc::clone(&ended), Arc::clone(&is_over));
            async move {
                let mut moved = 0;
                while !is_over.load(Ordering::Relaxed) {
                    if ended.load(Ordering::Relaxed) >= moved * 20 {
                        world.app(moved).execute(&world.gate, MoveGate).await.unwrap();
                        moved += 1;
                    }
                    tokio::task::yield_now().await;
                }
                moved
            }
        });
        let looking = tokio::spawn(look(world.clone(), Arc::clone(&ended)));
        let auditing = tokio::spawn(audit(world.clone(), Arc::clone(&ended)));
        let mut transfers = HashMap::new();
        while let Some(done) = tasks.join_next().await {
            transfers.extend(done.unwrap());
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(gate.await.unwrap() > 10);
        assert!(looking.await.unwrap() > 0);
        auditing.await.unwrap();
        transfers
    };
    let transfers = tokio::time::timeout(WATCHDOG, all).await.expect("some wait for each other");
    assert_eq!(transfers.len() as u64, TASKS * TRANSFERS);

    let mut sides: BTreeMap<String, Vec<(usize, i64, u64)>> = BTreeMap::new();
    let mut sum = 0;
    for vault in 0..VAULTS {
        let mut last = 0;
        let mut balance = 0;
        for (id, cents, gate) in world.changes(vault).await {
            balance += cents;
            assert!(balance >= 0, "vault {vault} at {id}");
            // A decision that saw the gate where it no longer was would be behind one that saw it further.
            assert!(gate >= last, "vault {vault} at {id}: the gate goes back from {last} to {gate}");
            last = gate;
            if gate > 0 {
                sides.entry(id).or_default().push((vault, cents, gate));
            }
        }
        for app in &world.apps {
            assert_eq!(app.load(&world.vaults[vault]).await.unwrap().state.cents, balance);
        }
        sum += balance;
    }
    assert_eq!(sum, i64::try_from(VAULTS).unwrap() * FIRST_CENTS.cast_signed());
    for (id, Transfer { from, to, cents, done }) in &transfers {
        let Some(mut sides) = sides.remove(id) else {
            assert!(!done, "{id} is lost");
            continue;
        };
        assert!(done, "{id} was refused");
        sides.sort_by_key(|(_, cents, _)| *cents);
        let gate = sides[0].2;
        assert_eq!(sides, [(*from, -cents, gate), (*to, *cents, gate)], "{id}");
    }
    assert!(sides.is_empty(), "{sides:?}");
    assert!(transfers.values().filter(|transfer| transfer.done).count() > 200);
}
