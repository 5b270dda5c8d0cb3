//! What a person can decide of a target's classes: how much each counts, which of two is the positive one, and from which probability on it is predicted.

use crate::error::ModelError;
use crate::setting::{Described, Setting, split_names};
use planish_tabular::Target;
use planish_train::{ClassWeights, Metric};
use serde::{Deserialize, Serialize};

/// What is decided of a target's classes; nothing by default.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ClassChoices {
    /// How much a row of some classes counts, by their names; all others count 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<(String, f64)>,
    /// Which of two classes is the second one, of which precision, recall, F1 and the areas under curves are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// From which probability on the second of two classes is predicted; ½ if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
}

/// Above which probability the second of two classes is predicted.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// Above this one.
    At(f64),
    /// Above that at which this metric is best for held-out rows.
    Best(Metric),
}

/// What `--class-weight` and its like are given.
pub(crate) enum ClassWeight {
    All(ClassWeights),
    Named(Vec<(String, f64)>),
}

impl ClassChoices {
    /// Whether nothing is decided.
    pub fn are_none(&self) -> bool {
        *self == ClassChoices::default()
    }

    /// The target with its positive class second.
    pub(crate) fn order(&self, target: Target) -> Result<Target, ModelError> {
        let Some(positive) = &self.positive else { return Ok(target) };
        let fail = |needs| Err(setting("positive", positive, needs));
        match target {
            Target::Classes { column, mut names, numeric } if names.len() == 2 => {
                let Some(place) = place(&names, numeric, positive) else {
                    return fail("it must be one of the target's two classes");
                };
                if place == 0 {
                    names.swap(0, 1);
                }
                Ok(Target::Classes { column, names, numeric })
            }
            Target::Classes { .. } => fail("it is for two classes; the target has more"),
            Target::Number { .. } => fail("it is for classes; the target is a number"),
        }
    }

    /// The factor of each class: those that are named, or else by this rule; `training` gives class and weight of each training row. Those that are
    /// named are scaled so that training rows count 1 in the mean.
    pub(crate) fn factors(
        &self,
        rule: &ClassWeights,
        target: &Target,
        training: impl Iterator<Item = (u32, f64)>,
    ) -> Result<ClassWeights, ModelError> {
        let told = match (self.weights.is_empty(), rule) {
            (true, ClassWeights::None) => return Ok(ClassWeights::None),
            (true, _) => "balanced".to_owned(),
            (false, _) => self.weights.iter().map(|(c, x)| format!("{c}={x}")).collect::<Vec<_>>().join(","),
        };
        let Target::Classes { names, numeric, .. } = target else {
            return Err(setting("class_weight", told, "it is for classes; the target is a number"));
        };
        if self.weights.is_empty() {
            return Ok(rule.clone());
        }
        let mut factors = vec![1.0; names.len()];
        for (class, factor) in &self.weights {
            let Some(place) = place(names, *numeric, class) else {
                return Err(setting("class_weight", class, "it must be one of the target's classes"));
            };
            factors[place] = *factor;
        }
        let (mut sum, mut all) = (0.0, 0.0);
        for (class, weight) in training {
            sum += weight * factors[class as usize];
            all += weight;
        }
        if sum <= 0.0 {
            return Err(setting("class_weight", told, "some training row must count"));
        }
        Ok(ClassWeights::Factors(factors.into_iter().map(|f| f * (all / sum)).collect()))
    }
}

/// The place of a class among these.
fn place(names: &[String], numeric: bool, class: &str) -> Option<usize> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|_| numeric);
    let same = |name: &String| name == class || number(name).is_some() && number(name) == number(class);
    names.iter().position(same)
}

/// Where the rule and the named weights are kept.
type Kept<'s> = (&'s mut ClassWeights, &'s mut Vec<(String, f64)>);

/// The setting of the classes' weights: of all by a rule, or of some by name.
pub(crate) fn class_weight<S: Described>(
    doc: &'static str,
    put: for<'s> fn(&'s mut S) -> Kept<'s>,
) -> Setting<S> {
    let keep = move |s: &mut S, given: ClassWeight| {
        let (rule, named) = put(s);
        (*rule, *named) = match given {
            ClassWeight::All(rule) => (rule, Vec::new()),
            ClassWeight::Named(named) => (ClassWeights::None, named),
        };
        Ok(())
    };
    let show = move |s: &mut S| {
        let now = put(s).0;
        let known = ClassWeights::CHOICES.iter().find(|(_, rule, _)| rule == now);
        Some(known.map(|(name, ..)| (*name).to_owned()))
    };
    Setting::new("class-weight", "none|balanced|CLASS=X,…", doc, parse, keep, show)
}

/// `balanced`, or `a=1,b=5`; a class with a comma is quoted.
fn parse(text: &str) -> Result<ClassWeight, String> {
    if let Some((_, rule, _)) = ClassWeights::CHOICES.iter().find(|(name, ..)| *name == text) {
        return Ok(ClassWeight::All(rule.clone()));
    }
    let wrong = "it must be none, balanced, or classes and their weights: --class-weight a=1,b=5";
    let pair = |item: &String| {
        let (class, factor) = item.rsplit_once('=').ok_or(wrong)?;
        let factor: Option<f64> = factor.trim().parse().ok();
        let factor = factor.filter(|x| x.is_finite() && *x >= 0.0);
        Ok((class.trim().to_owned(), factor.ok_or("a weight must be a number that is not negative")?))
    };
    split_names(text)?.iter().map(pair).collect::<Result<_, String>>().map(ClassWeight::Named)
}

impl std::str::FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Threshold, String> {
        if let Some(metric) = Threshold::METRICS.into_iter().find(|m| m.name() == text) {
            return Ok(Threshold::Best(metric));
        }
        let at = text.parse().ok().filter(|x: &f64| *x > 0.0 && *x < 1.0);
        at.map(Threshold::At).ok_or_else(|| {
            let names = Threshold::METRICS.map(Metric::name).join(", ");
            format!("it must be a probability between 0 and 1, or one of {names}")
        })
    }
}

impl Threshold {
    /// The metrics by which one can be chosen: all that follow from classes alone and weigh both kinds of mistakes.
    pub const METRICS: [Metric; 4] = [Metric::F1, Metric::Accuracy, Metric::BalancedAccuracy, Metric::Mcc];
}

impl crate::setting::Shown for Threshold {
    fn shown(&self) -> Option<String> {
        None
    }
}

fn setting(setting: &'static str, value: impl ToString, needs: &'static str) -> ModelError {
    ModelError::Setting { setting, value: value.to_string(), needs }
}
