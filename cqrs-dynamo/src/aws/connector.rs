use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::config::SharedAsyncSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::trust;

/// Sends requests over pooled connections. TLS is set up for the first request that needs it. Clones share everything.
#[derive(Debug, Clone)]
pub(super) struct Connector(Arc<Connections>);

#[derive(Debug)]
struct Connections {
    settings: HttpConnectorSettings,
    sleep: Option<SharedAsyncSleep>,
    roots: [TlsContext; 2],
    /// One with Amazon's roots, and one with the system's.
    made: [OnceLock<SharedHttpConnector>; 2],
    /// Whether the environment says which certificates to trust.
    is_told: bool,
    /// Whether the first roots have been enough, and whether they have been refused.
    was_enough: AtomicBool,
    is_refused: AtomicBool,
}

impl Connector {
    pub(super) fn new(settings: &HttpConnectorSettings, sleep: Option<SharedAsyncSleep>) -> Self {
        Self::with_roots([trust::amazon(), trust::system()], trust::is_told(), settings, sleep)
    }

    fn with_roots(
        roots: [TlsContext; 2],
        is_told: bool,
        settings: &HttpConnectorSettings,
        sleep: Option<SharedAsyncSleep>,
    ) -> Self {
        Self(Arc::new(Connections {
            settings: settings.clone(),
            sleep,
            roots,
            made: Default::default(),
            is_told,
            was_enough: AtomicBool::new(false),
            is_refused: AtomicBool::new(false),
        }))
    }

    fn with_first_roots(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = Arc::clone(&self.0);
        // A refused connection sent nothing, so the request can be sent again.
        let again = if this.was_enough.load(Ordering::Relaxed) { None } else { request.try_clone() };
        let is_plain = trust::is_plain(request.uri());
        let answer = this.send(0, request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            match &answer {
                // Without TLS, an answer says nothing about the roots.
                Ok(_) if is_plain => {}
                Ok(_) => this.was_enough.store(true, Ordering::Relaxed),
                Err(error) if trust::is_not_trusted(error) => {
                    this.is_refused.store(true, Ordering::Relaxed);
                    if let Some(again) = again {
                        return this.send(1, again).await;
                    }
                }
                Err(_) => {}
            }
            answer
        })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri();
        let is_enough = !self.0.is_told && (trust::is_plain(uri) || trust::is_of_aws(uri));
        if is_enough && !self.0.is_refused.load(Ordering::Relaxed) {
            self.with_first_roots(request)
        } else {
            self.0.send(1, request)
        }
    }
}

impl Connections {
    fn send(&self, roots: usize, request: HttpRequest) -> HttpConnectorFuture {
        self.made[roots].get_or_init(|| self.make(&self.roots[roots])).call(request)
    }

    /// Built as the SDK builds its own.
    fn make(&self, roots: &TlsContext) -> SharedHttpConnector {
        let mut builder = aws_smithy_http_client::Connector::builder();
        builder.set_connector_settings(Some(self.settings.clone()));
        builder.set_sleep_impl(self.sleep.clone());
        builder.set_proxy_config(Some(ProxyConfig::from_env()));
        let tls = builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(roots.clone());
        SharedHttpConnector::new(tls.build())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use aws_smithy_http_client::tls::TrustStore;
    use aws_smithy_types::body::SdkBody;
    use rustls::ServerConfig;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

    /// `ca.pem`, `alike.pem` with the same name, and `server.pem` for `localhost`, which `ca.pem` has signed, with its key. They
    /// are valid until 2120, and are not part of the package.
    fn file(name: &str) -> Vec<u8> {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testing").join(name)).unwrap()
    }

    fn root(name: &str) -> TlsContext {
        trust::of(TrustStore::empty().with_pem_certificate(file(name)))
    }

    /// A server whose certificate is not signed by Amazon, and its address.
    async fn server() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let certificate = CertificateDer::from_pem_slice(&file("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&file("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // If the client does not trust it, there is nothing more to do.
                    let Ok(mut stream) = acceptor.accept(socket).await else { return };
                    let mut request = [0; 4096];
                    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                        stream.write_all(ANSWER).await.unwrap();
                    }
                });
            }
        });
        format!("https://localhost:{port}/")
    }

    /// A server without TLS that answers each connection once, and its address.
    async fn plain_server() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                if socket.read(&mut request).await.is_ok_and(|read| read > 0) {
                    socket.write_all(ANSWER).await.unwrap();
                }
            }
        });
        format!("http://127.0.0.1:{port}/")
    }

    fn connector(roots: [TlsContext; 2], is_told: bool) -> Connector {
        Connector::with_roots(roots, is_told, &HttpConnectorSettings::default(), None)
    }

    fn nobody() -> TlsContext {
        trust::of(TrustStore::empty())
    }

    fn request(uri: &str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from("{}"));
        request.set_uri(uri).unwrap();
        request
    }

    #[tokio::test]
    async fn who_is_not_signed_for_by_amazon_is_asked_of_the_system() {
        let uri = server().await;
        let connector = connector([trust::amazon(), root("ca.pem")], false);
        let answer = connector.with_first_roots(request(&uri)).await.unwrap();
        assert!(answer.status().is_success());
        assert!(connector.0.is_refused.load(Ordering::Relaxed), "the next request asks the system at once");
        assert!(connector.call(request(&uri)).await.unwrap().status().is_success());
    }

    #[tokio::test]
    async fn whom_the_system_does_not_trust_either_gets_no_request() {
        let uri = server().await;
        let connector = connector([trust::amazon(), nobody()], false);
        let refused = connector.with_first_roots(request(&uri)).await.unwrap_err();
        assert!(trust::is_not_trusted(&refused), "{refused:?}");
    }

    /// Here the signature is wrong, but the issuer is known.
    #[tokio::test]
    async fn the_system_is_also_asked_where_a_first_root_has_the_name_of_the_issuer() {
        let uri = server().await;
        let connector = connector([root("alike.pem"), root("ca.pem")], false);
        let answer = connector.with_first_roots(request(&uri)).await.unwrap();
        assert!(answer.status().is_success());
    }

    #[tokio::test]
    async fn an_answer_without_tls_says_nothing_of_the_roots() {
        let (plain, uri) = (plain_server().await, server().await);
        let connector = connector([trust::amazon(), root("ca.pem")], false);
        assert!(connector.call(request(&plain)).await.unwrap().status().is_success());
        assert!(connector.0.made[1].get().is_none(), "the first roots do for it");
        assert!(connector.with_first_roots(request(&uri)).await.unwrap().status().is_success());
    }

    #[tokio::test]
    async fn after_an_answer_with_tls_the_first_roots_are_known_to_be_enough() {
        let uri = server().await;
        let connector = connector([root("ca.pem"), nobody()], false);
        assert!(connector.with_first_roots(request(&uri)).await.unwrap().status().is_success());
        assert!(connector.0.was_enough.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn what_the_environment_says_counts_alone_also_without_tls() {
        let plain = plain_server().await;
        let connector = connector([trust::amazon(), nobody()], true);
        assert!(connector.call(request(&plain)).await.unwrap().status().is_success());
        assert!(connector.0.made[0].get().is_none());
    }

    #[tokio::test]
    async fn the_roots_of_amazon_can_be_read() {
        let connector = connector([trust::amazon(), nobody()], false);
        // It is made for the first request, even if that request fails.
        let nobody = connector.with_first_roots(request("http://127.0.0.1:1/")).await;
        assert!(nobody.is_err());
        assert!(connector.0.made[0].get().is_some() && connector.0.made[1].get().is_none());
    }
}
