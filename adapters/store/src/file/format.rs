//! The formats of config files: which file has which, and what its parser says of a text.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use tollgate::RawTenants;

use crate::file::locate::{Lines, Spot};

/// The format of a file, which its name's ending decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Toml,
    Yaml,
}

/// What every file's name must end in.
pub(crate) const ENDINGS: &str = ".toml, .yaml, .yml or .json";

/// Why a text is not in its format, and where.
pub(crate) type Unparsable = (Option<Spot>, String);

/// The most events of a YAML text, aliases not counted; a text of 32 MiB of tenants has about 8 million.
const MOST_YAML_EVENTS: usize = 16_000_000;
/// The most events that the aliases of a YAML text may stand for.
const MOST_YAML_REPLAYED: usize = 1_000_000;

impl Format {
    pub(crate) fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()? {
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// What the text holds, whether it makes sense as a config or not.
    pub(crate) fn parse(self, text: &str) -> Result<RawTenants, Unparsable> {
        match self {
            Self::Json => serde_json::from_str(text).map_err(|error| {
                let spot = Lines::new(text).spot_in_line(error.line(), error.column());
                let said = error.to_string();
                let place = format!(" at line {} column {}", error.line(), error.column());
                let said = said.strip_suffix(&place).unwrap_or(&said).to_owned();
                (Some(spot), said)
            }),
            Self::Toml => toml::from_str(text).map_err(|error| {
                let start = error.span().map(|span| span.start);
                let spot = start.map(|start| Lines::new(text).spot(start));
                (spot, error.message().replace('\n', "; "))
            }),
            Self::Yaml => yaml(text).map_err(|error| {
                let spot = error.location().map(|location| Spot {
                    line: location.line(),
                    column: location.column(),
                });
                (spot.filter(|spot| spot.line > 0), said(&error))
            }),
        }
    }
}

/// What a YAML text holds. A key that is given twice is an error, `no` is a text, and aliases can't blow a small text
/// up.
pub(crate) fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: MOST_YAML_EVENTS,
            max_nodes: MOST_YAML_EVENTS,
            // A thousand tenants may share what one anchor names; what that may come to is bounded below.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_YAML_REPLAYED,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options)
}

/// What the parser says, without the place, which is told beside it.
fn said(error: &serde_saphyr::Error) -> String {
    let said = error.to_string();
    let cut = said.find(" at line ").unwrap_or(said.len());
    let said = said.get(..cut).unwrap_or(&said);
    said.lines().next().unwrap_or(said).to_owned()
}
