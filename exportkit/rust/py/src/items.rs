//! `Items`: records to Python values.

use exportkit_core::strict::StrictReader;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::buffer::with_bytes;
use crate::known::Known;
use crate::session::{Session, advance};
use crate::values::Builder;

#[pyclass(module = "exportkit._native")]
pub(crate) struct Items(Session<(StrictReader, Known)>);

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
        let _resting = Resting::begin(py)?;
        self.0.read(py, chunk.is_none(), |(reader, known)| {
            let mut builder = Builder::new(py, known);
            let misread = advance(reader, chunk, &mut builder);
            Ok((builder.into_records()?, misread))
        })
    }
}

/// Lets the garbage collector rest: what a chunk becomes is no garbage, but the collector would walk over it
/// again and again while it grows. No other thread can tell, for nothing here lets go of the interpreter.
struct Resting<'py> {
    enable: Option<Bound<'py, PyAny>>,
}

impl<'py> Resting<'py> {
    fn begin(py: Python<'py>) -> PyResult<Self> {
        let gc = py.import("gc")?;
        if !gc.call_method0("isenabled")?.is_truthy()? {
            return Ok(Self { enable: None });
        }
        gc.call_method0("disable")?;
        Ok(Self {
            enable: Some(gc.getattr("enable")?),
        })
    }
}

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        if let Some(enable) = &self.enable {
            let _ = enable.call0();
        }
    }
}
