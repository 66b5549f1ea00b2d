//! Crates of one aggregate, and of more parts of one sort beside it.

use std::fmt::Write;

/// A sort of parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Part {
    Aggregate,
    Command,
    View,
    KeyedView,
    Handler,
    Process,
}

impl Part {
    pub(crate) const ALL: [Self; 6] =
        [Self::Aggregate, Self::Command, Self::View, Self::KeyedView, Self::Handler, Self::Process];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aggregate => "aggregate",
            Self::Command => "command",
            Self::View => "view",
            Self::KeyedView => "keyed-view",
            Self::Handler => "handler",
            Self::Process => "process",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Aggregate => "an aggregate with an event and a command",
            Self::Command => "one more command of an aggregate",
            Self::View => "a projection at its aggregate's key",
            Self::KeyedView => "a projection with keys of its own",
            Self::Handler => "a handler",
            Self::Process => "a process with one reaction",
        }
    }

    /// One more part.
    fn source(self, number: usize) -> String {
        match self {
            Self::Aggregate => aggregate(&format!("Account{number}"), &format!("Deposited{number}"), ""),
            Self::Command => format!("pub struct Deposit{number} {{\n    pub cents: u64,\n}}\n\n"),
            Self::View => format!(
                "#[projection(Account)]\n#[derive(Debug, Default)]\npub struct Balance{number} {{\n    pub cents: u64,\n}}\n\n\
                 #[projection(Account)]\nimpl Balance{number} {{\n    #[apply]\n    fn deposited(&mut self, event: &Deposited) {{\n        \
                 self.cents += event.cents;\n    }}\n}}\n\n"
            ),
            Self::KeyedView => format!(
                "#[projection(key(customer: String))]\n#[derive(Debug, Default)]\npub struct Wealth{number} {{\n    pub cents: u64,\n}}\n\n\
                 #[projection(key(customer))]\nimpl Wealth{number} {{\n    #[apply]\n    fn deposited(&mut self, event: &Deposited) {{\n        \
                 self.cents += event.cents;\n    }}\n}}\n\n"
            ),
            Self::Handler => format!(
                "#[event_handler(Deposited)]\npub async fn handle{number}(event: &Recorded<Deposited>) -> Result<(), HandlerError> {{\n    \
                 let _ = event;\n    Ok(())\n}}\n\n"
            ),
            Self::Process => format!(
                "#[process(key(customer: String))]\n#[derive(Debug, Clone, Default)]\npub struct Watch{number} {{\n    pub cents: u64,\n}}\n\n\
                 #[process(key(customer))]\nimpl Watch{number} {{\n    #[apply]\n    fn seen(&mut self, event: &Deposited) {{\n        \
                 self.cents += event.cents;\n    }}\n\n    #[react(start)]\n    fn on_deposited(&self, _: &Deposited) -> Reaction {{\n        \
                 Reaction::new()\n    }}\n}}\n\n"
            ),
        }
    }
}

/// A crate with some parts beside the aggregate.
pub(crate) fn source(part: Part, count: usize) -> String {
    let commands = match part {
        Part::Command => count,
        _ => 0,
    };
    let more = (0..commands).fold(String::new(), |mut text, number| {
        let _ = write!(
            text,
            "    #[command]\n    fn deposit{number}(&self, command: &Deposit{number}) -> Result<Deposited, std::convert::Infallible> {{\n        \
             Ok(Deposited {{ customer: String::new(), cents: command.cents }})\n    }}\n\n"
        );
        text
    });
    let mut text = "//! To be compiled.\n\nuse cqrs_core::prelude::*;\n\n".to_owned();
    text += &aggregate("Account", "Deposited", &more);
    for number in 0..count {
        text += &part.source(number);
    }
    text
}

fn aggregate(name: &str, event: &str, more: &str) -> String {
    let entity = name.to_uppercase();
    format!(
        "#[event]\n#[derive(Debug, Clone)]\npub struct {event} {{\n    pub customer: String,\n    pub cents: u64,\n}}\n\n\
         pub struct Pay{name} {{\n    pub cents: u64,\n}}\n\n\
         #[aggregate(entity = \"{entity}\")]\n#[derive(Debug, Default)]\npub struct {name} {{\n    pub cents: u64,\n}}\n\n\
         #[aggregate]\nimpl {name} {{\n{more}    #[command]\n    fn pay(&self, command: &Pay{name}) -> Result<{event}, std::convert::Infallible> {{\n        \
         Ok({event} {{ customer: String::new(), cents: command.cents }})\n    }}\n\n    #[apply]\n    fn paid(&mut self, event: &{event}) {{\n        \
         self.cents += event.cents;\n    }}\n}}\n\n"
    )
}
