//! `ColumnPlan` of `exportkit.model.plan`, read once when a decoder is made.

use exportkit_core::columns::plan::{Column, ColumnPlan, Field, NumberColumn, Others, SetColumn, Struct, Tag};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::options::unknown;

/// Reads a plan; of a full export's items, or of changes, as `is_full` says.
pub(crate) fn column_plan(plan: &Bound<'_, PyAny>, is_full: bool) -> PyResult<ColumnPlan> {
    let keys = plan.getattr("keys")?;
    if keys.is_none() != is_full {
        return Err(PyValueError::new_err(
            "a plan has a column for keys for incremental exports, and for no others",
        ));
    }
    Ok(ColumnPlan {
        item: whole_struct(&plan.getattr("item")?)?,
        keys: if is_full { None } else { Some(whole_struct(&keys)?) },
        keep_nulls: plan.getattr("keep_nulls")?.extract()?,
        rescue: plan.getattr("rescue")?.extract()?,
    })
}

fn kind(column: &Bound<'_, PyAny>) -> PyResult<String> {
    column.getattr("kind")?.extract()
}

fn whole_struct(column: &Bound<'_, PyAny>) -> PyResult<Struct> {
    match kind(column)?.as_str() {
        "struct" => struct_of(column),
        other => Err(misplaced(other, "the whole of an item or of keys")),
    }
}

fn struct_of(column: &Bound<'_, PyAny>) -> PyResult<Struct> {
    Ok(Struct {
        fields: fields(column, &|column| field_column(column))?,
        others: match column.getattr("others")?.extract::<String>()?.as_str() {
            "misfit" => Others::Misfit,
            "rest" => Others::Rest,
            "skip" => Others::Skip,
            other => return Err(unknown("policy of other attributes", other)),
        },
    })
}

fn fields(column: &Bound<'_, PyAny>, read: &dyn Fn(&Bound<'_, PyAny>) -> PyResult<Column>) -> PyResult<Vec<Field>> {
    let fields = column.getattr("fields")?;
    fields
        .try_iter()?
        .map(|field| {
            let field = field?;
            Ok(Field {
                attribute: field.getattr("attribute")?.extract()?,
                name: field.getattr("name")?.extract()?,
                column: read(&field.getattr("column")?)?,
            })
        })
        .collect()
}

/// The column of a field of a struct or flat column.
fn field_column(column: &Bound<'_, PyAny>) -> PyResult<Column> {
    match kind(column)?.as_str() {
        "flat" => Ok(Column::Flat(fields(column, &|column| field_column(column))?)),
        "skip" => Ok(Column::Skip),
        "null" => Err(misplaced("null", "an attribute")),
        _ => element(column),
    }
}

/// The column of an element of a list or map.
fn element(column: &Bound<'_, PyAny>) -> PyResult<Column> {
    match kind(column)?.as_str() {
        "mixed" => mixed(column),
        _ => unmixed(column),
    }
}

fn mixed(column: &Bound<'_, PyAny>) -> PyResult<Column> {
    let fields = fields(column, &|column| match kind(column)?.as_str() {
        "null" => Ok(Column::Null),
        _ => unmixed(column),
    })?;
    let by_tag = fields.into_iter().map(|field| {
        let tag = Tag::ALL.into_iter().find(|tag| tag.name() == field.attribute);
        Ok((tag.ok_or_else(|| unknown("type", &field.attribute))?, field))
    });
    Ok(Column::Mixed(by_tag.collect::<PyResult<_>>()?))
}

fn unmixed(column: &Bound<'_, PyAny>) -> PyResult<Column> {
    Ok(match kind(column)?.as_str() {
        "string" => Column::String,
        "binary" => Column::Binary,
        "bool" => Column::Bool,
        "json" => Column::Json,
        "text" => Column::Text,
        "struct" => Column::Struct(struct_of(column)?),
        "list" => Column::List(Box::new(element(&column.getattr("element")?)?)),
        "map" => Column::Map(Box::new(element(&column.getattr("element")?)?)),
        "set" => Column::Set(set(column)?),
        "flat" | "skip" | "mixed" | "null" => return Err(misplaced(&kind(column)?, "a part of another column")),
        other => match number(other, column)? {
            Some(number) => Column::Number(number),
            None => return Err(unknown("kind of column", other)),
        },
    })
}

fn set(column: &Bound<'_, PyAny>) -> PyResult<SetColumn> {
    let element = column.getattr("element")?;
    let set_type: String = column.getattr("set_type")?.extract()?;
    let kind = kind(&element)?;
    match (set_type.as_str(), kind.as_str()) {
        ("SS", "string") => Ok(SetColumn::Strings),
        ("BS", "binary") => Ok(SetColumn::Binaries),
        ("NS", kind) => number(kind, &element)?
            .map(SetColumn::Numbers)
            .ok_or_else(|| misplaced(kind, "an element of NS")),
        ("SS" | "BS", kind) => Err(misplaced(kind, &format!("an element of {set_type}"))),
        _ => Err(unknown("type of set", &set_type)),
    }
}

fn number(kind: &str, column: &Bound<'_, PyAny>) -> PyResult<Option<NumberColumn>> {
    Ok(Some(match kind {
        "int64" => NumberColumn::Int64,
        "double" => NumberColumn::Double,
        "number-string" => NumberColumn::String,
        "decimal" => {
            let precision: u8 = column.getattr("precision")?.extract()?;
            let scale: u8 = column.getattr("scale")?.extract()?;
            if !(1..=76).contains(&precision) || scale > precision {
                return Err(PyValueError::new_err(format!(
                    "no decimal has {precision} digits with {scale} behind the point"
                )));
            }
            NumberColumn::Decimal { precision, scale }
        }
        _ => return Ok(None),
    }))
}

fn misplaced(kind: &str, place: &str) -> PyErr {
    PyValueError::new_err(format!("a {kind} column cannot be {place}"))
}
