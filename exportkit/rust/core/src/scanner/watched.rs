//! Which attributes are the key's: the names given, or those that each record's Keys have.

use std::collections::HashMap;

use crate::events::{Line, Member, Text};
use crate::path::NodeId;
use crate::reader::ExportType;

use super::report::KeyTypes;

/// No attribute.
pub(super) const NONE: u32 = u32::MAX;
/// Types of key attributes told apart: a table has two, and only hostile Keys have many.
const MAX_KEY_TYPES: usize = 256;
/// Bytes of the longest name that a key attribute can have; longer ones would be kept for nothing.
const MAX_KEY_NAME: usize = 255;

/// The names of the attributes that are watched. An attribute's number is its place among them.
#[derive(Debug)]
pub(super) struct Watched {
    /// Whether there is anything to watch.
    pub(super) any: bool,
    /// The member whose key is judged.
    pub(super) member: Member,
    /// The names given, as they were given.
    given: Option<Vec<Vec<u8>>>,
    pub(super) names: Vec<Vec<u8>>,
    /// The attributes to judge, in their order; `NONE` for names given that are not among Keys.
    pub(super) judged: Vec<u32>,
    /// The attributes that the key is made of, in the order of their names, with these as an M encodes them.
    pub(super) key: Vec<(u32, Vec<u8>)>,
    index: HashMap<Vec<u8>, u32>,
    /// What is known of places in items and images: the attribute's number there, if it is watched.
    places: Vec<Option<u32>>,
    /// Attributes of Keys read so far.
    pub(super) read: usize,
    /// Whether `names` are no longer what the rest was made from.
    changed: bool,
    scratch: Vec<u8>,
}

impl Watched {
    pub(super) fn new(export_type: ExportType, given: Option<Vec<Vec<u8>>>) -> Self {
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
    pub(super) fn judged_name(&self, place: usize) -> &[u8] {
        let name = match &self.given {
            Some(given) => given.get(place),
            None => self.names.get(place),
        };
        name.map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes the next attribute of Keys and returns its number.
    #[inline]
    pub(super) fn read_name(&mut self, name: Text<'_>) -> u32 {
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
    pub(super) fn end_keys(&mut self) -> bool {
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

    /// The number of the attribute at a place in an item or image; `NONE` where it is not watched.
    #[inline]
    pub(super) fn find(&mut self, node: NodeId, name: Text<'_>) -> u32 {
        match self.places.get(node.index()) {
            Some(Some(attribute)) => *attribute,
            _ => self.look_up(node, name),
        }
    }

    #[cold]
    fn look_up(&mut self, node: NodeId, name: Text<'_>) -> u32 {
        let attribute = self.index.get(name.bytes(&mut self.scratch)).copied().unwrap_or(NONE);
        if node != NodeId::OVERFLOW {
            if self.places.len() <= node.index() {
                self.places.resize(node.index() + 1, None);
            }
            self.places[node.index()] = Some(attribute);
        }
        attribute
    }

    /// Makes everything anew from the names.
    #[cold]
    fn renew(&mut self) {
        self.changed = false;
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

/// The types that key attributes were seen in.
#[derive(Debug)]
pub(super) struct Types {
    pub(super) found: Vec<KeyTypes>,
    /// Of each judged attribute, where `found` has its types S, N, B.
    known: Vec<[Option<usize>; 3]>,
}

impl Types {
    pub(super) fn new(judged: usize) -> Self {
        Self {
            found: Vec::new(),
            known: vec![[None; 3]; judged],
        }
    }

    /// Forgets which attributes are judged, not what was found.
    pub(super) fn forget(&mut self, judged: usize) {
        self.known.clear();
        self.known.resize(judged, [None; 3]);
    }

    /// Counts a type of a judged attribute, given as the type byte of its encoding.
    #[inline]
    pub(super) fn count<'n>(&mut self, place: usize, tag: u8, name: impl FnOnce() -> &'n [u8], line: &Line<'_>) {
        let tag = match tag {
            b'S' => 0,
            b'N' => 1,
            _ => 2,
        };
        let known = self.known.get(place).and_then(|tags| tags[tag]);
        if let Some(types) = known.and_then(|at| self.found.get_mut(at)) {
            types.count += 1;
        } else {
            self.find(place, tag, name(), line);
        }
    }

    #[cold]
    fn find(&mut self, place: usize, tag: usize, name: &[u8], line: &Line<'_>) {
        if name.len() > MAX_KEY_NAME {
            return;
        }
        let label = ["S", "N", "B"][tag];
        let at = self
            .found
            .iter()
            .position(|types| types.tag == label && types.name == name);
        let at = at.unwrap_or(self.found.len());
        match self.found.get_mut(at) {
            Some(types) => types.count += 1,
            None if at < MAX_KEY_TYPES => self.found.push(KeyTypes {
                name: name.to_vec(),
                tag: label,
                count: 1,
                line: line.number,
                offset: line.offset,
            }),
            None => return,
        }
        if let Some(tags) = self.known.get_mut(place) {
            tags[tag] = Some(at);
        }
    }
}
