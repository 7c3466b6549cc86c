//! Plain JSON, the item itself: `{"id":"foo","n":42}`; and what DynamoDB JSON shares with it.

use super::escape::Escapes;
use super::{Brackets, Form, short};
use crate::events::{Binary, Number, SetKind, ShortNumber, ShortText, Text};
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
    const MAP: Brackets = ("{", "},");
    const LIST: Brackets = ("[", "],");
    const TRUE: &'static str = "true,";
    const FALSE: &'static str = "false,";
    const NULL: &'static str = "null,";

    fn set(_kind: SetKind) -> Brackets {
        Self::LIST
    }

    fn name(&mut self, out: &mut Vec<u8>, name: Text<'_>) {
        out.push(b'"');
        write_escaped(out, name, &mut self.scratch);
        out.extend_from_slice(b"\":");
    }

    fn string(&mut self, out: &mut Vec<u8>, value: Text<'_>, _in_set: bool) {
        out.push(b'"');
        write_escaped(out, value, &mut self.scratch);
        out.extend_from_slice(b"\",");
    }

    fn number(&mut self, out: &mut Vec<u8>, value: Number<'_>, _in_set: bool) {
        write_number(out, value);
        out.push(b',');
    }

    #[inline]
    fn short_string(&mut self, out: &mut Vec<u8>, value: ShortText<'_>, _in_set: bool) {
        short::write(out, "\"", value.window, value.length, "\",");
    }

    #[inline]
    fn short_number(&mut self, out: &mut Vec<u8>, value: ShortNumber<'_>, in_set: bool) {
        if short::is_spelled(value, false) {
            short::write(out, "", value.window, usize::from(value.length), ",");
        } else {
            self.number(out, value.number(), in_set);
        }
    }

    fn binary(&mut self, out: &mut Vec<u8>, value: Binary<'_>, _in_set: bool) {
        out.push(b'"');
        write_base64(out, value);
        out.extend_from_slice(b"\",");
    }
}

/// Appends what stands between the quotes of a JSON string; `scratch` is only memory.
pub(super) fn write_escaped(out: &mut Vec<u8>, value: Text<'_>, scratch: &mut Vec<u8>) {
    Escapes::JSON.write(out, value.bytes(scratch));
}
