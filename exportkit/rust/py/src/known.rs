//! What is kept from record to record, so that Python objects need not be made again.

use exportkit_core::events::{Binary, Number, Text};
use exportkit_core::number::MAX_DIGITS;
use exportkit_core::path::NodeId;
use exportkit_core::spelling::write_number;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::recent::{Luck, Recent};

/// Objects that outlive the record they were made for.
pub(crate) struct Known {
    pub(crate) change_record: Py<PyAny>,
    /// Makes a Decimal of a text; faster than the class, which looks up the thread's context.
    create_decimal: Py<PyAny>,
    /// Attributes by their place.
    attributes: Vec<Attribute>,
    /// All attributes that have no place of their own.
    elsewhere: Attribute,
    /// The place of the attribute named last, whose value is told next.
    current: NodeId,
    strings: Recent,
    numbers: Recent,
    scratch: Vec<u8>,
}

#[derive(Default)]
struct Attribute {
    /// One object for all items.
    name: Option<Py<PyString>>,
    /// Whether its values repeat.
    luck: Luck,
}

impl Known {
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        Ok(Self {
            change_record: py.import("exportkit.model.values")?.getattr("ChangeRecord")?.unbind(),
            create_decimal: exact_context(py)?.getattr("create_decimal")?.unbind(),
            attributes: Vec::new(),
            elsewhere: Attribute::default(),
            current: NodeId::OVERFLOW,
            strings: Recent::new(),
            numbers: Recent::new(),
            scratch: Vec::new(),
        })
    }

    /// Returns the name of the attribute whose value is told next.
    pub(crate) fn name<'py>(
        &mut self,
        py: Python<'py>,
        node: NodeId,
        name: Text<'_>,
    ) -> PyResult<Bound<'py, PyString>> {
        self.current = node;
        if let Some(Attribute { name: Some(known), .. }) = self.attributes.get(node.index()) {
            return Ok(known.bind(py).clone());
        }
        let name = PyString::from_bytes(py, name.bytes(&mut self.scratch))?;
        if node != NodeId::OVERFLOW {
            if self.attributes.len() <= node.index() {
                self.attributes.resize_with(node.index() + 1, Attribute::default);
            }
            self.attributes[node.index()].name = Some(name.clone().unbind());
        }
        Ok(name)
    }

    /// Returns a `str`.
    pub(crate) fn string<'py>(&mut self, py: Python<'py>, value: Text<'_>) -> PyResult<Bound<'py, PyAny>> {
        let attribute = self
            .attributes
            .get_mut(self.current.index())
            .unwrap_or(&mut self.elsewhere);
        let text = value.bytes(&mut self.scratch);
        self.strings.get(py, text, &mut attribute.luck, || {
            PyString::from_bytes(py, text).map(Bound::into_any)
        })
    }

    /// Returns a `Decimal`.
    pub(crate) fn number<'py>(&mut self, py: Python<'py>, value: Number<'_>) -> PyResult<Bound<'py, PyAny>> {
        let attribute = self
            .attributes
            .get_mut(self.current.index())
            .unwrap_or(&mut self.elsewhere);
        self.scratch.clear();
        write_number(&mut self.scratch, value);
        self.numbers.get(py, &self.scratch, &mut attribute.luck, || {
            self.create_decimal
                .bind(py)
                .call1((PyString::from_bytes(py, &self.scratch)?,))
        })
    }

    /// Returns `bytes`.
    pub(crate) fn binary<'py>(&mut self, py: Python<'py>, value: Binary<'_>) -> Bound<'py, PyBytes> {
        self.scratch.clear();
        value.append_to(&mut self.scratch);
        PyBytes::new(py, &self.scratch)
    }
}

/// A decimal context in which no DynamoDB number is rounded.
fn exact_context(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let decimal = py.import("decimal")?;
    let settings = PyDict::new(py);
    settings.set_item("prec", MAX_DIGITS)?;
    settings.set_item("Emin", decimal.getattr("MIN_EMIN")?)?;
    settings.set_item("Emax", decimal.getattr("MAX_EMAX")?)?;
    settings.set_item("traps", PyList::empty(py))?;
    decimal.getattr("Context")?.call((), Some(&settings))
}
