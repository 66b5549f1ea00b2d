//! What the annotated items say, checked: everything that `expand` needs and nothing else.

mod aggregate;
mod app;
mod argument;
mod case;
mod command;
mod data;
mod entity;
mod event;
mod fingerprint;
mod fold;
mod handler;
mod item;
mod key;
mod lock;
mod projection;
mod queue;
mod serde;
mod snapshots;
mod template;
mod view;

pub(crate) use aggregate::Aggregate;
pub(crate) use app::App;
pub(crate) use command::Command;
pub(crate) use data::{Data, Field, Shape};
pub(crate) use entity::Entity;
pub(crate) use event::{Event, Older};
pub(crate) use fold::Apply;
pub(crate) use handler::{Arm, Handler, Subject, marker as handler_marker};
pub(crate) use item::is_impl;
pub(crate) use key::{Key, Kind};
pub(crate) use lock::{FILE as LOCK_FILE, Locked};
pub(crate) use projection::Projection;
pub(crate) use serde::Serde;
pub(crate) use snapshots::Snapshots;
pub(crate) use template::Piece;
pub(crate) use view::{Address, View};
