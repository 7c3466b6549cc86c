//! `Scanner`: records to a report of what is wrong and how much there is.

use exportkit_core::ion::IonParser;
use exportkit_core::json::JsonParser;
use exportkit_core::scanner::{ExportView, KeyTypes, ScanOptions, ScanReport, Scanner as CoreScanner, TYPES};
use exportkit_core::strict::OutputFormat;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};

use crate::buffer::with_bytes;
use crate::errors::{broken, contained, finished};
use crate::options::{self, unknown};

#[pyclass(module = "exportkit._native")]
pub(crate) struct Scanner {
    /// None after the engine failed inside.
    scanner: Option<AnyScanner>,
    /// How many records there were, once the file has ended.
    finished: Option<u64>,
}

enum AnyScanner {
    DynamodbJson(Box<CoreScanner<JsonParser>>),
    Ion(Box<CoreScanner<IonParser>>),
}

/// Calls a method of the scanner, whatever format it reads.
macro_rules! of_any {
    ($any:expr, $scanner:ident => $call:expr) => {
        match $any {
            AnyScanner::DynamodbJson($scanner) => $call,
            AnyScanner::Ion($scanner) => $call,
        }
    };
}

#[pymethods]
impl Scanner {
    #[new]
    fn new(options: &Bound<'_, PyAny>) -> PyResult<Self> {
        let scan = scan_options(options)?;
        let scanner = match options::format(options)? {
            OutputFormat::DynamodbJson => AnyScanner::DynamodbJson(Box::new(CoreScanner::new(scan))),
            OutputFormat::Ion => AnyScanner::Ion(Box::new(CoreScanner::new(scan))),
        };
        Ok(Self {
            scanner: Some(scanner),
            finished: None,
        })
    }

    #[getter]
    fn records(&self) -> PyResult<u64> {
        match (self.finished, &self.scanner) {
            (Some(records), _) => Ok(records),
            (None, Some(any)) => Ok(of_any!(any, scanner => scanner.records())),
            (None, None) => Err(broken()),
        }
    }

    fn feed(&mut self, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        with_bytes(chunk, |bytes| {
            self.judge_open()?;
            self.run(chunk.py(), |any| of_any!(any, scanner => scanner.feed(bytes)))
        })
    }

    fn take_keys<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let entries = self.run(py, |any| of_any!(any, scanner => scanner.take_keys()))?;
        Ok(PyBytes::new(py, &entries))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.judge_open()?;
        let report = self.run(py, |any| of_any!(any, scanner => scanner.finish()))?;
        self.finished = Some(report.records);
        python_report(py, &report)
    }
}

impl Scanner {
    fn judge_open(&self) -> PyResult<()> {
        if self.finished.is_some() {
            Err(finished())
        } else {
            Ok(())
        }
    }

    /// Lets the scanner work, detached from the interpreter.
    fn run<T: Send>(&mut self, py: Python<'_>, work: impl FnOnce(&mut AnyScanner) -> T + Send) -> PyResult<T> {
        let mut any = self.scanner.take().ok_or_else(broken)?;
        let done = contained(|| Ok(py.detach(|| work(&mut any))))?;
        self.scanner = Some(any);
        Ok(done)
    }
}

fn scan_options(options: &Bound<'_, PyAny>) -> PyResult<ScanOptions> {
    let view = match options.getattr("view")?.extract::<Option<String>>()?.as_deref() {
        None => None,
        Some("NEW_IMAGE") => Some(ExportView::NewImage),
        Some("NEW_AND_OLD_IMAGES") => Some(ExportView::NewAndOldImages),
        Some(other) => return Err(unknown("view", other)),
    };
    let key_names = options.getattr("key_names")?.extract::<Option<Vec<String>>>()?;
    Ok(ScanOptions {
        export_type: options::export_type(options)?,
        max_record_size: options::max_record_size(options)?,
        view,
        key_names: key_names.map(options::utf8),
        collect_keys: options.getattr("collect_keys")?.extract()?,
        window: options.getattr("window")?.extract()?,
        file_index: options.getattr("file_index")?.extract()?,
        fault_limit: options.getattr("fault_limit")?.extract()?,
    })
}

/// Makes the `ScanReport` of `exportkit.model.scan`.
fn python_report<'py>(py: Python<'py>, report: &ScanReport) -> PyResult<Bound<'py, PyAny>> {
    let model = py.import("exportkit.model.scan")?;
    let types = PyDict::new(py);
    for (tag, count) in TYPES.into_iter().zip(report.types) {
        types.set_item(tag, count)?;
    }
    let fault_counts = PyDict::new(py);
    for (reason, count) in &report.fault_counts {
        fault_counts.set_item(reason.slug(), count)?;
    }
    let key_types_class = model.getattr("KeyTypes")?;
    let key_types = report.key_types.iter().map(|seen| {
        let KeyTypes {
            name,
            tag,
            count,
            line,
            offset,
        } = seen;
        key_types_class.call1((PyString::from_bytes(py, name)?, tag, count, line, offset))
    });
    let key_types = key_types.collect::<PyResult<Vec<_>>>()?;
    let fault_class = model.getattr("Fault")?;
    let faults = report.faults.iter().map(|found| {
        let fault = &found.fault;
        fault_class.call1((fault.reason.slug(), found.line, found.offset, &fault.path, fault.column))
    });
    let faults = faults.collect::<PyResult<Vec<_>>>()?;

    let fields = PyDict::new(py);
    fields.set_item("bytes", report.bytes)?;
    fields.set_item("records", report.records)?;
    fields.set_item("blank_lines", report.blank_lines)?;
    fields.set_item("malformed", report.malformed)?;
    fields.set_item("puts", report.puts)?;
    fields.set_item("deletes", report.deletes)?;
    fields.set_item("old_images", report.old_images)?;
    fields.set_item("types", types)?;
    fields.set_item("longest_record", report.longest_record)?;
    fields.set_item("deepest", report.deepest)?;
    fields.set_item("first_timestamp", report.timestamps.map(|(first, _)| first))?;
    fields.set_item("last_timestamp", report.timestamps.map(|(_, last)| last))?;
    fields.set_item("key_types", PyTuple::new(py, key_types)?)?;
    fields.set_item("faults", PyTuple::new(py, faults)?)?;
    fields.set_item("fault_counts", fault_counts)?;
    model.getattr("ScanReport")?.call((), Some(&fields))
}
