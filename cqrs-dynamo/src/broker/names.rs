use super::BrokerError;

/// Amazon SQS Developer Guide, "Quotas"; Amazon SNS API Reference, "CreateTopic". The suffix `.fifo` counts.
const QUEUE_CHARACTERS: usize = 80;
const TOPIC_CHARACTERS: usize = 256;

/// What topic and queues are called.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) prefix: String,
    pub(super) fifo: bool,
}

impl Names {
    pub(super) fn topic(&self) -> Result<String, BrokerError> {
        self.name("topic", "events", TOPIC_CHARACTERS)
    }

    pub(super) fn queue(&self, queue: &str) -> Result<String, BrokerError> {
        self.name("queue", queue, QUEUE_CHARACTERS)
    }

    pub(super) fn dead_letters(&self, queue: &str) -> Result<String, BrokerError> {
        self.name("queue", &format!("{queue}-dlq"), QUEUE_CHARACTERS)
    }

    fn name(&self, kind: &'static str, base: &str, longest: usize) -> Result<String, BrokerError> {
        let stem = format!("{}{base}", self.prefix);
        let wrong = stem.chars().find(|char| !(char.is_ascii_alphanumeric() || matches!(char, '-' | '_')));
        let name = if self.fifo { format!("{stem}.fifo") } else { stem };
        let reason = match wrong {
            Some(char) => format!("`{char}` is neither a letter of ASCII, a digit, `-` nor `_`"),
            None if name.len() > longest => {
                format!("it has {} characters, and {longest} are allowed", name.len())
            }
            None => return Ok(name),
        };
        Err(BrokerError::Name { kind, name, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(prefix: &str, fifo: bool) -> Names {
        Names { prefix: prefix.to_owned(), fifo }
    }

    #[test]
    fn names_carry_the_prefix_and_the_kind() {
        let standard = names("shop-", false);
        assert_eq!(standard.topic().unwrap(), "shop-events");
        assert_eq!(standard.queue("Mail").unwrap(), "shop-Mail");
        assert_eq!(standard.dead_letters("Mail").unwrap(), "shop-Mail-dlq");
        assert_eq!(names("", true).dead_letters("Mail").unwrap(), "Mail-dlq.fifo");
    }

    #[test]
    fn a_name_that_the_broker_refuses_is_refused_with_the_rule() {
        let message = names("shop.", false).queue("Mail").unwrap_err().to_string();
        assert!(message.contains("`shop.Mail`") && message.contains("`.`"), "{message}");
        let long = "q".repeat(76);
        assert!(names("", false).queue(&long).is_ok());
        assert!(names("", true).queue(&long).is_err(), "`.fifo` counts");
        let message = names("", false).queue(&"q".repeat(81)).unwrap_err().to_string();
        assert!(message.contains("81") && message.contains("80"), "{message}");
        assert!(names("", false).dead_letters(&"q".repeat(77)).is_err(), "`-dlq` counts");
    }
}
