//! What an operator computes with a window, as steps from image to image.

/// The smallest or the largest sample of a window.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Extreme {
    /// An erosion.
    Least,
    /// A dilation.
    Most,
}

/// What an operator computes.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Computation {
    /// One erosion or dilation.
    Single(Extreme),
    /// The first, and then the other one on its result.
    Twice([Extreme; 2]),
    /// The dilation less the erosion.
    Gradient,
    /// The image less what the two make of it, one after the other.
    Above([Extreme; 2]),
    /// What the two make of the image, one after the other, less the image.
    Below([Extreme; 2]),
}

/// An image that a step reads or writes.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Input,
    Output,
    /// An image in scratch memory, by its number.
    Between(usize),
}

/// One launch.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// An erosion or dilation by the element of this number.
    Extreme {
        extreme: Extreme,
        element: usize,
        from: Place,
        to: Place,
    },
    /// A difference of two images, at least 0.
    Subtract { of: [Place; 2], to: Place },
}

/// The steps of a computation whose erosions and dilations apply `elements` elements one after the other, `times` times.
pub(super) fn steps(computation: Computation, elements: usize, times: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut chain = |extremes: &[Extreme], to: Place, spare: [usize; 2]| {
        let once = extremes.iter().flat_map(|&extreme| {
            let repeated = (0..times).flat_map(|_| 0..elements);
            repeated.map(move |element| (extreme, element))
        });
        let all: Vec<_> = once.collect();
        let mut from = Place::Input;
        for (index, &(extreme, element)) in all.iter().enumerate() {
            // Two images alternate, such that the last step does not write what it reads.
            let next = match all.len() - 1 - index {
                0 => to,
                left => Place::Between(spare[left % 2]),
            };
            steps.push(Step::Extreme {
                extreme,
                element,
                from,
                to: next,
            });
            from = next;
        }
    };
    let (first, second) = (Place::Between(0), Place::Between(1));
    let difference = match computation {
        Computation::Single(extreme) => {
            chain(&[extreme], Place::Output, [1, 0]);
            None
        }
        Computation::Twice(extremes) => {
            chain(&extremes, Place::Output, [1, 0]);
            None
        }
        Computation::Gradient => {
            chain(&[Extreme::Most], first, [0, 1]);
            chain(&[Extreme::Least], second, [1, 2]);
            Some([first, second])
        }
        Computation::Above(extremes) => {
            chain(&extremes, first, [0, 1]);
            Some([Place::Input, first])
        }
        Computation::Below(extremes) => {
            chain(&extremes, first, [0, 1]);
            Some([first, Place::Input])
        }
    };
    steps.extend(difference.map(|of| Step::Subtract {
        of,
        to: Place::Output,
    }));
    steps
}

/// The number of images in scratch memory.
pub(super) fn images_between(steps: &[Step]) -> usize {
    let written = steps.iter().map(|step| match step {
        Step::Extreme { to, .. } | Step::Subtract { to, .. } => match to {
            Place::Between(number) => number + 1,
            _ => 0,
        },
    });
    written.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const ALL: [Computation; 6] = [
        Computation::Single(Extreme::Least),
        Computation::Single(Extreme::Most),
        Computation::Twice([Extreme::Least, Extreme::Most]),
        Computation::Gradient,
        Computation::Above([Extreme::Least, Extreme::Most]),
        Computation::Below([Extreme::Most, Extreme::Least]),
    ];

    /// The steps as a formula: `e` an erosion, `d` a dilation.
    fn formula(computation: Computation, elements: usize, times: u32) -> String {
        let steps = steps(computation, elements, times);
        let mut images = BTreeMap::from([("Input".to_owned(), "x".to_owned())]);
        let name = |place: Place| format!("{place:?}");
        for step in &steps {
            let (to, text) = match *step {
                Step::Extreme {
                    extreme, from, to, ..
                } => {
                    assert_ne!(from, to);
                    let sign = if extreme == Extreme::Least { "e" } else { "d" };
                    (to, format!("{sign}{}", images[&name(from)]))
                }
                Step::Subtract { of: [a, b], to } => {
                    assert!(a != to && b != to);
                    (to, format!("{}-{}", images[&name(a)], images[&name(b)]))
                }
            };
            images.insert(name(to), text);
        }
        images["Output"].clone()
    }

    #[test]
    fn steps_compute_the_formula() {
        let once = ALL.map(|computation| formula(computation, 1, 1));
        assert_eq!(once, ["ex", "dx", "dex", "dx-ex", "x-dex", "edx-x"]);
        let thrice = ALL.map(|computation| formula(computation, 1, 3));
        assert_eq!(
            thrice,
            [
                "eeex",
                "dddx",
                "dddeeex",
                "dddx-eeex",
                "x-dddeeex",
                "eeedddx-x"
            ]
        );
        assert_eq!(formula(ALL[3], 2, 2), "ddddx-eeeex");
    }

    #[test]
    fn few_images_are_in_scratch_memory() {
        let images = |times| ALL.map(|computation| images_between(&steps(computation, 1, times)));
        assert_eq!(images(1), [0, 0, 1, 2, 2, 2]);
        assert_eq!(images(9), [2, 2, 2, 3, 2, 2]);
    }
}
