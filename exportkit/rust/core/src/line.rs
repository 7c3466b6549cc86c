//! Lines out of chunks that end anywhere.

use std::ops::ControlFlow;

use memchr::{memchr, memrchr};

/// What a [`Splitter`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// One or more whole lines, each with its line feed.
    Lines(&'a [u8]),
    /// One line longer than the limit, which is not held.
    TooLong {
        /// Its bytes, without the line feed.
        length: u64,
    },
}

/// Cuts chunks into runs of whole lines, in place: only a line that a chunk's end cuts is copied.
///
/// A line inside one chunk may be longer than the limit; who reads the run measures it.
#[derive(Debug)]
pub struct Splitter {
    limit: usize,
    /// The beginning of a line whose end has not come yet.
    carry: Vec<u8>,
    /// Where the carried line turned out too long: its bytes so far.
    skipping: Option<u64>,
}

/// What the carry buffer may keep allocated between lines.
const KEPT_CAPACITY: usize = 1 << 20;

impl Splitter {
    /// Makes a splitter for lines of at most `limit` bytes without their line feed.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            carry: Vec::new(),
            skipping: None,
        }
    }

    /// Hands the lines that the chunk completes to `each`, in order, until it breaks.
    pub fn feed(&mut self, chunk: &[u8], mut each: impl FnMut(Piece<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        let mut rest = chunk;
        if self.skipping.is_some() || !self.carry.is_empty() {
            let end = memchr(b'\n', rest);
            let (head, tail) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
            self.hold(&head[..end.unwrap_or(head.len())]);
            if end.is_none() {
                return ControlFlow::Continue(());
            }
            self.release(&mut each)?;
            rest = tail;
        }
        let whole = memrchr(b'\n', rest).map_or(0, |at| at + 1);
        let (run, partial) = rest.split_at(whole);
        self.hold(partial);
        if run.is_empty() {
            ControlFlow::Continue(())
        } else {
            each(Piece::Lines(run))
        }
    }

    /// Hands out the last line, if it had no line feed, as if it had one.
    pub fn finish(&mut self, mut each: impl FnMut(Piece<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        if self.skipping.is_none() && self.carry.is_empty() {
            return ControlFlow::Continue(());
        }
        self.release(&mut each)
    }

    /// Adds bytes to the carried line.
    fn hold(&mut self, bytes: &[u8]) {
        if let Some(length) = &mut self.skipping {
            *length += bytes.len() as u64;
        } else if self.carry.len() + bytes.len() > self.limit {
            self.skipping = Some(self.carry.len() as u64 + bytes.len() as u64);
            self.carry = Vec::new();
        } else {
            self.carry.extend_from_slice(bytes);
        }
    }

    /// Hands out the carried line, which is complete.
    fn release(&mut self, each: &mut impl FnMut(Piece<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        if let Some(length) = self.skipping.take() {
            return each(Piece::TooLong { length });
        }
        self.carry.push(b'\n');
        let flow = each(Piece::Lines(&self.carry));
        self.carry.clear();
        self.carry.shrink_to(KEPT_CAPACITY);
        flow
    }
}

/// Whether a line is nothing but spaces, tabs and carriage returns.
pub fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines found, `!` before the length of one too long.
    fn split(text: &[u8], chunk: usize, limit: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut splitter = Splitter::new(limit);
        let mut each = |piece: Piece<'_>| {
            match piece {
                Piece::Lines(run) => {
                    assert!(run.ends_with(b"\n"));
                    found.extend(run.split_inclusive(|&byte| byte == b'\n').map(|line| {
                        if line.len() - 1 > limit {
                            format!("!{}", line.len() - 1)
                        } else {
                            String::from_utf8_lossy(line).into_owned()
                        }
                    }));
                }
                Piece::TooLong { length } => found.push(format!("!{length}")),
            }
            ControlFlow::Continue(())
        };
        for chunk in text.chunks(chunk) {
            let _ = splitter.feed(chunk, &mut each);
        }
        let _ = splitter.finish(&mut each);
        found
    }

    #[test]
    fn chunks_end_anywhere() {
        let text = b"one\n\n\r\nabcdef\nlonger than the limit\nx\ny".as_slice();
        for chunk in [1, 2, 3, 5, 7, text.len()] {
            assert_eq!(
                split(text, chunk, 6),
                ["one\n", "\n", "\r\n", "abcdef\n", "!21", "x\n", "y\n"],
                "chunks of {chunk}"
            );
            assert!(split(b"", chunk, 6).is_empty());
            assert_eq!(split(b"1234567", chunk, 6), ["!7"]);
            assert_eq!(split(b"\n1234567\n", chunk, 6), ["\n", "!7"]);
        }
    }

    #[test]
    fn a_long_line_is_not_held() {
        let mut splitter = Splitter::new(1000);
        for _ in 0..1000 {
            let _ = splitter.feed(&[b' '; 999], |_| ControlFlow::Continue(()));
            assert!(splitter.carry.capacity() <= 2000);
        }
        let mut found = Vec::new();
        let _ = splitter.feed(b"\n", |piece| {
            found.push(format!("{piece:?}"));
            ControlFlow::Continue(())
        });
        assert_eq!(found, ["TooLong { length: 999000 }"]);
    }

    #[test]
    fn breaking_stops() {
        let mut splitter = Splitter::new(1000);
        let mut seen = 0;
        let _ = splitter.feed(b"a", |_| ControlFlow::Continue(()));
        let flow = splitter.feed(b"\nb\n", |_| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert_eq!((flow, seen), (ControlFlow::Break(()), 1));
    }
}
