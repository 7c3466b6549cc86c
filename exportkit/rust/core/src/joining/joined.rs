//! What became of joined entries: as `Joined` of `exportkit/model/joining.py`, where each is explained.

use super::entry::Place;

/// How the state before a change is not what the change's record says it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftKind {
    /// There is an old image, but no such item.
    Missing,
    /// There is no old image, but such an item.
    Unexpected,
    /// The old image is not the item there is.
    Different,
}

impl DriftKind {
    /// All kinds, as their counts stand.
    pub const ALL: [Self; 3] = [Self::Missing, Self::Unexpected, Self::Different];

    /// The kind's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
            Self::Different => "different",
        }
    }
}

/// One change whose old image is not the state before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift<'a> {
    /// How they differ.
    pub kind: DriftKind,
    /// The change record.
    pub place: Place,
    /// Its key's text.
    pub key: &'a [u8],
    /// Its old image's.
    pub old_image: Option<&'a [u8]>,
    /// The state's.
    pub state: Option<&'a [u8]>,
}

/// Two records of one state that have one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedTwice {
    /// The earlier one.
    pub first: Place,
    /// The later one.
    pub second: Place,
}

/// What became of some entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined<'a> {
    /// The records made, each a line with its line feed.
    pub lines: Vec<u8>,
    /// How many they are.
    pub records: u64,
    /// Keys that were not there before.
    pub inserted: u64,
    /// Keys whose item is another.
    pub replaced: u64,
    /// Keys whose item is gone.
    pub deleted: u64,
    /// Keys that were not there before, and are not after.
    pub absent: u64,
    /// Records that no change hit.
    pub untouched: u64,
    /// Keys of which no record was made.
    pub dropped: u64,
    /// Records set aside.
    pub repeated: u64,
    /// Items taken for deleted.
    pub ghosts: u64,
    /// Changes that drifted, of each of [`DriftKind::ALL`].
    pub drift: [u64; 3],
    /// The first of them.
    pub samples: Vec<Drift<'a>>,
    /// The first pair of records of one state with one key.
    pub keyed_twice: Option<KeyedTwice>,
}
