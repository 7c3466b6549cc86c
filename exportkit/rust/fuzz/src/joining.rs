//! What must hold where records are joined, for any bytes whatever.

use std::sync::Arc;

use exportkit_core::joining::{
    self, Applier, ApplyOptions, Entries, Index, IndexOptions, JoinOptions, KeyFilter, Operation, Payload, Source,
};
use exportkit_core::strict::{Misread, OutputFormat};
use exportkit_core::transcode::{DynamodbJson, Form, Ion};

const FORMATS: [OutputFormat; 2] = [OutputFormat::DynamodbJson, OutputFormat::Ion];
const OPERATIONS: [Operation; 4] = [
    Operation::Replay,
    Operation::Compact,
    Operation::Revert,
    Operation::Diff,
];
const SHORT: usize = 4096;

/// Records become the same entries and lines however a file is cut, and however often a record is told; whatever the
/// entries are, they are joined or refused, and by parts as in one piece.
pub fn join(data: &[u8]) {
    for format in FORMATS {
        let whole = match data.len() % 2 {
            0 => read::<DynamodbJson>(data, format, OutputFormat::DynamodbJson),
            _ => read::<Ion>(data, format, OutputFormat::Ion),
        };
        judge(&whole, data.len());
        let mut damaged = whole;
        if let Some(byte) = damaged.get_mut(data.len() * 7 % 150) {
            *byte ^= 1 << (data.len() % 8);
        }
        judge(&damaged, data.len());
    }
    judge(data, data.len());
}

/// The entries of the file, read as changes and as items.
fn read<F: Form>(data: &[u8], format: OutputFormat, form: OutputFormat) -> Vec<u8> {
    let size = [1, 3, 7, 64][data.len() % 4];
    let key_names = vec![b"pk".to_vec()];
    let index = |size| {
        let mut index = Index::<F>::new(IndexOptions {
            format,
            max_record_size: SHORT,
            source: 1,
            file_index: 0,
            key_names: (data.len() % 3 == 0).then(|| key_names.clone()),
            window: (data.len() % 5 == 0).then_some((0, 1 << 40)),
        });
        let misread = feed(data, size, |chunk| index.read(chunk));
        (index.take_entries(), misread)
    };
    let (mut entries, misread) = index(usize::MAX);
    assert_eq!(index(size), (entries.clone(), misread));

    let filter = Arc::new(KeyFilter::new(1 << (data.len() % 3)).expect("a power of two"));
    filter.add(&entries).expect("whole entries");
    let apply = |size, filter: Option<Arc<KeyFilter>>| {
        let options = ApplyOptions {
            format,
            max_record_size: SHORT,
            source: 0,
            file_index: 0,
            key_names: key_names.clone(),
            payload: [Payload::Nothing, Payload::Line, Payload::Image][data.len() % 3],
            keep_lines: true,
        };
        let mut applier = Applier::<F>::new(options, form, filter);
        let mut lines = Vec::new();
        let misread = feed(data, size, |chunk| {
            let read = applier.read(chunk);
            lines.extend(applier.lines(chunk.unwrap_or_default()).flatten());
            read
        });
        assert_eq!(memchr_count(&lines), applier.kept());
        (applier.take_entries(), lines, applier.kept(), misread)
    };
    let (hit, lines, kept, misread) = apply(usize::MAX, Some(Arc::clone(&filter)));
    assert_eq!(
        apply(size, Some(Arc::clone(&filter))),
        (hit.clone(), lines, kept, misread.clone())
    );
    let (all, _, none, same) = apply(size, None);
    assert_eq!((none, same), (0, misread));
    let is_hit = |entry: &joining::Entry<'_>| filter.may_hold(entry.quick_hash());
    let found: Vec<u8> = Entries::new(&all)
        .map(|entry| entry.expect("whole entries"))
        .filter(|(entry, _)| is_hit(entry))
        .flat_map(|(_, bytes)| bytes.to_vec())
        .collect();
    assert_eq!(found, hit);
    assert_eq!(
        Entries::new(&all).count() as u64,
        kept + Entries::new(&hit).count() as u64
    );
    entries.extend(all);
    entries
}

fn feed(data: &[u8], size: usize, mut read: impl FnMut(Option<&[u8]>) -> Result<(), Misread>) -> Option<Misread> {
    let fed = data.chunks(size).try_for_each(|chunk| read(Some(chunk)));
    fed.and_then(|()| read(None)).err().map(|mut misread| {
        misread.fault.column = None;
        misread
    })
}

fn memchr_count(lines: &[u8]) -> u64 {
    lines.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// Joins bytes, whole and by parts.
fn judge(entries: &[u8], salt: usize) {
    let parts = joining::partition(entries, 0);
    for operation in OPERATIONS {
        let options = JoinOptions {
            operation,
            form: FORMATS[salt % 2],
            sources: vec![
                Source {
                    judged: salt % 3 > 0,
                    ghosts_from: (salt % 5 == 0).then_some(0),
                };
                salt % 4
            ],
            old_images: salt % 7 > 0,
            timestamp: Some(1),
            window: Some((0, 5)),
            samples: 3,
        };
        let Ok(joined) = joining::join(entries, &options) else {
            continue;
        };
        let parts = parts.as_ref().expect("what can be joined can be split");
        let by_parts: Vec<_> = parts
            .iter()
            .map(|part| joining::join(part, &options).expect("part of what can be joined"))
            .collect();
        assert_eq!(
            by_parts.iter().flat_map(|part| part.lines.clone()).collect::<Vec<u8>>(),
            joined.lines
        );
        let sum = |count: fn(&joining::Joined<'_>) -> u64| by_parts.iter().map(count).sum::<u64>();
        assert_eq!(sum(|part| part.records), joined.records);
        assert_eq!(sum(|part| part.ghosts), joined.ghosts);
        assert_eq!(sum(|part| part.drift.iter().sum()), joined.drift.iter().sum());
    }
}
