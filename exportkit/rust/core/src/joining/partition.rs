//! Entries split into parts that fit in memory.

use super::entry::{Entries, NotEntries};
use crate::entries::{HASH_SIZE, PARTS};

/// Splits join entries into 256 runs by a byte of the hash, from 0 to 15; each keeps its order.
pub fn partition(entries: &[u8], byte: usize) -> Result<Vec<Vec<u8>>, NotEntries> {
    let byte = byte.min(HASH_SIZE - 1);
    let mut sizes = [0; PARTS];
    for entry in Entries::new(entries) {
        let (entry, bytes) = entry?;
        sizes[usize::from(entry.hash()[byte])] += bytes.len();
    }
    let mut parts: Vec<Vec<u8>> = sizes.into_iter().map(Vec::with_capacity).collect();
    for (entry, bytes) in Entries::new(entries).flatten() {
        parts[usize::from(entry.hash()[byte])].extend_from_slice(bytes);
    }
    Ok(parts)
}
