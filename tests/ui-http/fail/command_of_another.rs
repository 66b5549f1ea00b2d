use cqrs_core::App;
use cqrs_http::Api;
use cqrs_http_misuse::*;

#[cqrs_core::command]
pub struct Close;

fn main() {
    let _ = |app: &App| Api::<Teller>::new(app).command::<Account, Close>().router();
}
