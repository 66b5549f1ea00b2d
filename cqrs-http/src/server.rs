mod connections;
mod stream;

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use cqrs_core::App;
use cqrs_core::delivery::DeliveryError;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The default grace: below the 30 seconds that containers have between SIGTERM and SIGKILL on Amazon ECS and
/// Kubernetes, and above [`Api::longest_wait`](crate::Api::longest_wait).
const GRACE: Duration = Duration::from_secs(25);

/// What the server grants its clients.
#[derive(Debug, Clone, Copy)]
struct Limits {
    head_time: Duration,
    write_time: Duration,
    connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Above the 60 seconds for which a load balancer of AWS keeps a connection that is idle: a server that
            // closes it first may do so while a request is on its way.
            head_time: Duration::from_secs(75),
            write_time: Duration::from_secs(10),
            // Below the 1024 files that a process may have open where nobody has changed that.
            connections: 512,
        }
    }
}

/// An HTTP server with the delivery beside it: one process that takes requests and runs projections and handlers.
///
/// ```no_run
/// # use cqrs_http::axum::Router;
/// # async fn example(app: cqrs_core::App, router: Router) -> Result<(), cqrs_http::ServerError> {
/// use cqrs_http::{Server, shutdown_signal};
///
/// let server = Server::bind("127.0.0.1:8080").await?;
/// println!("listening on {}", server.url());
/// server.run(&app, router, shutdown_signal()).await
/// # }
/// ```
///
/// One process at a time should deliver the events of a store ([`App::run`]). If several processes serve one store, or
/// the delivery is elsewhere, serve the router with [`axum::serve`](axum::serve()).
#[derive(Debug)]
#[must_use = "nothing is answered before `run`"]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    grace: Duration,
    limits: Limits,
}

impl Server {
    /// Listens at an address such as `127.0.0.1:8080`, or `0.0.0.0:8080` for requests from other machines; with port 0
    /// at a free port. Requests wait until [`run`](Self::run).
    ///
    /// # Errors
    /// [`ServerError::Listen`]: the address is wrong, or taken.
    pub async fn bind(address: &str) -> Result<Self, ServerError> {
        let failed = |source| ServerError::Listen { address: address.to_owned(), source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, grace: GRACE, limits: Limits::default() })
    }

    /// How long requests and deliveries may take to finish after the shutdown. Default 25 seconds. Set it below the
    /// time after which your environment kills the process, and above the time that a request may take.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// How long the head of a request may take, and how long a connection may be idle between two requests. Default
    /// 75 seconds. Then the server closes the connection. Set it above the time for which a proxy in front of the server
    /// keeps connections that are idle.
    pub fn head_time(mut self, limit: Duration) -> Self {
        self.limits.head_time = limit;
        self
    }

    /// How long a client may read nothing of an answer that waits for it. Default 10 seconds. Then the server closes the
    /// connection.
    pub fn write_time(mut self, limit: Duration) -> Self {
        self.limits.write_time = limit;
        self
    }

    /// How many connections there are at a time, at least 1. Default 512. Further ones wait until one of them ends.
    pub fn connections(mut self, most: usize) -> Self {
        self.limits.connections = most;
        self
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL: `http://127.0.0.1:8080`. Replace `0.0.0.0` by a name of the machine.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers requests and delivers events until `shutdown` is ready, such as [`shutdown_signal`]. Then it takes no new request,
    /// closes connections whose request has not come in with its whole head, and answers those that are under way. The delivery continues
    /// meanwhile, because a request may wait for it, and ends after its batch.
    ///
    /// If the delivery fails, the server stops in the same way: without delivery it would accept commands that no view
    /// ever shows.
    ///
    /// # Errors
    /// [`ServerError::Delivery`], and [`ServerError::Unfinished`] if the [grace](Self::grace) is over. No commit is lost: the next
    /// process delivers it.
    pub async fn run(
        self,
        app: &App,
        router: Router,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServerError> {
        self.serve(app, router, Box::pin(shutdown)).await
    }

    /// In a box, so that the server is compiled here, and not again in each program.
    fn serve<'a>(
        self,
        app: &'a App,
        router: Router,
        shutdown: BoxFuture<'a, ()>,
    ) -> BoxFuture<'a, Result<(), ServerError>> {
        Box::pin(async move {
            let Self { listener, grace, limits, .. } = self;
            let (stop, answered) = (watch::Sender::new(false), watch::Sender::new(false));
            let failed = OnceLock::new();
            let serving = async {
                connections::serve(listener, router, limits, &stop).await;
                answered.send_replace(true);
            };
            let delivering = async {
                if let Err(error) = app.run(stopped(&answered)).await {
                    // Logged now, because the requests under way may take the rest of the grace.
                    tracing::error!(%error, "the delivery has ended, and the server stops");
                    let _ = failed.set(error);
                    stop.send_replace(true);
                }
            };
            let ended = {
                let mut parts = pin!(async { tokio::join!(serving, delivering) });
                tokio::select! {
                    ((), ()) = &mut parts => Ok(()),
                    () = either(shutdown, stopped(&stop)) => {
                        stop.send_replace(true);
                        let ended = tokio::time::timeout(grace, parts).await;
                        ended.map(|((), ())| ()).map_err(|_| ServerError::Unfinished { grace })
                    }
                }
            };
            match failed.into_inner() {
                Some(error) => Err(ServerError::Delivery(Box::new(error))),
                None => ended,
            }
        })
    }
}

/// Ready when the value becomes true.
fn stopped(stop: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + use<> {
    let mut stop = stop.subscribe();
    async move {
        // An error means that the sender is gone, and so is the server.
        let _ = stop.wait_for(|stop| *stop).await;
    }
}

async fn either(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    tokio::select! {
        () = one => {}
        () = other => {}
    }
}

/// Ready when the process should end: at Ctrl-C (SIGINT), or at SIGTERM, which Docker, Kubernetes, Amazon ECS and
/// systemd send.
///
/// From its first poll on, the signals no longer end the process by themselves. A second signal does nothing: the
/// [grace](Server::grace) bounds the wait.
pub async fn shutdown_signal() {
    either(interrupted(), terminated()).await;
}

async fn interrupted() {
    received("SIGINT", tokio::signal::ctrl_c().await).await;
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};

    let received_one = match signal(SignalKind::terminate()) {
        Ok(mut signals) => signals.recv().await.ok_or_else(|| io::Error::other("there are no more signals")),
        Err(error) => Err(error),
    };
    received("SIGTERM", received_one).await;
}

#[cfg(not(unix))]
async fn terminated() {
    pending().await
}

/// A signal that cannot be waited for still ends the process by itself, so the server is not stopped for it.
async fn received(signal: &str, result: io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "{signal} cannot be waited for");
        pending::<()>().await;
    }
}

/// Why a [`Server`] does not begin, or has ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The server cannot listen at the address.
    #[error("cannot listen at `{address}`: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        r#source: io::Error,
    },
    /// Events cannot be delivered, and waiting does not help.
    #[error("the delivery has ended: {0}")]
    Delivery(Box<DeliveryError>),
    /// Requests or deliveries were under way at the end of the [grace](Server::grace). They end with the program.
    #[error("requests or deliveries were still under way {} s after the shutdown; they end with the program", grace.as_secs_f64())]
    Unfinished {
        /// How long they had.
        grace: Duration,
    },
}
