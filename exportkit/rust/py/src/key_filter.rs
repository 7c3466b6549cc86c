//! `KeyFilter`: tells of a key whether it surely is not among those added.

use std::sync::Arc;

use exportkit_core::joining::{KeyFilter as CoreKeyFilter, NoFilter};
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;

use crate::buffer::with_bytes;
use crate::errors::{contained, not_entries};

#[pyclass(module = "exportkit._native", frozen)]
pub(crate) struct KeyFilter(Arc<CoreKeyFilter>);

#[pymethods]
impl KeyFilter {
    #[new]
    fn new(words: i64) -> PyResult<Self> {
        let filter = usize::try_from(words)
            .map_err(|_| NoFilter::NoPowerOfTwo)
            .and_then(CoreKeyFilter::new);
        match filter {
            Ok(filter) => Ok(Self(Arc::new(filter))),
            Err(NoFilter::NoPowerOfTwo) => Err(PyValueError::new_err(format!(
                "the words of a key filter are a power of two, not {words}"
            ))),
            Err(NoFilter::NoRoom) => Err(PyMemoryError::new_err(format!(
                "no room for a key filter of {words} words of 8 bytes"
            ))),
        }
    }

    fn add(&self, entries: &Bound<'_, PyAny>) -> PyResult<()> {
        with_bytes(entries, |bytes| {
            contained(|| Ok(entries.py().detach(|| self.0.add(bytes))))?.map_err(not_entries)
        })
    }

    fn __contains__(&self, quick_hash: u64) -> bool {
        self.0.may_hold(quick_hash)
    }
}

impl KeyFilter {
    /// The filter itself, for an applier to ask.
    pub(crate) fn shared(&self) -> Arc<CoreKeyFilter> {
        Arc::clone(&self.0)
    }
}
