//! The entry of `otsu_threshold` in the operator registry.

use super::{KIND, OtsuThreshold};
use crate::spec::{OperatorSpec, read, shared};
use crate::threshold::spec::{MAXIMUM, TYPE};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Samples of a gray image by their comparison with the threshold that separates those of the image best.",
    equals: "OpenCV `threshold` with `THRESH_OTSU`",
    inputs: 1,
    parameters: &[MAXIMUM, TYPE],
    build: |values| {
        let threshold = OtsuThreshold::new().with_maximum(values.byte("maximum"));
        shared(threshold.with_type(values.choice("type")?))
    },
    read: |operator| {
        read(operator, |threshold: &OtsuThreshold| {
            [
                threshold.maximum().into(),
                threshold.threshold_type().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
