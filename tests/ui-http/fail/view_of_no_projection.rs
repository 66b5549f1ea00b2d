use cqrs_core::App;
use cqrs_http::Api;
use cqrs_http_misuse::*;

#[derive(Default)]
pub struct Sum(u64);

fn main() {
    let _ = |app: &App| Api::<Teller>::new(app).view::<Sum>().router();
}
