use cqrs_core::prelude::*;

pub mod web {
    use cqrs_core::prelude::*;

    #[event(name = "WebCreated")]
    pub struct Created;
}

pub mod shop {
    use cqrs_core::prelude::*;

    #[event(name = "ShopCreated")]
    pub struct Created;
}

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {}

#[aggregate]
impl Cart {
    #[apply]
    fn web(&mut self, _: &web::Created) {}

    #[apply]
    fn shop(&mut self, _: &shop::Created) {}
}

fn main() {}
