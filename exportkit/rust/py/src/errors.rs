//! Python's errors for the core's faults; and for its bugs.

use exportkit_core::columns::Misfit;
use exportkit_core::containment;
use exportkit_core::joining::NotEntries;
use exportkit_core::strict::Misread;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The `MalformedRecordError` of a faulty record.
pub(crate) fn malformed_record(py: Python<'_>, uri: &str, misread: &Misread) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let fault = &misread.fault;
    let error = CLASS
        .import(py, "exportkit.errors", "MalformedRecordError")
        .and_then(|class| {
            class.call1((
                uri,
                misread.line,
                misread.offset,
                fault.reason.slug(),
                &fault.path,
                fault.column,
            ))
        });
    match error {
        Ok(error) => PyErr::from_value(error),
        Err(failure) => failure,
    }
}

/// The `MisfitError` of a value that fits no column.
pub(crate) fn misfit(py: Python<'_>, uri: &str, misfit: &Misfit) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let Misfit {
        line,
        offset,
        path,
        found,
    } = misfit;
    let error = CLASS
        .import(py, "exportkit.errors", "MisfitError")
        .and_then(|class| class.call1((uri, line, offset, path, found.name())));
    error.map_or_else(|failure| failure, PyErr::from_value)
}

/// The `SplitError` of a record whose value of the attribute to split by has no place.
pub(crate) fn split_refused(py: Python<'_>, uri: &str, message: &str) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let error = CLASS
        .import(py, "exportkit.errors", "SplitError")
        .and_then(|class| class.call1((uri, message)));
    error.map_or_else(|failure| failure, PyErr::from_value)
}

/// The error of bytes that are no join entries.
pub(crate) fn not_entries(wrong: NotEntries) -> PyErr {
    PyValueError::new_err(wrong.to_string())
}

/// Runs code of the core; a panic becomes a `RuntimeError` (`except Exception` would not catch the binding's own).
///
/// What the code was changing must not be used after an error.
pub(crate) fn contained<T>(run: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    containment::contained(run).unwrap_or_else(|message| {
        Err(PyRuntimeError::new_err(format!(
            "the native engine failed inside ({message}): a bug, please report it with the data file; \
             EXPORTKIT_ENGINE=reference reads without the native engine"
        )))
    })
}

/// The error of using a reader that failed inside before.
pub(crate) fn broken() -> PyErr {
    PyRuntimeError::new_err("this reader failed inside and cannot go on")
}

/// The error of using a reader after its file's end.
pub(crate) fn finished() -> PyErr {
    PyValueError::new_err("the reader is finished; each data file takes a reader of its own")
}
