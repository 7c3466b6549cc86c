//! How many brackets of a line are open at one point, judged before anything else is.
//!
//! This is lexical: it holds for lines that are no Ion, too. As long as a line is Ion, the count is
//! that of the parser, whose recursion is bounded by it.

use memchr::{memchr2, memmem};

/// Brackets that may be open at one point.
pub(super) const MAX_BRACKETS: u32 = 132;

/// Whether more brackets than [`MAX_BRACKETS`] are open at one point of the line.
pub(super) fn is_too_deep(line: &[u8]) -> bool {
    let mut open: u32 = 0;
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'{' if after.first() == Some(&b'{') => after_lob(&after[1..]),
            b'{' | b'[' | b'(' => {
                open += 1;
                if open > MAX_BRACKETS {
                    return true;
                }
                after
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                after
            }
            b'"' => after_quoted(after, b'"'),
            b'\'' if after.starts_with(b"''") => after_long_quoted(&after[2..]),
            b'\'' => after_quoted(after, b'\''),
            b'/' if after.first() == Some(&b'/') => &[],
            b'/' if after.first() == Some(&b'*') => {
                memmem::find(&after[1..], b"*/").map_or(&[], |length| &after[1 + length + 2..])
            }
            _ => after,
        };
    }
    false
}

/// What follows `…"`; nothing where the quote is missing.
fn after_quoted(text: &[u8], quote: u8) -> &[u8] {
    let mut rest = text;
    while let Some(at) = memchr2(quote, b'\\', rest) {
        if rest[at] == quote {
            return &rest[at + 1..];
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    &[]
}

/// What follows `…'''`; nothing where the quotes are missing.
fn after_long_quoted(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some(at) = memchr2(b'\'', b'\\', rest) {
        if rest[at..].starts_with(b"'''") {
            return &rest[at + 3..];
        }
        rest = rest.get(at + 1 + usize::from(rest[at] == b'\\')..).unwrap_or_default();
    }
    &[]
}

/// What follows `…}}`; nothing where the braces are missing.
fn after_lob(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'}' if after.first() == Some(&b'}') => return &after[1..],
            b'"' => after_quoted(after, b'"'),
            b'\'' if after.starts_with(b"''") => after_long_quoted(&after[2..]),
            _ => after,
        };
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets() {
        for bracket in ["{a:", "[", "(", "{ "] {
            let most = bracket.repeat(MAX_BRACKETS as usize);
            assert!(!is_too_deep(most.as_bytes()), "{bracket}");
            assert!(is_too_deep(format!("{most}{bracket}").as_bytes()), "{bracket}");
        }
        let deep = "[".repeat(132);
        assert!(!is_too_deep(format!("]]]{deep}][}}{{)(").as_bytes()));
        assert!(is_too_deep(format!("{deep}][[").as_bytes()));
    }

    #[test]
    fn what_does_not_count() {
        let many = "[".repeat(200);
        for hidden in [
            format!("\"{many}\""),
            format!("\"\\\"{many}\""),
            format!("'{many}'"),
            format!("'\\'{many}'"),
            format!("''''{many}''\\'''{many}'''"),
            format!("/*{many}/*{many}*/"),
            format!("{{{{{many}}}}}"),
            format!("{{{{\"}}}}{many}\"}}}}"),
            format!("{{{{'''}}}}{many}'''}}}}"),
            format!("{{{{ab//{many}/*}}{many}}}}}"),
        ] {
            assert!(!is_too_deep(hidden.as_bytes()), "{hidden}");
            assert!(is_too_deep(format!("{hidden}{many}").as_bytes()), "{hidden}");
        }
        for hidden in ["//", "/*", "\"", "'", "'''", "{{", "{{ \"}}", "\"\\", "'''\\", "{{}"] {
            assert!(!is_too_deep(format!("{hidden}{many}").as_bytes()), "{hidden}");
        }
        for shown in ["''", "/", "/ /", "{ {", "{{}}", "{{'}}", "\\"] {
            assert!(is_too_deep(format!("{shown}{many}").as_bytes()), "{shown}");
        }
    }
}
