//! The models at one time: those that are served, each in versions, and what is there but could not be read. A model of which no version can
//! be served is known nevertheless: its clients get 503, not 404.

use crate::error::{ApiError, Reason, quoted};
use crate::models::served::Served;
use crate::models::unreadable::Unreadable;
use bytes::Bytes;
use planish_io::ModelFile;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// All models at one time.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    models: BTreeMap<String, BTreeMap<u64, Arc<Served>>>,
    unreadable: Vec<Unreadable>,
    /// The OpenAPI document of them, once it was asked for.
    pub(crate) openapi: OnceLock<Bytes>,
}

impl Catalog {
    /// The names of models of which a version is served.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// All names, also of models of which no version can be served.
    pub(crate) fn known_names(&self) -> BTreeSet<&str> {
        self.names().chain(self.unreadable.iter().filter_map(|broken| broken.name.as_deref())).collect()
    }

    /// The name of the only model. One that cannot be served counts: it may be the one that is meant.
    pub(crate) fn only_name(&self) -> Option<&str> {
        let mut names =
            self.names().chain(self.unreadable.iter().filter_map(|broken| broken.name.as_deref()));
        let first = names.next()?;
        names.all(|name| name == first).then_some(first)
    }

    /// The versions of a model that are served, in order; one at least.
    pub(crate) fn versions(&self, name: &str) -> Result<&BTreeMap<u64, Arc<Served>>, ApiError> {
        self.models.get(name).ok_or_else(|| self.not_served(name, None))
    }

    /// A version of a model, or the newest that is served.
    pub(crate) fn find(&self, name: &str, version: Option<u64>) -> Result<&Arc<Served>, ApiError> {
        let versions = self.models.get(name);
        let found = match version {
            None => versions.and_then(|v| v.values().next_back()),
            Some(number) => versions.and_then(|v| v.get(&number)),
        };
        found.ok_or_else(|| self.not_served(name, version))
    }

    /// Why this is not served: it is there and cannot be, or it is not there.
    fn not_served(&self, name: &str, version: Option<u64>) -> ApiError {
        let is_meant =
            |broken: &&Unreadable| version.is_none() || broken.version.is_none() || broken.version == version;
        let broken =
            self.unreadable.iter().filter(|l| l.is_of(name)).filter(is_meant).max_by_key(|l| l.version);
        match (broken, version) {
            (Some(broken), _) => {
                let number = broken.version.map_or(String::new(), |v| format!(" version {v}"));
                let what =
                    format!("model {}{number} cannot be served: {}", quoted(name), broken.failure.reason);
                ApiError::new(Reason::NotReady, what)
            }
            (None, Some(number)) if self.known_names().contains(name) => {
                ApiError::not_found(format!("model {} has no version {number}", quoted(name)))
            }
            _ => ApiError::not_found(format!("there is no model {}", quoted(name))),
        }
    }

    /// The newest version of every model that is served, and the numbers of all its versions.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (&Arc<Served>, Vec<u64>)> {
        self.models.values().filter_map(|v| v.values().next_back().map(|s| (s, v.keys().copied().collect())))
    }

    /// What could not be read, whether an earlier reading of it is served or not.
    pub(crate) fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// What is there but not served, not even from an earlier reading.
    pub(crate) fn unavailable(&self) -> impl Iterator<Item = &Unreadable> {
        self.unreadable.iter().filter(|broken| match (&broken.name, broken.version) {
            (Some(name), Some(number)) => !self.models.get(name).is_some_and(|v| v.contains_key(&number)),
            // Another source may have versions of the model.
            (Some(name), None) => !self.all().any(|s| s.name == *name && s.source == broken.source),
            (None, _) => !self.all().any(|served| served.source == broken.source),
        })
    }

    pub(crate) fn insert(&mut self, served: Arc<Served>) -> Option<Arc<Served>> {
        self.models.entry(served.name.clone()).or_default().insert(served.version, served)
    }

    pub(crate) fn add_unreadable(&mut self, broken: Unreadable) {
        self.unreadable.push(broken);
    }

    /// What is served of a file, or was read from it before it changed.
    pub(crate) fn at(&self, file: &ModelFile) -> Option<&Arc<Served>> {
        self.models.get(&file.name)?.get(&file.version)
    }

    /// Every served version of every model.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.models.values().flat_map(|versions| versions.values())
    }

    /// Every served version as `NAME/VERSION`.
    pub(crate) fn labels(&self) -> BTreeSet<String> {
        self.all().map(|s| format!("{}/{}", s.name, s.version)).collect()
    }
}
