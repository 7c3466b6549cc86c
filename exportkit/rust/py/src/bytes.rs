//! Bytes to Python, copied while other threads run.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Bytes whose copy takes longer than to let other threads run and to come back.
const LONG: usize = 32 * 1024;

/// Returns slices one behind the other.
pub(crate) fn joined<'a, 'py>(
    py: Python<'py>,
    slices: impl Iterator<Item = &'a [u8]> + Clone + Send,
) -> PyResult<Bound<'py, PyBytes>> {
    let length = slices.clone().map(<[u8]>::len).sum();
    PyBytes::new_with(py, length, |mut rest| {
        let copy = move || {
            for slice in slices {
                let (place, after) = rest.split_at_mut(slice.len());
                place.copy_from_slice(slice);
                rest = after;
            }
        };
        if length < LONG {
            copy();
        } else {
            py.detach(copy);
        }
        Ok(())
    })
}
