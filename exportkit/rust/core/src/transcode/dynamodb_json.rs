//! DynamoDB JSON, as exports hold it: `{"Item":{"id":{"S":"foo"}}}`.

use super::json::write_escaped;
use super::{Brackets, Form, short};
use crate::events::{Binary, Number, SetKind, ShortNumber, ShortText, Text};
use crate::spelling::{write_base64, write_number};

/// Writes DynamoDB JSON.
#[derive(Debug, Default)]
pub struct DynamodbJson {
    scratch: Vec<u8>,
}

impl Form for DynamodbJson {
    const ITEM: Brackets = ("{\"Item\":", "}");
    const TIMESTAMP: Brackets = ("{\"Metadata\":{\"WriteTimestampMicros\":{\"N\":\"", "\"}}");
    const MEMBERS: [&'static str; 3] = [",\"Keys\":", ",\"OldImage\":", ",\"NewImage\":"];
    const CHANGE_END: &'static str = "}";
    const MAP: Brackets = ("{\"M\":{", "}},");
    const LIST: Brackets = ("{\"L\":[", "]},");
    const TRUE: &'static str = "{\"BOOL\":true},";
    const FALSE: &'static str = "{\"BOOL\":false},";
    const NULL: &'static str = "{\"NULL\":true},";

    fn set(kind: SetKind) -> Brackets {
        let open = match kind {
            SetKind::Strings => "{\"SS\":[",
            SetKind::Numbers => "{\"NS\":[",
            SetKind::Binaries => "{\"BS\":[",
        };
        (open, "]},")
    }

    fn name(&mut self, out: &mut Vec<u8>, name: Text<'_>) {
        out.push(b'"');
        write_escaped(out, name, &mut self.scratch);
        out.extend_from_slice(b"\":");
    }

    fn string(&mut self, out: &mut Vec<u8>, value: Text<'_>, in_set: bool) {
        tagged(out, "{\"S\":\"", in_set, |out| {
            write_escaped(out, value, &mut self.scratch);
        });
    }

    fn number(&mut self, out: &mut Vec<u8>, value: Number<'_>, in_set: bool) {
        tagged(out, "{\"N\":\"", in_set, |out| write_number(out, value));
    }

    #[inline]
    fn short_string(&mut self, out: &mut Vec<u8>, value: ShortText<'_>, in_set: bool) {
        if in_set {
            short::write(out, "\"", value.window, value.length, "\",");
        } else {
            short::write(out, "{\"S\":\"", value.window, value.length, "\"},");
        }
    }

    #[inline]
    fn short_number(&mut self, out: &mut Vec<u8>, value: ShortNumber<'_>, in_set: bool) {
        let length = usize::from(value.length);
        if !short::is_spelled(value, false) {
            self.number(out, value.number(), in_set);
        } else if in_set {
            short::write(out, "\"", value.window, length, "\",");
        } else {
            short::write(out, "{\"N\":\"", value.window, length, "\"},");
        }
    }

    fn binary(&mut self, out: &mut Vec<u8>, value: Binary<'_>, in_set: bool) {
        tagged(out, "{\"B\":\"", in_set, |out| write_base64(out, value));
    }
}

/// Writes a value in quotes, and around it, but for an element of a set, the object with its tag.
#[inline(always)]
fn tagged(out: &mut Vec<u8>, tag: &str, in_set: bool, write: impl FnOnce(&mut Vec<u8>)) {
    if in_set {
        out.push(b'"');
        write(out);
        out.extend_from_slice(b"\",");
    } else {
        out.extend_from_slice(tag.as_bytes());
        write(out);
        out.extend_from_slice(b"\"},");
    }
}
