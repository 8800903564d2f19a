//! The kernels, windows and sides that linear filters refuse.

use crate::message;
use pixelflume_ops::{
    Filter2d, FilterBorder, FilterOutput, ImageShape, Operator, PyrDown, PyrDownBorder, PyrUp,
    SampleType, Sobel, SobelOutput,
};

#[test]
fn kernels_of_filters() {
    let counts = |count: &str| {
        format!(
            "filter2d: kernel = {count} number(s) is not possible; 1 to 129 numbers, row by row; the results of OpenCV for larger \
             kernels depend on the machine"
        )
    };
    assert_eq!(message(Filter2d::new(&[])), counts("0"));
    assert_eq!(
        message(Filter2d::of_columns(&[0.0; 130], 10)),
        counts("130")
    );
    assert!(Filter2d::of_columns(&[0.0; 129], 129).is_ok());
    assert_eq!(
        message(Filter2d::new(&[1.0; 6])),
        "filter2d: columns = default is not possible; a number of columns, since the 6 numbers of the kernel are no square"
    );
    assert_eq!(
        message(Filter2d::of_columns(&[1.0; 6], 4)),
        "filter2d: kernel = 6 number(s) is not possible; rows of 4 numbers each"
    );
    assert_eq!(
        message(Filter2d::of_columns(&[1.0; 6], 0)),
        "filter2d: columns = 0 is not possible; a number of columns from 1 to 129"
    );
    assert_eq!(
        message(Filter2d::new(&[-4e6, 4e6, 1.0, 0.0])),
        "filter2d: kernel = numbers whose magnitudes sum to 8000001 is not possible; a sum of at most 8000000"
    );
    assert!(Filter2d::new(&[-4e6, 4e6, 0.0, 0.0]).is_ok());
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        assert!(message(Filter2d::new(&[number])).contains("a sum of at most 8000000"));
    }
}

#[test]
fn anchors_and_deltas_of_filters() {
    let filter = || Filter2d::of_columns(&[1.0; 6], 3).expect("two rows");
    assert_eq!((filter().size(), filter().anchor()), ((3, 2), (1, 1)));
    assert_eq!(
        message(filter().with_anchor(Some(3), None)),
        "filter2d: anchor_x = 3 is not possible; 0 to 2, as the kernel has 3x2 numbers"
    );
    assert_eq!(
        message(filter().with_anchor(None, Some(2))),
        "filter2d: anchor_y = 2 is not possible; 0 to 1, as the kernel has 3x2 numbers"
    );
    assert!(message(filter().with_delta(f64::NAN)).contains("a number from -1000000 to 1000000"));
    assert!(filter().with_delta(-1e6).is_ok());
}

#[test]
fn sides_of_pyramids() {
    let up = |width, height| PyrUp::new().plan(&[ImageShape::u8(width, height, 1)]);
    assert_eq!(
        message(up(32_769, 4)),
        "pyr_up cannot take 32769x4x1 u8: a side is longer than 32768 pixels, so that it cannot double; cut it into tiles"
    );
    let largest = up(32_768, 1).expect("the largest side").output();
    assert_eq!(largest, ImageShape::u8(65_536, 2, 1));
    let down = |width, height| {
        let plan = PyrDown::default().plan(&[ImageShape::u8(width, height, 3)]);
        plan.expect("any sides").output()
    };
    assert_eq!(down(1, 2), ImageShape::u8(1, 1, 3));
    assert_eq!(down(65_536, 7), ImageShape::u8(32_768, 4, 3));
}

#[test]
fn windows_of_sobel() {
    for size in [0, 1, 4, 9, u32::MAX] {
        assert_eq!(
            message(Sobel::dx().with_size(size)),
            format!("sobel: size = {size} is not possible; 3, 5 or 7 pixels")
        );
    }
    for (size, output) in [3, 5, 7]
        .into_iter()
        .flat_map(|size| SobelOutput::ALL.map(|of| (size, of)))
    {
        let sobel = Sobel::new(output).with_size(size).expect("a size");
        let plan = sobel.plan(&[ImageShape::u8(9, 5, 4)]).expect("a plan");
        assert_eq!(
            (plan.output().channels, plan.output().sample),
            (1, output.sample())
        );
    }
}

#[test]
fn names_go_both_ways() {
    for border in FilterBorder::ALL {
        assert_eq!(border.to_string().parse(), Ok(border));
    }
    for border in PyrDownBorder::ALL {
        assert_eq!(border.to_string().parse(), Ok(border));
    }
    for output in FilterOutput::ALL {
        assert_eq!(output.to_string().parse(), Ok(output));
    }
    assert_eq!(
        message("wrap".parse::<FilterBorder>()),
        "filter2d: border = \"wrap\" is not possible; one of constant, replicate, reflect, reflect_101"
    );
    assert_eq!(
        message("constant".parse::<PyrDownBorder>()),
        "pyr_down: border = \"constant\" is not possible; one of replicate, reflect, reflect_101, wrap"
    );
    assert_eq!(FilterOutput::Signed.sample(), SampleType::I16);
}
