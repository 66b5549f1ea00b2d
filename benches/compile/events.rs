use std::fmt::Write;

/// The attributes of the structs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    Plain,
    Serde,
    Event,
    Locked,
}

impl Form {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Form::Plain => "plain",
            Form::Serde => "serde",
            Form::Event => "event",
            Form::Locked => "locked",
        }
    }
}

/// The structs of a crate.
pub(crate) fn source(form: Form, count: usize) -> String {
    let on_struct = match form {
        Form::Plain => "",
        Form::Serde => {
            "#[derive(serde::Serialize, serde::Deserialize)]\n#[serde(rename_all = \"camelCase\")]\n"
        }
        Form::Event | Form::Locked => "#[cqrs_core::event]\n",
    };
    (0..count).fold(String::new(), |mut text, number| {
        let _ = write!(
            text,
            "{on_struct}pub struct Happened{number} {{\n    pub customer_id: String,\n    pub total_amount: u64,\n    pub note: Option<String>,\n    pub quantities: Vec<u32>,\n}}\n\n"
        );
        text
    })
}

/// The `events.lock` of the structs.
pub(crate) fn lock(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        let _ = write!(
            text,
            "Happened{number} 1 {{\n    customerId: string,\n    totalAmount: u64,\n    note: string?,\n    quantities: [u32],\n}}\n= {{\"customerId\":\"text\",\"note\":\"text\",\"quantities\":[7],\"totalAmount\":7}}\n\n"
        );
        text
    })
}
