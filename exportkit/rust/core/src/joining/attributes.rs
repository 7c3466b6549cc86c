//! The text of an item's key, from the text of the item.

use std::ops::Range;

use crate::transcode::{close, push};

/// Where the watched attributes of an item stand in its text.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// By their numbers.
    spans: Vec<Range<usize>>,
    /// The one that is being written.
    open: Option<usize>,
}

impl Attributes {
    pub(super) fn clear(&mut self) {
        self.spans.clear();
        self.open = None;
    }

    /// An attribute of such a number begins where the text ends now; None where it is not watched.
    pub(super) fn begin(&mut self, number: Option<usize>, text: &[u8]) {
        self.end(text);
        self.open = number;
        if let Some(attribute) = number {
            if self.spans.len() <= attribute {
                self.spans.resize(attribute + 1, 0..0);
            }
            self.spans[attribute] = text.len()..text.len();
        }
    }

    /// The attribute at hand ends: before the comma behind it, which a bracket may still take the place of.
    pub(super) fn end(&mut self, text: &[u8]) {
        if let Some(attribute) = self.open.take() {
            self.spans[attribute].end = text.len().saturating_sub(1);
        }
    }

    /// Writes them as a map, in the order they were named.
    pub(super) fn write(&self, text: &[u8], out: &mut Vec<u8>) {
        push(out, "{");
        for span in &self.spans {
            out.extend_from_slice(&text[span.clone()]);
            push(out, ",");
        }
        close(out, "}");
    }
}
