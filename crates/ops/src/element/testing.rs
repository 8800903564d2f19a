//! What the tests of erosions and dilations share.

use super::{MorphologyBorder, MorphologyWindow, WindowShape, parameters};
use crate::spec::Values;
use crate::testing::Random;

/// Any window, mostly a small one with its anchor in the center.
pub(crate) fn random_window(random: &mut Random) -> MorphologyWindow {
    let mut side = || match random.within(0, 9) {
        0 => random.within(1, 31),
        1 | 2 => 1,
        _ => random.within(1, 9),
    };
    let (width, other) = (side(), side());
    let height = random.pick(&[None, Some(other)]);
    let window = MorphologyWindow {
        height,
        iterations: random.pick(&[1, 1, 1, 2, 3]),
        border: random.pick(&MorphologyBorder::ALL),
        value: random.color(),
        ..MorphologyWindow::new(random.pick(&WindowShape::ALL), width)
    };
    let height = height.unwrap_or(width);
    let anchor = (random.within(0, width - 1), random.within(0, height - 1));
    MorphologyWindow {
        anchor: random.pick(&[None, None, Some(anchor)]),
        ..window
    }
}

/// The window of these values.
pub(crate) fn window_of(values: &Values) -> MorphologyWindow {
    parameters::window(values.spec().kind, values).expect("values of an operator")
}
