//! Fields that options have in common, read once when a reader is made.

use exportkit_core::reader::ExportType;
use exportkit_core::strict::OutputFormat;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// How the data file is written.
pub(crate) fn format(options: &Bound<'_, PyAny>) -> PyResult<OutputFormat> {
    output_format(options, "format")
}

/// How lines and images are to be written.
pub(crate) fn form(options: &Bound<'_, PyAny>) -> PyResult<OutputFormat> {
    output_format(options, "form")
}

fn output_format(options: &Bound<'_, PyAny>, field: &str) -> PyResult<OutputFormat> {
    match options.getattr(field)?.extract::<String>()?.as_str() {
        "DYNAMODB_JSON" => Ok(OutputFormat::DynamodbJson),
        "ION" => Ok(OutputFormat::Ion),
        other => Err(unknown(field, other)),
    }
}

/// Names of attributes, as UTF-8.
pub(crate) fn utf8(names: Vec<String>) -> Vec<Vec<u8>> {
    names.into_iter().map(String::into_bytes).collect()
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
