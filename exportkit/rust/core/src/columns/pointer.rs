//! JSON Pointers (RFC 6901) of values.

/// What a member or an attribute adds to a pointer.
pub(super) fn piece(name: &[u8]) -> Box<[u8]> {
    let mut out = Vec::with_capacity(name.len() + 1);
    push_name(&mut out, name);
    out.into()
}

/// Appends a name (UTF-8, unescaped) to a pointer.
pub(super) fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for &byte in name {
        match byte {
            b'~' => out.extend_from_slice(b"~0"),
            b'/' => out.extend_from_slice(b"~1"),
            other => out.push(other),
        }
    }
}

/// Appends an element's index, from 0, to a pointer.
pub(super) fn push_index(out: &mut Vec<u8>, index: usize) {
    out.push(b'/');
    out.extend_from_slice(index.to_string().as_bytes());
}
