//! Graphs of image operators over batches of frames, on GPUs and CPUs, with the same pixels
