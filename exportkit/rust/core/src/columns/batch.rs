//! Batches out of columns, and records taken back.

use std::fmt;
use std::mem::take;
use std::ops::Range;

use arrow_buffer::{Buffer, NullBuffer};
use arrow_data::{ArrayData, ArrayDataBuilder};
use arrow_schema::{DataType, Fields};

use super::tree::{Kind, List, NONE};
use super::{Columns, numbers};
use crate::number::Decimal;

/// Rows of one plan.
#[derive(Clone, Debug)]
pub struct Batch {
    /// How many, at least one.
    pub rows: usize,
    /// A struct array of them, with binary in the place of UTF-8.
    pub data: ArrayData,
    /// The struct type that it is to be taken as.
    pub data_type: DataType,
}

/// A column of one batch holds more than the 2 GiB that Arrow's offsets reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a column of one batch holds more than 2 GiB; take smaller batches")
    }
}

impl Columns {
    pub(super) fn take_rows(&mut self, rows: usize) -> Result<Batch, TooLarge> {
        let data_type = self.types[0].clone();
        let DataType::Struct(fields) = &data_type else {
            return Err(TooLarge);
        };
        let mut columns = Vec::new();
        if self.roots.keys == NONE {
            if let Kind::Struct { fields, .. } = &self.nodes[self.roots.item as usize].kind {
                columns.extend_from_slice(&fields.columns);
            }
        } else {
            let roots = &self.roots;
            columns.extend([
                roots.operation,
                roots.timestamp,
                roots.keys,
                roots.item,
                roots.old_image,
            ]);
        }
        if self.roots.rescued != NONE {
            columns.push(self.roots.rescued);
        }
        let children = self.take_all(&columns, rows, fields)?;
        let data = built(ArrayData::builder(data_type.clone()).len(rows).child_data(children))?;
        Ok(Batch {
            rows,
            data,
            data_type: self.types[1].clone(),
        })
    }

    fn take_all(&mut self, columns: &[u32], rows: usize, fields: &Fields) -> Result<Vec<ArrayData>, TooLarge> {
        columns
            .iter()
            .zip(fields)
            .map(|(&column, field)| self.take_column(column, rows, field.data_type()))
            .collect()
    }

    fn take_column(&mut self, column: u32, rows: usize, data_type: &DataType) -> Result<ArrayData, TooLarge> {
        let builder = ArrayData::builder(data_type.clone()).len(rows);
        let builder = match &mut self.nodes[column as usize].kind {
            Kind::Writing | Kind::Unknown | Kind::Skip | Kind::Flat(_) => {
                return Ok(ArrayData::new_null(data_type, rows));
            }
            Kind::String(bytes)
            | Kind::Binary(bytes)
            | Kind::NumberString(bytes)
            | Kind::Json(bytes)
            | Kind::Text(bytes) => {
                let (offsets, data, nulls) = bytes.take(rows).ok_or(TooLarge)?;
                builder.add_buffer(offsets).add_buffer(data).nulls(nulls)
            }
            Kind::Bool { values, valid } => builder
                .add_buffer(values.take(rows).into_inner())
                .nulls(valid.take_nulls(rows)),
            Kind::Null(valid) => {
                let values = valid.take(rows);
                let nulls = Some(NullBuffer::new(values.clone())).filter(|nulls| nulls.null_count() > 0);
                builder.add_buffer(values.into_inner()).nulls(nulls)
            }
            Kind::Int64(values) => fixed(builder, values.take(rows)),
            Kind::Decimal128 { values, .. } => fixed(builder, values.take(rows)),
            Kind::Decimal256 { values, .. } => fixed(builder, values.take(rows)),
            Kind::Double(values) => fixed(builder, values.take(rows)),
            Kind::Set { list, .. } | Kind::List(list) => {
                let (element, count, offsets, nulls) = list.take(rows)?;
                let DataType::List(field) = data_type else {
                    return Err(TooLarge);
                };
                let elements = self.take_column(element, count, field.data_type())?;
                builder.add_buffer(offsets).nulls(nulls).add_child_data(elements)
            }
            Kind::Map { keys, list } => {
                let keys = *keys;
                let (element, count, offsets, nulls) = list.take(rows)?;
                let DataType::Map(entries, _) = data_type else {
                    return Err(TooLarge);
                };
                let DataType::Struct(fields) = entries.data_type() else {
                    return Err(TooLarge);
                };
                let children = self.take_all(&[keys, element], count, fields)?;
                let entries = ArrayData::builder(entries.data_type().clone())
                    .len(count)
                    .child_data(children);
                builder.add_buffer(offsets).nulls(nulls).add_child_data(built(entries)?)
            }
            Kind::Struct { valid, fields } => {
                let nulls = valid.take_nulls(rows);
                let columns = fields.columns.clone();
                return self.take_struct(builder.nulls(nulls), &columns, rows, data_type);
            }
            Kind::Mixed(mixed) => {
                let nulls = mixed.valid.take_nulls(rows);
                let columns = mixed.columns.clone();
                return self.take_struct(builder.nulls(nulls), &columns, rows, data_type);
            }
        };
        built(builder)
    }

    fn take_struct(
        &mut self,
        builder: ArrayDataBuilder,
        columns: &[u32],
        rows: usize,
        data_type: &DataType,
    ) -> Result<ArrayData, TooLarge> {
        let DataType::Struct(fields) = data_type else {
            return Err(TooLarge);
        };
        let children = self.take_all(columns, rows, fields)?;
        built(builder.child_data(children))
    }

    /// Takes back what was told of the record at hand.
    #[cold]
    #[inline(never)]
    pub(super) fn take_back(&mut self) {
        // The elements of what is still open count too.
        for frame in self.frames.iter().take(self.top + 1) {
            if let Kind::List(list) | Kind::Set { list, .. } | Kind::Map { list, .. } =
                &mut self.nodes[frame.column as usize].kind
            {
                list.count = frame.row + 1;
            }
        }
        let row = self.rows..self.rows + 1;
        for root in [
            self.roots.item,
            self.roots.old_image,
            self.roots.keys,
            self.roots.operation,
            self.roots.timestamp,
            self.roots.rescued,
        ] {
            if root != NONE {
                self.take_rows_back(root, row.clone());
            }
        }
        self.record.is_begun = false;
    }

    /// Takes back the last rows of a column, written or not.
    fn take_rows_back(&mut self, column: u32, rows: Range<usize>) {
        match &mut self.nodes[column as usize].kind {
            Kind::Writing | Kind::Unknown | Kind::Skip | Kind::Flat(_) => {}
            Kind::String(bytes)
            | Kind::Binary(bytes)
            | Kind::NumberString(bytes)
            | Kind::Json(bytes)
            | Kind::Text(bytes) => bytes.take_back(rows),
            Kind::Bool { values, valid } => {
                values.clear(rows.clone());
                valid.clear(rows);
            }
            Kind::Null(valid) => valid.clear(rows),
            Kind::Int64(values) => values.valid.clear(rows),
            Kind::Decimal128 { values, .. } => values.valid.clear(rows),
            Kind::Decimal256 { values, .. } => values.valid.clear(rows),
            Kind::Double(values) => values.valid.clear(rows),
            Kind::Set { list, .. } | Kind::List(list) => {
                let (element, elements) = (list.element, list.take_back(rows));
                self.take_rows_back(element, elements);
            }
            Kind::Map { keys, list } => {
                let (keys, element, entries) = (*keys, list.element, list.take_back(rows));
                self.take_rows_back(keys, entries.clone());
                self.take_rows_back(element, entries);
            }
            Kind::Struct { valid, fields } => {
                valid.clear(rows.clone());
                for column in fields.columns.clone() {
                    self.take_rows_back(column, rows.clone());
                }
            }
            Kind::Mixed(mixed) => {
                mixed.valid.clear(rows.clone());
                for column in mixed.columns.clone() {
                    self.take_rows_back(column, rows.clone());
                }
            }
        }
    }
}

impl List {
    fn take(&mut self, rows: usize) -> Result<(u32, usize, Buffer, Option<NullBuffer>), TooLarge> {
        let count = take(&mut self.count);
        i32::try_from(count).map_err(|_| TooLarge)?;
        let (offsets, nulls) = self.ends.take(rows);
        Ok((self.element, count, offsets, nulls))
    }

    /// Forgets some rows, the last ones; returns which elements they had.
    fn take_back(&mut self, rows: Range<usize>) -> Range<usize> {
        let start = self.ends.take_back(rows);
        start..std::mem::replace(&mut self.count, start).max(start)
    }
}

impl Kind {
    /// Whether a row of a column that takes numbers is no null.
    pub(super) fn is_set(&self, row: usize) -> bool {
        match self {
            Self::Int64(values) => values.valid.get(row),
            Self::Decimal128 { values, .. } => values.valid.get(row),
            Self::Decimal256 { values, .. } => values.valid.get(row),
            Self::Double(values) => values.valid.get(row),
            Self::NumberString(bytes) | Self::Json(bytes) | Self::Text(bytes) => bytes.is_set(row),
            _ => false,
        }
    }

    /// The number in a row of a column that some numbers do not fit.
    pub(super) fn number(&self, row: usize) -> Decimal {
        match self {
            Self::Int64(values) => numbers::from_int64(values.get(row)),
            Self::Decimal128 { values, scale, .. } => numbers::from_decimal128(values.get(row), *scale),
            Self::Decimal256 { values, scale, .. } => numbers::from_decimal256(values.get(row), *scale),
            _ => Decimal::ZERO,
        }
    }
}

fn fixed<T: arrow_buffer::ArrowNativeType>(
    builder: ArrayDataBuilder,
    (values, nulls): (Vec<T>, Option<NullBuffer>),
) -> ArrayDataBuilder {
    builder.add_buffer(Buffer::from_vec(values)).nulls(nulls)
}

/// Checks an array and gives it out.
fn built(builder: ArrayDataBuilder) -> Result<ArrayData, TooLarge> {
    builder.build().map_err(|_| TooLarge)
}
