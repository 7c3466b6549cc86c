//! Changes applied to the items of a state.

use super::entry::{Entry, Image, Kind};
use super::join::{Join, Unjoinable, count};
use super::joined::{Drift, DriftKind};

impl<'a> Join<'a, '_> {
    /// Replays the changes of one key.
    pub(super) fn replay(&mut self, of_key: &[Entry<'a>], latest: &mut Vec<Entry<'a>>) -> Result<(), Unjoinable> {
        let (items, changes) = of_key.split_at(of_key.partition_point(|entry| entry.kind() == Kind::Item));
        if changes.is_empty() {
            self.leave(items);
            return Ok(());
        }
        self.note_twice(items);
        let base = items.last().and_then(Entry::new_image);
        self.take_latest(changes, latest);
        let mut state = base;
        for (at, change) in latest.iter().enumerate() {
            if self.source(change).judged {
                self.judge(change, state)?;
            }
            state = self.after(latest, at);
        }
        let joined = &mut self.joined;
        *match (base, state) {
            (Some(_), Some(_)) => &mut joined.replaced,
            (Some(_), None) => &mut joined.deleted,
            (None, Some(_)) => &mut joined.inserted,
            (None, None) => &mut joined.absent,
        } += 1;
        if let Some(image) = state {
            self.lines.item(&mut joined.lines, image.text);
            joined.records += 1;
        }
        Ok(())
    }

    /// Leaves items as they are: no change hit them.
    fn leave(&mut self, items: &[Entry<'a>]) {
        let joined = &mut self.joined;
        joined.untouched += count(items.len());
        for line in items.iter().filter_map(Entry::new_image).map(|image| image.text) {
            if !line.is_empty() {
                joined.lines.extend_from_slice(line);
                joined.lines.push(b'\n');
                joined.records += 1;
            }
        }
    }

    /// Compares the state before a change with what the change says of it.
    fn judge(&mut self, change: &Entry<'a>, state: Option<Image<'a>>) -> Result<(), Unjoinable> {
        let old_image = change.old_image();
        let kind = match (old_image, state) {
            (Some(_), None) => DriftKind::Missing,
            (None, Some(_)) => DriftKind::Unexpected,
            (Some(old), Some(now)) if !self.compare.equal(old, now)? => DriftKind::Different,
            _ => return Ok(()),
        };
        let joined = &mut self.joined;
        joined.drift[kind as usize] += 1;
        if joined.samples.len() < self.options.samples {
            joined.samples.push(Drift {
                kind,
                place: change.place(),
                key: change.key(),
                old_image: old_image.map(|image| image.text),
                state: state.map(|image| image.text),
            });
        }
        Ok(())
    }
}
