//! Backends, samples, layouts, and the printed pipeline.

use pixelflume_device::Device;
use pixelflume_ops::{ImageShape, Layout, Letterbox, SampleType};
use pixelflume_pipeline::processor::{Backend, Grid};
use pixelflume_pipeline::testing::image;
use pixelflume_pipeline::{ExecutionConfig, Pipeline, Processor, Runner};

fn named(name: &str) -> Processor {
    Processor::named(name).expect("a name")
}

#[test]
fn all_names_make_pipelines_that_can_be_printed() {
    let mut count = 0;
    for name in Processor::names() {
        let processor = named(name);
        let text = processor.to_toml().expect("built-in operators");
        let equals = processor.equals();
        let library = format!(
            "{} {}, backend {}",
            equals.library(),
            equals.version(),
            equals.backend()
        );
        assert!(
            text.contains(&library) && text.starts_with("# The processor "),
            "{text}"
        );
        let read = Pipeline::from_toml(&text, "printed.toml").expect("a pipeline");
        let again = processor.pipeline().to_toml().expect("built-in operators");
        assert_eq!(read.to_toml().expect("built-in operators"), again);
        let shapes = read.infer(&[ImageShape::u8(640, 480, 3)]);
        assert!(shapes.is_ok(), "{name}: {shapes:?}");
        count += 1;
    }
    let mut names: Vec<&str> = Processor::names().collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn each_library_has_its_backends() {
    for (name, backends, default) in [
        (
            "clip",
            "torchvision, pillow12, pillow13, torch_cuda",
            Backend::Torchvision,
        ),
        (
            "imagenet",
            "torchvision, pillow12, pillow13, torch_cuda",
            Backend::Pillow13,
        ),
        ("letterbox", "opencv", Backend::OpenCv),
    ] {
        assert_eq!(named(name).equals().backend(), default);
        for backend in Backend::ALL {
            let processor = named(name).backend(backend);
            if backends.split(", ").any(|known| known == backend.name()) {
                let processor = processor.expect("a backend");
                assert_eq!(processor.equals().backend(), backend);
                // The other settings keep it.
                let half = processor.sample(SampleType::F16).expect("a sample type");
                assert_eq!(half.equals().backend(), backend);
            } else {
                let error = processor.expect_err("no backend").to_string();
                let end = format!("has no backend {backend}; backends: {backends}");
                assert!(error.ends_with(&end), "{error}");
            }
        }
    }
    assert_eq!(
        "cuda".parse::<Backend>().expect_err("no backend"),
        "there is no such backend; backends: torchvision, pillow12, pillow13, torch_cuda, opencv"
    );
    // torchvision has no Lanczos filter on GPUs, and transformers takes another one.
    let idefics3 = named("idefics3")
        .backend(Backend::TorchCuda)
        .expect("a backend");
    let text = idefics3.to_toml().expect("built-in operators");
    assert!(
        text.contains("filter = \"bicubic\"") && !text.contains("lanczos"),
        "{text}"
    );
}

#[test]
fn samples_and_layouts_are_those_that_are_asked_for() {
    let output = |processor: &Processor| {
        let shapes = processor.pipeline().infer(&[ImageShape::u8(300, 200, 3)]);
        let shapes = shapes.expect("a possible shape");
        let nodes = processor.pipeline().nodes().iter();
        let at = nodes
            .zip(&shapes.nodes)
            .find(|(node, _)| node.name() == "pixel_values");
        let (_, shape) = at.expect("an output");
        (shape.sample, shape.layout)
    };
    for name in ["clip", "sam", "imagenet", "letterbox"] {
        assert_eq!(output(&named(name)), (SampleType::F32, Layout::Planar));
        for sample in [SampleType::F16, SampleType::Bf16] {
            let processor = named(name).sample(sample).expect("a sample type");
            assert_eq!(output(&processor), (sample, Layout::Planar));
            let processor = processor.layout(Layout::Interleaved).expect("a layout");
            assert_eq!(output(&processor), (sample, Layout::Interleaved));
        }
    }
    let error = named("clip").sample(SampleType::U8).expect_err("u8");
    assert!(
        error
            .to_string()
            .starts_with("node \"pixel_values\" of the processor: normalize: sample = u8")
    );
    for name in ["qwen2_vl", "idefics3"] {
        let error = named(name)
            .layout(Layout::Interleaved)
            .expect_err("a matrix");
        let message =
            "layout = interleaved is not possible; the rows of patches and tiles are planar";
        assert_eq!(error.to_string(), format!("{name}: {message}"));
    }
}

/// bf16 samples are the f32 samples, rounded to nearest even.
#[test]
fn smaller_samples_are_rounded() {
    let photo = image(3, 90, 121);
    let run = |processor: Processor| {
        let pipeline = processor.pipeline().clone();
        let config = ExecutionConfig::default();
        let mut runner = Runner::new(pipeline, &Device::host(), config).expect("a runner");
        let outputs = runner.run(&[&photo]).expect("a run");
        outputs.images("pixel_values").expect("an output")[0].clone()
    };
    for name in ["clip", "imagenet"] {
        let whole = run(named(name)).to_f32().expect("f32 samples");
        let half = run(named(name).sample(SampleType::Bf16).expect("a type"));
        let rounded: Vec<u8> = whole
            .iter()
            .flat_map(|sample| {
                let bits = sample.to_bits();
                let even = (bits >> 16) & 1;
                (((bits + 0x7fff + even) >> 16) as u16).to_ne_bytes()
            })
            .collect();
        assert_eq!(half.data(), rounded, "{name}");
    }
}

#[test]
fn grids_are_those_of_the_sizes() {
    let grid = |name, width, height| {
        let grid = named(name).grid(width, height).expect("a possible size");
        grid.map(|Grid { rows, columns }| (rows, columns))
    };
    assert_eq!(grid("qwen2_vl", 640, 480), Some((34, 46)));
    assert_eq!(grid("idefics3", 640, 480), Some((3, 4)));
    assert_eq!(grid("idefics3", 1000, 100), Some((1, 4)));
    assert_eq!(grid("clip", 640, 480), None);
    // 2000 columns to 1 row are more than transformers takes.
    assert!(named("qwen2_vl").grid(2000, 1).is_err());
}

#[test]
fn a_letterbox_has_its_own_size() {
    let letterbox = Letterbox::new(320, 256).and_then(|letterbox| letterbox.auto(true).stride(64));
    let processor = Processor::letterbox(letterbox.expect("a size")).expect("a processor");
    let shapes = processor.pipeline().infer(&[ImageShape::u8(640, 200, 3)]);
    let last = *shapes
        .expect("a possible shape")
        .nodes
        .last()
        .expect("two nodes");
    assert_eq!((last.width, last.height), (320, 128));
}
