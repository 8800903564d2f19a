//! The table of kernel modules: their PTX, compiled into the program.
//!
//! `cargo xtask kernels` makes the PTX from `kernels/*.cu`; it is committed, so that a build needs no CUDA compiler.

use pixelflume_device::KernelModule;

/// Declares one [`KernelModule`] for each line `NAME: "file" for [targets] with [entry points];`.
///
/// The targets are those that `cargo xtask kernels` compiles `kernels/file.cu` for: 75, and what the source names in
/// lines `// arch: compute_NN`. A GPU gets the image with the greatest target that it can run.
macro_rules! modules {
    ($($name:ident: $file:literal for [$($target:literal),+] with [$($entry:literal),+];)+) => {
        $(
            #[doc = concat!("`kernels/", $file, ".cu`. Entry points:" $(, " `", $entry, "`")+, ".")]
            pub(crate) static $name: KernelModule = KernelModule {
                name: $file,
                images: &[$((
                    ($target / 10, $target % 10),
                    include_str!(concat!("../../../../kernels/ptx/", $file, ".compute_", $target, ".ptx")),
                )),+],
            };
        )+

        /// All modules, with their entry points.
        #[cfg(test)]
        static MODULES: &[(&KernelModule, &[&str])] = &[$((&$name, &[$($entry),+])),+];
    };
}

modules! {
    BINARY: "binary" for [75] with ["abs_diff", "blend"];
    COLOR: "color" for [75] with ["color"];
    GATHER: "gather" for [75] with ["gather"];
    GAUSSIAN_BLUR: "gaussian_blur" for [75] with ["gaussian_blur"];
    NEIGHBOURS: "neighbours" for [75] with ["laplacian", "median_blur"];
    POINTWISE: "pointwise" for [75] with ["threshold", "normalize", "nv12_to_rgb"];
    RESIZE: "resize" for [75] with ["resize_bilinear", "resize_half", "resize_nearest"];
    SAMPLE_GRAY: "sample_gray" for [75] with ["sample_direct", "sample_bilinear", "sample_half", "sample_scattered"];
    SAMPLE_NV12: "sample_nv12" for [75] with ["sample_direct", "sample_bilinear", "sample_half", "sample_scattered"];
    SAMPLE_RGB: "sample_rgb" for [75] with ["sample_direct", "sample_bilinear", "sample_half", "sample_scattered"];
    SAMPLE_RGBA: "sample_rgba" for [75] with ["sample_direct", "sample_bilinear", "sample_half", "sample_scattered"];
    SAMPLE_ROWS: "sample_rows" for [75] with ["rows_to_bytes_1_1", "rows_to_bytes_1_3", "rows_to_bytes_1_4", "rows_to_bytes_3_1", "rows_to_bytes_3_3", "rows_to_bytes_3_4", "rows_to_bytes_4_1", "rows_to_bytes_4_3", "rows_to_bytes_4_4", "rows_to_floats_1_1", "rows_to_floats_1_3", "rows_to_floats_1_4", "rows_to_floats_3_1", "rows_to_floats_3_3", "rows_to_floats_3_4", "rows_to_floats_4_1", "rows_to_floats_4_3", "rows_to_floats_4_4"];
    SOBEL: "sobel" for [75] with ["sobel"];
    STENCIL_GRAY: "stencil_gray" for [75] with ["sobel", "sobel_any"];
    STENCIL_GRAY_3: "stencil_gray_3" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    STENCIL_GRAY_5: "stencil_gray_5" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    STENCIL_GRAY_7: "stencil_gray_7" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    STENCIL_GRAY_9: "stencil_gray_9" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    STENCIL_RGB_3: "stencil_rgb_3" for [75] with ["blur", "blur_any"];
    STENCIL_RGB_5: "stencil_rgb_5" for [75] with ["blur", "blur_any"];
    STENCIL_RGB_7: "stencil_rgb_7" for [75] with ["blur", "blur_any"];
    STENCIL_RGB_9: "stencil_rgb_9" for [75] with ["blur", "blur_any"];
    STENCIL_RGBA_3: "stencil_rgba_3" for [75] with ["blur", "blur_any"];
    STENCIL_RGBA_5: "stencil_rgba_5" for [75] with ["blur", "blur_any"];
    STENCIL_RGBA_7: "stencil_rgba_7" for [75] with ["blur", "blur_any"];
    STENCIL_RGBA_9: "stencil_rgba_9" for [75] with ["blur", "blur_any"];
    STENCIL_RGB_TO_GRAY: "stencil_rgb_to_gray" for [75] with ["sobel", "sobel_any"];
    STENCIL_RGB_TO_GRAY_3: "stencil_rgb_to_gray_3" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    STENCIL_RGB_TO_GRAY_5: "stencil_rgb_to_gray_5" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    STENCIL_RGB_TO_GRAY_9: "stencil_rgb_to_gray_9" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    STENCIL_RGBA_TO_GRAY: "stencil_rgba_to_gray" for [75] with ["sobel", "sobel_any"];
    STENCIL_RGBA_TO_GRAY_3: "stencil_rgba_to_gray_3" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    STENCIL_RGBA_TO_GRAY_5: "stencil_rgba_to_gray_5" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    STENCIL_RGBA_TO_GRAY_9: "stencil_rgba_to_gray_9" for [75] with ["blur", "blur_any", "blur_sobel", "blur_sobel_any"];
    WARP_AFFINE: "warp_affine" for [75] with ["warp_affine"];
    WINDOW: "window" for [75] with ["box_blur", "erode", "dilate"];
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_image_holds_the_entry_points_for_its_target() {
        for (module, entries) in MODULES {
            for ((major, minor), ptx) in module.images {
                let target = format!(".target sm_{major}{minor}\n");
                assert!(ptx.contains(&target), "{}: no {target}", module.name);
                for entry in *entries {
                    let text = format!(".visible .entry {entry}(");
                    assert!(ptx.contains(&text), "{}: no {text}", module.name);
                }
            }
        }
    }

    #[test]
    fn all_compiled_images_are_in_the_table() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernels/ptx");
        let compiled: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".ptx"))
            .collect();
        let listed = MODULES.iter().flat_map(|(module, _)| {
            let name = |((major, minor), _): &((u32, u32), _)| {
                format!("{}.compute_{major}{minor}.ptx", module.name)
            };
            module.images.iter().map(name)
        });
        assert_eq!(listed.collect::<BTreeSet<_>>(), compiled);
    }
}
