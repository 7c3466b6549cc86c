//! What the readers that hand records on have in common: options in, errors out.

use std::mem::replace;

use exportkit_core::events::Visitor;
use exportkit_core::strict::{Misread, StrictReader};
use pyo3::prelude::*;

use crate::errors::{broken, contained, finished, malformed_record};
use crate::options;

/// One data file, read until it ends or a record is faulty; `R` reads it.
pub(crate) struct Session<R> {
    uri: String,
    reader: R,
    state: State,
}

enum State {
    Reading,
    Finished,
    /// A record was faulty, and every call says so from now on.
    Faulty(Misread),
    /// The engine failed inside.
    Broken,
}

impl<V> Session<(StrictReader, V)> {
    /// Begins a data file; `V` is what a consumer keeps between chunks.
    pub(crate) fn new(options: &Bound<'_, PyAny>, kept: V) -> PyResult<Self> {
        let reader = StrictReader::new(
            options::format(options)?,
            options::export_type(options)?,
            options::max_record_size(options)?,
        );
        Self::with(options, (reader, kept))
    }
}

impl<R> Session<R> {
    /// Begins a data file that a reader of its own reads.
    pub(crate) fn with(options: &Bound<'_, PyAny>, reader: R) -> PyResult<Self> {
        Ok(Self {
            uri: options::uri(options)?,
            reader,
            state: State::Reading,
        })
    }

    /// The reader, whether or not it still reads.
    pub(crate) fn reader(&self) -> PyResult<&R> {
        match self.state {
            State::Broken => Err(broken()),
            _ => Ok(&self.reader),
        }
    }

    /// As [`Self::reader`], to change it.
    pub(crate) fn reader_mut(&mut self) -> PyResult<&mut R> {
        match self.state {
            State::Broken => Err(broken()),
            _ => Ok(&mut self.reader),
        }
    }

    /// Reads on with `step` and returns what it made, a Python object with a length.
    ///
    /// The error of a faulty record waits for the next call where something stands in front of it; not that of the
    /// last call, which no other follows.
    pub(crate) fn read<'py, T>(
        &mut self,
        py: Python<'py>,
        last: bool,
        step: impl FnOnce(&mut R) -> PyResult<(Bound<'py, T>, Option<Misread>)>,
    ) -> PyResult<Bound<'py, T>> {
        match replace(&mut self.state, State::Broken) {
            State::Reading => {
                let (made, misread) = contained(|| step(&mut self.reader))?;
                let Some(misread) = misread else {
                    self.state = if last { State::Finished } else { State::Reading };
                    return Ok(made);
                };
                let error = malformed_record(py, &self.uri, &misread);
                self.state = State::Faulty(misread);
                if last || made.as_any().is_empty()? {
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
