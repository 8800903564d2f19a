//! One pass from source pixels to the target's type and layout: colour, geometry, threshold, normalisation.

use super::Stage;
use crate::Plan;
use std::sync::Arc;

/// The plan of a run `[Color | Nv12]? Geometry* (Color | Threshold)* Normalize?`.
pub(super) fn plan(stages: &[Stage]) -> Result<Arc<dyn Plan>, String> {
    Err(format!("not for {stages:?}"))
}
