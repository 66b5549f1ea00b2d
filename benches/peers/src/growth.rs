//! How the cost of a command grows: with its stream, with the number of streams, of tenants and of read models.

use cqrs_dynamo::Embedded;

use crate::cost::{self, Case};
use crate::plot::{Axis, Line, Plot};
use crate::price::dollars_per_million;
use crate::system::{Fallible, Kind};
use crate::views;
use crate::wire::Wire;

/// Half way between two snapshots, except the first.
const LENGTHS: [u64; 7] = [0, 50, 150, 250, 550, 1_050, 2_050];
const STREAMS: [u32; 6] = [1, 10, 100, 1_000, 5_000, 20_000];
const TENANTS: [u32; 4] = [1, 10, 100, 1_000];
const VIEWS: [usize; 7] = [0, 1, 2, 4, 8, 16, 32];

const DOLLARS: &str = "$ per million commands";

/// Each plot with the name of its file.
pub async fn plots() -> Fallible<[(&'static str, String); 4]> {
    Ok([
        ("cost-by-length", by_length().await?),
        ("cost-by-streams", by_streams().await?),
        ("cost-by-tenants", by_tenants().await?),
        ("cost-by-views", by_views().await?),
    ])
}

async fn by_length() -> Fallible<String> {
    let mut lines = Vec::new();
    for kind in [Kind::PLAIN, Kind::SNAPSHOTS].concat() {
        let mut points = Vec::new();
        for prior in LENGTHS {
            let case = Case { prior, events: 1, warm: false, race: false, commands: 1 };
            let taken = cost::measure(kind, case).await?;
            points.push((prior as f64, dollars_per_million(taken)));
        }
        lines.push(Line { name: kind.name(), points });
    }
    let x = Axis { label: "commits of the stream before", logarithmic: false };
    let y = Axis { label: DOLLARS, logarithmic: true };
    Ok(Plot { title: "A cold command on a stream that grows", x, y, lines }.svg())
}

async fn by_streams() -> Fallible<String> {
    let lines = second_commands(&STREAMS, |number| format!("BANK/{number}")).await?;
    let x = Axis { label: "streams, by one process, each in its turn", logarithmic: true };
    let y = Axis { label: DOLLARS, logarithmic: false };
    Ok(Plot { title: "A command on one of many streams", x, y, lines }.svg())
}

async fn by_tenants() -> Fallible<String> {
    let lines = second_commands(&TENANTS, |number| format!("TENANT{number}/1")).await?;
    let x = Axis { label: "tenants, by one process, each in its turn", logarithmic: true };
    let y = Axis { label: DOLLARS, logarithmic: false };
    Ok(Plot { title: "A command for one of many tenants", x, y, lines }.svg())
}

/// The mean of the second command on each of a number of streams.
async fn second_commands(counts: &[u32], name: impl Fn(u32) -> String) -> Fallible<Vec<Line<'static>>> {
    let mut lines = Vec::new();
    for kind in Kind::PLAIN {
        let mut points = Vec::new();
        for count in counts {
            let wire = Wire::to(&Embedded::in_memory()?);
            kind.create_tables(&wire.sdk_config()).await?;
            let process = kind.open(&wire.sdk_config()).await?;
            for number in 0..*count {
                process.execute(&name(number), 1).await?;
            }
            let before = wire.taken();
            for number in 0..*count {
                process.execute(&name(number), 1).await?;
            }
            let taken = (wire.taken() - before) / f64::from(*count);
            points.push((f64::from(*count), dollars_per_million(taken)));
        }
        lines.push(Line { name: kind.name(), points });
    }
    Ok(lines)
}

async fn by_views() -> Fallible<String> {
    let (mut ours, mut cqrs_es) = (Vec::new(), Vec::new());
    for count in VIEWS {
        ours.push((count as f64, dollars_per_million(views::ours(count).await?)));
        cqrs_es.push((count as f64, dollars_per_million(views::cqrs_es(count).await?)));
    }
    let lines = vec![
        Line { name: Kind::Ours.name(), points: ours },
        Line { name: Kind::CqrsEs.name(), points: cqrs_es },
    ];
    let x = Axis { label: "read models of the aggregate", logarithmic: false };
    let y = Axis { label: DOLLARS, logarithmic: false };
    Ok(Plot { title: "A command and its read models (DynamoDB's part)", x, y, lines }.svg())
}
