//! The Arrow types of a plan's columns.

use std::sync::Arc;

use arrow_schema::{DataType, Field as ArrowField, Fields, TimeUnit};

use super::plan::{Column, ColumnPlan, Field, NumberColumn, Others, SetColumn, Struct};

/// The column of values that fit no other.
const RESCUED: &str = "_rescued";
/// The column of attributes that have none of their own.
const REST: &str = "_rest";

/// The struct type of a plan's rows, with `text` for its strings.
///
/// Arrays are put together with binary in the place of UTF-8, which has the same layout: that what the parsers let
/// through is UTF-8 need not be proven again.
pub(super) fn row_type(plan: &ColumnPlan, text: &DataType) -> DataType {
    let types = Types { text };
    let mut fields = Vec::new();
    if let Some(keys) = &plan.keys {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        fields.push(nullable("operation", text.clone()));
        fields.push(nullable("write_timestamp", micros));
        fields.push(nullable("keys", types.struct_type(keys)));
        fields.push(nullable("new_image", types.struct_type(&plan.item)));
        fields.push(nullable("old_image", types.struct_type(&plan.item)));
    } else {
        types.add_struct(&plan.item, &mut fields);
    }
    if plan.rescue {
        fields.push(nullable(RESCUED, types.map_type(text.clone())));
    }
    DataType::Struct(fields.into())
}

struct Types<'a> {
    text: &'a DataType,
}

impl Types<'_> {
    fn of(&self, column: &Column) -> DataType {
        match column {
            Column::String | Column::Json | Column::Text => self.text.clone(),
            Column::Binary => DataType::Binary,
            Column::Bool | Column::Null => DataType::Boolean,
            Column::Number(number) => self.number(*number),
            Column::Set(set) => list(match set {
                SetColumn::Strings => self.text.clone(),
                SetColumn::Binaries => DataType::Binary,
                SetColumn::Numbers(number) => self.number(*number),
            }),
            Column::List(element) => list(self.of(element)),
            Column::Struct(fields) => self.struct_type(fields),
            Column::Map(element) => self.map_type(self.of(element)),
            Column::Mixed(types) => {
                let fields = types
                    .iter()
                    .map(|(_, field)| nullable(&field.name, self.of(&field.column)));
                DataType::Struct(fields.collect::<Vec<_>>().into())
            }
            Column::Flat(_) | Column::Skip => DataType::Null,
        }
    }

    fn number(&self, number: NumberColumn) -> DataType {
        match number {
            NumberColumn::Int64 => DataType::Int64,
            NumberColumn::Decimal { precision, scale } if precision <= 38 => {
                DataType::Decimal128(precision, scale.cast_signed())
            }
            NumberColumn::Decimal { precision, scale } => DataType::Decimal256(precision, scale.cast_signed()),
            NumberColumn::Double => DataType::Float64,
            NumberColumn::String => self.text.clone(),
        }
    }

    fn struct_type(&self, of: &Struct) -> DataType {
        let mut fields = Vec::new();
        self.add_struct(of, &mut fields);
        DataType::Struct(fields.into())
    }

    fn add_struct(&self, of: &Struct, out: &mut Vec<ArrowField>) {
        self.add_fields(&of.fields, out);
        if of.others == Others::Rest {
            out.push(nullable(REST, self.text.clone()));
        }
    }

    /// Those of flat columns stand in their place.
    fn add_fields(&self, fields: &[Field], out: &mut Vec<ArrowField>) {
        for field in fields {
            match &field.column {
                Column::Flat(fields) => self.add_fields(fields, out),
                Column::Skip => {}
                column => out.push(nullable(&field.name, self.of(column))),
            }
        }
    }

    fn map_type(&self, value: DataType) -> DataType {
        let key = ArrowField::new("key", self.text.clone(), false);
        let entries = DataType::Struct(Fields::from(vec![key, nullable("value", value)]));
        DataType::Map(Arc::new(ArrowField::new("entries", entries, false)), false)
    }
}

fn nullable(name: &str, data_type: DataType) -> ArrowField {
    ArrowField::new(name, data_type, true)
}

fn list(element: DataType) -> DataType {
    DataType::List(Arc::new(nullable("element", element)))
}
