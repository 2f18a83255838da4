//! What is wrong or odd with config files before they are put in force: a linter.
//!
//! Errors are what a [`FileSource`](crate::FileSource) would refuse, found by the same code. Warnings are configs that
//! can be put in force and hardly do what their author meant.
//!
//! # Examples
//! ```
//! # let folder = std::env::temp_dir().join(format!("tollgate-check-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let file = folder.join("tenants.toml");
//! std::fs::write(&file, "[[tenants]]\ntenant_id = 'acme'\nqouta = 1\n")?;
//! let report = tollgate_store::check::check(&[&file]);
//! assert_eq!(report.errors(), 1);
//! assert_eq!(report.findings[0].help.as_deref(), Some("did you mean quota?"));
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod advice;
mod finding;
mod patterns;
mod pointless;
mod rules;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tollgate::{ConfigError, TenantConfig};

pub use self::finding::{Finding, RULES, Report, Severity};
use crate::file::{FileProblem, Found, Parts, Places, Root, Spot, Where, assemble, read};

/// The most bytes that all files together may have, as a [`FileSource`](crate::FileSource) has it by default.
const MOST_BYTES: u64 = crate::file::MOST_BYTES;

/// Checks files, and all config files of directories, as one set of tenants. Blocks while it reads.
///
/// # Complexity
/// A pass over the files, and in each tenant the square of its limits and patterns.
pub fn check<P: AsRef<Path>>(paths: &[P]) -> Report {
    let mut files = BTreeMap::new();
    let mut problems = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let found = Root::of(path).and_then(|root| root.scan(MOST_BYTES));
        match found {
            Ok(found) => files.extend(found),
            Err(problem) => problems.push(FileProblem::of_file(path, None, problem)),
        }
    }
    let mut texts = Texts::default();
    for (path, found) in &files {
        if let Err(bad) = texts.add(path, found) {
            problems.extend(bad);
        }
    }
    let whole = problems.is_empty();
    let mut places = AllPlaces(&texts.0);
    if whole {
        // Beside a file that can't be read, a parent that is missing may be in there.
        problems = assemble(&texts.parts(), &mut places)
            .err()
            .unwrap_or_default();
    }
    let ids: Vec<&str> = texts
        .tenants()
        .map(|tenant| tenant.tenant_id.as_str())
        .collect();
    let errors = problems
        .into_iter()
        .map(|problem| advice::error(problem, &ids));
    let mut findings: Vec<Finding> = errors.collect();
    let tenants = ids.len();
    for (path, text) in &texts.0 {
        for (index, tenant) in text.tenants.iter().enumerate() {
            let node = text.places.as_ref().and_then(|places| places.tenant(index));
            rules::tenant(tenant, &rules::Place { path, node }, &mut findings);
        }
    }
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    let files = files.len();
    Report {
        findings,
        files,
        tenants,
    }
}

/// The files that are good on their own.
#[derive(Default)]
struct Texts(BTreeMap<PathBuf, Text>);

struct Text {
    tenants: Vec<Arc<TenantConfig>>,
    places: Option<Places>,
}

impl Texts {
    fn add(&mut self, path: &Path, found: &Found) -> Result<(), Vec<FileProblem>> {
        let whole = |problem: String| vec![FileProblem::of_file(path, None, problem)];
        if let Found::Trouble(problem) = found {
            return Err(whole(problem.clone()));
        }
        let (bytes, _) = read::bytes(path, MOST_BYTES).map_err(whole)?;
        let tenants = read::tenants(path, &bytes)?;
        let places = read::places(path, &bytes);
        self.0.insert(path.to_owned(), Text { tenants, places });
        Ok(())
    }

    fn tenants(&self) -> impl Iterator<Item = &TenantConfig> {
        self.0
            .values()
            .flat_map(|text| &text.tenants)
            .map(Arc::as_ref)
    }

    fn parts(&self) -> Parts<'_> {
        let parts = self.0.iter();
        parts
            .map(|(path, text)| (path.as_path(), text.tenants.as_slice()))
            .collect()
    }
}

struct AllPlaces<'t>(&'t BTreeMap<PathBuf, Text>);

impl Where for AllPlaces<'_> {
    fn tenant(&mut self, file: &Path, index: usize) -> Option<Spot> {
        let places = self.0.get(file)?.places.as_ref()?;
        places.tenant(index).map(|tenant| tenant.at)
    }

    fn error(&mut self, file: &Path, error: &ConfigError) -> Option<Spot> {
        let places = self.0.get(file)?.places.as_ref()?;
        Some(places.of_error(error))
    }
}
