use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cqrs_core::App;
use tokio::net::TcpListener;

use crate::access::{Access, Secret};
use crate::bound::Bound;
use crate::context::Context;
use crate::error::ConsoleError;
use crate::limits::Limits;

/// A console on an app, before it is opened: read-only, on `127.0.0.1`, at a free port.
///
/// ```no_run
/// # async fn example(app: cqrs_core::App) -> Result<(), cqrs_console::ConsoleError> {
/// use cqrs_console::Console;
///
/// let shutdown = async { /* tokio::signal::ctrl_c() … */ };
/// Console::new(&app).writable(true).port(4600).serve(shutdown).await
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it is opened by `bind` or `serve`"]
pub struct Console {
    app: App,
    program: String,
    writable: bool,
    ip: IpAddr,
    port: u16,
    exposed_as: Option<String>,
    lock: Option<String>,
    limits: Limits,
}

impl Console {
    /// A console on what this app has stored.
    pub fn new(app: &App) -> Self {
        Self {
            app: app.clone(),
            program: program(),
            writable: false,
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            exposed_as: None,
            lock: None,
            limits: Limits::default(),
        }
    }

    /// Whether it may replay projections, and redrive and discard dead letters. Default no.
    pub fn writable(mut self, writable: bool) -> Self {
        self.writable = writable;
        self
    }

    /// The port. The default, 0, is a free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address to listen on. Default `127.0.0.1`. An address that is not a loopback address is refused without
    /// [`exposed_as`](Self::exposed_as).
    pub fn ip(mut self, ip: impl Into<IpAddr>) -> Self {
        self.ip = ip.into();
        self
    }

    /// The name by which browsers reach the console from elsewhere, with the port if it is not 80:
    /// `"console.internal:4600"`. It allows an [`ip`](Self::ip) that is not a loopback address.
    ///
    /// The console speaks plain HTTP, so token and data can be read on the way. This is harmless in a container whose
    /// port is published on the loopback address of its host. In a network, put a proxy with TLS and a login in front,
    /// or use a tunnel such as `ssh -L`, which needs no exposure.
    pub fn exposed_as(mut self, authority: impl Into<String>) -> Self {
        self.exposed_as = Some(authority.into());
        self
    }

    /// The name of the program on the page. Default: the name of its file.
    pub fn program(mut self, name: impl Into<String>) -> Self {
        self.program = name.into();
        self
    }

    /// The text of `events.lock`, to compare with the program: `.events_lock(include_str!("../events.lock"))`.
    pub fn events_lock(mut self, text: impl Into<String>) -> Self {
        self.lock = Some(text.into());
        self
    }

    #[doc(hidden)]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Listens, and makes the token. No request is answered before [`Bound::run`].
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn bind(self) -> Result<Bound, ConsoleError> {
        let address = SocketAddr::new(self.ip, self.port);
        if !self.ip.is_loopback() && self.exposed_as.is_none() {
            return Err(ConsoleError::NotLoopback { address });
        }
        let lock = self.lock.map(|text| text.parse()).transpose().map_err(ConsoleError::Lock)?;
        let listening = |source| ConsoleError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let access = Access::new(address, self.exposed_as, Secret::new()?, Secret::new()?);
        let context = Context::new(self.app, self.program, self.writable, lock, access, self.limits);
        Ok(Bound::new(listener, address, context))
    }

    /// Opens it, prints its address to the standard error, and answers until `shutdown` is ready.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), ConsoleError> {
        let bound = self.bind().await?;
        eprintln!("console: {}", bound.url());
        bound.run(shutdown).await;
        Ok(())
    }
}

/// The name of the running file.
fn program() -> String {
    let file = std::env::current_exe().unwrap_or_default();
    file.file_stem().map_or_else(|| "app".to_owned(), |name| name.to_string_lossy().into_owned())
}
