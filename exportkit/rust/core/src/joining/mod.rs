//! Records of several exports, joined by their keys (`docs/joining.md`).
//!
//! An [`Index`] turns change records into entries, an [`Applier`] those items of a state that its [`KeyFilter`] may
//! hold; [`join`] makes of all entries of some keys the records that are to be written.

mod applier;
mod apply_options;
mod attributes;
mod blocks;
mod compare;
mod entry;
mod filter;
mod index;
mod join;
mod joined;
mod lines;
mod maps;
mod net;
mod partition;
mod pending;
mod record;
mod replay;
mod runs;
#[cfg(test)]
mod tests;
mod written;

pub use self::applier::Applier;
pub use self::apply_options::{ApplyOptions, Payload};
pub use self::blocks::Blocks;
pub use self::entry::{Entries, Entry, HEADER_SIZE, Hash, Kind, NotEntries, Place};
pub use self::filter::{KeyFilter, NoFilter};
pub use self::index::{Index, IndexOptions};
pub use self::join::{JoinOptions, Operation, Source, Unjoinable, join};
pub use self::joined::{Drift, DriftKind, Joined, KeyedTwice};
pub use self::partition::partition;
pub use crate::key::FirstKey;
