//! Two builds of one program, deployed over each other while commands come: A, both, B, both, A, B.
//!
//! Against A, B has a new schema of an event with an upcaster, a new event, a widened one with one more field and case, a changed view at its aggregate's key and one across
//! aggregates, a renamed projection, a handler less, one more, and one that listens to the new event as well.

mod expected;
mod post;

use expected::Expected;
use fastrand::Rng;
use post::{Build, Post, until_none};
use serde_json::Value;

/// How many commands each build executes in a phase, and on how many parcels more than in the phase before.
const COMMANDS: u64 = 80;
const PARCELS: u64 = 25;

#[test]
fn nothing_is_lost_and_nothing_dies_while_builds_are_deployed_and_rolled_back() {
    for seed in 0..2 {
        deploy(seed);
    }
}

/// `cargo test --workspace --test rolling -- --ignored`
#[test]
#[ignore = "takes ten minutes"]
fn the_same_for_twenty_seeds() {
    for seed in 0..20 {
        deploy(seed);
        println!("seed {seed} is through");
    }
}

fn deploy(seed: u64) {
    let mut office = Office { post: Post::open(), random: Rng::with_seed(seed), phase: 0, newer: 0 };
    office.start(Build::A);
    office.phase(&[Build::A]);
    office.assert_whole(Build::A, seed);

    office.start(Build::B);
    office.phase(&[Build::A, Build::B]);
    office.stop(Build::A);
    office.replay();
    office.phase(&[Build::B]);
    office.assert_whole(Build::B, seed);

    office.start(Build::A);
    office.phase(&[Build::B, Build::A]);
    office.stop(Build::B);
    office.phase(&[Build::A]);

    office.stop(Build::A);
    office.start(Build::B);
    office.replay();
    office.phase(&[Build::B]);
    office.assert_whole(Build::B, seed);
    assert_ne!(office.newer, 0, "seed {seed}: build A met nothing of build B");
}

struct Office {
    post: Post,
    random: Rng,
    phase: u64,
    /// How many commands were refused because the stream had a newer event.
    newer: u64,
}

impl Office {
    /// Subscribers come before the commands.
    fn start(&mut self, build: Build) {
        self.post.run(build, &["create"]);
        for part in self.parts() {
            self.post.start(build, part);
        }
    }

    fn stop(&mut self, build: Build) {
        for part in self.parts() {
            let kill = self.random.bool();
            self.post.stop(build, part, kill);
        }
    }

    /// In any order.
    fn parts(&mut self) -> [&'static str; 2] {
        let mut parts = ["relay", "worker"];
        self.random.shuffle(&mut parts);
        parts
    }

    /// Views that both builds have written to are half of A and half of B, until the remaining build folds them anew.
    fn replay(&self) {
        self.post.run(Build::B, &["replay"]);
    }

    /// Executes commands in all running builds, until each of them has handled something.
    fn phase(&mut self, builds: &[Build]) {
        self.phase += 1;
        let (count, parcels) = (COMMANDS.to_string(), (PARCELS * self.phase).to_string());
        let before: Vec<_> = builds.iter().map(|build| self.post.handled_by(*build).len()).collect();
        let commands: Vec<_> = builds
            .iter()
            .map(|build| {
                let seed = self.random.u64(..).to_string();
                (*build, ["commands", &seed, &count, &parcels].map(str::to_owned))
            })
            .collect();
        self.newer += self.post.run_all(&commands).iter().filter_map(Value::as_u64).sum::<u64>();
        until_none("these builds have handled nothing", || {
            let idle = builds
                .iter()
                .zip(&before)
                .filter(|(build, before)| self.post.handled_by(**build).len() == **before);
            idle.map(|(build, _)| format!("{build:?}")).collect()
        });
    }

    /// Waits until a build that runs alone has caught up, and checks everything.
    fn assert_whole(&self, build: Build, seed: u64) {
        let mut expected = Expected::default();
        let what = format!("seed {seed}, phase {}: not handled, or not the fold of the store", self.phase);
        until_none(&what, || {
            // Read anew each time, because the courier's work is committed, too.
            expected = Expected::of(self.post.commits());
            let missing: Vec<_> = expected.handled.difference(&self.post.handled()).cloned().collect();
            if missing.is_empty() {
                return expected.differences(&self.post.run(build, &["report"])["views"]);
            }
            missing
        });
        assert_eq!(self.post.run(build, &["report"])["letters"], Value::Array(Vec::new()), "seed {seed}");
        assert_eq!(self.post.dead(), [], "seed {seed}");
        let early: Vec<_> = expected.wider.intersection(&self.post.handled_by(Build::A)).cloned().collect();
        assert_eq!(early, [""; 0], "seed {seed}: build A handled what is wider than it knows");
        let mut labels = self.post.handled();
        until_none(&format!("seed {seed}: neither handled nor in the queue"), || {
            labels.extend(self.post.waiting("label"));
            expected.labels.difference(&labels).cloned().collect()
        });
    }
}
