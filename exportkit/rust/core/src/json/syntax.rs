//! Whether a line is one JSON text at all (RFC 8259), and how deep its brackets stand.
//!
//! Only rejected records, and what is ignored inside `Metadata`, come here.

use super::bytes::{skip_space, string};

/// Brackets that may be open at one point: 64 levels of DynamoDB values take no more.
pub(super) const MAX_BRACKETS: u32 = 132;

/// Whether more brackets are open at one point than may be, whatever else the line is.
pub(super) fn too_deep(line: &[u8]) -> bool {
    let mut open = 0_u32;
    let mut bytes = line.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                open += 1;
                if open > MAX_BRACKETS {
                    return true;
                }
            }
            b'}' | b']' => open = open.saturating_sub(1),
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => _ = bytes.next(),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    false
}

/// Checks that the line is one JSON text; returns the column of what is wrong.
pub(super) fn check(line: &[u8]) -> Result<(), usize> {
    let column = |rest: &[u8]| line.len() - rest.len();
    let rest = skip_space(skip_value(skip_space(line), 0).map_err(column)?);
    if rest.is_empty() { Ok(()) } else { Err(column(rest)) }
}

/// Returns what follows a value that begins here, inside `open` brackets; else the bytes from where it is wrong.
pub(super) fn skip_value(rest: &[u8], open: u32) -> Result<&[u8], &[u8]> {
    match rest {
        [b'"', inside @ ..] => string(inside).map(|(_, after)| after).ok_or(rest),
        [b'{' | b'[', ..] if open >= MAX_BRACKETS => Err(rest),
        [b'{', inside @ ..] => skip_members(inside, open + 1),
        [b'[', inside @ ..] => skip_elements(inside, open + 1),
        [b't', b'r', b'u', b'e', after @ ..]
        | [b'f', b'a', b'l', b's', b'e', after @ ..]
        | [b'n', b'u', b'l', b'l', after @ ..] => Ok(after),
        [b'-' | b'0'..=b'9', ..] => skip_number(rest),
        _ => Err(rest),
    }
}

fn skip_members(inside: &[u8], open: u32) -> Result<&[u8], &[u8]> {
    let mut rest = skip_space(inside);
    if let [b'}', after @ ..] = rest {
        return Ok(after);
    }
    loop {
        let [b'"', name @ ..] = rest else { return Err(rest) };
        let (_, after) = string(name).ok_or(rest)?;
        rest = skip_space(after);
        let [b':', after @ ..] = rest else { return Err(rest) };
        rest = skip_space(skip_value(skip_space(after), open)?);
        match rest {
            [b',', after @ ..] => rest = skip_space(after),
            [b'}', after @ ..] => return Ok(after),
            _ => return Err(rest),
        }
    }
}

fn skip_elements(inside: &[u8], open: u32) -> Result<&[u8], &[u8]> {
    let mut rest = skip_space(inside);
    if let [b']', after @ ..] = rest {
        return Ok(after);
    }
    loop {
        rest = skip_space(skip_value(rest, open)?);
        match rest {
            [b',', after @ ..] => rest = skip_space(after),
            [b']', after @ ..] => return Ok(after),
            _ => return Err(rest),
        }
    }
}

fn skip_number(number: &[u8]) -> Result<&[u8], &[u8]> {
    let digits = |rest: &[u8]| rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = number.strip_prefix(b"-").unwrap_or(number);
    rest = match rest {
        [b'0', after @ ..] => after,
        [b'1'..=b'9', ..] => &rest[digits(rest)..],
        _ => return Err(number),
    };
    if let [b'.', fraction @ ..] = rest {
        if digits(fraction) == 0 {
            return Err(number);
        }
        rest = &fraction[digits(fraction)..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', after @ ..] => after,
            _ => exponent,
        };
        if digits(exponent) == 0 {
            return Err(number);
        }
        rest = &exponent[digits(exponent)..];
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_texts() {
        for good in [
            "{}",
            "[]",
            "1",
            "-0",
            "0.5",
            "1e5",
            "1E+5",
            "-1.25e-7",
            "true",
            "false",
            "null",
            "\"a\"",
            " { } ",
            "\t[ ]\r",
            r#"{"a":[1,{"b":null},"c"],"":{}}"#,
            r#"{"a" : 1 , "a" : 2}"#,
        ] {
            assert_eq!(check(good.as_bytes()), Ok(()), "{good}");
        }
        for (bad, column) in [
            ("", 0),
            ("{", 1),
            ("[", 1),
            ("{]", 1),
            ("{}}", 2),
            ("{} {}", 3),
            ("[1,]", 3),
            (r#"{"a":1,}"#, 7),
            (r#"{"a"}"#, 4),
            ("{a:1}", 1),
            ("01", 1),
            ("+1", 0),
            (".5", 0),
            ("1.", 0),
            ("1e", 0),
            ("-", 0),
            ("NaN", 0),
            ("tru", 0),
            ("truex", 4),
            ("'a'", 0),
            ("\"a", 0),
            ("// c", 0),
            ("\u{a0}1", 0),
            ("[1 2]", 3),
            ("\0", 0),
            ("1\0", 1),
            ("\u{b}1", 0),
            ("1\n2", 1),
        ] {
            assert_eq!(check(bad.as_bytes()), Err(column), "{bad}");
        }
    }

    #[test]
    fn brackets() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(!too_deep(nested(132).as_bytes()));
        assert_eq!(check(nested(132).as_bytes()), Ok(()));
        assert!(too_deep(nested(133).as_bytes()));
        assert!(check(nested(10_000).as_bytes()).is_err());
        assert!(!too_deep("[]".repeat(1000).as_bytes()));
        assert!(!too_deep(
            format!("\"{}\\\"{}", "[".repeat(100), "[".repeat(100)).as_bytes()
        ));
        assert!(too_deep(format!("]]]\"\\\\\"{}", "{".repeat(133)).as_bytes()));
        assert!(!too_deep(format!("{}}}]{}", "{".repeat(131), "[".repeat(3)).as_bytes()));
    }
}
