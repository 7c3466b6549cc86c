//! The keys of records, kept while these are told.
//!
//! The values of key attributes are kept canonically encoded while their record is read, those of
//! Item or Keys and of the images, for whoever compares or hashes them when it ends. What is looked for
//! in images is what stood in Keys; where an image comes before its Keys, the names of the last record are
//! tried, and the record is asked for once more where they were others.

mod values;
mod watched;

use self::values::Values;
pub(crate) use self::watched::{NONE, Watched};
use crate::canonical::Encoder;
use crate::digest::sha256_half;
use crate::entries::HASH_SIZE;
use crate::events::{Line, Member, Text};
use crate::fault::Reason;
use crate::path::NodeId;
use twox_hash::XxHash3_64;

/// Bytes before the payload of a canonical encoding: the type and the length.
const HEADER: usize = 5;

/// Where a value's encoding stands in the encoder.
type Span = (usize, usize);

/// Keeps the key of the record at hand.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) watched: Watched,
    /// The encoding of a key, while it is hashed.
    message: Vec<u8>,
    /// Values of the record at hand.
    encoder: Encoder,
    /// The watched attributes of Item or Keys, of NewImage, of OldImage.
    main: Values,
    new_image: Values,
    old_image: Values,
    /// The member being read.
    member: Option<Member>,
    /// The attribute being kept, and where its value starts.
    keeping: Option<(u32, usize)>,
    /// Containers open inside it.
    depth: usize,
    again: bool,
    first: Option<FirstKey>,
    /// Where the values of the key stand, if that has been asked.
    run: Option<Span>,
}

/// The key of a file's first record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstKey {
    /// Types of its attributes, `S`, `N` or `B`, in the order of their names' UTF-8.
    pub types: Vec<u8>,
    /// Number of the record's line.
    pub line: u64,
    /// Offset of its first byte in the file.
    pub offset: u64,
}

impl Key {
    /// Watches such attributes.
    pub(crate) fn new(watched: Watched) -> Self {
        Self {
            watched,
            message: Vec::new(),
            encoder: Encoder::default(),
            main: Values::default(),
            new_image: Values::default(),
            old_image: Values::default(),
            member: None,
            keeping: None,
            depth: 0,
            again: false,
            first: None,
            run: None,
        }
    }

    #[inline]
    pub(crate) fn begin_record(&mut self) {
        self.encoder.clear();
        for values in [&mut self.main, &mut self.new_image, &mut self.old_image] {
            values.present = false;
        }
        self.member = None;
        self.keeping = None;
        self.depth = 0;
        self.again = false;
        self.run = None;
    }

    /// Whether the record has to be told once more, now that its Keys are known.
    #[inline]
    pub(crate) fn wants_again(&self) -> bool {
        self.again
    }

    #[inline]
    pub(crate) fn member(&mut self, member: Member) {
        self.member = Some(member);
        match member {
            Member::Item => self.main.begin(self.watched.names.len()),
            Member::Keys => {
                self.main.begin(self.watched.names.len());
                self.watched.read = 0;
            }
            Member::NewImage => self.new_image.begin(self.watched.names.len()),
            Member::OldImage => self.old_image.begin(self.watched.names.len()),
        }
    }

    /// An attribute of a member; its value follows.
    #[inline]
    pub(crate) fn attribute(&mut self, node: NodeId, name: Text<'_>) {
        let attribute = match self.member {
            None => return,
            Some(Member::Keys) => self.watched.read_name(name),
            Some(_) => self.watched.find(node, name),
        };
        if attribute != NONE {
            self.keeping = Some((attribute, self.encoder.encoded().len()));
        }
    }

    /// As [`Self::attribute`], of an item; whether its value is being kept.
    #[inline]
    pub(crate) fn keep(&mut self, node: NodeId, name: Text<'_>) -> bool {
        let attribute = self.watched.find(node, name);
        if attribute != NONE {
            self.keeping = Some((attribute, self.encoder.encoded().len()));
        }
        attribute != NONE
    }

    /// Whether all attributes of an item have been kept.
    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        self.main.missing == 0
    }

    /// A part of a value; `nesting` containers more are open after it.
    #[inline]
    pub(crate) fn value(&mut self, tell: impl FnOnce(&mut Encoder), nesting: isize) {
        if self.keeping.is_some() {
            tell(&mut self.encoder);
            self.depth = self.depth.saturating_add_signed(nesting);
            self.end_value();
        }
    }

    /// As [`Self::value`], of an item's attribute that [`Self::keep`] keeps; whether more of it follows.
    #[inline(always)]
    pub(crate) fn item_value(&mut self, tell: impl FnOnce(&mut Encoder), nesting: isize) -> bool {
        tell(&mut self.encoder);
        self.depth = self.depth.saturating_add_signed(nesting);
        if self.depth == 0
            && let Some((attribute, start)) = self.keeping.take()
        {
            self.main.set(attribute, (start, self.encoder.encoded().len()));
        }
        self.depth > 0
    }

    /// A name inside a value.
    #[inline]
    pub(crate) fn inner(&mut self, tell: impl FnOnce(&mut Encoder)) {
        if self.keeping.is_some() {
            tell(&mut self.encoder);
        }
    }

    #[inline]
    fn end_value(&mut self) {
        if self.depth > 0 {
            return;
        }
        if let Some((attribute, start)) = self.keeping.take() {
            let values = match self.member {
                Some(Member::NewImage) => &mut self.new_image,
                Some(Member::OldImage) => &mut self.old_image,
                _ => &mut self.main,
            };
            values.set(attribute, (start, self.encoder.encoded().len()));
        }
    }

    /// Ends a member; whether it was Keys, with other names than the last record's.
    #[inline]
    pub(crate) fn end_member(&mut self) -> bool {
        let is_new = self.member.take() == Some(Member::Keys) && self.watched.end_keys();
        if is_new {
            self.again = self.new_image.present || self.old_image.present;
        }
        is_new
    }

    /// The canonical encoding of an attribute of Item or Keys.
    #[inline]
    pub(crate) fn get(&self, attribute: u32) -> Option<&[u8]> {
        self.main.get(attribute, &self.encoder)
    }

    /// What is wrong with an attribute of Item or Keys; none where it may be a key's.
    #[inline]
    pub(crate) fn wrong(&self, attribute: u32) -> Option<Reason> {
        match self.get(attribute) {
            None => Some(Reason::KeyAbsent),
            Some([b'S' | b'N' | b'B', 0, 0, 0, 0]) => Some(Reason::KeyEmpty),
            Some([b'S' | b'N' | b'B', ..]) => None,
            Some(_) => Some(Reason::KeyType),
        }
    }

    /// Whether the key is surely as that of the first record, and nothing wrong with it. Mostly one pass over its values
    /// tells so, and where they stand; no says nothing.
    #[inline]
    pub(crate) fn is_as_first(&mut self) -> bool {
        self.run = self.run_as_first();
        self.run.is_some()
    }

    #[inline]
    fn run_as_first(&self) -> Option<Span> {
        let encoded = self.encoder.encoded();
        let mut run = None;
        for (&(attribute, _), kind) in self.watched.key.iter().zip(&self.first.as_ref()?.types) {
            let (start, end) = self.main.span(attribute)?;
            if encoded.get(start) != Some(kind) || end - start <= HEADER {
                return None;
            }
            run = match run {
                None => Some((start, end)),
                Some((first, last)) if last == start => Some((first, end)),
                Some(_) => return None,
            };
        }
        run
    }

    /// The first attribute whose type is another than in the first record that this was asked of. All records have to
    /// have the same attributes, and nothing wrong with them.
    #[inline]
    pub(crate) fn mixed(&mut self, line: &Line<'_>) -> Option<u32> {
        let Some(first) = &self.first else {
            self.learn(line);
            return None;
        };
        let mut known = first.types.iter();
        let is_other = |&(attribute, _): &&(u32, Vec<u8>)| known.next() != self.tag(*attribute);
        self.watched.key.iter().find(is_other).map(|&(attribute, _)| attribute)
    }

    #[cold]
    fn learn(&mut self, line: &Line<'_>) {
        let types = self
            .watched
            .key
            .iter()
            .filter_map(|&(attribute, _)| self.tag(attribute));
        self.first = Some(FirstKey {
            types: types.copied().collect(),
            line: line.number,
            offset: line.offset,
        });
    }

    /// The key of the first record that was asked about; None before.
    pub(crate) fn first(&self) -> Option<&FirstKey> {
        self.first.as_ref()
    }

    /// The type of an attribute of Item or Keys.
    #[inline]
    fn tag(&self, attribute: u32) -> Option<&u8> {
        let (start, _) = self.main.span(attribute)?;
        self.encoder.encoded().get(start)
    }

    /// The images whose key is not that of Keys.
    #[inline]
    pub(crate) fn wrong_images(&self) -> impl Iterator<Item = (Member, Reason)> {
        [
            (&self.new_image, Member::NewImage, Reason::NewImageKey),
            (&self.old_image, Member::OldImage, Reason::OldImageKey),
        ]
        .into_iter()
        .filter(|(image, ..)| image.present && !self.has_key(image))
        .map(|(_, member, reason)| (member, reason))
    }

    /// Whether an image has the attributes of Keys, with their values.
    fn has_key(&self, image: &Values) -> bool {
        (0..).zip(&self.watched.names).all(|(attribute, _)| {
            let value = image.get(attribute, &self.encoder);
            value.is_some() && value == self.main.get(attribute, &self.encoder)
        })
    }

    /// The hash of the key.
    #[inline]
    pub(crate) fn hash(&mut self) -> [u8; HASH_SIZE] {
        // The canonical encoding of the key, an M; its names stand in order and encoded.
        let message = &mut self.message;
        message.clear();
        message.extend_from_slice(b"M\0\0\0\0");
        for (attribute, name) in &self.watched.key {
            message.extend_from_slice(name);
            message.extend_from_slice(self.main.get(*attribute, &self.encoder).unwrap_or_default());
        }
        hash_framed(message)
    }

    /// The hash of a key with these names, of which only the values were kept.
    pub(crate) fn hash_of(&mut self, mut values: &[u8]) -> [u8; HASH_SIZE] {
        let message = &mut self.message;
        message.clear();
        message.extend_from_slice(b"M\0\0\0\0");
        for (_, name) in &self.watched.key {
            let payload = values[1..]
                .first_chunk()
                .map_or(0, |length| u32::from_be_bytes(*length));
            let (value, rest) = values.split_at(HEADER + payload as usize);
            message.extend_from_slice(name);
            message.extend_from_slice(value);
            values = rest;
        }
        hash_framed(message)
    }

    /// The quick hash of the key, XXH3 of the encodings of its values, in the order of their names; and these.
    #[inline]
    pub(crate) fn quick_hash(&mut self) -> (u64, &[u8]) {
        let values = self.values();
        (XxHash3_64::oneshot(values), values)
    }

    /// The encodings of the key's values, in the order of their names.
    #[inline]
    fn values(&mut self) -> &[u8] {
        match self.run.or_else(|| self.run_of_values()) {
            Some((start, end)) => self.encoder.encoded().get(start..end).unwrap_or_default(),
            None => self.scattered_values(),
        }
    }

    /// Where they stand, if they were read in that order: mostly they were.
    #[inline]
    fn run_of_values(&self) -> Option<Span> {
        let mut run = None;
        for &(attribute, _) in &self.watched.key {
            let (start, end) = self.main.span(attribute)?;
            run = match run {
                None => Some((start, end)),
                Some((first, last)) if last == start => Some((first, end)),
                Some(_) => return None,
            };
        }
        run
    }

    #[cold]
    fn scattered_values(&mut self) -> &[u8] {
        self.message.clear();
        for (attribute, _) in &self.watched.key {
            let value = self.main.get(*attribute, &self.encoder).unwrap_or_default();
            self.message.extend_from_slice(value);
        }
        &self.message
    }
}

/// The hash of an M, once its length is written.
fn hash_framed(message: &mut [u8]) -> [u8; HASH_SIZE] {
    let length = u32::try_from(message.len() - HEADER).unwrap_or(u32::MAX);
    message[1..HEADER].copy_from_slice(&length.to_be_bytes());
    sha256_half(message)
}
