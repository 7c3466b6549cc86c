//! Why a record is faulty, and where inside it.
//!
//! The slugs are those of `exportkit/reasons.py`; a test compares the two lists.

/// Declares the reasons with their slugs, once.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $slug:literal,)*) => {
        /// One way a record can be faulty.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason, in the order of `exportkit/reasons.py`.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name.
            pub const fn slug(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)*
                }
            }
        }
    };
}

reasons! {
    /// Bytes that are not UTF-8.
    Utf8 = "utf-8",
    /// A byte order mark before the record.
    Bom = "bom",
    /// A record longer than the limit.
    TooLong = "too-long",
    /// Values nested too deep.
    Nesting = "nesting",
    /// Not one well-formed value of the format on the line.
    Syntax = "syntax",
    /// The record is not an object (struct).
    NotAnObject = "not-an-object",
    /// A member that no export record has.
    MemberUnknown = "member-unknown",
    /// A member of the record stands twice.
    MemberDuplicate = "member-duplicate",
    /// A member of the record is not an object (struct).
    MemberType = "member-type",
    /// A change record without Keys.
    KeysAbsent = "keys-absent",
    /// A change record whose Keys are empty.
    KeysEmpty = "keys-empty",
    /// A change record without its time stamp.
    TimestampAbsent = "timestamp-absent",
    /// A time stamp that is no whole number of microseconds.
    TimestampInvalid = "timestamp-invalid",
    /// An attribute stands twice in one item or map.
    AttributeDuplicate = "attribute-duplicate",
    /// An attribute value is not an object with exactly one type tag.
    TypeTag = "type-tag",
    /// A value that does not fit its type tag.
    TypeValue = "type-value",
    /// An Ion type that is no DynamoDB type.
    IonType = "ion-type",
    /// An Ion annotation that exports do not have.
    IonAnnotation = "ion-annotation",
    /// Not a number.
    Number = "number",
    /// A number of more than 38 significant digits.
    NumberPrecision = "number-precision",
    /// A number out of DynamoDB's range.
    NumberRange = "number-range",
    /// Binary that is not padded standard base64.
    Binary = "binary",
    /// An empty set.
    SetEmpty = "set-empty",
    /// A set with an element twice.
    SetDuplicate = "set-duplicate",
    /// A set element of another type than the set's.
    SetElement = "set-element",
    /// A change record in a full export.
    ChangeInFull = "change-in-full",
    /// A full export's record in an incremental export.
    ItemInIncremental = "item-in-incremental",
    /// An old image in an export whose view has none.
    OldImageInView = "old-image-in-view",
    /// No image in an export whose view has both.
    NoImageInView = "no-image-in-view",
    /// The new image's key is not the record's Keys.
    NewImageKey = "new-image-key",
    /// The old image's key is not the record's Keys.
    OldImageKey = "old-image-key",
    /// An item without a key attribute.
    KeyAbsent = "key-absent",
    /// Keys with an attribute that is not the key's.
    KeyOther = "key-other",
    /// A key attribute that is empty.
    KeyEmpty = "key-empty",
    /// A key attribute that is not S, N or B.
    KeyType = "key-type",
    /// A key attribute of another type than in the file's first record.
    KeyMixed = "key-mixed",
    /// A write at most 60 s outside the export's window.
    TimestampNear = "timestamp-near",
    /// A write more than 60 s outside the export's window.
    TimestampFar = "timestamp-far",
}

/// Characters a path may have; of a longer one the last is `…`.
pub const MAX_PATH: usize = 200;

/// A fault of one record.
///
/// Boxed on its way out of a parser, so that a happy parser's results stay small. The path is put
/// together on that way up, innermost first: a parser that meets no fault spends nothing on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub reason: Reason,
    /// JSON Pointer of the place inside the record, without type tags; empty for the record as a whole.
    pub path: String,
    /// Byte in the record, where known.
    pub column: Option<usize>,
}

impl Fault {
    /// A fault of the record as a whole.
    pub fn new(reason: Reason) -> Self {
        Self {
            reason,
            path: String::new(),
            column: None,
        }
    }

    /// The same fault, at a byte of the record.
    #[must_use]
    pub fn at(mut self, column: usize) -> Self {
        self.column = Some(column);
        self
    }

    /// The same fault, seen from the map that holds it under `name` (UTF-8, unescaped).
    #[must_use]
    pub fn under(mut self, name: &[u8]) -> Self {
        // No more of a long name than the path can show: four bytes are the longest character.
        let shown = name.get(..4 * MAX_PATH).unwrap_or(name);
        let mut path = String::with_capacity(1 + shown.len() + self.path.len());
        path.push('/');
        for character in String::from_utf8_lossy(shown).chars() {
            match character {
                '~' => path.push_str("~0"),
                '/' => path.push_str("~1"),
                other => path.push(other),
            }
        }
        path.push_str(&self.path);
        self.path = shortened(path);
        self
    }

    /// The same fault, seen from the list or set that holds it at `index` (from 0).
    #[must_use]
    pub fn in_list(mut self, index: usize) -> Self {
        self.path = shortened(format!("/{index}{}", self.path));
        self
    }
}

fn shortened(mut path: String) -> String {
    if path.chars().nth(MAX_PATH).is_some() {
        if let Some((end, _)) = path.char_indices().nth(MAX_PATH - 1) {
            path.truncate(end);
        }
        path.push('…');
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_unique() {
        let mut slugs: Vec<_> = Reason::ALL.iter().map(|reason| reason.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Reason::ALL.len());
    }

    #[test]
    fn paths_are_pointers() {
        let fault = Fault::new(Reason::Number)
            .in_list(3)
            .under(b"a/b~c")
            .under(b"")
            .under(b"Item");
        assert_eq!(fault.path, "/Item//a~1b~0c/3");
    }

    #[test]
    fn long_paths_are_cut() {
        let exact = Fault::new(Reason::Number).under("é".repeat(199).as_bytes());
        assert_eq!(exact.path.chars().count(), 200);
        assert!(!exact.path.ends_with('…'));
        for name in ["é".repeat(200), "😀".repeat(100_000), "/".repeat(5000)] {
            let fault = Fault::new(Reason::Number)
                .in_list(7)
                .under(name.as_bytes())
                .under(b"Item");
            assert_eq!(fault.path.chars().count(), MAX_PATH);
            assert!(fault.path.starts_with("/Item/") && fault.path.ends_with('…'));
        }
    }
}
