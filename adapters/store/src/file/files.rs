//! What is known of the files: who has changed, what of it is good, and what all of them say together.
//!
//! Plain blocking code; the watcher and the tests call it, one at a time.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use foldhash::quality::FixedState;
use tollgate::{ConfigError, TenantConfig};

use crate::file::locate::{Places, Spot};
use crate::file::problem::FileProblem;
use crate::file::read;
use crate::file::scan::{Found, Root, Stamp};
use crate::file::set::{self, Parts, Where};

/// How sure a look must be that a file is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// A file is read when it looks as it did at the last look.
    WhenStill,
    /// A file is read as it is.
    AtOnce,
}

/// The files of a source.
#[derive(Debug)]
pub(crate) struct Files {
    root: Root,
    most_bytes: u64,
    /// What the last look found; files that differ from it are being written.
    seen: BTreeMap<PathBuf, Found>,
    known: BTreeMap<PathBuf, Known>,
    /// Why the files could not be looked for.
    root_problem: Option<FileProblem>,
    /// Why what is good of all files can't be in force together.
    set_problems: Vec<FileProblem>,
    /// What is good has changed since it was last put together.
    unassembled: bool,
}

/// One file.
#[derive(Debug, Default)]
struct Known {
    /// How it looked when it was read; `None` if it must be read again.
    stamp: Option<Stamp>,
    hash: Option<u64>,
    /// What it said when it was last good.
    good: Option<Vec<Arc<TenantConfig>>>,
    problems: Vec<FileProblem>,
}

impl Files {
    pub(crate) fn new(root: Root, most_bytes: u64) -> Self {
        Self {
            root,
            most_bytes,
            seen: BTreeMap::new(),
            known: BTreeMap::new(),
            root_problem: None,
            set_problems: Vec::new(),
            unassembled: true,
        }
    }

    /// Looks once. Gives all tenants, parents first, if they may have changed and can be in force together.
    pub(crate) fn look(&mut self, patience: Patience) -> Option<Vec<Arc<TenantConfig>>> {
        let found = match self.root.scan(self.most_bytes) {
            Ok(found) => found,
            Err(problem) => {
                self.root_problem = Some(FileProblem::of_file(self.root.path(), None, problem));
                return None;
            }
        };
        self.root_problem = None;
        let seen = std::mem::replace(&mut self.seen, found);
        let found = self.seen.clone();
        for (path, now) in &found {
            if patience == Patience::AtOnce || seen.get(path) == Some(now) {
                self.settled(path, now);
            }
        }
        let gone = |path: &PathBuf| {
            let still = patience == Patience::AtOnce || !seen.contains_key(path);
            still && !found.contains_key(path)
        };
        let gone: Vec<PathBuf> = self
            .known
            .keys()
            .filter(|path| gone(path))
            .cloned()
            .collect();
        for path in gone {
            self.unassembled |= self
                .known
                .remove(&path)
                .is_some_and(|known| known.good.is_some());
        }
        if self.unassembled {
            self.assemble()
        } else {
            None
        }
    }

    /// The problems of now; none if all that the files say is in force.
    pub(crate) fn problems(&self) -> Vec<FileProblem> {
        let mut all = self.problems_of_files();
        all.extend_from_slice(&self.set_problems);
        all
    }

    /// Those that are some file's own.
    pub(crate) fn problems_of_files(&self) -> Vec<FileProblem> {
        let files = self.known.values().flat_map(|known| &known.problems);
        self.root_problem.iter().chain(files).cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// Takes in a file that nobody seems to be writing.
    fn settled(&mut self, path: &Path, now: &Found) {
        let known = self.known.entry(path.to_owned()).or_default();
        match now {
            Found::Trouble(problem) => {
                known.stamp = None;
                known.hash = None;
                known.problems = vec![FileProblem::of_file(path, None, problem.as_str())];
            }
            Found::File(stamp) if known.stamp == Some(*stamp) => {}
            Found::File(stamp) => {
                let changed = known.read(path, *stamp, self.most_bytes);
                self.unassembled |= changed;
            }
        }
    }

    fn assemble(&mut self) -> Option<Vec<Arc<TenantConfig>>> {
        let parts: Parts<'_> = self
            .known
            .iter()
            .filter_map(|(path, known)| Some((path.as_path(), known.good.as_deref()?)))
            .collect();
        let mut places = ReadAgain {
            known: &self.known,
            most_bytes: self.most_bytes,
            places: BTreeMap::new(),
        };
        let assembled = set::assemble(&parts, &mut places);
        self.unassembled = false;
        match assembled {
            Ok(all) => {
                self.set_problems = Vec::new();
                Some(all)
            }
            Err(problems) => {
                self.set_problems = problems;
                None
            }
        }
    }
}

impl Known {
    /// Reads the file if it looks as it did; says whether what is good has changed.
    fn read(&mut self, path: &Path, stamp: Stamp, most_bytes: u64) -> bool {
        let (bytes, after) = match read::bytes(path, most_bytes) {
            Ok(read) => read,
            Err(problem) => {
                *self = Self {
                    problems: vec![FileProblem::of_file(path, None, problem)],
                    good: self.good.take(),
                    ..Self::default()
                };
                return false;
            }
        };
        // Written while it was read, or a moment before: then it is read again at the next look.
        let trusted = after == stamp && !after.is_recent(SystemTime::now());
        self.stamp = trusted.then_some(stamp);
        let hash = hash(&bytes);
        if self.hash.replace(hash) == Some(hash) {
            return false;
        }
        match read::tenants(path, &bytes) {
            Ok(tenants) => {
                self.problems = Vec::new();
                let changed = self.good.as_ref() != Some(&tenants);
                self.good = Some(tenants);
                changed
            }
            Err(problems) => {
                self.problems = problems;
                false
            }
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let state = FixedState::default();
    let mut hasher = state.build_hasher();
    bytes.hash(&mut hasher);
    std::hash::Hasher::finish(&hasher)
}

/// The places of files that are read again, since no texts are kept; none in a file that says something else by now.
struct ReadAgain<'f> {
    known: &'f BTreeMap<PathBuf, Known>,
    most_bytes: u64,
    places: BTreeMap<PathBuf, Option<Places>>,
}

impl ReadAgain<'_> {
    fn of(&mut self, file: &Path) -> Option<&Places> {
        let (known, most_bytes) = (self.known, self.most_bytes);
        let places = self.places.entry(file.to_owned()).or_insert_with(|| {
            let (bytes, _) = read::bytes(file, most_bytes).ok()?;
            let same = known.get(file)?.hash == Some(hash(&bytes));
            if same {
                read::places(file, &bytes)
            } else {
                None
            }
        });
        places.as_ref()
    }
}

impl Where for ReadAgain<'_> {
    fn tenant(&mut self, file: &Path, index: usize) -> Option<Spot> {
        let places = self.of(file)?;
        places.tenant(index).map(|tenant| tenant.at)
    }

    fn error(&mut self, file: &Path, error: &ConfigError) -> Option<Spot> {
        self.of(file).map(|places| places.of_error(error))
    }
}
