//! `exportkit._native`: converts, detaches from the interpreter, calls the core, maps errors.

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;

/// The native engine of exportkit.
#[pymodule]
mod _native {
    use super::{PyErr, PyModule, PyResult, PyRuntimeWarning, Python};
    use exportkit_core::BUILD_PROFILE;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("BUILD_PROFILE", BUILD_PROFILE)?;
        if BUILD_PROFILE == "debug" {
            warn_of_debug_build(module.py())?;
        }
        Ok(())
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
