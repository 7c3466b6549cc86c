//! Symbols by number: the system's, and those of the line's own symbol tables.

/// Texts of the symbols 1 to 9.
const SYSTEM: [&[u8]; 9] = [
    b"$ion",
    b"$ion_1_0",
    b"$ion_symbol_table",
    b"name",
    b"version",
    b"imports",
    b"symbols",
    b"max_id",
    b"$ion_shared_symbol_table",
];

/// Numbers below that of the first symbol of a line's own table.
const SYSTEM_NUMBERS: u64 = SYSTEM.len() as u64 + 1;

/// There is no symbol with that number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unknown;

/// Symbols that a local symbol table defines.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    /// The texts, one after the other.
    bytes: Vec<u8>,
    /// Twice the place where each text ends; one more for a symbol without text.
    ends: Vec<usize>,
}

impl Symbols {
    /// Adds the next symbol; `text` is UTF-8.
    pub(super) fn push(&mut self, text: Option<&[u8]>) {
        self.bytes.extend_from_slice(text.unwrap_or_default());
        self.ends.push(self.bytes.len() << 1 | usize::from(text.is_none()));
    }

    /// Adds all symbols of a table.
    pub(super) fn append(&mut self, other: &Self) {
        let shift = self.bytes.len() << 1;
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| end + shift));
    }

    /// Forgets all symbols, and most of the room they took.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether there are none but the system's.
    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of the symbol with a number given in digits; None for one without text.
    pub(super) fn get(&self, digits: &[u8]) -> Result<Option<&[u8]>, Unknown> {
        let number = digits.iter().fold(0_u64, |value, digit| {
            value.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        });
        let Some(local) = number.checked_sub(SYSTEM_NUMBERS) else {
            return Ok(number
                .checked_sub(1)
                .and_then(|at| SYSTEM.get(usize::try_from(at).ok()?).copied()));
        };
        let local = usize::try_from(local).map_err(|_| Unknown)?;
        let end = *self.ends.get(local).ok_or(Unknown)?;
        if end & 1 == 1 {
            return Ok(None);
        }
        let start = local
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .map_or(0, |end| end >> 1);
        Ok(self.bytes.get(start..end >> 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_symbols() {
        let symbols = Symbols::default();
        assert_eq!(symbols.get(b"0"), Ok(None));
        assert_eq!(symbols.get(b"1"), Ok(Some(b"$ion".as_slice())));
        assert_eq!(symbols.get(b"0004"), Ok(Some(b"name".as_slice())));
        assert_eq!(symbols.get(b"9"), Ok(Some(b"$ion_shared_symbol_table".as_slice())));
        assert_eq!(symbols.get(b"10"), Err(Unknown));
        assert_eq!(symbols.get("9".repeat(1000).as_bytes()), Err(Unknown));
    }

    #[test]
    fn local_symbols() {
        let mut symbols = Symbols::default();
        symbols.push(Some(b"a"));
        symbols.push(None);
        symbols.push(Some(b""));
        let mut more = Symbols::default();
        more.push(Some("é".as_bytes()));
        more.push(None);
        symbols.append(&more);
        let texts: Vec<_> = ["10", "11", "12", "13", "14", "15"]
            .iter()
            .map(|n| symbols.get(n.as_bytes()))
            .collect();
        assert_eq!(
            texts,
            [
                Ok(Some(b"a".as_slice())),
                Ok(None),
                Ok(Some(b"")),
                Ok(Some("é".as_bytes())),
                Ok(None),
                Err(Unknown)
            ]
        );
        symbols.clear();
        assert!(symbols.is_empty());
    }
}
