//! The columns of a plan as a table of nodes, each with its buffers.

use std::collections::HashMap;

use arrow_buffer::i256;

use super::buffers::{Bits, Bytes, Ends, Fixed};
use super::plan::{Column, ColumnPlan, Field, NumberColumn, Others, SetColumn, Struct, Tag};
use super::pointer;
use crate::events::SetKind;

/// A node's number.
pub(super) type Id = u32;

/// No node.
pub(super) const NONE: Id = Id::MAX;
/// Values go into a text that is being written.
pub(super) const WRITING: Id = 0;
/// The value of an attribute that no field takes.
pub(super) const UNKNOWN: Id = 1;
/// Values are left out.
pub(super) const SKIP: Id = 2;

/// One column, or one step on the way to some.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// The mixed column that it is a field of; `NONE` elsewhere.
    pub(super) mixed: Id,
    /// What it adds to the JSON Pointer of the map it stands in; nothing for elements and members.
    pub(super) pointer: Box<[u8]>,
}

/// What a node does with a value.
#[derive(Debug)]
pub(super) enum Kind {
    Writing,
    Unknown,
    Skip,
    String(Bytes),
    Binary(Bytes),
    Bool {
        values: Bits,
        valid: Bits,
    },
    Int64(Fixed<i64>),
    Decimal128 {
        values: Fixed<i128>,
        precision: u8,
        scale: u8,
    },
    Decimal256 {
        values: Fixed<i256>,
        precision: u8,
        scale: u8,
    },
    Double(Fixed<f64>),
    NumberString(Bytes),
    Null(Bits),
    Json(Bytes),
    Text(Bytes),
    Set {
        of: SetKind,
        list: List,
    },
    List(List),
    Map {
        keys: Id,
        list: List,
    },
    Struct {
        valid: Bits,
        fields: Box<Fields>,
    },
    Flat(Box<Fields>),
    Mixed(Box<Mixed>),
}

/// The elements of lists and sets, the entries of maps.
#[derive(Debug)]
pub(super) struct List {
    /// The column of elements.
    pub(super) element: Id,
    /// How many elements there are.
    pub(super) count: usize,
    pub(super) ends: Ends,
}

/// The fields of a struct or flat column.
#[derive(Debug)]
pub(super) struct Fields {
    /// By attribute.
    pub(super) by_name: HashMap<Box<[u8]>, Id>,
    pub(super) others: Others,
    /// The field `_rest`, if there is one.
    pub(super) rest: Id,
    /// The columns in the order of the Arrow fields; those of a flat column are in the struct around it.
    pub(super) columns: Vec<Id>,
}

/// The fields of a mixed column.
#[derive(Debug)]
pub(super) struct Mixed {
    /// By type tag.
    pub(super) by_tag: [Id; Tag::ALL.len()],
    pub(super) valid: Bits,
    /// In the order of the Arrow fields.
    pub(super) columns: Vec<Id>,
}

/// Where the members of a record and the columns beside them stand.
#[derive(Debug)]
pub(super) struct Roots {
    /// The item, or the new image.
    pub(super) item: Id,
    pub(super) old_image: Id,
    pub(super) keys: Id,
    pub(super) operation: Id,
    pub(super) timestamp: Id,
    pub(super) rescued: Id,
}

/// Builds the nodes of a plan.
pub(super) fn build(plan: &ColumnPlan) -> (Vec<Node>, Roots) {
    let mut builder = Builder { nodes: Vec::new() };
    for kind in [Kind::Writing, Kind::Unknown, Kind::Skip] {
        builder.push(kind, NONE, Box::default());
    }
    let mut roots = Roots {
        item: builder.fields(&plan.item),
        old_image: NONE,
        keys: NONE,
        operation: NONE,
        timestamp: NONE,
        rescued: NONE,
    };
    if let Some(keys) = &plan.keys {
        // Both images have the same nodes in the same order.
        roots.old_image = builder.fields(&plan.item);
        roots.keys = builder.fields(keys);
        roots.operation = builder.element(Kind::String(Bytes::default()));
        roots.timestamp = builder.element(Kind::Int64(Fixed::default()));
    }
    if plan.rescue {
        let value = builder.element(Kind::Json(Bytes::default()));
        roots.rescued = builder.map(value, NONE, Box::default());
    }
    (builder.nodes, roots)
}

struct Builder {
    nodes: Vec<Node>,
}

impl Builder {
    fn push(&mut self, kind: Kind, mixed: Id, pointer: Box<[u8]>) -> Id {
        self.nodes.push(Node { kind, mixed, pointer });
        Id::try_from(self.nodes.len() - 1).unwrap_or(NONE)
    }

    fn element(&mut self, kind: Kind) -> Id {
        self.push(kind, NONE, Box::default())
    }

    fn map(&mut self, element: Id, mixed: Id, pointer: Box<[u8]>) -> Id {
        let keys = self.element(Kind::String(Bytes::default()));
        let list = List::of(element);
        self.push(Kind::Map { keys, list }, mixed, pointer)
    }

    fn fields(&mut self, of: &Struct) -> Id {
        let fields = self.struct_fields(of);
        self.element(fields)
    }

    fn column(&mut self, column: &Column, mixed: Id, pointer: Box<[u8]>) -> Id {
        let kind = match column {
            Column::String => Kind::String(Bytes::default()),
            Column::Binary => Kind::Binary(Bytes::default()),
            Column::Bool => Kind::Bool {
                values: Bits::default(),
                valid: Bits::default(),
            },
            Column::Number(number) => number_kind(*number),
            Column::Set(set) => {
                let (of, element) = match set {
                    SetColumn::Strings => (SetKind::Strings, Kind::String(Bytes::default())),
                    SetColumn::Numbers(number) => (SetKind::Numbers, number_kind(*number)),
                    SetColumn::Binaries => (SetKind::Binaries, Kind::Binary(Bytes::default())),
                };
                let list = List::of(self.element(element));
                Kind::Set { of, list }
            }
            Column::List(element) => Kind::List(List::of(self.column(element, NONE, Box::default()))),
            Column::Map(element) => {
                let element = self.column(element, NONE, Box::default());
                return self.map(element, mixed, pointer);
            }
            Column::Struct(fields) => self.struct_fields(fields),
            Column::Flat(fields) => Kind::Flat(Box::new(self.named(fields, Others::Misfit, &mut Vec::new()))),
            Column::Mixed(types) => return self.mixed(types, mixed, &pointer),
            Column::Null => Kind::Null(Bits::default()),
            Column::Json => Kind::Json(Bytes::default()),
            Column::Text => Kind::Text(Bytes::default()),
            Column::Skip => Kind::Skip,
        };
        self.push(kind, mixed, pointer)
    }

    fn struct_fields(&mut self, of: &Struct) -> Kind {
        let mut columns = Vec::new();
        let mut fields = self.named(&of.fields, of.others, &mut columns);
        if of.others == Others::Rest {
            fields.rest = self.element(Kind::Json(Bytes::default()));
            columns.push(fields.rest);
        }
        fields.columns = columns;
        Kind::Struct {
            valid: Bits::default(),
            fields: Box::new(fields),
        }
    }

    /// Adds the fields' columns, those of flat fields in their place, to `columns`.
    fn named(&mut self, fields: &[Field], others: Others, columns: &mut Vec<Id>) -> Fields {
        let mut by_name = HashMap::with_capacity(fields.len());
        for field in fields {
            let pointer = pointer::piece(field.attribute.as_bytes());
            let id = if let Column::Flat(inner) = &field.column {
                let fields = self.named(inner, Others::Misfit, columns);
                self.push(Kind::Flat(Box::new(fields)), NONE, pointer)
            } else {
                let id = self.column(&field.column, NONE, pointer);
                if field.column != Column::Skip {
                    columns.push(id);
                }
                id
            };
            by_name.insert(field.attribute.as_bytes().into(), id);
        }
        Fields {
            by_name,
            others,
            rest: NONE,
            columns: Vec::new(),
        }
    }

    fn mixed(&mut self, types: &[(Tag, Field)], mixed: Id, pointer: &[u8]) -> Id {
        let mut by_tag = [NONE; Tag::ALL.len()];
        let mut columns = Vec::with_capacity(types.len());
        let kind = Kind::Mixed(Box::new(Mixed {
            by_tag,
            valid: Bits::default(),
            columns: Vec::new(),
        }));
        let id = self.push(kind, mixed, pointer.into());
        for (tag, field) in types {
            // The type is no step of the pointer: a field has that of its column.
            let field = self.column(&field.column, id, pointer.into());
            by_tag[*tag as usize] = field;
            columns.push(field);
        }
        if let Some(Node {
            kind: Kind::Mixed(mixed),
            ..
        }) = self.nodes.get_mut(id as usize)
        {
            mixed.by_tag = by_tag;
            mixed.columns = columns;
        }
        id
    }
}

impl List {
    fn of(element: Id) -> Self {
        Self {
            element,
            count: 0,
            ends: Ends::default(),
        }
    }
}

fn number_kind(number: NumberColumn) -> Kind {
    match number {
        NumberColumn::Int64 => Kind::Int64(Fixed::default()),
        NumberColumn::Decimal { precision, scale } if precision <= 38 => Kind::Decimal128 {
            values: Fixed::default(),
            precision,
            scale,
        },
        NumberColumn::Decimal { precision, scale } => Kind::Decimal256 {
            values: Fixed::default(),
            precision,
            scale,
        },
        NumberColumn::Double => Kind::Double(Fixed::default()),
        NumberColumn::String => Kind::NumberString(Bytes::default()),
    }
}
