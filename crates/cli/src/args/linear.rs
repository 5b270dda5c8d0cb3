//! The options of linear models in `planish train`. Each is also a key of the file of settings.

use clap::{Args, ValueEnum};
use planish_linreg::ols::{AliasedPolicy, Covariance};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AliasedArg {
    /// Their coefficient is zero
    Drop,
    /// The table is refused
    Error,
    /// The coefficients of least norm
    MinNorm,
}

impl From<AliasedArg> for AliasedPolicy {
    fn from(a: AliasedArg) -> AliasedPolicy {
        match a {
            AliasedArg::Drop => AliasedPolicy::Drop,
            AliasedArg::Error => AliasedPolicy::Error,
            AliasedArg::MinNorm => AliasedPolicy::MinNorm,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CovArg {
    /// Errors of one variance
    Classical,
    /// Errors of any variance, White's
    Hc0,
    /// HC0 times n/(n − k)
    Hc1,
    /// With e²/(1 − h)
    Hc2,
    /// With e²/(1 − h)²
    Hc3,
    /// Errors that depend on each other within clusters (--cluster)
    Cluster,
}

impl From<CovArg> for Covariance {
    fn from(c: CovArg) -> Covariance {
        match c {
            CovArg::Classical => Covariance::Classical,
            CovArg::Hc0 => Covariance::Hc0,
            CovArg::Hc1 => Covariance::Hc1,
            CovArg::Hc2 => Covariance::Hc2,
            CovArg::Hc3 => Covariance::Hc3,
            CovArg::Cluster => Covariance::Cluster,
        }
    }
}

#[derive(Args)]
#[command(next_help_heading = "Linear models")]
pub(crate) struct LinearArgs {
    /// Powers of a number column up to K, in its place (may be given several times): --poly age:2
    #[arg(long, value_name = "COL:K", value_parser = parse_power)]
    pub(crate) poly: Vec<(String, u32)>,
    /// Products of two columns as terms; of categories, of their levels (may be given several times): --interact age:sex
    #[arg(long, value_name = "A:B", value_parser = parse_pair)]
    pub(crate) interact: Vec<(String, String)>,
    /// What becomes of terms that are combinations of terms before them: --aliased error
    #[arg(long, value_enum, default_value = "drop")]
    pub(crate) aliased: AliasedArg,
    /// Covariance of the coefficients, for standard errors, tests and intervals: --cov hc3
    #[arg(long, value_enum, default_value = "classical")]
    pub(crate) cov: CovArg,
    /// Column of clusters, no feature: --cov cluster --cluster school
    #[arg(long, value_name = "COL")]
    pub(crate) cluster: Option<String>,
    /// Least squares from rows that are read once and not kept, of the columns that --columns declares
    #[arg(long)]
    pub(crate) one_pass: bool,
    /// The columns for --one-pass, the target's too, and the categories' levels: --columns price:number,area:number,city:category=Paris|Rome
    #[arg(long, value_name = "COL:KIND", value_delimiter = ',', value_parser = parse_column)]
    pub(crate) columns: Vec<DeclaredColumn>,
}

/// A column that is declared, with its levels if it is a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredColumn {
    pub(crate) name: String,
    pub(crate) levels: Option<Vec<String>>,
}

fn parse_power(text: &str) -> Result<(String, u32), String> {
    let (column, degree) = text.rsplit_once(':').ok_or("it must be a column and a power, such as age:2")?;
    let degree = degree.trim().parse().ok().filter(|k| (1..=64).contains(k));
    Ok((column.trim().to_owned(), degree.ok_or("the power must be a whole number from 1 to 64")?))
}

fn parse_column(text: &str) -> Result<DeclaredColumn, String> {
    let wrong = "it must be a column and its kind, such as area:number or city:category=Paris|Rome";
    let (head, levels) = match text.split_once(":category=") {
        Some((name, levels)) => {
            (name, Some(levels.split('|').map(|l| l.trim().to_owned()).collect::<Vec<_>>()))
        }
        None => (text.strip_suffix(":number").ok_or(wrong)?, None),
    };
    if head.trim().is_empty() || levels.iter().flatten().any(String::is_empty) {
        return Err(wrong.to_owned());
    }
    Ok(DeclaredColumn { name: head.trim().to_owned(), levels })
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split(':').map(str::trim).collect::<Vec<_>>()[..] {
        [a, b] if !a.is_empty() && !b.is_empty() => Ok((a.to_owned(), b.to_owned())),
        _ => Err("it must be two columns, such as age:sex".to_owned()),
    }
}
