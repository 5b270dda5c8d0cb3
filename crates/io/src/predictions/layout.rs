//! The columns of predictions: those of the input that are kept, `prediction`, and classes' probabilities or the limits of intervals.

use super::format::PredictionFormat;
use planish_model::Model;
use planish_tabular::shown;

/// The first column of predictions.
pub(super) const FIRST: &str = "prediction";
/// What the column of a class's probability begins with.
pub(super) const PROBABILITY: &str = "probability_";
/// The columns of intervals.
pub(super) const LIMITS: [&str; 4] = ["mean_ci_lower", "mean_ci_upper", "obs_ci_lower", "obs_ci_upper"];

/// The columns of predictions, and their format.
#[derive(Clone, Debug)]
pub struct PredictionLayout {
    pub(super) format: PredictionFormat,
    pub(super) kept: Vec<String>,
    pub(super) classes: Vec<String>,
    /// The columns of the predictions themselves.
    own: Vec<String>,
}

impl Default for PredictionLayout {
    /// For numbers, as CSV.
    fn default() -> PredictionLayout {
        PredictionLayout::of(Vec::new(), false)
    }
}

impl PredictionLayout {
    /// For predictions of this model as CSV: `prediction`, and for classes `probability_NAME` each; or with intervals `prediction` and the limits of the mean's
    /// confidence interval and of the prediction interval.
    pub fn new(model: &Model, intervals: bool) -> PredictionLayout {
        let classes = if intervals { Vec::new() } else { model.target().classes().to_vec() };
        PredictionLayout::of(classes, intervals)
    }

    pub(super) fn of(classes: Vec<String>, intervals: bool) -> PredictionLayout {
        let limits = LIMITS.iter().filter(|_| intervals).map(|l| (*l).to_owned());
        let probabilities = classes.iter().map(|c| format!("{PROBABILITY}{c}"));
        let own = std::iter::once(FIRST.to_owned()).chain(limits).chain(probabilities).collect();
        PredictionLayout { format: PredictionFormat::default(), kept: Vec::new(), classes, own }
    }

    /// In this format.
    #[must_use]
    pub fn format(self, format: PredictionFormat) -> PredictionLayout {
        PredictionLayout { format, ..self }
    }

    /// With these columns of the input in front.
    ///
    /// # Errors
    /// A column that is named as one of the predictions, or twice.
    pub fn keep(self, kept: &[String]) -> Result<PredictionLayout, String> {
        for (i, name) in kept.iter().enumerate() {
            if self.own.contains(name) {
                return Err(format!(
                    "column {} cannot be kept: predictions have a column of this name",
                    shown(name)
                ));
            }
            if kept[..i].contains(name) {
                return Err(format!("column {} is named twice", shown(name)));
            }
        }
        Ok(PredictionLayout { kept: kept.to_vec(), ..self })
    }

    /// Whether each column holds numbers where no row says it: kept columns are texts then.
    #[cfg(feature = "columnar")]
    pub(super) fn are_numbers(&self) -> Vec<bool> {
        let kept = self.kept.iter().map(|_| false);
        let own = (0..self.own.len()).map(|i| i > 0 || self.classes.is_empty());
        kept.chain(own).collect()
    }

    pub(super) fn header(&self) -> Vec<&str> {
        self.kept.iter().chain(&self.own).map(String::as_str).collect()
    }
}
