//! Ion text, as exports hold it: `$ion_1_0 {Item:{id:"foo",n:42.}}`.

use super::escape::Escapes;
use super::{Brackets, Form, short};
use crate::events::{Binary, Number, SetKind, ShortNumber, ShortText, Text};
use crate::simd::{BLOCK, equal, first};
use crate::spelling::{write_base64, write_ion_number};

/// Writes Ion text.
#[derive(Debug, Default)]
pub struct Ion {
    scratch: Vec<u8>,
}

impl Form for Ion {
    const ITEM: Brackets = ("$ion_1_0 {Item:", "}");
    const TIMESTAMP: Brackets = ("$ion_1_0 {Record:{Metadata:{WriteTimestampMicros:", ".}");
    const MEMBERS: [&'static str; 3] = [",Keys:", ",OldImage:", ",NewImage:"];
    const CHANGE_END: &'static str = "}}";
    const MAP: Brackets = ("{", "},");
    const LIST: Brackets = ("[", "],");
    const TRUE: &'static str = "true,";
    const FALSE: &'static str = "false,";
    const NULL: &'static str = "null,";

    fn set(kind: SetKind) -> Brackets {
        let open = match kind {
            SetKind::Strings => "$dynamodb_SS::[",
            SetKind::Numbers => "$dynamodb_NS::[",
            SetKind::Binaries => "$dynamodb_BS::[",
        };
        (open, "],")
    }

    fn name(&mut self, out: &mut Vec<u8>, name: Text<'_>) {
        let name = name.bytes(&mut self.scratch);
        if is_bare(name) {
            out.extend_from_slice(name);
        } else {
            out.push(b'\'');
            Escapes::ION_NAME.write(out, name);
            out.push(b'\'');
        }
        out.push(b':');
    }

    fn string(&mut self, out: &mut Vec<u8>, value: Text<'_>, _in_set: bool) {
        out.push(b'"');
        Escapes::ION_STRING.write(out, value.bytes(&mut self.scratch));
        out.extend_from_slice(b"\",");
    }

    fn number(&mut self, out: &mut Vec<u8>, value: Number<'_>, _in_set: bool) {
        write_ion_number(out, value);
        out.push(b',');
    }

    #[inline]
    fn short_string(&mut self, out: &mut Vec<u8>, value: ShortText<'_>, in_set: bool) {
        // U+007F is all that a short text may have and Ion's strings may not.
        if first(equal(value.window, &[0x7F; BLOCK])) < value.length {
            self.string(out, value.text(), in_set);
        } else {
            short::write(out, "\"", value.window, value.length, "\",");
        }
    }

    #[inline]
    fn short_number(&mut self, out: &mut Vec<u8>, value: ShortNumber<'_>, in_set: bool) {
        let length = usize::from(value.length);
        if !short::is_spelled(value, true) {
            self.number(out, value.number(), in_set);
        } else if value.is_integer() {
            short::write(out, "", value.window, length, ".,");
        } else {
            short::write(out, "", value.window, length, ",");
        }
    }

    fn binary(&mut self, out: &mut Vec<u8>, value: Binary<'_>, _in_set: bool) {
        out.extend_from_slice(b"{{");
        write_base64(out, value);
        out.extend_from_slice(b"}},");
    }
}

/// Whether a name may stand without quotes.
fn is_bare(name: &[u8]) -> bool {
    let symbol = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    match name {
        [] | [b'0'..=b'9', ..] | b"null" | b"true" | b"false" | b"nan" => false,
        [b'$', id @ ..] if !id.is_empty() && id.iter().all(u8::is_ascii_digit) => false,
        _ => name.iter().all(symbol),
    }
}

#[cfg(test)]
mod tests {
    use super::is_bare;

    #[test]
    fn names_are_bare_where_ion_takes_them_for_nothing_else() {
        for name in ["a", "_", "$", "$a", "$1a", "A1_$", "nulls", "True", "NaN", "Item"] {
            assert!(is_bare(name.as_bytes()), "{name}");
        }
        for name in [
            "", "1", "1a", "null", "true", "false", "nan", "$1", "$10", "a b", "a-b", "a.b", "é", "a\"", "\0",
        ] {
            assert!(!is_bare(name.as_bytes()), "{name}");
        }
    }
}
