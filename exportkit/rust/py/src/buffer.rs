//! Bytes from Python, without a copy where that is safe.

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};

/// Calls `read` with the bytes of a buffer that stay as they are while it runs, detached or not.
///
/// `bytes`, and memory views of `bytes`, are read in place: nobody can change them. What somebody could
/// change meanwhile (`bytearray`, a memory view of one, even a read-only one) is copied first: at memory
/// speed, a small part of what reading costs.
pub(crate) fn with_bytes<T>(buffer: &Bound<'_, PyAny>, read: impl FnOnce(&[u8]) -> PyResult<T>) -> PyResult<T> {
    if let Ok(bytes) = buffer.cast::<PyBytes>() {
        return read(bytes.as_bytes());
    }
    let view = PyBuffer::<u8>::get(buffer)?;
    if view.is_c_contiguous()
        && let Some(owner) = immutable_owner(buffer)?
    {
        let whole = owner.as_bytes();
        // The view's place in its owner, from their addresses; what does not fit is copied.
        let start = (view.buf_ptr().addr()).wrapping_sub(whole.as_ptr().addr());
        if let Some(bytes) = start
            .checked_add(view.len_bytes())
            .and_then(|end| whole.get(start..end))
        {
            return read(bytes);
        }
    }
    read(&view.to_vec(buffer.py())?)
}

/// The `bytes` that a memory view shows, if it shows such.
fn immutable_owner<'py>(buffer: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let Ok(view) = buffer.cast::<PyMemoryView>() else {
        return Ok(None);
    };
    Ok(view.getattr("obj")?.cast_into::<PyBytes>().ok())
}
