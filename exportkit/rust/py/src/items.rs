//! `Items`: records to Python values.

use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::buffer::with_bytes;
use crate::known::Known;
use crate::session::{Session, advance};
use crate::values::Builder;

#[pyclass(module = "exportkit._native")]
pub(crate) struct Items(Session<Known>);

#[pymethods]
impl Items {
    #[new]
    fn new(options: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(Session::new(options, Known::new(options.py())?)?))
    }

    fn feed<'py>(&mut self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        with_bytes(chunk, |bytes| self.read(chunk.py(), Some(bytes)))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.read(py, None)
    }
}

impl Items {
    /// Stays attached: making Python objects is nearly all there is to do.
    fn read<'py>(&mut self, py: Python<'py>, chunk: Option<&[u8]>) -> PyResult<Bound<'py, PyList>> {
        self.0.read(py, chunk.is_none(), |reader, known| {
            let mut builder = Builder::new(py, known);
            let misread = advance(reader, chunk, &mut builder);
            Ok((builder.into_records()?, misread))
        })
    }
}
