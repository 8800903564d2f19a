//! "Did you mean ...?"

/// The candidate that was most likely meant by `name`, if any is near.
///
/// Near is: equal but for upper and lower case; at most a third of the letters wrong, swapped, missing or surplus
/// (Damerau-Levenshtein distance); or, from three letters on, a part of the candidate.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let name = name.to_lowercase();
    let most = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&name, &lower);
            let is_part = name.chars().count() >= 3 && lower.contains(&name);
            (distance <= most || is_part).then_some((distance, candidate))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The help for a name that is not known: the one probably meant, and all that there are.
pub(super) fn help<'a>(
    name: &str,
    what: &str,
    candidates: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let all: Vec<&str> = candidates.clone().collect();
    let known = format!("{what}: {}", all.join(", "));
    match nearest(name, candidates) {
        Some(near) => format!("did you mean \"{near}\"? {known}"),
        None => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(nearest(name, operators), expected, "{name}");
        }
        assert_eq!(nearest("x", std::iter::empty()), None);
    }

    #[test]
    fn help_lists_what_there_is() {
        let names = ["gray", "small"];
        assert_eq!(
            help("grey", "Nodes", names.into_iter()),
            "did you mean \"gray\"? Nodes: gray, small"
        );
        assert_eq!(
            help("edges", "Nodes", names.into_iter()),
            "Nodes: gray, small"
        );
    }
}
