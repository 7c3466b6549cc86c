//! The net change of several changes, and the change from one state to another.

use super::entry::{Entry, Image};
use super::join::{Join, Unjoinable};

/// What was before some changes of a key, and what is after them.
struct Net<'a> {
    before: Option<Image<'a>>,
    after: Option<Image<'a>>,
    /// Whether it is known that nothing was before.
    from_nothing: bool,
}

impl<'a> Join<'a, '_> {
    /// Makes one change of the changes of one key.
    pub(super) fn compact(&mut self, changes: &[Entry<'a>], latest: &mut Vec<Entry<'a>>) {
        let Some((net, last)) = self.net(changes, latest) else {
            return;
        };
        let is_inserted = if self.options.old_images {
            net.before.is_none()
        } else {
            net.from_nothing
        };
        let timestamp = self
            .options
            .timestamp
            .unwrap_or_else(|| self.in_window(last.timestamp()));
        self.count(net.after.is_some(), is_inserted);
        self.write(timestamp, last.key(), net.before, net.after);
    }

    /// Makes the change that undoes the changes of one key.
    pub(super) fn revert(&mut self, changes: &[Entry<'a>], latest: &mut Vec<Entry<'a>>) {
        let Some((net, last)) = self.net(changes, latest) else {
            return;
        };
        self.count(net.before.is_some(), net.after.is_none());
        self.write(
            self.options.timestamp.unwrap_or_default(),
            last.key(),
            net.after,
            net.before,
        );
    }

    /// Makes the change from one state's item to the other's.
    pub(super) fn diff(&mut self, items: &[Entry<'a>]) -> Result<(), Unjoinable> {
        let (before, after) = items.split_at(items.partition_point(|item| item.source() == 0));
        self.note_twice(before);
        self.note_twice(after);
        let (before, after) = (before.last(), after.last());
        let images = (before.and_then(Entry::new_image), after.and_then(Entry::new_image));
        if let (Some(before), Some(after)) = images
            && self.compare.equal(before, after)?
        {
            self.joined.dropped += 1;
            return Ok(());
        }
        let Some(entry) = after.or(before) else { return Ok(()) };
        self.count(after.is_some(), before.is_none());
        if entry.key().is_empty() {
            // Its texts were not given: the entry itself, for a filter.
            self.joined.records += u64::from(entry.parts().write(&mut self.joined.lines));
        } else {
            self.write(
                self.options.timestamp.unwrap_or_default(),
                entry.key(),
                images.0,
                images.1,
            );
        }
        Ok(())
    }

    /// The net change, and the last record; None where nothing was and nothing is.
    fn net(&mut self, changes: &[Entry<'a>], latest: &mut Vec<Entry<'a>>) -> Option<(Net<'a>, Entry<'a>)> {
        self.take_latest(changes, latest);
        let (first, last) = (*latest.first()?, *latest.last()?);
        let before = first.old_image();
        let from_nothing = before.is_none() && first.new_image().is_some() && self.source(&first).judged;
        // Every ghost counts; what is after the last change is what is after all.
        let after = (0..latest.len()).fold(None, |_, at| self.after(latest, at));
        if after.is_none() && from_nothing {
            self.joined.dropped += 1;
            return None;
        }
        let net = Net {
            before,
            after,
            from_nothing,
        };
        Some((net, last))
    }

    fn in_window(&self, timestamp: u64) -> u64 {
        let Some((start, end)) = self.options.window else {
            return timestamp;
        };
        let inside = i128::from(timestamp).min(i128::from(end) - 1).max(i128::from(start));
        u64::try_from(inside).unwrap_or(0)
    }

    fn count(&mut self, has_new: bool, is_inserted: bool) {
        let joined = &mut self.joined;
        *match (has_new, is_inserted) {
            (false, _) => &mut joined.deleted,
            (true, true) => &mut joined.inserted,
            (true, false) => &mut joined.replaced,
        } += 1;
    }

    fn write(&mut self, timestamp: u64, key: &[u8], old: Option<Image<'a>>, new: Option<Image<'a>>) {
        let old = old.filter(|_| self.options.old_images);
        let (old, new) = (old.map(|old| old.text), new.map(|new| new.text));
        self.lines.change(&mut self.joined.lines, timestamp, key, old, new);
        self.joined.records += 1;
    }
}
