//! Python values, built as a parser tells of them (`exportkit.model.values`).

use std::mem::take;

use exportkit_core::events::{Binary, Line, Member, Number, SetKind, Text, Visitor};
use exportkit_core::path::NodeId;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PySet, PyString};

use crate::known::Known;

/// Builds the records of one chunk.
pub(crate) struct Builder<'a, 'py> {
    py: Python<'py>,
    known: &'a mut Known,
    records: Vec<Bound<'py, PyAny>>,
    open: Vec<Open<'py>>,
    /// Elements of the open lists and of the open set, the innermost's last.
    elements: Vec<Bound<'py, PyAny>>,
    record: Record<'py>,
    /// What Python raised (out of memory): no record is handed on then.
    error: Option<PyErr>,
}

/// A container whose end has not come.
enum Open<'py> {
    Map {
        dict: Bound<'py, PyDict>,
        name: Option<Bound<'py, PyString>>,
    },
    /// A list or a set: where its elements begin.
    Elements(usize),
}

/// The record at hand.
#[derive(Default)]
struct Record<'py> {
    timestamp: Option<u64>,
    member: Option<Member>,
    item: Option<Bound<'py, PyDict>>,
    keys: Option<Bound<'py, PyDict>>,
    new_image: Option<Bound<'py, PyDict>>,
    old_image: Option<Bound<'py, PyDict>>,
}

impl<'a, 'py> Builder<'a, 'py> {
    pub(crate) fn new(py: Python<'py>, known: &'a mut Known) -> Self {
        Self {
            py,
            known,
            records: Vec::new(),
            open: Vec::new(),
            elements: Vec::new(),
            record: Record::default(),
            error: None,
        }
    }

    /// The records that were told of.
    pub(crate) fn into_records(self) -> PyResult<Bound<'py, PyList>> {
        self.error.map_or_else(|| PyList::new(self.py, self.records), Err)
    }

    fn fail(&mut self, error: PyErr) {
        self.error.get_or_insert(error);
    }

    /// Puts a value where it stands.
    fn put<T>(&mut self, value: PyResult<Bound<'py, T>>) {
        let done = value.and_then(|value| {
            if let Some(Open::Map { dict, name }) = self.open.last_mut() {
                return name.take().map_or(Ok(()), |name| dict.set_item(name, value.into_any()));
            }
            self.elements.push(value.into_any());
            Ok(())
        });
        if let Err(error) = done {
            self.fail(error);
        }
    }

    /// Ends the innermost list or set and puts what `make` makes of its elements.
    fn put_elements<T>(
        &mut self,
        make: impl FnOnce(std::vec::Drain<'_, Bound<'py, PyAny>>) -> PyResult<Bound<'py, T>>,
    ) {
        if let Some(Open::Elements(start)) = self.open.pop() {
            let value = make(self.elements.drain(start..));
            self.put(value);
        }
    }
}

impl Visitor for Builder<'_, '_> {
    fn begin_record(&mut self) {
        self.record = Record::default();
    }

    fn member(&mut self, member: Member) {
        self.record.member = Some(member);
    }

    fn write_timestamp(&mut self, micros: u64) {
        self.record.timestamp = Some(micros);
    }

    fn begin_map(&mut self, _node: NodeId) {
        self.open.push(Open::Map {
            dict: PyDict::new(self.py),
            name: None,
        });
    }

    fn name(&mut self, node: NodeId, name: Text<'_>) {
        let name = self.known.name(self.py, node, name);
        match (name, self.open.last_mut()) {
            (Ok(name), Some(Open::Map { name: pending, .. })) => *pending = Some(name),
            (Ok(_), _) => {}
            (Err(error), _) => self.fail(error),
        }
    }

    fn end_map(&mut self) {
        let Some(Open::Map { dict, .. }) = self.open.pop() else {
            return;
        };
        if !self.open.is_empty() {
            return self.put(Ok(dict));
        }
        match self.record.member {
            Some(Member::Item) => self.record.item = Some(dict),
            Some(Member::Keys) => self.record.keys = Some(dict),
            Some(Member::NewImage) => self.record.new_image = Some(dict),
            Some(Member::OldImage) => self.record.old_image = Some(dict),
            None => {}
        }
    }

    fn begin_list(&mut self) {
        self.open.push(Open::Elements(self.elements.len()));
    }

    fn end_list(&mut self) {
        let py = self.py;
        self.put_elements(|elements| PyList::new(py, elements));
    }

    fn begin_set(&mut self, _kind: SetKind) {
        self.open.push(Open::Elements(self.elements.len()));
    }

    fn end_set(&mut self) {
        let py = self.py;
        self.put_elements(|elements| PySet::new(py, elements));
    }

    fn string(&mut self, value: Text<'_>) {
        let value = self.known.string(self.py, value);
        self.put(value);
    }

    fn number(&mut self, value: Number<'_>) {
        let value = self.known.number(self.py, value);
        self.put(value);
    }

    fn binary(&mut self, value: Binary<'_>) {
        let value = self.known.binary(self.py, value);
        self.put(Ok(value));
    }

    fn boolean(&mut self, value: bool) {
        self.put(Ok(PyBool::new(self.py, value).to_owned()));
    }

    fn null(&mut self) {
        self.put(Ok(self.py.None().into_bound(self.py)));
    }

    fn end_record(&mut self, _line: &Line<'_>) {
        let Record {
            timestamp,
            item,
            keys,
            new_image,
            old_image,
            ..
        } = take(&mut self.record);
        let record = item.map_or_else(
            || {
                self.known
                    .change_record
                    .bind(self.py)
                    .call1((keys, timestamp, new_image, old_image))
            },
            |item| Ok(item.into_any()),
        );
        match record {
            Ok(record) => self.records.push(record),
            Err(error) => self.fail(error),
        }
    }

    fn discard_record(&mut self) {
        self.open.clear();
        self.elements.clear();
    }
}
