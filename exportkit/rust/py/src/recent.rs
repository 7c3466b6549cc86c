//! Python objects made lately: short strings and numbers repeat, and are not made again.

use pyo3::prelude::*;

/// Bytes of the longest text that is kept.
const LONGEST: usize = 23;
/// How many objects are kept at most.
const SLOTS: usize = 2048;

/// Immutable objects by the text they were made of; each may take the place of another.
pub(crate) struct Recent(Vec<Slot>);

#[derive(Default)]
struct Slot {
    key: Key,
    object: Option<Py<PyAny>>,
}

/// A text, filled up with zeros, and its length.
type Key = [u8; LONGEST + 1];

/// How often a look among the recent objects found what it sought: for an attribute whose values hardly
/// repeat, looking costs more than making.
#[derive(Clone, Copy, Default)]
pub(crate) struct Luck {
    looks: u8,
    finds: u8,
}

impl Luck {
    /// Whether to look: after a first while, where a quarter of the looks found something.
    fn is_good(self) -> bool {
        self.looks < u8::MAX || self.finds >= u8::MAX / 4
    }

    fn count(&mut self, found: bool) {
        if self.looks == u8::MAX {
            // From now on the older half counts half.
            self.looks /= 2;
            self.finds /= 2;
        }
        self.looks += 1;
        self.finds += u8::from(found);
    }
}

impl Recent {
    pub(crate) fn new() -> Self {
        let mut slots = Vec::new();
        slots.resize_with(SLOTS, Slot::default);
        Self(slots)
    }

    /// Returns the object of a text, made by `make` if it is not at hand.
    pub(crate) fn get<'py>(
        &mut self,
        py: Python<'py>,
        text: &[u8],
        luck: &mut Luck,
        make: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some(key) = key(text).filter(|_| luck.is_good()) else {
            return make();
        };
        let slot = &mut self.0[slot_of(&key)];
        let known = slot.object.as_ref().filter(|_| slot.key == key);
        luck.count(known.is_some());
        if let Some(object) = known {
            return Ok(object.bind(py).clone());
        }
        let object = make()?;
        *slot = Slot {
            key,
            object: Some(object.clone().unbind()),
        };
        Ok(object)
    }
}

fn key(text: &[u8]) -> Option<Key> {
    let mut key = Key::default();
    key.get_mut(..LONGEST)?.get_mut(..text.len())?.copy_from_slice(text);
    key[LONGEST] = text.len().to_le_bytes()[0];
    Some(key)
}

/// Who makes texts that collide only makes himself slower.
fn slot_of(key: &Key) -> usize {
    let (words, _) = key.as_chunks::<8>();
    let mixed = words.iter().fold(0_u64, |hash, word| {
        (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    });
    usize::from((mixed >> 48).to_le_bytes()[0]) | usize::from((mixed >> 56).to_le_bytes()[0] & 7) << 8
}
