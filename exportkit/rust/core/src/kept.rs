//! What a consumer keeps for the places of a path trie, so that it is not worked out again for each item.

use crate::path::NodeId;
use crate::simd::{BLOCK, Block};

/// Bytes for each place, for as long as one data file is read. The trie's bounds bound them too.
#[derive(Debug, Default)]
pub(crate) struct KeptBytes {
    /// All of them.
    bytes: Vec<u8>,
    /// Where those of each place stand; empty where there are none.
    spans: Vec<(usize, usize)>,
    /// Of each place whose bytes are fewer than a block, these, and how many in the last byte; else zeros.
    short: Vec<Block>,
}

impl KeptBytes {
    /// The bytes kept for a place.
    #[inline]
    pub(crate) fn get(&self, node: NodeId) -> Option<&[u8]> {
        let &(start, end) = self.spans.get(node.index())?;
        self.bytes.get(start..end).filter(|bytes| !bytes.is_empty())
    }

    /// Appends the bytes kept for a place; whether there are any.
    #[inline]
    pub(crate) fn append_to(&self, out: &mut Vec<u8>, node: NodeId) -> bool {
        let Some(block) = self.short.get(node.index()) else {
            return false;
        };
        let length = usize::from(block[BLOCK - 1]);
        if length > 0 {
            let end = out.len() + length;
            out.extend_from_slice(block);
            out.truncate(end);
            return true;
        }
        let Some(bytes) = self.get(node) else { return false };
        out.extend_from_slice(bytes);
        true
    }

    /// Keeps bytes for a place, if it is one.
    #[cold]
    pub(crate) fn keep(&mut self, node: NodeId, bytes: &[u8]) {
        if node == NodeId::OVERFLOW {
            return;
        }
        if self.spans.len() <= node.index() {
            self.spans.resize(node.index() + 1, (0, 0));
            self.short.resize(node.index() + 1, [0; BLOCK]);
        }
        let start = self.bytes.len();
        self.spans[node.index()] = (start, start + bytes.len());
        self.bytes.extend_from_slice(bytes);
        let block = &mut self.short[node.index()];
        *block = [0; BLOCK];
        if bytes.len() < BLOCK {
            block[..bytes.len()].copy_from_slice(bytes);
            block[BLOCK - 1] = bytes.len().to_le_bytes()[0];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_for_places_alone() {
        let mut kept = KeptBytes::default();
        assert_eq!(kept.get(NodeId::KEYS), None);
        kept.keep(NodeId::KEYS, b"keys");
        kept.keep(NodeId::OVERFLOW, b"nowhere");
        assert_eq!(kept.get(NodeId::KEYS), Some(&b"keys"[..]));
        assert_eq!(kept.get(NodeId::IMAGE), None);
        assert_eq!(kept.get(NodeId::OVERFLOW), None);
        kept.keep(NodeId::IMAGE, b"image");
        assert_eq!(kept.get(NodeId::IMAGE), Some(&b"image"[..]));
        assert_eq!(kept.get(NodeId::KEYS), Some(&b"keys"[..]));
        let mut out = b"<".to_vec();
        assert!(kept.append_to(&mut out, NodeId::KEYS) && kept.append_to(&mut out, NodeId::IMAGE));
        assert!(!kept.append_to(&mut out, NodeId::OVERFLOW));
        assert_eq!(out, b"<keysimage");
        let long = [b'x'; 2 * BLOCK];
        kept.keep(NodeId::KEYS, &long);
        assert!(kept.append_to(&mut out, NodeId::KEYS));
        assert_eq!(out[10..], long);
    }
}
