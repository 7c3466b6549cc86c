//! `join` and `partition_entries`: what becomes of join entries.

use std::iter::once;

use exportkit_core::joining::{
    Drift, DriftKind, JoinOptions, Joined, KeyedTwice, Operation, Place, Source, Unjoinable, join as join_entries,
    partition,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::buffer::with_bytes;
use crate::bytes::joined as joined_bytes;
use crate::entries::hash_byte;
use crate::errors::{contained, not_entries};
use crate::options::{self, unknown};

/// Returns what becomes of join entries.
#[pyfunction]
pub(crate) fn join<'py>(entries: &Bound<'py, PyAny>, options: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = entries.py();
    let options = join_options(options)?;
    with_bytes(entries, |entries| {
        let joined = contained(|| Ok(py.detach(|| join_entries(entries, &options))))?;
        python_joined(py, &joined.map_err(unjoinable)?)
    })
}

/// Returns 256 runs of join entries, split by a byte of the hash, order kept.
#[pyfunction]
pub(crate) fn partition_entries<'py>(entries: &Bound<'py, PyAny>, byte: i64) -> PyResult<Bound<'py, PyList>> {
    let py = entries.py();
    let byte = hash_byte(byte)?;
    let runs = with_bytes(entries, |entries| {
        contained(|| Ok(py.detach(|| partition(entries, byte))))?.map_err(not_entries)
    })?;
    PyList::new(py, runs.into_iter().map(|run| PyBytes::new(py, &run)))
}

fn unjoinable(wrong: Unjoinable) -> PyErr {
    match wrong {
        Unjoinable::NotEntries(wrong) => not_entries(wrong),
        Unjoinable::NoTimestamp | Unjoinable::NoItem => PyValueError::new_err(wrong.to_string()),
    }
}

fn join_options(options: &Bound<'_, PyAny>) -> PyResult<JoinOptions> {
    let operation = match options.getattr("operation")?.extract::<String>()?.as_str() {
        "replay" => Operation::Replay,
        "compact" => Operation::Compact,
        "revert" => Operation::Revert,
        "diff" => Operation::Diff,
        other => return Err(unknown("operation", other)),
    };
    let mut sources = Vec::new();
    for source in options.getattr("sources")?.try_iter()? {
        let source = source?;
        sources.push(Source {
            judged: source.getattr("judged")?.extract()?,
            ghosts_from: source.getattr("ghosts_from")?.extract()?,
        });
    }
    let samples: i64 = options.getattr("samples")?.extract()?;
    Ok(JoinOptions {
        operation,
        form: options::form(options)?,
        sources,
        old_images: options.getattr("old_images")?.extract()?,
        timestamp: options.getattr("timestamp")?.extract()?,
        window: options.getattr("window")?.extract()?,
        samples: usize::try_from(samples).unwrap_or(0),
    })
}

/// Makes the `Joined` of `exportkit.model.joining`.
fn python_joined<'py>(py: Python<'py>, joined: &Joined<'_>) -> PyResult<Bound<'py, PyAny>> {
    let model = py.import("exportkit.model.joining")?;
    let kinds = model.getattr("DriftKind")?;
    let drift = PyDict::new(py);
    for (kind, count) in DriftKind::ALL.into_iter().zip(joined.drift) {
        drift.set_item(kinds.call1((kind.name(),))?, count)?;
    }
    let class = model.getattr("Drift")?;
    let samples = joined.samples.iter().map(|sample| {
        let Drift {
            kind,
            place,
            key,
            old_image,
            state,
        } = sample;
        let bytes = |text: &[u8]| PyBytes::new(py, text);
        class.call1((
            kinds.call1((kind.name(),))?,
            python_place(place),
            bytes(key),
            old_image.map(bytes),
            state.map(bytes),
        ))
    });
    let samples = samples.collect::<PyResult<Vec<_>>>()?;
    let keyed_twice = joined.keyed_twice.as_ref().map(|KeyedTwice { first, second }| {
        model
            .getattr("KeyedTwice")?
            .call1((python_place(first), python_place(second)))
    });

    let fields = PyDict::new(py);
    fields.set_item("lines", joined_bytes(py, once(joined.lines.as_slice()))?)?;
    fields.set_item("records", joined.records)?;
    fields.set_item("inserted", joined.inserted)?;
    fields.set_item("replaced", joined.replaced)?;
    fields.set_item("deleted", joined.deleted)?;
    fields.set_item("absent", joined.absent)?;
    fields.set_item("untouched", joined.untouched)?;
    fields.set_item("dropped", joined.dropped)?;
    fields.set_item("repeated", joined.repeated)?;
    fields.set_item("ghosts", joined.ghosts)?;
    fields.set_item("drift", drift)?;
    fields.set_item("samples", PyTuple::new(py, samples)?)?;
    fields.set_item("keyed_twice", keyed_twice.transpose()?)?;
    model.getattr("Joined")?.call((), Some(&fields))
}

fn python_place(place: &Place) -> (u32, u32, u64, u64) {
    (place.source, place.file_index, place.line, place.offset)
}
