//! What is made of a record's maps while they are told: their encodings and texts.

use super::attributes::Attributes;
use super::entry::{Image, Value};
use super::maps::{KEYS, MAPS, Map, place};
use crate::canonical::Encoder;
use crate::digest::sha256_half;
use crate::events::Member;
use crate::transcode::{Form, Values};

/// The maps of the record at hand.
#[derive(Debug)]
pub(super) struct Written<F> {
    pub(super) encoder: Encoder,
    pub(super) values: Values<F>,
    pub(super) text: Vec<u8>,
    /// Where the item's watched attributes stand in the text.
    pub(super) attributes: Attributes,
    maps: [Option<Map>; MAPS],
}

impl<F: Form> Written<F> {
    pub(super) fn new() -> Self {
        Self {
            encoder: Encoder::default(),
            values: Values::default(),
            text: Vec::new(),
            attributes: Attributes::default(),
            maps: [None, None, None],
        }
    }

    /// The text of Keys.
    pub(super) fn keys_text(&self) -> &[u8] {
        self.map(KEYS).unwrap_or_default()
    }

    /// The text of an image, if there is one; empty where it was not written.
    pub(super) fn map(&self, map: usize) -> Option<&[u8]> {
        self.maps[map].as_ref().map(|map| &self.text[map.text.clone()])
    }

    /// The hash and text of an image, if there is one.
    pub(super) fn image(&self, map: usize) -> Option<Image<'_>> {
        self.maps[map].as_ref().map(|map| Image {
            text: &self.text[map.text.clone()],
            value: Value::Hash(sha256_half(&self.encoder.encoded()[map.encoding.clone()])),
        })
    }

    /// Writes the key attributes of the item, in the order they were named.
    pub(super) fn write_key(&self, out: &mut Vec<u8>) {
        self.attributes.write(&self.text, out);
    }

    /// A member's map begins here.
    pub(super) fn begin(&mut self, member: Member) {
        let (encoding, text) = (self.encoder.encoded().len(), self.text.len());
        self.maps[place(member)] = Some(Map {
            encoding: encoding..encoding,
            text: text..text,
        });
    }

    /// It ends here.
    pub(super) fn end(&mut self, member: Member) {
        let map = self.maps[place(member)].get_or_insert_default();
        map.encoding.end = self.encoder.encoded().len();
        map.text.end = self.text.len();
    }

    /// Forgets the last record.
    pub(super) fn clear(&mut self) {
        self.maps = [None, None, None];
        self.encoder.clear();
        self.values.begin_record();
        self.text.clear();
        self.attributes.clear();
    }
}
