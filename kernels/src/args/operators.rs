//! The argument structs of kernels that compute one operator.

use super::layout::{Argument, Field, Kind, Layout, arguments};

arguments! {
    /// A batch of images in device memory: row `y` of frame `n` begins at `base + n * batch_stride + y * row_pitch`.
    ImageParam in "image" {
        /// Address of the first sample.
        base: u64,
        /// Bytes from a row to the next.
        row_pitch: u64,
        /// Bytes from an image to the next.
        batch_stride: u64,
        /// Pixels of a row.
        width: u32,
        /// Rows of an image.
        height: u32,
        /// Samples of a pixel; 1 for kernels that take images as rows of samples.
        channels: u32,
        /// Images of the batch.
        batch: u32,
    }

    /// Arguments of `color` and `gray_torchvision`: `dst` has the size and batch of `src`, and the channels that the conversion
    /// makes.
    ColorArgs in "color" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// The conversion as a number, in the order of the variants of `ColorConversion`.
        conversion: u32,
        /// The library whose gray is made, in the order of the variants of `ColorLike`.
        like: u32,
    }

    /// Arguments of `color_space`: images of three channels and one size.
    ColorSpaceArgs in "color_space" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Address of the tables of the conversion, u32 numbers; unused where it has none.
        tables: u64,
        /// Twice the number of the other color space, a variant of `Space`, and 1 more for the way back to RGB.
        conversion: u32,
        /// 1 where blue is the first channel of the RGB image that is read or written.
        blue_first: u32,
    }

    /// The two source samples of an output sample on one axis, an entry of the tables of `resize` and of the fused kernels.
    Tap in "tap" {
        /// Index of the first sample.
        index0: i32,
        /// Index of the second sample.
        index1: i32,
        /// Weight of the first sample in 1/2048.
        weight0: i32,
        /// Weight of the second sample in 1/2048.
        weight1: i32,
    }

    /// Arguments of the kernels of `resize`: `dst` has the channels (1, 3 or 4) and batch of `src`. All positions are inside `src`.
    ResizeArgs in "resize" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Address of the tables, a multiple of 16; unused by `resize_half` and `resize_blocks`. `resize_bilinear`: `dst.width`
        /// entries `Tap` for x, then `dst.height` for y. `resize_nearest`: `dst.width` u32 indices for x, then `dst.height` for y.
        /// `resize_fixed*` and `resize_float`: `dst.width` u32 first positions for x, `dst.height` for y; then the weights, i32 or
        /// f32: `column_taps` times `dst.width` for x, tap by tap, and `dst.height` times `line_taps` for y, row by row.
        tables: u64,
        /// Source columns of a column of `dst`; unused by `resize_bilinear`, `resize_half` and `resize_nearest`, as the next two.
        column_taps: u32,
        /// Source rows of a row of `dst`.
        line_taps: u32,
        /// Fractional bits of the sums of `resize_fixed*`, 1 to 30.
        shift: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `gaussian_blur`: `src` and `dst` have one shape of 1, 3 or 4 channels and must not overlap.
    GaussianBlurArgs in "gaussian_blur" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Taps on each axis: odd, 1 to 31.
        size: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
        /// `taps[0..size]` in 1/256, mirrored, with the sum 256; the rest is zero.
        taps: [u16; 32],
    }

    /// Arguments of `sobel` and `sobel_wide`: `src` has 1, 3 (RGB) or 4 (RGBA) channels, `dst` one, and they must not overlap.
    SobelArgs in "sobel" {
        /// The images read.
        src: ImageParam,
        /// The images written; for dx and dy with an even base, pitch and stride.
        dst: ImageParam,
        /// 0 magnitude (u8), 1 dx (i16), 2 dy (i16).
        output: u32,
        /// Side of the window in pixels: 3 for `sobel`, 5 or 7 for `sobel_wide`.
        size: u32,
    }

    /// Arguments of `laplacian`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
    LaplacianArgs in "laplacian" {
        /// The images read.
        src: ImageParam,
        /// The images written; for i16 with an even base, pitch and stride.
        dst: ImageParam,
        /// 0: `dst` is i16; 1: `dst` is u8, clamped to 0 to 255.
        clamp: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `scharr`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
    ScharrArgs in "scharr" {
        /// The images read.
        src: ImageParam,
        /// The images written: i16, with an even base, pitch and stride.
        dst: ImageParam,
        /// 0: the derivative along x; 1: along y.
        along_y: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// A number of the kernel of `filter2d` that is not zero.
    FilterTap in "filter2d" {
        /// Columns to the right of the sample whose result is computed.
        x: i32,
        /// Rows below it.
        y: i32,
        /// The number.
        weight: f32,
    }

    /// Arguments of `filter2d`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
    Filter2dArgs in "filter2d" {
        /// The images read.
        src: ImageParam,
        /// The images written; for i16 with an even base, pitch and stride.
        dst: ImageParam,
        /// Address of the taps, row by row: a multiple of 4.
        taps: u64,
        /// The number of taps: 0 to 129.
        count: u32,
        /// Columns of the kernel.
        columns: u32,
        /// Rows of the kernel.
        rows: u32,
        /// The column of the kernel that lies on the sample whose result is computed.
        anchor_x: u32,
        /// The row of the kernel that lies on this sample.
        anchor_y: u32,
        /// What is outside the image: a number of `WarpOutside` but `WRAP`; `CONSTANT` is zero.
        outside: u32,
        /// 0: `dst` is i16; 1: `dst` is u8. Both are clamped.
        clamp: u32,
        /// The number to which weighted samples are added.
        delta: f32,
    }

    /// Arguments of `pyr_down`: `src` and `dst` have 1, 3 or 4 channels and must not overlap. The sides of `dst` are half of those of
    /// `src`, rounded up.
    PyrDownArgs in "pyramid" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// What is outside the image: a number of `WarpOutside` but `CONSTANT`.
        outside: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `pyr_up`: `src` and `dst` have 1, 3 or 4 channels and must not overlap. The sides of `dst` are twice those of `src`.
    PyrUpArgs in "pyramid" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
    }

    /// Arguments of `median_blur` and `median_blur_counts`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
    MedianBlurArgs in "median_blur" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Side of the window in pixels: odd, 3 to 255; of `median_blur` 3 or 5.
        size: u32,
        /// Rows that a thread of `median_blur_counts` computes, at least 1.
        rows: u32,
    }

    /// Arguments of `box_blur`, `erode` and `dilate`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
    WindowArgs in "window" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Side of the window in pixels: odd, 1 to 31.
        size: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `threshold`: images as rows of samples.
    ThresholdArgs in "threshold" {
        /// The images read.
        src: ImageParam,
        /// The images written; they must not overlap those read.
        dst: ImageParam,
        /// The largest sample that becomes 0: 0 to 255.
        threshold: u32,
        /// What larger samples become: 0 to 255.
        maximum: u32,
    }

    /// Arguments of `mask`: images of one size and batch.
    MaskArgs in "binary" {
        /// The images read.
        image: ImageParam,
        /// The masks read, of one channel, or of those of the images.
        mask: ImageParam,
        /// The images written, of 1, 3 or 4 channels; they must not overlap those read.
        dst: ImageParam,
        /// One sample for each channel, where the mask is 0.
        value: [u8; 4],
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `adaptive_threshold`: `src` and `dst` have one channel and must not overlap.
    AdaptiveThresholdArgs in "window" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Side of the window in pixels: odd, 3 to 31.
        size: u32,
        /// Samples are above where they are larger than the mean of their window and this number.
        offset: i32,
        /// What samples become that are above: 0 to 255.
        above: u32,
        /// What the others become.
        below: u32,
    }

    /// Arguments of most kernels of two images: images of one size and batch as rows of samples.
    BinaryArgs in "binary" {
        /// The first input.
        a: ImageParam,
        /// The second input.
        b: ImageParam,
        /// The images written; they must not overlap those read.
        dst: ImageParam,
        /// Weight of `a` in 1/256, 0 to 256, of `blend`; unused by the others.
        weight: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `gather_1`, `gather_2` and `gather_4`, the kernels of crop, flip and pad for samples of 1, 2 and 4 bytes. `dst`
    /// has the channels (1, 3 or 4) and batch of `src`. Planar images come with one channel and the rows of all planes.
    GatherArgs in "gather" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Column of `dst` where the left column of `src` lies.
        left: i32,
        /// Row of `dst` where the top row of `src` lies.
        top: i32,
        /// Width of the source in `dst`: that of `src`, where `src` is read.
        inner_width: u32,
        /// Height of the source in `dst`.
        inner_height: u32,
        /// Bit 0 mirrors the source along x, bit 1 along y.
        flip: u32,
        /// Pixels outside the source: 0 `value`, 1 the border pixel, 2 reflect-101, 3 `value`, with the inside not written.
        outside: u32,
        /// Planes of `src` and of `dst`: 1 for interleaved images.
        planes: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
        /// The bits of one sample for each channel, in the low bytes.
        value: [u32; 4],
    }

    /// Arguments of `erase_1`, `erase_2` and `erase_4`, for samples of 1, 2 and 4 bytes. `dst` has the shape and batch of `src`. Planar
    /// images come with one channel and the rows of all planes.
    EraseArgs in "erase" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// First column of the rectangle.
        x: u32,
        /// First row of the rectangle, in each plane.
        y: u32,
        /// Columns of the rectangle.
        width: u32,
        /// Rows of the rectangle.
        height: u32,
        /// Planes of the images: 1 for interleaved images.
        planes: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
        /// The bits of one sample for each channel, in the low bytes.
        value: [u32; 4],
    }

    /// Arguments of `float_table`: `src` has 1, 3 or 4 channels.
    FloatTableArgs in "float_table" {
        /// The images read.
        src: ImageParam,
        /// The images written, as rows of samples: the rows of `src`, or `channels` times as many where `planar` is 1.
        dst: ImageParam,
        /// Address of the numbers, 256 f32 for each of 4 channels, a multiple of 16.
        tables: u64,
        /// 0 interleaved, 1 one plane after the other.
        planar: u32,
        /// The type of the output: 0 for f32, 1 for f16, 2 for bf16.
        sample: u32,
    }

    /// Arguments of `lut`: images as rows of samples.
    LutArgs in "lut" {
        /// The images read.
        src: ImageParam,
        /// The images written; they must not overlap those read.
        dst: ImageParam,
        /// Address of the tables of the first image, `count` of 256 bytes each, a multiple of 16.
        tables: u64,
        /// Bytes from the tables of an image to those of the next, a multiple of 16; 0 where all images have the same.
        stride: u64,
        /// The number of tables: 1, 3 or 4. Sample `i` of a row is looked up in table `i` modulo this number.
        count: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `histogram` and `histogram_4`.
    HistogramArgs in "histogram" {
        /// The images read, of 1, 3 or (`histogram_4`) 4 channels and fewer than 2^31 pixels.
        src: ImageParam,
        /// Address of the counts: for each image, each part and each channel 256 u32; a multiple of 16.
        histograms: u64,
        /// Parts of an image.
        parts: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `measured_tables`.
    MeasuredTablesArgs in "histogram" {
        /// Address of the counts, as `histogram` writes them.
        histograms: u64,
        /// Address of the tables written: for each image and each channel 256 bytes; a multiple of 16.
        tables: u64,
        /// Parts of an image.
        parts: u32,
        /// Channels of an image: 1 or 3.
        channels: u32,
        /// Images of the batch.
        batch: u32,
        /// The operator: 0 `equalize_hist`, 1 `equalize`, 2 `autocontrast`, 3 `otsu_threshold`.
        kind: u32,
        /// Pixels of an image.
        pixels: u32,
        /// The type of a threshold: 0 binary, 1 binary_inv, 2 trunc, 3 tozero, 4 tozero_inv.
        threshold_type: u32,
        /// The maximum of a threshold: 0 to 255.
        maximum: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `measure`.
    MeasureArgs in "histogram" {
        /// The images that were counted, of 1, 3 or 4 channels; the kernel does not read them again.
        src: ImageParam,
        /// The numbers written: for each image a row for each channel, of 256 f32 for kind 0, 2 f64 for kinds 1 and 2, and 1 f64 for kind 3.
        dst: ImageParam,
        /// Address of the counts, as `histogram` writes them.
        histograms: u64,
        /// Parts of an image.
        parts: u32,
        /// The numbers: 0 counts, 1 least and largest sample, 2 mean and standard deviation, 3 sum.
        kind: u32,
    }

    /// Arguments of `nv12_to_rgb`.
    Nv12Args in "nv12" {
        /// The frames read, as gray images with half as many rows again as `dst`: Y, then pairs of U and V.
        src: ImageParam,
        /// The RGB images written.
        dst: ImageParam,
    }

    /// Arguments of `yuv_to_rgb`: weights in 2^-20, for samples of 10 bits in 2^-22.
    YuvToRgbArgs in "yuv_to_rgb" {
        /// The frames read, as gray images.
        src: ImageParam,
        /// The RGB images written, of an even width.
        dst: ImageParam,
        /// The layout of a frame as a number, in the order of the variants of `YuvFormat`.
        format: u32,
        /// Bits of a sample: 8, or 10 of the format with two bytes for each sample.
        bits: u32,
        /// The luma of black.
        black: i32,
        /// The weight of Y in red, green and blue.
        luma: i32,
        /// The weight of V in red.
        red: i32,
        /// The weight of U in green.
        green_u: i32,
        /// The weight of V in green.
        green_v: i32,
        /// The weight of U in blue.
        blue: i32,
    }

    /// Arguments of `rgb_to_yuv`: weights of red, green and blue in 2^-20.
    RgbToYuvArgs in "rgb_to_yuv" {
        /// The RGB images read, of even width and height.
        src: ImageParam,
        /// The frames written, as gray images with half as many rows again.
        dst: ImageParam,
        /// The weights in Y.
        luma: [i32; 3],
        /// The weights in U.
        u: [i32; 3],
        /// The weights in V.
        v: [i32; 3],
        /// The luma of black.
        black: i32,
        /// Whether U and V are planes of their own (1), or alternate (0).
        planar: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `pixel_steps` and `pixel_steps_sums`: `src` and `dst` have one shape of 1 or 3 channels and fewer than 2^31 pixels.
    PixelStepsArgs in "pixel_steps" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Address of the sums of gray, u64: one for each image and each part; unused where nothing is measured.
        sums: u64,
        /// Parts of an image.
        parts: u32,
        /// The number of steps, 0 to 4.
        count: u32,
        /// The step that changes the contrast, before which gray is summed; `count` where there is none.
        measured: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
        /// The steps: 0 brightness, 1 contrast, 2 saturation, 3 hue, 4 gray.
        kinds: [u32; 4],
        /// Of each step the factor of the samples, or the turn of the hue.
        factors: [f32; 4],
        /// Of each step the factor of what the samples are blended with.
        rests: [f32; 4],
    }

    /// Arguments of `sharpness`: `src` and `dst` have one shape of 1 or 3 channels and must not overlap.
    SharpnessArgs in "sharpness" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// The factor of the blurred image.
        rest: f32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `add_weighted`: images of one size and batch as rows of samples.
    AddWeightedArgs in "binary" {
        /// The first input.
        a: ImageParam,
        /// The second input.
        b: ImageParam,
        /// The images written; they must not overlap those read.
        dst: ImageParam,
        /// The factor of `a`.
        alpha: f32,
        /// The factor of `b`.
        beta: f32,
        /// The summand.
        gamma: f32,
        /// 1 where the summand is added last, with a rounding of its own.
        gamma_last: u32,
    }

    /// Arguments of the kernels of `canny.cu`: `src` has 1, 3 or 4 channels, `dst` one.
    CannyArgs in "canny" {
        /// The images read.
        src: ImageParam,
        /// The images written; they must not overlap those read.
        dst: ImageParam,
        /// Address of the labels: u32 numbers, one for each pixel of each image.
        labels: u64,
        /// The magnitude above which a pixel continues an edge.
        low: i32,
        /// The magnitude above which a pixel begins an edge.
        high: i32,
        /// Taps of the Sobel kernels: 3, 5 or 7.
        aperture: u32,
        /// 1 where a magnitude is the sum of the squares of the derivatives; 0: of their absolute values.
        l2_gradient: u32,
    }

    /// Arguments of `clahe_tables` and `clahe`: `src` and `dst` have one shape of one channel.
    ClaheArgs in "clahe" {
        /// The images read.
        src: ImageParam,
        /// The images written; they must not overlap those read.
        dst: ImageParam,
        /// Address of the tables: for each image and each tile, row by row, 256 bytes.
        tables: u64,
        /// Tiles along x.
        columns: u32,
        /// Tiles along y.
        rows: u32,
        /// Width of a tile.
        tile_width: u32,
        /// Height of a tile.
        tile_height: u32,
        /// The most pixels of a value in a tile; 0 for any number.
        limit: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of the kernels of `connected_components.cu`: `src` and `dst` have one channel.
    ComponentsArgs in "components" {
        /// The images read.
        src: ImageParam,
        /// The images written: i32, with base, pitch and stride of multiples of 4.
        dst: ImageParam,
        /// Address of the labels: u32 numbers, one for each pixel of each image.
        labels: u64,
        /// Address of the counts of rows: u32 numbers, one for each row of each image.
        rows: u64,
        /// The neighbors of a pixel: 4 or 8.
        connectivity: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `pad_mask`.
    PadMaskArgs in "pad_mask" {
        /// The images that are padded; they are not read.
        src: ImageParam,
        /// The masks written, of one channel.
        dst: ImageParam,
        /// Column of `dst` where the left column of an image lies.
        left: u32,
        /// Row of `dst` where the top row of an image lies.
        top: u32,
        /// Width of an image.
        inner_width: u32,
        /// Height of an image.
        inner_height: u32,
    }

    /// Arguments of `transpose_1`, `transpose_2` and `transpose_4`, for samples of 1, 2 and 4 bytes: `dst` has the columns of `src` as rows,
    /// and its channels (1, 3 or 4) and batch. Planar images come with one channel and the rows of all planes.
    TransposeArgs in "transpose" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Bit 0 mirrors the source along x first, bit 1 along y.
        flip: u32,
        /// Planes of the images: 1 for interleaved images.
        planes: u32,
    }

    /// Arguments of `concat_1`, `concat_2` and `concat_4`, for samples of 1, 2 and 4 bytes. All images come as rows of samples, planar ones with
    /// the rows of all planes.
    ConcatArgs in "beside" {
        /// The first images read.
        a: ImageParam,
        /// The second images read, which have the rows of the first ones, or where one is below the other rows as long.
        b: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// 0 where the second image is to the right of the first, 1 where it is below.
        vertical: u32,
        /// Planes of the images: 1 for interleaved images.
        planes: u32,
    }

    /// Arguments of `tile_1`, `tile_2` and `tile_4`, for samples of 1, 2 and 4 bytes. The images come as rows of samples, planar ones with the
    /// rows of all planes.
    TileArgs in "beside" {
        /// The images read.
        src: ImageParam,
        /// The images written: rows and their number are multiples of those of `src`.
        dst: ImageParam,
        /// Planes of the images: 1 for interleaved images.
        planes: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of `patchify_1`, `patchify_2` and `patchify_4`, for samples of 1, 2 and 4 bytes. A row of `dst` is a patch of
    /// `src`; groups of `merge` x `merge` patches follow one another. Planar images come with one channel and the rows of all planes.
    PatchifyArgs in "patchify" {
        /// The images read: width and height are multiples of those of a group of patches.
        src: ImageParam,
        /// The matrices written, of one channel.
        dst: ImageParam,
        /// Width of a patch.
        patch_width: u32,
        /// Height of a patch.
        patch_height: u32,
        /// Patches of a group along each axis.
        merge: u32,
        /// Times that a patch is repeated in its row.
        temporal: u32,
        /// Planes of `src`: 1 for interleaved images.
        planes: u32,
        /// The axes of a row: 0 channel, time, y, x; 1 time, channel, y, x; 2 time, y, x, channel.
        order: u32,
    }
}
