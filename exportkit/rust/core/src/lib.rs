//! The native engine of exportkit: records in, findings, items and bytes out.
//!
//! This crate never heard of Python. It owns no threads and does no I/O: a caller pushes chunks of
//! decompressed bytes into a consumer and takes out what the consumer made of them.

pub mod canonical;
pub mod columns;
pub mod containment;
pub mod decoder;
pub(crate) mod digest;
pub mod entries;
pub mod events;
pub mod fault;
pub mod faulty;
pub(crate) mod hash;
pub mod inference;
pub mod ion;
pub mod joining;
pub mod json;
mod judge;
mod kept;
mod key;
pub mod line;
pub mod number;
pub mod path;
pub mod reader;
pub mod scanner;
pub mod sets;
pub mod signer;
pub(crate) mod simd;
pub mod spelling;
pub mod split;
pub mod strict;
mod tee;
pub mod text;
pub mod transcode;
pub mod types;
mod window;

/// Whether the crate was compiled with optimisation (`release`) or without (`debug`).
pub const BUILD_PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };
