// The taps of sample_mixed.cu, computed from the numbers of an axis by the operations that make the tables of `resize`.
#pragma once

#include "args/sample_mixed.cuh"
#include "args/tap.cuh"

// The position of an output column or row on the resized axis, as in `resize`: the index below it and the fraction above that.
struct Position {
    int index;
    float fraction;
};

__device__ __forceinline__ Position position_of(const MixedAxis& axis, uint32_t at) {
    const int resized = axis.after_first + axis.after_step * static_cast<int>(at);
    const float center = static_cast<float>((static_cast<double>(resized) + 0.5) * axis.scale - 0.5);
    const float below = floorf(center);
    return Position{static_cast<int>(below), center - below};
}

__device__ __forceinline__ bool is_outside(const MixedAxis& axis, uint32_t at) {
    return static_cast<int>(at) < axis.first || static_cast<int>(at) >= axis.end;
}

// A weight in 1/2048.
__device__ __forceinline__ int fixed_point(float weight) {
    return __float2int_rn(weight * 2048.0f);
}

// The two source pixels of an output column, side by side.
struct Column {
    // The left one.
    int left;
    // The weight of the left one in the low half, and that of its neighbor.
    uint32_t weights;
    // Whether the output column is outside the source, and has none.
    bool outside;
};

// The column of an output pixel. Where the tap leaves the image, the border column has all the weight.
__device__ __forceinline__ Column column_at(const MixedAxis& axis, uint32_t x) {
    Position position = position_of(axis, x);
    if (position.index < 0 || position.index >= axis.last) {
        position = Position{position.index < 0 ? 0 : axis.last, 0.0f};
    }
    const uint32_t weight0 = fixed_point(1.0f - position.fraction);
    const uint32_t weight1 = fixed_point(position.fraction);
    const int first = axis.before_first + axis.before_step * position.index;
    if (axis.before_step < 0 && weight1 != 0) {
        return Column{first - 1, weight1 | (weight0 << 16), is_outside(axis, x)};
    }
    return Column{first, weight0 | (weight1 << 16), is_outside(axis, x)};
}

// The tap of an output row. Where it leaves the image, both indices are clamped and the weights are kept. Outside the source the
// weights are 0.
__device__ __forceinline__ Tap line_at(const MixedAxis& axis, uint32_t y) {
    if (is_outside(axis, y)) {
        return Tap{0, 0, 0, 0};
    }
    const Position position = position_of(axis, y);
    const int index0 = min(max(position.index, 0), axis.last);
    const int index1 = min(max(position.index + 1, 0), axis.last);
    return Tap{axis.before_first + axis.before_step * index0, axis.before_first + axis.before_step * index1,
               fixed_point(1.0f - position.fraction), fixed_point(position.fraction)};
}

__device__ __forceinline__ bool is_outside(const Tap& line) {
    return (line.weight0 | line.weight1) == 0;
}
