//! `duplicate_keys` and `partition_keys`: key entries of a whole export.

use exportkit_core::entries::{ENTRY_SIZE, HASH_SIZE, Place, duplicates, partition};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::buffer::with_bytes;
use crate::errors::contained;

/// Returns the keys that stand more than once, the first `limit` with their places.
#[pyfunction]
pub(crate) fn duplicate_keys<'py>(entries: &Bound<'py, PyAny>, limit: i64) -> PyResult<Bound<'py, PyAny>> {
    let py = entries.py();
    let limit = usize::try_from(limit).unwrap_or(0);
    let found = with_bytes(entries, |entries| {
        judge_size(entries)?;
        contained(|| Ok(py.detach(|| duplicates(entries, limit))))
    })?;
    let places = found
        .places
        .iter()
        .map(|(place, first)| (python_place(place), python_place(first)));
    let places = PyTuple::new(py, places.collect::<Vec<_>>())?;
    py.import("exportkit.model.scan")?
        .getattr("DuplicateKeys")?
        .call1((found.count, places))
}

/// Returns 256 runs of the entries, split by a byte of the hash, order kept.
#[pyfunction]
pub(crate) fn partition_keys<'py>(entries: &Bound<'py, PyAny>, byte: i64) -> PyResult<Bound<'py, PyList>> {
    let py = entries.py();
    let runs = with_bytes(entries, |entries| {
        judge_size(entries)?;
        let byte = hash_byte(byte)?;
        contained(|| Ok(py.detach(|| partition(entries, byte))))
    })?;
    PyList::new(py, runs.iter().map(|run| PyBytes::new(py, run)))
}

/// The number of a byte of a key's hash.
pub(crate) fn hash_byte(byte: i64) -> PyResult<usize> {
    usize::try_from(byte)
        .ok()
        .filter(|&byte| byte < HASH_SIZE)
        .ok_or_else(|| PyValueError::new_err(format!("a key's hash has {HASH_SIZE} bytes, and no byte {byte}")))
}

fn judge_size(entries: &[u8]) -> PyResult<()> {
    if entries.len().is_multiple_of(ENTRY_SIZE) {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "key entries have {ENTRY_SIZE} bytes each; {} is no multiple",
        entries.len()
    )))
}

fn python_place(place: &Place) -> (u32, u64, u64) {
    (place.file_index, place.line, place.offset)
}
