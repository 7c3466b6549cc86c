//! `Applier`: records of a state to lines that are kept, and join entries.

use std::iter::once;

use exportkit_core::joining::{Applier as CoreApplier, ApplyOptions, Blocks, Payload};
use exportkit_core::strict::{Misread, OutputFormat};
use exportkit_core::transcode::{DynamodbJson, Form, Ion};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::buffer::with_bytes;
use crate::bytes::joined;
use crate::index::first_key;
use crate::key_filter::KeyFilter;
use crate::options::{self, unknown};
use crate::session::Session;

#[pyclass(module = "exportkit._native")]
pub(crate) struct Applier(Session<Reading>);

struct Reading {
    applier: AnyApplier,
    /// Lines that were kept and have not been handed on.
    lines: Blocks,
}

enum AnyApplier {
    DynamodbJson(CoreApplier<DynamodbJson>),
    Ion(CoreApplier<Ion>),
}

/// Calls a method of the applier, whatever form it writes.
macro_rules! of_any {
    ($any:expr, $applier:ident => $call:expr) => {
        match $any {
            AnyApplier::DynamodbJson($applier) => $call,
            AnyApplier::Ion($applier) => $call,
        }
    };
}

#[pymethods]
impl Applier {
    #[new]
    #[pyo3(signature = (options, key_filter))]
    fn new(options: &Bound<'_, PyAny>, key_filter: Option<&Bound<'_, KeyFilter>>) -> PyResult<Self> {
        let apply = apply_options(options)?;
        let filter = key_filter.map(|filter| filter.get().shared());
        let form = options::form(options)?;
        let applier = match form {
            OutputFormat::DynamodbJson => AnyApplier::DynamodbJson(CoreApplier::new(apply, form, filter)),
            OutputFormat::Ion => AnyApplier::Ion(CoreApplier::new(apply, form, filter)),
        };
        let reading = Reading {
            applier,
            lines: Blocks::default(),
        };
        Ok(Self(Session::with(options, reading)?))
    }

    fn feed<'py>(&mut self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        with_bytes(chunk, |bytes| self.read(chunk.py(), Some(bytes)))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.read(py, None)
    }

    fn take_entries<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let entries = of_any!(&mut self.0.reader_mut()?.applier, applier => applier.take_entries());
        joined(py, once(entries.as_slice()))
    }

    #[getter]
    fn records(&self) -> PyResult<u64> {
        Ok(of_any!(&self.0.reader()?.applier, applier => applier.records()))
    }

    #[getter]
    fn first_key<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        first_key(py, of_any!(&self.0.reader()?.applier, applier => applier.first_key()))
    }

    #[getter]
    fn kept(&self) -> PyResult<u64> {
        Ok(of_any!(&self.0.reader()?.applier, applier => applier.kept()))
    }
}

impl Applier {
    fn read<'py>(&mut self, py: Python<'py>, chunk: Option<&[u8]>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.read(py, chunk.is_none(), |reading| {
            let Reading { applier, lines } = reading;
            let misread = of_any!(applier, applier => py.detach(|| keep(applier, chunk, lines))).err();
            let is_end = chunk.is_none() || misread.is_some();
            let kept = joined(py, lines.whole(is_end))?;
            lines.clear_whole(is_end);
            Ok((kept, misread))
        })
    }
}

/// Reads a chunk, or the end of the file, and takes the lines to keep.
fn keep<F: Form>(applier: &mut CoreApplier<F>, chunk: Option<&[u8]>, lines: &mut Blocks) -> Result<(), Misread> {
    let read = applier.read(chunk);
    for run in applier.lines(chunk.unwrap_or_default()) {
        lines.extend(run);
    }
    read
}

fn apply_options(options: &Bound<'_, PyAny>) -> PyResult<ApplyOptions> {
    let payload = match options.getattr("payload")?.extract::<String>()?.as_str() {
        "none" => Payload::Nothing,
        "line" => Payload::Line,
        "image" => Payload::Image,
        other => return Err(unknown("payload", other)),
    };
    Ok(ApplyOptions {
        format: options::format(options)?,
        max_record_size: options::max_record_size(options)?,
        source: options.getattr("source")?.extract()?,
        file_index: options.getattr("file_index")?.extract()?,
        key_names: options::utf8(options.getattr("key_names")?.extract()?),
        payload,
        keep_lines: options.getattr("keep_lines")?.extract()?,
    })
}
