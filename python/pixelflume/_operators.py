# Written by `cargo xtask operators` from the specs in
# crates/ops/src/<operator>/spec.rs.
"""The operators as methods, of `pixelflume.Pipeline` and of `pixelflume.Node`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pixelflume._habits import layout_name, resampled, sides
from pixelflume._native import PipelineError


class Operators:
    """One method for each operator; each gives a new object and leaves its own as it is.

    A parameter that is left out has its default, and one that is `None` too. Where a
    method says so, `pixelflume.PER_IMAGE` stands for a value that a call gives for each
    image. `name` is the name of the node, by which outputs, errors and values per image
    call it; without one it is the kind of the operator, and has a number where there are
    several.
    """

    __slots__ = ()

    def _then(
        self,
        kind: str,
        others: tuple[Operators, ...],
        parameters: Mapping[str, object],
        name: str | None,
    ) -> Self:
        raise NotImplementedError

    def abs_diff(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The absolute difference of two images, sample by sample; any number of
        channels.

        Equal to OpenCV `absdiff`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(abs_diff=a.abs_diff(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["abs_diff"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("abs_diff", (other,), {}, name)

    def adaptive_threshold(
        self,
        size: int,
        c: float,
        *,
        maximum: int = 255,
        inverse: bool = False,
        name: str | None = None,
    ) -> Self:
        """Two values: 0, and another one for samples of a gray image above the mean of
        a square window around each.

        Equal to OpenCV `adaptiveThreshold` with `ADAPTIVE_THRESH_MEAN_C`.

        Args:
            size: Width and height of the window. (odd integer, 3 to 31; pixels)
            c: What is subtracted from the mean. (number, -256 to 256; samples)
            maximum: The value of samples above the threshold, or with `inverse` of the
                others. (integer, 0 to 255; samples)
            inverse: Whether samples above the threshold become 0 and the others
                `maximum`. (true or false)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().adaptive_threshold(size=3, c=2)
            >>> p.shapes((480, 640, 1))["adaptive_threshold"]
            ImageShape(height=480, width=640, channels=1, dtype='u8', layout='hwc')
        """
        return self._then(
            "adaptive_threshold",
            (),
            {
                "size": size,
                "c": c,
                "maximum": maximum,
                "inverse": inverse,
            },
            name,
        )

    def add(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The sum of two images, sample by sample, at most 255; any number of channels.

        Equal to OpenCV `add`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(add=a.add(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["add"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("add", (other,), {}, name)

    def add_weighted(
        self,
        other: Operators,
        *,
        alpha: float = 0.5,
        beta: float = 0.5,
        gamma: float = 0.0,
        name: str | None = None,
    ) -> Self:
        """The weighted sum of two images, sample by sample: `alpha` times the first,
        `beta` times the second, and `gamma`; any number of channels.

        Equal to OpenCV `addWeighted` on CPUs with FMA.

        Args:
            other: The second image: a node, or a pipeline with one output.
            alpha: Factor of the first input. (number, -1000000 to 1000000)
            beta: Factor of the second input. (number, -1000000 to 1000000)
            gamma: Summand. (number, -1000000 to 1000000; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(add_weighted=a.add_weighted(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["add_weighted"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "add_weighted",
            (other,),
            {
                "alpha": alpha,
                "beta": beta,
                "gamma": gamma,
            },
            name,
        )

    def affine(
        self,
        *,
        angle: float | Literal["input"] = 0.0,
        translate: Sequence[float] | Literal["input"] = (0.0, 0.0),
        scale: float | Literal["input"] = 1.0,
        shear: Sequence[float] | Literal["input"] = (0.0, 0.0),
        center: Sequence[float] | None = None,
        interpolation: Literal[
            "nearest",
            "bilinear",
        ] = "nearest",
        value: int | Sequence[int] | None = None,
        like: Literal[
            "torchvision",
            "torchvision_avx512",
        ] = "torchvision",
        name: str | None = None,
    ) -> Self:
        """An image that is rotated, moved, scaled and sheared about its center.

        Equal to torchvision `affine` of u8 tensors.

        Args:
            angle: The angle, clockwise. (number, at most 1e6; or "input" where it is
                given for each image; degrees)
            translate: The translations along x and y. (2 numbers, at most 1e6; or
                "input" where it is given for each image; pixels)
            scale: The scale. (number, 1e-6 to 1e6; or "input" where it is given for
                each image)
            shear: The angles of the shears along x and y. (2 numbers, -89 to 89; or
                "input" where it is given for each image; degrees)
            center: The point that stays, x and y from the top left corner. (2 numbers,
                at most 1e6; pixels; default: the middle of the image)
            interpolation: How pixels between those of the source are made. (one of
                nearest, bilinear)
            value: Color around the source (`fill`). (integer of 0 to 255 for all
                channels, or 3 or 4 of them; samples; default: 0, not mixed into pixels
                at the border of the source)
            like: The processor whose torchvision it equals: one of AMD, or of Intel
                without AVX-512, or one of Intel with AVX-512. (one of torchvision,
                torchvision_avx512)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().affine()
            >>> p.shapes((480, 640, 3))["affine"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "affine",
            (),
            {
                "angle": angle,
                "translate": translate,
                "scale": scale,
                "shear": shear,
                "center": center,
                "interpolation": interpolation,
                "value": value,
                "like": like,
            },
            name,
        )

    def alpha_composite(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The second of two RGBA images over the first.

        Equal to Pillow `Image.alpha_composite`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(alpha_composite=a.alpha_composite(b))
            >>> p.shapes((480, 640, 4), (480, 640, 4))["alpha_composite"]
            ImageShape(height=480, width=640, channels=4, dtype='u8', layout='hwc')
        """
        return self._then("alpha_composite", (other,), {}, name)

    def autocontrast(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """The values of each channel, stretched to 0 to 255, of gray and RGB images.

        Equal to torchvision `autocontrast` of u8 tensors.

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().autocontrast()
            >>> p.shapes((480, 640, 3))["autocontrast"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("autocontrast", (), {}, name)

    def bitwise_and(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The bits that are set in the samples of both images; any number of channels.

        Equal to OpenCV `bitwise_and`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(bitwise_and=a.bitwise_and(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["bitwise_and"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("bitwise_and", (other,), {}, name)

    def bitwise_not(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """The samples with every bit turned; any number of channels.

        Equal to OpenCV `bitwise_not`.

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().bitwise_not()
            >>> p.shapes((480, 640, 3))["bitwise_not"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("bitwise_not", (), {}, name)

    def bitwise_or(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The bits that are set in the samples of one of two images; any number of
        channels.

        Equal to OpenCV `bitwise_or`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(bitwise_or=a.bitwise_or(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["bitwise_or"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("bitwise_or", (other,), {}, name)

    def bitwise_xor(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The bits in which the samples of two images differ; any number of channels.

        Equal to OpenCV `bitwise_xor`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(bitwise_xor=a.bitwise_xor(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["bitwise_xor"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("bitwise_xor", (other,), {}, name)

    def blend(
        self,
        other: Operators,
        alpha: float = 0.5,
        *,
        name: str | None = None,
    ) -> Self:
        """The weighted mean of two images, sample by sample: `alpha` times the first,
        and the rest of the second; any number of channels.

        Equal to OpenCV `addWeighted` to within one step; exact by the formula of its
        documentation.

        Args:
            other: The second image: a node, or a pipeline with one output.
            alpha: Weight of the first input. (number, 0 to 1)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(blend=a.blend(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["blend"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "blend",
            (other,),
            {
                "alpha": alpha,
            },
            name,
        )

    def box_blur(
        self,
        size: int,
        *,
        name: str | None = None,
    ) -> Self:
        """The mean of a square window around each sample.

        Equal to OpenCV `blur`.

        Args:
            size: Width and height of the window. (odd integer, 3 to 31; pixels)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().box_blur(size=3)
            >>> p.shapes((480, 640, 3))["box_blur"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "box_blur",
            (),
            {
                "size": size,
            },
            name,
        )

    def brightness(
        self,
        factor: float,
        *,
        name: str | None = None,
    ) -> Self:
        """The samples times a factor, of gray and RGB images.

        Equal to torchvision `adjust_brightness` of u8 tensors.

        Args:
            factor: Factor of the samples. (number, 0 to 1000000)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().brightness(factor=1.2)
            >>> p.shapes((480, 640, 3))["brightness"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "brightness",
            (),
            {
                "factor": factor,
            },
            name,
        )

    def canny(
        self,
        low: float,
        high: float,
        *,
        aperture: int = 3,
        l2_gradient: bool = False,
        name: str | None = None,
    ) -> Self:
        """The edges of an image as lines of one pixel: 255 on them, 0 elsewhere.

        Equal to OpenCV `Canny`.

        Args:
            low: The magnitude above which a pixel continues an edge. (number, 0 to
                1000000)
            high: The magnitude above which a pixel begins an edge; where it is below
                `low`, the two change places. (number, 0 to 1000000)
            aperture: Width and height of the Sobel kernels. (odd integer, 3 to 7;
                pixels)
            l2_gradient: Whether a magnitude is the Euclidean length of the gradient,
                and not the sum of the absolute derivatives. (true or false)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().canny(low=100, high=200)
            >>> p.shapes((480, 640, 3))["canny"]
            ImageShape(height=480, width=640, channels=1, dtype='u8', layout='hwc')
        """
        return self._then(
            "canny",
            (),
            {
                "low": low,
                "high": high,
                "aperture": aperture,
                "l2_gradient": l2_gradient,
            },
            name,
        )

    def center_crop(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        width: int | None = None,
        height: int | None = None,
        like: Literal[
            "numpy",
            "torchvision",
            "transformers",
            "transformers_pillow",
        ] = "numpy",
        name: str | None = None,
    ) -> Self:
        """The middle of an image, of any sample type of images and layout.

        Equal to an array slice, torchvision `CenterCrop` or transformers `center_crop`,
        by `like`.

        Args:
            size: Size of the output: an integer for a square, or `(height, width)`, in
                pixels.
            width: Width of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            height: Height of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            like: The library whose rounding it has; all but `numpy` pad images that are
                too small with zeros. (one of numpy, torchvision, transformers,
                transformers_pillow)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().center_crop(224)
            >>> p.shapes((480, 640, 3))["center_crop"]
            ImageShape(height=224, width=224, channels=3, dtype='u8', layout='hwc')
        """
        width, height = sides("center_crop", size, width, height)
        return self._then(
            "center_crop",
            (),
            {
                "width": width,
                "height": height,
                "like": like,
            },
            name,
        )

    def clahe(
        self,
        *,
        clip_limit: float = 40.0,
        columns: int = 8,
        rows: int = 8,
        name: str | None = None,
    ) -> Self:
        """A gray image with an even distribution of the values of its tiles, with a
        limit of the contrast.

        Equal to OpenCV `createCLAHE`.

        Args:
            clip_limit: The most pixels of a value in a tile, in parts of those of an
                even distribution; 0 for no limit. (number, 0 to 255)
            columns: Tiles along x. (integer, 1 to 64; tiles)
            rows: Tiles along y. (integer, 1 to 64; tiles)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().clahe()
            >>> p.shapes((480, 640, 1))["clahe"]
            ImageShape(height=480, width=640, channels=1, dtype='u8', layout='hwc')
        """
        return self._then(
            "clahe",
            (),
            {
                "clip_limit": clip_limit,
                "columns": columns,
                "rows": rows,
            },
            name,
        )

    def color(
        self,
        conversion: Literal[
            "rgb_to_gray",
            "bgr_to_gray",
            "rgba_to_gray",
            "bgra_to_gray",
            "rgb_to_bgr",
            "bgr_to_rgb",
            "rgba_to_rgb",
            "rgba_to_bgr",
            "rgba_to_bgra",
            "bgra_to_rgb",
            "bgra_to_bgr",
            "bgra_to_rgba",
            "rgb_to_rgba",
            "rgb_to_bgra",
            "bgr_to_rgba",
            "bgr_to_bgra",
            "gray_to_rgb",
            "gray_to_bgr",
            "gray_to_rgba",
            "gray_to_bgra",
        ],
        *,
        like: Literal[
            "opencv",
            "pillow",
            "torchvision",
        ] = "opencv",
        name: str | None = None,
    ) -> Self:
        """Gray, or another order or number of channels: RGB, BGR, RGBA, BGRA and gray.

        Equal to OpenCV `cvtColor`, Pillow `convert("L")` or torchvision
        `rgb_to_grayscale`, by `like`.

        Args:
            conversion: The conversion. (one of rgb_to_gray, bgr_to_gray, rgba_to_gray,
                bgra_to_gray, rgb_to_bgr, bgr_to_rgb, rgba_to_rgb, rgba_to_bgr,
                rgba_to_bgra, bgra_to_rgb, bgra_to_bgr, bgra_to_rgba, rgb_to_rgba,
                rgb_to_bgra, bgr_to_rgba, bgr_to_bgra, gray_to_rgb, gray_to_bgr,
                gray_to_rgba, gray_to_bgra)
            like: Library whose gray is made; it changes no other conversion. (one of
                opencv, pillow, torchvision)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().color(conversion="rgb_to_gray")
            >>> p.shapes((480, 640, 3))["color"]
            ImageShape(height=480, width=640, channels=1, dtype='u8', layout='hwc')
        """
        return self._then(
            "color",
            (),
            {
                "conversion": conversion,
                "like": like,
            },
            name,
        )

    def color_jitter(
        self,
        *,
        brightness: Sequence[float] = (1.0, 1.0),
        contrast: Sequence[float] = (1.0, 1.0),
        saturation: Sequence[float] = (1.0, 1.0),
        hue: Sequence[float] = (0.0, 0.0),
        seed: int = 0,
        stream: int = 0,
        name: str | None = None,
    ) -> Self:
        """Each gray or RGB image with another brightness, contrast, saturation and hue,
        changed in a random order.

        Equal to in distribution torchvision `ColorJitter`; in pixels its functions of
        u8 tensors, one after the other.

        Args:
            brightness: Factors of the brightness. (2 numbers, the least and the
                largest, from 0 to 1000000)
            contrast: Factors of the contrast. (2 numbers, the least and the largest,
                from 0 to 1000000)
            saturation: Factors of the saturation. (2 numbers, the least and the
                largest, from 0 to 1000000)
            hue: Turns of the hue, in parts of the circle. (2 numbers, the least and the
                largest, from -0.5 to 0.5)
            seed: The seed of the random numbers, usually one for a whole pipeline.
                (integer, 0 to 4294967295)
            stream: Distinguishes nodes of one kind with one seed: with equal streams
                they draw the same. (integer, 0 to 4294967295)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().color_jitter()
            >>> p.shapes((480, 640, 3))["color_jitter"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "color_jitter",
            (),
            {
                "brightness": brightness,
                "contrast": contrast,
                "saturation": saturation,
                "hue": hue,
                "seed": seed,
                "stream": stream,
            },
            name,
        )

    def color_space(
        self,
        conversion: Literal[
            "rgb_to_hsv",
            "bgr_to_hsv",
            "hsv_to_rgb",
            "hsv_to_bgr",
            "rgb_to_hsv_full",
            "bgr_to_hsv_full",
            "hsv_full_to_rgb",
            "hsv_full_to_bgr",
            "rgb_to_hls",
            "bgr_to_hls",
            "hls_to_rgb",
            "hls_to_bgr",
            "rgb_to_ycrcb",
            "bgr_to_ycrcb",
            "ycrcb_to_rgb",
            "ycrcb_to_bgr",
            "rgb_to_yuv",
            "bgr_to_yuv",
            "yuv_to_rgb",
            "yuv_to_bgr",
            "rgb_to_xyz",
            "bgr_to_xyz",
            "xyz_to_rgb",
            "xyz_to_bgr",
            "rgb_to_lab",
            "bgr_to_lab",
            "lab_to_rgb",
            "lab_to_bgr",
            "linear_rgb_to_lab",
            "linear_bgr_to_lab",
            "lab_to_linear_rgb",
            "lab_to_linear_bgr",
        ],
        *,
        name: str | None = None,
    ) -> Self:
        """An image of three channels in another color space: RGB or BGR from and to
        HSV, HLS, YCrCb, YUV, XYZ and Lab.

        Equal to OpenCV `cvtColor`, with one formula for all columns where OpenCV has
        two.

        Args:
            conversion: The conversion; hues are 0 to 179, of `hsv_full` 0 to 255. (one
                of rgb_to_hsv, bgr_to_hsv, hsv_to_rgb, hsv_to_bgr, rgb_to_hsv_full,
                bgr_to_hsv_full, hsv_full_to_rgb, hsv_full_to_bgr, rgb_to_hls,
                bgr_to_hls, hls_to_rgb, hls_to_bgr, rgb_to_ycrcb, bgr_to_ycrcb,
                ycrcb_to_rgb, ycrcb_to_bgr, rgb_to_yuv, bgr_to_yuv, yuv_to_rgb,
                yuv_to_bgr, rgb_to_xyz, bgr_to_xyz, xyz_to_rgb, xyz_to_bgr, rgb_to_lab,
                bgr_to_lab, lab_to_rgb, lab_to_bgr, linear_rgb_to_lab,
                linear_bgr_to_lab, lab_to_linear_rgb, lab_to_linear_bgr)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().color_space(conversion="rgb_to_hsv")
            >>> p.shapes((480, 640, 3))["color_space"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "color_space",
            (),
            {
                "conversion": conversion,
            },
            name,
        )

    def concat(
        self,
        other: Operators,
        axis: Literal[
            "horizontal",
            "vertical",
        ] = "horizontal",
        *,
        name: str | None = None,
    ) -> Self:
        """Two images side by side or one above the other, of any sample type of images
        and layout.

        Equal to OpenCV `hconcat` and `vconcat`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            axis: Whether the second image is to the right of the first or below it.
                (one of horizontal, vertical)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(concat=a.concat(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["concat"]
            ImageShape(height=480, width=1280, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "concat",
            (other,),
            {
                "axis": axis,
            },
            name,
        )

    def connected_components(
        self,
        connectivity: int = 8,
        *,
        name: str | None = None,
    ) -> Self:
        """The connected components of the pixels of a gray image that are not 0,
        numbered from 1 on, as i32 samples.

        Equal to OpenCV `connectedComponentsWithAlgorithm` with `CCL_WU`.

        Args:
            connectivity: 4, or 8 where pixels that share a corner are connected, too.
                (integer, 4 to 8; neighbors)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().connected_components()
            >>> p.shapes((480, 640, 1))["connected_components"]
            ImageShape(height=480, width=640, channels=1, dtype='i32', layout='hwc')
        """
        return self._then(
            "connected_components",
            (),
            {
                "connectivity": connectivity,
            },
            name,
        )

    def contrast(
        self,
        factor: float,
        *,
        name: str | None = None,
    ) -> Self:
        """More or less contrast around the mean of the gray image, of gray and RGB
        images.

        Equal to torchvision `adjust_contrast` of u8 tensors, on CPUs with FMA.

        Args:
            factor: 0 gives the gray of the mean, 1 the image itself, larger numbers
                more contrast. (number, 0 to 1000000)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().contrast(factor=1.5)
            >>> p.shapes((480, 640, 3))["contrast"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "contrast",
            (),
            {
                "factor": factor,
            },
            name,
        )

    def convert_scale_abs(
        self,
        *,
        alpha: float = 1.0,
        beta: float = 0.0,
        name: str | None = None,
    ) -> Self:
        """The absolute value of a linear function of each sample; any number of
        channels.

        Equal to OpenCV `convertScaleAbs`.

        Args:
            alpha: Factor of the samples. (number, -1000000 to 1000000)
            beta: Summand. (number, -1000000 to 1000000; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().convert_scale_abs()
            >>> p.shapes((480, 640, 3))["convert_scale_abs"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "convert_scale_abs",
            (),
            {
                "alpha": alpha,
                "beta": beta,
            },
            name,
        )

    def crop(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        x: int,
        y: int,
        width: int | None = None,
        height: int | None = None,
        name: str | None = None,
    ) -> Self:
        """A rectangle of an image, of any sample type of images and layout.

        Equal to an array slice.

        Args:
            size: Size of the output: an integer for a square, or `(height, width)`, in
                pixels.
            x: First column of the source. (integer, 0 to 65535; pixels)
            y: First row of the source. (integer, 0 to 65535; pixels)
            width: Width of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            height: Height of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().crop((240, 320), x=16, y=16)
            >>> p.shapes((480, 640, 3))["crop"]
            ImageShape(height=240, width=320, channels=3, dtype='u8', layout='hwc')
        """
        width, height = sides("crop", size, width, height)
        return self._then(
            "crop",
            (),
            {
                "x": x,
                "y": y,
                "width": width,
                "height": height,
            },
            name,
        )

    def dilate(
        self,
        size: int,
        *,
        height: int | None = None,
        shape: Literal[
            "rectangle",
            "cross",
            "ellipse",
        ] = "rectangle",
        anchor: Sequence[float] | None = None,
        iterations: int = 1,
        border: Literal[
            "ignored",
            "constant",
            "replicate",
            "reflect",
            "reflect_101",
        ] = "ignored",
        value: int | Sequence[int] = (0, 0, 0, 0),
        name: str | None = None,
    ) -> Self:
        """The largest sample of a window around each: a rectangle, a cross or an
        ellipse.

        Equal to OpenCV `dilate`.

        Args:
            size: Width of the window, and its height where no other is given. (integer,
                1 to 255; pixels)
            height: Height of the window. (integer, 1 to 255; pixels; default: `size`)
            shape: The pixels of the window that count: all, the row and the column of
                the anchor, or the ellipse that fills it. (one of rectangle, cross,
                ellipse)
            anchor: Column and row of the window that lie on the pixel which is
                computed. (2 numbers, whole ones inside the window; pixels; default:
                half of width and height, rounded down)
            iterations: How often an erosion or dilation is repeated. (integer, 1 to
                100)
            border: What lies outside the image: nothing that counts, `value`, the
                nearest pixel, or the image mirrored with or without its border pixels.
                (one of ignored, constant, replicate, reflect, reflect_101)
            value: Color around the image, with a constant border. (integer of 0 to 255
                for all channels, or 3 or 4 of them; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().dilate(size=3)
            >>> p.shapes((480, 640, 3))["dilate"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "dilate",
            (),
            {
                "size": size,
                "height": height,
                "shape": shape,
                "anchor": anchor,
                "iterations": iterations,
                "border": border,
                "value": value,
            },
            name,
        )

    def equalize(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """An image with an even distribution of the values of each channel, of gray and
        RGB images.

        Equal to torchvision `equalize` of u8 tensors.

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().equalize()
            >>> p.shapes((480, 640, 3))["equalize"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("equalize", (), {}, name)

    def equalize_hist(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """A gray image with an even distribution of its values.

        Equal to OpenCV `equalizeHist`.

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().equalize_hist()
            >>> p.shapes((480, 640, 1))["equalize_hist"]
            ImageShape(height=480, width=640, channels=1, dtype='u8', layout='hwc')
        """
        return self._then("equalize_hist", (), {}, name)

    def erase(
        self,
        box: Sequence[float] | Literal["input"],
        *,
        value: float | Sequence[float] = (0.0,),
        name: str | None = None,
    ) -> Self:
        """An image, of any sample type of images and layout, with a constant in a
        rectangle; one rectangle for all images, or one for each.

        Equal to an assignment to an array slice, torchvision `erase`.

        Args:
            box: The rectangle: first column, first row, width and height, inside the
                input; nothing is replaced where a side is 0. (4 numbers, integers from
                0 to 65536; or "input" where it is given for each image; pixels)
            value: Samples of the rectangle. (numbers, one finite number for all
                channels, or 3 or 4 of them; integers where samples are; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().erase(box=[16, 8, 320, 240])
            >>> p.shapes((480, 640, 3))["erase"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "erase",
            (),
            {
                "box": box,
                "value": value,
            },
            name,
        )

    def erode(
        self,
        size: int,
        *,
        height: int | None = None,
        shape: Literal[
            "rectangle",
            "cross",
            "ellipse",
        ] = "rectangle",
        anchor: Sequence[float] | None = None,
        iterations: int = 1,
        border: Literal[
            "ignored",
            "constant",
            "replicate",
            "reflect",
            "reflect_101",
        ] = "ignored",
        value: int | Sequence[int] = (0, 0, 0, 0),
        name: str | None = None,
    ) -> Self:
        """The smallest sample of a window around each: a rectangle, a cross or an
        ellipse.

        Equal to OpenCV `erode`.

        Args:
            size: Width of the window, and its height where no other is given. (integer,
                1 to 255; pixels)
            height: Height of the window. (integer, 1 to 255; pixels; default: `size`)
            shape: The pixels of the window that count: all, the row and the column of
                the anchor, or the ellipse that fills it. (one of rectangle, cross,
                ellipse)
            anchor: Column and row of the window that lie on the pixel which is
                computed. (2 numbers, whole ones inside the window; pixels; default:
                half of width and height, rounded down)
            iterations: How often an erosion or dilation is repeated. (integer, 1 to
                100)
            border: What lies outside the image: nothing that counts, `value`, the
                nearest pixel, or the image mirrored with or without its border pixels.
                (one of ignored, constant, replicate, reflect, reflect_101)
            value: Color around the image, with a constant border. (integer of 0 to 255
                for all channels, or 3 or 4 of them; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().erode(size=3)
            >>> p.shapes((480, 640, 3))["erode"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "erode",
            (),
            {
                "size": size,
                "height": height,
                "shape": shape,
                "anchor": anchor,
                "iterations": iterations,
                "border": border,
                "value": value,
            },
            name,
        )

    def filter2d(
        self,
        kernel: float | Sequence[float],
        *,
        columns: int | None = None,
        anchor_x: int | None = None,
        anchor_y: int | None = None,
        delta: float = 0.0,
        border: Literal[
            "constant",
            "replicate",
            "reflect",
            "reflect_101",
        ] = "reflect_101",
        output: Literal[
            "clamped",
            "signed",
        ] = "clamped",
        name: str | None = None,
    ) -> Self:
        """A linear filter with any kernel of up to 129 numbers.

        Equal to OpenCV `filter2D` on CPUs with FMA.

        Args:
            kernel: The numbers by which samples are multiplied, row by row. (numbers, 1
                to 129, whose magnitudes sum to at most 8000000)
            columns: The numbers of a row of the kernel. (integer, 1 to 129; numbers;
                default: the side of a square kernel)
            anchor_x: The column of the kernel, counted from 0, that lies on the sample.
                (integer, 0 to 128; numbers; default: columns / 2, rounded down)
            anchor_y: The row of the kernel, counted from 0, that lies on the sample.
                (integer, 0 to 128; numbers; default: rows / 2, rounded down)
            delta: The number that is added to each sum. (number, -1000000 to 1000000;
                samples)
            border: What lies outside the image: zeros, the nearest pixel, or the image
                mirrored with or without its border pixels. (one of constant, replicate,
                reflect, reflect_101)
            output: `clamped` gives u8 samples of 0 to 255, `signed` i16 samples. (one
                of clamped, signed)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().filter2d(kernel=[0, -1, 0, -1, 5, -1, 0, -1, 0])
            >>> p.shapes((480, 640, 3))["filter2d"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "filter2d",
            (),
            {
                "kernel": kernel,
                "columns": columns,
                "anchor_x": anchor_x,
                "anchor_y": anchor_y,
                "delta": delta,
                "border": border,
                "output": output,
            },
            name,
        )

    def flip(
        self,
        axis: Literal[
            "horizontal",
            "vertical",
            "both",
            "input",
        ] = "horizontal",
        *,
        name: str | None = None,
    ) -> Self:
        """A mirrored image, of any sample type of images and layout.

        Equal to OpenCV `flip`.

        Args:
            axis: `horizontal` exchanges left and right, `vertical` top and bottom. For
                each image: 0 none, 1 horizontal, 2 vertical, 3 both. (one of
                horizontal, vertical, both; or "input" where it is given for each image)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().flip()
            >>> p.shapes((480, 640, 3))["flip"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "flip",
            (),
            {
                "axis": axis,
            },
            name,
        )

    def gamma(
        self,
        gamma: float,
        *,
        name: str | None = None,
    ) -> Self:
        """The samples, as numbers from 0 to 1, to a power; any number of channels.

        Equal to OpenCV `LUT` with `np.rint(255 * (np.arange(256) / 255) ** gamma)`.

        Args:
            gamma: Exponent: below 1 the image becomes lighter, above 1 darker. (number,
                above 0, at most 100)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().gamma(gamma=0.45)
            >>> p.shapes((480, 640, 3))["gamma"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "gamma",
            (),
            {
                "gamma": gamma,
            },
            name,
        )

    def gaussian_blur(
        self,
        size: int,
        *,
        sigma: float | None = None,
        name: str | None = None,
    ) -> Self:
        """A Gaussian blur.

        Equal to OpenCV `GaussianBlur`.

        Args:
            size: Taps on each axis. (odd integer, 3 to 31; pixels)
            sigma: Standard deviation. (number, above 0; pixels; default: 0.3 (0.5 (size
                - 1) - 1) + 0.8)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().gaussian_blur(size=5)
            >>> p.shapes((480, 640, 3))["gaussian_blur"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "gaussian_blur",
            (),
            {
                "size": size,
                "sigma": sigma,
            },
            name,
        )

    def histogram(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """The histogram of each channel of an image: the counts of the values 0 to 255,
        as 256 f32 numbers for each channel.

        Equal to OpenCV `calcHist` of each channel, with 256 bins.

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().histogram()
            >>> p.shapes((480, 640, 3))["histogram"]
            ImageShape(height=3, width=256, channels=1, dtype='f32', layout='hwc')
        """
        return self._then("histogram", (), {}, name)

    def hue(
        self,
        turn: float,
        *,
        name: str | None = None,
    ) -> Self:
        """Colors with another hue; gray images stay as they are.

        Equal to torchvision `adjust_hue` of u8 tensors.

        Args:
            turn: The part of the circle by which the hue is turned. (number, -0.5 to
                0.5; turns)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().hue(turn=0.1)
            >>> p.shapes((480, 640, 3))["hue"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "hue",
            (),
            {
                "turn": turn,
            },
            name,
        )

    def invert(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """The negative of an image; any number of channels.

        Equal to torchvision `invert` of u8 tensors.

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().invert()
            >>> p.shapes((480, 640, 3))["invert"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("invert", (), {}, name)

    def laplacian(
        self,
        output: Literal[
            "signed",
            "clamped",
        ] = "signed",
        *,
        name: str | None = None,
    ) -> Self:
        """The Laplacian: the sum of the four neighbors, less four times the sample.

        Equal to OpenCV `Laplacian` with `ksize=1`.

        Args:
            output: `signed` gives i16 samples, `clamped` u8 samples of 0 to 255. (one
                of signed, clamped)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().laplacian()
            >>> p.shapes((480, 640, 3))["laplacian"]
            ImageShape(height=480, width=640, channels=3, dtype='i16', layout='hwc')
        """
        return self._then(
            "laplacian",
            (),
            {
                "output": output,
            },
            name,
        )

    def letterbox(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        width: int | None = None,
        height: int | None = None,
        value: int | Sequence[int] = (114, 114, 114, 114),
        scaleup: bool = True,
        center: bool = True,
        auto: bool = False,
        stride: int = 32,
        name: str | None = None,
    ) -> Self:
        """The whole image in a frame of another shape: resized, proportions kept.

        Equal to OpenCV `resize` and `copyMakeBorder`, ultralytics `LetterBox`.

        Args:
            size: Size of the output: an integer for a square, or `(height, width)`, in
                pixels.
            width: Width of the output, its most with `auto`. (integer, 1 to 65536;
                pixels) In place of `size`.
            height: Height of the output, its most with `auto`. (integer, 1 to 65536;
                pixels) In place of `size`.
            value: Color of the frame. (integer of 0 to 255 for all channels, or 3 or 4
                of them; samples)
            scaleup: Whether smaller images are enlarged. (true or false)
            center: Whether the image lies in the middle, else at the top left. (true or
                false)
            auto: Whether the frame is as narrow as `stride` allows, which makes the
                output smaller. (true or false)
            stride: With `auto`, the output's sides are less than `width` and `height`
                by multiples of it; without, it changes nothing. (integer, 1 to 65536;
                pixels)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().letterbox(640)
            >>> p.shapes((480, 640, 3))["letterbox"]
            ImageShape(height=640, width=640, channels=3, dtype='u8', layout='hwc')
        """
        width, height = sides("letterbox", size, width, height)
        return self._then(
            "letterbox",
            (),
            {
                "width": width,
                "height": height,
                "value": value,
                "scaleup": scaleup,
                "center": center,
                "auto": auto,
                "stride": stride,
            },
            name,
        )

    def lut(
        self,
        table: float | Sequence[float],
        *,
        name: str | None = None,
    ) -> Self:
        """The entry of a table for each sample; one table for all channels, which may
        be any, or one for each of 3 or 4.

        Equal to OpenCV `LUT`.

        Args:
            table: What each value of a sample becomes, from that of 0 on; values that
                are not in the table stay as they are. (numbers, 1 to 256 integers from
                0 to 255 for all channels, or 256 for each of 3 or 4; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().lut(table=[0, 3, 1, 2])
            >>> p.shapes((480, 640, 3))["lut"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "lut",
            (),
            {
                "table": table,
            },
            name,
        )

    def mask(
        self,
        other: Operators,
        value: int | Sequence[int] = (0, 0, 0, 0),
        *,
        name: str | None = None,
    ) -> Self:
        """The first image where the second, the mask, is not 0, and a constant pixel
        elsewhere; the mask has one channel, or those of the image.

        Equal to OpenCV `copyTo` with a mask.

        Args:
            other: The second image: a node, or a pipeline with one output.
            value: The pixel where the mask is 0. (integer of 0 to 255 for all channels,
                or 3 or 4 of them; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(mask=a.mask(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["mask"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "mask",
            (other,),
            {
                "value": value,
            },
            name,
        )

    def max(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The larger of the samples of two images; any number of channels.

        Equal to OpenCV `max`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(max=a.max(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["max"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("max", (other,), {}, name)

    def mean_std(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """The mean and the standard deviation of each channel of an image, as two f64
        numbers for each channel.

        Equal to OpenCV `meanStdDev`.

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().mean_std()
            >>> p.shapes((480, 640, 3))["mean_std"]
            ImageShape(height=3, width=2, channels=1, dtype='f64', layout='hwc')
        """
        return self._then("mean_std", (), {}, name)

    def median_blur(
        self,
        size: int,
        *,
        name: str | None = None,
    ) -> Self:
        """The median of a square window around each sample.

        Equal to OpenCV `medianBlur`.

        Args:
            size: Width and height of the window. (odd integer, 3 to 255; pixels)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().median_blur(size=3)
            >>> p.shapes((480, 640, 3))["median_blur"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "median_blur",
            (),
            {
                "size": size,
            },
            name,
        )

    def min(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The smaller of the samples of two images; any number of channels.

        Equal to OpenCV `min`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(min=a.min(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["min"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("min", (other,), {}, name)

    def minmax(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """The least and the largest sample of each channel of an image, as two f64
        numbers for each channel.

        Equal to OpenCV `minMaxLoc` of each channel, without the places.

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().minmax()
            >>> p.shapes((480, 640, 3))["minmax"]
            ImageShape(height=3, width=2, channels=1, dtype='f64', layout='hwc')
        """
        return self._then("minmax", (), {}, name)

    def morphology(
        self,
        operation: Literal[
            "open",
            "close",
            "gradient",
            "top_hat",
            "black_hat",
        ],
        size: int,
        *,
        height: int | None = None,
        shape: Literal[
            "rectangle",
            "cross",
            "ellipse",
        ] = "rectangle",
        anchor: Sequence[float] | None = None,
        iterations: int = 1,
        border: Literal[
            "ignored",
            "constant",
            "replicate",
            "reflect",
            "reflect_101",
        ] = "ignored",
        value: int | Sequence[int] = (0, 0, 0, 0),
        name: str | None = None,
    ) -> Self:
        """Opening, closing, gradient, top hat or black hat: what erosions and dilations
        with a window make together.

        Equal to OpenCV `morphologyEx`.

        Args:
            operation: What is computed: the dilation of the erosion, the erosion of the
                dilation, the dilation less the erosion, the image less its opening, or
                the closing less the image. (one of open, close, gradient, top_hat,
                black_hat)
            size: Width of the window, and its height where no other is given. (integer,
                1 to 255; pixels)
            height: Height of the window. (integer, 1 to 255; pixels; default: `size`)
            shape: The pixels of the window that count: all, the row and the column of
                the anchor, or the ellipse that fills it. (one of rectangle, cross,
                ellipse)
            anchor: Column and row of the window that lie on the pixel which is
                computed. (2 numbers, whole ones inside the window; pixels; default:
                half of width and height, rounded down)
            iterations: How often an erosion or dilation is repeated. (integer, 1 to
                100)
            border: What lies outside the image: nothing that counts, `value`, the
                nearest pixel, or the image mirrored with or without its border pixels.
                (one of ignored, constant, replicate, reflect, reflect_101)
            value: Color around the image, with a constant border. (integer of 0 to 255
                for all channels, or 3 or 4 of them; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().morphology(operation="open", size=3)
            >>> p.shapes((480, 640, 3))["morphology"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "morphology",
            (),
            {
                "operation": operation,
                "size": size,
                "height": height,
                "shape": shape,
                "anchor": anchor,
                "iterations": iterations,
                "border": border,
                "value": value,
            },
            name,
        )

    def multiply(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The product of two images, sample by sample, at most 255; any number of
        channels.

        Equal to OpenCV `multiply`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(multiply=a.multiply(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["multiply"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("multiply", (other,), {}, name)

    def normalize(
        self,
        mean: float | Sequence[float],
        std: float | Sequence[float],
        *,
        like: Literal[
            "torchvision",
            "torchvision_v2",
            "transformers",
            "transformers_pillow",
            "fma",
        ] = "torchvision",
        scale: float = 0.00392156862745098,
        dtype: Literal[
            "f32",
            "f16",
            "bf16",
        ] = "f32",
        layout: Literal[
            "hwc",
            "chw",
        ] = "hwc",
        name: str | None = None,
    ) -> Self:
        """Floating point samples: `(sample * scale - mean) / std`, channel by channel.

        Equal to torchvision and transformers, by `like`.

        Args:
            mean: Means of the scaled samples: one for each channel, or one for all.
                (numbers, 1, 3 or 4, finite)
            std: Standard deviations of the scaled samples. (numbers, as many as means,
                finite, not 0)
            like: Library whose operations are repeated: `ToTensor` and `Normalize` of
                torchvision, `ToDtype` and `Normalize` of its v2, an image processor of
                transformers with the backend torchvision or Pillow, or one
                multiply-add. (one of torchvision, torchvision_v2, transformers,
                transformers_pillow, fma)
            scale: Factor of the samples (`rescale_factor` of transformers). The results
                must fit f32. (number, finite; 1/255 for torchvision and torchvision_v2)
            dtype: Type of the output samples. (one of f32, f16, bf16)
            layout: Layout of the output channels. (one of hwc (interleaved), chw
                (planar))
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
            >>> p.shapes((480, 640, 3))["normalize"]
            ImageShape(height=480, width=640, channels=3, dtype='f32', layout='hwc')
        """
        return self._then(
            "normalize",
            (),
            {
                "mean": mean,
                "std": std,
                "like": like,
                "scale": scale,
                "sample": dtype,
                "layout": layout_name(layout),
            },
            name,
        )

    def nv12_to_rgb(
        self,
        *,
        matrix: Literal[
            "bt601",
            "bt709",
            "bt2020",
        ] = "bt601",
        range: Literal[
            "limited",
            "full",
        ] = "limited",
        name: str | None = None,
    ) -> Self:
        """An RGB image of an NV12 video frame, which has one channel and 3/2 of the
        rows.

        Equal to OpenCV `cvtColor` with `COLOR_YUV2RGB_NV12`, for `bt601` and `limited`.

        Args:
            matrix: The standard of the colors. HD video usually is `bt709`; nothing is
                guessed from sizes. (one of bt601, bt709, bt2020)
            range: Whether Y is 16 to 235 and U and V are 16 to 240 (`limited`), or all
                are 0 to 255 (`full`). (one of limited, full)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().nv12_to_rgb()
            >>> p.shapes((480, 640, 1))["nv12_to_rgb"]
            ImageShape(height=320, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "nv12_to_rgb",
            (),
            {
                "matrix": matrix,
                "range": range,
            },
            name,
        )

    def otsu_threshold(
        self,
        *,
        maximum: int = 255,
        type: Literal[
            "binary",
            "binary_inv",
            "trunc",
            "tozero",
            "tozero_inv",
        ] = "binary",
        name: str | None = None,
    ) -> Self:
        """Samples of a gray image by their comparison with the threshold that separates
        those of the image best.

        Equal to OpenCV `threshold` with `THRESH_OTSU`.

        Args:
            maximum: The value of larger samples, or with `binary_inv` of the others.
                (integer, 0 to 255; samples)
            type: `binary` makes larger samples `maximum` and others 0, `binary_inv` the
                reverse; `trunc` makes larger ones the threshold; `tozero` makes the
                others 0, `tozero_inv` the larger ones. (one of binary, binary_inv,
                trunc, tozero, tozero_inv)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().otsu_threshold()
            >>> p.shapes((480, 640, 1))["otsu_threshold"]
            ImageShape(height=480, width=640, channels=1, dtype='u8', layout='hwc')
        """
        return self._then(
            "otsu_threshold",
            (),
            {
                "maximum": maximum,
                "type": type,
            },
            name,
        )

    def pad(
        self,
        *,
        left: int = 0,
        top: int = 0,
        right: int = 0,
        bottom: int = 0,
        mode: Literal[
            "constant",
            "replicate",
            "reflect_101",
        ] = "constant",
        value: float | Sequence[float] = (0.0,),
        name: str | None = None,
    ) -> Self:
        """An image with a border, of any sample type of images and layout.

        Equal to OpenCV `copyMakeBorder`.

        Args:
            left: Columns before the first. (integer, 0 to 4294967295; pixels)
            top: Rows above the first. (integer, 0 to 4294967295; pixels)
            right: Columns behind the last. (integer, 0 to 4294967295; pixels)
            bottom: Rows below the last. (integer, 0 to 4294967295; pixels)
            mode: How the border is filled. (one of constant, replicate, reflect_101)
            value: Samples of a constant border. (numbers, one finite number for all
                channels, or 3 or 4 of them; integers where samples are; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().pad()
            >>> p.shapes((480, 640, 3))["pad"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "pad",
            (),
            {
                "left": left,
                "top": top,
                "right": right,
                "bottom": bottom,
                "mode": mode,
                "value": value,
            },
            name,
        )

    def pad_mask(
        self,
        *,
        width: int | None = None,
        height: int | None = None,
        square: bool = False,
        multiple: int = 1,
        position: Literal[
            "top_left",
            "center",
        ] = "top_left",
        largest: bool = False,
        name: str | None = None,
    ) -> Self:
        """The mask of an image that `pad_to` pads: 1 where the image is, 0 in the
        padding, as a u8 image of one channel.

        Equal to transformers' `pixel_mask`.

        Args:
            width: Width of the output. (integer, 1 to 65536; pixels; default: that of
                the image)
            height: Height of the output. (integer, 1 to 65536; pixels; default: that of
                the image)
            square: Whether both sides become the larger of the two. (true or false)
            multiple: Both sides are rounded up to multiples of this number, after
                `square`. (integer, 1 to 65536; pixels)
            position: Where the image lies: `top_left` pads at the right and the bottom,
                `center` at all sides. (one of top_left, center)
            largest: Whether a side that is not given is that of the largest image of
                the batch, as in `pad_to_largest`. (true or false)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().pad_mask()
            >>> p.shapes((480, 640, 3))["pad_mask"]
            ImageShape(height=480, width=640, channels=1, dtype='u8', layout='hwc')
        """
        return self._then(
            "pad_mask",
            (),
            {
                "width": width,
                "height": height,
                "square": square,
                "multiple": multiple,
                "position": position,
                "largest": largest,
            },
            name,
        )

    def pad_to(
        self,
        *,
        width: int | None = None,
        height: int | None = None,
        square: bool = False,
        multiple: int = 1,
        position: Literal[
            "top_left",
            "center",
        ] = "top_left",
        value: float | Sequence[float] = (0.0,),
        name: str | None = None,
    ) -> Self:
        """An image, of any sample type of images and layout, padded to a size, a
        square, or multiples of a number.

        Equal to transformers `pad`, torchvision `pad`.

        Args:
            width: Width of the output. (integer, 1 to 65536; pixels; default: that of
                the image)
            height: Height of the output. (integer, 1 to 65536; pixels; default: that of
                the image)
            square: Whether both sides become the larger of the two. (true or false)
            multiple: Both sides are rounded up to multiples of this number, after
                `square`. (integer, 1 to 65536; pixels)
            position: Where the image lies: `top_left` pads at the right and the bottom,
                `center` at all sides. (one of top_left, center)
            value: Samples of the padding. (numbers, one finite number for all channels,
                or 3 or 4 of them; integers where samples are; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().pad_to()
            >>> p.shapes((480, 640, 3))["pad_to"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "pad_to",
            (),
            {
                "width": width,
                "height": height,
                "square": square,
                "multiple": multiple,
                "position": position,
                "value": value,
            },
            name,
        )

    def pad_to_largest(
        self,
        *,
        multiple: int = 1,
        position: Literal[
            "top_left",
            "center",
        ] = "top_left",
        value: float | Sequence[float] = (0.0,),
        name: str | None = None,
    ) -> Self:
        """The images of a batch, of any sample type of images and layout, padded to the
        largest width and height among them.

        Equal to transformers `pad` of a batch, torchvision `pad`.

        Args:
            multiple: Both sides are rounded up to multiples of this number. (integer, 1
                to 65536; pixels)
            position: Where the image lies: `top_left` pads at the right and the bottom,
                `center` at all sides. (one of top_left, center)
            value: Samples of the padding. (numbers, one finite number for all channels,
                or 3 or 4 of them; integers where samples are; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().pad_to_largest()
            >>> p.shapes((480, 640, 3))["pad_to_largest"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "pad_to_largest",
            (),
            {
                "multiple": multiple,
                "position": position,
                "value": value,
            },
            name,
        )

    def patchify(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        width: int | None = None,
        height: int | None = None,
        merge: int = 1,
        temporal: int = 1,
        order: Literal[
            "cthw",
            "tchw",
            "thwc",
        ] = "cthw",
        name: str | None = None,
    ) -> Self:
        """The matrix of an image's patches, one row for each, of any sample type of
        images and layout.

        Equal to the patches of transformers' Qwen2-VL, SigLIP 2, Gemma 4 and Idefics3
        processors.

        Args:
            size: Size of a patch: an integer for a square, or `(height, width)`, in
                pixels.
            width: Width of a patch. (integer, 1 to 65536; pixels) In place of `size`.
            height: Height of a patch. (integer, 1 to 65536; pixels) In place of `size`.
            merge: Width and height of the groups in which patches follow one another.
                (integer, 1 to 65536; patches)
            temporal: Times that the image is repeated along the axis of time. (integer,
                1 to 64; frames)
            order: The axes in a row: channel, time, row and column of the patch; the
                last one changes fastest. (one of cthw, tchw, thwc)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().patchify(14)
            >>> p.shapes((448, 672, 3))["patchify"]
            ImageShape(height=1536, width=588, channels=1, dtype='u8', layout='hwc')
        """
        width, height = sides("patchify", size, width, height)
        return self._then(
            "patchify",
            (),
            {
                "width": width,
                "height": height,
                "merge": merge,
                "temporal": temporal,
                "order": order,
            },
            name,
        )

    def perspective(
        self,
        startpoints: Sequence[float] | Literal["input"],
        endpoints: Sequence[float] | Literal["input"],
        *,
        interpolation: Literal[
            "nearest",
            "bilinear",
        ] = "bilinear",
        value: int | Sequence[int] | None = None,
        like: Literal[
            "torchvision",
            "torchvision_avx512",
        ] = "torchvision",
        name: str | None = None,
    ) -> Self:
        """An image of which four points are moved to four others, by a perspective.

        Equal to torchvision `perspective` of u8 tensors.

        Args:
            startpoints: x and y of four points of the image. (8 numbers, integers of at
                most 1048576; no three end points on a line; or "input" where it is
                given for each image; pixels)
            endpoints: x and y of the four points of the output where they go. (8
                numbers, integers of at most 1048576; no three end points on a line; or
                "input" where it is given for each image; pixels)
            interpolation: How pixels between those of the source are made. (one of
                nearest, bilinear)
            value: Color around the source (`fill`). (integer of 0 to 255 for all
                channels, or 3 or 4 of them; samples; default: 0, not mixed into pixels
                at the border of the source)
            like: The processor whose torchvision it equals: one of AMD, or of Intel
                without AVX-512, or one of Intel with AVX-512. (one of torchvision,
                torchvision_avx512)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().perspective(startpoints=[0, 0, 639, 0, 639, 479, 0, 479], endpoints=[40, 25, 600, 0, 639, 470, 10, 440])
            >>> p.shapes((480, 640, 3))["perspective"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "perspective",
            (),
            {
                "startpoints": startpoints,
                "endpoints": endpoints,
                "interpolation": interpolation,
                "value": value,
                "like": like,
            },
            name,
        )

    def posterize(
        self,
        bits: int,
        *,
        name: str | None = None,
    ) -> Self:
        """The highest bits of the samples; any number of channels.

        Equal to torchvision `posterize` of u8 tensors.

        Args:
            bits: The number of bits that are kept. (integer, 0 to 8; bits)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().posterize(bits=4)
            >>> p.shapes((480, 640, 3))["posterize"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "posterize",
            (),
            {
                "bits": bits,
            },
            name,
        )

    def pyr_down(
        self,
        border: Literal[
            "replicate",
            "reflect",
            "reflect_101",
            "wrap",
        ] = "reflect_101",
        *,
        name: str | None = None,
    ) -> Self:
        """A blurred image with half of the columns and rows: one step down a Gaussian
        pyramid.

        Equal to OpenCV `pyrDown`.

        Args:
            border: What lies outside the image: the nearest pixel, the image mirrored
                with or without its border pixels, or the image repeated. (one of
                replicate, reflect, reflect_101, wrap)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().pyr_down()
            >>> p.shapes((480, 640, 3))["pyr_down"]
            ImageShape(height=240, width=320, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "pyr_down",
            (),
            {
                "border": border,
            },
            name,
        )

    def pyr_up(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """A blurred image with twice the columns and rows: one step up a Gaussian
        pyramid.

        Equal to OpenCV `pyrUp`.

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().pyr_up()
            >>> p.shapes((480, 640, 3))["pyr_up"]
            ImageShape(height=960, width=1280, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("pyr_up", (), {}, name)

    def random_affine(
        self,
        degrees: float | Sequence[float],
        *,
        translate: Sequence[float] = (0.0, 0.0),
        scale: Sequence[float] = (1.0, 1.0),
        shear: float | Sequence[float] = (0.0, 0.0),
        value: int | Sequence[int] = (0, 0, 0, 0),
        seed: int = 0,
        stream: int = 0,
        name: str | None = None,
    ) -> Self:
        """Each image rotated, moved, scaled and sheared at random about its center.

        Equal to in distribution and matrix torchvision `RandomAffine`; in pixels OpenCV
        `warpAffine` with `INTER_LINEAR` and `BORDER_CONSTANT`.

        Args:
            degrees: The angle of the rotation, clockwise. (numbers, the least and the
                largest, from -360 to 360; one number d stands for -d to d; degrees)
            translate: The largest translations along x, in widths of the image, and
                along y, in heights. (2 numbers, 0 to 1)
            scale: The scale. (2 numbers, the least and the largest, from 0.001 to 1000)
            shear: The angles of the shear. (numbers, two along x, the least and the
                largest, and two along y, from -89 to 89; two are along x alone, and one
                number s stands for -s to s along x; degrees)
            value: Color around the source. (integer of 0 to 255 for all channels, or 3
                or 4 of them; samples)
            seed: The seed of the random numbers, usually one for a whole pipeline.
                (integer, 0 to 4294967295)
            stream: Distinguishes nodes of one kind with one seed: with equal streams
                they draw the same. (integer, 0 to 4294967295)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().random_affine(degrees=15)
            >>> p.shapes((480, 640, 3))["random_affine"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "random_affine",
            (),
            {
                "degrees": degrees,
                "translate": translate,
                "scale": scale,
                "shear": shear,
                "value": value,
                "seed": seed,
                "stream": stream,
            },
            name,
        )

    def random_crop(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        width: int | None = None,
        height: int | None = None,
        padding: float | Sequence[float] = (0.0,),
        pad_if_needed: bool = False,
        mode: Literal[
            "constant",
            "replicate",
            "reflect_101",
        ] = "constant",
        value: float | Sequence[float] = (0.0,),
        seed: int = 0,
        stream: int = 0,
        name: str | None = None,
    ) -> Self:
        """A rectangle of each image at a random place, of any sample type of images and
        layout.

        Equal to in distribution torchvision `RandomCrop`; in pixels OpenCV
        `copyMakeBorder` and an array slice.

        Args:
            size: Size of the output: an integer for a square, or `(height, width)`, in
                pixels.
            width: Width of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            height: Height of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            padding: The border that is added before the crop. (numbers, one for all
                sides, two for left and right, and for top and bottom, or four for left,
                top, right and bottom; integers from 0 to 65536; pixels)
            pad_if_needed: Whether images that are still smaller than the output are
                padded by what is missing, at both sides. (true or false)
            mode: The border mode. (one of constant, replicate, reflect_101)
            value: Samples of a constant border. (numbers, one finite number for all
                channels, or 3 or 4 of them; integers where samples are; samples)
            seed: The seed of the random numbers, usually one for a whole pipeline.
                (integer, 0 to 4294967295)
            stream: Distinguishes nodes of one kind with one seed: with equal streams
                they draw the same. (integer, 0 to 4294967295)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().random_crop(32)
            >>> p.shapes((480, 640, 3))["random_crop"]
            ImageShape(height=32, width=32, channels=3, dtype='u8', layout='hwc')
        """
        width, height = sides("random_crop", size, width, height)
        return self._then(
            "random_crop",
            (),
            {
                "width": width,
                "height": height,
                "padding": padding,
                "pad_if_needed": pad_if_needed,
                "mode": mode,
                "value": value,
                "seed": seed,
                "stream": stream,
            },
            name,
        )

    def random_erasing(
        self,
        *,
        probability: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | Sequence[float] = (0.0,),
        seed: int = 0,
        stream: int = 0,
        name: str | None = None,
    ) -> Self:
        """Each image, of any sample type of images and layout, with a constant in a
        random rectangle.

        Equal to in distribution torchvision `RandomErasing`; in pixels an assignment to
        an array slice.

        Args:
            probability: The probability that something is erased. (number, 0 to 1)
            scale: The area of the rectangle, as a part of the area of the image. (2
                numbers, the least and the largest, from 0 to 1)
            ratio: Height / width of the rectangle. (2 numbers, the least and the
                largest, from 0.001 to 1000)
            value: Samples of the rectangle. (numbers, one finite number for all
                channels, or 3 or 4 of them; integers where samples are; samples)
            seed: The seed of the random numbers, usually one for a whole pipeline.
                (integer, 0 to 4294967295)
            stream: Distinguishes nodes of one kind with one seed: with equal streams
                they draw the same. (integer, 0 to 4294967295)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().random_erasing()
            >>> p.shapes((480, 640, 3))["random_erasing"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "random_erasing",
            (),
            {
                "probability": probability,
                "scale": scale,
                "ratio": ratio,
                "value": value,
                "seed": seed,
                "stream": stream,
            },
            name,
        )

    def random_flip(
        self,
        *,
        horizontal: float = 0.5,
        vertical: float = 0.0,
        seed: int = 0,
        stream: int = 0,
        name: str | None = None,
    ) -> Self:
        """Each image mirrored at random, of any sample type of images and layout.

        Equal to in distribution torchvision `RandomHorizontalFlip`,
        `RandomVerticalFlip`; in pixels OpenCV `flip`.

        Args:
            horizontal: The probability of exchanging left and right. (number, 0 to 1)
            vertical: The probability of exchanging top and bottom. (number, 0 to 1)
            seed: The seed of the random numbers, usually one for a whole pipeline.
                (integer, 0 to 4294967295)
            stream: Distinguishes nodes of one kind with one seed: with equal streams
                they draw the same. (integer, 0 to 4294967295)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().random_flip()
            >>> p.shapes((480, 640, 3))["random_flip"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "random_flip",
            (),
            {
                "horizontal": horizontal,
                "vertical": vertical,
                "seed": seed,
                "stream": stream,
            },
            name,
        )

    def random_gray(
        self,
        *,
        probability: float = 0.1,
        seed: int = 0,
        stream: int = 0,
        name: str | None = None,
    ) -> Self:
        """Some of the images gray, with as many channels as before; gray and RGB
        images.

        Equal to in distribution torchvision `RandomGrayscale`; in pixels its
        `rgb_to_grayscale` of u8 tensors.

        Args:
            probability: The probability that an image becomes gray. (number, 0 to 1)
            seed: The seed of the random numbers, usually one for a whole pipeline.
                (integer, 0 to 4294967295)
            stream: Distinguishes nodes of one kind with one seed: with equal streams
                they draw the same. (integer, 0 to 4294967295)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().random_gray()
            >>> p.shapes((480, 640, 3))["random_gray"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "random_gray",
            (),
            {
                "probability": probability,
                "seed": seed,
                "stream": stream,
            },
            name,
        )

    def random_resized_crop(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        width: int | None = None,
        height: int | None = None,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (0.75, 1.3333333333333333),
        interpolation: Literal[
            "bilinear",
            "nearest",
            "area",
            "cubic",
            "lanczos4",
            "linear_exact",
            "nearest_exact",
        ]
        | None = None,
        filter: Literal[
            "box",
            "bilinear",
            "hamming",
            "bicubic",
            "lanczos",
        ]
        | None = None,
        like: Literal[
            "pillow12",
            "pillow13",
            "torchvision",
            "torch_cuda",
        ]
        | None = None,
        seed: int = 0,
        stream: int = 0,
        name: str | None = None,
    ) -> Self:
        """A random rectangle of each image, resized.

        Equal to in distribution torchvision `RandomResizedCrop`; in pixels
        `resized_crop` of what is drawn.

        Args:
            size: Size of the output: an integer for a square, or `(height, width)`, in
                pixels.
            width: Width of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            height: Height of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            scale: The area of the rectangle, as a part of the area of the image. (2
                numbers, the least and the largest, from 0 to 1)
            ratio: Width / height of the rectangle. (2 numbers, the least and the
                largest, from 0.001 to 1000)
            interpolation: The interpolation of `resize` that brings the crop to its
                size. `cubic` equals OpenCV to within 1, the others bit for bit. (one of
                bilinear, nearest, area, cubic, lanczos4, linear_exact, nearest_exact;
                default: bilinear, where there is no `filter`)
            filter: The filter of `resample` that brings the crop to its size,
                antialiased, with `like` and without `interpolation`. (one of box,
                bilinear, hamming, bicubic, lanczos; default: none, where
                `interpolation` is used)
            like: The library whose samples a `filter` makes, as in `resample`. (one of
                pillow12, pillow13, torchvision, torch_cuda; default: none, where
                `interpolation` is used)
            seed: The seed of the random numbers, usually one for a whole pipeline.
                (integer, 0 to 4294967295)
            stream: Distinguishes nodes of one kind with one seed: with equal streams
                they draw the same. (integer, 0 to 4294967295)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().random_resized_crop(224)
            >>> p.shapes((480, 640, 3))["random_resized_crop"]
            ImageShape(height=224, width=224, channels=3, dtype='u8', layout='hwc')
        """
        width, height = sides("random_resized_crop", size, width, height)
        return self._then(
            "random_resized_crop",
            (),
            {
                "width": width,
                "height": height,
                "scale": scale,
                "ratio": ratio,
                "interpolation": interpolation,
                "filter": filter,
                "like": like,
                "seed": seed,
                "stream": stream,
            },
            name,
        )

    def resample(
        self,
        like: Literal[
            "pillow12",
            "pillow13",
            "torchvision",
            "torch_cuda",
        ],
        filter: Literal[
            "box",
            "bilinear",
            "hamming",
            "bicubic",
            "lanczos",
        ],
        *,
        width: int | None = None,
        height: int | None = None,
        shortest_edge: int | None = None,
        longest_edge: int | None = None,
        max_size: int | None = None,
        rounding: Literal[
            "torchvision",
            "detr",
            "sam",
            "idefics3",
        ]
        | None = None,
        max_width: int | None = None,
        max_height: int | None = None,
        multiple: int | None = None,
        min_pixels: int | None = None,
        max_pixels: int | None = None,
        tile: int | None = None,
        round_up_to: int = 1,
        box: Sequence[float] | None = None,
        name: str | None = None,
    ) -> Self:
        """An image of another size, antialiased: the resize of Pillow and torchvision.

        Equal to Pillow `Image.resize`; torchvision `resize` with `antialias=True`.

        Args:
            like: The library, and its version or device, whose samples the output
                equals. (one of pillow12, pillow13, torchvision, torch_cuda)
            filter: The filter; Pillow has all, torchvision bilinear, bicubic, lanczos,
                torch_cuda the first two of these. (one of box, bilinear, hamming,
                bicubic, lanczos)
            width: Width of the output. (integer, 1 to 65536; pixels; default: none,
                where the size has another form)
            height: Height of the output. (integer, 1 to 65536; pixels; default: none,
                where the size has another form)
            shortest_edge: The shorter edge of the output, which keeps the proportions.
                (integer, 1 to 65536; pixels; default: none, where the size has another
                form)
            longest_edge: The longer edge of the output, which keeps the proportions.
                (integer, 1 to 65536; pixels; default: none, where the size has another
                form)
            max_size: The most pixels of the longer edge, with `shortest_edge`.
                (integer, 1 to 65536; pixels; default: no limit)
            rounding: The rounding of the other edge: torchvision or detr for
                `shortest_edge`, sam or idefics3 for `longest_edge`. (one of
                torchvision, detr, sam, idefics3; default: torchvision for
                `shortest_edge`, sam for `longest_edge`)
            max_width: The most columns of the output, with `max_height`: the output
                keeps the proportions and is as large as possible. (integer, 1 to 65536;
                pixels; default: none, where the size has another form)
            max_height: The most rows of the output, with `max_width`. (integer, 1 to
                65536; pixels; default: none, where the size has another form)
            multiple: Both edges of the output become the nearest multiples of this
                number, as in Qwen2-VL. (integer, 1 to 65536; pixels; default: none,
                where the size has another form)
            min_pixels: The fewest pixels of the output, with `multiple`. (integer, 1 to
                4294967295; pixels; default: no limit)
            max_pixels: The most pixels of the output, with `multiple`. (integer, 1 to
                4294967295; pixels; default: no limit)
            tile: Side of a tile: both edges of the output are rounded up to multiples
                of it, as in Idefics3 and SmolVLM. (integer, 1 to 65536; pixels;
                default: none, where the size has another form)
            round_up_to: Both edges of the output are rounded up to multiples of this
                number. (integer, 1 to 65536; pixels)
            box: Left, top, right and bottom edge of the part of the input that is
                resampled, with Pillow, `width` and `height`. (4 numbers, inside the
                input; pixels; default: the whole input)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().resample(like="pillow13", filter="bicubic", width=224, height=224)
            >>> p.shapes((480, 640, 3))["resample"]
            ImageShape(height=224, width=224, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "resample",
            (),
            {
                "like": like,
                "filter": filter,
                "width": width,
                "height": height,
                "shortest_edge": shortest_edge,
                "longest_edge": longest_edge,
                "max_size": max_size,
                "rounding": rounding,
                "max_width": max_width,
                "max_height": max_height,
                "multiple": multiple,
                "min_pixels": min_pixels,
                "max_pixels": max_pixels,
                "tile": tile,
                "round_up_to": round_up_to,
                "box": box,
            },
            name,
        )

    def rescale(
        self,
        *,
        scale: float = 0.00392156862745098,
        offset: bool = False,
        like: Literal[
            "transformers",
            "transformers_pillow",
        ] = "transformers",
        dtype: Literal[
            "f32",
            "f16",
            "bf16",
        ] = "f32",
        layout: Literal[
            "hwc",
            "chw",
        ] = "hwc",
        name: str | None = None,
    ) -> Self:
        """Floating point samples: `sample * scale`, or `sample * scale - 1`.

        Equal to transformers `rescale`, by `like`.

        Args:
            scale: Factor of the samples (`rescale_factor` of transformers); 255 times
                the factor must fit f32. (number, finite)
            offset: Whether 1 is subtracted from the products (`rescale_offset` of
                transformers). (true or false)
            like: Library whose operations are repeated: transformers with the backend
                torchvision, whose factor is an f32, or with the backend Pillow, whose
                factor is an f64. (one of transformers, transformers_pillow)
            dtype: Type of the output samples. (one of f32, f16, bf16)
            layout: Layout of the output channels. (one of hwc (interleaved), chw
                (planar))
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().rescale()
            >>> p.shapes((480, 640, 3))["rescale"]
            ImageShape(height=480, width=640, channels=3, dtype='f32', layout='hwc')
        """
        return self._then(
            "rescale",
            (),
            {
                "scale": scale,
                "offset": offset,
                "like": like,
                "sample": dtype,
                "layout": layout_name(layout),
            },
            name,
        )

    def resize(
        self,
        size: int | tuple[int, int] | None = None,
        interpolation: Literal[
            "bilinear",
            "nearest",
            "area",
            "cubic",
            "lanczos4",
            "linear_exact",
            "nearest_exact",
            "box",
            "hamming",
            "bicubic",
            "lanczos",
        ] = "bilinear",
        *,
        width: int | None = None,
        height: int | None = None,
        like: Literal[
            "pillow12",
            "pillow13",
            "torchvision",
            "torch_cuda",
        ]
        | None = None,
        max_size: int | None = None,
        name: str | None = None,
    ) -> Self:
        """An image of another size.

        Equal to OpenCV `resize`.

        Args:
            size: Size of the output, in pixels: `(height, width)`, or an integer: a
                square, and with `like` the shorter edge, as in torchvision.
            interpolation: How samples between pixels are made. `area` shrinks without
                aliasing. `cubic` equals OpenCV to within 1, the others bit for bit.
                (one of bilinear, nearest, area, cubic, lanczos4, linear_exact,
                nearest_exact) With `like` a filter of `resample`.
            width: Width of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            height: Height of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            like: Makes it a `resample`, which is antialiased. The library, and its
                version or device, whose samples the output equals. (one of pillow12,
                pillow13, torchvision, torch_cuda)
            max_size: The most pixels of the longer edge, with `shortest_edge`.
                (integer, 1 to 65536; pixels; default: no limit) Only with `like`.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().resize((240, 320))
            >>> p.shapes((480, 640, 3))["resize"]
            ImageShape(height=240, width=320, channels=3, dtype='u8', layout='hwc')
        """
        if like is not None:
            return self._then(
                "resample",
                (),
                {
                    "like": like,
                    "filter": interpolation,
                    "max_size": max_size,
                    **resampled(size, width, height),
                },
                name,
            )
        if max_size is not None:
            raise PipelineError(
                "resize: max_size is for a resize with like; leave it out"
            )
        width, height = sides("resize", size, width, height)
        return self._then(
            "resize",
            (),
            {
                "interpolation": interpolation,
                "width": width,
                "height": height,
            },
            name,
        )

    def resized_crop(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        box: Sequence[float] | Literal["input"],
        width: int | None = None,
        height: int | None = None,
        interpolation: Literal[
            "bilinear",
            "nearest",
            "area",
            "cubic",
            "lanczos4",
            "linear_exact",
            "nearest_exact",
        ]
        | None = None,
        filter: Literal[
            "box",
            "bilinear",
            "hamming",
            "bicubic",
            "lanczos",
        ]
        | None = None,
        like: Literal[
            "pillow12",
            "pillow13",
            "torchvision",
            "torch_cuda",
        ]
        | None = None,
        name: str | None = None,
    ) -> Self:
        """A rectangle of an image, resized; one rectangle for all images, or one for
        each.

        Equal to an array slice, then OpenCV `resize`, Pillow `Image.resize` or
        torchvision `resize`.

        Args:
            size: Size of the output: an integer for a square, or `(height, width)`, in
                pixels.
            box: The rectangle: first column, first row, width and height, inside the
                input. (4 numbers, integers from 0 to 65536; or "input" where it is
                given for each image; pixels)
            width: Width of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            height: Height of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            interpolation: The interpolation of `resize` that brings the crop to its
                size. `cubic` equals OpenCV to within 1, the others bit for bit. (one of
                bilinear, nearest, area, cubic, lanczos4, linear_exact, nearest_exact;
                default: bilinear, where there is no `filter`)
            filter: The filter of `resample` that brings the crop to its size,
                antialiased, with `like` and without `interpolation`. (one of box,
                bilinear, hamming, bicubic, lanczos; default: none, where
                `interpolation` is used)
            like: The library whose samples a `filter` makes, as in `resample`. (one of
                pillow12, pillow13, torchvision, torch_cuda; default: none, where
                `interpolation` is used)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().resized_crop(224, box=[16, 8, 320, 240])
            >>> p.shapes((480, 640, 3))["resized_crop"]
            ImageShape(height=224, width=224, channels=3, dtype='u8', layout='hwc')
        """
        width, height = sides("resized_crop", size, width, height)
        return self._then(
            "resized_crop",
            (),
            {
                "box": box,
                "width": width,
                "height": height,
                "interpolation": interpolation,
                "filter": filter,
                "like": like,
            },
            name,
        )

    def rgb_to_yuv(
        self,
        format: Literal[
            "nv12",
            "i420",
        ],
        *,
        matrix: Literal[
            "bt601",
            "bt709",
            "bt2020",
        ] = "bt601",
        range: Literal[
            "limited",
            "full",
        ] = "limited",
        name: str | None = None,
    ) -> Self:
        """A YUV video frame of an RGB image, as a gray image of its bytes with 3/2 of
        the rows: NV12 or I420.

        Equal to OpenCV `cvtColor` with `COLOR_RGB2YUV_I420`, for `bt601` and `limited`.

        Args:
            format: The layout of the frame: U and V alternate (`nv12`), or are planes
                (`i420`). (one of nv12, i420)
            matrix: The standard of the colors. HD video usually is `bt709`; nothing is
                guessed from sizes. (one of bt601, bt709, bt2020)
            range: Whether Y is 16 to 235 and U and V are 16 to 240 (`limited`), or all
                are 0 to 255 (`full`). (one of limited, full)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().rgb_to_yuv(format="nv12")
            >>> p.shapes((480, 640, 3))["rgb_to_yuv"]
            ImageShape(height=720, width=640, channels=1, dtype='u8', layout='hwc')
        """
        return self._then(
            "rgb_to_yuv",
            (),
            {
                "format": format,
                "matrix": matrix,
                "range": range,
            },
            name,
        )

    def rotate(
        self,
        angle: float | Literal["input"],
        *,
        expand: bool = False,
        center: Sequence[float] | None = None,
        interpolation: Literal[
            "nearest",
            "bilinear",
        ] = "nearest",
        value: int | Sequence[int] | None = None,
        like: Literal[
            "torchvision",
            "torchvision_avx512",
        ] = "torchvision",
        name: str | None = None,
    ) -> Self:
        """An image that is rotated by an angle.

        Equal to torchvision `rotate` of u8 tensors.

        Args:
            angle: The angle, counterclockwise. (number, at most 1e6; or "input" where
                it is given for each image; degrees)
            expand: Whether the output is as large as the rotated image needs. (true or
                false)
            center: The point that stays, x and y from the top left corner. (2 numbers,
                at most 1e6; pixels; default: the middle of the image)
            interpolation: How pixels between those of the source are made. (one of
                nearest, bilinear)
            value: Color around the source (`fill`). (integer of 0 to 255 for all
                channels, or 3 or 4 of them; samples; default: 0, not mixed into pixels
                at the border of the source)
            like: The processor whose torchvision it equals: one of AMD, or of Intel
                without AVX-512, or one of Intel with AVX-512. (one of torchvision,
                torchvision_avx512)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().rotate(angle=30)
            >>> p.shapes((480, 640, 3))["rotate"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "rotate",
            (),
            {
                "angle": angle,
                "expand": expand,
                "center": center,
                "interpolation": interpolation,
                "value": value,
                "like": like,
            },
            name,
        )

    def saturation(
        self,
        factor: float,
        *,
        name: str | None = None,
    ) -> Self:
        """Stronger or weaker colors; gray images stay as they are.

        Equal to torchvision `adjust_saturation` of u8 tensors, on CPUs with FMA.

        Args:
            factor: 0 gives the gray image, 1 the image itself, larger numbers stronger
                colors. (number, 0 to 1000000)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().saturation(factor=1.5)
            >>> p.shapes((480, 640, 3))["saturation"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "saturation",
            (),
            {
                "factor": factor,
            },
            name,
        )

    def scharr(
        self,
        output: Literal[
            "dx",
            "dy",
        ] = "dx",
        *,
        name: str | None = None,
    ) -> Self:
        """A 3x3 Scharr derivative, channel by channel, as i16 samples.

        Equal to OpenCV `Scharr`.

        Args:
            output: `dx` is the derivative along x, `dy` along y. (one of dx, dy)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().scharr()
            >>> p.shapes((480, 640, 3))["scharr"]
            ImageShape(height=480, width=640, channels=3, dtype='i16', layout='hwc')
        """
        return self._then(
            "scharr",
            (),
            {
                "output": output,
            },
            name,
        )

    def sharpness(
        self,
        factor: float,
        *,
        name: str | None = None,
    ) -> Self:
        """A sharper or blurred image, of gray and RGB images.

        Equal to torchvision `adjust_sharpness` of u8 tensors, on CPUs with FMA.

        Args:
            factor: 0 blurs, 1 leaves the image as it is, larger numbers sharpen.
                (number, 0 to 1000000)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().sharpness(factor=2)
            >>> p.shapes((480, 640, 3))["sharpness"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "sharpness",
            (),
            {
                "factor": factor,
            },
            name,
        )

    def sobel(
        self,
        output: Literal[
            "magnitude",
            "dx",
            "dy",
        ] = "magnitude",
        *,
        size: int = 3,
        name: str | None = None,
    ) -> Self:
        """The Sobel derivatives of a gray image, or their magnitude; color goes to gray
        first.

        Equal to OpenCV `Sobel`.

        Args:
            output: `magnitude` gives u8 samples, the derivatives `dx` and `dy` i16.
                (one of magnitude, dx, dy)
            size: Width and height of the window. (odd integer, 3 to 7; pixels)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().sobel()
            >>> p.shapes((480, 640, 3))["sobel"]
            ImageShape(height=480, width=640, channels=1, dtype='u8', layout='hwc')
        """
        return self._then(
            "sobel",
            (),
            {
                "output": output,
                "size": size,
            },
            name,
        )

    def solarize(
        self,
        threshold: float,
        *,
        name: str | None = None,
    ) -> Self:
        """The samples, inverted from a threshold on; any number of channels.

        Equal to torchvision `solarize` of u8 tensors.

        Args:
            threshold: The least sample that is inverted. (number, 0 to 255; samples)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().solarize(threshold=128)
            >>> p.shapes((480, 640, 3))["solarize"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "solarize",
            (),
            {
                "threshold": threshold,
            },
            name,
        )

    def subtract(
        self,
        other: Operators,
        *,
        name: str | None = None,
    ) -> Self:
        """The first image less the second, sample by sample, at least 0; any number of
        channels.

        Equal to OpenCV `subtract`.

        Args:
            other: The second image: a node, or a pipeline with one output.
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> a, b = pf.input("a"), pf.input("b")
            >>> p = pf.Pipeline.of(subtract=a.subtract(b))
            >>> p.shapes((480, 640, 3), (480, 640, 3))["subtract"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then("subtract", (other,), {}, name)

    def sum(
        self,
        *,
        name: str | None = None,
    ) -> Self:
        """The sum of the samples of each channel of an image, as an f64 number for each
        channel.

        Equal to OpenCV `sum` (`sumElems` in Python).

        Args:
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().sum()
            >>> p.shapes((480, 640, 3))["sum"]
            ImageShape(height=3, width=1, channels=1, dtype='f64', layout='hwc')
        """
        return self._then("sum", (), {}, name)

    def threshold(
        self,
        threshold: int,
        *,
        maximum: int = 255,
        type: Literal[
            "binary",
            "binary_inv",
            "trunc",
            "tozero",
            "tozero_inv",
        ] = "binary",
        name: str | None = None,
    ) -> Self:
        """Samples by their comparison with a threshold; any number of channels.

        Equal to OpenCV `threshold`.

        Args:
            threshold: The largest sample that is not above the threshold. (integer, 0
                to 255; samples)
            maximum: The value of larger samples, or with `binary_inv` of the others.
                (integer, 0 to 255; samples)
            type: `binary` makes larger samples `maximum` and others 0, `binary_inv` the
                reverse; `trunc` makes larger ones the threshold; `tozero` makes the
                others 0, `tozero_inv` the larger ones. (one of binary, binary_inv,
                trunc, tozero, tozero_inv)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().threshold(threshold=127)
            >>> p.shapes((480, 640, 3))["threshold"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "threshold",
            (),
            {
                "threshold": threshold,
                "maximum": maximum,
                "type": type,
            },
            name,
        )

    def tile(
        self,
        *,
        columns: int = 1,
        rows: int = 1,
        name: str | None = None,
    ) -> Self:
        """An image several times side by side and one above the other, of any sample
        type of images and layout.

        Equal to OpenCV `repeat`.

        Args:
            columns: Times that the image stands side by side. (integer, 1 to 65536;
                images)
            rows: Times that the image stands one above the other. (integer, 1 to 65536;
                images)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().tile()
            >>> p.shapes((480, 640, 3))["tile"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "tile",
            (),
            {
                "columns": columns,
                "rows": rows,
            },
            name,
        )

    def to_float(
        self,
        *,
        like: Literal[
            "torchvision",
            "torchvision_v2",
        ] = "torchvision",
        scaled: bool = True,
        dtype: Literal[
            "f32",
            "f16",
            "bf16",
        ] = "f32",
        layout: Literal[
            "hwc",
            "chw",
        ] = "hwc",
        name: str | None = None,
    ) -> Self:
        """Floating point samples of 0 to 1, or of 0 to 255.

        Equal to torchvision `ToTensor`, or `ToDtype` of its v2, by `like`.

        Args:
            like: Library whose operations are repeated: `sample / 255` of torchvision's
                `ToTensor` and of ultralytics, or `sample * f32(1/255)` of torchvision's
                v2. (one of torchvision, torchvision_v2)
            scaled: Whether 255 becomes 1; otherwise it becomes 255. (true or false)
            dtype: Type of the output samples. (one of f32, f16, bf16)
            layout: Layout of the output channels. (one of hwc (interleaved), chw
                (planar))
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().to_float()
            >>> p.shapes((480, 640, 3))["to_float"]
            ImageShape(height=480, width=640, channels=3, dtype='f32', layout='hwc')
        """
        return self._then(
            "to_float",
            (),
            {
                "like": like,
                "scaled": scaled,
                "sample": dtype,
                "layout": layout_name(layout),
            },
            name,
        )

    def transpose(
        self,
        method: Literal[
            "transpose",
            "transverse",
            "clockwise",
            "counterclockwise",
        ] = "transpose",
        *,
        name: str | None = None,
    ) -> Self:
        """An image whose rows are columns of the input, mirrored at a diagonal or
        turned by 90 degrees, of any sample type of images and layout.

        Equal to OpenCV `transpose` and `rotate`.

        Args:
            method: `transpose` mirrors at the diagonal from the top left, `transverse`
                from the top right; the others turn. (one of transpose, transverse,
                clockwise, counterclockwise)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().transpose()
            >>> p.shapes((480, 640, 3))["transpose"]
            ImageShape(height=640, width=480, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "transpose",
            (),
            {
                "method": method,
            },
            name,
        )

    def warp_affine(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        matrix: Sequence[float] | Literal["input"],
        width: int | None = None,
        height: int | None = None,
        inverse: bool = False,
        value: int | Sequence[int] = (0, 0, 0, 0),
        interpolation: Literal[
            "nearest",
            "bilinear",
            "cubic",
        ] = "bilinear",
        border: Literal[
            "constant",
            "replicate",
            "reflect",
            "reflect_101",
            "wrap",
        ] = "constant",
        name: str | None = None,
    ) -> Self:
        """An image that is rotated, scaled, sheared and moved by a 2x3 matrix.

        Equal to OpenCV `warpAffine`.

        Args:
            size: Size of the output: an integer for a square, or `(height, width)`, in
                pixels.
            matrix: The matrix from source to output, row by row. (6 numbers, at most
                1e30 each; invertible unless `inverse`; or "input" where it is given for
                each image)
            width: Width of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            height: Height of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            inverse: Whether the matrix goes from output to source. (true or false)
            value: Color around the source, with a constant border. (integer of 0 to 255
                for all channels, or 3 or 4 of them; samples)
            interpolation: How pixels between those of the source are made. (one of
                nearest, bilinear, cubic)
            border: What lies outside the source: `value`, the nearest pixel, the source
                mirrored with or without its border pixels, or the source repeated. (one
                of constant, replicate, reflect, reflect_101, wrap)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().warp_affine((480, 640), matrix=[1, 0, 16, 0, 1, 16])
            >>> p.shapes((480, 640, 3))["warp_affine"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        width, height = sides("warp_affine", size, width, height)
        return self._then(
            "warp_affine",
            (),
            {
                "matrix": matrix,
                "width": width,
                "height": height,
                "inverse": inverse,
                "value": value,
                "interpolation": interpolation,
                "border": border,
            },
            name,
        )

    def warp_perspective(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        matrix: Sequence[float] | Literal["input"],
        width: int | None = None,
        height: int | None = None,
        inverse: bool = False,
        value: int | Sequence[int] = (0, 0, 0, 0),
        interpolation: Literal[
            "nearest",
            "bilinear",
            "cubic",
        ] = "bilinear",
        border: Literal[
            "constant",
            "replicate",
            "reflect",
            "reflect_101",
            "wrap",
        ] = "constant",
        name: str | None = None,
    ) -> Self:
        """An image that is seen from another side, by a 3x3 matrix.

        Equal to OpenCV `warpPerspective`.

        Args:
            size: Size of the output: an integer for a square, or `(height, width)`, in
                pixels.
            matrix: The matrix from source to output, row by row. (9 numbers, at most
                1e30 each; invertible unless `inverse`; or "input" where it is given for
                each image)
            width: Width of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            height: Height of the output. (integer, 1 to 65536; pixels) In place of
                `size`.
            inverse: Whether the matrix goes from output to source. (true or false)
            value: Color around the source, with a constant border. (integer of 0 to 255
                for all channels, or 3 or 4 of them; samples)
            interpolation: How pixels between those of the source are made. (one of
                nearest, bilinear, cubic)
            border: What lies outside the source: `value`, the nearest pixel, the source
                mirrored with or without its border pixels, or the source repeated. (one
                of constant, replicate, reflect, reflect_101, wrap)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().warp_perspective((480, 640), matrix=[1, 0, 16, 0, 1, 16, 0, 0.001, 1])
            >>> p.shapes((480, 640, 3))["warp_perspective"]
            ImageShape(height=480, width=640, channels=3, dtype='u8', layout='hwc')
        """
        width, height = sides("warp_perspective", size, width, height)
        return self._then(
            "warp_perspective",
            (),
            {
                "matrix": matrix,
                "width": width,
                "height": height,
                "inverse": inverse,
                "value": value,
                "interpolation": interpolation,
                "border": border,
            },
            name,
        )

    def yuv_to_rgb(
        self,
        format: Literal[
            "nv12",
            "nv21",
            "i420",
            "yuyv",
            "p010",
        ],
        *,
        matrix: Literal[
            "bt601",
            "bt709",
            "bt2020",
        ] = "bt601",
        range: Literal[
            "limited",
            "full",
        ] = "limited",
        name: str | None = None,
    ) -> Self:
        """An RGB image of a YUV video frame, which comes as a gray image of its bytes:
        NV12, NV21, I420, YUYV or P010.

        Equal to OpenCV `cvtColor` with `COLOR_YUV2RGB_NV12`, `_NV21`, `_I420` and
        `_YUY2`, for `bt601` and `limited`.

        Args:
            format: The layout of the frame. All but `yuyv` have half as many rows again
                as the output; `yuyv` and `p010` are twice as wide. (one of nv12, nv21,
                i420, yuyv, p010)
            matrix: The standard of the colors. HD video usually is `bt709`; nothing is
                guessed from sizes. (one of bt601, bt709, bt2020)
            range: Whether Y is 16 to 235 and U and V are 16 to 240 (`limited`), or all
                are 0 to 255 (`full`). (one of limited, full)
            name: Name of the node.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().yuv_to_rgb(format="i420")
            >>> p.shapes((480, 640, 1))["yuv_to_rgb"]
            ImageShape(height=320, width=640, channels=3, dtype='u8', layout='hwc')
        """
        return self._then(
            "yuv_to_rgb",
            (),
            {
                "format": format,
                "matrix": matrix,
                "range": range,
            },
            name,
        )
