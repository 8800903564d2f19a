//! Makes the pipeline of a processor's steps.

use crate::builder::{PipelineBuilder, Port};
use crate::pipeline::Pipeline;
use crate::processor::conventions::Conventions;
use crate::processor::error::ProcessorError;
use crate::processor::steps::{Convert, Form, Recipe, Resize, Size, Steps, Target};
use pixelflume_ops::registry;
use pixelflume_ops::spec::Value;
use pixelflume_ops::{Layout, Letterbox, SampleType};

/// The format of `pixel_values`.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Format {
    pub(super) sample: SampleType,
    pub(super) layout: Layout,
}

/// The node whose shape tells the grid of patches or tiles.
pub(super) const RESIZED: &str = "resized";

type Parameters = Vec<(&'static str, Value)>;

/// Adds nodes to a pipeline.
struct Nodes<'c> {
    builder: PipelineBuilder,
    conventions: &'c Conventions,
    format: Format,
}

/// The pipeline of a recipe.
pub(super) fn pipeline(
    name: &str,
    recipe: &Recipe,
    conventions: &Conventions,
    format: Format,
) -> Result<Pipeline, ProcessorError> {
    let mut nodes = Nodes {
        builder: PipelineBuilder::new(name),
        conventions,
        format,
    };
    let image = nodes.builder.input("image")?;
    match recipe {
        Recipe::Transformers(steps) | Recipe::Torchvision(steps) => nodes.steps(image, steps)?,
        Recipe::Ultralytics(letterbox) => nodes.letterbox(image, *letterbox)?,
    }
    Ok(nodes.builder.build()?)
}

impl Nodes<'_> {
    /// Adds a node that reads `from`.
    fn node(
        &mut self,
        from: Port,
        node: &'static str,
        kind: &'static str,
        parameters: Parameters,
    ) -> Result<Port, ProcessorError> {
        let refused = |source| ProcessorError::Operator {
            node,
            source: Box::new(source),
        };
        let spec = registry::find(kind).ok_or(ProcessorError::NoOperator { kind })?;
        let values = spec.values(parameters).map_err(refused)?;
        let operator = values.build().map_err(refused)?;
        let port = self.builder.add_boxed(node, operator)?;
        self.builder.connect(from, port)?;
        Ok(port)
    }

    fn output(&mut self, port: Port) -> Result<(), ProcessorError> {
        Ok(self.builder.output(port)?)
    }

    fn steps(&mut self, image: Port, steps: &Steps) -> Result<(), ProcessorError> {
        let mut port = image;
        if let Some(resize) = &steps.resize {
            port = self.resample(port, RESIZED, resize, steps)?;
        }
        let own = steps.resize.and_then(|resize| resize.crop);
        for (node, size) in [("resized_crop", own), ("cropped", steps.crop)] {
            if let Some(size) = size {
                port = self.crop(port, node, size)?;
            }
        }
        match steps.form {
            Form::Image { pad, mask } => {
                let values = match pad {
                    None => self.convert(port, "pixel_values", &steps.convert)?,
                    Some(size) => {
                        let converted = self.convert(port, "converted", &steps.convert)?;
                        self.node(converted, "pixel_values", "pad_to", sides(size))?
                    }
                };
                self.output(values)?;
                if mask {
                    // Without padding each pixel is one of the image.
                    let to = pad.map_or_else(|| vec![("multiple", 1.into())], sides);
                    let mask = self.node(port, "pixel_mask", "pad_mask", to)?;
                    self.output(mask)?;
                }
            }
            Form::Patches {
                patch,
                merge,
                temporal,
            } => {
                let converted = self.convert(port, "converted", &steps.convert)?;
                let parameters = vec![
                    ("patch", patch.into()),
                    ("merge", merge.into()),
                    ("temporal", temporal.into()),
                ];
                let values = self.node(converted, "pixel_values", "patchify", parameters)?;
                self.output(values)?;
            }
            Form::Tile(side) => {
                let tile = Target::Exact(Size::square(side)).into();
                let tile = self.resample(port, "tile", &tile, steps)?;
                let values = self.convert(tile, "pixel_values", &steps.convert)?;
                self.output(values)?;
            }
            Form::Tiles(side) => {
                let tiled = self.resample(port, TILED, &Target::Tiled(side).into(), steps)?;
                let converted = self.convert(tiled, "converted", &steps.convert)?;
                let tiles =
                    self.node(converted, "tiles", "patchify", vec![("patch", side.into())])?;
                self.output(tiles)?;
                let global = Target::Exact(Size::square(side)).into();
                let global = self.resample(tiled, "global", &global, steps)?;
                let global = self.convert(global, "global_image", &steps.convert)?;
                self.output(global)?;
            }
        }
        Ok(())
    }

    fn letterbox(&mut self, image: Port, letterbox: Letterbox) -> Result<(), ProcessorError> {
        let framed = self.builder.then(image, "letterbox", letterbox)?;
        let values = self.convert(framed, "pixel_values", &Convert::Rescale(1.0 / 255.0))?;
        self.output(values)
    }

    fn resample(
        &mut self,
        from: Port,
        node: &'static str,
        resize: &Resize,
        steps: &Steps,
    ) -> Result<Port, ProcessorError> {
        let mut parameters = target(resize.target);
        if resize.round_up_to > 1 {
            parameters.push(("round_up_to", resize.round_up_to.into()));
        }
        let filter = self.conventions.filter(steps.filter);
        parameters.push(("filter", filter.name().into()));
        parameters.push(("like", self.conventions.resample.into()));
        self.node(from, node, "resample", parameters)
    }

    fn crop(&mut self, from: Port, node: &'static str, size: Size) -> Result<Port, ProcessorError> {
        let mut parameters = sides(size);
        parameters.push(("like", self.conventions.crop.into()));
        self.node(from, node, "center_crop", parameters)
    }

    fn convert(
        &mut self,
        from: Port,
        node: &'static str,
        convert: &Convert,
    ) -> Result<Port, ProcessorError> {
        let mut parameters = match convert {
            Convert::Rescale(factor) => vec![("factor", (*factor).into())],
            Convert::Normalize { scale, mean, std } => vec![
                ("mean", mean.as_slice().into()),
                ("std", std.as_slice().into()),
                ("scale", (*scale).into()),
            ],
        };
        let kind = match convert {
            Convert::Rescale(_) => "rescale",
            Convert::Normalize { .. } => "normalize",
        };
        parameters.push(("like", self.conventions.normalize.into()));
        parameters.push(("sample", self.format.sample.name().into()));
        let layout = match self.format.layout {
            Layout::Planar => "planar",
            Layout::Interleaved => "interleaved",
        };
        parameters.push(("layout", layout.into()));
        self.node(from, node, kind, parameters)
    }
}

/// The node whose shape tells the grid of tiles.
pub(super) const TILED: &str = "tiled";

fn sides(size: Size) -> Parameters {
    vec![("width", size.width.into()), ("height", size.height.into())]
}

/// The parameters of `resample` for a size.
fn target(target: Target) -> Parameters {
    match target {
        Target::Exact(size) => sides(size),
        Target::ShortestEdge(side) => vec![("shortest_edge", side.into())],
        Target::ShortestEdgeWithin { shortest, longest } => vec![
            ("shortest_edge", shortest.into()),
            ("max_size", longest.into()),
            ("rounding", "detr".into()),
        ],
        Target::LongestEdge(side) => vec![("longest_edge", side.into())],
        Target::LongestEdgeEven(side) => vec![
            ("longest_edge", side.into()),
            ("rounding", "idefics3".into()),
        ],
        Target::Within(size) => vec![
            ("max_width", size.width.into()),
            ("max_height", size.height.into()),
        ],
        Target::Tiled(side) => vec![("tile", side.into())],
        Target::Pixels { multiple, min, max } => vec![
            ("multiple", multiple.into()),
            ("min_pixels", min.into()),
            ("max_pixels", max.into()),
        ],
    }
}
