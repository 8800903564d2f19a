//! The host executors of `resize`.

mod bilinear;
mod columns;
mod half;
mod nearest;

pub(crate) use bilinear::BilinearHost;
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
    use crate::contract::stage::Tap;
    use crate::contract::{Operator, oracle_plan};
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use crate::resize::{Interpolation, Resize};
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        // The plans hold the tables; their launches run at the best level, so the kernels are made here from the bytes.
        for channels in [1, 3, 4] {
            for (width, height) in [(150, 17), (333, 50), (64, 11), (11, 9)] {
                let input = ImageShape::u8(WIDTH, HEIGHT, channels);
                let output = ImageShape::u8(width, height, channels);
                for interpolation in Interpolation::ALL {
                    let resize = Resize::new(width, height).expect("a possible size");
                    let plan = resize
                        .interpolation(interpolation)
                        .plan(&[input])
                        .expect("a plan");
                    let plan = oracle_plan(&plan);
                    let bytes = plan.tables();
                    same_at_all_levels(
                        &format!("{interpolation} {width}x{height} x{channels}"),
                        channels,
                        output,
                        |src, dst| ResizeArgs {
                            src,
                            dst,
                            tables: 0,
                            mode: 0,
                            reserved: 0,
                        },
                        |level| match interpolation {
                            Interpolation::Bilinear => {
                                let taps = bytemuck::cast_slice::<u8, Tap>(bytes);
                                let (columns, lines) = taps.split_at(width as usize);
                                Arc::new(HostCode(BilinearHost::new(
                                    level,
                                    WIDTH as usize,
                                    channels as usize,
                                    columns,
                                    lines,
                                )))
                            }
                            Interpolation::Nearest => {
                                let indices = bytemuck::cast_slice::<u8, u32>(bytes);
                                Arc::new(HostCode(NearestHost {
                                    level,
                                    indices: indices.into(),
                                }))
                            }
                        },
                    );
                }
            }
            same_at_all_levels(
                &format!("half x{channels}"),
                channels,
                ImageShape::u8(WIDTH / 2, HEIGHT / 2, channels),
                |src, dst| ResizeArgs {
                    src,
                    dst,
                    tables: 0,
                    mode: 1,
                    reserved: 0,
                },
                |level| Arc::new(HostCode(HalfHost { level })),
            );
        }
    }
}
