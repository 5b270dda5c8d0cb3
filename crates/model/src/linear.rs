//! From rows to a least-squares fit. Rows are read in passes: one to fit the pipeline, one for the triangular factor, one a
//! refinement, and a last one for inference; the table is never held whole.

use crate::aliases;
use crate::error::{Failed, ModelError};
use crate::model::{LinearPredictor, Model, Predictor};
use crate::record::{Record, Settings};
use planish_linreg::{
    AliasedPolicy, Block, BlockSource, Covariance, FitError, LinearRegression, LinregError,
};
use planish_tabular::{
    Column, Design, DesignBuilder, Formula, Kind, Notes, RowSource, Schema, Table, TabularError, Target,
};
use planish_tensor::{Dd, Exec};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Settings of a linear model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LinearSettings {
    /// The target column, which must hold numbers.
    pub target: String,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Whether the model has an intercept.
    pub intercept: bool,
    /// Powers and products of columns.
    #[serde(default)]
    pub formula: Formula,
    /// What becomes of terms that are combinations of terms before them.
    #[serde(default)]
    pub aliased: AliasedPolicy,
    /// The covariance of the coefficients.
    #[serde(default)]
    pub covariance: Covariance,
    /// The column of clusters, no feature.
    #[serde(default)]
    pub cluster: Option<String>,
    /// The column of the rows' weights, no feature.
    #[serde(default)]
    pub weights: Option<String>,
}

impl LinearSettings {
    /// With an intercept, on all other columns.
    pub fn new(target: &str) -> LinearSettings {
        LinearSettings {
            target: target.to_owned(),
            drop: Vec::new(),
            intercept: true,
            formula: Formula::default(),
            aliased: AliasedPolicy::Drop,
            covariance: Covariance::Classical,
            cluster: None,
            weights: None,
        }
    }

    /// The columns that are no features: those left out, and those of weights and clusters.
    pub(crate) fn no_features(&self) -> Vec<String> {
        self.drop.iter().chain(&self.weights).chain(&self.cluster).cloned().collect()
    }
}

/// Fits ordinary or weighted least squares on all rows of the source that have a target.
///
/// # Errors
/// Rows that cannot be read, a table that cannot be used, or fewer rows than parameters.
pub fn fit_linear<S: RowSource<Error: Send> + Send>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
) -> Result<Model, Failed<S::Error>> {
    let survey = survey(source, settings)?;
    let design = survey.design.finish()?;
    let regression = LinearRegression {
        fit_intercept: settings.intercept,
        inference: Some(settings.covariance),
        // To be refused they must be named, so they are first dropped.
        aliased: match settings.aliased {
            AliasedPolicy::Error => AliasedPolicy::Drop,
            other => other,
        },
        ..LinearRegression::default()
    };
    let table = Table::new(source.schema().clone());
    let clusters = HashMap::new();
    let mut rows = DesignRows { source, design: &design, settings, table, next: 0, clusters };
    let fit = exec.install(|| regression.fit(exec, &mut rows)).map_err(|e| match e {
        FitError::Source(failed) => failed,
        FitError::Linreg(LinregError::BadTerm { row, term }) => {
            Failed::Model(ModelError::TermRange { term: design.names()[term].clone(), row: row + 1 })
        }
        FitError::Linreg(e) => Failed::Model(e.into()),
    })?;
    if settings.aliased == AliasedPolicy::Error && !fit.aliases.is_empty() {
        return Err(
            ModelError::Aliased { terms: aliases::equations(&fit, &design.names()).join(", ") }.into()
        );
    }
    let response = &fit.responses[0];
    let target = Target::Number {
        column: settings.target.clone(),
        mean: survey.sum.to_f64() / survey.rows as f64,
        sd: (response.tss.max(0.0) / fit.rows as f64).sqrt(),
    };
    let record = Record {
        settings: Settings::Linear(settings.clone()),
        rows: survey.rows,
        rows_without_target: survey.without_target,
        rare_categories: Default::default(),
        validation: Default::default(),
        history: None,
    };
    Ok(Model::new(target, Predictor::Linear(LinearPredictor { design, fit }), record)?)
}

/// What the first pass learns.
struct Survey {
    design: DesignBuilder,
    sum: Dd,
    /// Rows with a target.
    rows: u64,
    without_target: u64,
}

fn survey<S: RowSource>(source: &mut S, settings: &LinearSettings) -> Result<Survey, Failed<S::Error>> {
    let schema = source.schema().clone();
    settings.drop.iter().try_for_each(|name| schema.position(name).map(drop))?;
    let target = schema.position(&settings.target)?;
    if settings.drop.contains(&settings.target) {
        return Err(ModelError::DroppedTarget { target: settings.target.clone() }.into());
    }
    check_columns(&schema, settings)?;
    let design = DesignBuilder::new(&schema, &settings.target, &settings.no_features());
    let mut out =
        Survey { design: design.with_formula(&settings.formula)?, sum: Dd::ZERO, rows: 0, without_target: 0 };
    let mut table = Table::new(schema);
    let (mut first, mut constant) = (None, true);
    source.rewind().map_err(Failed::Source)?;
    loop {
        source.next(&mut table).map_err(Failed::Source)?;
        if table.rows() == 0 {
            break;
        }
        if table.schema().columns[target].kind == Kind::Category {
            // The error names the first text that is no number, once its block is reached.
            match table.numbers(&settings.target) {
                Err(TabularError::WrongKind { found, .. }) if found.is_empty() => continue,
                other => other?,
            };
            continue;
        }
        let y = table.numbers(&settings.target)?;
        for row in 0..table.rows() {
            match y.at(row) {
                Some(v) => {
                    check_row(&table, row, settings)?;
                    out.rows += 1;
                    constant &= *first.get_or_insert(v) == v;
                    out.sum = out.sum + v;
                    out.design.push(&table, row);
                }
                None => out.without_target += 1,
            }
        }
    }
    match first {
        None => Err(TabularError::NoRows { column: settings.target.clone() }.into()),
        Some(v) if constant => Err(TabularError::ConstantTarget {
            column: settings.target.clone(),
            value: v.to_f64().to_string(),
        }
        .into()),
        Some(_) => Ok(out),
    }
}

/// Whether the columns of weights and clusters are there, and are not the target.
pub(crate) fn check_columns(schema: &Schema, settings: &LinearSettings) -> Result<(), ModelError> {
    for name in settings.weights.iter().chain(&settings.cluster) {
        schema.position(name)?;
        if *name == settings.target {
            return Err(ModelError::DroppedTarget { target: name.clone() });
        }
    }
    Ok(())
}

/// Whether a row's weight and cluster can be used.
pub(crate) fn check_row(table: &Table, row: usize, settings: &LinearSettings) -> Result<(), ModelError> {
    let line = table.line(row);
    if let Some(column) = &settings.weights {
        let weight = table.numbers(column)?.at(row);
        if weight.is_none_or(|w| w.hi < 0.0) {
            let found = weight.map_or("nothing".to_owned(), |w| w.to_f64().to_string());
            return Err(ModelError::SampleWeight { column: column.clone(), line, found });
        }
    }
    match &settings.cluster {
        Some(column) if table.column(column)?.is_missing(row) => {
            Err(ModelError::NoCluster { column: column.clone(), line })
        }
        _ => Ok(()),
    }
}

/// The rows of a source as blocks of the design.
struct DesignRows<'a, S: RowSource> {
    source: &'a mut S,
    design: &'a Design,
    settings: &'a LinearSettings,
    table: Table,
    /// The next row of `table`.
    next: usize,
    /// A number for each text of the cluster column.
    clusters: HashMap<String, u64>,
}

/// What tells a row's cluster from others: a number for its text, or the number's bits.
fn cluster(known: &mut HashMap<String, u64>, column: &Column, row: usize) -> u64 {
    match column {
        Column::Number(c) => c.at(row).map_or(0, |x| x.hi.to_bits() ^ x.lo.to_bits().rotate_left(1)),
        Column::Text(c) => {
            let text = c.at(row).unwrap_or_default();
            if let Some(id) = known.get(text) {
                return *id;
            }
            let next = known.len() as u64;
            known.insert(text.to_owned(), next);
            next
        }
    }
}

impl<S: RowSource> BlockSource for DesignRows<'_, S> {
    type Error = Failed<S::Error>;

    fn terms(&self) -> usize {
        self.design.width()
    }

    fn responses(&self) -> usize {
        1
    }

    fn weighted(&self) -> bool {
        self.settings.weights.is_some()
    }

    fn rewind(&mut self) -> Result<(), Self::Error> {
        self.table.clear();
        self.next = 0;
        self.source.rewind().map_err(Failed::Source)
    }

    fn next(&mut self, block: &mut Block) -> Result<(), Self::Error> {
        block.rows = 0;
        let capacity = block.y[0].hi.len();
        block.clusters = self.settings.cluster.as_ref().map(|_| vec![0; capacity]);
        while block.rows < capacity {
            if self.next == self.table.rows() {
                self.source.next(&mut self.table).map_err(Failed::Source)?;
                self.next = 0;
                if self.table.rows() == 0 {
                    break;
                }
            }
            let bound = self.design.bind(&self.table)?;
            let y = self.table.numbers(&self.settings.target)?;
            let weights = self.settings.weights.as_ref().map(|w| self.table.numbers(w)).transpose()?;
            let groups = self.settings.cluster.as_ref().map(|c| self.table.column(c)).transpose()?;
            while self.next < self.table.rows() && block.rows < capacity {
                if let Some(v) = y.at(self.next) {
                    bound.write_row(self.next, block.rows, &mut block.x, &mut Notes::default());
                    (block.y[0].hi[block.rows], block.y[0].lo[block.rows]) = (v.hi, v.lo);
                    if let (Some(to), Some(from)) = (&mut block.weights, weights) {
                        to[block.rows] = from.at(self.next).map_or(0.0, |w| w.to_f64());
                    }
                    if let (Some(to), Some(from)) = (&mut block.clusters, groups) {
                        to[block.rows] = cluster(&mut self.clusters, from, self.next);
                    }
                    block.rows += 1;
                }
                self.next += 1;
            }
        }
        Ok(())
    }
}
