//! The table `decode` of a pipeline file: how files that are inputs are decoded.

#[cfg(feature = "codec")]
pub(super) use with_codec::{read, write};
#[cfg(not(feature = "codec"))]
pub(super) use without_codec::{read, write};

#[cfg(feature = "codec")]
mod with_codec {
    use crate::file::suggest;
    use crate::file::values::{Problems, entry, unknown_keys};
    use crate::pipeline::Decoding;
    use pixelflume_codec::{Color, Orientation, Rect};
    use pixelflume_graph::text::Shown;
    use toml::Spanned;
    use toml::de::{DeTable, DeValue};

    const KEYS: [&str; 4] = ["exif", "color", "allow_truncated", "crop"];

    /// Reads the table; the defaults where there is none, and `None` where a problem was noted.
    pub(in crate::file) fn read(
        table: &DeTable<'_>,
        problems: &mut Problems<'_>,
    ) -> Option<Decoding> {
        let default = Decoding::default();
        let Some((_, value)) = entry(table, "decode") else {
            return Some(default);
        };
        let DeValue::Table(settings) = value.get_ref() else {
            problems.add(
                value.span(),
                "`decode` must be a table",
                "write a line `[decode]`, and below it for example `exif = \"ignore\"`",
            );
            return None;
        };
        let unknown = unknown_keys(settings, |key| KEYS.contains(&key));
        for key in &unknown {
            problems.add(
                key.span(),
                format_args!("unknown key `{}`", Shown(key.get_ref())),
                suggest::words(key.get_ref(), "Keys of [decode]", KEYS.into_iter()),
            );
        }
        // All settings are read, so that each wrong one is reported.
        let exif = Orientation::ALL.map(|exif| (exif.name(), exif));
        let orientation = choice("exif", settings, &exif, default.orientation, problems);
        let colors = Color::ALL.map(|color| (color.name(), color));
        let color = choice("color", settings, &colors, default.color, problems);
        let allow_truncated = match entry(settings, "allow_truncated") {
            Some((_, value)) => problems.flag("allow_truncated", value, "allow_truncated = true"),
            None => Some(default.allow_truncated),
        };
        let crop = match entry(settings, "crop") {
            Some((_, value)) => rectangle(value, problems).map(Some),
            None => Some(default.crop),
        };
        unknown.is_empty().then_some(Decoding {
            limits: default.limits,
            orientation: orientation?,
            color: color?,
            allow_truncated: allow_truncated?,
            crop: crop?,
        })
    }

    /// The crop: the first column and row, the width and the height.
    fn rectangle(value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Rect> {
        let example = "crop = [16, 0, 640, 480]";
        let items = match value.get_ref() {
            DeValue::Array(items) if items.len() == 4 => items,
            _ => {
                problems.add(
                    value.span(),
                    "`crop` must be an array of four integers",
                    format_args!("write the first column, the first row, width and height, for example `{example}`"),
                );
                return None;
            }
        };
        // All items are read, so that each wrong one is reported.
        let numbers = items
            .iter()
            .map(|item| problems.count("crop", item, example));
        let numbers: Vec<Option<u32>> = numbers.collect();
        let numbers: Option<Vec<u32>> = numbers.into_iter().collect();
        let &[x, y, width, height] = numbers?.as_slice() else {
            return None;
        };
        if width == 0 || height == 0 {
            problems.add(
                value.span(),
                format_args!("`crop` of {width}x{height} has no pixels"),
                format_args!("write a width and a height of 1 or more, for example `{example}`"),
            );
            return None;
        }
        Some(Rect {
            x,
            y,
            width,
            height,
        })
    }

    /// The value of a key that is one of these names.
    fn choice<T: Copy>(
        key: &str,
        table: &DeTable<'_>,
        choices: &[(&'static str, T)],
        default: T,
        problems: &mut Problems<'_>,
    ) -> Option<T> {
        let Some((_, value)) = entry(table, key) else {
            return Some(default);
        };
        let (first, _) = choices[0];
        let text = problems.text(key, value, &format!("{key} = \"{first}\""))?;
        let found = choices.iter().find(|(name, _)| name == text.get_ref());
        if found.is_none() {
            let names = choices.iter().map(|(name, _)| *name);
            problems.add(
                value.span(),
                format_args!("`{key}` cannot be \"{}\"", Shown(text.get_ref())),
                suggest::words(text.get_ref(), "Known values", names),
            );
        }
        found.map(|&(_, choice)| choice)
    }

    /// Appends the table where a setting is not at its default. The limits belong to the program.
    pub(in crate::file) fn write(decoding: &Decoding, text: &mut String) {
        let default = Decoding {
            limits: decoding.limits,
            ..Decoding::default()
        };
        if *decoding != default {
            text.push_str(&format!(
                "\n[decode]\nexif = \"{}\"\ncolor = \"{}\"\nallow_truncated = {}\n",
                decoding.orientation.name(),
                decoding.color.name(),
                decoding.allow_truncated
            ));
            if let Some(crop) = decoding.crop {
                let Rect {
                    x,
                    y,
                    width,
                    height,
                } = crop;
                text.push_str(&format!("crop = [{x}, {y}, {width}, {height}]\n"));
            }
        }
    }
}

#[cfg(not(feature = "codec"))]
mod without_codec {
    use crate::file::values::{Problems, entry};
    use crate::pipeline::Decoding;
    use toml::de::DeTable;

    /// Refuses the table: nothing here decodes files.
    pub(in crate::file) fn read(
        table: &DeTable<'_>,
        problems: &mut Problems<'_>,
    ) -> Option<Decoding> {
        let Some((key, _)) = entry(table, "decode") else {
            return Some(Decoding {});
        };
        problems.add(
            key.span(),
            "this program was built without image files",
            "build it with the feature `codec`, or leave `[decode]` out",
        );
        None
    }

    pub(in crate::file) fn write(_: &Decoding, _: &mut String) {}
}
