//! Join entries: what of a record crosses the border to be joined with others of its key.

use std::fmt;

use crate::entries::HASH_SIZE;

/// Bytes of an entry before its texts.
pub const HEADER_SIZE: usize = 92;

/// Where an entry's parts stand.
mod at {
    pub(super) const KIND: usize = 4;
    pub(super) const IMAGES: usize = 5;
    pub(super) const RESERVED: usize = 6;
    pub(super) const HASH: usize = 8;
    pub(super) const QUICK: usize = 24;
    pub(super) const SOURCE: usize = 32;
    pub(super) const FILE: usize = 36;
    pub(super) const LINE: usize = 40;
    pub(super) const OFFSET: usize = 48;
    pub(super) const TIMESTAMP: usize = 56;
    pub(super) const IMAGE_HASH: usize = 64;
    pub(super) const LENGTHS: usize = 80;
}

/// There is a new image.
const NEW: u8 = 1;
/// There is an old image.
const OLD: u8 = 2;
/// The hash of an item's image is there; else its text is its line.
const HASHED: u8 = 4;

/// A hash as entries have it.
pub type Hash = [u8; HASH_SIZE];

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An item of a state.
    Item,
    /// A change.
    Change,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The export's number.
    pub source: u32,
    /// The data file's number in it.
    pub file_index: u32,
    /// The line, from 1.
    pub line: u64,
    /// The record's byte offset.
    pub offset: u64,
}

/// Bytes that are no whole join entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotEntries {
    /// Where the first stands that is none.
    pub at: usize,
    /// What is wrong with it.
    pub wrong: &'static str,
}

impl fmt::Display for NotEntries {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at byte {} stands no join entry: {}", self.at, self.wrong)
    }
}

/// An image of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Image<'a> {
    pub(super) text: &'a [u8],
    pub(super) value: Value,
}

/// How an image's value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// By its hash; the text may be none.
    Hash(Hash),
    /// The text is its map.
    Map,
    /// The text is its line.
    Line,
}

impl<'a> Image<'a> {
    /// An image whose text is its map.
    pub(super) const fn map(text: &'a [u8]) -> Self {
        Self {
            text,
            value: Value::Map,
        }
    }
}

/// What is written of a record.
pub(super) struct Parts<'a> {
    pub(super) kind: Kind,
    pub(super) hash: Hash,
    /// The key's quick hash.
    pub(super) quick: u64,
    pub(super) place: Place,
    pub(super) timestamp: u64,
    /// The key's text.
    pub(super) key: &'a [u8],
    pub(super) new: Option<Image<'a>>,
    /// The old image's map.
    pub(super) old: Option<&'a [u8]>,
}

impl Parts<'_> {
    /// Whether an entry that has texts of so many bytes is none of more than 4 GiB.
    #[inline]
    pub(super) fn has_room(texts: usize) -> bool {
        u32::try_from(HEADER_SIZE + texts).is_ok()
    }

    /// Appends the entry; false, and nothing, where it would have more than 4 GiB.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> bool {
        let texts = [
            self.key,
            self.new.map_or(&[][..], |new| new.text),
            self.old.unwrap_or_default(),
        ];
        let length = HEADER_SIZE + texts.iter().map(|text| text.len()).sum::<usize>();
        let Ok(length) = u32::try_from(length) else {
            return false;
        };
        let mut header = [0; HEADER_SIZE];
        put(&mut header, 0, &length.to_le_bytes());
        header[at::KIND] = u8::from(self.kind == Kind::Change);
        header[at::IMAGES] = u8::from(self.new.is_some()) * NEW + u8::from(self.old.is_some()) * OLD;
        put(&mut header, at::HASH, &self.hash);
        put(&mut header, at::QUICK, &self.quick.to_le_bytes());
        put(&mut header, at::SOURCE, &self.place.source.to_le_bytes());
        put(&mut header, at::FILE, &self.place.file_index.to_le_bytes());
        put(&mut header, at::LINE, &self.place.line.to_le_bytes());
        put(&mut header, at::OFFSET, &self.place.offset.to_le_bytes());
        put(&mut header, at::TIMESTAMP, &self.timestamp.to_le_bytes());
        if let Some(Value::Hash(hash)) = self.new.map(|new| new.value) {
            header[at::IMAGES] |= HASHED;
            put(&mut header, at::IMAGE_HASH, &hash);
        }
        for (number, text) in texts.iter().enumerate() {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX); // part of what has been measured
            put(&mut header, at::LENGTHS + 4 * number, &length.to_le_bytes());
        }
        out.extend_from_slice(&header);
        for text in texts {
            out.extend_from_slice(text);
        }
        true
    }
}

fn put<const N: usize>(header: &mut [u8; HEADER_SIZE], at: usize, value: &[u8; N]) {
    header[at..at + N].copy_from_slice(value);
}

/// One entry in a buffer.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    header: &'a [u8; HEADER_SIZE],
    texts: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The entry at the start of bytes.
    fn first(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (header, rest) = bytes
            .split_first_chunk::<HEADER_SIZE>()
            .ok_or("its 92 bytes before the texts are not all there")?;
        let entry = Self { header, texts: &[] };
        let texts = length(entry.word(0))
            .checked_sub(HEADER_SIZE)
            .ok_or("its length is less than 92 bytes")?;
        let texts = rest.get(..texts).ok_or("it is longer than what is there")?;
        let lengths = (0..3).map(|number| u64::from(entry.text_length(number)));
        if lengths.sum::<u64>() != texts.len() as u64 {
            return Err("its texts are not as long as it says");
        }
        Ok(Self { header, texts })
    }

    /// Whether it says of its kind what an entry can say.
    pub(super) fn is_known(&self) -> bool {
        let kind = match (self.header[at::KIND], self.header[at::IMAGES]) {
            (0, images) => images & !HASHED == NEW,
            (1, images) => images <= NEW | OLD,
            _ => false,
        };
        kind && self.header[at::RESERVED..at::HASH] == [0, 0]
    }

    /// What the record is.
    pub fn kind(&self) -> Kind {
        if self.header[at::KIND] == 0 {
            Kind::Item
        } else {
            Kind::Change
        }
    }

    /// The key's hash.
    #[inline]
    pub fn hash(&self) -> &'a Hash {
        self.header[at::HASH..].first_chunk().unwrap_or(&[0; HASH_SIZE])
    }

    /// The key's quick hash.
    #[inline]
    pub fn quick_hash(&self) -> u64 {
        self.long(at::QUICK)
    }

    /// The first eight bytes of the key's hash, in their order: mostly they decide.
    pub(super) fn hash_prefix(&self) -> u64 {
        self.hash().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// Where the record stands.
    pub fn place(&self) -> Place {
        Place {
            source: self.source(),
            file_index: self.word(at::FILE),
            line: self.long(at::LINE),
            offset: self.long(at::OFFSET),
        }
    }

    /// The export's number.
    pub fn source(&self) -> u32 {
        self.word(at::SOURCE)
    }

    /// `WriteTimestampMicros`; 0 of an item.
    pub fn timestamp(&self) -> u64 {
        self.long(at::TIMESTAMP)
    }

    /// The key's text.
    pub fn key(&self) -> &'a [u8] {
        let end = length(self.text_length(0));
        self.texts.get(..end).unwrap_or_default()
    }

    /// The new image, if there is one.
    pub(super) fn new_image(&self) -> Option<Image<'a>> {
        let start = length(self.text_length(0));
        let value = match self.kind() {
            Kind::Change => Value::Map,
            Kind::Item if self.header[at::IMAGES] & HASHED == 0 => Value::Line,
            Kind::Item => Value::Hash(*self.header[at::IMAGE_HASH..].first_chunk().unwrap_or(&[0; HASH_SIZE])),
        };
        self.image(NEW, start, 1).map(|text| Image { text, value })
    }

    /// The old one.
    pub(super) fn old_image(&self) -> Option<Image<'a>> {
        let start = length(self.text_length(0)) + length(self.text_length(1));
        self.image(OLD, start, 2).map(Image::map)
    }

    /// What is written of it.
    pub(super) fn parts(&self) -> Parts<'a> {
        Parts {
            kind: self.kind(),
            hash: *self.hash(),
            quick: self.quick_hash(),
            place: self.place(),
            timestamp: self.timestamp(),
            key: self.key(),
            new: self.new_image(),
            old: self.old_image().map(|image| image.text),
        }
    }

    /// Bytes of the whole entry.
    fn len(&self) -> usize {
        HEADER_SIZE + self.texts.len()
    }

    fn image(&self, flag: u8, start: usize, text: usize) -> Option<&'a [u8]> {
        let end = start + length(self.text_length(text));
        let text = self.texts.get(start..end).unwrap_or_default();
        (self.header[at::IMAGES] & flag != 0).then_some(text)
    }

    fn text_length(&self, text: usize) -> u32 {
        self.word(at::LENGTHS + 4 * text)
    }

    fn word(&self, at: usize) -> u32 {
        self.header[at..]
            .first_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn long(&self, at: usize) -> u64 {
        self.header[at..]
            .first_chunk()
            .map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

fn length(word: u32) -> usize {
    usize::try_from(word).unwrap_or(usize::MAX)
}

/// The entries of a buffer, one after the other, each with its bytes; ends after the first that is none.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Entries<'a> {
    /// The entries of a buffer.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(Entry<'a>, &'a [u8]), NotEntries>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match Entry::first(self.rest) {
            Ok(entry) => {
                let (bytes, rest) = self.rest.split_at(entry.len());
                self.rest = rest;
                self.at += bytes.len();
                Some(Ok((entry, bytes)))
            }
            Err(wrong) => {
                self.rest = &[];
                Some(Err(NotEntries { at: self.at, wrong }))
            }
        }
    }
}
