//! Lines to keep, most of them where they stand in the chunk that is read: lines behind one another are copied as one.

use std::ops::Range;

/// Where one line stands, or several behind one another, each with its line feed.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Whether it was written; else it stands in the chunk.
    is_written: bool,
    range: Range<usize>,
}

impl Run {
    pub(super) fn in_chunk(range: Range<usize>) -> Self {
        Self {
            is_written: false,
            range,
        }
    }

    pub(super) fn written(range: Range<usize>) -> Self {
        Self {
            is_written: true,
            range,
        }
    }

    /// Bytes it has.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.range.len()
    }
}

/// The lines of one chunk.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Those to keep.
    runs: Vec<Run>,
    /// Lines that do not stand in the chunk as they are to be kept.
    pub(super) written: Vec<u8>,
}

impl Runs {
    /// Keeps what follows all that is kept.
    #[inline]
    pub(super) fn keep(&mut self, run: Run) {
        match self.runs.last_mut() {
            Some(last) if last.is_written == run.is_written && last.range.end == run.range.start => {
                last.range.end = run.range.end;
            }
            _ => self.runs.push(run),
        }
    }

    /// The bytes of a run.
    pub(super) fn bytes<'a>(&'a self, run: &Run, chunk: &'a [u8]) -> &'a [u8] {
        let place = if run.is_written { &self.written } else { chunk };
        place.get(run.range.clone()).unwrap_or_default()
    }

    /// What is kept, in order.
    pub(super) fn kept<'a>(&'a self, chunk: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.runs.iter().map(move |run| self.bytes(run, chunk))
    }

    /// Forgets the lines, keeps the memory.
    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.written.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_behind_one_another_are_one_run() {
        let mut runs = Runs::default();
        let chunk = b"a\nb\nc\nd\n";
        runs.written.extend_from_slice(b"x\ny\nz\n");
        for run in [
            Run::written(0..2),
            Run::in_chunk(0..2),
            Run::in_chunk(2..4),
            Run::in_chunk(6..8),
            Run::written(2..4),
            Run::written(4..6),
        ] {
            runs.keep(run);
        }
        let kept: Vec<_> = runs.kept(chunk).collect();
        assert_eq!(kept, [&b"x\n"[..], b"a\nb\n", b"d\n", b"y\nz\n"]);
        assert_eq!(Run::in_chunk(2..6).len(), 4);
        runs.clear();
        assert_eq!(runs.kept(chunk).count(), 0);
    }
}
