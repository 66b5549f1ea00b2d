//! The connections of a server, from its listener on.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::stream::Stream;
use super::{Limits, stopped};

/// How long it waits if a connection could not be accepted, for example because too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers requests until it is stopped, and those that are under way then.
pub(super) async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: &watch::Sender<bool>) {
    let permits = Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let (open, _) = watch::channel(());
    let mut stopping = pin!(stopped(stop));
    loop {
        let accepted = tokio::select! {
            () = &mut stopping => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        let Some((stream, permit)) = accepted else { continue };
        let (router, stop, open) = (router.clone(), stopped(stop), open.subscribe());
        tokio::spawn(async move {
            answer(stream, router, limits, stop).await;
            drop((permit, open));
        });
    }
    drop(listener);
    open.closed().await;
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
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// Answers the requests of one connection.
async fn answer(stream: TcpStream, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let was_asked = Arc::new(AtomicBool::new(false));
    let service = {
        let was_asked = Arc::clone(&was_asked);
        let router = TowerToHyperService::new(router);
        service_fn(move |request: Request<Incoming>| {
            was_asked.store(true, Ordering::Relaxed);
            router.call(request)
        })
    };
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head_time);
    let stream = TokioIo::new(Stream::new(stream, limits.write_time));
    let mut connection = pin!(builder.serve_connection(stream, service).with_upgrades());
    let ended = tokio::select! {
        // What has arrived is read before the stop is seen.
        biased;
        ended = connection.as_mut() => ended,
        () = stop => {
            // It closes a connection between two requests by itself, but waits for the rest of the first one.
            connection.as_mut().graceful_shutdown();
            if !was_asked.load(Ordering::Relaxed) {
                return;
            }
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
