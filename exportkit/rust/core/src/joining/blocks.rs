//! Lines put together in blocks of one size, as whoever compresses them takes them.

/// Bytes of a block: what the sink gives igzip at once (`exportkit/sink/deflated.py`), which need not copy it then.
const BLOCK: usize = 256 * 1024;

/// Lines that wait until they fill a block.
#[derive(Debug, Default)]
pub struct Blocks {
    /// All of them full but the last, which is not.
    blocks: Vec<Vec<u8>>,
    /// The memory of one that was full.
    spare: Vec<u8>,
}

impl Blocks {
    /// Takes more of the lines, cut anywhere.
    pub fn extend(&mut self, mut bytes: &[u8]) {
        loop {
            let room = self.blocks.last().map_or(0, |last| BLOCK - last.len());
            let (now, later) = bytes.split_at(bytes.len().min(room));
            if let Some(last) = self.blocks.last_mut() {
                last.extend_from_slice(now);
            }
            if later.is_empty() && now.len() < room {
                return;
            }
            let mut next = std::mem::take(&mut self.spare);
            next.reserve_exact(BLOCK);
            self.blocks.push(next);
            bytes = later;
        }
    }

    /// The full blocks; at the `end` what is left, too.
    pub fn whole(&self, end: bool) -> impl Iterator<Item = &[u8]> + Clone {
        let left = usize::from(!end);
        let whole = self.blocks.len().saturating_sub(left);
        self.blocks.iter().take(whole).map(Vec::as_slice)
    }

    /// Forgets the same.
    pub fn clear_whole(&mut self, end: bool) {
        let last = self.blocks.pop();
        if let Some(mut full) = self.blocks.pop() {
            full.clear();
            self.spare = full;
        }
        self.blocks.clear();
        self.blocks.extend(last.filter(|_| !end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_full_but_the_last() {
        for sizes in [
            vec![],
            vec![1],
            vec![BLOCK],
            vec![BLOCK - 1, 1, 1],
            vec![3 * BLOCK + 5, BLOCK],
            vec![100_000; 9],
        ] {
            let mut blocks = Blocks::default();
            let (mut given, mut taken) = (Vec::new(), Vec::new());
            for (number, size) in (0..).zip(&sizes) {
                let bytes = vec![number; *size];
                given.extend_from_slice(&bytes);
                blocks.extend(&bytes);
                for block in blocks.whole(false) {
                    assert_eq!(block.len(), BLOCK);
                    taken.extend_from_slice(block);
                }
                blocks.clear_whole(false);
                assert!(given.len() - taken.len() < BLOCK, "{sizes:?}");
            }
            taken.extend(blocks.whole(true).flatten());
            assert_eq!(taken, given, "{sizes:?}");
            blocks.clear_whole(true);
            assert_eq!(blocks.whole(true).count(), 0);
        }
    }
}
