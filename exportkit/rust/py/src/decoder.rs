//! `Decoder`: records to batches of Arrow columns.

use std::mem::replace;

use exportkit_core::decoder::{DecodeOptions, Decoder as CoreDecoder, PlannedBatch, Plans, Stop};
use exportkit_core::reader::ExportType;
use exportkit_core::split::{Refused, SplitValue};
use exportkit_core::types::TYPES;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::batch::DecodedBatch;
use crate::buffer::with_bytes;
use crate::errors::{broken, contained, finished, malformed_record, misfit, split_refused};
use crate::malformed::python_malformed;
use crate::options::{self, unknown};
use crate::plan::column_plan;
use crate::statistics::python_statistics;

/// Characters of a value that an error shows.
const SHOWN: usize = 100;

#[pyclass(module = "exportkit._native")]
pub(crate) struct Decoder {
    uri: String,
    /// The one to split by.
    attribute: String,
    /// The file's number in statistics.
    file_index: u64,
    state: State,
}

enum State {
    Reading(Box<CoreDecoder>),
    /// The last batches went out; who asks once more is told that there are none.
    Ending(Box<CoreDecoder>),
    Finished(Box<CoreDecoder>),
    /// Every call says so from now on.
    Stopped(Box<CoreDecoder>, Stop),
    /// The engine failed inside.
    Broken,
}

#[pymethods]
impl Decoder {
    #[new]
    #[pyo3(signature = (options, plans, split=None))]
    fn new(options: &Bound<'_, PyAny>, plans: &Bound<'_, PyAny>, split: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let infer = options.getattr("infer")?.extract::<Option<Bound<'_, PyAny>>>()?;
        let decode = decode_options(options, infer.as_ref())?;
        let is_full = decode.export_type == ExportType::Full;
        let mut plans = plans
            .try_iter()?
            .map(|plan| column_plan(&plan?, is_full))
            .collect::<PyResult<Vec<_>>>()?;
        let mut attribute = String::new();
        let plans = if let Some(split) = split {
            if infer.is_some() {
                return Err(PyValueError::new_err(
                    "statistics are taken of records that go by one plan: name infer or a split",
                ));
            }
            attribute = split.getattr("attribute")?.extract()?;
            let values = split_values(split)?;
            if values.len() != plans.len() {
                return Err(PyValueError::new_err("a split has one plan for each of its values"));
            }
            Plans::Split(attribute.clone().into_bytes(), values.into_iter().zip(plans).collect())
        } else {
            match (plans.pop(), plans.is_empty()) {
                (Some(plan), true) => Plans::One(plan),
                _ => return Err(PyValueError::new_err("without a split there is one plan")),
            }
        };
        Ok(Self {
            uri: options::uri(options)?,
            attribute,
            file_index: infer.map_or(Ok(0), |infer| infer.getattr("file_index")?.extract())?,
            state: State::Reading(Box::new(CoreDecoder::new(&decode, plans))),
        })
    }

    fn feed<'py>(&mut self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        with_bytes(chunk, |bytes| self.read(chunk.py(), Some(bytes)))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        if let State::Ending(_) = self.state
            && let State::Ending(decoder) = replace(&mut self.state, State::Broken)
        {
            self.state = State::Finished(decoder);
            return Ok(PyList::empty(py));
        }
        self.read(py, None)
    }

    fn take_malformed<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        python_malformed(py, &self.decoder_mut()?.take_malformed())
    }

    #[getter]
    fn records(&mut self) -> PyResult<u64> {
        Ok(self.decoder_mut()?.records())
    }

    fn report<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let decoder = self.decoder_mut()?;
        let (malformed, report) = (decoder.malformed(), decoder.report());
        let model = py.import("exportkit.model.decode")?;
        let misfit_class = model.getattr("Misfit")?;
        let misfits = report
            .misfits
            .iter()
            .map(|misfit| misfit_class.call1((misfit.line, misfit.offset, &misfit.path, misfit.found.name())));
        let fields = PyDict::new(py);
        fields.set_item("rows", report.rows)?;
        fields.set_item("malformed", malformed)?;
        fields.set_item("merged_nulls", report.merged_nulls)?;
        fields.set_item("rescued", report.rescued)?;
        fields.set_item("rescued_rows", report.rescued_rows)?;
        fields.set_item("misfits", PyTuple::new(py, misfits.collect::<PyResult<Vec<_>>>()?)?)?;
        model.getattr("DecodeReport")?.call((), Some(&fields))
    }

    fn statistics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.state {
            State::Ending(decoder) | State::Finished(decoder) => {
                let statistics = decoder
                    .statistics()
                    .ok_or_else(|| PyValueError::new_err("no statistics were asked for: the options need an infer"))?;
                python_statistics(py, self.file_index, statistics)
            }
            State::Reading(_) | State::Stopped(..) => Err(PyValueError::new_err(
                "statistics are there once the file has been finished, without an error",
            )),
            State::Broken => Err(broken()),
        }
    }
}

impl Decoder {
    /// Reads on, detached from the interpreter; an error waits for the next call where batches stand in front of it.
    fn read<'py>(&mut self, py: Python<'py>, chunk: Option<&[u8]>) -> PyResult<Bound<'py, PyList>> {
        match replace(&mut self.state, State::Broken) {
            State::Reading(mut decoder) => {
                let (batches, stop) = contained(|| {
                    Ok(py.detach(|| match chunk {
                        Some(chunk) => decoder.feed(chunk),
                        None => decoder.finish(),
                    }))
                })?;
                if let Some(stop) = stop {
                    let error = batches.is_empty().then(|| self.error(py, &stop));
                    self.state = State::Stopped(decoder, stop);
                    if let Some(error) = error {
                        return Err(error);
                    }
                } else {
                    self.state = match chunk {
                        Some(_) => State::Reading(decoder),
                        None if batches.is_empty() => State::Finished(decoder),
                        None => State::Ending(decoder),
                    };
                }
                python_batches(py, batches)
            }
            State::Stopped(decoder, stop) => {
                let error = self.error(py, &stop);
                self.state = State::Stopped(decoder, stop);
                Err(error)
            }
            ended @ (State::Ending(_) | State::Finished(_)) => {
                self.state = ended;
                Err(finished())
            }
            State::Broken => Err(broken()),
        }
    }

    fn error(&self, py: Python<'_>, stop: &Stop) -> PyErr {
        match stop {
            Stop::Misread(misread) => malformed_record(py, &self.uri, misread),
            Stop::Misfit(found) => misfit(py, &self.uri, found),
            Stop::Unforeseen(refused) => split_refused(py, &self.uri, &unforeseen(&self.attribute, refused)),
            Stop::TooLarge => PyOverflowError::new_err(format!(
                "{}: a column of one batch holds more than 2 GiB; take smaller batches",
                self.uri
            )),
        }
    }

    fn decoder_mut(&mut self) -> PyResult<&mut CoreDecoder> {
        match &mut self.state {
            State::Reading(decoder)
            | State::Ending(decoder)
            | State::Finished(decoder)
            | State::Stopped(decoder, _) => Ok(decoder),
            State::Broken => Err(broken()),
        }
    }
}

/// What is said of a record whose value no plan is for.
fn unforeseen(attribute: &str, refused: &Refused) -> String {
    let Refused { line, offset, value } = refused;
    let value = value.as_ref().map_or_else(
        || "none".to_owned(),
        |value| {
            let text = String::from_utf8_lossy(&value.text);
            match text.char_indices().nth(SHOWN) {
                Some((end, _)) => format!("{} {}…", value.tag, &text[..end]),
                None => format!("{} {text}", value.tag),
            }
        },
    );
    format!("line {line} (byte {offset}): unforeseen value of {attribute}: {value}")
}

/// Reads the values of a `Split`.
fn split_values(split: &Bound<'_, PyAny>) -> PyResult<Vec<Option<SplitValue>>> {
    let values: Vec<Option<(String, String)>> = split.getattr("values")?.extract()?;
    values
        .into_iter()
        .map(|value| {
            let Some((tag, text)) = value else { return Ok(None) };
            let known = TYPES.into_iter().find(|known| *known == tag);
            Ok(Some(SplitValue {
                tag: known.ok_or_else(|| unknown("type", &tag))?,
                text: text.into_bytes(),
            }))
        })
        .collect()
}

fn python_batches(py: Python<'_>, batches: Vec<PlannedBatch>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for (plan, batch) in batches {
        list.append(Bound::new(py, DecodedBatch::new(plan, batch))?)?;
    }
    Ok(list)
}

fn decode_options(options: &Bound<'_, PyAny>, infer: Option<&Bound<'_, PyAny>>) -> PyResult<DecodeOptions> {
    let max_map_fields = infer.map(|infer| infer.getattr("max_map_fields")?.extract());
    Ok(DecodeOptions {
        format: options::format(options)?,
        export_type: options::export_type(options)?,
        max_record_size: options::max_record_size(options)?,
        batch_rows: options.getattr("batch_rows")?.extract()?,
        batch_bytes: options.getattr("batch_bytes")?.extract()?,
        quarantine: options.getattr("quarantine")?.extract()?,
        misfit_limit: options.getattr("misfit_limit")?.extract()?,
        infer: max_map_fields.transpose()?,
    })
}
