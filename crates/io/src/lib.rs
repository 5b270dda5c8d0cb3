//! Files: tables in ([`open_table`]), model artifacts in and out ([`save_model`], [`load_model`]), predictions out. The only
//! crate that touches the file system. Every file is written whole or not at all.
//!
//! ```
//! use planish_io::open_bytes;
//! use planish_tabular::{Kind, RowSource};
//!
//! let mut source = open_bytes("mem.csv", b"age,city\n30,Bonn\nNA,Kiel\n".to_vec(), &Default::default())?;
//! assert_eq!(source.schema().columns[0].kind, Kind::Number);
//! let table = source.read_all()?;
//! assert_eq!(table.rows(), 2);
//! # Ok::<(), planish_io::IoError>(())
//! ```
#![deny(unsafe_code)] // `mmap.rs` alone has some

mod artifact;
mod atomic;
mod checkpoint;
mod delimited;
mod error;
mod forest;
mod history_file;
mod input;
#[allow(unsafe_code)]
mod mmap;
mod model_files;
mod others;
mod output;
mod predictions;
mod settings;
mod table;
mod table_options;
mod tensorboard;

pub use artifact::{load_model, load_model_mapped, model_from_bytes, model_to_bytes, save_model};
pub use atomic::{create_folder, file_size, is_standard_output, write_file, write_text};
pub use checkpoint::{CheckpointFolder, Every};
pub use error::IoError;
pub use history_file::HistoryFile;
pub use model_files::{
    FileStamp, FoundModels, ModelFile, Unreadable, find_models, own_name, require_regular,
};
pub use others::OtherColumns;
pub use output::{OutputKind, Outputs};
pub use predictions::{
    PredictionBlock, PredictionFormat, PredictionLayout, PredictionWriter, push_kept_json,
};
pub use settings::{read_settings, readable_by_others};
pub use table::{TableRows, open_bytes, open_table, open_table_once};
pub use table_options::{Header, TableOptions, TextEncoding, WishedKind};
pub use tensorboard::EventFile;
