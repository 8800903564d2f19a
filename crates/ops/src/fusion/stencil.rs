//! One pass over rows: gray, blur, Sobel magnitude, threshold.

use super::Stage;
use crate::Plan;
use std::sync::Arc;

/// The plan of a run `ToGray? Blur? Sobel? Threshold?`.
pub(super) fn plan(stages: &[Stage]) -> Result<Arc<dyn Plan>, String> {
    Err(format!("not for {stages:?}"))
}
