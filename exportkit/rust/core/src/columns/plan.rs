//! The column plan: which Arrow column each attribute becomes; the mirror of `exportkit/model/plan.py`.
//!
//! `docs/columns.md` says what each column takes and holds. Plans that make no sense cannot be
//! written down here, but for one: [`Column::Flat`] and [`Column::Skip`] stand among the fields of an
//! item, of Keys or of another flat column (skip: of any struct) alone. Elsewhere they are columns of nulls.

use crate::events::SetKind;
use crate::types::TYPES;

/// The types of an attribute value, in the order of [`TYPES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// String.
    S,
    /// Number.
    N,
    /// Binary.
    B,
    /// Boolean.
    Bool,
    /// Null.
    Null,
    /// Set of strings.
    Ss,
    /// Set of numbers.
    Ns,
    /// Set of binaries.
    Bs,
    /// List.
    L,
    /// Map.
    M,
}

impl Tag {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::S,
        Self::N,
        Self::B,
        Self::Bool,
        Self::Null,
        Self::Ss,
        Self::Ns,
        Self::Bs,
        Self::L,
        Self::M,
    ];

    /// The tag as DynamoDB JSON has it.
    pub const fn name(self) -> &'static str {
        TYPES[self as usize]
    }

    /// The tag of a set.
    pub const fn of_set(kind: SetKind) -> Self {
        match kind {
            SetKind::Strings => Self::Ss,
            SetKind::Numbers => Self::Ns,
            SetKind::Binaries => Self::Bs,
        }
    }
}

/// How a column holds numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberColumn {
    /// Whole numbers of 64 bits.
    Int64,
    /// Decimals, exactly.
    Decimal {
        /// Digits, 1 to 76; from 39 on it has 256 bits.
        precision: u8,
        /// Digits behind the point, 0 to `precision`.
        scale: u8,
    },
    /// The nearest double.
    Double,
    /// As the service spells them.
    String,
}

/// How a column holds the elements of sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetColumn {
    /// SS as strings.
    Strings,
    /// NS.
    Numbers(NumberColumn),
    /// BS as binary.
    Binaries,
}

/// What becomes of attributes that a struct has no field for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They fit nowhere.
    Misfit,
    /// They go into the struct's last field, `_rest`.
    Rest,
    /// They are left out.
    Skip,
}

/// What one attribute, list element or map value becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// S.
    String,
    /// B.
    Binary,
    /// BOOL.
    Bool,
    /// N.
    Number(NumberColumn),
    /// SS, NS or BS.
    Set(SetColumn),
    /// L, of such elements.
    List(Box<Column>),
    /// M.
    Struct(Struct),
    /// M whose keys are data, of such values.
    Map(Box<Column>),
    /// M, whose fields stand in the struct around it.
    Flat(Vec<Field>),
    /// The types of its fields.
    Mixed(Vec<(Tag, Field)>),
    /// NULL.
    Null,
    /// Any, as DynamoDB JSON.
    Json,
    /// Any, as text.
    Text,
    /// Any, and holds nothing.
    Skip,
}

/// A struct's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// By attribute, each once, in the order of the columns.
    pub fields: Vec<Field>,
    /// What becomes of attributes without a field.
    pub others: Others,
}

/// One field of a column that has some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The attribute's name; of no use in a mixed column.
    pub attribute: String,
    /// The Arrow field's name; of no use for flat and skip columns.
    pub name: String,
    /// What it holds.
    pub column: Column,
}

/// The columns of one dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnPlan {
    /// The item, or both images of a change.
    pub item: Struct,
    /// The keys of a change; None in full exports.
    pub keys: Option<Struct>,
    /// Whether NULL fits only where a column says so.
    pub keep_nulls: bool,
    /// Whether misfits go into `_rescued`; else the first ends the reading.
    pub rescue: bool,
}
