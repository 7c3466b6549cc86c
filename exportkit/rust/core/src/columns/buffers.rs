//! The buffers of a column, written by row.
//!
//! Rows that nobody writes are null: nothing is done for an attribute that an item does not have.
//! What Arrow wants there is filled in once, when a batch ends.

use std::mem::take;

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};

use crate::events::{Binary, ShortText, Text};
use crate::simd::BLOCK;

/// Rows that a column has room for from its first value on.
const FEWEST: usize = 64;

/// How long a buffer of `length` shall be, so that it holds a `row`; `hint` is how long the last one was.
fn grown(length: usize, row: usize, hint: usize) -> usize {
    (row + 1).max(length * 2).max(hint).max(FEWEST)
}

/// One bit for each row.
#[derive(Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    hint: usize,
}

impl Bits {
    /// Sets a row's bit.
    #[inline(always)]
    pub(super) fn set(&mut self, row: usize) {
        if row / 64 >= self.words.len() {
            self.grow(row / 64);
        }
        self.words[row / 64] |= 1 << (row % 64);
    }

    /// Sets a row's bit, if there is room; else says so.
    #[inline(always)]
    pub(super) fn try_set(&mut self, row: usize) -> bool {
        let word = self.words.get_mut(row / 64);
        word.map(|word| *word |= 1 << (row % 64)).is_some()
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, word: usize) {
        self.words.resize(grown(self.words.len(), word, self.hint), 0);
    }

    pub(super) fn get(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Clears the bits of some rows.
    pub(super) fn clear(&mut self, rows: std::ops::Range<usize>) {
        let mut row = rows.start;
        let end = rows.end.min(self.words.len() * 64);
        while row < end {
            let until = end.min((row / 64 + 1) * 64);
            let low = !0 << (row % 64);
            let high = !0 >> (63 - (until - 1) % 64);
            self.words[row / 64] &= !(low & high);
            row = until;
        }
    }

    /// Takes the bits of the first rows, and begins anew.
    pub(super) fn take(&mut self, rows: usize) -> BooleanBuffer {
        let mut words = take(&mut self.words);
        self.hint = rows.div_ceil(64);
        words.resize(self.hint, 0);
        BooleanBuffer::new(Buffer::from_vec(words), 0, rows)
    }

    /// As [`Self::take`], as Arrow wants it: none where no row is null.
    pub(super) fn take_nulls(&mut self, rows: usize) -> Option<NullBuffer> {
        Some(NullBuffer::new(self.take(rows))).filter(|nulls| nulls.null_count() > 0)
    }
}

/// Values of one size, and which rows have one.
#[derive(Debug, Default)]
pub(super) struct Fixed<T> {
    values: Vec<T>,
    pub(super) valid: Bits,
    hint: usize,
}

impl<T: Copy + Default> Fixed<T> {
    /// Writes a row.
    #[inline(always)]
    pub(super) fn set(&mut self, row: usize, value: T) {
        if row >= self.values.len() {
            self.grow(row);
        }
        self.values[row] = value;
        self.valid.set(row);
    }

    /// Writes a row, if there is room; else says so.
    #[inline(always)]
    pub(super) fn try_set(&mut self, row: usize, value: T) -> bool {
        let Some(place) = self.values.get_mut(row) else {
            return false;
        };
        *place = value;
        self.valid.try_set(row)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, row: usize) {
        let length = grown(self.values.len(), row, self.hint);
        if self.values.is_empty() {
            // Of memory that is zero already, where the type allows it.
            self.values = vec![T::default(); length];
        } else {
            self.values.resize(length, T::default());
        }
    }

    /// The value of a row that has been written.
    pub(super) fn get(&self, row: usize) -> T {
        self.values.get(row).copied().unwrap_or_default()
    }

    /// Takes the first rows, and begins anew.
    pub(super) fn take(&mut self, rows: usize) -> (Vec<T>, Option<NullBuffer>) {
        let mut values = take(&mut self.values);
        values.resize(rows, T::default());
        self.hint = rows;
        (values, self.valid.take_nulls(rows))
    }
}

/// Where the bytes or elements of each row end, and which rows have some.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Behind a first zero, for each row; rows without a value are zero until a batch ends.
    offsets: Vec<u32>,
    pub(super) valid: Bits,
    hint: usize,
    /// Up to some row, the greatest end before it: so that nothing is looked at twice when records are taken back.
    known: (usize, u32),
}

impl Ends {
    /// Writes a row.
    #[inline(always)]
    pub(super) fn set(&mut self, row: usize, end: usize) {
        if row + 1 >= self.offsets.len() {
            self.grow(row + 1);
        }
        #[allow(
            clippy::cast_possible_truncation,
            reason = "what is too long is refused when the batch ends"
        )]
        let end = end as u32;
        self.offsets[row + 1] = end;
        self.valid.set(row);
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, row: usize) {
        let length = grown(self.offsets.len(), row, self.hint);
        if self.offsets.is_empty() {
            self.offsets = vec![0; length];
        } else {
            self.offsets.resize(length, 0);
        }
    }

    /// Forgets some rows, the last ones; returns where what stands before them ends.
    pub(super) fn take_back(&mut self, rows: std::ops::Range<usize>) -> usize {
        let (mut row, mut end) = self.known;
        let until = rows.start.min(self.offsets.len().saturating_sub(1));
        while row < until {
            row += 1;
            end = end.max(self.offsets[row]);
        }
        self.known = (row, end);
        let last = (rows.end + 1).min(self.offsets.len());
        if let Some(forgotten) = self.offsets.get_mut(rows.start + 1..last) {
            forgotten.fill(0);
        }
        self.valid.clear(rows);
        end as usize
    }

    /// Takes the offsets of the first rows as Arrow has them, and begins anew.
    pub(super) fn take(&mut self, rows: usize) -> (Buffer, Option<NullBuffer>) {
        let mut ends = take(&mut self.offsets);
        ends.resize(rows + 1, 0);
        self.hint = rows + 1;
        self.known = (0, 0);
        let nulls = self.valid.take_nulls(rows);
        if nulls.is_some() {
            let mut before = 0;
            for end in &mut ends {
                // Not the greater of the two: that would wait for the one before, or branch on what follows no rule.
                before = if *end == 0 { before } else { *end };
                *end = before;
            }
        }
        // As i32, of which they are the positive ones.
        (Buffer::from_vec(ends), nulls)
    }
}

/// Values of bytes, and which rows have one.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    /// The values one after another, and behind the last perhaps one that is being written.
    pub(super) data: Vec<u8>,
    ends: Ends,
}

impl Bytes {
    /// Writes a row: what has been appended to the data since the row before.
    #[inline(always)]
    pub(super) fn set(&mut self, row: usize) {
        self.ends.set(row, self.data.len());
    }

    /// Writes a row of text.
    #[inline(always)]
    pub(super) fn set_text(&mut self, row: usize, value: Text<'_>) {
        value.append_to(&mut self.data);
        self.set(row);
    }

    /// As [`Self::set_text`], if there is room; else says so.
    ///
    /// A whole block is copied, then what is not the string's forgotten.
    #[inline(always)]
    pub(super) fn try_set_short_text(&mut self, row: usize, value: ShortText<'_>) -> bool {
        let start = self.data.len();
        let end = start + value.length % BLOCK;
        if BLOCK > self.data.capacity() - start {
            return false;
        }
        let Some(place) = self.ends.offsets.get_mut(row + 1) else {
            return false;
        };
        #[allow(clippy::cast_possible_truncation, reason = "as in `Ends::set`")]
        let offset = end as u32;
        *place = offset;
        if !self.ends.valid.try_set(row) {
            return false;
        }
        self.data.extend_from_slice(value.window);
        self.data.truncate(end);
        true
    }

    /// Writes a row of decoded binary.
    #[inline(always)]
    pub(super) fn set_binary(&mut self, row: usize, value: Binary<'_>) {
        value.append_to(&mut self.data);
        self.set(row);
    }

    pub(super) fn is_set(&self, row: usize) -> bool {
        self.ends.valid.get(row)
    }

    /// The value of the last row that was written, where those before it were too.
    pub(super) fn last(&self, row: usize) -> &[u8] {
        let start = self.ends.offsets.get(row).copied().unwrap_or(0);
        self.data.get(start as usize..).unwrap_or_default()
    }

    /// Forgets some rows, the last ones, and what was being written behind them.
    pub(super) fn take_back(&mut self, rows: std::ops::Range<usize>) {
        let end = self.ends.take_back(rows);
        self.data.truncate(end);
    }

    /// Takes the offsets and the data of the first rows, and begins anew; None where Arrow's offsets cannot reach the
    /// end of the data.
    pub(super) fn take(&mut self, rows: usize) -> Option<(Buffer, Buffer, Option<NullBuffer>)> {
        i32::try_from(self.data.len()).ok()?;
        let data = take(&mut self.data);
        // The next batch will need about as much.
        self.data.reserve(data.len() + data.len() / 16);
        let (offsets, nulls) = self.ends.take(rows);
        Some((offsets, Buffer::from_vec(data), nulls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_cleared_in_ranges() {
        for start in 0..200 {
            for end in start..200 {
                let mut bits = Bits::default();
                (0..190).for_each(|row| bits.set(row));
                bits.clear(start..end);
                for row in 0..200 {
                    assert_eq!(
                        bits.get(row),
                        row < 190 && !(start..end).contains(&row),
                        "{start} {end} {row}"
                    );
                }
            }
        }
    }

    #[test]
    fn rows_that_nobody_wrote_are_null() {
        let mut column = Bytes::default();
        for row in [3, 4, 70] {
            column.set_text(row, Text::plain(if row == 4 { b"" } else { b"abc" }));
        }
        let (offsets, data, nulls) = column.take(72).unwrap();
        let offsets = offsets.typed_data::<i32>();
        assert_eq!((offsets.len(), data.len()), (73, 6));
        assert_eq!(
            (&offsets[..6], offsets[70], offsets[71], offsets[72]),
            (&[0, 0, 0, 0, 3, 3][..], 3, 6, 6)
        );
        let nulls = nulls.unwrap();
        assert_eq!(nulls.null_count(), 69);
        assert!(nulls.is_valid(3) && nulls.is_valid(4) && nulls.is_null(5) && nulls.is_valid(70));
        assert_eq!(column.take(0).unwrap().0.typed_data::<i32>(), [0]);
    }

    #[test]
    fn rows_are_taken_back() {
        let mut column = Bytes::default();
        column.set_text(0, Text::plain(b"kept"));
        column.data.extend_from_slice(b"begun");
        column.take_back(1..2);
        column.set_text(5, Text::plain(b"lost"));
        column.set_text(9, Text::plain(b"lost"));
        column.take_back(5..10);
        column.set_text(6, Text::plain(b"new"));
        let (offsets, data, nulls) = column.take(7).unwrap();
        assert_eq!(offsets.typed_data::<i32>(), [0, 4, 4, 4, 4, 4, 4, 7]);
        assert_eq!(&data[..], b"keptnew");
        assert_eq!(nulls.unwrap().null_count(), 5);
    }

    #[test]
    fn full_columns_have_no_null_mask() {
        let mut column = Fixed::default();
        (0..100).for_each(|row| column.set(row, row));
        let (values, nulls) = column.take(100);
        assert_eq!((values.len(), values[99], nulls.is_none()), (100, 99, true));
        column.set(1, 7);
        let (values, nulls) = column.take(3);
        assert_eq!((values, nulls.unwrap().null_count()), (vec![0, 7, 0], 2));
    }
}
