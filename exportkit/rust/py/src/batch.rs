//! `DecodedBatch`: a record batch on its way out, by the Arrow `PyCapsule` interface.

use arrow_data::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use exportkit_core::columns::Batch;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

#[pyclass(module = "exportkit._native")]
pub(crate) struct DecodedBatch {
    plan: usize,
    num_rows: usize,
    /// None once it went out.
    batch: Option<Batch>,
}

impl DecodedBatch {
    pub(crate) fn new(plan: usize, batch: Batch) -> Self {
        Self {
            plan,
            num_rows: batch.rows,
            batch: Some(batch),
        }
    }
}

#[pymethods]
impl DecodedBatch {
    #[getter]
    fn plan(&self) -> usize {
        self.plan
    }

    #[getter]
    fn num_rows(&self) -> usize {
        self.num_rows
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &mut self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema; // a wish; who takes the batch casts it
        let batch = self
            .batch
            .take()
            .ok_or_else(|| PyValueError::new_err("the batch went out before, and its buffers with it"))?;
        let schema = FFI_ArrowSchema::try_from(&batch.data_type)
            .map_err(|error| PyValueError::new_err(format!("a schema that Arrow cannot tell: {error}")))?;
        let array = FFI_ArrowArray::new(&batch.data);
        Ok((
            PyCapsule::new_with_value(py, schema, c"arrow_schema")?,
            PyCapsule::new_with_value(py, array, c"arrow_array")?,
        ))
    }
}
