// Stencils on the gray of three channels: a blur of up to nine taps, with or without the Sobel magnitude.
#include "stencil_kernels.cuh"

STENCIL(blur, GRAY_3, BLUR_9, false, 2, 2, 8, 16)
STENCIL(blur_sobel, GRAY_3, BLUR_9, true, 2, 2, 8, 16)
