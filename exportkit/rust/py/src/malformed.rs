//! Faults, and records that were set aside, as Python has them.

use exportkit_core::inference::Malformed;
use exportkit_core::strict::Misread;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// Makes the `Fault` of `exportkit.model.scan`.
pub(crate) fn python_fault<'py>(py: Python<'py>, misread: &Misread) -> PyResult<Bound<'py, PyAny>> {
    let fault = &misread.fault;
    py.import("exportkit.model.scan")?.getattr("Fault")?.call1((
        fault.reason.slug(),
        misread.line,
        misread.offset,
        &fault.path,
        fault.column,
    ))
}

/// Makes a list of `MalformedRecord` of `exportkit.model.decode`.
pub(crate) fn python_malformed<'py>(py: Python<'py>, malformed: &[Malformed]) -> PyResult<Bound<'py, PyList>> {
    let class = py.import("exportkit.model.decode")?.getattr("MalformedRecord")?;
    let records = malformed.iter().map(|record| {
        let data = record.data.as_deref().map(|data| PyBytes::new(py, data));
        class.call1((python_fault(py, &record.misread)?, data))
    });
    PyList::new(py, records.collect::<PyResult<Vec<_>>>()?)
}
