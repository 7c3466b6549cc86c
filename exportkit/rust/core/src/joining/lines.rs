//! Lines put together from the texts of entries.

use crate::transcode::{Brackets, Form, push};

/// What stands around the texts in the lines of a form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    item: Brackets,
    timestamp: Brackets,
    members: [&'static str; 3],
    change_end: &'static str,
}

impl Lines {
    pub(super) const fn of<F: Form>() -> Self {
        Self {
            item: F::ITEM,
            timestamp: F::TIMESTAMP,
            members: F::MEMBERS,
            change_end: F::CHANGE_END,
        }
    }

    /// Writes an item.
    pub(super) fn item(&self, out: &mut Vec<u8>, image: &[u8]) {
        push(out, self.item.0);
        out.extend_from_slice(image);
        push(out, self.item.1);
        push(out, "\n");
    }

    /// Writes a change record.
    pub(super) fn change(
        &self,
        out: &mut Vec<u8>,
        timestamp: u64,
        key: &[u8],
        old_image: Option<&[u8]>,
        new_image: Option<&[u8]>,
    ) {
        push(out, self.timestamp.0);
        push(out, &timestamp.to_string());
        push(out, self.timestamp.1);
        for (name, text) in self.members.into_iter().zip([Some(key), old_image, new_image]) {
            if let Some(text) = text {
                push(out, name);
                out.extend_from_slice(text);
            }
        }
        push(out, self.change_end);
        push(out, "\n");
    }
}
