//! What could not be read of the models' files.

use crate::failure::{Failure, Subject};
use planish_io::FileStamp;

/// Something that could not be read, though an earlier reading of it may be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The model's name; none if it is a folder of models.
    pub(crate) name: Option<String>,
    /// The version; none if the place where versions lie could not be read.
    pub(crate) version: Option<u64>,
    pub(crate) failure: Failure,
    /// The file's stamp, if there was one: it is not tried again until that changes, unless the failure is transient.
    pub(crate) stamp: Option<FileStamp>,
    /// Whether the system was at fault (no memory, no descriptors, a disk that does not answer), which may be over the next time.
    pub(crate) transient: bool,
    /// The position of the source that it belongs to.
    pub(crate) source: usize,
}

impl Unreadable {
    pub(crate) fn new(source: usize, stamp: Option<FileStamp>, failure: Failure) -> Unreadable {
        let (name, version) = match &failure.of {
            Subject::Model { name, version } => (Some(name.clone()), *version),
            Subject::Folder { .. } | Subject::Keys | Subject::Certificate => (None, None),
        };
        Unreadable { name, version, failure, stamp, transient: false, source }
    }

    /// Whether it is of this model.
    pub(crate) fn is_of(&self, model: &str) -> bool {
        self.name.as_deref() == Some(model)
    }
}
