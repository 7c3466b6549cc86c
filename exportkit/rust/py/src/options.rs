//! Fields of `ReadOptions` and `ScanOptions`, read once when a reader is made.

use exportkit_core::reader::ExportType;
use exportkit_core::strict::OutputFormat;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// How the data file is written.
pub(crate) fn format(options: &Bound<'_, PyAny>) -> PyResult<OutputFormat> {
    match options.getattr("format")?.extract::<String>()?.as_str() {
        "DYNAMODB_JSON" => Ok(OutputFormat::DynamodbJson),
        "ION" => Ok(OutputFormat::Ion),
        other => Err(unknown("format", other)),
    }
}

/// Whether its records are items or changes.
pub(crate) fn export_type(options: &Bound<'_, PyAny>) -> PyResult<ExportType> {
    match options.getattr("export_type")?.extract::<String>()?.as_str() {
        "FULL_EXPORT" => Ok(ExportType::Full),
        "INCREMENTAL_EXPORT" => Ok(ExportType::Incremental),
        other => Err(unknown("export type", other)),
    }
}

/// The file's name, for errors.
pub(crate) fn uri(options: &Bound<'_, PyAny>) -> PyResult<String> {
    options.getattr("uri")?.extract()
}

/// Bytes that a line may hold.
pub(crate) fn max_record_size(options: &Bound<'_, PyAny>) -> PyResult<usize> {
    options.getattr("max_record_size")?.extract()
}

/// The error of a word that is none of those there are.
pub(crate) fn unknown(what: &str, word: &str) -> PyErr {
    PyValueError::new_err(format!("no {what} that the native engine knows: {word:?}"))
}
