//! `Index`: change records to join entries.

use std::iter::once;

use exportkit_core::joining::{FirstKey, Index as CoreIndex, IndexOptions};
use exportkit_core::strict::{Misread, OutputFormat};
use exportkit_core::transcode::{DynamodbJson, Form, Ion};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::buffer::with_bytes;
use crate::bytes::joined;
use crate::options;
use crate::session::Session;

#[pyclass(module = "exportkit._native")]
pub(crate) struct Index(Session<AnyIndex>);

enum AnyIndex {
    DynamodbJson(CoreIndex<DynamodbJson>),
    Ion(CoreIndex<Ion>),
}

/// Calls a method of the index, whatever form it writes.
macro_rules! of_any {
    ($any:expr, $index:ident => $call:expr) => {
        match $any {
            AnyIndex::DynamodbJson($index) => $call,
            AnyIndex::Ion($index) => $call,
        }
    };
}

#[pymethods]
impl Index {
    #[new]
    fn new(options: &Bound<'_, PyAny>) -> PyResult<Self> {
        let index = index_options(options)?;
        let index = match options::form(options)? {
            OutputFormat::DynamodbJson => AnyIndex::DynamodbJson(CoreIndex::new(index)),
            OutputFormat::Ion => AnyIndex::Ion(CoreIndex::new(index)),
        };
        Ok(Self(Session::with(options, index)?))
    }

    fn feed<'py>(&mut self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        with_bytes(chunk, |bytes| self.read(chunk.py(), Some(bytes)))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.read(py, None)
    }

    #[getter]
    fn records(&self) -> PyResult<u64> {
        Ok(of_any!(self.0.reader()?, index => index.records()))
    }

    #[getter]
    fn key_names<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let Some(names) = of_any!(self.0.reader()?, index => index.key_names()) else {
            return Ok(None);
        };
        let names = names.iter().map(|name| PyString::from_bytes(py, name));
        PyTuple::new(py, names.collect::<PyResult<Vec<_>>>()?).map(Some)
    }

    #[getter]
    fn first_key<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        first_key(py, of_any!(self.0.reader()?, index => index.first_key()))
    }
}

/// The types of a file's first key, and where it stands.
pub(crate) fn first_key<'py>(py: Python<'py>, first: Option<&FirstKey>) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let told = |key: &FirstKey| (PyString::from_bytes(py, &key.types)?, key.line, key.offset).into_pyobject(py);
    first.map(told).transpose()
}

impl Index {
    fn read<'py>(&mut self, py: Python<'py>, chunk: Option<&[u8]>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.read(
            py,
            chunk.is_none(),
            |any| of_any!(any, index => made_entries(py, index, chunk)),
        )
    }
}

fn made_entries<'py, F: Form + Send>(
    py: Python<'py>,
    index: &mut CoreIndex<F>,
    chunk: Option<&[u8]>,
) -> PyResult<(Bound<'py, PyBytes>, Option<Misread>)> {
    let misread = py.detach(|| index.read(chunk)).err();
    Ok((joined(py, once(index.take_entries().as_slice()))?, misread))
}

fn index_options(options: &Bound<'_, PyAny>) -> PyResult<IndexOptions> {
    let key_names = options.getattr("key_names")?.extract::<Option<Vec<String>>>()?;
    Ok(IndexOptions {
        format: options::format(options)?,
        max_record_size: options::max_record_size(options)?,
        source: options.getattr("source")?.extract()?,
        file_index: options.getattr("file_index")?.extract()?,
        key_names: key_names.map(options::utf8),
        window: options.getattr("window")?.extract()?,
    })
}
