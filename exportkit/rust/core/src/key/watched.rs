//! Which attributes are the key's: the names given, or those that each record's Keys have.

use std::collections::HashMap;

use crate::events::{Member, Text};
use crate::path::NodeId;
use crate::reader::ExportType;

/// No attribute.
pub(crate) const NONE: u32 = u32::MAX;
/// An attribute that has not been looked up.
const UNKNOWN: u32 = NONE - 1;

/// The names of the attributes that are watched. An attribute's number is its place among them.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Whether there is anything to watch.
    pub(crate) any: bool,
    /// The member whose key is judged.
    pub(crate) member: Member,
    /// The names given, as they were given.
    given: Option<Vec<Vec<u8>>>,
    pub(crate) names: Vec<Vec<u8>>,
    /// The attributes to judge, in their order; `NONE` for names given that are not among Keys.
    pub(crate) judged: Vec<u32>,
    /// The attributes that the key is made of, in the order of their names, with these as an M encodes them.
    pub(crate) key: Vec<(u32, Vec<u8>)>,
    index: HashMap<Vec<u8>, u32>,
    /// Places in items and images: the attribute's number there, `NONE` where it is not watched, `UNKNOWN`.
    places: Vec<u32>,
    /// Attributes of Keys read so far.
    pub(crate) read: usize,
    /// Whether `names` are no longer what the rest was made from.
    changed: bool,
    /// How often they have been others.
    pub(crate) changes: u64,
    scratch: Vec<u8>,
}

impl Watched {
    pub(crate) fn new(export_type: ExportType, given: Option<Vec<Vec<u8>>>) -> Self {
        let full = export_type == ExportType::Full;
        let mut watched = Self {
            any: !full || given.is_some(),
            member: if full { Member::Item } else { Member::Keys },
            names: Vec::new(),
            given,
            judged: Vec::new(),
            key: Vec::new(),
            index: HashMap::new(),
            places: Vec::new(),
            read: 0,
            changed: false,
            changes: 0,
            scratch: Vec::new(),
        };
        if full {
            for name in watched.given.iter().flatten() {
                if !watched.names.contains(name) {
                    watched.names.push(name.clone());
                }
            }
        }
        watched.renew();
        watched
    }

    /// The name of an attribute to judge.
    pub(crate) fn judged_name(&self, place: usize) -> &[u8] {
        let name = match &self.given {
            Some(given) => given.get(place),
            None => self.names.get(place),
        };
        name.map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes the next attribute of Keys and returns its number.
    #[inline]
    pub(crate) fn read_name(&mut self, name: Text<'_>) -> u32 {
        let place = self.read;
        self.read += 1;
        let name = name.bytes(&mut self.scratch);
        if self.names.get(place).is_none_or(|known| known != name) {
            self.names.truncate(place);
            self.names.push(name.to_vec());
            self.changed = true;
        }
        u32::try_from(place).unwrap_or(NONE)
    }

    /// Ends the Keys; whether their names are others than the last record's.
    #[inline]
    pub(crate) fn end_keys(&mut self) -> bool {
        if self.read < self.names.len() {
            self.names.truncate(self.read);
            self.changed = true;
        }
        let changed = self.changed;
        if changed {
            self.renew();
        }
        changed
    }

    /// Whether the attribute at a place in an item or image is known not to be watched.
    #[inline]
    pub(crate) fn passes_over(&self, node: NodeId) -> bool {
        self.places.get(node.index()) == Some(&NONE)
    }

    /// Passes over a place: none of an item's or image's own attributes.
    #[cold]
    pub(crate) fn pass_over(&mut self, node: NodeId) {
        self.set(node, NONE);
    }

    /// The number of the attribute at a place in an item or image; `NONE` where it is not watched.
    #[inline]
    pub(crate) fn find(&mut self, node: NodeId, name: Text<'_>) -> u32 {
        match self.places.get(node.index()) {
            Some(&attribute) if attribute != UNKNOWN => attribute,
            _ => self.look_up(node, name),
        }
    }

    #[cold]
    fn look_up(&mut self, node: NodeId, name: Text<'_>) -> u32 {
        let attribute = self.index.get(name.bytes(&mut self.scratch)).copied().unwrap_or(NONE);
        self.set(node, attribute);
        attribute
    }

    fn set(&mut self, node: NodeId, attribute: u32) {
        if node != NodeId::OVERFLOW {
            if self.places.len() <= node.index() {
                self.places.resize(node.index() + 1, UNKNOWN);
            }
            self.places[node.index()] = attribute;
        }
    }

    /// Makes everything anew from the names.
    #[cold]
    fn renew(&mut self) {
        self.changed = false;
        self.changes += 1;
        self.places.clear();
        self.index = (0..)
            .zip(&self.names)
            .map(|(number, name)| (name.clone(), number))
            .collect();
        self.judged = match &self.given {
            Some(given) => given
                .iter()
                .map(|name| self.index.get(name).copied().unwrap_or(NONE))
                .collect(),
            None => (0..).zip(&self.names).map(|(number, _)| number).collect(),
        };
        let mut key = self.judged.clone();
        key.sort_unstable_by_key(|&attribute| self.names.get(attribute as usize));
        key.dedup();
        let encoded = |attribute: u32| {
            let name = self
                .names
                .get(attribute as usize)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
            (attribute, [&length.to_be_bytes(), name].concat())
        };
        self.key = key.into_iter().map(encoded).collect();
    }
}
