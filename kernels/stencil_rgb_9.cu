// Stencils on three channels: a blur of up to nine taps.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_3, BLUR_9, false, 4, 2, 8, 12)
