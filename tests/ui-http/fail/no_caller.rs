use cqrs_core::App;
use cqrs_http::Api;

pub struct Anybody;

fn main() {
    let _ = |app: &App| Api::<Anybody>::new(app).router();
}
