//! How well probabilities order the rows of a binary problem: the ROC and the precision-recall curve, and the areas under them.
//!
//! Both walk once over the rows in the order of their probabilities; rows of equal probability are one step.
//! Source: scikit-learn's `roc_auc_score` and `average_precision_score`.

/// The rows of a binary problem, or of one class against all others.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// The probability of the positive class, and the weight: positive for its rows, negative for the others.
    rows: Vec<(f64, f64)>,
}

/// The two areas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Areas {
    /// Under the ROC curve, ties counted half.
    pub auc: f64,
    /// The average precision.
    pub pr_auc: f64,
}

/// What is above a threshold: rows whose probability is at least this.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// The threshold.
    pub threshold: f64,
    /// The share of the negative rows above it: x of the ROC curve.
    pub false_positive_rate: f64,
    /// The share of the positive rows above it: y of the ROC curve, x of the precision-recall curve.
    pub recall: f64,
    /// The share of positive rows among those above it: y of the precision-recall curve.
    pub precision: f64,
}

impl Ranking {
    /// Adds a row of this weight with the probability of the positive class.
    pub fn push(&mut self, probability: f64, is_positive: bool, weight: f64) {
        self.rows.push((probability, if is_positive { weight } else { -weight }));
    }

    /// The weights of positive and negative rows, once the rows are in order; `None` unless both occur.
    fn order(&mut self) -> Option<[f64; 2]> {
        // The sum of weights of equal rows must not depend on the order in which they came.
        self.rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
        let weight = |sign: f64| self.rows.iter().map(|r| (sign * r.1).max(0.0)).sum::<f64>();
        let (positives, negatives) = (weight(1.0), weight(-1.0));
        (positives > 0.0 && negatives > 0.0).then_some([positives, negatives])
    }

    /// Each probability that occurs, in descending order, with the weights of its positive and negative rows.
    fn steps(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        self.rows.chunk_by(|a, b| a.0 == b.0).map(|tied| {
            let yes = tied.iter().map(|r| r.1.max(0.0)).sum();
            let no = tied.iter().map(|r| (-r.1).max(0.0)).sum();
            (tied[0].0, yes, no)
        })
    }

    /// The areas; `None` unless both classes occur.
    pub fn areas(&mut self) -> Option<Areas> {
        let [positives, negatives] = self.order()?;
        let (mut yes, mut no, mut pairs, mut precision) = (0.0, 0.0, 0.0, 0.0);
        for (_, step_yes, step_no) in self.steps() {
            pairs += step_no * (yes + step_yes / 2.0);
            yes += step_yes;
            no += step_no;
            precision += step_yes * (yes / (yes + no));
        }
        Some(Areas { auc: pairs / (positives * negatives), pr_auc: precision / positives })
    }

    /// A point for each probability that occurs, in descending order; `None` unless both classes occur.
    pub fn curve(&mut self) -> Option<Vec<CurvePoint>> {
        let [positives, negatives] = self.order()?;
        let (mut yes, mut no) = (0.0, 0.0);
        let point = |(threshold, step_yes, step_no)| {
            yes += step_yes;
            no += step_no;
            CurvePoint {
                threshold,
                false_positive_rate: no / negatives,
                recall: yes / positives,
                precision: yes / (yes + no),
            }
        };
        Some(self.steps().map(point).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(rows: &[(f64, bool)]) -> Option<(f64, f64)> {
        let mut ranking = Ranking::default();
        rows.iter().for_each(|&(p, y)| ranking.push(p, y, 1.0));
        ranking.areas().map(|a| (a.auc, a.pr_auc))
    }

    #[test]
    fn ties_count_half_and_one_class_alone_has_no_areas() {
        // The example of scikit-learn's roc_auc_score and average_precision_score.
        let (auc, pr_auc) = areas(&[(0.1, false), (0.4, false), (0.35, true), (0.8, true)]).unwrap();
        assert!(auc == 0.75 && (pr_auc - 5.0 / 6.0).abs() < 1e-15);
        assert_eq!(areas(&[(0.5, false), (0.5, true), (0.5, true), (0.5, false)]), Some((0.5, 0.5)));
        assert_eq!(areas(&[(0.5, true)]), None);
        assert_eq!(areas(&[]), None);
    }
}
