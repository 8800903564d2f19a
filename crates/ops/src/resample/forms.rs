//! The forms in which pipeline files give the size of a resample: flat parameters, those of exactly one form.

use super::{KIND, ResampleSize};
use crate::contract::OperatorError;
use crate::spec::Values;

/// A form in which the size can be given: the parameters that it needs, and those that it may have.
struct Form {
    needs: &'static [&'static str],
    may_have: &'static [&'static str],
}

static FORMS: [Form; 6] = [
    Form {
        needs: &["width", "height"],
        may_have: &[],
    },
    Form {
        needs: &["shortest_edge"],
        may_have: &["max_size", "rounding"],
    },
    Form {
        needs: &["longest_edge"],
        may_have: &["rounding"],
    },
    Form {
        needs: &["max_width", "max_height"],
        may_have: &[],
    },
    Form {
        needs: &["multiple"],
        may_have: &["min_pixels", "max_pixels"],
    },
    Form {
        needs: &["tile"],
        may_have: &[],
    },
];

impl Form {
    /// The form as error messages show it, for example `width and height`.
    fn text(&self) -> String {
        let mut text = self.needs.join(" and ");
        if !self.may_have.is_empty() {
            text.push_str(&format!(" (with {})", self.may_have.join(", ")));
        }
        text
    }

    fn has(&self, name: &str) -> bool {
        self.needs.contains(&name) || self.may_have.contains(&name)
    }
}

fn refuse<T>(
    values: &Values,
    parameter: &'static str,
    expected: String,
) -> Result<T, OperatorError> {
    Err(OperatorError::Parameter {
        operator: KIND,
        parameter,
        got: values.text(parameter),
        expected,
    })
}

/// The rule for the size, whose parameters are those of exactly one form.
pub(super) fn size_of(values: &Values) -> Result<ResampleSize, OperatorError> {
    let is_given = |name: &&&str| values.is_given(name);
    let mut forms = FORMS
        .iter()
        .filter(|form| form.needs.iter().any(|name| values.is_given(name)));
    let Some(form) = forms.next() else {
        let all: Vec<_> = FORMS.iter().map(Form::text).collect();
        let expected = format!("give the size in one of these forms: {}", all.join("; "));
        return refuse(values, "width", expected);
    };
    if let Some(other) = forms
        .next()
        .and_then(|form| form.needs.iter().find(is_given))
    {
        let expected = format!(
            "the size is given by {} already; leave one out",
            form.text()
        );
        return refuse(values, other, expected);
    }
    if let Some(missing) = form.needs.iter().find(|name| !values.is_given(name)) {
        return refuse(values, missing, format!("the size needs {}", form.text()));
    }
    let mut parts = FORMS.iter().flat_map(|form| form.may_have);
    if let Some(extra) = parts.find(|name| values.is_given(name) && !form.has(name)) {
        let expected = format!("a size by {} does not have it; leave it out", form.text());
        return refuse(values, extra, expected);
    }
    let number = |name| values.derived_integer(name);
    let needed = |name| values.integer(name);
    let rounding = values.is_given("rounding").then(|| values.name("rounding"));
    Ok(match (form.needs[0], rounding) {
        ("width", _) => ResampleSize::Exact {
            width: needed("width"),
            height: needed("height"),
        },
        ("shortest_edge", None | Some("torchvision")) => ResampleSize::ShortestEdge {
            edge: needed("shortest_edge"),
            max_size: number("max_size"),
        },
        ("shortest_edge", Some("detr")) => ResampleSize::ShortestEdgeDetr {
            edge: needed("shortest_edge"),
            max_size: number("max_size"),
        },
        ("longest_edge", None | Some("sam")) => ResampleSize::LongestEdge {
            edge: needed("longest_edge"),
        },
        ("longest_edge", Some("idefics3")) => ResampleSize::LongestEdgeIdefics3 {
            edge: needed("longest_edge"),
        },
        ("shortest_edge", Some(_)) => {
            return refuse(
                values,
                "rounding",
                "shortest_edge has torchvision and detr".to_owned(),
            );
        }
        ("longest_edge", Some(_)) => {
            return refuse(
                values,
                "rounding",
                "longest_edge has sam and idefics3".to_owned(),
            );
        }
        ("max_width", _) => ResampleSize::Within {
            max_width: needed("max_width"),
            max_height: needed("max_height"),
        },
        ("multiple", _) => ResampleSize::Multiple {
            multiple: needed("multiple"),
            min_pixels: number("min_pixels"),
            max_pixels: number("max_pixels"),
        },
        _ => ResampleSize::Tiles {
            tile: needed("tile"),
        },
    })
}
