//! Whom a connection trusts.
//!
//! The certificates of the system are about 140, and to read them all is most of what TLS takes before the first request. The
//! certificates of AWS come from five roots (<https://www.amazontrust.com/repository/>), which every system trusts. So a
//! connection to AWS is tried with those; where something else answers, such as a proxy that looks into TLS, the system is asked.

use std::env;
use std::error::Error;
use std::io;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_runtime_api::client::result::ConnectorError;
use rustls::CertificateError;

const AMAZON: &[u8] = include_bytes!("amazon.pem");

/// What the environment says instead of the system.
const INSTEAD: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Hosts of AWS. Those of China and of closed partitions are left to the system.
const HOSTS: [&str; 2] = [".amazonaws.com", ".api.aws"];

/// The roots of Amazon, and no others.
pub(super) fn amazon() -> TlsContext {
    of(TrustStore::empty().with_pem_certificate(AMAZON))
}

/// The roots of the system.
pub(super) fn system() -> TlsContext {
    TlsContext::default()
}

pub(super) fn of(roots: TrustStore) -> TlsContext {
    // It has no error: what it is built of is not looked at before the connector is.
    TlsContext::builder().with_trust_store(roots).build().unwrap_or_default()
}

/// Whether the environment names certificates: then those count, and no others.
pub(super) fn is_told() -> bool {
    INSTEAD.iter().any(|variable| env::var_os(variable).is_some())
}

/// Whether there is no TLS on the way, unless it is that of a proxy.
pub(super) fn is_plain(uri: &str) -> bool {
    uri.starts_with("http://")
}

pub(super) fn is_of_aws(uri: &str) -> bool {
    let Some((_, rest)) = uri.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    HOSTS.iter().any(|suffix| host.ends_with(suffix))
}

/// Whether a connection ended because nobody who is trusted has signed for the other side.
pub(super) fn is_unknown_issuer(error: &ConnectorError) -> bool {
    let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref() == Some(&unknown) {
            return true;
        }
        // The source of an `io::Error` passes over what it holds.
        cause = match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|held| held as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

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
