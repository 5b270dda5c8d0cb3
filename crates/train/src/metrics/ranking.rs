//! How well probabilities order the rows of a binary problem: the areas under the ROC and the precision-recall curve.
//!
//! Both walk once over the rows in the order of their probabilities; rows of equal probability are one step.
//! Source: scikit-learn's `roc_auc_score` and `average_precision_score`.

/// The rows of a binary problem.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranking {
    /// The probability of the second class, and the weight: positive for rows of the second class, negative for the first.
    rows: Vec<(f64, f64)>,
}

/// The two areas.
pub(super) struct Areas {
    pub(super) auc: f64,
    pub(super) pr_auc: f64,
}

impl Ranking {
    pub(super) fn push(&mut self, probability: f64, is_second: bool, weight: f64) {
        self.rows.push((probability, if is_second { weight } else { -weight }));
    }

    /// The areas; `None` unless both classes occur.
    pub(super) fn areas(&mut self) -> Option<Areas> {
        // The sum of weights of equal rows must not depend on the order in which they came.
        self.rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
        let weight = |sign: f64| self.rows.iter().map(|r| (sign * r.1).max(0.0)).sum::<f64>();
        let (positives, negatives) = (weight(1.0), weight(-1.0));
        if positives == 0.0 || negatives == 0.0 {
            return None;
        }
        let (mut yes, mut no, mut pairs, mut precision) = (0.0, 0.0, 0.0, 0.0);
        for tied in self.rows.chunk_by(|a, b| a.0 == b.0) {
            let step_yes: f64 = tied.iter().map(|r| r.1.max(0.0)).sum();
            let step_no: f64 = tied.iter().map(|r| (-r.1).max(0.0)).sum();
            pairs += step_no * (yes + step_yes / 2.0);
            yes += step_yes;
            no += step_no;
            precision += step_yes * (yes / (yes + no));
        }
        Some(Areas { auc: pairs / (positives * negatives), pr_auc: precision / positives })
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
