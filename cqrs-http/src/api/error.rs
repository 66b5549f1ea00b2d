use std::fmt;

/// An API cannot be made of what was listed. It reports all faults at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    faults: Vec<String>,
}

impl ApiError {
    pub(super) fn new(faults: Vec<String>) -> Self {
        Self { faults }
    }

    /// Each fault: what is wrong, and what to do.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the API cannot be made:")?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

impl std::error::Error for ApiError {}
