// Stencils on gray: a blur of up to nine taps, with or without the Sobel magnitude.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_1, BLUR_9, false, 4, 2, 8, 12)
STENCIL(blur_sobel, PLAIN_1, BLUR_9, true, 2, 2, 8, 16)
