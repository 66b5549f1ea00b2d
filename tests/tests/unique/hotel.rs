//! Guests with an e-mail address that is theirs alone, and a badge.

use std::convert::Infallible;

use cqrs_core::prelude::*;

#[event]
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) email: Option<String>,
}

#[event]
#[derive(Debug, Clone)]
pub(crate) struct Emailed {
    pub(crate) email: Option<String>,
}

#[event]
#[derive(Debug, Clone)]
pub(crate) struct Badged {
    pub(crate) badge: u32,
}

#[event]
#[derive(Debug, Clone)]
pub(crate) struct Noted {}

#[derive(Debug, Clone)]
pub(crate) struct Register(pub(crate) Option<String>);

#[derive(Debug, Clone)]
pub(crate) struct ChangeEmail(pub(crate) Option<String>);

#[derive(Debug, Clone)]
pub(crate) struct GiveBadge(pub(crate) u32);

#[derive(Debug, Clone)]
pub(crate) struct Note;

#[aggregate(entity = "GUEST", unique(email, badge), snapshot_every = 3)]
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Guest {
    pub(crate) email: Option<String>,
    pub(crate) badge: Option<u32>,
    pub(crate) notes: u32,
}

#[aggregate]
impl Guest {
    #[command]
    fn register(&self, command: Register) -> Result<Registered, Infallible> {
        Ok(Registered { email: command.0 })
    }

    #[command]
    fn change_email(&self, command: ChangeEmail) -> Result<Option<Emailed>, Infallible> {
        Ok((self.email != command.0).then_some(Emailed { email: command.0 }))
    }

    #[command]
    fn give_badge(&self, command: GiveBadge) -> Result<Badged, Infallible> {
        Ok(Badged { badge: command.0 })
    }

    #[command]
    fn note(&self, _: Note) -> Result<Noted, Infallible> {
        Ok(Noted {})
    }

    #[apply]
    fn registered(&mut self, event: &Registered) {
        self.email.clone_from(&event.email);
    }

    #[apply]
    fn emailed(&mut self, event: &Emailed) {
        self.email.clone_from(&event.email);
    }

    #[apply]
    fn badged(&mut self, event: &Badged) {
        self.badge = Some(event.badge);
    }

    #[apply]
    fn noted(&mut self, _: &Noted) {
        self.notes += 1;
    }
}

pub(crate) fn tenant() -> Tenant {
    Tenant::new("HOTEL").unwrap()
}

pub(crate) fn guest(id: &str) -> GuestKey {
    GuestKey::new(&tenant(), id)
}

pub(crate) fn email(text: &str) -> ChangeEmail {
    ChangeEmail(Some(text.to_owned()))
}

pub(crate) fn register(text: &str) -> Register {
    Register(Some(text.to_owned()))
}

pub(crate) fn app(stores: impl cqrs_core::app::IntoStores) -> App {
    App::builder(stores).only([]).build().unwrap()
}

/// Whose an address is.
pub(crate) async fn owner(app: &App, text: &str) -> Option<GuestKey> {
    app.find(Guest::email(&tenant(), text)).await.unwrap()
}
