//! The kernels that make pixels of coefficients, and the tables that they read.
#![expect(unsafe_code, reason = "enqueues kernels, which act on addresses")]

use crate::cuda::layout::{BLOCK_BYTES, ComponentLayout, ImageLayout};
use crate::cuda::times::{Milestone, MilestoneTimes};
use pixelflume_device::{Address, Args, Device, DeviceError, Function, Grid, Launch, Stream};
use pixelflume_jpeg::Quantizer;
use pixelflume_kernels::JPEG_PIXELS;
use pixelflume_kernels::args::{JpegColorsArgs, JpegImage, JpegPlane, JpegPlanesArgs, JpegSource};

/// Threads of a block of either kernel.
const THREADS: u32 = 256;

/// Blocks of coefficients, and groups of pixels, for a block of threads: what `jpeg_pixels.cu` has as `TILE_BLOCKS`, and a group for
/// each thread.
const TILE: u32 = 256;

/// The kernels of `jpeg_pixels.cu`, loaded.
#[derive(Debug)]
pub(crate) struct PixelKernels {
    planes: Function,
    colors: Function,
}

/// An image of a pass: its layout, and where its parts begin.
pub(crate) struct PassImage<'a> {
    pub(crate) layout: &'a ImageLayout,
    /// Quantizers of the components.
    pub(crate) quantizers: &'a [Quantizer; 4],
    pub(crate) coefficients: Address,
    pub(crate) samples: Address,
    /// The first pixel.
    pub(crate) pixels: Address,
}

/// The tables of one pass, in the memory in which they are uploaded, and what to launch for them.
#[derive(Debug, Default)]
pub(crate) struct PixelTables {
    planes: Vec<JpegPlane>,
    first_plane_tiles: Vec<u32>,
    images: Vec<JpegImage>,
    first_image_tiles: Vec<u32>,
    plane_tiles: u32,
    image_tiles: u32,
}

impl PixelTables {
    /// Bytes of the tables of images that have `components` components together.
    pub(crate) fn bytes_for(images: usize, components: usize) -> usize {
        let planes = components * (size_of::<JpegPlane>() + 4);
        (planes + images * (size_of::<JpegImage>() + 4)).next_multiple_of(16)
    }

    /// Bytes of memory that it keeps.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.planes.capacity() * size_of::<JpegPlane>()
            + self.images.capacity() * size_of::<JpegImage>()
            + 4 * (self.first_plane_tiles.capacity() + self.first_image_tiles.capacity())
    }

    /// Removes all images.
    pub(crate) fn clear(&mut self) {
        self.planes.clear();
        self.first_plane_tiles.clear();
        self.images.clear();
        self.first_image_tiles.clear();
        (self.plane_tiles, self.image_tiles) = (0, 0);
    }

    /// Adds an image.
    pub(crate) fn push(&mut self, image: &PassImage<'_>) {
        let components = image.layout.components().iter().zip(image.quantizers);
        for (component, quantizer) in components.filter(|(component, _)| component.used) {
            let plane = plane(component, quantizer, image);
            self.first_plane_tiles.push(self.plane_tiles);
            self.plane_tiles += plane.count.div_ceil(TILE);
            self.planes.push(plane);
        }
        let image = pixels(image);
        self.first_image_tiles.push(self.image_tiles);
        self.image_tiles += image.count.div_ceil(TILE);
        self.images.push(image);
    }

    /// Writes the tables one behind the other; returns how many bytes they have. They are read from a multiple of 16 on.
    ///
    /// # Panics
    /// Where `target` is shorter than [`PixelTables::bytes_for`] says.
    pub(crate) fn write(&self, target: &mut [u8]) -> usize {
        let parts: [&[u8]; 4] = [
            bytemuck::cast_slice(&self.planes),
            bytemuck::cast_slice(&self.images),
            bytemuck::cast_slice(&self.first_plane_tiles),
            bytemuck::cast_slice(&self.first_image_tiles),
        ];
        let mut end = 0;
        for part in parts {
            target[end..end + part.len()].copy_from_slice(part);
            end += part.len();
        }
        end
    }
}

impl PixelKernels {
    pub(crate) fn new(device: &Device) -> Result<Self, DeviceError> {
        Ok(PixelKernels {
            planes: device.kernel(&JPEG_PIXELS.kernels, "jpeg_planes")?,
            colors: device.kernel(&JPEG_PIXELS.kernels, "jpeg_colors")?,
        })
    }

    /// Puts the two launches into `stream`, for `tables` that lie at `address` as [`PixelTables::write`] wrote them.
    ///
    /// # Safety
    /// When the launches run, the tables are at `address`; and of each image the memory of its coefficients, samples and pixels is
    /// there with the bytes that its layout says, used by nothing else unless streams and events order it.
    pub(crate) unsafe fn enqueue(
        &self,
        tables: &PixelTables,
        address: Address,
        stream: &Stream,
        times: Option<&MilestoneTimes>,
    ) -> Result<(), DeviceError> {
        let images = address.offset(size_of_val(&tables.planes[..]));
        let first_plane_tiles = images.offset(size_of_val(&tables.images[..]));
        let first_image_tiles = first_plane_tiles.offset(4 * tables.planes.len());
        let planes = JpegPlanesArgs {
            planes: address.raw(),
            first_tiles: first_plane_tiles.raw(),
            count: tables.planes.len() as u32,
            tiles: tables.plane_tiles,
        };
        let colors = JpegColorsArgs {
            images: images.raw(),
            first_tiles: first_image_tiles.raw(),
            count: tables.images.len() as u32,
            tiles: tables.image_tiles,
        };
        let launches = [
            (&self.planes, planes.tiles, Args::of(&planes)),
            (&self.colors, colors.tiles, Args::of(&colors)),
        ];
        let record = |milestone| times.map_or(Ok(()), |times| times.record(milestone, stream));
        record(Milestone::Coefficients)?;
        for (milestone, (function, tiles, args)) in [Milestone::Samples, Milestone::Pixels]
            .into_iter()
            .zip(launches)
        {
            let grid = Grid {
                blocks: [tiles, 1, 1],
                threads: [THREADS, 1, 1],
                shared_bytes: 0,
            };
            let launch = Launch::kernel(function.clone(), grid, args);
            // SAFETY: the kernels take these structs and this geometry, and access nothing but the tables and what they describe,
            // which is there as the caller promises. The second launch is behind the first one, whose samples it reads.
            unsafe { stream.enqueue(&launch, None) }?;
            record(milestone)?;
        }
        Ok(())
    }
}

fn plane(component: &ComponentLayout, quantizer: &Quantizer, image: &PassImage<'_>) -> JpegPlane {
    let first = u64::from(component.top) * u64::from(component.stored_columns);
    let first = (first + u64::from(component.left)) * BLOCK_BYTES;
    JpegPlane {
        quantizer: std::array::from_fn(|at| quantizer[at % 8 * 8 + at / 8]),
        blocks: image.coefficients.raw() + component.coefficients + first,
        samples: image.samples.raw() + component.samples,
        block_pitch: component.stored_columns,
        pitch: component.pitch(),
        columns: component.columns,
        inverse: inverse(component.columns),
        count: component.columns * component.rows,
        reserved: [0; 3],
    }
}

fn source(component: &ComponentLayout, image: &PassImage<'_>) -> JpegSource {
    let (left, top) = (8 * component.left, 8 * component.top);
    let before = u64::from(top) * u64::from(component.pitch()) + u64::from(left);
    let samples = image.samples.raw() + component.samples;
    JpegSource {
        samples: samples.wrapping_sub(before),
        pitch: component.pitch(),
        upsampling: component.upsampling,
        left,
        right: component.right,
        top,
        bottom: component.bottom,
        across: component.across,
        down: component.down,
    }
}

fn pixels(image: &PassImage<'_>) -> JpegImage {
    let layout = image.layout;
    let mut sources = [bytemuck::Zeroable::zeroed(); 4];
    for (source_of, component) in sources.iter_mut().zip(layout.components()) {
        *source_of = source(component, image);
    }
    let (rect, target) = (layout.rect, &layout.pixels);
    let (right, bottom) = (rect.x + rect.width, rect.y + rect.height);
    let before = i64::from(rect.x) * target.step_x + i64::from(rect.y) * target.step_y;
    let columns = right.div_ceil(8) - rect.x / 8;
    JpegImage {
        sources,
        base: image
            .pixels
            .raw()
            .wrapping_add_signed(target.origin - before),
        step_x: target.step_x as u64,
        step_y: target.step_y as u64,
        left: rect.x,
        right,
        top: rect.y,
        bottom,
        color: layout.color,
        columns,
        inverse: inverse(columns),
        count: columns * (bottom.div_ceil(2) - rect.y / 2),
    }
}

/// 2^32 divided by a number and rounded up; 0 for 1, where that is no u32.
fn inverse(number: u32) -> u32 {
    match number {
        1 => 0,
        number => (1u64 << 32).div_ceil(u64::from(number)) as u32,
    }
}
