//! The tables of the benchmark, in a temporary folder that goes with them.

use planish_tensor::rng::{Purpose, Stream};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Rows of the table of numbers, and about as many of the other.
const ROWS: usize = 1_000_000;
/// Columns of numbers beside the response.
pub const FEATURES: usize = 10;

/// Two tables of a million rows.
pub struct Tables {
    folder: Folder,
    /// Eleven columns of decimals of 17 to 19 characters: `x0` … `x9` and their sum with noise, `y`.
    pub numbers: Table,
    /// The sample of the Adult table in `data/`, its rows again and again: text and integers.
    pub adult: Table,
}

/// A CSV file.
pub struct Table {
    /// What it is called in the figures.
    pub name: &'static str,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: f64,
}

impl Tables {
    /// Writes both.
    pub fn make() -> Result<Tables, String> {
        let folder = Folder(std::env::temp_dir().join(format!("planish-tables-{}", std::process::id())));
        std::fs::create_dir_all(&folder.0).map_err(|e| format!("{}: {e}", folder.0.display()))?;
        let numbers = Table::write("1M x 11 numbers", folder.0.join("numbers.csv"), numbers)?;
        let adult = Table::write("adult, 1M rows", folder.0.join("adult.csv"), adult)?;
        Ok(Tables { folder, numbers, adult })
    }

    /// A place in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }
}

/// A folder that goes with all that is in it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind lies in the folder of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Table {
    fn write(
        name: &'static str,
        path: PathBuf,
        content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<Table, String> {
        let write = || {
            let mut file = BufWriter::new(File::create(&path)?);
            content(&mut file)?;
            Ok(file.into_inner()?.metadata()?.len())
        };
        let bytes = write().map_err(|e: io::Error| format!("{}: {e}", path.display()))?;
        Ok(Table { name, path, bytes: bytes as f64 })
    }

    /// Writes the header, then the rows again and again until there are as many bytes.
    pub fn repeat(&self, bytes: f64, mut to: impl Write) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        let header = header(&self.path)?;
        to.write_all(header.as_bytes())?;
        let mut left = bytes - header.len() as f64;
        while left > 0.0 {
            file.seek(SeekFrom::Start(header.len() as u64))?;
            left -= io::copy(&mut file, &mut to)? as f64;
        }
        Ok(())
    }
}

/// The first line, with its end.
fn header(path: &Path) -> io::Result<String> {
    let mut start = vec![0; 4096];
    let length = File::open(path)?.read(&mut start)?;
    let text = String::from_utf8_lossy(&start[..length]);
    let line = text.split_inclusive('\n').next().unwrap_or_default();
    Ok(line.to_owned())
}

fn numbers(to: &mut BufWriter<File>) -> io::Result<()> {
    let random = Stream::new(0, Purpose::Sample, 0);
    let names: Vec<String> = (0..FEATURES).map(|j| format!("x{j}")).collect();
    writeln!(to, "{},y", names.join(","))?;
    for row in 0..ROWS {
        let mut y = 0.0;
        for j in 0..FEATURES {
            let x = random.uniform((row * (FEATURES + 1) + j) as u64);
            y += x;
            write!(to, "{x},")?;
        }
        writeln!(to, "{}", y + random.uniform((row * (FEATURES + 1) + FEATURES) as u64))?;
    }
    Ok(())
}

fn adult(to: &mut BufWriter<File>) -> io::Result<()> {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/adult_sample.csv");
    let sample = std::fs::read_to_string(sample)
        .map_err(|e| io::Error::new(e.kind(), format!("the sample {sample}: {e}")))?;
    let (header, rows) = sample.split_once('\n').unwrap_or_default();
    writeln!(to, "{header}")?;
    (0..ROWS / rows.lines().count().max(1)).try_for_each(|_| to.write_all(rows.as_bytes()))
}
