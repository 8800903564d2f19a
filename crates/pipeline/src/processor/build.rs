//! Makes the pipeline of a recipe.

use crate::builder::{PipelineBuilder, Port};
use crate::pipeline::Pipeline;
use crate::processor::conventions::Conventions;
use crate::processor::equals::Backend;
use crate::processor::error::ProcessorError;
use crate::processor::steps::{Convert, Form, RESIZED, Recipe, Resize, Size, Steps, TILED};
use pixelflume_ops::{
    CenterCrop, Layout, Letterbox, Normalize, Operator, OperatorError, PadMask, PadTo, Patchify,
    Resample, ResampleSize, Rescale, SampleType, ToFloat,
};

/// The format of `pixel_values`.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Format {
    pub(super) sample: SampleType,
    pub(super) layout: Layout,
}

/// The pipeline of a recipe with a backend that its library has.
pub(super) fn pipeline(
    name: &str,
    recipe: &Recipe,
    backend: Backend,
    format: Format,
) -> Result<Pipeline, ProcessorError> {
    let mut nodes = Nodes(PipelineBuilder::new(name));
    let image = nodes.0.input("image")?;
    match recipe {
        Recipe::Steps(library, steps) => {
            if let Some(conventions) = Conventions::of(*library, backend) {
                let chain = Chain {
                    steps,
                    conventions,
                    format,
                };
                chain.add(&mut nodes, image)?;
            }
        }
        Recipe::Letterbox(letterbox) => add_letterbox(&mut nodes, image, *letterbox, format)?,
    }
    Ok(nodes.0.build()?)
}

/// Adds nodes to a pipeline.
struct Nodes(PipelineBuilder);

impl Nodes {
    /// Adds a node that reads `from`, unless the operator was refused.
    fn add(
        &mut self,
        from: Port,
        node: &'static str,
        operator: Result<impl Operator + 'static, OperatorError>,
    ) -> Result<Port, ProcessorError> {
        let operator = operator.map_err(|error| ProcessorError::Operator {
            node,
            source: Box::new(error),
        })?;
        Ok(self.0.then(from, node, operator)?)
    }

    /// Adds a node that is an output as well.
    fn add_output(
        &mut self,
        from: Port,
        node: &'static str,
        operator: Result<impl Operator + 'static, OperatorError>,
    ) -> Result<(), ProcessorError> {
        let port = self.add(from, node, operator)?;
        Ok(self.0.output(port)?)
    }
}

fn add_letterbox(
    nodes: &mut Nodes,
    image: Port,
    letterbox: Letterbox,
    format: Format,
) -> Result<(), ProcessorError> {
    let framed = nodes.add(image, "letterbox", Ok(letterbox))?;
    let to_float = ToFloat::new().layout(format.layout).sample(format.sample);
    nodes.add_output(framed, "pixel_values", to_float)
}

/// Steps with the conventions of a library.
struct Chain<'s> {
    steps: &'s Steps,
    conventions: Conventions,
    format: Format,
}

impl Chain<'_> {
    fn add(&self, nodes: &mut Nodes, image: Port) -> Result<(), ProcessorError> {
        let mut port = image;
        if let Some(resize) = &self.steps.resize {
            port = nodes.add(port, RESIZED, self.resample(resize))?;
        }
        let own = self.steps.resize.and_then(|resize| resize.crop);
        for (node, size) in [("resized_crop", own), ("cropped", self.steps.crop)] {
            if let Some(size) = size {
                let crop = CenterCrop::new(size.width, size.height);
                let crop = crop.map(|crop| crop.like(self.conventions.crop));
                port = nodes.add(port, node, crop)?;
            }
        }
        match self.steps.form {
            Form::Image { pad, mask } => self.add_image(nodes, port, pad, mask),
            Form::Patches {
                patch,
                merge,
                temporal,
            } => {
                let converted = self.add_converted(nodes, port, "converted")?;
                let patches = Patchify::new(patch, patch)
                    .and_then(|patches| patches.merge(merge)?.temporal(temporal));
                nodes.add_output(converted, "pixel_values", patches)
            }
            Form::Tile(side) => {
                let tile = self.resample(&Size::square(side).exact().into());
                let tile = nodes.add(port, "tile", tile)?;
                let values = self.add_converted(nodes, tile, "pixel_values")?;
                Ok(nodes.0.output(values)?)
            }
            Form::Tiles(side) => self.add_tiles(nodes, port, side),
        }
    }

    fn add_image(
        &self,
        nodes: &mut Nodes,
        image: Port,
        pad: Option<Size>,
        mask: bool,
    ) -> Result<(), ProcessorError> {
        match pad {
            None => {
                let values = self.add_converted(nodes, image, "pixel_values")?;
                nodes.0.output(values)?;
            }
            Some(size) => {
                let converted = self.add_converted(nodes, image, "converted")?;
                let pad = PadTo::new().size(size.width, size.height);
                nodes.add_output(converted, "pixel_values", pad)?;
            }
        }
        if mask {
            // Without a size nothing is padded.
            let mask = PadMask::new();
            let mask = pad.map_or(Ok(mask), |size| mask.size(size.width, size.height));
            nodes.add_output(image, "pixel_mask", mask)?;
        }
        Ok(())
    }

    fn add_tiles(&self, nodes: &mut Nodes, image: Port, side: u32) -> Result<(), ProcessorError> {
        let tiled = self.resample(&ResampleSize::Tiles { tile: side }.into());
        let tiled = nodes.add(image, TILED, tiled)?;
        let converted = self.add_converted(nodes, tiled, "converted")?;
        nodes.add_output(converted, "tiles", Patchify::new(side, side))?;
        let global = self.resample(&Size::square(side).exact().into());
        let global = nodes.add(tiled, "global", global)?;
        let global = self.add_converted(nodes, global, "global_image")?;
        Ok(nodes.0.output(global)?)
    }

    fn resample(&self, resize: &Resize) -> Result<Resample, OperatorError> {
        let filter = self.conventions.filter(self.steps.filter);
        let resample = Resample::new(resize.size, filter, self.conventions.resample)?;
        resample.round_up_to(resize.round_up_to)
    }

    fn add_converted(
        &self,
        nodes: &mut Nodes,
        image: Port,
        node: &'static str,
    ) -> Result<Port, ProcessorError> {
        let Format { sample, layout } = self.format;
        match &self.steps.convert {
            Convert::Rescale(factor) => {
                let rescale = Rescale::new(*factor)
                    .and_then(|rescale| rescale.like(self.conventions.rescale)?.sample(sample));
                nodes.add(image, node, rescale.map(|rescale| rescale.layout(layout)))
            }
            Convert::Normalize { scale, mean, std } => {
                let normalize = Normalize::new(mean, std).and_then(|normalize| {
                    let normalize = normalize.like(self.conventions.normalize)?;
                    normalize.scale(*scale)?.sample(sample)
                });
                let normalize = normalize.map(|normalize| normalize.layout(layout));
                nodes.add(image, node, normalize)
            }
        }
    }
}
