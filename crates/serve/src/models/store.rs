//! Where models come from, and how they are read: at the start, and again when their files change. A version is loaded, checked and
//! warmed up beside the old one, and then replaces it in one step; one that cannot be read is reported and skipped, and the old one stays.
//! A request keeps the version that it began with.

use crate::error::{ApiError, ServeError, quoted};
use crate::failure::{Failure, Subject};
use crate::models::catalog::Catalog;
use crate::models::served::Served;
use crate::models::unreadable::Unreadable;
use crate::models::version::VersionSelector;
use crate::options::Options;
use crate::telemetry::metrics::Metrics;
use planish_io::{ModelFile, find_models, own_name};
use planish_tensor::Exec;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Where models come from: a file, or a folder of them (see [`find_models`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSource {
    /// The model's name; without one, files and folders name their models.
    pub name: Option<String>,
    /// The file or folder.
    pub path: PathBuf,
}

/// A name for a version, such as `stable`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The model.
    pub model: String,
    /// The label.
    pub label: String,
    /// The version.
    pub version: u64,
}

/// The models, and where they come from.
#[derive(Debug, Default)]
pub(crate) struct Store {
    current: RwLock<Arc<Catalog>>,
    sources: Vec<ModelSource>,
    labels: Vec<Label>,
    /// Whether large files are mapped.
    map: bool,
    /// Held while models are read again, so that it happens once at a time.
    pub(crate) reloading: Mutex<()>,
}

/// What a reading of the files brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Versions that are new, as `NAME/VERSION`.
    pub loaded: Vec<String>,
    /// Versions that are gone.
    pub removed: Vec<String>,
    /// What could not be read. What was held of it before goes on, but for a model that is mapped from a file which was written over
    /// in place.
    pub failed: Vec<Failure>,
}

impl Store {
    /// A store of these models, which are never read again.
    pub(crate) fn of(models: Vec<Served>) -> Result<Store, ServeError> {
        let mut catalog = Catalog::default();
        for served in models {
            if let Some(twin) = catalog.insert(Arc::new(served)) {
                return Err(ServeError::SameName { name: twin.name.clone() });
            }
        }
        Ok(Store { current: RwLock::new(Arc::new(catalog)), ..Store::default() })
    }

    /// Reads all models.
    pub(crate) fn open(
        exec: Exec,
        options: &Options,
        sources: Vec<ModelSource>,
        labels: Vec<Label>,
        metrics: &Metrics,
    ) -> Result<Store, ServeError> {
        let nothing = Catalog::default();
        let mut reading = Reading::new(exec, options.map, true, metrics, &nothing);
        sources.iter().enumerate().for_each(|(i, source)| reading.source(i, source));
        let Reading { new: catalog, twins, .. } = reading;
        if let Some(name) = twins.into_iter().next() {
            return Err(ServeError::SameName { name });
        }
        let failed: Vec<Failure> = catalog.unreadable().iter().map(|broken| broken.failure.clone()).collect();
        if !failed.is_empty() && (options.strict || catalog.all().next().is_none()) {
            return Err(ServeError::Models(failed));
        }
        for Label { model, label, version } in &labels {
            if catalog.find(model, Some(*version)).is_ok() {
                continue;
            }
            // It may be in a folder that could not be read.
            let may_be = |broken: &Unreadable| {
                broken.name.is_none() || broken.is_of(model) && broken.version.is_none_or(|v| v == *version)
            };
            if !catalog.unreadable().iter().any(may_be) {
                let (label, model, version) = (label.clone(), model.clone(), *version);
                return Err(ServeError::Label { label, model, version });
            }
            tracing::error!(?label, ?model, version, "the label is of a version that cannot be served");
        }
        let current = RwLock::new(Arc::new(catalog));
        Ok(Store { current, sources, labels, map: options.map, reloading: Mutex::default() })
    }

    /// The models now.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A version of a model.
    pub(crate) fn find(&self, name: &str, which: &VersionSelector) -> Result<Arc<Served>, ApiError> {
        let catalog = self.catalog();
        let version = match which {
            VersionSelector::Latest => None,
            VersionSelector::Number(n) => Some(*n),
            VersionSelector::Label(label) => {
                let found = self.labels.iter().find(|l| l.model == name && l.label == *label);
                let unknown = || {
                    let what = format!("model {} has no version labelled {}", quoted(name), quoted(label));
                    catalog.versions(name).err().unwrap_or_else(|| ApiError::not_found(what))
                };
                Some(found.ok_or_else(unknown)?.version)
            }
        };
        catalog.find(name, version).cloned()
    }

    /// Looks at the files, and serves what is new. What could not be read and did not change is tried again only if `retry`, or if the
    /// file was not at fault. Beside what came of it, how many failures are not merely known from before.
    pub(crate) fn reload(&self, exec: Exec, metrics: &Metrics, retry: bool) -> (Reloaded, usize) {
        let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        if self.sources.is_empty() {
            return (Reloaded::default(), 0);
        }
        let old = self.catalog();
        let mut reading = Reading::new(exec, self.map, retry, metrics, &old);
        self.sources.iter().enumerate().for_each(|(i, source)| reading.source(i, source));
        let Reading { new, loaded, tried, .. } = reading;
        let removed: Vec<String> = old.labels().difference(&new.labels()).cloned().collect();
        let failed = new.unreadable().iter().map(|broken| broken.failure.clone()).collect();
        // Unless something changed, the old one stays, which has its OpenAPI document.
        if !loaded.is_empty() || !removed.is_empty() || new.unreadable() != old.unreadable() {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        }
        (Reloaded { loaded, removed, failed }, tried)
    }
}

/// What a source is that cannot be looked at: a model that was named, or whose file's name has an ending; else a folder of models.
fn subject(source: &ModelSource) -> Subject {
    match &source.name {
        Some(name) => Subject::Model { name: name.clone(), version: None },
        None if source.path.extension().is_some() => {
            Subject::Model { name: own_name(&source.path), version: None }
        }
        None => Subject::Folder { name: own_name(&source.path) },
    }
}

/// A reading of all files: what was served before, and what will be.
struct Reading<'a> {
    exec: Exec,
    map: bool,
    retry: bool,
    metrics: &'a Metrics,
    old: &'a Catalog,
    new: Catalog,
    loaded: Vec<String>,
    /// Failures that are not merely known from before.
    tried: usize,
    seen: BTreeSet<(String, u64)>,
    /// Names of models of which two sources have one version.
    twins: Vec<String>,
}

impl<'a> Reading<'a> {
    fn new(exec: Exec, map: bool, retry: bool, metrics: &'a Metrics, old: &'a Catalog) -> Reading<'a> {
        let (new, loaded, tried, seen, twins) = Default::default();
        Reading { exec, map, retry, metrics, old, new, loaded, tried, seen, twins }
    }

    /// Takes the models of a source, the one at this position, into the new catalog.
    fn source(&mut self, i: usize, source: &ModelSource) {
        let found = match find_models(source.name.as_deref(), &source.path) {
            Ok(found) => found,
            Err(e) => {
                self.keep(i, |_, _| true);
                let of = subject(source);
                self.claim(i, &of, &source.path);
                return self.add_unreadable(Unreadable::new(
                    i,
                    None,
                    Failure::new(of, &source.path, e.without_file()),
                ));
            }
        };
        for broken in found.unreadable {
            self.keep(i, |name, version| {
                name == broken.name && (broken.version.is_none_or(|v| v == version))
            });
            let failure =
                Failure::model(&broken.name, broken.version, &broken.path, broken.error.without_file());
            self.add_unreadable(Unreadable::new(i, None, failure));
        }
        found.files.iter().for_each(|file| self.file(i, file));
    }

    /// Adds a failure that is not of a file's content; it counts if it is new, or if a reload was asked for.
    fn add_unreadable(&mut self, broken: Unreadable) {
        self.tried += usize::from(self.retry || !self.old.unreadable().contains(&broken));
        self.new.add_unreadable(broken);
    }

    /// The name of a model's file that cannot be read is taken: no other model may have it.
    fn claim(&mut self, i: usize, of: &Subject, path: &Path) {
        let Subject::Model { name, .. } = of else { return };
        let is_kept = self.new.all().any(|served| served.source == i);
        let is_file = path.extension().is_some();
        if is_file && !is_kept && !self.seen.insert((name.clone(), 1)) {
            self.twins.push(name.clone());
        }
    }

    /// Keeps the old models and failures of a source, if `which` says so and no earlier source has the same version now.
    fn keep(&mut self, i: usize, which: impl Fn(&str, u64) -> bool) {
        for served in self.old.all().filter(|s| s.source == i && which(&s.name, s.version)) {
            if self.seen.insert((served.name.clone(), served.version)) {
                self.new.insert(served.clone());
            }
        }
        for broken in self.old.unreadable().iter().filter(|l| l.source == i && l.stamp.is_some()) {
            if let (Some(name), Some(version)) = (&broken.name, broken.version)
                && which(name, version)
                && !self.new.unreadable().contains(broken)
            {
                self.new.add_unreadable(broken.clone());
            }
        }
    }

    /// Takes a file's model into the new catalog: the old one if the file is the same or cannot be read.
    fn file(&mut self, i: usize, file: &ModelFile) {
        if !self.seen.insert((file.name.clone(), file.version)) {
            self.twins.push(file.name.clone());
            let what = "another model has this name and version";
            let failure = Failure::model(&file.name, Some(file.version), &file.path, what);
            // Without its stamp, so that it is tried again when the other is gone.
            return self.add_unreadable(Unreadable::new(i, None, failure));
        }
        let before = self.old.at(file);
        if let Some(same) = before.filter(|served| served.stamp == Some(file.stamp)) {
            self.new.insert(same.clone());
            return;
        }
        let is_known = |broken: &&Unreadable| {
            let of_file = (broken.version, broken.stamp) == (Some(file.version), Some(file.stamp));
            broken.is_of(&file.name) && of_file && !broken.transient
        };
        let known = self.old.unreadable().iter().find(is_known).filter(|_| !self.retry);
        let read = match known {
            Some(broken) => Err(Box::new(broken.clone())),
            None => Served::open(self.exec, i, file, self.map, self.metrics),
        };
        self.tried += usize::from(known.is_none() && read.is_err());
        match read {
            Ok(served) => {
                self.loaded.push(format!("{}/{}", file.name, file.version));
                self.new.insert(Arc::new(served));
            }
            Err(broken) => {
                // A mapped file that was written over is no longer what was verified.
                let whole = before.filter(|served| !served.is_mapped_from(&file.stamp));
                whole.cloned().map(|served| self.new.insert(served));
                self.new.add_unreadable(*broken);
            }
        }
    }
}
