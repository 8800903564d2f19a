//! The C interface on the host device: tensors in and out, and errors as texts.
#![expect(unsafe_code, reason = "calls the C interface")]

use pixelflume::device::Device;
use pixelflume::pipeline::dlpack::{Axes, DlExport, DlTensor};
use pixelflume::prelude::*;
use pixelflume_c_door::{
    DoorRunner, pf_detach, pf_reserved, pf_runner_free, pf_runner_new, pf_submit, pf_wait,
};
use std::ffi::{CStr, c_char};
use std::ptr::{self, NonNull};

const TEXT: &str = "[[node]]\nname = \"edges\"\nop = \"sobel\"\nfrom = \"input\"\n";

fn runner(text: &str) -> Result<*mut DoorRunner, String> {
    let mut error = [0 as c_char; 200];
    // SAFETY: text and room are as long as is said.
    let runner = unsafe {
        let room = error.len();
        pf_runner_new(
            text.as_ptr(),
            text.len(),
            -1,
            1,
            4,
            error.as_mut_ptr(),
            room,
        )
    };
    match runner.is_null() {
        // SAFETY: an error has an end.
        true => Err(unsafe { CStr::from_ptr(error.as_ptr()) }
            .to_string_lossy()
            .into_owned()),
        false => Ok(runner),
    }
}

#[test]
fn a_tensor_goes_in_and_a_tensor_comes_out() {
    let door = runner(TEXT).unwrap();
    let image = Image::from_fn(9, 7, 1, |x, y, _| (x * y * 3) as u8).unwrap();
    let pipeline = Pipeline::from_toml(TEXT, "edges.toml").unwrap();
    let host = Device::host();
    let mut expected = Runner::new(pipeline, &host, ExecutionConfig::default()).unwrap();
    let outputs = expected.run(&[&image, &image]).unwrap();
    for round in 0..6 {
        let given = DlExport::images(&[image.clone(), image.clone()]).unwrap();
        let (mut result, mut address) = (ptr::null_mut(), 0);
        let mut error = [0 as c_char; 200];
        // SAFETY: the input was just made and is given away; the rest can be written.
        let pending = unsafe {
            let input = given.into_dlpack_legacy().as_ptr();
            let (text, room) = (error.as_mut_ptr(), error.len());
            pf_submit(
                door,
                input,
                ptr::null_mut(),
                &mut result,
                &mut address,
                text,
                room,
            )
        };
        assert!(!pending.is_null());
        // SAFETY: the batch is used no more after this.
        unsafe {
            match round % 2 {
                0 => assert_eq!(pf_wait(pending, error.as_mut_ptr(), error.len()), 0),
                _ => pf_detach(pending),
            }
        }
        // SAFETY: the result is ours.
        let tensor = unsafe {
            assert_eq!((*result).dl_tensor.data as u64, address);
            let result = NonNull::new(result).unwrap();
            DlTensor::from_dlpack_legacy(result, Some(Axes::Nhwc), &host.stream().unwrap())
        };
        let tensor = tensor.unwrap();
        assert_eq!(
            tensor.layout().shape(),
            outputs.images("edges").unwrap()[0].shape()
        );
        assert_eq!(tensor.layout().batch(), 2);
        // SAFETY: the tensor has these bytes, which are complete.
        let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, 126) };
        let images = outputs.images("edges").unwrap();
        assert_eq!(bytes, [images[0].data(), images[1].data()].concat());
    }
    // SAFETY: it is used no more after this.
    unsafe {
        assert!(pf_reserved(door) > 0);
        pf_runner_free(door);
    }
}

#[test]
fn errors_are_texts() {
    let error = runner("[[node]]\nname = \"a\"\nop = \"sobl\"\nfrom = \"input\"\n").unwrap_err();
    assert!(error.contains("sobl"), "{error}");
    let door = runner(TEXT).unwrap();
    let (mut result, mut address) = (ptr::null_mut(), 0);
    let mut error = [1 as c_char; 8];
    // SAFETY: null is no tensor, and is refused; the rest can be written.
    unsafe {
        let (text, room) = (error.as_mut_ptr(), error.len());
        let none = ptr::null_mut();
        assert!(
            pf_submit(
                door,
                none,
                none.cast(),
                &mut result,
                &mut address,
                text,
                room
            )
            .is_null()
        );
        assert_eq!(CStr::from_ptr(error.as_ptr()), c"there i");
        // Without room for a text.
        let text = ptr::null_mut();
        assert!(pf_submit(door, none, none.cast(), &mut result, &mut address, text, 0).is_null());
        pf_runner_free(door);
    }
}
