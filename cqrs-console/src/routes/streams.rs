use axum::extract::State;
use cqrs_core::inspect::{Moment, StreamAddress};
use cqrs_core::{App, Version};

use super::{Answer, Shared, json};
use crate::problem::Problem;
use crate::request::Params;

/// The default number of streams, or steps, on a page.
const USUAL: usize = 50;
const MOST: usize = 200;

/// `GET /api/streams`
pub(super) async fn streams(State(context): Shared, params: Params) -> Answer {
    let params = params.only(&["entity", "tenant", "prefix", "limit", "after"])?;
    let (entity, tenant) = (params.required("entity")?, params.tenant()?);
    let (prefix, limit) = (params.one("prefix")?.unwrap_or_default(), params.limit(USUAL, 1..=MOST)?);
    let after = params.one("after")?;
    Ok(json(context.app.inspect().list(entity, &tenant, prefix, limit, after).await?))
}

/// `GET /api/stream/state`
pub(super) async fn state(State(context): Shared, params: Params) -> Answer {
    let params = params.only(&["entity", "tenant", "id", "version", "asOf", "recorded"])?;
    let stream = address(&context.app, &params)?;
    let version = params.parsed("version")?.map(|version| Moment::Version(Version::new(version)));
    let as_of = params.parsed("asOf")?.map(Moment::AsOf);
    let recorded = params.parsed("recorded")?.map(Moment::AsRecorded);
    let mut moments = [version, as_of, recorded].into_iter().flatten();
    let moment = match (moments.next(), moments.next()) {
        (moment, None) => moment.unwrap_or(Moment::Now),
        _ => return Err(Problem::query("`version`, `asOf` and `recorded` exclude each other")),
    };
    Ok(json(context.app.inspect().state(&stream, moment).await?))
}

/// `GET /api/stream/steps`
pub(super) async fn steps(State(context): Shared, params: Params) -> Answer {
    let params = params.only(&["entity", "tenant", "id", "after", "limit"])?;
    let stream = address(&context.app, &params)?;
    let after = Version::new(params.parsed("after")?.unwrap_or(0));
    let limit = params.limit(USUAL, 1..=MOST)?;
    Ok(json(context.app.inspect().steps(&stream, after, limit).await?))
}

fn address(app: &App, params: &Params) -> Answer<StreamAddress> {
    let (entity, tenant) = (params.required("entity")?, params.required("tenant")?);
    Ok(app.inspect().address(entity, tenant, &params.all("id"))?)
}
