//! Statistics as Python has them (`exportkit.model.statistics`).

use exportkit_core::inference::{PathStatistics, Statistics, TypeStatistics};
use exportkit_core::split::SplitValue;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// Makes the classes of `exportkit.model.statistics`.
struct Model<'py> {
    number: Bound<'py, PyAny>,
    path: Bound<'py, PyAny>,
    place: Bound<'py, PyAny>,
    statistics: Bound<'py, PyAny>,
    kind: Bound<'py, PyAny>,
    file_index: u64,
}

/// Makes a dict of statistics by split value.
pub(crate) fn python_statistics_by_value<'py, 's>(
    py: Python<'py>,
    file_index: u64,
    found: impl Iterator<Item = (Option<&'s SplitValue>, &'s Statistics)>,
) -> PyResult<Bound<'py, PyDict>> {
    let model = Model::new(py, file_index)?;
    let dict = PyDict::new(py);
    for (value, statistics) in found {
        let key = value.map(|value| Ok::<_, PyErr>((value.tag, PyString::from_bytes(py, &value.text)?)));
        dict.set_item(key.transpose()?, model.statistics(py, statistics)?)?;
    }
    Ok(dict)
}

/// Makes the statistics of a file that is not split.
pub(crate) fn python_statistics<'py>(
    py: Python<'py>,
    file_index: u64,
    statistics: &Statistics,
) -> PyResult<Bound<'py, PyAny>> {
    Model::new(py, file_index)?.statistics(py, statistics)
}

impl<'py> Model<'py> {
    fn new(py: Python<'py>, file_index: u64) -> PyResult<Self> {
        let module = py.import("exportkit.model.statistics")?;
        Ok(Self {
            number: module.getattr("NumberStatistics")?,
            path: module.getattr("PathStatistics")?,
            place: module.getattr("Place")?,
            statistics: module.getattr("Statistics")?,
            kind: module.getattr("TypeStatistics")?,
            file_index,
        })
    }

    fn statistics(&self, py: Python<'py>, statistics: &Statistics) -> PyResult<Bound<'py, PyAny>> {
        let fields = PyDict::new(py);
        fields.set_item("records", statistics.records)?;
        fields.set_item("bytes", statistics.bytes)?;
        fields.set_item("puts", statistics.puts)?;
        fields.set_item("deletes", statistics.deletes)?;
        fields.set_item("old_images", statistics.old_images)?;
        fields.set_item("item", self.path(py, statistics.item())?)?;
        let keys = statistics.keys().map(|keys| self.path(py, keys));
        fields.set_item("keys", keys.transpose()?)?;
        self.statistics.call((), Some(&fields))
    }

    fn path(&self, py: Python<'py>, path: PathStatistics<'_>) -> PyResult<Bound<'py, PyAny>> {
        let types = PyDict::new(py);
        for found in path.types() {
            types.set_item(found.tag, self.kind(&found)?)?;
        }
        let fields = PyDict::new(py);
        for (name, field) in path.fields() {
            fields.set_item(PyString::from_bytes(py, name)?, self.path(py, field)?)?;
        }
        let values = path.values().map(|values| self.path(py, values)).transpose()?;
        let elements = path.elements().map(|elements| self.path(py, elements)).transpose()?;
        self.path.call1((types, fields, values, elements))
    }

    fn kind(&self, found: &TypeStatistics) -> PyResult<Bound<'py, PyAny>> {
        let place = self.place.call1((self.file_index, found.line, found.offset))?;
        let number = found
            .number
            .map(|number| self.number.call1((number.integer_digits, number.scale, number.int64)));
        self.kind
            .call1((found.count, place, found.least, found.greatest, number.transpose()?))
    }
}
