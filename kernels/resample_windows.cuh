// The windows of an antialiased resize and their weights, by the operations of crates/ops/src/resample/tables in their order, each of
// which is rounded: the compiler contracts none.
#pragma once

#include "args/resample_mixed.cuh"

// The source positions that a position of the resized axis is made of.
template <typename Number>
struct Window {
    uint32_t first;
    uint32_t count;
    // What the distance of a source position is computed from: the center of the window, or for single precision the distance from the
    // center to the first position.
    Number center;
};

// A number as a share of a sum; as it is where the sum is 0.
template <typename Number>
__device__ __forceinline__ Number share(Number number, Number sum) {
    return sum != 0 ? number / sum : number;
}

// A window from `low` to `high`, cut off at the ends of the axis. It has a position at least.
template <typename Number>
__device__ __forceinline__ Window<Number> cut_off(const ResampleMixedAxis& axis, uint32_t low, uint32_t high, Number center) {
    const uint32_t first = min(low, axis.length - 1);
    const uint32_t end = min(max(high, first + 1), axis.length);
    return Window<Number>{first, end - first, center};
}

// The window of a position of the resized axis.
template <typename Number>
__device__ __forceinline__ Window<Number> window_at(const ResampleMixedAxis& axis, uint32_t at);

template <>
__device__ __forceinline__ Window<double> window_at<double>(const ResampleMixedAxis& axis, uint32_t at) {
    if (axis.copies) {
        return Window<double>{min(static_cast<uint32_t>(axis.start) + at, axis.length - 1), 1, 0.0};
    }
    const double center = axis.start + (at + 0.5) * axis.scale;
    const double low = center - axis.support + 0.5;
    const double high = center + axis.support + 0.5;
    return cut_off(axis, __double2uint_rz(fmax(low, 0.0)), __double2uint_rz(high), center);
}

template <>
__device__ __forceinline__ Window<float> window_at<float>(const ResampleMixedAxis& axis, uint32_t at) {
    if (axis.copies) {
        return Window<float>{min(static_cast<uint32_t>(axis.start) + at, axis.length - 1), 1, 0.0f};
    }
    const float scale = static_cast<float>(axis.scale);
    const float support = static_cast<float>(axis.support);
    const float center = static_cast<float>(at) + 0.5f;
    const float low = __fmaf_rn(scale, center, -support) + 0.5f;
    const float high = __fmaf_rn(scale, center, support) + 0.5f;
    Window<float> window = cut_off(axis, __float2uint_rz(fmaxf(low, 0.0f)), __float2uint_rz(high), 0.0f);
    window.center = __fmaf_rn(-scale, center, static_cast<float>(window.first));
    return window;
}

// The cubic polynomial with a = -0.5 at a distance below 1.
__device__ __forceinline__ double near_cubic(double x) {
    return (1.5 * x - 2.5) * x * x + 1.0;
}

// The filter at `x`, in double precision.
__device__ __forceinline__ double filter_at(uint32_t filter, double x) {
    const double distance = fabs(x);
    if (filter == BOX) {
        return -0.5 < x && x <= 0.5 ? 1.0 : 0.0;
    }
    if (filter == TRIANGLE) {
        return fmax(1.0 - distance, 0.0);
    }
    if (distance < 1.0) {
        return near_cubic(distance);
    }
    if (distance >= 2.0) {
        return 0.0;
    }
    if (filter == PILLOW_CUBIC) {
        return (((distance - 5.0) * distance + 8.0) * distance - 4.0) * -0.5;
    }
    return ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0;
}

// The filter at a distance, in single precision.
__device__ __forceinline__ float filter_at(uint32_t filter, float distance) {
    if (filter == TRIANGLE) {
        return fmaxf(1.0f - distance, 0.0f);
    }
    if (distance < 1.0f) {
        return __fmaf_rn(__fmaf_rn(1.5f, distance, -2.5f) * distance, distance, 1.0f);
    }
    if (distance < 2.0f) {
        return __fmaf_rn(__fmaf_rn(distance - 5.0f, distance, 8.0f), distance, -4.0f) * -0.5f;
    }
    return 0.0f;
}

// The filter at a position of a window, counted from its first one.
__device__ __forceinline__ double number_at(const ResampleMixedAxis& axis, uint32_t filter, const Window<double>& window, uint32_t tap) {
    return axis.copies ? 1.0 : filter_at(filter, (window.first + tap - window.center + 0.5) * axis.inverse);
}

__device__ __forceinline__ float number_at(const ResampleMixedAxis& axis, uint32_t filter, const Window<float>& window, uint32_t tap) {
    const float distance = fabsf((static_cast<float>(tap) + window.center + 0.5f) * static_cast<float>(axis.inverse));
    return axis.copies ? 1.0f : filter_at(filter, distance);
}

// The weight of a share: in 2^-shift, rounded half away from zero, or as it is.
template <typename Weight>
__device__ __forceinline__ Weight weight_of(double share, uint32_t shift) {
    const double scaled = share * static_cast<double>(1u << shift);
    return __double2int_rz(scaled + (share < 0.0 ? -0.5 : 0.5));
}

template <typename Weight>
__device__ __forceinline__ Weight weight_of(float share, uint32_t) {
    return share;
}
