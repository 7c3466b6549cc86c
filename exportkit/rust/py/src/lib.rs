//! `exportkit._native`: converts, detaches from the interpreter, calls the core, maps errors.
//!
//! What each class and function promises stands in `exportkit/_native.pyi`.

mod applier;
mod batch;
mod buffer;
mod bytes;
mod canonical_item;
mod canonicaliser;
mod decoder;
mod entries;
mod errors;
mod index;
mod inference;
mod items;
mod join;
mod key_filter;
mod known;
mod malformed;
mod options;
mod plan;
mod recent;
mod scanner;
mod session;
mod signer;
mod statistics;
mod transcoder;
mod values;

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;

/// The native engine of exportkit.
#[pymodule]
mod _native {
    use super::{PyErr, PyModule, PyResult, PyRuntimeWarning, Python};
    use exportkit_core::BUILD_PROFILE;
    use exportkit_core::fault::Reason;
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::applier::Applier;
    #[pymodule_export]
    use super::batch::DecodedBatch;
    #[pymodule_export]
    use super::canonical_item::canonical_item;
    #[pymodule_export]
    use super::canonicaliser::Canonicaliser;
    #[pymodule_export]
    use super::decoder::Decoder;
    #[pymodule_export]
    use super::entries::{duplicate_keys, partition_keys};
    #[pymodule_export]
    use super::index::Index;
    #[pymodule_export]
    use super::inference::Inference;
    #[pymodule_export]
    use super::items::Items;
    #[pymodule_export]
    use super::join::{join, partition_entries};
    #[pymodule_export]
    use super::key_filter::KeyFilter;
    #[pymodule_export]
    use super::scanner::Scanner;
    #[pymodule_export]
    use super::signer::Signer;
    #[pymodule_export]
    use super::transcoder::Transcoder;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("BUILD_PROFILE", BUILD_PROFILE)?;
        if BUILD_PROFILE == "debug" {
            warn_of_debug_build(module.py())?;
        }
        Ok(())
    }

    /// Slugs of all reasons that the engine can give.
    #[pyfunction]
    fn reasons() -> Vec<&'static str> {
        Reason::ALL.iter().map(|reason| reason.slug()).collect()
    }

    fn warn_of_debug_build(py: Python<'_>) -> PyResult<()> {
        PyErr::warn(
            py,
            &py.get_type::<PyRuntimeWarning>(),
            c"exportkit._native is a debug build, many times slower than a release build",
            1,
        )
    }
}
