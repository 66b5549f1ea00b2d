use cqrs_core::prelude::*;
use cqrs_core::replay::{ReplayError, Replayed};
use cqrs_misuse::*;

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

pub async fn again(app: &App, tenant: &Tenant, key: &OrderKey) -> Result<Replayed, ReplayError> {
    app.replay::<Summary>().await?;
    app.replay::<Summary>().key(key).await?;
    app.replay::<Summary>().tenant(tenant).parallel(4).restart().progress(|progress| println!("{:?}", progress.left())).await
}

fn main() {}
