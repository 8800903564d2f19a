//! Suggestions for unknown names: "did you mean ...?".

use pixelflume_graph::text::{LISTED, Listed, Shown};
use std::fmt;

/// The longest name, in characters, that is compared with others or suggested.
const COMPARED_CHARS: usize = 64;
/// The most candidates with which a name is compared.
const COMPARED: usize = 1000;

/// An unknown name, prepared for comparison with known ones.
struct Wanted {
    /// The name in lower case.
    name: String,
    chars: usize,
}

impl Wanted {
    /// `None` where the name is too long to be compared.
    fn new(name: &str) -> Option<Self> {
        let name = lower(name)?;
        let chars = name.chars().count();
        Some(Wanted { name, chars })
    }

    /// The distance of the candidate from the name, where it is small.
    ///
    /// Near is: equal but for upper and lower case; at most a third of the letters wrong, swapped, missing or surplus
    /// (Damerau-Levenshtein distance); or, from three letters on, a part of the candidate.
    fn distance(&self, candidate: &str) -> Option<usize> {
        let candidate = lower(candidate)?;
        let most = (self.chars / 3).max(1);
        let is_part = self.chars >= 3 && candidate.contains(&self.name);
        // The distance is at least the difference of the lengths.
        if !is_part && candidate.chars().count().abs_diff(self.chars) > most {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&self.name, &candidate);
        (is_part || distance <= most).then_some(distance)
    }
}

fn lower(name: &str) -> Option<String> {
    let short = name.chars().nth(COMPARED_CHARS).is_none();
    short.then(|| name.to_lowercase())
}

/// The help for an unknown name: the most similar known name, and a list of known names. Nothing is looked for before
/// it is written.
pub(crate) struct Help<'n, I> {
    name: &'n str,
    what: &'n str,
    candidates: I,
    /// The most candidates that are listed.
    most: usize,
}

/// Makes the help for a word of pipeline files; all possible words are listed.
pub(crate) fn words<'n, 'c, I>(name: &'n str, what: &'n str, candidates: I) -> Help<'n, I>
where
    I: Iterator<Item = &'c str> + Clone,
{
    Help {
        name,
        what,
        candidates,
        most: usize::MAX,
    }
}

/// Makes the help for a name of the file; where there are many names, the nearest are listed.
pub(crate) fn names<'n, 'c, I>(name: &'n str, what: &'n str, candidates: I) -> Help<'n, I>
where
    I: Iterator<Item = &'c str> + Clone,
{
    Help {
        name,
        what,
        candidates,
        most: LISTED,
    }
}

impl<'c, I: Iterator<Item = &'c str> + Clone> fmt::Display for Help<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = Wanted::new(self.name);
        let rank = |candidate: &'c str| {
            let distance = wanted
                .as_ref()
                .and_then(|wanted| wanted.distance(candidate));
            (distance.unwrap_or(usize::MAX), candidate)
        };
        let compared = self.candidates.clone().take(COMPARED);
        let mut ranked: Vec<_> = compared.map(rank).collect();
        let near = ranked.iter().min_by_key(|&&(distance, _)| distance);
        if let Some((0..usize::MAX, near)) = near {
            write!(f, "did you mean \"{}\"? ", Shown(near))?;
        }
        let count = self.candidates.clone().count();
        if count > self.most {
            // Keeps the order of what is equally near.
            ranked.sort_by_key(|&(distance, _)| distance);
        }
        let listed = ranked.iter().map(|&(_, candidate)| candidate);
        let listed = Listed::new(listed).at_most(self.most).of(count);
        write!(f, "{}: {listed}", self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest<'c>(name: &str, candidates: &[&'c str]) -> Option<&'c str> {
        let wanted = Wanted::new(name)?;
        let near = candidates
            .iter()
            .filter_map(|&candidate| Some((wanted.distance(candidate)?, candidate)));
        near.min_by_key(|&(distance, _)| distance)
            .map(|(_, candidate)| candidate)
    }

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let operators = ["color", "gaussian_blur", "resize", "sobel"];
        let cases = [
            ("gausian_blur", Some("gaussian_blur")),
            ("blur", Some("gaussian_blur")),
            ("Resize", Some("resize")),
            ("colour", Some("color")),
            ("sboel", Some("sobel")),
            ("median", None),
            ("", None),
            ("so", None),
        ];
        for (name, expected) in cases {
            assert_eq!(nearest(name, &operators), expected, "{name}");
        }
        assert_eq!(nearest("x", &[]), None);
    }

    #[test]
    fn long_names_are_not_compared() {
        let [whole, longer] = [COMPARED_CHARS, COMPARED_CHARS + 1].map(|chars| "x".repeat(chars));
        assert_eq!(nearest(&whole, &[&whole, &longer]), Some(&*whole));
        assert_eq!(nearest(&longer, &[&whole, &longer]), None);
    }

    #[test]
    fn help_lists_what_there_is() {
        let known = ["gray", "small"].into_iter();
        assert_eq!(
            names("grey", "Nodes", known.clone()).to_string(),
            "did you mean \"gray\"? Nodes: gray, small"
        );
        assert_eq!(
            names("edges", "Nodes", known).to_string(),
            "Nodes: gray, small"
        );
    }

    #[test]
    fn of_many_names_the_nearest_are_listed_and_words_are_listed_whole() {
        let many: Vec<String> = (0..2000).map(|n| format!("node{n}")).collect();
        let many = many.iter().map(String::as_str);
        assert_eq!(
            names("noode77", "Names", many.clone()).to_string(),
            "did you mean \"node77\"? Names: node77, node7, node17, node27, node37, node47, node57, node67, node70, node71 and \
             1990 more"
        );
        let all = words("x", "Words", many.take(11)).to_string();
        assert!(all.ends_with("node9, node10"), "{all}");
    }
}
