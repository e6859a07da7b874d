//! What becomes of each field, as data: `docs/unified.md` is made from it, and the code is tested against it.

use ownkey_protocol::vocabulary::Provider;

/// A field of `images/generations`.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What becomes of it at Gemini, Stability and Replicate.
    pub at: [Fate; 3],
}

/// What becomes of a field.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    /// It is carried; in which field.
    Carried(&'static str),
    /// It is carried with a limit.
    Limited(&'static str),
    /// It is refused by name, unless it says no more than this.
    Refused(&'static str),
}

use Fate::{Carried, Limited, Refused};

/// How many pictures of one call are made at a time, at most; [`FIELDS`] says so of `n`.
pub const AT_ONCE: usize = 4;

/// The providers of the columns.
pub const COLUMNS: [Provider; 3] = [Provider::Gemini, Provider::Stability, Provider::Replicate];

const fn same(name: &'static str, fate: Fate) -> Field {
    Field { name, at: [fate, fate, fate] }
}

/// Every field.
pub const FIELDS: &[Field] = &[
    Field {
        name: "prompt",
        at: [Carried("`contents`"), Limited("`prompt`, at most 10,000 characters"), Carried("`input.prompt`")],
    },
    Field {
        name: "model",
        at: [
            Carried("the path"),
            Limited("`core`, `ultra`, `sd3` and `sd3.…` by their routes"),
            Limited("`owner/name`, `owner/name:version` or a version"),
        ],
    },
    same("n", Limited("1 to 10: as many calls, four at a time, each booked")),
    Field {
        name: "size",
        at: [
            Limited("its shape only, as `aspectRatio`; ten shapes"),
            Limited("its shape only, as `aspect_ratio`; nine shapes"),
            Limited("its shape only, as `input.aspect_ratio`; eleven shapes"),
        ],
    },
    Field {
        name: "aspect_ratio",
        at: [
            Limited("`imageConfig.aspectRatio`; ten shapes. Not OpenAI's own field"),
            Limited("`aspect_ratio`; nine shapes. Not OpenAI's own field"),
            Limited("`input.aspect_ratio`; eleven shapes. Not OpenAI's own field"),
        ],
    },
    Field {
        name: "output_format",
        at: [Limited("`png` only"), Carried("`output_format`"), Carried("`input.output_format`")],
    },
    same("response_format", Limited("`b64_json`, or `url`: an address at the gateway, for an hour")),
    same("quality", Refused("`auto`")),
    same("background", Refused("`auto` or `opaque`")),
    same("moderation", Refused("`auto`")),
    same("stream", Refused("`false`")),
    same("partial_images", Refused("`0`")),
    same("style", Refused("")),
    same("output_compression", Refused("")),
    same("user", Refused("")),
];

/// The table as it stands in the document.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from("| field | Gemini | Stability | Replicate |\n|---|---|---|---|\n");
    for field in FIELDS {
        let cells = field.at.map(|fate| match fate {
            Carried(to) => format!("carried: {to}"),
            Limited(how) => format!("with a limit: {how}"),
            Refused("") => "refused".to_owned(),
            Refused(harmless) => format!("refused, but for {harmless}"),
        });
        out += &format!("| `{}` | {} |\n", field.name, cells.join(" | "));
    }
    out
}
