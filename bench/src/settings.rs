//! The command line: `NAME [OPTION VALUE]…`.

use crate::gemm_bench::Products;
use crate::gemm_bench::grid::{self, Case, Element, Group, Layout, Shape};
use crate::large::Job;
use crate::linreg_bench::{Fits, Work};
use crate::penalised_bench::Source;
use crate::tables_bench::{self, Reading};
use crate::train_bench::{PEERS, Part, Training};
use crate::trees_bench::{self, Forests};
use planish_tensor::{Exec, Isa};

/// The text of `--help`.
pub const HELP: &str = "\
Usage: cargo xtask bench NAME [OPTION VALUE]...

Benchmarks:
  gemm     matrix products beside the crates gemm, matrixmultiply and faer, and NumPy and PyTorch
  train    training steps and predictions beside PyTorch, JAX, Keras, scikit-learn and ONNX Runtime
  linreg   least squares, penalised paths and logistic regressions beside scikit-learn and NumPy
  tables   reading tables beside Polars, pandas and DuckDB; whole commands, and their memory
  trees    boosted trees beside LightGBM, XGBoost, CatBoost and scikit-learn
  large    a network of a billion parameters: seconds and memory to train, save, open and ask it
  math     vector math beside the standard library
  ulp      the largest errors of the vector math over all 2^32 f32 arguments (`cargo xtask ulp`)

Options:
  --threads N       threads; 0: one a core                        [1]
  --isa NAME        scalar, avx2, avx512 or portable              [the fastest of this machine]
  --json FILE       write all figures, the machine line and the versions of the peers

Options of gemm:
  --python PROGRAM  a Python with NumPy and PyTorch: they join the peers
  --only GROUPS     of squares,batch,tiny,thin,f64,gram           [all]
  --layouts LIST    of nn,tn,nt, for the groups of f32            [all]
  --shape MxKxN     this product instead of the grid
  --element TYPE    f32 or f64, of --shape                        [f32]
  --seconds S       seconds a product                             [1.5: the grid takes some eight minutes]

Options of train:
  --python PROGRAM  a Python with PyTorch, JAX, Keras with TensorFlow, scikit-learn, onnx and onnxruntime
  --peers LIST      of jax,torch,keras,sklearn,onnxruntime        [all]
  --only PARTS      of steps,widths,predict                       [all]
  --seconds S       seconds a network                             [3: with all peers some three minutes]

Options of linreg:
  --python PROGRAM  a Python with NumPy and scikit-learn
  --only PARTS      of fits,table,wide                            [all]
  --seconds S       seconds a shape                               [3: with the peers some three minutes]
  --table FILE      the CSV of the lasso and the logistic regression  [data/adult_sample.csv]
  --response NAME   its column of two values                      [income]

Options of tables:
  --planish FILE    the program whose commands are measured       [built as it is distributed]
  --python PROGRAM  a Python with pandas, PyArrow, Polars, DuckDB and scikit-learn
  --only PARTS      of memory,commands,parse                      [all]
  --seconds S       seconds a race                                [5: with the peers some six minutes]
  --stream GB       size of the stream that is read once          [2: the bar is for 10]
  --file GB         size of the file for --memory 500M            [2: needs that much disk]

Options of trees:
  --python PROGRAM  a Python with pandas, lightgbm, xgboost, catboost and scikit-learn
  --only PARTS      of fits,scores,predictions                    [all]
  --list FILE       the tables, a line each: NAME TARGET TRAIN TEST, CSV files, - for every fifth row of TRAIN  [two of data/]
  --seconds S       seconds a race                                [3: with the peers some five minutes]

Options of large:
  --params N        about how many parameters                     [1000000000: needs 17 GB of memory and 4 GB of disk]
  --folder DIR      where to keep the model                       [a temporary folder]

Examples:
  cargo xtask bench gemm --threads 2 --python python3 --json gemm.json
  cargo xtask bench gemm --only squares,thin --layouts nn --seconds 0.5
  cargo xtask bench gemm --shape 128x784x512 --layouts nn,tn
  cargo xtask bench train --python python3 --threads 2 --json train.json
  cargo xtask bench train --only steps,predict
  cargo xtask bench linreg --python python3 --threads 2
  cargo xtask bench tables --python python3 --threads 2 --stream 10
  cargo xtask bench trees --python python3 --threads 2
  cargo xtask bench large --threads 0 --params 250000000
";

/// What to run and how.
pub struct Settings {
    /// The benchmark.
    pub name: String,
    /// The instruction set and the number of threads.
    pub exec: Exec,
    /// Where to write the figures.
    pub json: Option<String>,
    /// The products of `gemm`.
    pub products: Products,
    /// What `train` measures.
    pub training: Training,
    /// What `linreg` measures.
    pub fits: Fits,
    /// What `tables` measures.
    pub reading: Reading,
    /// What `trees` measures.
    pub forests: Forests,
    /// The network of `large`.
    pub large: Job,
}

/// Reads the arguments; `None` if they ask for help.
pub fn parse(args: impl Iterator<Item = String>) -> Result<Option<Settings>, String> {
    let args: Vec<String> = args.collect();
    if args.iter().any(|a| matches!(a.as_str(), "--help" | "-h" | "help")) {
        return Ok(None);
    }
    let (name, options) = args.split_first().ok_or("which benchmark? See --help")?;
    let (mut exec, mut json, mut python) = (Exec::best(), None, None);
    let (mut groups, mut layouts) = (None, Layout::ALL.to_vec());
    let (mut shape, mut element, mut seconds) = (None, None, None);
    let (mut parts, mut peers) = (Part::ALL.to_vec(), PEERS.to_vec());
    let (mut works, mut table) = (Work::ALL.to_vec(), Source::default());
    let mut reading = Reading::default();
    let mut forests =
        Forests { parts: trees_bench::Part::ALL.to_vec(), seconds: 3.0, python: None, tables: None };
    let mut large = Job { params: 1_000_000_000, folder: None, phase: None };
    for pair in options.chunks(2) {
        let [flag, value] = pair else { return Err(format!("{} needs a value", pair[0])) };
        match (flag.as_str(), name.as_str()) {
            ("--threads", _) => {
                let threads = value.parse().map_err(|_| format!("{value:?} is no number of threads"))?;
                exec = exec.with_threads(threads);
            }
            ("--isa", _) => exec.isa = Isa::from_name(value).map_err(|e| e.to_string())?,
            ("--json", _) => json = Some(value.clone()),
            ("--python", "gemm" | "train" | "linreg" | "tables" | "trees") => python = Some(value.clone()),
            ("--only", "gemm") => groups = Some(named(value, &Group::ALL, Group::name)?),
            ("--only", "train") => parts = named(value, &Part::ALL, Part::name)?,
            ("--only", "linreg") => works = named(value, &Work::ALL, Work::name)?,
            ("--only", "tables") => {
                reading.parts = named(value, &tables_bench::Part::ALL, tables_bench::Part::name)?;
            }
            ("--only", "trees") => {
                forests.parts = named(value, &trees_bench::Part::ALL, trees_bench::Part::name)?;
            }
            ("--list", "trees") => forests.tables = Some(value.into()),
            ("--planish", "tables") => reading.planish = Some(value.into()),
            ("--stream", "tables") => reading.stream = gigabytes(value)?,
            ("--file", "tables") => reading.file = gigabytes(value)?,
            ("--table", "linreg") => table.path.clone_from(value),
            ("--response", "linreg") => table.response.clone_from(value),
            ("--peers", "train") => peers = named(value, &PEERS, |name| name)?,
            ("--layouts", "gemm") => layouts = named(value, &Layout::ALL, Layout::name)?,
            ("--shape", "gemm") => shape = Some(parse_shape(value)?),
            ("--element", "gemm") => {
                element = named(value, &[Element::F32, Element::F64], Element::name)?.first().copied();
            }
            ("--seconds", "gemm" | "train" | "linreg" | "tables" | "trees") => {
                let valid = |s: &f64| s.is_finite() && *s >= 0.0;
                let given =
                    value.parse().ok().filter(valid).ok_or_else(|| format!("{value:?} is no time"))?;
                seconds = Some(given);
            }
            ("--params", "large") => {
                let known = value.parse().ok().filter(|n| (1..=1 << 40).contains(n));
                large.params = known.ok_or_else(|| format!("{value:?} is no number of parameters"))?;
            }
            ("--folder", "large") => large.folder = Some(value.into()),
            ("--phase", "large") => large.phase = Some(value.clone()),
            _ => return Err(format!("{name} has no option {flag}: see --help")),
        }
    }
    let cases = match (shape, groups) {
        (Some(_), Some(_)) => return Err("use one of --shape and --only".to_owned()),
        (None, _) if element.is_some() => return Err("--element belongs to --shape".to_owned()),
        (None, groups) => grid::cases(groups.as_deref().unwrap_or(&Group::ALL), &layouts),
        (Some(shape), None) => {
            let element = element.unwrap_or(Element::F32);
            layouts.iter().map(|&layout| Case { group: Group::Single, shape, layout, element }).collect()
        }
    };
    let products = Products { cases, seconds: seconds.unwrap_or(1.5), python: python.clone() };
    let fits = Fits { works, seconds: seconds.unwrap_or(3.0), python: python.clone(), table };
    reading.seconds = seconds.unwrap_or(reading.seconds);
    reading.python.clone_from(&python);
    forests.seconds = seconds.unwrap_or(forests.seconds);
    forests.python.clone_from(&python);
    let training = Training { parts, seconds: seconds.unwrap_or(3.0), python, peers };
    Ok(Some(Settings { name: name.clone(), exec, json, products, training, fits, reading, forests, large }))
}

/// The items that a list of names with commas means, in the order of `all`.
fn named<T: Copy>(list: &str, all: &[T], name: fn(T) -> &'static str) -> Result<Vec<T>, String> {
    let names: Vec<&str> = list.split(',').collect();
    if let Some(unknown) = names.iter().find(|n| !all.iter().any(|&item| name(item) == **n)) {
        let known: Vec<&str> = all.iter().map(|&item| name(item)).collect();
        return Err(format!("{unknown:?} is none of {}", known.join(", ")));
    }
    Ok(all.iter().copied().filter(|&item| names.contains(&name(item))).collect())
}

fn gigabytes(text: &str) -> Result<f64, String> {
    let size = text.parse().ok().filter(|g: &f64| g.is_finite() && *g > 0.0);
    size.ok_or_else(|| format!("{text:?} is no size in gigabytes"))
}

fn parse_shape(text: &str) -> Result<Shape, String> {
    let sides: Option<Vec<usize>> =
        text.split(['x', '×']).map(|s| s.parse().ok().filter(|&s| s > 0)).collect();
    match sides.as_deref() {
        Some(&[m, k, n]) => Ok((m, k, n)),
        _ => Err(format!("{text:?} is no shape: use MxKxN, as 128x784x512")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Settings>, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read_and_mistakes_named() {
        let settings = read("gemm --only tiny,f64 --layouts nt,nn --threads 2").unwrap().unwrap();
        assert_eq!((settings.products.cases.len(), settings.exec.threads), (7 * 2 + 4, 2));
        let one = read("gemm --shape 2x3x4 --layouts tn").unwrap().unwrap();
        assert_eq!(one.products.cases.len(), 1);
        assert_eq!(one.products.cases[0].shape, (2, 3, 4));
        let train = read("train --only predict,steps --peers torch").unwrap().unwrap().training;
        assert!(train.parts == [Part::Steps, Part::Predict] && train.peers == ["torch"]);
        assert!(read("gemm --help").unwrap().is_none());
        let tables = read("tables --only parse,memory --stream 0.5 --planish p").unwrap().unwrap().reading;
        assert!(tables.parts == [tables_bench::Part::Memory, tables_bench::Part::Parse]);
        assert_eq!((tables.stream, tables.seconds), (0.5, 5.0));
        for wrong in [
            "",
            "gemm --only cubes",
            "gemm --shape 2x3",
            "gemm --shape 0x1x1",
            "gemm --shape 2x3x4 --only tiny",
            "gemm --element f64",
            "gemm --seconds nan",
            "gemm --threads",
            "train --only tiny",
            "train --params 5",
            "large --params 0",
            "tables --stream 0",
            "linreg --stream 1",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
