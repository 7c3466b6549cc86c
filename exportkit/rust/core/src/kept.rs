//! What a consumer keeps for the places of a path trie, so that it is not worked out again for each item.

use crate::path::NodeId;
use crate::simd::BLOCK;

/// Bytes for each place, for as long as one data file is read. The trie's bounds bound them too.
#[derive(Debug, Default)]
pub(crate) struct KeptBytes {
    /// All of them, and a block of zeros behind the last, so that each can be copied as a block.
    bytes: Vec<u8>,
    /// Where those of each place stand; empty where there are none.
    spans: Vec<(usize, usize)>,
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
        let Some(bytes) = self.get(node) else { return false };
        let start = self.spans.get(node.index()).map_or(0, |span| span.0);
        match self.bytes.get(start..).and_then(<[u8]>::first_chunk::<BLOCK>) {
            Some(block) if bytes.len() <= BLOCK => {
                let end = out.len() + bytes.len();
                out.extend_from_slice(block);
                out.truncate(end);
            }
            _ => out.extend_from_slice(bytes),
        }
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
        }
        let start = self.bytes.len().saturating_sub(BLOCK);
        self.spans[node.index()] = (start, start + bytes.len());
        self.bytes.truncate(start);
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(start + bytes.len() + BLOCK, 0);
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
