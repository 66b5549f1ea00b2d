//! Which certificates a connection trusts.
//!
//! The system has about 140 certificates, and reading them takes most of the time that TLS needs before the first request. The
//! certificates of AWS come from five roots (<https://www.amazontrust.com/repository/>), which systems trust by default. So a
//! connection to AWS first uses only these. If verification fails, for example behind a proxy that inspects TLS, the system's
//! roots are used. Removing these roots from the system has no effect here: a connection to AWS still trusts them.

use std::env;
use std::error::Error;
use std::io;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_runtime_api::client::result::ConnectorError;

const AMAZON: &[u8] = include_bytes!("amazon.pem");

/// The certificates that the environment names instead of the system's.
const INSTEAD: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Hosts of AWS. Hosts in China and in isolated partitions use the system's roots.
const HOSTS: [&str; 2] = [".amazonaws.com", ".api.aws"];

/// Amazon's roots only.
pub(super) fn amazon() -> TlsContext {
    of(TrustStore::empty().with_pem_certificate(AMAZON))
}

/// The system's roots.
pub(super) fn system() -> TlsContext {
    TlsContext::default()
}

pub(super) fn of(roots: TrustStore) -> TlsContext {
    // This cannot fail: its parts are checked only when the connector is built.
    TlsContext::builder().with_trust_store(roots).build().unwrap_or_default()
}

/// Whether the environment names certificates: then only those count.
pub(super) fn is_told() -> bool {
    INSTEAD.iter().any(|variable| env::var_os(variable).is_some())
}

/// Whether the connection has no TLS, apart from that of a proxy.
pub(super) fn is_plain(uri: &str) -> bool {
    uri.starts_with("http://")
}

pub(super) fn is_of_aws(uri: &str) -> bool {
    let Some((_, rest)) = uri.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    HOSTS.iter().any(|suffix| host.ends_with(suffix))
}

/// Whether a connection ended because the peer's certificates could not be verified with its roots.
///
/// Every certificate error counts. A chain that ends in none of these roots can also fail as expired or as wrongly signed, and be
/// valid with other roots. Trying other roots is no weaker than using them alone: the chain is fully verified against them.
pub(super) fn is_not_trusted(error: &ConnectorError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        // `io::Error::source` skips the error that it wraps.
        cause = match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|held| held as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::CertificateError::{BadSignature, Expired, NotValidForName, Other, UnknownIssuer};
    use rustls::{AlertDescription, OtherError};

    use super::*;

    #[test]
    fn every_error_of_a_certificate_is_found_wherever_it_lies() {
        let other = Other(OtherError(Arc::new(io::Error::other("EndEntityUsedAsCa"))));
        for error in [UnknownIssuer, Expired, BadSignature, NotValidForName, other] {
            let inner =
                io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(error.clone()));
            let inner = ConnectorError::io(io::Error::other(inner).into());
            assert!(is_not_trusted(&inner), "{error:?}");
        }
    }

    #[test]
    fn what_is_no_error_of_a_certificate_is_not_taken_for_one() {
        let alert = rustls::Error::AlertReceived(AlertDescription::UnknownCA);
        for error in [io::Error::other(alert), io::ErrorKind::ConnectionReset.into()] {
            assert!(!is_not_trusted(&ConnectorError::io(error.into())));
        }
    }

    #[test]
    fn hosts_of_aws_are_told_from_others() {
        for uri in [
            "https://dynamodb.eu-central-1.amazonaws.com/",
            "https://123456789012.ddb.eu-central-1.amazonaws.com",
            "https://dynamodb.eu-central-1.api.aws:443/?",
        ] {
            assert!(is_of_aws(uri), "{uri}");
        }
        for uri in [
            "https://localhost:8000/",
            "https://amazonaws.com.example.org/",
            "https://example.org/.amazonaws.com",
            "https://example.org?.amazonaws.com",
            "https://dynamodb.cn-north-1.amazonaws.com.cn/",
        ] {
            assert!(!is_of_aws(uri), "{uri}");
        }
    }
}
