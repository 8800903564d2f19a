//! CMYK to RGB, as two libraries do it.

/// The library whose formula turns CMYK into RGB. Both take the samples as inverted (0 is full ink), as Adobe writes them, whether
/// a file says so or not; results differ by at most one step.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Cmyk {
    /// `K - ((255 - x) K >> 8)` for each x of C, M, Y: OpenCV's `imread`.
    #[default]
    OpenCv,
    /// `max(0, K - (((t >> 8) + t) >> 8))` with `t = (255 - x) K + 128`: Pillow's `convert("RGB")`.
    Pillow,
}

impl Cmyk {
    /// The red, green or blue sample of a cyan, magenta or yellow one.
    #[inline(always)]
    pub(crate) fn apply(self, ink: u8, black: u8) -> u8 {
        match self {
            Cmyk::OpenCv => opencv(ink, black),
            Cmyk::Pillow => pillow(ink, black),
        }
    }
}

#[inline(always)]
fn opencv(ink: u8, black: u8) -> u8 {
    black - ((u16::from(255 - ink) * u16::from(black)) >> 8) as u8
}

#[inline(always)]
fn pillow(ink: u8, black: u8) -> u8 {
    let t = u16::from(255 - ink) * u16::from(black) + 128;
    black.saturating_sub((((t >> 8) + t) >> 8) as u8)
}
