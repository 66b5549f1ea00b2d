//! Accounts whose state serializes little by itself, transfers between them, and a statement of each.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use cqrs_core::prelude::*;

/// Neither serde nor `Debug` sees it.
#[derive(Clone, Default)]
pub(crate) struct Secret;

/// Only `Debug` sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line(pub(crate) i64);

#[event]
pub(crate) struct Booked {
    pub(crate) cents: i64,
    pub(crate) on: String,
}

#[event]
pub(crate) struct Corrected {}

#[event]
pub(crate) struct TransferAsked {
    pub(crate) transfer: String,
    pub(crate) to: String,
    pub(crate) cents: i64,
}

#[event]
pub(crate) struct Received {
    pub(crate) transfer: String,
    pub(crate) cents: i64,
}

pub(crate) struct Book {
    pub(crate) cents: i64,
    pub(crate) on: String,
}

pub(crate) struct Correct {}

pub(crate) struct Ask {
    pub(crate) transfer: String,
    pub(crate) to: String,
    pub(crate) cents: i64,
}

#[command]
pub(crate) struct Receive {
    pub(crate) transfer: String,
    pub(crate) cents: i64,
}

#[command]
pub(crate) struct Remind {
    pub(crate) cents: i64,
}

#[aggregate(entity = "ACCOUNT")]
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) cents: i64,
    pub(crate) lines: Vec<Line>,
    pub(crate) by_day: BTreeMap<String, Vec<i64>>,
    pub(crate) secret: Secret,
    pub(crate) r#type: Option<String>,
}

#[aggregate]
impl Account {
    #[command]
    fn book(&self, command: &Book) -> Result<Booked, Infallible> {
        Ok(Booked { cents: command.cents, on: command.on.clone() })
    }

    #[command]
    fn correct(&self, _: &Correct) -> Result<Corrected, Infallible> {
        Ok(Corrected {})
    }

    #[command]
    fn ask(&self, command: &Ask) -> Result<TransferAsked, Infallible> {
        let Ask { transfer, to, cents } = command;
        Ok(TransferAsked { transfer: transfer.clone(), to: to.clone(), cents: *cents })
    }

    #[command]
    fn receive(&self, command: &Receive) -> Result<Received, Infallible> {
        Ok(Received { transfer: command.transfer.clone(), cents: command.cents })
    }

    #[command]
    fn remind(&self, command: &Remind) -> Result<Booked, Infallible> {
        Ok(Booked { cents: command.cents, on: "reminded".into() })
    }

    #[apply]
    fn on_booked(&mut self, event: &Booked) {
        self.cents += event.cents;
        self.lines.push(Line(event.cents));
        self.by_day.entry(event.on.clone()).or_default().push(event.cents);
        self.r#type = (self.cents < 0).then(|| "overdrawn".to_owned());
    }

    #[apply]
    fn on_corrected(&mut self, _: &Corrected) {
        self.cents -= self.lines.pop().map_or(0, |line| line.0);
        if let Some(mut last) = self.by_day.last_entry()
            && (last.get_mut().pop().is_none() || last.get().is_empty())
        {
            last.remove();
        }
    }

    #[apply]
    fn on_asked(&mut self, event: &TransferAsked) {
        self.cents -= event.cents;
    }

    #[apply]
    fn on_received(&mut self, event: &Received) {
        self.cents += event.cents;
    }
}

/// What a receiver is told, by a handler.
#[event]
pub(crate) struct Told {
    pub(crate) cents: i64,
}

#[command]
pub(crate) struct Tell {
    pub(crate) cents: i64,
}

#[aggregate(entity = "LETTER_BOX", snapshot_every = 4)]
#[derive(Default)]
pub(crate) struct LetterBox {
    pub(crate) letters: Vec<i64>,
}

#[aggregate]
impl LetterBox {
    #[command]
    fn tell(&self, command: &Tell) -> Result<Told, Infallible> {
        Ok(Told { cents: command.cents })
    }

    #[apply]
    fn told(&mut self, event: &Told) {
        self.letters.push(event.cents);
    }
}

#[event_handler(Received)]
async fn tell_receiver(event: &Recorded<Received>, app: &App) -> Result<(), HandlerError> {
    let account = event.key()?;
    let letters = LetterBoxKey::new(account.tenant(), account.id().as_str());
    app.execute(&letters, Tell { cents: event.cents }).await?;
    Ok(())
}

/// It listens too, and sends nothing.
#[event_handler(Received)]
async fn count_transfers(_: &Recorded<Received>) -> Result<(), HandlerError> {
    Ok(())
}

#[process(key(transfer: String))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Transfer {
    pub(crate) to: String,
}

#[process(key(transfer), unknown = "skip")]
impl Transfer {
    #[apply]
    fn asked(&mut self, event: &TransferAsked) {
        self.to.clone_from(&event.to);
    }

    #[react(start)]
    fn on_asked(&self, event: &TransferAsked, key: &TransferKey) -> Reaction {
        let to = AccountKey::new(key.tenant(), event.to.as_str());
        let receive = Receive { transfer: event.transfer.clone(), cents: event.cents };
        Reaction::new().deadline(Self::lost, Duration::from_secs(60)).execute(&to, receive)
    }

    #[react]
    fn on_received(&self, _: &Received) -> Reaction {
        Reaction::new().cancel(Self::lost).end()
    }

    #[deadline]
    fn lost(&self, _: &TransferKey) -> Reaction {
        Reaction::new().end()
    }
}

/// Its streams are spread over partitions, and its numbers are padded.
#[event]
pub(crate) struct Counted {}

pub(crate) struct Count {}

#[aggregate(entity = "METER", key(number: u32), sk = "METER#{number:06}", shards = 3)]
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) count: u32,
}

#[aggregate]
impl Meter {
    #[command]
    fn count(&self, _: &Count) -> Result<Counted, Infallible> {
        Ok(Counted {})
    }

    #[apply]
    fn counted(&mut self, _: &Counted) {
        self.count += 1;
    }
}

/// Its partitions do not follow from the tenant.
#[event]
pub(crate) struct Sent {}

pub(crate) struct Send {}

#[aggregate(
    entity = "PARCEL",
    key(depot: String, number: u32),
    pk = "{tenant}#PARCEL#{depot}",
    sk = "PARCEL#{number}"
)]
#[derive(Debug, Default)]
pub(crate) struct Parcel;

#[aggregate]
impl Parcel {
    #[command]
    fn send(&self, _: &Send) -> Result<Sent, Infallible> {
        Ok(Sent {})
    }

    #[apply]
    fn sent(&mut self, _: &Sent) {}
}

#[projection(Account, index(by_day(last_day, cents)))]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Statement {
    pub(crate) last_day: Option<String>,
    pub(crate) cents: i64,
}

#[projection(Account)]
impl Statement {
    #[apply]
    fn booked(&mut self, event: &Booked) {
        self.last_day = Some(event.on.clone());
        self.cents += event.cents;
    }
}

/// A key of two fields, the second of them a number.
#[projection(key(on: String, cents: i64), index(by_on(times)))]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Bookings {
    pub(crate) times: u32,
}

#[projection(key(on, cents))]
impl Bookings {
    #[apply]
    fn booked(&mut self, _: &Booked) {
        self.times += 1;
    }
}

pub(crate) fn tenant() -> Tenant {
    Tenant::new("BANK").unwrap()
}

pub(crate) fn account(number: &str) -> AccountKey {
    AccountKey::new(&tenant(), number)
}

pub(crate) fn book(cents: i64, on: &str) -> Book {
    Book { cents, on: on.into() }
}
