//! The types that key attributes were seen in.

use super::report::KeyTypes;
use crate::events::Line;

/// Types of key attributes told apart: a table has two, and only hostile Keys have many.
const MAX_KEY_TYPES: usize = 256;
/// Bytes of the longest name that a key attribute can have; longer ones would be kept for nothing.
const MAX_KEY_NAME: usize = 255;

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
