//! What the readers that hand records on have in common: options in, errors out.

use std::mem::replace;

use exportkit_core::events::Visitor;
use exportkit_core::strict::{Misread, StrictReader};
use pyo3::prelude::*;

use crate::errors::{broken, contained, finished, malformed_record};
use crate::options;

/// One data file, read until it ends or a record is faulty; `V` is what a consumer keeps between chunks.
pub(crate) struct Session<V> {
    uri: String,
    state: State<V>,
}

enum State<V> {
    Reading(Box<(StrictReader, V)>),
    Finished,
    /// A record was faulty, and every call says so from now on.
    Faulty(Misread),
    /// The engine failed inside.
    Broken,
}

impl<V> Session<V> {
    /// Begins a data file.
    pub(crate) fn new(options: &Bound<'_, PyAny>, kept: V) -> PyResult<Self> {
        let reader = StrictReader::new(
            options::format(options)?,
            options::export_type(options)?,
            options::max_record_size(options)?,
        );
        Ok(Self {
            uri: options::uri(options)?,
            state: State::Reading(Box::new((reader, kept))),
        })
    }

    /// Reads on with `step` and returns what it made, a Python object with a length.
    ///
    /// The error of a faulty record waits for the next call where something stands in front of it.
    pub(crate) fn read<'py, T>(
        &mut self,
        py: Python<'py>,
        last: bool,
        step: impl FnOnce(&mut StrictReader, &mut V) -> PyResult<(Bound<'py, T>, Option<Misread>)>,
    ) -> PyResult<Bound<'py, T>> {
        match replace(&mut self.state, State::Broken) {
            State::Reading(mut reading) => {
                let (reader, kept) = &mut *reading;
                let (made, misread) = contained(|| step(reader, kept))?;
                let Some(misread) = misread else {
                    self.state = if last { State::Finished } else { State::Reading(reading) };
                    return Ok(made);
                };
                let error = malformed_record(py, &self.uri, &misread);
                self.state = State::Faulty(misread);
                if made.as_any().is_empty()? {
                    Err(error)
                } else {
                    Ok(made)
                }
            }
            State::Faulty(misread) => {
                let error = malformed_record(py, &self.uri, &misread);
                self.state = State::Faulty(misread);
                Err(error)
            }
            State::Finished => {
                self.state = State::Finished;
                Err(finished())
            }
            State::Broken => Err(broken()),
        }
    }
}

/// Reads a chunk, or the end of the file where there is none; returns the faulty record that stopped it.
pub(crate) fn advance(reader: &mut StrictReader, chunk: Option<&[u8]>, visitor: &mut impl Visitor) -> Option<Misread> {
    match chunk {
        Some(chunk) => reader.feed(chunk, visitor),
        None => reader.finish(visitor),
    }
    .err()
}
