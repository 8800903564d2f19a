//! Keys and extensions of the names of members.

/// The key and the extension of a name; `None` where it is no file of a sample. The extension is as it is written.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    let begin = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = begin + name[begin..].find('.')?;
    // WebDataset keeps metadata in files at the top whose whole names, with the extension, are in double underscores.
    let is_meta = begin == 0 && name.starts_with("__") && name.ends_with("__");
    (dot > begin && !is_meta && dot + 1 < name.len()).then_some((&name[..dot], &name[dot + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_end_at_the_first_dot_of_the_last_part() {
        for (name, expected) in [
            ("a.jpg", Some(("a", "jpg"))),
            ("a/b.seg.PNG", Some(("a/b", "seg.PNG"))),
            ("./a.b/c.txt", Some(("./a.b/c", "txt"))),
            ("a", None),
            ("a.b/c", None),
            (".hidden.jpg", None),
            ("a/.hidden", None),
            ("a.", None),
            ("", None),
            ("__info.__", None),
        ] {
            assert_eq!(split(name), expected, "{name}");
        }
    }
}
