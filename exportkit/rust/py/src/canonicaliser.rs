//! `Canonicaliser`: records to their canonical encoding or its SHA-256.

use exportkit_core::canonical::{Canonicaliser as Encoder, Output};
use exportkit_core::strict::StrictReader;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::buffer::with_bytes;
use crate::session::{Session, advance};

#[pyclass(module = "exportkit._native")]
pub(crate) struct Canonicaliser(Session<(StrictReader, Encoder)>);

#[pymethods]
impl Canonicaliser {
    #[new]
    #[pyo3(signature = (options, *, hashed = false))]
    fn new(options: &Bound<'_, PyAny>, hashed: bool) -> PyResult<Self> {
        let output = if hashed { Output::Hash } else { Output::Encoding };
        Ok(Self(Session::new(options, Encoder::new(output))?))
    }

    fn feed<'py>(&mut self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        with_bytes(chunk, |bytes| self.read(chunk.py(), Some(bytes)))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.read(py, None)
    }
}

impl Canonicaliser {
    fn read<'py>(&mut self, py: Python<'py>, chunk: Option<&[u8]>) -> PyResult<Bound<'py, PyList>> {
        self.0.read(py, chunk.is_none(), |(reader, encoder)| {
            let misread = py.detach(|| advance(reader, chunk, encoder));
            let outputs = PyList::new(py, encoder.outputs().map(|output| PyBytes::new(py, output)))?;
            encoder.clear();
            Ok((outputs, misread))
        })
    }
}
