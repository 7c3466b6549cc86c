//! Plain JSON, the item itself: `{"id":"foo","n":42}`; and what DynamoDB JSON shares with it.

use super::escape::Escapes;
use super::{Brackets, Form};
use crate::events::{Binary, Number, SetKind, Text};
use crate::spelling::{write_base64, write_number};

/// Writes plain JSON.
#[derive(Debug, Default)]
pub struct Json {
    scratch: Vec<u8>,
}

impl Form for Json {
    const ITEM: Brackets = ("", "");
    const TIMESTAMP: Brackets = ("{\"Metadata\":{\"WriteTimestampMicros\":", "}");
    const MEMBERS: [&'static str; 3] = [",\"Keys\":", ",\"OldImage\":", ",\"NewImage\":"];
    const CHANGE_END: &'static str = "}";
    const MAP: Brackets = ("{", "}");
    const LIST: Brackets = ("[", "]");
    const TRUE: &'static str = "true";
    const FALSE: &'static str = "false";
    const NULL: &'static str = "null";

    fn set(_kind: SetKind) -> Brackets {
        Self::LIST
    }

    fn name(&mut self, out: &mut Vec<u8>, name: Text<'_>) {
        write_string(out, name, &mut self.scratch);
        out.push(b':');
    }

    fn string(&mut self, out: &mut Vec<u8>, value: Text<'_>, _in_set: bool) {
        write_string(out, value, &mut self.scratch);
    }

    fn number(&mut self, out: &mut Vec<u8>, value: Number<'_>, _in_set: bool) {
        write_number(out, value);
    }

    fn binary(&mut self, out: &mut Vec<u8>, value: Binary<'_>, _in_set: bool) {
        write_quoted_base64(out, value);
    }
}

/// Appends a JSON string; `scratch` is only memory.
pub(super) fn write_string(out: &mut Vec<u8>, value: Text<'_>, scratch: &mut Vec<u8>) {
    out.push(b'"');
    Escapes::JSON.write(out, value.bytes(scratch));
    out.push(b'"');
}

/// Appends base64 as a JSON string.
pub(super) fn write_quoted_base64(out: &mut Vec<u8>, value: Binary<'_>) {
    out.push(b'"');
    write_base64(out, value);
    out.push(b'"');
}
