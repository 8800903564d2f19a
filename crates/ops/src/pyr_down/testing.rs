//! Random cases and the reference of `pyr_down` for tests.

use super::{PyrDown, PyrDownBorder, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(PyrDown::new(random.pick(&PyrDownBorder::ALL))),
    reference: |values, images| {
        let border = values.choice("border").expect("a name of the choice");
        reference::pyr_down(&images[0].u8_image(), border).into()
    },
    part: None,
};
