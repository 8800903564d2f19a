// Coefficients of JPEG files to pixels, bit for bit as libjpeg-turbo computes them: `jpeg_planes` transforms the blocks of all
// components of all images to samples, `jpeg_colors` interpolates and converts them. Each is one launch for images of any sizes.
#include "jpeg_color.cuh"
#include "jpeg_tiles.cuh"
#include "jpeg_upsample.cuh"

// Blocks of coefficients of a tile of `jpeg_planes`, and its threads. Eight threads make a block.
constexpr uint32_t TILE_BLOCKS = 256;
constexpr uint32_t PLANE_THREADS = 256;
// Bytes of shared memory from a block to the next: four blocks side by side lie in different banks.
constexpr uint32_t BLOCK_STRIDE = 144;

// The eight numbers of a column of a block in shared memory, which lies there row by row.
__device__ __forceinline__ void read_column(const uint8_t* block, uint32_t column, int32_t* out) {
#pragma unroll
    for (int r = 0; r < 8; ++r) {
        out[r] = *reinterpret_cast<const int16_t*>(block + 16 * r + 2 * column);
    }
}

extern "C" __global__ void __launch_bounds__(256) jpeg_planes(const __grid_constant__ JpegPlanesArgs args) {
    // For each warp its four blocks: the coefficients, and the results of the first pass.
    __shared__ __align__(16) uint8_t shared[PLANE_THREADS / 32][2][4 * BLOCK_STRIDE];
    const uint32_t* first_tiles = reinterpret_cast<const uint32_t*>(args.first_tiles);
    const uint32_t item = item_of_tile(first_tiles, args.count, blockIdx.x);
    const JpegPlane& plane = reinterpret_cast<const JpegPlane*>(args.planes)[item];
    const uint32_t lane = threadIdx.x & 31;
    // The row of the block that the thread reads and writes, which is also its column in the first pass.
    const uint32_t line = lane & 7;
    uint8_t* before = shared[threadIdx.x / 32][0] + (lane >> 3) * BLOCK_STRIDE;
    uint8_t* between = shared[threadIdx.x / 32][1] + (lane >> 3) * BLOCK_STRIDE;
    const uint4 packed = __ldg(reinterpret_cast<const uint4*>(plane.quantizer + 8 * line));
    const uint32_t words[4] = {packed.x, packed.y, packed.z, packed.w};
    int32_t quantizer[8];
#pragma unroll
    for (int r = 0; r < 8; ++r) {
        quantizer[r] = (r & 1) ? words[r / 2] >> 16 : words[r / 2] & 0xffffu;
    }
    const uint32_t count = plane.count;
    const uint32_t begin = (blockIdx.x - first_tiles[item]) * TILE_BLOCKS;
    const uint32_t end = min(count, begin + TILE_BLOCKS);
    // A warp has four blocks at a time. All of its threads stay together: those without a block do the last one's work again.
    for (uint32_t group = begin + threadIdx.x / 32 * 4; group < end; group += PLANE_THREADS / 8) {
        const uint32_t block = group + (lane >> 3);
        uint32_t row, column;
        split_index(min(block, count - 1), plane.columns, plane.inverse, row, column);
        const uint64_t source = plane.blocks + (uint64_t(row) * plane.block_pitch + column) * 128;
        const uint4 in = __ldg(reinterpret_cast<const uint4*>(source) + line);
        *reinterpret_cast<uint4*>(before + 16 * line) = in;
        // A bit for each thread whose row has a coefficient other than the first one of the block.
        const uint32_t first_word = line == 0 ? in.x & 0xffff0000u : in.x;
        const uint32_t busy = __ballot_sync(0xffffffffu, (first_word | in.y | in.z | in.w) != 0);
        __syncwarp();
        uint2 out;
        if (busy == 0) {
            // Four blocks of one color each.
            const uint32_t product = low_16(__shfl_sync(0xffffffffu, in.x, lane & 24)) * plane.quantizer[0];
            const int32_t mean = low_16(product << 2);
            const int32_t sample = ((mean + 16) >> 5) + 128;
            out.x = out.y = saturated_bytes(sample, sample, sample, sample);
        } else {
            int32_t numbers[8];
            read_column(before, line, numbers);
#pragma unroll
            for (int r = 0; r < 8; ++r) {
                numbers[r] = low_16(numbers[r] * quantizer[r]);
            }
            uint4 half;
            if ((busy >> (lane & 24) & 0xfe) == 0) {
                // Only the first row has coefficients: each column is constant.
                const int32_t number = low_16(numbers[0] * 4);
                half.x = half.y = half.z = half.w = saturated_pair(number, number);
            } else {
                int32_t sums[8];
                inverse_dct<11, 1 << 10>(numbers, sums);
                half.x = saturated_pair(sums[0], sums[1]);
                half.y = saturated_pair(sums[2], sums[3]);
                half.z = saturated_pair(sums[4], sums[5]);
                half.w = saturated_pair(sums[6], sums[7]);
            }
            // Columns are stored as rows, so that the rows are the columns there.
            *reinterpret_cast<uint4*>(between + 16 * line) = half;
            __syncwarp();
            read_column(between, line, numbers);
            int32_t samples[8];
            inverse_dct<18, (1 << 17) + (128 << 18)>(numbers, samples);
            out.x = saturated_bytes(samples[0], samples[1], samples[2], samples[3]);
            out.y = saturated_bytes(samples[4], samples[5], samples[6], samples[7]);
        }
        if (block < count) {
            const uint64_t target = plane.samples + (uint64_t(row) * 8 + line) * plane.pitch + uint64_t(column) * 8;
            *reinterpret_cast<uint2*>(target) = out;
        }
    }
}

// Threads of a block of `jpeg_colors`, each with a group of pixels.
constexpr uint32_t PIXEL_THREADS = 256;

// Whether pixels of COLOR have one channel.
template <uint32_t COLOR>
constexpr bool IS_GRAY = COLOR == GRAY || COLOR == RGB_TO_GRAY || COLOR == CMYK_TO_GRAY || COLOR == YCCK_TO_GRAY;

// Eight columns of two rows of an image, which a thread makes: the first column and row.
struct Group {
    uint32_t x;
    uint32_t y;
};

__device__ __forceinline__ uint64_t pixel_address(const JpegImage& image, uint32_t x, uint32_t y) {
    return image.base + x * image.step_x + y * image.step_y;
}

// Whether all of eight pixels from column `x` of row `y` on are in the rectangle, side by side and aligned.
__device__ __forceinline__ bool is_whole(const JpegImage& image, uint32_t x, uint32_t y, uint32_t channels) {
    return x >= image.left && x + 8 <= image.right && y >= image.top && y < image.bottom && image.step_x == channels &&
           (pixel_address(image, x, y) & 7) == 0;
}

// Stores eight pixels of a row one by one, those of them that are inside of the rectangle.
template <int CHANNELS>
__device__ __forceinline__ void store_singly(const JpegImage& image, uint32_t x, uint32_t y, const uint32_t* words) {
    if (y < image.top || y >= image.bottom) {
        return;
    }
    const uint64_t address = pixel_address(image, x, y);
#pragma unroll
    for (uint32_t c = 0; c < 8; ++c) {
        if (x + c >= image.left && x + c < image.right) {
            uint8_t* pixel = reinterpret_cast<uint8_t*>(address + c * image.step_x);
#pragma unroll
            for (uint32_t i = 0; i < CHANNELS; ++i) {
                const uint32_t at = c * CHANNELS + i;
                pixel[i] = words[at / 4] >> 8 * (at % 4);
            }
        }
    }
}

// Stores two rows of a group.
template <int CHANNELS>
__device__ __forceinline__ void store_group(const JpegImage& image, const Group& group, const uint32_t (*words)[6]) {
#pragma unroll
    for (int k = 0; k < 2; ++k) {
        if (is_whole(image, group.x, group.y + k, CHANNELS)) {
            uint2* place = reinterpret_cast<uint2*>(pixel_address(image, group.x, group.y + k));
#pragma unroll
            for (int i = 0; i < CHANNELS; ++i) {
                place[i] = make_uint2(words[k][2 * i], words[k][2 * i + 1]);
            }
        } else {
            store_singly<CHANNELS>(image, group.x, group.y + k, words[k]);
        }
    }
}

// Converts two rows of eight columns, from a word of each component and row for each four columns.
template <uint32_t COLOR>
__device__ __forceinline__ void convert_group(const Eight (*samples)[2], uint32_t (*out)[6]) {
    constexpr int CHANNELS = IS_GRAY<COLOR> ? 1 : 3;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const uint32_t words[4] = {samples[0][k].words[half], samples[1][k].words[half], samples[2][k].words[half],
                                       samples[3][k].words[half]};
            convert_four<COLOR>(words, out[k] + half * CHANNELS);
        }
    }
}

// How many components a color has.
__device__ __forceinline__ uint32_t components_of(uint32_t color) {
    return color <= GRAY_TO_RGB ? 1 : color >= CMYK_TO_RGB ? 4 : 3;
}

extern "C" __global__ void __launch_bounds__(256, 5) jpeg_colors(const __grid_constant__ JpegColorsArgs args) {
    const uint32_t* first_tiles = reinterpret_cast<const uint32_t*>(args.first_tiles);
    const uint32_t item = item_of_tile(first_tiles, args.count, blockIdx.x);
    const JpegImage& image = reinterpret_cast<const JpegImage*>(args.images)[item];
    const uint32_t index = (blockIdx.x - first_tiles[item]) * PIXEL_THREADS + threadIdx.x;
    if (index >= image.count) {
        return;
    }
    uint32_t row, column;
    split_index(index, image.columns, image.inverse, row, column);
    const Group group = {(image.left & ~7u) + 8 * column, (image.top & ~1u) + 2 * row};
    const uint32_t count = components_of(image.color);
    Eight samples[4][2] = {};
#pragma unroll
    for (uint32_t c = 0; c < 4; ++c) {
        if (c < count) {
            upsample(image.sources[c], group.x, group.y, samples[c]);
        }
    }
    // Gray has the first two words of a row, RGB all six.
    uint32_t out[2][6] = {};
    bool gray = false;
    switch (image.color) {
        case GRAY: convert_group<GRAY>(samples, out); gray = true; break;
        case GRAY_TO_RGB: convert_group<GRAY_TO_RGB>(samples, out); break;
        case YCBCR_TO_RGB: convert_group<YCBCR_TO_RGB>(samples, out); break;
        case RGB: convert_group<RGB>(samples, out); break;
        case RGB_TO_GRAY: convert_group<RGB_TO_GRAY>(samples, out); gray = true; break;
        case CMYK_TO_RGB: convert_group<CMYK_TO_RGB>(samples, out); break;
        case YCCK_TO_RGB: convert_group<YCCK_TO_RGB>(samples, out); break;
        case CMYK_TO_GRAY: convert_group<CMYK_TO_GRAY>(samples, out); gray = true; break;
        case YCCK_TO_GRAY: convert_group<YCCK_TO_GRAY>(samples, out); gray = true; break;
        case CMYK_TO_RGB_PILLOW: convert_group<CMYK_TO_RGB_PILLOW>(samples, out); break;
        case YCCK_TO_RGB_PILLOW: convert_group<YCCK_TO_RGB_PILLOW>(samples, out); break;
    }
    if (gray) {
        store_group<1>(image, group, out);
    } else {
        store_group<3>(image, group, out);
    }
}
