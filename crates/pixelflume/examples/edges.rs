//! Edges of a photograph: reads an image, runs a pipeline on the best device, writes a PNG.
//!
//!     cargo run --release -p pixelflume --example edges --features image -- [INPUT] [OUTPUT.png]
//!
//! Without arguments it reads `examples/photos/coffee.png`, started from the root of the repository, and writes `edges.png`.

use pixelflume::prelude::*;
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let input = arguments
        .next()
        .unwrap_or_else(|| PathBuf::from("examples/photos/coffee.png"));
    let output = arguments
        .next()
        .unwrap_or_else(|| PathBuf::from("edges.png"));

    // A pipeline is a graph; `then` adds a node that reads the one before. A node that several others read is computed
    // once.
    let mut builder = PipelineBuilder::new("edges");
    let photo = builder.input("photo")?;
    let gray = builder.then(photo, "gray", Color::new(ColorConversion::RgbToGray))?;
    let smooth = builder.then(gray, "smooth", GaussianBlur::new(5)?)?;
    builder.then(smooth, "edges", Sobel::magnitude())?;
    let pipeline = builder.build()?;

    // A runner keeps the memory and the launches for the shapes that it used last.
    let device = Device::best();
    let mut runner = Runner::new(pipeline, &device, ExecutionConfig::default())?;

    let photo = Image::try_from(image::DynamicImage::from(image::open(&input)?.into_rgb8()))?;
    let outputs = runner.run(&[&photo])?;

    // An output has one image per frame, or the failure of a node that it depends on.
    let edges = outputs.images("edges")?[0].clone();
    println!(
        "{} -> {} ({}) on {}",
        input.display(),
        output.display(),
        edges.shape(),
        device.name()
    );
    image::GrayImage::try_from(edges)?.save(&output)?;
    Ok(())
}
