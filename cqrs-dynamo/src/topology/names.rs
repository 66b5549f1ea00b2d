/// What topic and queues are called in the account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) prefix: String,
    pub(crate) fifo: bool,
}

impl Names {
    pub(crate) fn topic(&self) -> String {
        self.with_prefix("events")
    }

    pub(crate) fn queue(&self, queue: &str) -> String {
        self.with_prefix(queue)
    }

    pub(crate) fn dead_letters(&self, queue: &str) -> String {
        self.with_prefix(&format!("{queue}-dlq"))
    }

    /// A FIFO topic or queue is one by its name, too.
    fn with_prefix(&self, name: &str) -> String {
        let suffix = if self.fifo { ".fifo" } else { "" };
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
}
