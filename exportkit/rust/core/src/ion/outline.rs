//! What a line is as a whole, judged before anything in it.

use super::cursor::{Cursor, Judged};
use super::symbol::Start;
use super::symbols::Symbols;
use crate::fault::Reason;
use crate::reader::ExportType;

/// Judges a line by the rules that come before those about members and values: syntax, that it is a
/// struct, and the record's kind.
///
/// `line` ends with a line feed; `symbols` are overwritten.
pub(super) fn judge(line: &[u8], export_type: ExportType, symbols: &mut Symbols) -> Judged {
    let mut cursor = Cursor::new(line);
    cursor.preamble(symbols)?;
    let opening = cursor.opening(symbols)?;
    let is_struct = opening.start == Start::Here && cursor.at_struct();
    let (mut has_item, mut has_change) = (false, false);
    if is_struct {
        let mut scratch = (Vec::new(), Vec::new());
        cursor.at += 1;
        while let Some(name) = cursor.next_field(symbols, &mut scratch.0)? {
            match name.bytes(&mut scratch.1) {
                b"Item" => has_item = true,
                b"Record" | b"Metadata" | b"Keys" | b"NewImage" | b"OldImage" => has_change = true,
                _ => {}
            }
            cursor.skip_value(symbols, 1)?;
            cursor.separator(b'}')?;
        }
    } else {
        cursor.skip_rest(opening.start, symbols, 0)?;
    }
    cursor.end_line(symbols)?;
    let reason = match export_type {
        _ if !is_struct => Reason::NotAnObject,
        ExportType::Full if has_change && !has_item => Reason::ChangeInFull,
        ExportType::Incremental if has_item && !has_change => Reason::ItemInIncremental,
        _ => return Ok(()),
    };
    Err(reason)
}
