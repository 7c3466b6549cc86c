//! Where the values of one member's watched attributes stand.

use super::Span;
use crate::canonical::Encoder;

/// The values of watched attributes in one member, by the attributes' numbers.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) present: bool,
    /// Where each stands; `(0, 0)` where it was not read.
    spans: Vec<Span>,
    /// Attributes that were not read.
    pub(super) missing: usize,
}

impl Values {
    pub(super) fn begin(&mut self, count: usize) {
        self.present = true;
        self.missing = count;
        self.spans.resize(count, (0, 0));
        self.spans.fill((0, 0));
    }

    pub(super) fn set(&mut self, attribute: u32, span: Span) {
        let attribute = attribute as usize;
        match self.spans.get_mut(attribute) {
            Some(place) => {
                *place = span;
                self.missing = self.missing.saturating_sub(1);
            }
            None => self.add(attribute, span),
        }
    }

    /// Attributes of Keys become known as they come.
    #[cold]
    fn add(&mut self, attribute: usize, span: Span) {
        self.spans.resize(attribute, (0, 0));
        self.spans.push(span);
    }

    pub(super) fn span(&self, attribute: u32) -> Option<Span> {
        self.spans.get(attribute as usize).copied().filter(|&(_, end)| end > 0)
    }

    /// The canonical encoding of an attribute's value.
    pub(super) fn get<'e>(&self, attribute: u32, encoder: &'e Encoder) -> Option<&'e [u8]> {
        let (start, end) = self.span(attribute)?;
        encoder.encoded().get(start..end)
    }
}
