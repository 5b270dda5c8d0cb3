//! The models that are served: several, each in versions, some of which have labels. They are read again when their files change:
//! a version is loaded, checked and warmed up beside the old one, and then takes its place in one step; one that cannot be read leaves
//! the old one where it is. A request keeps the version that it began with.

use crate::endpoint::Which;
use crate::error::{ApiError, ServeError, quoted};
use crate::metrics::Metrics;
use crate::served::Served;
use bytes::Bytes;
use planish_io::{ModelFile, find_models};
use planish_tensor::Exec;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

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

/// All models at one time.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    models: BTreeMap<String, BTreeMap<u64, Arc<Served>>>,
    /// The OpenAPI document of them, once it was asked for.
    pub(crate) openapi: OnceLock<Bytes>,
}

/// The models, and where they come from.
#[derive(Debug)]
pub(crate) struct Store {
    current: RwLock<Arc<Catalog>>,
    sources: Vec<ModelSource>,
    labels: Vec<Label>,
    /// Held while models are read again, so that it happens once at a time.
    reloading: Mutex<()>,
}

/// What a reading of the files brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Versions that are new, as `NAME/VERSION`.
    pub loaded: Vec<String>,
    /// Versions that are gone.
    pub removed: Vec<String>,
    /// What failed; the versions that were served go on.
    pub failed: Vec<String>,
}

impl Catalog {
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// The versions of a model, in order.
    pub(crate) fn versions(&self, name: &str) -> Result<&BTreeMap<u64, Arc<Served>>, ApiError> {
        self.models
            .get(name)
            .ok_or_else(|| ApiError::not_found(format!("there is no model {}", quoted(name))))
    }

    /// The newest version of every model, and the numbers of all its versions.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (&Arc<Served>, Vec<u64>)> {
        self.models.values().filter_map(|v| v.values().next_back().map(|s| (s, v.keys().copied().collect())))
    }

    fn insert(&mut self, served: Arc<Served>) -> Option<Arc<Served>> {
        self.models.entry(served.name.clone()).or_default().insert(served.version, served)
    }

    fn at(&self, file: &ModelFile) -> Option<&Arc<Served>> {
        self.models.get(&file.name)?.get(&file.version)
    }

    /// Every version of every model.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.models.values().flat_map(|versions| versions.values())
    }

    fn labels(&self) -> impl Iterator<Item = (String, &Arc<Served>)> {
        self.all().map(|s| (format!("{}/{}", s.name, s.version), s))
    }
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
        Ok(Store {
            current: RwLock::new(Arc::new(catalog)),
            sources: Vec::new(),
            labels: Vec::new(),
            reloading: Mutex::default(),
        })
    }

    /// Reads all models.
    pub(crate) fn open(
        exec: Exec,
        sources: Vec<ModelSource>,
        labels: Vec<Label>,
        metrics: &Metrics,
    ) -> Result<Store, ServeError> {
        let mut catalog = Catalog::default();
        for (i, source) in sources.iter().enumerate() {
            let files = find_models(source.name.as_deref(), &source.path);
            for file in files.map_err(|e| ServeError::Model { what: e.to_string() })? {
                if catalog.at(&file).is_some() {
                    return Err(ServeError::SameName { name: file.name });
                }
                let served = Served::open(exec, i, &file, metrics.of_model(&file.name, file.version));
                catalog.insert(Arc::new(served.map_err(|what| ServeError::Model { what })?));
            }
        }
        for label in &labels {
            let versions = catalog.models.get(&label.model);
            if !versions.is_some_and(|v| v.contains_key(&label.version)) {
                let what = format!(
                    "the label {:?} is for model {:?} version {}, which is not served",
                    label.label, label.model, label.version
                );
                return Err(ServeError::Model { what });
            }
        }
        Ok(Store { current: RwLock::new(Arc::new(catalog)), sources, labels, reloading: Mutex::default() })
    }

    /// The models now.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A version of a model.
    pub(crate) fn find(&self, name: &str, which: &Which) -> Result<Arc<Served>, ApiError> {
        let catalog = self.catalog();
        let versions = catalog.versions(name)?;
        let found = match which {
            Which::Latest => versions.last_key_value().map(|(_, served)| served),
            Which::Number(n) => versions.get(n),
            Which::Label(label) => self
                .labels
                .iter()
                .find(|l| l.model == name && l.label == *label)
                .and_then(|l| versions.get(&l.version)),
        };
        found.cloned().ok_or_else(|| {
            let which = match which {
                Which::Latest => "any version".to_owned(),
                Which::Number(n) => format!("version {n}"),
                Which::Label(label) => format!("version labelled {}", quoted(label)),
            };
            ApiError::not_found(format!("model {} has no {which}", quoted(name)))
        })
    }

    /// Looks at the files, and serves what is new.
    pub(crate) fn reload(&self, exec: Exec, metrics: &Metrics) -> Reloaded {
        let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let (old, mut new, mut done) = (self.catalog(), Catalog::default(), Reloaded::default());
        if self.sources.is_empty() {
            return done;
        }
        for (i, source) in self.sources.iter().enumerate() {
            match find_models(source.name.as_deref(), &source.path) {
                Ok(files) => {
                    files.iter().for_each(|f| read_again(exec, i, f, &old, &mut new, &mut done, metrics))
                }
                Err(e) => {
                    done.failed.push(e.to_string());
                    let kept = old.labels().filter(|(_, served)| served.source == i);
                    kept.for_each(|(_, served)| drop(new.insert(served.clone())));
                }
            }
        }
        done.removed = old.labels().map(|(l, _)| l).filter(|l| !new.labels().any(|(n, _)| n == *l)).collect();
        if !done.loaded.is_empty() || !done.removed.is_empty() {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        }
        done
    }
}

/// Takes a file's model into the new catalog: the old one if the file is the same or cannot be read.
fn read_again(
    exec: Exec,
    source: usize,
    file: &ModelFile,
    old: &Catalog,
    new: &mut Catalog,
    done: &mut Reloaded,
    metrics: &Metrics,
) {
    let before = old.at(file);
    if let Some(same) = before.filter(|served| served.stamp == Some(file.stamp)) {
        new.insert(same.clone());
        return;
    }
    match Served::open(exec, source, file, metrics.of_model(&file.name, file.version)) {
        Ok(served) => {
            done.loaded.push(format!("{}/{}", file.name, file.version));
            new.insert(Arc::new(served));
        }
        Err(what) => {
            done.failed.push(what);
            before.cloned().map(|served| new.insert(served));
        }
    }
}
