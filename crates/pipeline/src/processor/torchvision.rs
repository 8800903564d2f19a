//! The presets of torchvision: what the `transforms` of its weights for image classification do.

use crate::processor::steps::{Convert, Form, Size, Steps};
use crate::processor::transformers::{HALF, IMAGENET, Statistics};
use pixelflume_ops::ResampleFilter::{self, Bicubic, Bilinear};
use pixelflume_ops::ResampleSize;

/// The scale of weights that were trained with Caffe's images: means of 0 to 1, and a standard deviation of 1 / 255.
const CAFFE: Statistics = ([0.482_35, 0.458_82, 0.407_84], [1.0 / 255.0; 3]);

/// torchvision's `ImageClassification`: the shortest edge is resized, the center cropped, and the samples are normalized.
#[derive(Debug)]
pub(super) struct Preset {
    crop: u32,
    resize: u32,
    filter: ResampleFilter,
    statistics: Statistics,
    /// The weights that have this preset, as torchvision names them, with spaces between them; and a short name of the commonest.
    names: &'static str,
}

impl Preset {
    /// The names of the preset.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.names.split_ascii_whitespace()
    }

    /// The steps of `ImageClassification(crop_size, resize_size, mean, std, interpolation)`.
    pub(super) fn steps(&self) -> Steps {
        let (mean, std) = self.statistics;
        Steps {
            filter: self.filter,
            resize: Some(
                ResampleSize::ShortestEdge {
                    edge: self.resize,
                    max_size: None,
                }
                .into(),
            ),
            crop: Some(Size::square(self.crop)),
            convert: Convert::Normalize {
                scale: 1.0 / 255.0,
                mean,
                std,
            },
            form: Form::Image {
                pad: None,
                mask: false,
            },
        }
    }
}

const fn preset(
    crop: u32,
    resize: u32,
    filter: ResampleFilter,
    statistics: Statistics,
    names: &'static str,
) -> Preset {
    Preset {
        crop,
        resize,
        filter,
        statistics,
        names,
    }
}

/// All presets.
pub(super) static PRESETS: &[Preset] = &[
    preset(224, 256, Bilinear, IMAGENET, "
        imagenet AlexNet_Weights.IMAGENET1K_V1 DenseNet121_Weights.IMAGENET1K_V1
        DenseNet161_Weights.IMAGENET1K_V1 DenseNet169_Weights.IMAGENET1K_V1
        DenseNet201_Weights.IMAGENET1K_V1 GoogLeNet_Weights.IMAGENET1K_V1 MNASNet0_5_Weights.IMAGENET1K_V1
        MNASNet1_0_Weights.IMAGENET1K_V1 MobileNet_V2_Weights.IMAGENET1K_V1
        MobileNet_V3_Large_Weights.IMAGENET1K_V1 MobileNet_V3_Small_Weights.IMAGENET1K_V1
        GoogLeNet_QuantizedWeights.IMAGENET1K_FBGEMM_V1 MobileNet_V2_QuantizedWeights.IMAGENET1K_QNNPACK_V1
        MobileNet_V3_Large_QuantizedWeights.IMAGENET1K_QNNPACK_V1
        ResNet18_QuantizedWeights.IMAGENET1K_FBGEMM_V1 ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V1
        ResNeXt101_32X8D_QuantizedWeights.IMAGENET1K_FBGEMM_V1
        ShuffleNet_V2_X0_5_QuantizedWeights.IMAGENET1K_FBGEMM_V1
        ShuffleNet_V2_X1_0_QuantizedWeights.IMAGENET1K_FBGEMM_V1 RegNet_X_16GF_Weights.IMAGENET1K_V1
        RegNet_X_1_6GF_Weights.IMAGENET1K_V1 RegNet_X_32GF_Weights.IMAGENET1K_V1
        RegNet_X_3_2GF_Weights.IMAGENET1K_V1 RegNet_X_400MF_Weights.IMAGENET1K_V1
        RegNet_X_800MF_Weights.IMAGENET1K_V1 RegNet_X_8GF_Weights.IMAGENET1K_V1
        RegNet_Y_16GF_Weights.IMAGENET1K_V1 RegNet_Y_1_6GF_Weights.IMAGENET1K_V1
        RegNet_Y_32GF_Weights.IMAGENET1K_V1 RegNet_Y_3_2GF_Weights.IMAGENET1K_V1
        RegNet_Y_400MF_Weights.IMAGENET1K_V1 RegNet_Y_800MF_Weights.IMAGENET1K_V1
        RegNet_Y_8GF_Weights.IMAGENET1K_V1 ResNet101_Weights.IMAGENET1K_V1 ResNet152_Weights.IMAGENET1K_V1
        ResNet18_Weights.IMAGENET1K_V1 ResNet34_Weights.IMAGENET1K_V1 ResNet50_Weights.IMAGENET1K_V1
        ResNeXt101_32X8D_Weights.IMAGENET1K_V1 ResNeXt50_32X4D_Weights.IMAGENET1K_V1
        ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1 ShuffleNet_V2_X1_0_Weights.IMAGENET1K_V1
        SqueezeNet1_0_Weights.IMAGENET1K_V1 SqueezeNet1_1_Weights.IMAGENET1K_V1 VGG11_Weights.IMAGENET1K_V1
        VGG11_BN_Weights.IMAGENET1K_V1 VGG13_Weights.IMAGENET1K_V1 VGG13_BN_Weights.IMAGENET1K_V1
        VGG16_Weights.IMAGENET1K_V1 VGG16_BN_Weights.IMAGENET1K_V1 VGG19_Weights.IMAGENET1K_V1
        VGG19_BN_Weights.IMAGENET1K_V1 ViT_B_16_Weights.IMAGENET1K_V1 ViT_B_32_Weights.IMAGENET1K_V1
        ViT_L_32_Weights.IMAGENET1K_V1 Wide_ResNet101_2_Weights.IMAGENET1K_V1
        Wide_ResNet50_2_Weights.IMAGENET1K_V1
    "),
    preset(224, 232, Bilinear, IMAGENET, "
        imagenet_v2 ConvNeXt_Base_Weights.IMAGENET1K_V1 ConvNeXt_Large_Weights.IMAGENET1K_V1
        MNASNet0_75_Weights.IMAGENET1K_V1 MNASNet1_3_Weights.IMAGENET1K_V1
        MobileNet_V2_Weights.IMAGENET1K_V2 MobileNet_V3_Large_Weights.IMAGENET1K_V2
        ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V2
        ResNeXt101_32X8D_QuantizedWeights.IMAGENET1K_FBGEMM_V2
        ResNeXt101_64X4D_QuantizedWeights.IMAGENET1K_FBGEMM_V1
        ShuffleNet_V2_X1_5_QuantizedWeights.IMAGENET1K_FBGEMM_V1
        ShuffleNet_V2_X2_0_QuantizedWeights.IMAGENET1K_FBGEMM_V1 RegNet_X_16GF_Weights.IMAGENET1K_V2
        RegNet_X_1_6GF_Weights.IMAGENET1K_V2 RegNet_X_32GF_Weights.IMAGENET1K_V2
        RegNet_X_3_2GF_Weights.IMAGENET1K_V2 RegNet_X_400MF_Weights.IMAGENET1K_V2
        RegNet_X_800MF_Weights.IMAGENET1K_V2 RegNet_X_8GF_Weights.IMAGENET1K_V2
        RegNet_Y_16GF_Weights.IMAGENET1K_V2 RegNet_Y_1_6GF_Weights.IMAGENET1K_V2
        RegNet_Y_32GF_Weights.IMAGENET1K_V2 RegNet_Y_3_2GF_Weights.IMAGENET1K_V2
        RegNet_Y_400MF_Weights.IMAGENET1K_V2 RegNet_Y_800MF_Weights.IMAGENET1K_V2
        RegNet_Y_8GF_Weights.IMAGENET1K_V2 ResNet101_Weights.IMAGENET1K_V2 ResNet152_Weights.IMAGENET1K_V2
        ResNet50_Weights.IMAGENET1K_V2 ResNeXt101_32X8D_Weights.IMAGENET1K_V2
        ResNeXt101_64X4D_Weights.IMAGENET1K_V1 ResNeXt50_32X4D_Weights.IMAGENET1K_V2
        ShuffleNet_V2_X1_5_Weights.IMAGENET1K_V1 ShuffleNet_V2_X2_0_Weights.IMAGENET1K_V1
        Wide_ResNet101_2_Weights.IMAGENET1K_V2 Wide_ResNet50_2_Weights.IMAGENET1K_V2
    "),
    preset(224, 224, Bicubic, IMAGENET, "
        MaxVit_T_Weights.IMAGENET1K_V1 RegNet_Y_128GF_Weights.IMAGENET1K_SWAG_LINEAR_V1
        RegNet_Y_16GF_Weights.IMAGENET1K_SWAG_LINEAR_V1 RegNet_Y_32GF_Weights.IMAGENET1K_SWAG_LINEAR_V1
        ViT_B_16_Weights.IMAGENET1K_SWAG_LINEAR_V1 ViT_H_14_Weights.IMAGENET1K_SWAG_LINEAR_V1
        ViT_L_16_Weights.IMAGENET1K_SWAG_LINEAR_V1
    "),
    preset(384, 384, Bicubic, IMAGENET, "
        RegNet_Y_128GF_Weights.IMAGENET1K_SWAG_E2E_V1 RegNet_Y_16GF_Weights.IMAGENET1K_SWAG_E2E_V1
        RegNet_Y_32GF_Weights.IMAGENET1K_SWAG_E2E_V1 ViT_B_16_Weights.IMAGENET1K_SWAG_E2E_V1
    "),
    preset(256, 260, Bicubic, IMAGENET, "Swin_V2_S_Weights.IMAGENET1K_V1 Swin_V2_T_Weights.IMAGENET1K_V1"),
    preset(299, 342, Bilinear, IMAGENET, "Inception_V3_Weights.IMAGENET1K_V1 Inception_V3_QuantizedWeights.IMAGENET1K_FBGEMM_V1"),
    preset(224, 230, Bilinear, IMAGENET, "ConvNeXt_Small_Weights.IMAGENET1K_V1"),
    preset(224, 232, Bicubic, IMAGENET, "Swin_T_Weights.IMAGENET1K_V1"),
    preset(224, 236, Bilinear, IMAGENET, "ConvNeXt_Tiny_Weights.IMAGENET1K_V1"),
    preset(224, 238, Bicubic, IMAGENET, "Swin_B_Weights.IMAGENET1K_V1"),
    preset(224, 242, Bilinear, IMAGENET, "ViT_L_16_Weights.IMAGENET1K_V1"),
    preset(224, 246, Bicubic, IMAGENET, "Swin_S_Weights.IMAGENET1K_V1"),
    preset(224, 256, Bicubic, IMAGENET, "imagenet_bicubic EfficientNet_B0_Weights.IMAGENET1K_V1"),
    preset(224, 256, Bilinear, CAFFE, "VGG16_Weights.IMAGENET1K_FEATURES"),
    preset(240, 255, Bilinear, IMAGENET, "EfficientNet_B1_Weights.IMAGENET1K_V2"),
    preset(240, 256, Bicubic, IMAGENET, "EfficientNet_B1_Weights.IMAGENET1K_V1"),
    preset(256, 272, Bicubic, IMAGENET, "Swin_V2_B_Weights.IMAGENET1K_V1"),
    preset(288, 288, Bicubic, IMAGENET, "EfficientNet_B2_Weights.IMAGENET1K_V1"),
    preset(300, 320, Bicubic, IMAGENET, "EfficientNet_B3_Weights.IMAGENET1K_V1"),
    preset(380, 384, Bicubic, IMAGENET, "EfficientNet_B4_Weights.IMAGENET1K_V1"),
    preset(384, 384, Bilinear, IMAGENET, "EfficientNet_V2_S_Weights.IMAGENET1K_V1"),
    preset(456, 456, Bicubic, IMAGENET, "EfficientNet_B5_Weights.IMAGENET1K_V1"),
    preset(480, 480, Bicubic, HALF, "EfficientNet_V2_L_Weights.IMAGENET1K_V1"),
    preset(480, 480, Bilinear, IMAGENET, "EfficientNet_V2_M_Weights.IMAGENET1K_V1"),
    preset(512, 512, Bicubic, IMAGENET, "ViT_L_16_Weights.IMAGENET1K_SWAG_E2E_V1"),
    preset(518, 518, Bicubic, IMAGENET, "ViT_H_14_Weights.IMAGENET1K_SWAG_E2E_V1"),
    preset(528, 528, Bicubic, IMAGENET, "EfficientNet_B6_Weights.IMAGENET1K_V1"),
    preset(600, 600, Bicubic, IMAGENET, "EfficientNet_B7_Weights.IMAGENET1K_V1"),
];
