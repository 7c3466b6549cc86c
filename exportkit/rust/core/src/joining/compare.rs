//! Images compared by value.

use super::entry::{Hash, Image, Value};
use super::join::Unjoinable;
use crate::canonical::{Canonicaliser, Output};
use crate::digest::sha256_half;
use crate::reader::ExportType;
use crate::strict::{OutputFormat, StrictReader};
use crate::transcode::{Brackets, DynamodbJson, Form, Ion, push};

/// Bytes that a line may have: as many as an entry.
const LONGEST: usize = u32::MAX as usize;

/// Compares images whose texts are of one form.
#[derive(Debug)]
pub(super) struct Compare {
    /// Around the map in an item's line.
    item: Brackets,
    /// Reads texts that are not equal byte for byte; most are.
    reader: StrictReader,
    canonical: Canonicaliser,
    line: Vec<u8>,
}

impl Compare {
    pub(super) fn new(form: OutputFormat) -> Self {
        Self {
            item: match form {
                OutputFormat::DynamodbJson => DynamodbJson::ITEM,
                OutputFormat::Ion => Ion::ITEM,
            },
            reader: StrictReader::new(form, ExportType::Full, LONGEST),
            canonical: Canonicaliser::new(Output::Encoding),
            line: Vec::new(),
        }
    }

    /// Whether two images have one value.
    pub(super) fn equal(&mut self, one: Image<'_>, other: Image<'_>) -> Result<bool, Unjoinable> {
        let are_same = match (self.map(one), self.map(other)) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        };
        Ok(are_same || self.hash(one)? == self.hash(other)?)
    }

    /// The map in an image's text, where it stands there as a transcoder frames it.
    fn map<'a>(&self, image: Image<'a>) -> Option<&'a [u8]> {
        match image.value {
            Value::Hash(_) => None,
            Value::Map => Some(image.text),
            Value::Line => {
                let line = image.text.trim_ascii_start(); // AWS's lines of Ion begin with a space
                let rest = line.strip_prefix(self.item.0.as_bytes())?;
                rest.strip_suffix(self.item.1.as_bytes())
            }
        }
    }

    /// The hash of an image, read from its text where it is not known.
    pub(super) fn hash(&mut self, image: Image<'_>) -> Result<Hash, Unjoinable> {
        let (before, behind) = match image.value {
            Value::Hash(hash) => return Ok(hash),
            Value::Map => self.item,
            Value::Line => ("", ""),
        };
        self.line.clear();
        push(&mut self.line, before);
        self.line.extend_from_slice(image.text);
        push(&mut self.line, behind);
        self.line.push(b'\n');
        self.canonical.clear();
        let read = self.reader.feed(&self.line, &mut self.canonical);
        let mut outputs = self.canonical.outputs();
        match (read, outputs.next(), outputs.next()) {
            (Ok(()), Some(encoding), None) => Ok(sha256_half(encoding)),
            _ => Err(Unjoinable::NoItem),
        }
    }
}
