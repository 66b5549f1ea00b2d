use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::context::Context;
use crate::routes;

/// The largest head of a request.
const HEAD_BYTES: usize = 16 * 1024;
/// How long it waits if a connection could not be accepted, for example because too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// A console that listens, and answers once it [runs](Self::run).
#[must_use = "nothing is answered before `run`"]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    context: Arc<Context>,
}

impl Bound {
    pub(crate) fn new(listener: TcpListener, address: SocketAddr, context: Arc<Context>) -> Self {
        Self { listener, address, context }
    }

    /// The address for the browser: `http://127.0.0.1:4600/?token=…`. Anybody who has it can use the console.
    #[must_use]
    pub fn url(&self) -> String {
        self.context.access.url()
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` is ready, and then ends running requests within a few seconds. A replay that was
    /// started here stops, and can be continued.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        self.serve(Box::pin(shutdown)).await;
    }

    /// In a box, so that the server is compiled here, and not again in each program.
    fn serve<'a>(self, mut shutdown: BoxFuture<'a, ()>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let router = routes::router(&self.context);
            let limits = self.context.limits;
            let permits = Arc::new(Semaphore::new(limits.connections));
            let graceful = GracefulShutdown::new();
            let mut connections = JoinSet::new();
            loop {
                let accepted = tokio::select! {
                    () = &mut shutdown => break,
                    accepted = accept(&self.listener, &permits) => accepted,
                };
                while connections.try_join_next().is_some() {}
                let Some((stream, permit)) = accepted else { continue };
                let mut builder = http1::Builder::new();
                builder
                    .timer(TokioTimer::new())
                    .header_read_timeout(limits.head_time)
                    .max_buf_size(HEAD_BYTES);
                let service = TowerToHyperService::new(router.clone());
                let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
                connections.spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection of the console ended early");
                    }
                    drop(permit);
                });
            }
            drop(self.listener);
            self.context.ended.send_replace(true);
            if tokio::time::timeout(limits.grace, graceful.shutdown()).await.is_err() {
                tracing::debug!("connections of the console are cut off");
            }
            connections.shutdown().await;
            self.context.replays.stop();
            self.context.tailing.stop();
        })
    }
}

/// The next connection, as soon as one more is allowed; `None` if it could not be accepted.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, permit)),
        Err(error) => {
            tracing::warn!(%error, "the console could not take a connection");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token.
        f.debug_struct("Bound").field("address", &self.address).finish_non_exhaustive()
    }
}
