//! ZIP archives: a workbook of Excel is one, and any other is named by what is in it.

use super::bytes::Bytes;
use super::canonical::guarded;
use crate::error::IoError;
use std::io::BufReader;

/// An error for an archive that is no workbook.
pub(super) fn check_workbook(bytes: &Bytes) -> Result<(), IoError> {
    let name = &bytes.name;
    let names = guarded(name, "ZIP archive's", || {
        let seekable = BufReader::new(bytes.seekable("a ZIP archive")?);
        let archive = zip::ZipArchive::new(seekable).map_err(|e| {
            IoError::file(name, format!("the ZIP archive's data are damaged or not whole ({e})"))
        })?;
        Ok(archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect::<Vec<_>>())
    })?;
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let what = if has("xl/workbook.xml") {
        return Ok(());
    } else if has("xl/workbook.bin") {
        "it is a workbook in Excel's binary format (.xlsb); save it as .xlsx".to_owned()
    } else if has("content.xml") {
        "it is an OpenDocument file; save it as .xlsx or .csv".to_owned()
    } else if has("word/document.xml") {
        "it is a Word document, not a table; save the table as .csv or .xlsx".to_owned()
    } else if !names.is_empty() && names.iter().all(|name| name.ends_with(".npy")) {
        "it is an archive of NumPy arrays (.npz); write the table by numpy.savetxt or pandas".to_owned()
    } else {
        let mut files: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| !name.ends_with('/')).collect();
        files.sort_unstable();
        let more = if files.len() > 3 { ", …" } else { "" };
        let count = if files.len() == 1 { "1 file".to_owned() } else { format!("{} files", files.len()) };
        let first = files[..files.len().min(3)].join(", ");
        format!("it is a ZIP archive with {count} ({first}{more}), not a table; unpack it and name the file")
    };
    Err(IoError::file(name, what))
}
