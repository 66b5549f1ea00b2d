use super::Tables;

const DEAD_LETTERS: &str = "-dlq";
const FIFO: &str = ".fifo";

/// Whether a topic or a queue is FIFO, by its name or its ARN.
#[cfg(feature = "broker")]
pub(crate) fn is_fifo(name: &str) -> bool {
    name.ends_with(FIFO)
}

/// The names of tables, topic and queues in the account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) prefix: String,
    pub(crate) fifo: bool,
}

impl Names {
    pub(crate) fn tables(&self) -> Tables {
        Tables::with_prefix(&self.prefix)
    }

    pub(crate) fn topic(&self) -> String {
        self.with_prefix("events")
    }

    pub(crate) fn queue(&self, queue: &str) -> String {
        self.with_prefix(queue)
    }

    pub(crate) fn dead_letters(&self, queue: &str) -> String {
        self.with_prefix(&format!("{queue}{DEAD_LETTERS}"))
    }

    /// The queue of a wiring with this name, or with dead letters of this name; `None` if the name has another prefix or kind.
    #[cfg(feature = "broker")]
    pub(crate) fn queue_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        let name = name.strip_prefix(&self.prefix)?;
        let name = match self.fifo {
            true => name.strip_suffix(FIFO)?,
            false => Some(name).filter(|name| !name.ends_with(FIFO))?,
        };
        let queue = name.strip_suffix(DEAD_LETTERS).unwrap_or(name);
        (!queue.is_empty()).then_some(queue)
    }

    /// The suffix of a name shows whether a topic or queue is FIFO.
    fn with_prefix(&self, name: &str) -> String {
        let suffix = if self.fifo { FIFO } else { "" };
        format!("{}{name}{suffix}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_prefix_and_the_kind() {
        let standard = Names { prefix: "shop-".to_owned(), fifo: false };
        assert_eq!(standard.topic(), "shop-events");
        assert_eq!(standard.queue("Mail"), "shop-Mail");
        assert_eq!(standard.dead_letters("Mail"), "shop-Mail-dlq");
        let fifo = Names { fifo: true, ..standard };
        assert_eq!(fifo.topic(), "shop-events.fifo");
        assert_eq!(fifo.dead_letters("Mail"), "shop-Mail-dlq.fifo");
    }

    #[cfg(feature = "broker")]
    #[test]
    fn a_name_leads_back_to_its_queue() {
        let standard = Names { prefix: "shop-".to_owned(), fifo: false };
        let fifo = Names { fifo: true, ..standard.clone() };
        for names in [&standard, &fifo] {
            assert_eq!(names.queue_of(&names.queue("Mail")), Some("Mail"));
            assert_eq!(names.queue_of(&names.dead_letters("Mail")), Some("Mail"));
        }
        for foreign in ["Mail", "shop-Mail.fifo", "bank-Mail", "shop-", "shop--dlq"] {
            assert_eq!(standard.queue_of(foreign), None, "{foreign}");
        }
        assert_eq!(fifo.queue_of("shop-Mail"), None);
    }
}
