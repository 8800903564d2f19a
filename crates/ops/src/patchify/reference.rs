//! The reference of `patchify`.

use crate::oracle::Image;
use crate::patchify::PatchOrder;

/// The matrix of the patches of an image: see [`Patchify`](crate::Patchify).
///
/// # Panics
/// When the sides of the image are no multiples of those of `merge` patches.
pub fn patchify<T: Copy>(
    image: &Image<T>,
    [patch_width, patch_height]: [usize; 2],
    merge: usize,
    temporal: usize,
    order: PatchOrder,
) -> Image<T> {
    let groups = [
        image.width / (patch_width * merge),
        image.height / (patch_height * merge),
    ];
    assert_eq!(
        groups.map(|count| count * merge),
        [
            image.width.div_ceil(patch_width),
            image.height.div_ceil(patch_height)
        ],
        "the sides are whole groups"
    );
    let mut data = Vec::new();
    for group_y in 0..groups[1] {
        for group_x in 0..groups[0] {
            for patch_y in 0..merge {
                for patch_x in 0..merge {
                    let left = (group_x * merge + patch_x) * patch_width;
                    let top = (group_y * merge + patch_y) * patch_height;
                    let axes = Axes {
                        channels: image.channels,
                        temporal,
                        height: patch_height,
                        width: patch_width,
                    };
                    axes.walk(order, |c, y, x| data.push(image.at(left + x, top + y, c)));
                }
            }
        }
    }
    let rows = groups[0] * groups[1] * merge * merge;
    Image::new(data.len() / rows, rows, 1, data)
}

/// The lengths of the axes of a patch.
struct Axes {
    channels: usize,
    temporal: usize,
    height: usize,
    width: usize,
}

impl Axes {
    /// Visits all samples of a patch: channel, row and column.
    fn walk(&self, order: PatchOrder, mut visit: impl FnMut(usize, usize, usize)) {
        // The lengths of the axes in their order, and which of them are channel, row and column.
        let (c, t, h, w) = (self.channels, self.temporal, self.height, self.width);
        let (lengths, places) = match order {
            PatchOrder::Cthw => ([c, t, h, w], [0, 2, 3]),
            PatchOrder::Tchw => ([t, c, h, w], [1, 2, 3]),
            PatchOrder::Thwc => ([t, h, w, c], [3, 1, 2]),
        };
        for i in 0..lengths[0] {
            for j in 0..lengths[1] {
                for k in 0..lengths[2] {
                    for l in 0..lengths[3] {
                        let at = [i, j, k, l];
                        visit(at[places[0]], at[places[1]], at[places[2]]);
                    }
                }
            }
        }
    }
}
