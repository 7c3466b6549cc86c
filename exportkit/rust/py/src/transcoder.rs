//! `Transcoder`: records to lines of a text form.

use exportkit_core::strict::{Misread, StrictReader};
use exportkit_core::transcode::{DynamodbJson, Form, Ion, Json, Transcoder as Writer};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::buffer::with_bytes;
use crate::options::unknown;
use crate::session::{Session, advance};

#[pyclass(module = "exportkit._native")]
pub(crate) struct Transcoder(Session<(StrictReader, AnyWriter)>);

enum AnyWriter {
    DynamodbJson(Writer<DynamodbJson>),
    Json(Writer<Json>),
    Ion(Writer<Ion>),
}

#[pymethods]
impl Transcoder {
    #[new]
    fn new(options: &Bound<'_, PyAny>, form: &str) -> PyResult<Self> {
        let writer = match form {
            "dynamodb-json" => AnyWriter::DynamodbJson(Writer::default()),
            "json" => AnyWriter::Json(Writer::default()),
            "ion" => AnyWriter::Ion(Writer::default()),
            other => return Err(unknown("text form", other)),
        };
        Ok(Self(Session::new(options, writer)?))
    }

    fn feed<'py>(&mut self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        with_bytes(chunk, |bytes| self.read(chunk.py(), Some(bytes)))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.read(py, None)
    }
}

impl Transcoder {
    fn read<'py>(&mut self, py: Python<'py>, chunk: Option<&[u8]>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.read(py, chunk.is_none(), |(reader, writer)| {
            Ok(match writer {
                AnyWriter::DynamodbJson(writer) => write(py, reader, writer, chunk),
                AnyWriter::Json(writer) => write(py, reader, writer, chunk),
                AnyWriter::Ion(writer) => write(py, reader, writer, chunk),
            })
        })
    }
}

fn write<'py, F: Form + Send>(
    py: Python<'py>,
    reader: &mut StrictReader,
    writer: &mut Writer<F>,
    chunk: Option<&[u8]>,
) -> (Bound<'py, PyBytes>, Option<Misread>) {
    let misread = py.detach(|| advance(reader, chunk, writer));
    let lines = PyBytes::new(py, writer.lines());
    writer.clear();
    (lines, misread)
}
