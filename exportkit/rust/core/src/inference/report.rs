//! What statistics say, path by path.

use super::number::NumberStatistics;
use super::tree::{Id, NONE, Tree};
use crate::types::{N, NS, TYPES};

/// The values of one type at one path. As `TypeStatistics` of `exportkit/model/statistics.py`, where each is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeStatistics {
    /// The type tag.
    pub tag: &'static str,
    /// How many.
    pub count: u64,
    /// Line of the first, from 1.
    pub line: u64,
    /// Byte offset of that line.
    pub offset: u64,
    /// Least length.
    pub least: u64,
    /// Greatest length.
    pub greatest: u64,
    /// Of N, and of the elements of NS.
    pub number: Option<NumberStatistics>,
}

/// The values at one path. As `PathStatistics` of `exportkit/model/statistics.py`.
#[derive(Clone, Copy, Debug)]
pub struct PathStatistics<'t> {
    tree: &'t Tree,
    id: Id,
}

impl<'t> PathStatistics<'t> {
    pub(super) fn new(tree: &'t Tree, id: Id) -> Self {
        Self { tree, id }
    }

    /// The types that were seen, in the order of [`TYPES`].
    pub fn types(self) -> impl Iterator<Item = TypeStatistics> + 't {
        let stats = self.tree.stats[self.id as usize].iter().enumerate();
        stats
            .filter(|(_, stat)| stat.count > 0)
            .map(|(place, stat)| TypeStatistics {
                tag: TYPES[place],
                count: stat.count,
                line: stat.first.0,
                offset: stat.first.1,
                least: stat.least,
                greatest: stat.greatest,
                number: stat.range.statistics().filter(|_| place == N || place == NS),
            })
    }

    /// The attributes of the maps here, by name.
    pub fn fields(self) -> Vec<(&'t [u8], Self)> {
        let fields = &self.tree.shapes[self.id as usize].fields;
        let mut fields: Vec<_> = fields
            .iter()
            .map(|(name, &id)| (&**name, Self::new(self.tree, id)))
            .collect();
        fields.sort_unstable_by_key(|&(name, _)| name);
        fields
    }

    /// The values of the maps here whose keys are data.
    pub fn values(self) -> Option<Self> {
        self.at(self.tree.shapes[self.id as usize].values)
    }

    /// The elements of the lists here.
    pub fn elements(self) -> Option<Self> {
        self.at(self.tree.shapes[self.id as usize].elements)
    }

    fn at(self, id: Id) -> Option<Self> {
        (id != NONE).then(|| Self::new(self.tree, id))
    }
}
