//! What the components of a file mean.

use crate::file::frame::Component;

/// What the components of a file mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ColorSpace {
    /// One component: gray.
    Gray,
    /// Three components: luma and two color differences, as in JFIF.
    YCbCr,
    /// Three components: red, green and blue.
    Rgb,
    /// Four components: inks, which are taken as inverted (as Adobe writes them).
    Cmyk,
    /// Four components: `Cmyk`, with the first three as `YCbCr`.
    Ycck,
}

impl ColorSpace {
    /// The color space of a file by libjpeg-turbo's rules: `jfif` says whether the file has a JFIF segment, `adobe` is the
    /// transform of the Adobe segment.
    pub(crate) fn of(components: &[Component], jfif: bool, adobe: Option<u8>) -> Self {
        match components {
            [_] => Self::Gray,
            [r, g, b] => match adobe {
                _ if jfif => Self::YCbCr,
                Some(0) => Self::Rgb,
                Some(_) => Self::YCbCr,
                None if [r.id, g.id, b.id] == *b"RGB" => Self::Rgb,
                None => Self::YCbCr,
            },
            _ => match adobe {
                None | Some(0) => Self::Cmyk,
                Some(_) => Self::Ycck,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_color_space_is_found_by_the_rules_of_libjpeg_turbo() {
        let of = |ids: &[u8], jfif, adobe| {
            let components = ids.iter().map(|&id| Component {
                id,
                ..Component::default()
            });
            ColorSpace::of(&components.collect::<Vec<_>>(), jfif, adobe)
        };
        assert_eq!(of(b"R", false, Some(0)), ColorSpace::Gray);
        for (jfif, adobe, of_numbers, of_letters) in [
            (true, Some(0), ColorSpace::YCbCr, ColorSpace::YCbCr),
            (false, Some(0), ColorSpace::Rgb, ColorSpace::Rgb),
            (false, Some(1), ColorSpace::YCbCr, ColorSpace::YCbCr),
            (false, Some(9), ColorSpace::YCbCr, ColorSpace::YCbCr),
            (false, None, ColorSpace::YCbCr, ColorSpace::Rgb),
        ] {
            assert_eq!(of(&[1, 2, 3], jfif, adobe), of_numbers);
            assert_eq!(of(b"RGB", jfif, adobe), of_letters);
        }
        assert_eq!(of(&[1; 4], true, None), ColorSpace::Cmyk);
        assert_eq!(of(&[1; 4], false, Some(0)), ColorSpace::Cmyk);
        assert_eq!(of(&[1; 4], false, Some(2)), ColorSpace::Ycck);
    }
}
