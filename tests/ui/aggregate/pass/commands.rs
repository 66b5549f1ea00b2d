use cqrs_core::prelude::*;

#[event]
pub struct Added {
    pub count: u64,
}

#[event]
pub struct Emptied;

#[derive(Clone)]
pub struct Add(pub u64);
#[derive(Clone)]
pub struct AddAll(pub Vec<u64>);
#[derive(Clone)]
pub struct Refill(pub u64);
#[derive(Clone)]
pub struct Touch;
#[derive(Clone)]
pub struct Maybe;
#[derive(Clone)]
pub struct Either(pub bool);

pub type Decision<T> = Result<T, &'static str>;

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {
    count: u64,
}

#[aggregate]
impl Cart {
    #[command]
    fn add(&self, command: Add) -> Decision<Added> {
        Ok(Added { count: command.0 })
    }

    #[command]
    fn add_all(&self, command: &AddAll) -> Result<Vec<Added>, std::convert::Infallible> {
        Ok(command.0.iter().map(|count| Added { count: *count }).collect())
    }

    #[command]
    fn refill(&self, command: Refill, context: &CommandContext) -> Result<(Emptied, Added), String> {
        let _ = context.now();
        Ok((Emptied, Added { count: command.0 }))
    }

    #[command]
    fn touch(&self, _: Touch) -> Result<(), String> {
        Ok(())
    }

    #[command]
    fn maybe(&self, _: Maybe) -> Result<Option<Emptied>, String> {
        Ok((self.count > 0).then_some(Emptied))
    }

    #[command]
    fn either(&self, command: Either) -> Result<CartEvent, String> {
        Ok(if command.0 { Emptied.into() } else { Added { count: 1 }.into() })
    }

    #[apply]
    fn added(&mut self, event: &Added) {
        self.count += event.count;
    }

    #[apply]
    fn emptied(&mut self, _: &Emptied) {
        self.count = 0;
    }
}

fn main() {}
