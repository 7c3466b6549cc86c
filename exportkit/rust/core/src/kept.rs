//! What a consumer keeps for the places of a path trie, so that it is not worked out again for each item.

use crate::path::NodeId;

/// Bytes for each place, for as long as one data file is read. The trie's bounds bound them too.
#[derive(Debug, Default)]
pub(crate) struct KeptBytes {
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

    /// Keeps bytes for a place, if it is one.
    #[cold]
    pub(crate) fn keep(&mut self, node: NodeId, bytes: &[u8]) {
        if node == NodeId::OVERFLOW {
            return;
        }
        if self.spans.len() <= node.index() {
            self.spans.resize(node.index() + 1, (0, 0));
        }
        self.spans[node.index()] = (self.bytes.len(), self.bytes.len() + bytes.len());
        self.bytes.extend_from_slice(bytes);
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
    }
}
