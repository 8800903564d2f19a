// The samples of a component at the pixels of the image, as libjpeg-turbo interpolates them ("fancy upsampling"). Nothing outside
// of the bounds of a component is read: at them its last row and column are repeated.
#pragma once

#include "args/jpeg_pixels.cuh"

// The samples of eight columns of one row as bytes, the first in the lowest bits.
struct Eight {
    uint32_t words[2];
};

__device__ __forceinline__ const uint8_t* sample_row(const JpegSource& source, uint32_t y) {
    return reinterpret_cast<const uint8_t*>(source.samples + uint64_t(y) * source.pitch);
}

// The sample at column `x` and row `y` of the component, or the nearest one inside of the bounds.
__device__ __forceinline__ uint32_t sample_at(const JpegSource& source, int32_t x, int32_t y) {
    const uint32_t column = min(max(x, int32_t(source.left)), int32_t(source.right));
    const uint32_t row = min(max(y, int32_t(source.top)), int32_t(source.bottom));
    return __ldg(sample_row(source, row) + column);
}

// The sample at pixel (x, y) of the image, by the formulas alone.
__device__ __forceinline__ uint32_t upsampled_at(const JpegSource& source, uint32_t x, uint32_t y) {
    const int32_t i = x >> 1;
    const int32_t j = y >> 1;
    // The neighbor is the one on the side of the pixel.
    const int32_t beside = (x & 1) ? i + 1 : i - 1;
    const int32_t above = (y & 1) ? j + 1 : j - 1;
    switch (source.upsampling) {
        case COPY: return sample_at(source, x, y);
        case HORIZONTAL: return (3 * sample_at(source, i, y) + sample_at(source, beside, y) + 1 + (x & 1)) >> 2;
        case VERTICAL: return (3 * sample_at(source, x, j) + sample_at(source, x, above) + 1 + (y & 1)) >> 2;
        case BOTH: {
            const uint32_t here = 3 * sample_at(source, i, j) + sample_at(source, i, above);
            const uint32_t there = 3 * sample_at(source, beside, j) + sample_at(source, beside, above);
            return (3 * here + there + 8 - (x & 1)) >> 4;
        }
        default: return sample_at(source, x / source.across, y / source.down);
    }
}

// The samples at eight columns of two rows, one by one: at the edge of what is interpolated horizontally, and all that is repeated.
__device__ __noinline__ uint4 upsample_singly(const JpegSource& source, uint32_t x, uint32_t y) {
    uint64_t rows[2];
#pragma unroll
    for (int k = 0; k < 2; ++k) {
        rows[k] = 0;
#pragma unroll 1
        for (uint32_t c = 0; c < 8; ++c) {
            rows[k] |= uint64_t(upsampled_at(source, x + c, y + k)) << 8 * c;
        }
    }
    return make_uint4(uint32_t(rows[0]), uint32_t(rows[0] >> 32), uint32_t(rows[1]), uint32_t(rows[1] >> 32));
}

// Two 16-bit numbers from bytes 0 and 1, or 2 and 3, of a word.
__device__ __forceinline__ uint32_t low_bytes(uint32_t word) {
    return __byte_perm(word, 0, 0x4140);
}

__device__ __forceinline__ uint32_t high_bytes(uint32_t word) {
    return __byte_perm(word, 0, 0x4342);
}

// Four samples of a row in halves of words, with their neighbors on both sides: a pair is two 16-bit numbers.
struct Four {
    uint32_t first;
    uint32_t second;
    uint32_t outer;
};

// The samples of the columns i to i + 3, which lie inside of the bounds; `i` is a multiple of 4.
__device__ __forceinline__ Four four_samples(const JpegSource& source, const uint8_t* row, uint32_t i) {
    const uint32_t word = __ldg(reinterpret_cast<const uint32_t*>(row + i));
    const uint32_t before = __ldg(row + (i > source.left ? i - 1 : i));
    const uint32_t behind = __ldg(row + min(i + 4, source.right));
    return {low_bytes(word), high_bytes(word), before | behind << 16};
}

// Eight columns from four: (3 t[i] + t[i - 1] + EVEN) >> SHIFT and (3 t[i] + t[i + 1] + ODD) >> SHIFT.
template <uint32_t EVEN, uint32_t ODD, int SHIFT>
__device__ __forceinline__ Eight widen(const Four& four) {
    const uint32_t middle = __byte_perm(four.first, four.second, 0x5432);
    const uint32_t before[2] = {__byte_perm(four.outer, four.first, 0x5410), middle};
    const uint32_t behind[2] = {middle, __byte_perm(four.second, four.outer, 0x7632)};
    const uint32_t here[2] = {four.first, four.second};
    Eight eight;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
        const uint32_t even = (3 * here[k] + before[k] + EVEN * 0x10001u) >> SHIFT & 0x00ff00ffu;
        const uint32_t odd = (3 * here[k] + behind[k] + ODD * 0x10001u) >> SHIFT & 0x00ff00ffu;
        eight.words[k] = even | odd << 8;
    }
    return eight;
}

// Eight columns of a row between two: (3 here + there + ROUND) >> 2.
template <uint32_t ROUND>
__device__ __forceinline__ Eight between(const Eight& here, const Eight& there) {
    Eight eight;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
        const uint32_t low = (3 * low_bytes(here.words[k]) + low_bytes(there.words[k]) + ROUND * 0x10001u) >> 2;
        const uint32_t high = (3 * high_bytes(here.words[k]) + high_bytes(there.words[k]) + ROUND * 0x10001u) >> 2;
        eight.words[k] = __byte_perm(low, high, 0x6420);
    }
    return eight;
}

__device__ __forceinline__ Eight eight_samples(const JpegSource& source, uint32_t x, uint32_t y) {
    const uint2 words = __ldg(reinterpret_cast<const uint2*>(sample_row(source, y) + x));
    return {{words.x, words.y}};
}

// The samples at the columns x to x + 7 of the rows y and y + 1. `x` is a multiple of 8 and `y` of 2; both lie inside of the bounds
// of the image, and what lies outside gets any values.
__device__ __forceinline__ void upsample(const JpegSource& source, uint32_t x, uint32_t y, Eight* rows) {
    const uint32_t i = x >> 1;
    const uint32_t j = y >> 1;
    const uint32_t above = j > source.top ? j - 1 : j;
    const uint32_t below = min(j + 1, source.bottom);
    if (source.upsampling == COPY) {
        rows[0] = eight_samples(source, x, y);
        rows[1] = eight_samples(source, x, min(y + 1, source.bottom));
    } else if (source.upsampling == VERTICAL) {
        const Eight here = eight_samples(source, x, j);
        rows[0] = between<1>(here, eight_samples(source, x, above));
        rows[1] = between<2>(here, eight_samples(source, x, below));
    } else if (source.upsampling == BOTH && i + 3 <= source.right) {
        const Four here = four_samples(source, sample_row(source, j), i);
        const Four there[2] = {
            four_samples(source, sample_row(source, above), i),
            four_samples(source, sample_row(source, below), i),
        };
#pragma unroll
        for (int k = 0; k < 2; ++k) {
            const Four four = {3 * here.first + there[k].first, 3 * here.second + there[k].second, 3 * here.outer + there[k].outer};
            rows[k] = widen<8, 7, 4>(four);
        }
    } else if (source.upsampling == HORIZONTAL && i + 3 <= source.right) {
#pragma unroll
        for (int k = 0; k < 2; ++k) {
            rows[k] = widen<1, 2, 2>(four_samples(source, sample_row(source, min(y + k, source.bottom)), i));
        }
    } else {
        const uint4 words = upsample_singly(source, x, y);
        rows[0] = {{words.x, words.y}};
        rows[1] = {{words.z, words.w}};
    }
}
