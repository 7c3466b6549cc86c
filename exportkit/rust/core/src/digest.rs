//! SHA-256 of short messages, without the detours of a general hasher.

use sha2::block_api::compress256;

/// Bytes of a block.
const BLOCK: usize = 64;

/// The state at the start (FIPS 180-4, 5.3.3).
const START: [u32; 8] = [
    0x6A09_E667,
    0xBB67_AE85,
    0x3C6E_F372,
    0xA54F_F53A,
    0x510E_527F,
    0x9B05_688C,
    0x1F83_D9AB,
    0x5BE0_CD19,
];

/// The SHA-256 of a message.
pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    let (blocks, rest) = message.as_chunks::<BLOCK>();
    let mut state = START;
    if !blocks.is_empty() {
        compress256(&mut state, blocks);
    }
    // What is left, the bit behind it, and the length at the end of one more block or two.
    let mut tail = [[0; BLOCK]; 2];
    let (used, _) = tail.split_at_mut(1 + usize::from(rest.len() >= BLOCK - 8));
    let bytes = used.as_flattened_mut();
    bytes[..rest.len()].copy_from_slice(rest);
    bytes[rest.len()] = 0x80;
    if let Some(length) = bytes.last_chunk_mut() {
        *length = ((message.len() as u64) << 3).to_be_bytes();
    }
    compress256(&mut state, used);
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

/// Its first sixteen bytes.
pub(crate) fn sha256_half(message: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&sha256(message)[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn as_the_general_hasher() {
        for length in (0..300).chain([10_000]) {
            let message: Vec<u8> = (0..length).map(|number| u32::to_le_bytes(number)[0]).collect();
            let expected = Sha256::digest(&message);
            assert_eq!(sha256(&message)[..], expected[..], "{length}");
            assert_eq!(sha256_half(&message), expected[..16], "{length}");
        }
    }
}
