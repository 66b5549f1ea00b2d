use cqrs_core::prelude::*;

#[event]
pub struct GuestRegistered {
    pub email: String,
}
#[event]
pub struct EmailChanged {
    pub email: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Register {
    pub email: String,
}
#[derive(Clone, Debug)]
pub struct ChangeEmail {
    pub email: Option<String>,
}

#[aggregate(entity = "GUEST", unique(email))]
#[derive(Debug, Default)]
pub struct Guest {
    pub email: Option<String>,
}

#[aggregate]
impl Guest {
    #[command]
    fn register(&self, command: Register) -> Result<GuestRegistered, std::convert::Infallible> {
        Ok(GuestRegistered { email: command.email })
    }

    #[command]
    fn change_email(&self, command: ChangeEmail) -> Result<EmailChanged, std::convert::Infallible> {
        Ok(EmailChanged { email: command.email })
    }

    #[apply]
    fn registered(&mut self, event: &GuestRegistered) {
        self.email = Some(event.email.clone());
    }

    #[apply]
    fn email_changed(&mut self, event: &EmailChanged) {
        self.email.clone_from(&event.email);
    }
}
