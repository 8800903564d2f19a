//! The golden files of operators, as far as the page tells of them: library, version, settings, and the number of cases. The format
//! is that of crates/ops/tests/golden/vectors.py.

use anyhow::{Context, Result, bail, ensure};
use pixelflume_ops::spec::{OperatorSpec, ParameterDefault, ParameterType, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Names of libraries in golden files, and what people call them.
const LIBRARIES: [(&str, &str); 10] = [
    ("opencv", "OpenCV"),
    ("pillow", "Pillow"),
    ("torchvision", "torchvision (CPU)"),
    (
        "torchvision_avx512",
        "torchvision (CPU of Intel with AVX-512)",
    ),
    ("torch", "torch (CUDA)"),
    ("torch_cuda_model", "model of torch (CUDA)"),
    ("transformers", "transformers"),
    ("ultralytics", "ultralytics"),
    ("numpy", "NumPy"),
    ("fractions", "formula"),
];

/// What readers should know of a library in the table.
pub(super) const NOTES: [(&str, &str); 4] = [
    (
        "opencv",
        "the package opencv-python-headless on x86-64 with AVX2 and FMA.",
    ),
    (
        "torch_cuda_model",
        "the arithmetic of torch's CUDA kernels in NumPy, which was compared with torch of this version on an H200.",
    ),
    (
        "numpy",
        "a slice of an array, or the formula that the operator's documentation gives.",
    ),
    (
        "fractions",
        "the formula of the operator's documentation, evaluated in exact fractions and rounded once.",
    ),
];

/// The name of a library for people.
pub(super) fn library_name(name: &str) -> Result<&'static str> {
    let found = LIBRARIES.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, shown)| *shown)
        .with_context(|| format!("no name for the library {name}: xtask/src/exactness/golden.rs"))
}

/// What the page tells of a golden file.
pub(super) struct GoldenFile {
    /// Whether results may be one step apart: the file is `near.bin`.
    is_near: bool,
    pub(super) library: String,
    pub(super) version: String,
    pub(super) cases: usize,
    /// The values of each parameter that is a choice, in the order of the first cases that have them.
    choices: BTreeMap<usize, (&'static str, Vec<String>)>,
}

/// The files of an operator, by name.
pub(super) fn files_of(root: &Path, spec: &'static OperatorSpec) -> Result<Vec<GoldenFile>> {
    let folder = root.join("crates/ops/src").join(spec.kind);
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
        paths.push(entry?.path());
    }
    let stem = |path: &PathBuf| {
        path.file_stem()
            .and_then(|stem| stem.to_str().map(str::to_owned))
    };
    paths.retain(|path| {
        let is_golden = |stem: String| stem.starts_with("golden") || stem == "near";
        path.extension().is_some_and(|end| end == "bin") && stem(path).is_some_and(is_golden)
    });
    paths.sort();
    ensure!(!paths.is_empty(), "{} has no golden vectors", spec.kind);
    let files: Result<Vec<GoldenFile>> = paths
        .iter()
        .map(|path| {
            let bytes = fs::read(path)?;
            let is_near = stem(path).is_some_and(|stem| stem == "near");
            read(spec, &bytes, is_near).with_context(|| format!("{}", path.display()))
        })
        .collect();
    let mut files = files?;
    leave_out_near(&mut files);
    Ok(files)
}

/// Leaves the choices of `near.bin` out of the other files. These may have cases of them, those for which the library happens to be
/// equal, and must not be read as if it always were.
fn leave_out_near(files: &mut [GoldenFile]) {
    let near = files.iter().filter(|file| file.is_near);
    let near: Vec<(usize, String)> = near
        .flat_map(|file| file.choices.iter())
        .flat_map(|(index, (_, values))| values.iter().map(|value| (*index, value.clone())))
        .collect();
    for file in files.iter_mut().filter(|file| !file.is_near) {
        for (index, (_, values)) in &mut file.choices {
            values.retain(|value| !near.contains(&(*index, value.clone())));
        }
        file.choices.retain(|_, (_, values)| !values.is_empty());
    }
}

fn read(spec: &'static OperatorSpec, bytes: &[u8], is_near: bool) -> Result<GoldenFile> {
    let mut rest = bytes;
    let head = line(&mut rest)?;
    let words: Vec<&str> = head.split(' ').collect();
    let [
        "pixelflume",
        "golden",
        "2",
        library,
        version,
        "cases",
        cases,
    ] = words[..]
    else {
        bail!("not a golden file of version 2: {head}");
    };
    let cases: usize = cases.parse()?;
    let mut choices = BTreeMap::new();
    for _ in 0..cases {
        let case = line(&mut rest)?;
        let fields: Vec<&str> = case.split('\t').collect();
        let [_, operator, input, expected] = fields[..] else {
            bail!("a case has four fields: {case}");
        };
        add_choices(spec, operator, &mut choices);
        let bytes = bytes_behind(input, "raw")? + bytes_behind(expected, "")?;
        rest = rest.get(bytes..).context("a case is cut off")?;
    }
    ensure!(rest.is_empty(), "bytes are left after the last case");
    Ok(GoldenFile {
        is_near,
        library: library.to_owned(),
        version: version.to_owned(),
        cases,
        choices,
    })
}

/// Takes a line of the file.
pub(super) fn line<'a>(rest: &mut &'a [u8]) -> Result<&'a str> {
    let end = rest.iter().position(|&byte| byte == b'\n');
    let (line, behind) = rest.split_at(end.context("a header line ends with a newline")?);
    *rest = &behind[1..];
    Ok(std::str::from_utf8(line)?)
}

/// The bytes that follow a header line for one of its fields: `kind WxHxC` where samples of one byte follow only for this kind,
/// or `TYPE WxHxC`.
fn bytes_behind(field: &str, kind: &str) -> Result<usize> {
    let words: Vec<&str> = field.split(' ').collect();
    let sample = match words[0] {
        "hash" => return Ok(0),
        word if word == kind => 1,
        _ if !kind.is_empty() => return Ok(0),
        "u8" => 1,
        "i16" | "f16" | "bf16" => 2,
        "f32" | "i32" => 4,
        "f64" => 8,
        other => bail!("unknown sample type {other}"),
    };
    let sides = words.get(1).context("a shape is missing")?.split('x');
    let sides: Vec<usize> = sides.map(str::parse).collect::<Result<_, _>>()?;
    Ok(sides.iter().product::<usize>() * sample)
}

/// Adds the choices among the parameters of a case, as in `resize width=3 interpolation=nearest`, and the defaults of those that the
/// case leaves out.
fn add_choices(
    spec: &'static OperatorSpec,
    operator: &str,
    choices: &mut BTreeMap<usize, (&'static str, Vec<String>)>,
) {
    let given = |name: &str| {
        let mut parameters = operator.split(' ').filter_map(|word| word.split_once('='));
        parameters.find_map(|(given, value)| (given == name).then_some(value))
    };
    for (index, parameter) in spec.parameters.iter().enumerate() {
        if !matches!(
            parameter.value_type.of_all_images(),
            ParameterType::Choice(_)
        ) {
            continue;
        }
        let value = match (given(parameter.name), &parameter.default) {
            (Some(value), _) => value,
            (None, ParameterDefault::Value(Value::Name(name))) => name,
            (None, _) => continue,
        };
        let (_, values) = choices
            .entry(index)
            .or_insert_with(|| (parameter.name, Vec::new()));
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
}

impl GoldenFile {
    /// What the library's results are to those of the operator.
    pub(super) fn result(&self) -> &'static str {
        match self.is_near {
            true => "differs by at most 1",
            false => "equal",
        }
    }

    /// The choices of the cases, as in ``like `pillow13`; filter `box`, `bilinear` ``.
    pub(super) fn settings(&self) -> String {
        let settings = self.choices.values().map(|(name, values)| {
            let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("{name} {}", values.join(", "))
        });
        settings.collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixelflume_ops::registry;

    #[test]
    fn samples_behind_a_case_are_skipped() {
        let mut file = b"pixelflume golden 2 opencv 5.0.0 cases 2\n".to_vec();
        file.extend(
            b"a\tresize width=1 height=1 interpolation=nearest\traw 2x1x1\tu8 1x1x1\n\n\n\n",
        );
        // The default is bilinear.
        file.extend(b"b\tresize width=1 height=1\tnoise 2x1x1 5 0\thash f32 1x1x1 0\n");
        let spec = registry::find("resize").unwrap();
        let read = read(spec, &file, false).unwrap();
        assert_eq!((read.library.as_str(), read.cases), ("opencv", 2));
        assert_eq!(read.settings(), "interpolation `nearest`, `bilinear`");
        assert!(super::read(spec, &file[..file.len() - 1], false).is_err());
    }

    #[test]
    fn what_is_near_is_not_listed_as_equal() {
        let root = crate::project::root();
        let files = files_of(&root, registry::find("resize").unwrap()).unwrap();
        let of = |is_near| {
            files
                .iter()
                .find(move |file| file.is_near == is_near)
                .unwrap()
        };
        assert_eq!(of(true).settings(), "interpolation `cubic`");
        assert_eq!(of(true).result(), "differs by at most 1");
        assert!(of(false).settings().contains("`lanczos4`"));
        assert!(!of(false).settings().contains("`cubic`"));
    }
}
