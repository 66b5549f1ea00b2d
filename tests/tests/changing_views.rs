//! Events that go to several views, views that are removed, and folds that ask for a key.

use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::projection::ViewChange;
use cqrs_core::store::{EventStore, MemoryEventStore};
use cqrs_core::testing::ProjectionScenario;
use cqrs_core::view::{MemoryViewStore, ViewStore};
use cqrs_tests::faults;
use futures_util::TryStreamExt;

#[event]
#[derive(Clone)]
struct TeamFormed {
    name: String,
    members: Vec<String>,
}

#[event]
#[derive(Clone)]
struct TeamScored {
    members: Vec<String>,
    points: u64,
}

#[event]
#[derive(Clone)]
struct TeamDissolved {
    members: Vec<String>,
}

enum Step {
    Form(&'static str),
    Score(u64),
    Dissolve,
}

#[derive(Clone)]
struct Form(&'static str);
#[derive(Clone)]
struct Score(u64);
#[derive(Clone)]
struct Dissolve;

fn members() -> Vec<String> {
    ["Ada", "Bob", "Ada"].map(str::to_owned).to_vec()
}

#[aggregate(entity = "CHANGING_TEAM")]
#[derive(Default)]
struct Team {}

#[aggregate]
impl Team {
    #[command]
    fn form(&self, command: Form) -> Result<TeamFormed, std::convert::Infallible> {
        Ok(TeamFormed { name: command.0.to_owned(), members: members() })
    }

    #[command]
    fn score(&self, command: Score) -> Result<TeamScored, std::convert::Infallible> {
        Ok(TeamScored { points: command.0, members: members() })
    }

    #[command]
    fn dissolve(&self, _: Dissolve) -> Result<TeamDissolved, std::convert::Infallible> {
        Ok(TeamDissolved { members: members() })
    }

    #[apply]
    fn formed(&mut self, _: &TeamFormed) {}
    #[apply]
    fn scored(&mut self, _: &TeamScored) {}
    #[apply]
    fn dissolved(&mut self, _: &TeamDissolved) {}
}

/// At the team's key; removed with the team.
#[projection(Team, view = "CHANGING_BOARD")]
#[derive(Debug, Default, PartialEq)]
struct Board {
    id: String,
    name: String,
    points: u64,
}

#[projection(Team)]
impl Board {
    #[apply]
    fn formed(&mut self, event: &TeamFormed, key: &TeamKey) {
        self.id.clone_from(key.id());
        self.name.clone_from(&event.name);
    }

    #[apply]
    fn scored(&mut self, event: &Recorded<TeamScored>) -> ViewChange {
        self.points += event.points;
        if self.points > 1000 { ViewChange::Remove } else { ViewChange::Keep }
    }

    #[apply]
    fn dissolved(&mut self, _: &TeamDissolved) -> ViewChange {
        ViewChange::Remove
    }
}

/// One per member and team, over the events of all teams.
#[projection(key(member: String), view = "CHANGING_PLAYER")]
#[derive(Debug, Default, PartialEq)]
struct Player {
    name: String,
    teams: Vec<String>,
    points: u64,
}

#[projection(key(member))]
impl Player {
    #[apply(keys = event.members.iter().map(String::as_str))]
    fn formed(&mut self, event: &TeamFormed, key: &PlayerKey) {
        self.name.clone_from(key.member());
        self.teams.push(event.name.clone());
    }

    #[apply(keys = scored.members.clone())]
    fn scored(&mut self, scored: &Recorded<TeamScored>, team: &TeamKey) {
        self.points += scored.points;
        self.teams.push(team.id().clone());
    }

    #[apply(keys = event.members.clone())]
    fn dissolved(&mut self, event: &TeamDissolved) -> ViewChange {
        let _ = event;
        ViewChange::Remove
    }
}

fn tenant() -> Tenant {
    Tenant::new("TENANT001").unwrap()
}

fn team() -> TeamKey {
    TeamKey::new(&tenant(), "1")
}

fn player(name: &str) -> PlayerKey {
    PlayerKey::new(&tenant(), name)
}

fn app(store: impl cqrs_core::app::IntoStores, views: impl ViewStore) -> App {
    App::builder(store).views(views).only(["Board", "Player"]).build().unwrap()
}

#[test]
fn a_scenario_shows_several_views_and_their_removal() {
    let formed = TeamFormed { name: "Reds".into(), members: members() };
    let scored = TeamScored { members: members(), points: 7 };
    let dissolved = TeamDissolved { members: members() };
    let of = |name: &str| Player { name: name.into(), teams: vec!["Reds".into(), "1".into()], points: 7 };
    ProjectionScenario::<Player>::given(&team(), formed.clone())
        .and_given(&team(), scored.clone())
        .then(&player("Ada"), of("Ada"))
        .then(&player("Bob"), of("Bob"))
        .and_given(&team(), dissolved.clone())
        .then_none(&player("Ada"))
        .then_none(&player("Bob"))
        .and_given(&team(), scored.clone())
        .then(&player("Bob"), Player { name: String::new(), teams: vec!["1".into()], points: 7 });
    ProjectionScenario::<Board>::given(&team(), formed)
        .and_given(&team(), scored.clone())
        .then(&team(), Board { id: "1".into(), name: "Reds".into(), points: 7 })
        .and_given(&team(), dissolved)
        .then_none(&team())
        .and_given(&team(), scored)
        .then(&team(), Board { points: 7, ..Board::default() });
}

/// The views that readers see.
async fn seen(app: &App) -> (Vec<Board>, Vec<Player>) {
    let boards: Vec<_> = app.views::<Board>(&tenant()).try_collect().await.unwrap();
    let players: Vec<_> = app.views::<Player>(&tenant()).try_collect().await.unwrap();
    assert_eq!(app.view::<Board>(&team()).await.unwrap().is_some(), !boards.is_empty());
    let ada = app.view::<Player>(&player("Ada")).await.unwrap();
    assert_eq!(ada.is_some(), !players.is_empty());
    (
        boards.into_iter().map(|found| found.view).collect(),
        players.into_iter().map(|found| found.view).collect(),
    )
}

async fn assert_removed_for_good(
    store: impl cqrs_core::app::IntoStores + EventStore + Clone,
    views: impl ViewStore + Clone,
) {
    let app = || app(store.clone(), views.clone());
    let writer = app();
    let steps =
        [Step::Form("Reds"), Step::Score(5), Step::Dissolve, Step::Score(3), Step::Score(4), Step::Dissolve];
    for step in steps {
        match step {
            Step::Form(name) => writer.execute(&team(), Form(name)).await.map(drop).unwrap(),
            Step::Score(points) => writer.execute(&team(), Score(points)).await.map(drop).unwrap(),
            Step::Dissolve => writer.execute(&team(), Dissolve).await.map(drop).unwrap(),
        }
    }
    let page = store.read(&team().stream().unwrap(), Version::NONE, Version::MAX).await.unwrap();
    let one = |commit| Received::new(Message::of(&writer, commit).body);
    let messages: Vec<Received> = page.commits.iter().map(one).collect();
    let mut newest = 0;
    // In disorder and with repetitions, each to another process.
    for (number, index) in [1, 0, 2, 1, 0, 2, 3, 1, 2, 4, 0, 3, 5, 2, 4, 5].into_iter().enumerate() {
        let consumer = app();
        for name in ["Board", "Player"] {
            let taken = consumer.consumer(name).unwrap().take(&messages[index..=index]).await;
            assert_eq!(taken, [Verdict::Done]);
        }
        newest = newest.max(index);
        let (boards, players) = seen(&consumer).await;
        let points = [0, 5, 0, 3, 7, 0][newest];
        let gone = [2, 5].contains(&newest);
        let context = format!("step {number}, newest {newest}");
        assert_eq!(
            boards.iter().map(|board| board.points).collect::<Vec<_>>(),
            if gone { vec![] } else { vec![points] },
            "{context}"
        );
        let of = players.iter().map(|player| player.points).collect::<Vec<_>>();
        assert_eq!(of, if gone { vec![] } else { vec![points; 2] }, "{context}");
    }
    writer.replay::<Board>().await.unwrap();
    writer.replay::<Player>().await.unwrap();
    assert_eq!(seen(&app()).await, (vec![], vec![]), "replayed");
    writer.execute(&team(), Form("Blues")).await.unwrap();
    writer.run_until_idle().await.unwrap();
    let (boards, players) = seen(&app()).await;
    assert_eq!(boards, [Board { id: "1".into(), name: "Blues".into(), points: 0 }]);
    assert_eq!(players.len(), 2);
    assert_eq!(writer.dead_letters().list().await.unwrap(), []);
    for message in &messages {
        for name in ["Board", "Player"] {
            app().consumer(name).unwrap().take(std::slice::from_ref(message)).await;
        }
    }
    assert_eq!(seen(&app()).await, (boards, players), "sent again after a replay");
}

#[tokio::test]
async fn what_was_removed_does_not_come_back() {
    assert_removed_for_good(MemoryEventStore::new(), MemoryViewStore::new()).await;
    let (_database, dynamo) = faults::database().await;
    assert_removed_for_good(dynamo.event_store(), dynamo.views()).await;
}
