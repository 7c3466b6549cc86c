//! What is known of each path: a tree of shapes, bounded.
//!
//! It is a tree of its own, beside the parsers' trie of places: maps whose keys are data become one
//! shape here, and the trie is full one day.

use std::collections::HashMap;
use std::mem::take;

use super::number::Range;
use crate::types::TYPES;

/// Bytes that the names of all paths may hold together.
pub(super) const MAX_NAME_BYTES: usize = 4 << 20;

/// Elements and values that there may be, those aside that names turn into.
pub(super) const MAX_INNER: usize = 10_000;

/// Number of a shape in its tree.
pub(super) type Id = u32;
/// The items, or both images.
pub(super) const ITEM: Id = 0;
/// The Keys of change records.
pub(super) const KEYS: Id = 1;
/// Where values go that no path is left for; never told.
const LOST: Id = 2;
/// No shape.
pub(super) const NONE: Id = Id::MAX;

/// The values of one type at one path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stat {
    pub(super) count: u64,
    /// Above any length before there is a value: so the first value is found out without a test of its own.
    pub(super) least: u64,
    pub(super) greatest: u64,
    /// Line and offset of the first.
    pub(super) first: (u64, u64),
    pub(super) range: Range,
}

impl Stat {
    fn new() -> Self {
        Self {
            count: 0,
            least: u64::MAX,
            greatest: 0,
            first: (u64::MAX, u64::MAX),
            range: Range::default(),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        self.first = self.first.min(other.first);
        self.range.merge(other.range);
    }
}

/// What hangs below a path.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) fields: HashMap<Box<[u8]>, Id>,
    pub(super) values: Id,
    pub(super) elements: Id,
}

impl Shape {
    fn new(below: Id) -> Self {
        Self {
            fields: HashMap::new(),
            values: below,
            elements: below,
        }
    }
}

/// The shapes of a file, or of one split of it.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) shapes: Vec<Shape>,
    /// Of each shape, by type.
    pub(super) stats: Vec<[Stat; TYPES.len()]>,
    /// Shapes to be used again.
    free: Vec<Id>,
    /// Names that a map may have.
    max_fields: usize,
    /// Names that all maps may have together.
    max_names: usize,
    names: usize,
    /// Bytes of the names.
    name_bytes: usize,
    /// Elements and values there are.
    inner: usize,
}

impl Tree {
    pub(super) fn new(max_fields: usize, max_names: usize) -> Self {
        Self {
            shapes: vec![Shape::new(NONE), Shape::new(NONE), Shape::new(LOST)],
            stats: vec![[Stat::new(); TYPES.len()]; 3],
            free: Vec::new(),
            max_fields,
            max_names,
            names: 0,
            name_bytes: 0,
            inner: 0,
        }
    }

    /// The path of a name in a map, and whether others moved to make room for it.
    pub(super) fn named(&mut self, map: Id, name: &[u8]) -> (Id, bool) {
        let top = map == ITEM || map == KEYS;
        let shape = &self.shapes[map as usize];
        if !top && shape.values != NONE {
            return (shape.values, false);
        }
        if let Some(&field) = shape.fields.get(name) {
            return (field, false);
        }
        let full = self.names >= self.max_names || self.name_bytes + name.len() > MAX_NAME_BYTES;
        if top && (full || shape.values != NONE) {
            return (self.values(map), false);
        }
        if !top && (full || shape.fields.len() >= self.max_fields) {
            self.collapse(map);
            return (self.values(map), true);
        }
        let field = self.add();
        self.names += 1;
        self.name_bytes += name.len();
        self.shapes[map as usize].fields.insert(name.into(), field);
        (field, false)
    }

    /// The path of a map's values.
    fn values(&mut self, map: Id) -> Id {
        if self.shapes[map as usize].values == NONE {
            let values = self.add_inner();
            if values != LOST {
                self.shapes[map as usize].values = values;
            }
            return values;
        }
        self.shapes[map as usize].values
    }

    /// The path of a list's elements.
    #[inline]
    pub(super) fn elements(&mut self, list: Id) -> Id {
        match self.shapes[list as usize].elements {
            NONE => self.add_elements(list),
            elements => elements,
        }
    }

    #[cold]
    fn add_elements(&mut self, list: Id) -> Id {
        let elements = self.add_inner();
        if elements != LOST {
            self.shapes[list as usize].elements = elements;
        }
        elements
    }

    /// Takes back the path of a list's elements, where there never was one.
    #[cold]
    pub(super) fn forget_elements(&mut self, list: Id) {
        let elements = self.shapes[list as usize].elements;
        if elements != NONE && elements != LOST && self.stats[elements as usize].iter().all(|stat| stat.count == 0) {
            self.shapes[list as usize].elements = NONE;
            self.inner -= 1;
            self.release(elements);
        }
    }

    /// Adds elements or values, if there may be more.
    fn add_inner(&mut self) -> Id {
        if self.inner >= MAX_INNER {
            return LOST;
        }
        self.inner += 1;
        self.add()
    }

    fn add(&mut self) -> Id {
        self.free.pop().unwrap_or_else(|| {
            self.shapes.push(Shape::new(NONE));
            self.stats.push([Stat::new(); TYPES.len()]);
            Id::try_from(self.shapes.len() - 1).unwrap_or(LOST)
        })
    }

    fn release(&mut self, id: Id) {
        self.shapes[id as usize] = Shape::new(NONE);
        self.stats[id as usize] = [Stat::new(); TYPES.len()];
        self.free.push(id);
    }

    /// Makes the fields of a map its values.
    fn collapse(&mut self, map: Id) {
        for (name, field) in take(&mut self.shapes[map as usize].fields) {
            self.forget_name(&name);
            self.add_values(map, field);
        }
    }

    fn forget_name(&mut self, name: &[u8]) {
        self.names -= 1;
        self.name_bytes -= name.len();
    }

    /// Merges a path that nobody refers to any more into the values of a map.
    fn add_values(&mut self, map: Id, from: Id) {
        match self.shapes[map as usize].values {
            NONE => {
                self.inner += 1;
                self.shapes[map as usize].values = from;
            }
            values => self.merge(values, from),
        }
    }

    /// Merges a path, and all below it, into another; nobody refers to it any more.
    fn merge(&mut self, into: Id, from: Id) {
        let stats = self.stats[from as usize];
        for (stat, other) in self.stats[into as usize].iter_mut().zip(&stats) {
            stat.merge(other);
        }
        let below = std::mem::replace(&mut self.shapes[from as usize], Shape::new(NONE));
        self.release(from);
        if below.values != NONE {
            self.inner -= 1;
            self.collapse(into);
            self.add_values(into, below.values);
        }
        for (name, field) in below.fields {
            let shape = &mut self.shapes[into as usize];
            if shape.values != NONE {
                self.forget_name(&name);
                self.add_values(into, field);
            } else if let Some(&known) = shape.fields.get(&name) {
                self.forget_name(&name);
                self.merge(known, field);
            } else {
                shape.fields.insert(name, field);
            }
        }
        if self.shapes[into as usize].fields.len() > self.max_fields {
            self.collapse(into);
        }
        match self.shapes[into as usize].elements {
            _ if below.elements == NONE => {}
            NONE => self.shapes[into as usize].elements = below.elements,
            known => {
                self.inner -= 1;
                self.merge(known, below.elements);
            }
        }
    }
}
