//! From a file's bytes to its tenants, or to everything that is wrong with them.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use tollgate::{ConfigErrors, TenantConfig};

use crate::file::format::Format;
use crate::file::locate::{Lines, Places, Spot};
use crate::file::problem::FileProblem;
use crate::file::scan::{Stamp, too_long, unreadable};

/// The bytes of a file, and how it looked after they were read.
pub(crate) fn bytes(path: &Path, most: u64) -> Result<(Vec<u8>, Stamp), String> {
    let read = || {
        let mut file = File::open(path)?;
        let mut bytes = Vec::new();
        // It may have grown since its length was looked at.
        Read::by_ref(&mut file)
            .take(most.saturating_add(1))
            .read_to_end(&mut bytes)?;
        Ok((bytes, Stamp::of(&file.metadata()?)))
    };
    let (bytes, stamp) = read().map_err(|error| unreadable(&error))?;
    let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if len > most {
        return Err(too_long(std::cmp::max(len, stamp.len), most));
    }
    Ok((bytes, stamp))
}

/// The text of a file, without a byte order mark.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, (Option<Spot>, String)> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err((None, "is in UTF-16, must be in UTF-8".to_owned()));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = String::from_utf8_lossy(good);
        let spot = Lines::new(&good).spot(good.len());
        (Some(spot), "is not in UTF-8 from here on".to_owned())
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        let problem = "is empty, must have tenants (an empty list means that there are none)";
        return Err((None, problem.to_owned()));
    }
    Ok(text)
}

/// The tenants of a file, in its order.
pub(crate) fn tenants(
    path: &Path,
    bytes: &[u8],
) -> Result<Vec<Arc<TenantConfig>>, Vec<FileProblem>> {
    let whole =
        |(at, problem): (Option<Spot>, String)| vec![FileProblem::of_file(path, at, problem)];
    let text = text(bytes).map_err(whole)?;
    let format = format(path).map_err(whole)?;
    let raw = format.parse(text).map_err(whole)?;
    let config = raw
        .validate()
        .map_err(|errors| placed(path, format, text, &errors))?;
    Ok(config.tenants.into_iter().map(Arc::new).collect())
}

fn format(path: &Path) -> Result<Format, (Option<Spot>, String)> {
    // Only files with a known ending are read.
    Format::of(path).ok_or_else(|| (None, "has a name without a known ending".to_owned()))
}

fn placed(path: &Path, format: Format, text: &str, errors: &ConfigErrors) -> Vec<FileProblem> {
    let places = Places::of(format, text);
    let problem = |error| {
        let at = places.as_ref().map(|places| places.of_error(error));
        FileProblem::of_config(path, at, error)
    };
    errors.iter().map(problem).collect()
}

/// The places of a file's parts; `None` if the bytes are no text in the file's format.
pub(crate) fn places(path: &Path, bytes: &[u8]) -> Option<Places> {
    Places::of(Format::of(path)?, text(bytes).ok()?)
}
