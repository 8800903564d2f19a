//! Files whose samples OpenCV and Pillow have told: `golden/decode/files.bin`, in the format of `golden/decode/generate.py`. The decoder
//! with each instruction set and the model must give the same.

use pixelflume_jpeg::Options;
use pixelflume_jpeg::testing::forms::{self, Form, Image};
use pixelflume_jpeg::testing::levels;
use pixelflume_jpeg::testing::model::Model;

const FILES: &[u8] = include_bytes!("golden/decode/files.bin");

struct Case<'a> {
    name: &'a str,
    file: &'a [u8],
    /// The form, its name, and the CRC-32 of the image, `None` if the library refuses the file.
    expected: Vec<(Form, &'a str, Option<u32>)>,
}

fn line<'a>(rest: &mut &'a [u8]) -> &'a str {
    let end = rest
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a header line ends");
    let line = std::str::from_utf8(&rest[..end]).expect("header lines are text");
    *rest = &rest[end + 1..];
    line
}

fn cases() -> Vec<Case<'static>> {
    let mut rest = FILES;
    let head = line(&mut rest);
    assert!(head.starts_with("pixelflume jpeg golden 1 "), "{head}");
    let count: usize = head
        .rsplit(' ')
        .next()
        .expect("a count")
        .parse()
        .expect("a count");
    let mut cases = Vec::new();
    while !rest.is_empty() {
        let [name, _group, bytes, forms @ ..] =
            &line(&mut rest).split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("a header line has a name, a group and a length");
        };
        let (file, behind) = rest.split_at(bytes.parse().expect("a length"));
        rest = behind;
        let expected = forms.iter().map(|text| {
            let (name, crc) = text.split_once('=').expect("a form and its hash");
            let form = Form::ALL
                .iter()
                .find(|(known, _)| *known == name)
                .expect("a form");
            let crc = (crc != "refused")
                .then(|| u32::from_str_radix(crc, 16).expect("hexadecimal digits"));
            (form.1, name, crc)
        });
        let expected = expected.collect();
        cases.push(Case {
            name,
            file,
            expected,
        });
    }
    assert_eq!(cases.len(), count);
    cases
}

fn crc(image: &Image) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(format!("{}x{}:", image.width, image.height).as_bytes());
    hasher.update(&image.samples);
    hasher.finalize()
}

#[test]
fn the_decoder_gives_the_samples_of_the_libraries_with_every_instruction_set() {
    let options = Options {
        allow_truncated: true,
        ..Options::default()
    };
    for level in levels::levels() {
        let mut decoder = levels::decoder(level);
        for case in cases() {
            for (form, name, expected) in case.expected {
                let image = forms::decode(&mut decoder, case.file, form, &options);
                assert_eq!(
                    image.as_ref().ok().map(crc),
                    expected,
                    "{} {name} {level:?}: {:?}",
                    case.name,
                    image.err()
                );
            }
        }
    }
}

#[test]
fn the_model_gives_the_samples_of_the_libraries() {
    for case in cases() {
        let model = Model::decode(case.file, 1 << 20);
        for (form, name, expected) in case.expected {
            let image = model.as_ref().ok().map(|model| model.form(form));
            assert_eq!(image.as_ref().map(crc), expected, "{} {name}", case.name);
        }
    }
}
