//! `Signer`: records to the sum of their hashes.

use exportkit_core::signer::Signer as CoreSigner;
use exportkit_core::strict::StrictReader;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::buffer::with_bytes;
use crate::session::{Session, advance};

#[pyclass(module = "exportkit._native")]
pub(crate) struct Signer(Session<(StrictReader, CoreSigner)>);

#[pymethods]
impl Signer {
    #[new]
    fn new(options: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(Session::new(options, CoreSigner::default())?))
    }

    fn feed(&mut self, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        with_bytes(chunk, |bytes| self.read(chunk.py(), Some(bytes)))?;
        Ok(())
    }

    #[getter]
    fn records(&self) -> PyResult<u64> {
        Ok(self.0.reader()?.1.records())
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.read(py, None)
    }
}

impl Signer {
    /// Nothing is made before the end, so that the error of a faulty record waits for nothing.
    fn read<'py>(&mut self, py: Python<'py>, chunk: Option<&[u8]>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.read(py, chunk.is_none(), |(reader, signer)| {
            let misread = py.detach(|| advance(reader, chunk, signer));
            let is_whole = chunk.is_none() && misread.is_none();
            let sum = if is_whole { &signer.sum()[..] } else { &[] };
            Ok((PyBytes::new(py, sum), misread))
        })
    }
}
