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

/// The first sixteen bytes of the SHA-256 of a message, which is padded where it stands.
pub(crate) fn sha256_half(message: &mut Vec<u8>) -> [u8; 16] {
    let bits = (message.len() as u64) << 3;
    message.push(0x80);
    message.resize((message.len() + 8).next_multiple_of(BLOCK) - 8, 0);
    message.extend_from_slice(&bits.to_be_bytes());
    let mut state = START;
    compress256(&mut state, message.as_chunks().0);
    let mut half = [0; 16];
    for (bytes, word) in half.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    half
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn as_the_general_hasher() {
        for length in (0..300).chain([10_000]) {
            let mut message: Vec<u8> = (0..length).map(|number| u32::to_le_bytes(number)[0]).collect();
            let expected = Sha256::digest(&message);
            assert_eq!(sha256_half(&mut message), expected[..16], "{length}");
        }
    }
}
