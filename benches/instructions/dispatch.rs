//! One message, delivered to the handlers of its queue.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;

use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::serde::{self, Deserialize};
use cqrs_core::store::MemoryEventStore;
use serde_json::Value;

use crate::order::Placed;
use crate::prepared::{commits, mixed};
use crate::{Fallible, block_on, by_hand};

macro_rules! handlers {
    ($queue:literal: $($name:ident)*) => {
        $(#[event_handler(Placed, queue = $queue)]
        async fn $name(event: &Placed) -> Result<(), HandlerError> {
            black_box(event.total_amount);
            Ok(())
        })*
    };
}

handlers! { "one": one }
handlers! { "ten": t0 t1 t2 t3 t4 t5 t6 t7 t8 t9 }
handlers! { "hundred":
    h00 h01 h02 h03 h04 h05 h06 h07 h08 h09 h10 h11 h12 h13 h14 h15 h16 h17 h18 h19 h20 h21 h22 h23 h24
    h25 h26 h27 h28 h29 h30 h31 h32 h33 h34 h35 h36 h37 h38 h39 h40 h41 h42 h43 h44 h45 h46 h47 h48 h49
    h50 h51 h52 h53 h54 h55 h56 h57 h58 h59 h60 h61 h62 h63 h64 h65 h66 h67 h68 h69 h70 h71 h72 h73 h74
    h75 h76 h77 h78 h79 h80 h81 h82 h83 h84 h85 h86 h87 h88 h89 h90 h91 h92 h93 h94 h95 h96 h97 h98 h99
}

pub(crate) fn taken(rounds: usize, queue: &str) -> Fallible<()> {
    let consumer = App::builder(MemoryEventStore::new()).build()?.consumer(queue)?;
    let batch = [Received::new(body()?)];
    block_on(async {
        for _ in 0..rounds {
            if consumer.take(black_box(&batch)).await != [Verdict::Done] {
                return Err("the message was not taken".into());
            }
        }
        Ok(())
    })?
}

/// The parts of a message that such a handler reads.
#[derive(Deserialize)]
#[serde(crate = "serde")]
struct Record {
    r#type: String,
    schema: u32,
    data: Value,
}

type Handler = fn(&by_hand::Placed) -> Pin<Box<dyn Future<Output = Fallible<()>> + Send + '_>>;

/// Reads the message and decodes the event once.
pub(crate) fn by_hand(rounds: usize, handlers: usize) -> Fallible<()> {
    let body = body()?;
    let handler: Handler = |event| {
        Box::pin(async {
            black_box(event.total_amount);
            Ok(())
        })
    };
    let handlers = black_box(vec![handler; handlers]);
    block_on(async {
        for _ in 0..rounds {
            let record: Record = serde_json::from_str(black_box(&body))?;
            if (record.r#type.as_str(), record.schema) != ("Placed", 1) {
                return Err("the message was not taken".into());
            }
            let event = by_hand::Placed::deserialize(&record.data)?;
            for handler in &handlers {
                handler(&event).await?;
            }
        }
        Ok(())
    })?
}

fn body() -> Fallible<String> {
    let commits = commits(1, mixed)?;
    let commit = commits.first().ok_or("one commit was asked for")?;
    let app = App::builder(MemoryEventStore::new()).only([]).build()?;
    Ok(Message::of(&app, commit).body)
}
