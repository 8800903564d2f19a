//! Writes random JPEG files, and compares the model and the decoder with what libraries make of files.
//!
//! ```text
//! oracle write FOLDER KIND FIRST_SEED COUNT MOST_SIDE [DAMAGE]
//! oracle golden FOLDER
//! oracle check FOLDER HASHES..
//! oracle decode FILE PPM
//! ```
//!
//! `HASHES` are files that `tests/golden/decode/hashes.py` writes: lines of file name, form and CRC-32, or `refused`.

use pixelflume_jpeg::testing::forms::{self, Form, Image};
use pixelflume_jpeg::testing::model::{Inks, Model};
use pixelflume_jpeg::testing::mutate::Damage;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{self, Kind};
use pixelflume_jpeg::{Decoder, Options};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

/// More than any file of the comparison has.
const MOST_BLOCKS: usize = 1 << 26;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["write", folder, kind, first, count, side] => write(folder, kind, [first, count, side], None),
        ["write", folder, kind, first, count, side, damage] => write(folder, kind, [first, count, side], Some(damage)),
        ["golden", folder] => golden(folder),
        ["decode", file, to] => decode(file, to),
        ["check", folder, ref hashes @ ..] if !hashes.is_empty() => check(folder, hashes),
        _ => Err("oracle write FOLDER KIND FIRST_SEED COUNT MOST_SIDE [DAMAGE] | oracle golden FOLDER | oracle check FOLDER HASHES.. | oracle decode FILE PPM".into()),
    }
}

fn named<T: Copy>(list: &[(&str, T)], name: &str) -> Result<T, String> {
    let found = list.iter().find(|(known, _)| *known == name);
    let names: Vec<&str> = list.iter().map(|(known, _)| *known).collect();
    found
        .map(|(_, value)| *value)
        .ok_or_else(|| format!("{name} is none of {}", names.join(", ")))
}

fn write(
    folder: &str,
    kind: &str,
    numbers: [&str; 3],
    damage: Option<&str>,
) -> Result<(), Box<dyn Error>> {
    let (kind_name, kind) = (kind, named(&Kind::ALL, kind)?);
    let damage = damage
        .map(|name| Ok::<_, String>((name, named(&Damage::ALL, name)?)))
        .transpose()?;
    let [first, count, side] = numbers.map(str::parse::<u64>);
    let (first, count, side) = (first?, count?, side? as usize);
    fs::create_dir_all(folder)?;
    for seed in first..first + count {
        let mut file = stream::write(kind, seed, side);
        let mut name = format!("{kind_name}-{seed}");
        if let Some((damage_name, damage)) = damage {
            file = damage.apply(&mut Random::new(!seed), &file);
            name += &format!("-{damage_name}");
        }
        fs::write(Path::new(folder).join(name + ".jpg"), file)?;
    }
    Ok(())
}

/// Writes the random files that the golden files have.
fn golden(folder: &str) -> Result<(), Box<dyn Error>> {
    for (kind, count) in [
        ("any", 150),
        ("tiny", 60),
        ("progressive", 40),
        ("incomplete", 80),
        ("factors", 40),
        ("extreme", 60),
        ("without-tables", 20),
    ] {
        write(folder, kind, ["0", &count.to_string(), "60"], None)?;
    }
    for (kind, damage) in [
        ("any", "cut"),
        ("any", "data"),
        ("any", "restarts"),
        ("any", "markers"),
        ("any", "segments"),
        ("any", "bytes"),
        ("incomplete", "cut"),
        ("incomplete", "data"),
    ] {
        write(folder, kind, ["1000", "50", "50"], Some(damage))?;
    }
    Ok(())
}

/// Writes what the model makes of a file, as PPM.
fn decode(file: &str, to: &str) -> Result<(), Box<dyn Error>> {
    let model = Model::decode(&fs::read(file)?, MOST_BLOCKS)
        .map_err(|refusal| format!("{file}: {refusal:?}"))?;
    let mut ppm = format!("P6\n{} {}\n255\n", model.width, model.height).into_bytes();
    ppm.extend(model.rgb(Inks::OpenCv));
    Ok(fs::write(to, ppm)?)
}

/// The CRC-32 of an image: of its size as text, and its samples.
fn hash(image: &Image) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(format!("{}x{}:", image.width, image.height).as_bytes());
    hasher.update(&image.samples);
    format!("{:08x}", hasher.finalize())
}

/// Why an image of the decoder is not the library's: a text, empty if nothing is wrong.
fn verdict(name: &str, form: &str, hash: &str, ours: Result<String, String>) -> Option<String> {
    let is_equal = match &ours {
        Ok(ours) => ours == hash,
        Err(_) => hash == "refused",
    };
    (!is_equal).then(|| format!("{name} {form}: {hash}, and {ours:?}"))
}

fn check(folder: &str, lists: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut expected: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for list in lists {
        for line in fs::read_to_string(list)?.lines() {
            let [name, form, hash] = line.split(' ').collect::<Vec<_>>()[..] else {
                return Err(format!("{list}: {line}").into());
            };
            let of_file = expected.entry(name.to_owned()).or_default();
            of_file.push((form.to_owned(), hash.to_owned()));
        }
    }
    let mut decoder = Decoder::new();
    let options = Options {
        allow_truncated: true,
        ..Options::default()
    };
    // Of each form: files, those that the library refuses, those of which the model differs, and the decoder.
    let mut counts: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    let mut damaged = 0;
    for (name, results) in expected {
        let file = fs::read(Path::new(folder).join(&name))?;
        let model = Model::decode(&file, MOST_BLOCKS);
        damaged += usize::from(model.as_ref().is_ok_and(|model| model.is_damaged));
        for (form_name, expected) in results {
            let form = named(&Form::ALL, &form_name)?;
            let count = counts.entry(form_name.clone()).or_default();
            count[0] += 1;
            count[1] += usize::from(expected == "refused");
            let of_model = model
                .as_ref()
                .map(|model| hash(&model.form(form)))
                .map_err(|refusal| format!("{refusal:?}"));
            if let Some(text) = verdict(&name, &form_name, &expected, of_model) {
                count[2] += 1;
                println!("model: {text}");
            }
            let of_decoder = forms::decode(&mut decoder, &file, form, &options);
            let of_decoder = of_decoder
                .map(|image| hash(&image))
                .map_err(|error| error.to_string());
            if let Some(text) = verdict(&name, &form_name, &expected, of_decoder) {
                count[3] += 1;
                println!("decoder: {text}");
            }
        }
    }
    for (form, [files, refused, model, decoder]) in counts {
        println!(
            "{form}: {files} files, {refused} refused by the library, model differs in {model}, decoder in {decoder}"
        );
    }
    println!("{damaged} damaged");
    Ok(())
}
