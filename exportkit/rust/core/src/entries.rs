//! Key entries: which keys stand more than once, and entries split into parts that fit in memory.
//!
//! An entry is 32 bytes: the first 16 of the SHA-256 of the canonical key, the record's byte offset
//! as u64, and file index << 40 | line as u64, both little-endian.

use std::ops::Range;

/// Bytes of an entry.
pub const ENTRY_SIZE: usize = 32;
/// Bytes of its key's hash.
pub const HASH_SIZE: usize = 16;
/// Bits of the last word that are the line.
pub const LINE_BITS: u32 = 40;
/// Parts that entries are split into.
pub const PARTS: usize = 256;

/// One entry, as it stands in a buffer.
type Entry = [u8; ENTRY_SIZE];

/// Where the record of an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's number in the export.
    pub file_index: u32,
    /// The record's line, from 1.
    pub line: u64,
    /// The record's byte offset.
    pub offset: u64,
}

/// Keys that stand more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DuplicateKeys {
    /// Entries whose key an earlier one (by file, then line) has already.
    pub count: u64,
    /// The first of them, each with the earliest of its key, by key hash, then file and line.
    pub places: Vec<(Place, Place)>,
}

/// Writes an entry.
pub fn write(out: &mut Vec<u8>, hash: &[u8; HASH_SIZE], place: Place) {
    out.extend_from_slice(hash);
    out.extend_from_slice(&place.offset.to_le_bytes());
    out.extend_from_slice(&(u64::from(place.file_index) << LINE_BITS | place.line).to_le_bytes());
}

/// Finds the keys that stand more than once, the first `limit` of them with their places.
///
/// Bytes behind the last whole entry are not looked at.
pub fn duplicates(entries: &[u8], limit: usize) -> DuplicateKeys {
    let (entries, _) = entries.as_chunks::<ENTRY_SIZE>();
    let mut found = repeated(entries);
    // By hash, then place.
    let order = |entry: &Entry| (u128::from_be_bytes(hash(entry)), word(entry, 24));
    found.sort_unstable_by_key(order);
    let mut duplicates = DuplicateKeys::default();
    let mut first: Option<&Entry> = None;
    for entry in &found {
        match first {
            Some(first) if hash(first) == hash(entry) => {
                duplicates.count += 1;
                if duplicates.places.len() < limit {
                    duplicates.places.push((place(entry), place(first)));
                }
            }
            _ => first = Some(entry),
        }
    }
    duplicates
}

/// All entries whose hash another has too.
///
/// Hashes are evenly spread: entries are dealt into buckets of a few by their first bits, and only
/// within a bucket compared, by the next bits. Where one key stands everywhere, its bucket is sorted.
fn repeated(entries: &[Entry]) -> Vec<Entry> {
    let bits = (entries.len() / 8).max(1).ilog2();
    let bucket = |entry: &Entry| usize::try_from(u64::from_be_bytes(part(entry, 0)) >> 1 >> (63 - bits)).unwrap_or(0);
    let ranges = ranges(entries.iter().map(bucket), 1 << bits);
    let mut next: Vec<usize> = ranges.iter().map(|range| range.start).collect();
    let mut dealt = vec![(0_u64, 0_usize); entries.len()];
    for (number, entry) in entries.iter().enumerate() {
        let next = &mut next[bucket(entry)];
        dealt[*next] = (u64::from_le_bytes(part(entry, 8)), number);
        *next += 1;
    }
    let mut found = Vec::new();
    for range in ranges {
        let bucket = &mut dealt[range];
        bucket.sort_unstable();
        for same in bucket
            .chunk_by(|one, other| one.0 == other.0)
            .filter(|same| same.len() > 1)
        {
            found.extend(same.iter().map(|&(_, number)| entries[number]));
        }
    }
    found
}

/// Splits entries into 256 runs by a byte of the hash, from 0 to 15; each keeps its order.
pub fn partition(entries: &[u8], byte: usize) -> Vec<Vec<u8>> {
    let (entries, _) = entries.as_chunks::<ENTRY_SIZE>();
    let byte = byte.min(HASH_SIZE - 1);
    let part = |entry: &Entry| usize::from(entry[byte]);
    let ranges = ranges(entries.iter().map(part), PARTS);
    let mut parts: Vec<Vec<u8>> = ranges
        .iter()
        .map(|range| Vec::with_capacity(range.len() * ENTRY_SIZE))
        .collect();
    for entry in entries {
        parts[part(entry)].extend_from_slice(entry);
    }
    parts
}

/// Where each of `count` buckets stands, one behind the other.
fn ranges(buckets: impl Iterator<Item = usize>, count: usize) -> Vec<Range<usize>> {
    let mut counts = vec![0; count];
    for bucket in buckets {
        counts[bucket] += 1;
    }
    let mut end = 0;
    counts
        .into_iter()
        .map(|count: usize| {
            let start = end;
            end += count;
            start..end
        })
        .collect()
}

fn hash(entry: &Entry) -> [u8; HASH_SIZE] {
    let mut hash = [0; HASH_SIZE];
    hash.copy_from_slice(&entry[..HASH_SIZE]);
    hash
}

fn part(entry: &Entry, start: usize) -> [u8; 8] {
    let mut part = [0; 8];
    part.copy_from_slice(&entry[start..start + 8]);
    part
}

fn word(entry: &Entry, start: usize) -> u64 {
    u64::from_le_bytes(part(entry, start))
}

fn place(entry: &Entry) -> Place {
    let place = word(entry, 24);
    Place {
        file_index: u32::try_from(place >> LINE_BITS).unwrap_or(u32::MAX),
        line: place & ((1 << LINE_BITS) - 1),
        offset: word(entry, 16),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: u64, line: u64) -> (Vec<u8>, Place) {
        let place = Place {
            file_index: 3,
            line,
            offset: line * 100,
        };
        let mut hash = [0; HASH_SIZE];
        hash[..8].copy_from_slice(&key.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        hash[8..].copy_from_slice(&key.to_be_bytes());
        let mut out = Vec::new();
        write(&mut out, &hash, place);
        (out, place)
    }

    fn buffer(keys: impl Iterator<Item = u64>) -> Vec<u8> {
        keys.zip(1..).flat_map(|(key, line)| entry(key, line).0).collect()
    }

    #[test]
    fn no_duplicates() {
        for count in [0, 1, 2, 7, 8, 9, 15, 16, 17, 10_000] {
            assert_eq!(duplicates(&buffer(0..count), 10), DuplicateKeys::default(), "{count}");
        }
    }

    #[test]
    fn duplicates_by_hash_then_place() {
        let keys: Vec<u64> = (0..1000).chain([5, 7, 5]).collect();
        let found = duplicates(&buffer(keys.into_iter().rev()), 10);
        let at = |line| entry(0, line).1;
        // Reversed: 5 stands in lines 1, 3 and 998, 7 in 2 and 996.
        let (five, seven) = ([(at(3), at(1)), (at(998), at(1))], [(at(996), at(2))]);
        let five_first = 5_u64.wrapping_mul(0x9E37_79B9_7F4A_7C15) < 7_u64.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let expected = if five_first {
            [&five[..], &seven[..]]
        } else {
            [&seven[..], &five[..]]
        }
        .concat();
        assert_eq!(
            found,
            DuplicateKeys {
                count: 3,
                places: expected
            }
        );
    }

    #[test]
    fn one_key_everywhere() {
        let found = duplicates(&buffer(std::iter::repeat_n(7, 200_000)), 2);
        assert_eq!((found.count, found.places.len()), (199_999, 2));
        assert_eq!(found.places[1].0.line, 3);
    }

    #[test]
    fn hashes_alike_in_one_half() {
        let mut entries = Vec::new();
        for number in 0..100_u8 {
            let mut hash = [0; HASH_SIZE];
            hash[usize::from(number % 2) * 8] = number;
            write(
                &mut entries,
                &hash,
                Place {
                    file_index: 0,
                    line: 1 + u64::from(number),
                    offset: 0,
                },
            );
        }
        assert_eq!(duplicates(&entries, 10).count, 0);
    }

    #[test]
    fn parts_keep_their_order() {
        let entries = buffer(0..10_000);
        let parts = partition(&entries, 15);
        assert_eq!(parts.len(), PARTS);
        assert_eq!(
            parts[4],
            buffer(0..10_000)
                .as_chunks::<32>()
                .0
                .iter()
                .filter(|entry| entry[15] == 4)
                .flatten()
                .copied()
                .collect::<Vec<u8>>()
        );
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), entries.len());
    }
}
