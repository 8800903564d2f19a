//! Arrays that are written and read, and files that are refused by name.

use super::*;
use proptest::prelude::*;

const LIMIT: u64 = 1 << 20;

fn read(bytes: &[u8]) -> Result<Array, NpyError> {
    Array::read(&mut &*bytes, LIMIT)
}

/// A file of version 1.0 with this dictionary.
fn file(dictionary: &str, samples: &[u8]) -> Vec<u8> {
    let length = (dictionary.len() as u16).to_le_bytes();
    [
        b"\x93NUMPY\x01\0",
        &length[..],
        dictionary.as_bytes(),
        samples,
    ]
    .concat()
}

fn written(sample: SampleType, dimensions: &[usize], samples: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, sample, dimensions, samples).unwrap();
    bytes
}

fn text(shape: &ImageShape) -> String {
    let header = header(shape.sample, &dimensions(shape));
    assert_eq!(header.len() % 64, 0);
    assert_eq!(&header[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([header[8], header[9]]));
    assert_eq!(length + 10, header.len());
    assert_eq!(header.last(), Some(&b'\n'));
    let text = std::str::from_utf8(&header[10..]).unwrap();
    text.trim_end().to_owned()
}

#[cfg(target_endian = "little")]
#[test]
fn headers_say_type_and_shape() {
    let mut shape = ImageShape::u8(320, 240, 1);
    shape.sample = SampleType::I16;
    assert_eq!(
        text(&shape),
        "{'descr': '<i2', 'fortran_order': False, 'shape': (240, 320), }"
    );
    shape.sample = SampleType::F32;
    shape.channels = 3;
    assert_eq!(
        text(&shape),
        "{'descr': '<f4', 'fortran_order': False, 'shape': (240, 320, 3), }"
    );
    shape.layout = Layout::Planar;
    shape.sample = SampleType::F16;
    assert_eq!(
        text(&shape),
        "{'descr': '<f2', 'fortran_order': False, 'shape': (3, 240, 320), }"
    );
    shape.sample = SampleType::Bf16;
    assert_eq!(
        text(&shape),
        "{'descr': '<V2', 'fortran_order': False, 'shape': (3, 240, 320), }"
    );
    shape.sample = SampleType::F64;
    assert_eq!(
        text(&shape),
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 240, 320), }"
    );
    shape.sample = SampleType::I32;
    assert_eq!(
        text(&shape),
        "{'descr': '<i4', 'fortran_order': False, 'shape': (3, 240, 320), }"
    );
    assert_eq!(
        text(&ImageShape::u8(u32::MAX, u32::MAX, 2)),
        "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967295, 4294967295, 2), }"
    );
}

#[test]
fn images_are_written_without_padding_and_come_back() {
    let image = Image::from_fn(5, 4, 3, |x, y, c| (x * 40 + y * 9 + c) as u8).unwrap();
    let mut whole = Vec::new();
    write_image(&mut whole, (&image).into()).unwrap();
    assert_eq!(
        read(&whole)
            .unwrap()
            .into_image(Layout::Interleaved)
            .unwrap(),
        image
    );

    let part = ImageView::from(&image).region(1, 1, 3, 2).unwrap();
    let mut rows = Vec::new();
    write_image(&mut rows, part).unwrap();
    let array = read(&rows).unwrap();
    assert_eq!(array.dimensions(), [2, 3, 3]);
    assert_eq!(
        array.clone().into_image(Layout::Interleaved).unwrap(),
        part.to_image()
    );
    let planar = array.into_image(Layout::Planar).unwrap().shape();
    assert_eq!((planar.channels, planar.height, planar.width), (2, 3, 3));
}

#[test]
fn arrays_that_are_no_image_are_refused_with_their_shape() {
    for dimensions in [&[][..], &[1], &[1, 1, 1, 1]] {
        let array = Array::new(SampleType::U8, dimensions.to_vec(), vec![0]).unwrap();
        let error = array.into_image(Layout::Planar).unwrap_err();
        assert!(matches!(error, NpyError::NoImage { .. }), "{error}");
    }
    let empty = Array::new(SampleType::U8, vec![0, 4], Vec::new()).unwrap();
    assert!(matches!(
        empty.into_image(Layout::Planar),
        Err(NpyError::Image(_))
    ));
}

#[test]
fn headers_are_read_in_the_forms_that_python_writes() {
    for (dictionary, dimensions) in [
        (
            "{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n",
            &[][..],
        ),
        (
            "{'shape': (1L,), 'fortran_order': False, 'descr': 'u1'}",
            &[1],
        ),
        (
            "{\"descr\":\"<u1\",\"fortran_order\":False,\"shape\":(1,1)}   \n",
            &[1, 1],
        ),
        (
            " { 'descr' : '=u1' , 'fortran_order' : False , 'shape' : ( 1 , 1 , ) , } ",
            &[1, 1],
        ),
    ] {
        let array = read(&file(dictionary, b"a")).unwrap();
        assert_eq!((array.dimensions(), array.data()), (dimensions, &b"a"[..]));
    }
}

#[test]
fn longer_lengths_are_those_of_versions_2_and_3() {
    let dictionary = b"{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}";
    for major in [2, 3] {
        let length = (dictionary.len() as u32).to_le_bytes();
        let begin = [b'\x93', b'N', b'U', b'M', b'P', b'Y', major, 0];
        let bytes = [&begin[..], &length, dictionary, b"ab"].concat();
        assert_eq!(read(&bytes).unwrap().data(), b"ab");
    }
    let long = b"\x93NUMPY\x02\0\xff\xff\xff\xff";
    let error = read(long).unwrap_err().to_string();
    assert_eq!(error, "the header has 4294967295 bytes, and may have 10000");
    let error = read(b"\x93NUMPY\x04\0").unwrap_err().to_string();
    assert!(error.starts_with("version 4.0 "), "{error}");
}

#[test]
fn the_other_byte_order_becomes_the_machines() {
    let ours = written(
        SampleType::F32,
        &[2],
        &[1.5f32, -2.0].map(f32::to_ne_bytes).concat(),
    );
    let theirs = if cfg!(target_endian = "little") {
        ">f4"
    } else {
        "<f4"
    };
    let dictionary = format!("{{'descr': '{theirs}', 'fortran_order': False, 'shape': (2,)}}");
    let swapped: Vec<u8> = [1.5f32, -2.0]
        .iter()
        .flat_map(|number| number.to_ne_bytes().into_iter().rev())
        .collect();
    assert_eq!(
        read(&file(&dictionary, &swapped)).unwrap(),
        read(&ours).unwrap()
    );
}

#[test]
fn what_is_not_read_is_named() {
    let with = |descr: &str| format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}");
    for (dictionary, told) in [
        (with("'|O'"), "pickled"),
        (with("'<f8'"), "astype(\"float32\")"),
        (with("'|b1'"), "astype(\"uint8\")"),
        (with("'<u2'"), "uint8 and int16"),
        (with("'<U5'"), "text"),
        (with("'<M8[s]'"), "dates"),
        (with("'<c8'"), "complex"),
        (with("'|V7'"), "u1, i2, f2, f4"),
        (with("[('a', '<f4'), ('b', '<i2')]"), "structured"),
        (with("__import__('os').system('true')"), "a type in quotes"),
        (
            "{'descr': '|u1', 'fortran_order': True, 'shape': (1,)}".into(),
            "ascontiguousarray",
        ),
        (
            "{'descr': '|u1', 'fortran_order': 1, 'shape': (1,)}".into(),
            "True or False",
        ),
        (
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1)}".into(),
            "has a comma",
        ),
        (
            "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}".into(),
            "a number",
        ),
        (
            "{'descr': '|u1', 'fortran_order': False}".into(),
            "no key \"shape\"",
        ),
        ("{'descr': '|u1', 'descr': '|u1'}".into(), "twice"),
        ("{'order': 'C'}".into(), "an unknown key \"order\""),
        ("{'descr': '|u1".into(), "a string that ends"),
        ("{} {}".into(), "the end of the header"),
        ("[]".into(), "a dictionary"),
        ("".into(), "a dictionary"),
        (
            format!(
                "{{'descr': '|u1', 'fortran_order': False, 'shape': ({})}}",
                "1, ".repeat(33)
            ),
            "more than 32 dimensions",
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}".into(),
            "larger than 1048576 bytes",
        ),
        (
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1048577,)}".into(),
            "larger than",
        ),
        (
            "{'descr': '|u1', 'fortran_order': False, 'shape': (9,)}".into(),
            "within its samples, after 1 of 9 bytes",
        ),
    ] {
        let error = read(&file(&dictionary, b"a")).unwrap_err().to_string();
        assert!(error.contains(told), "{dictionary}: {error}");
    }
    let error = read(b"PK\x03\x04").unwrap_err().to_string();
    assert!(error.starts_with("this is no .npy file"), "{error}");
}

#[test]
fn every_cut_is_told() {
    let bytes = written(SampleType::I16, &[3, 2], &[7; 12]);
    for cut in 0..bytes.len() {
        let error = read(&bytes[..cut]).unwrap_err();
        assert!(matches!(error, NpyError::Ends { .. }), "{cut}: {error}");
    }
    let two = [&bytes[..], &bytes].concat();
    let mut source = &two[..];
    for _ in 0..2 {
        assert_eq!(Array::read(&mut source, LIMIT).unwrap().data(), [7; 12]);
    }
}

#[test]
fn bytes_and_shape_agree() {
    let error = Array::new(SampleType::F32, vec![2, 2], vec![0; 15]).unwrap_err();
    let text = "an array of shape [2, 2] has 16 bytes, got 15";
    assert_eq!(error.to_string(), text);
    assert!(write(Vec::new(), SampleType::F32, &[2, 2], &[0; 15]).is_err());
    let much = Array::new(SampleType::U8, vec![1; 33], vec![0]).unwrap_err();
    assert!(matches!(much, NpyError::Dimensions { limit: 32 }));
    assert!(Array::new(SampleType::U8, vec![usize::MAX; 2], vec![]).is_err());
}

#[test]
fn an_array_with_a_size_of_zero_has_no_bytes() {
    const HUGE: usize = usize::MAX / 4 + 1;
    for dimensions in [vec![HUGE, 0], vec![0, HUGE], vec![HUGE, HUGE, 0]] {
        let array = Array::new(SampleType::F32, dimensions.clone(), Vec::new()).unwrap();
        let bytes = written(SampleType::F32, &dimensions, &[]);
        assert_eq!(read(&bytes).unwrap(), array);
    }
}

fn samples() -> impl Strategy<Value = SampleType> {
    prop::sample::select(vec![
        SampleType::U8,
        SampleType::I16,
        SampleType::F16,
        SampleType::Bf16,
        SampleType::F32,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn what_is_written_is_read(sample in samples(), dimensions in prop::collection::vec(0usize..5, 0..5), seed: u8) {
        let bytes = array_bytes(sample, &dimensions).unwrap();
        let data: Vec<u8> = (0..bytes).map(|n| (n as u8).wrapping_mul(31) ^ seed).collect();
        let array = Array::new(sample, dimensions, data).unwrap();
        prop_assert_eq!(read(&written(sample, array.dimensions(), array.data())).unwrap(), array);
    }

    #[test]
    fn changed_files_are_read_or_refused(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), cut: prop::sample::Index) {
        let mut bytes = written(SampleType::F32, &[2, 3], &[5; 24]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(array) = read(&bytes) {
            prop_assert!(array.data().len() <= bytes.len());
        }
    }

    #[test]
    fn any_dictionary_is_read_or_refused(dictionary in "[{}()'\":, 0-9LTFaderscuhpnot_<|]{0,80}") {
        let _ = read(&file(&dictionary, &[0; 64]));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let _ = read(&[b"\x93NUMPY\x01\0", &bytes[..]].concat());
    }
}
