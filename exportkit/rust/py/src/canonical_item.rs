//! `canonical_item`: Python values to the canonical encoding.

use exportkit_core::canonical::Encoder;
use exportkit_core::events::{Number, SetKind, Text};
use exportkit_core::number::Decimal;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFrozenSet, PyList, PySet, PyString, PyType};

/// Levels of L and M that a value may have.
const MAX_LEVELS: usize = 64;

/// Returns the canonical encoding of an item given as Python values.
#[pyfunction]
pub(crate) fn canonical_item<'py>(item: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let mut encoder = Encoder::default();
    let item = item.cast::<PyDict>().map_err(|_| no_value(item))?;
    write_map(&mut encoder, item, 0)?;
    Ok(PyBytes::new(item.py(), encoder.encoded()))
}

fn write_map(encoder: &mut Encoder, map: &Bound<'_, PyDict>, level: usize) -> PyResult<()> {
    encoder.begin_map();
    for (name, value) in map {
        let name = name
            .cast::<PyString>()
            .map_err(|_| PyTypeError::new_err(format!("no attribute name: {}", type_name(&name))))?;
        encoder.name(Text::plain(name.to_str()?.as_bytes()));
        write_value(encoder, &value, level)?;
    }
    encoder.end_map();
    Ok(())
}

/// Writes a value that lies inside `level` levels.
fn write_value(encoder: &mut Encoder, value: &Bound<'_, PyAny>, level: usize) -> PyResult<()> {
    if let Ok(text) = value.cast::<PyString>() {
        encoder.string(Text::plain(text.to_str()?.as_bytes()));
    } else if value.is_none() {
        encoder.null();
    } else if let Ok(value) = value.cast::<PyBool>() {
        encoder.boolean(value.is_true());
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        encoder.bytes(bytes.as_bytes());
    } else if value.is_instance(decimal_type(value.py())?)? {
        encoder.number(number(value)?);
    } else if let Ok(map) = value.cast::<PyDict>() {
        write_map(encoder, map, deeper(level)?)?;
    } else if let Ok(list) = value.cast::<PyList>() {
        let level = deeper(level)?;
        encoder.begin_list();
        for element in list {
            write_value(encoder, &element, level)?;
        }
        encoder.end_list();
    } else if value.is_instance_of::<PySet>() || value.is_instance_of::<PyFrozenSet>() {
        write_set(encoder, value)?;
    } else {
        return Err(no_value(value));
    }
    Ok(())
}

/// Writes a set, whose elements are all exactly of one type.
fn write_set(encoder: &mut Encoder, set: &Bound<'_, PyAny>) -> PyResult<()> {
    let decimal = decimal_type(set.py())?;
    let mut kind = None;
    for element in set.try_iter()? {
        let element = element?;
        let found = if element.is_exact_instance_of::<PyString>() {
            SetKind::Strings
        } else if element.is_exact_instance_of::<PyBytes>() {
            SetKind::Binaries
        } else if element.get_type().is(decimal) {
            SetKind::Numbers
        } else {
            return Err(PyTypeError::new_err(format!(
                "no element of a DynamoDB set: {}",
                type_name(&element)
            )));
        };
        match kind {
            None => encoder.begin_set(*kind.insert(found)),
            Some(kind) if kind == found => {}
            Some(_) => return Err(PyTypeError::new_err("a set holds elements of one type")),
        }
        write_value(encoder, &element, MAX_LEVELS)?;
    }
    if kind.is_none() {
        return Err(PyValueError::new_err("a set may not be empty"));
    }
    encoder.end_set();
    Ok(())
}

fn number(value: &Bound<'_, PyAny>) -> PyResult<Number<'static>> {
    let text = value.str()?;
    let text = text.to_str()?;
    Decimal::from_json(text.as_bytes())
        .map(Number::Value)
        .map_err(|reason| PyValueError::new_err(format!("{text}: {}", reason.slug())))
}

fn deeper(level: usize) -> PyResult<usize> {
    if level < MAX_LEVELS {
        Ok(level + 1)
    } else {
        Err(PyValueError::new_err("values nested more than 64 levels deep"))
    }
}

fn decimal_type(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "decimal", "Decimal")
}

fn no_value(value: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("no DynamoDB attribute value: {}", type_name(value)))
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value
        .get_type()
        .name()
        .map_or_else(|_| "?".to_owned(), |name| name.to_string())
}
