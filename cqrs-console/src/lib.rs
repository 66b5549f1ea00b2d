#![cfg_attr(docsrs, feature(doc_cfg))]
//! A console in the browser for foldline apps, served by their own process.
//!
//! It shows what is stored: the streams with a time machine, causes and effects, read models, projections and their
//! lag, dead letters, deadlines, the wiring, the schemas, and commits as they come. [`Console`] says how to open it.
//!
//! ```no_run
//! use cqrs_console::Console;
//! use cqrs_core::App;
//! use cqrs_core::store::MemoryEventStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::builder(MemoryEventStore::new()).build()?;
//! let console = Console::new(&app).port(4600).bind().await?;
//! println!("console: {}", console.url());              // http://127.0.0.1:4600/?token=…
//! console.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Access
//!
//! The console listens on `127.0.0.1` only, changes nothing unless it is [`writable`](Console::writable), and answers
//! no request without the token, which is new for each start. A person who can read the terminal, or the memory
//! of the process, can use it. Other users of the machine, and pages in the same browser, cannot:
//!
//! * The token is 256 bits from the operating system. The browser exchanges it for a cookie (`HttpOnly`,
//!   `SameSite=Strict`). The address that the browser shows and remembers no longer contains the token.
//! * `Host` must be the console's own, so a name that was rebound to `127.0.0.1` gets no answer.
//! * A request that another origin has caused is refused. A request that changes something must also say where it
//!   comes from, and have a header that pages of other origins cannot send.
//! * The page loads nothing from elsewhere, and runs only its own scripts: `default-src 'none'`.
//! * Bodies, headers, connections and the time for each of them have limits.
//!
//! Cookies do not distinguish ports: a browser also sends the cookie to a server on another port of `127.0.0.1` that it
//! visits. Do not visit servers there that you do not trust while a console is open.
//!
//! # What it costs
//!
//! Each page reads only what it shows, and reports how many commits the store read for it. The first paint takes at
//! most 10 requests. Nothing is read while no page asks for it.

mod access;
mod assets;
mod bound;
mod console;
mod context;
mod error;
mod limits;
mod problem;
mod replays;
mod request;
mod routes;
mod tail;

pub use bound::Bound;
pub use console::Console;
pub use error::ConsoleError;
#[doc(hidden)]
pub use limits::Limits;
