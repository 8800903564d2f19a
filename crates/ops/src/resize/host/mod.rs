//! The host executors of `resize`.

mod area;
mod area_rows;
mod bilinear;
mod blocks;
mod columns;
mod fixed;
mod fixed_columns;
mod half;
mod nearest;

pub(crate) use area::AreaHost;
pub(crate) use bilinear::BilinearHost;
pub(crate) use blocks::BlocksHost;
pub(crate) use fixed::FixedHost;
pub(crate) use half::HalfHost;
pub(crate) use nearest::NearestHost;

use pixelflume_kernels::args::ResizeArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 32 * 1024;

/// The fewest rows of a strip.
fn least_rows(args: &ResizeArgs) -> usize {
    LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::stage::ResizeTables;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::image::ImageShape;
    use crate::resize::Interpolation;
    use crate::resize::plan::host_code;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        // Larger, smaller, far smaller, half, a third and a multiple of it, and so small that no vector fits a row.
        let sizes = [
            (333, 50),
            (150, 17),
            (11, 9),
            (64, 11),
            (WIDTH / 3, HEIGHT / 2),
            (WIDTH, HEIGHT / 11),
            (2, 3),
        ];
        for channels in [1, 3, 4] {
            for (width, height) in sizes {
                let input = ImageShape::u8(WIDTH, HEIGHT, channels);
                let output = ImageShape::u8(width, height, channels);
                for interpolation in Interpolation::ALL {
                    let tables = ResizeTables::new(interpolation, &input, &output);
                    check(
                        &format!("{interpolation} {width}x{height} x{channels}"),
                        output,
                        Arc::new(tables),
                    );
                }
            }
            let half = ImageShape::u8(WIDTH / 2, HEIGHT / 2, channels);
            check(
                &format!("half x{channels}"),
                half,
                Arc::new(ResizeTables::Half),
            );
        }
    }

    fn check(name: &str, output: ImageShape, tables: Arc<ResizeTables>) {
        let input = ImageShape::u8(WIDTH, HEIGHT, output.channels);
        let (column_taps, line_taps, shift) = tables.numbers();
        same_at_all_levels(
            name,
            output.channels,
            output,
            |src, dst| ResizeArgs {
                src,
                dst,
                tables: 0,
                column_taps,
                line_taps,
                shift,
                reserved: 0,
            },
            |level| host_code(level, input, output, &tables),
        );
    }
}
