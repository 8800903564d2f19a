// Stencils on four channels: a blur of up to nine taps.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_4, BLUR_9, false, 5, 2, 8, 12)
