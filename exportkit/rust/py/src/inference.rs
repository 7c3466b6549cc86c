//! `Inference`: records to statistics of what they hold.

use std::mem::replace;

use exportkit_core::inference::{InferOptions, Inference as CoreInference, Stop};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::buffer::with_bytes;
use crate::errors::{broken, contained, finished, malformed_record, split_refused};
use crate::malformed::python_malformed;
use crate::options;
use crate::statistics::python_statistics_by_value;

#[pyclass(module = "exportkit._native")]
pub(crate) struct Inference {
    uri: String,
    file_index: u64,
    max_split_values: usize,
    split_by: String,
    state: State,
}

enum State {
    Reading(Box<CoreInference>),
    Finished(Box<CoreInference>),
    /// Every call says so from now on.
    Stopped(Box<CoreInference>, Stop),
    /// The engine failed inside.
    Broken,
}

#[pymethods]
impl Inference {
    #[new]
    fn new(options: &Bound<'_, PyAny>) -> PyResult<Self> {
        let infer = infer_options(options)?;
        Ok(Self {
            uri: options::uri(options)?,
            file_index: options.getattr("file_index")?.extract()?,
            max_split_values: infer.max_split_values,
            split_by: options.getattr("split_by")?.extract::<Option<_>>()?.unwrap_or_default(),
            state: State::Reading(Box::new(CoreInference::new(infer))),
        })
    }

    #[getter]
    fn records(&self) -> PyResult<u64> {
        match &self.state {
            State::Reading(inference) | State::Finished(inference) | State::Stopped(inference, _) => {
                Ok(inference.records())
            }
            State::Broken => Err(broken()),
        }
    }

    fn feed(&mut self, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        with_bytes(chunk, |bytes| self.read(chunk.py(), |inference| inference.feed(bytes)))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.read(py, CoreInference::finish)?;
        match replace(&mut self.state, State::Broken) {
            State::Reading(inference) => {
                let statistics = python_statistics_by_value(py, self.file_index, inference.statistics());
                self.state = State::Finished(inference);
                statistics
            }
            _ => Err(broken()),
        }
    }

    fn take_malformed<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        match &mut self.state {
            State::Reading(inference) | State::Finished(inference) | State::Stopped(inference, _) => {
                python_malformed(py, &inference.take_malformed())
            }
            State::Broken => Err(broken()),
        }
    }
}

impl Inference {
    /// Lets the inference work, detached from the interpreter.
    fn read(
        &mut self,
        py: Python<'_>,
        work: impl FnOnce(&mut CoreInference) -> Result<(), Stop> + Send,
    ) -> PyResult<()> {
        match replace(&mut self.state, State::Broken) {
            State::Reading(mut inference) => match contained(|| Ok(py.detach(|| work(&mut inference))))? {
                Ok(()) => {
                    self.state = State::Reading(inference);
                    Ok(())
                }
                Err(stop) => {
                    let error = self.error(py, &stop);
                    self.state = State::Stopped(inference, stop);
                    Err(error)
                }
            },
            State::Stopped(inference, stop) => {
                let error = self.error(py, &stop);
                self.state = State::Stopped(inference, stop);
                Err(error)
            }
            State::Finished(inference) => {
                self.state = State::Finished(inference);
                Err(finished())
            }
            State::Broken => Err(broken()),
        }
    }

    fn error(&self, py: Python<'_>, stop: &Stop) -> PyErr {
        match stop {
            Stop::Misread(misread) => malformed_record(py, &self.uri, misread),
            Stop::TooManyValues(refused) => split_refused(
                py,
                &self.uri,
                &format!(
                    "line {} (byte {}): more than {} values of {}",
                    refused.line, refused.offset, self.max_split_values, self.split_by
                ),
            ),
        }
    }
}

fn infer_options(options: &Bound<'_, PyAny>) -> PyResult<InferOptions> {
    let split_by = options.getattr("split_by")?.extract::<Option<String>>()?;
    Ok(InferOptions {
        format: options::format(options)?,
        export_type: options::export_type(options)?,
        max_record_size: options::max_record_size(options)?,
        max_map_fields: options.getattr("max_map_fields")?.extract()?,
        split_by: split_by.map(String::into_bytes),
        max_split_values: options.getattr("max_split_values")?.extract()?,
        quarantine: options.getattr("quarantine")?.extract()?,
    })
}
