//! Contributions are Shapley's values: compared with their definition, the sum over all subsets of columns.

use crate::tables::Made;
use planish_tensor::Exec;
use planish_trees::{Binner, Data, Forest, Labels, Loss, Rows, Settings, Tree, fit};

/// The mean of a tree's leaves where the columns of the set are known, others by the rows of each side.
fn expected(tree: &Tree<'_>, binner: &Binner, row: &[u8], known: u32, at: usize) -> (f64, f64) {
    let n = tree.nodes.len();
    if at >= n {
        return (tree.leaves[at - n], f64::from(tree.covers[at - n].max(1)));
    }
    let node = &tree.nodes[at];
    let [left, right] = node.children.map(|c| expected(tree, binner, row, known, usize::from(c)));
    let rows = left.1 + right.1;
    let source = binner.columns[node.column as usize].source;
    if known >> source & 1 == 1 {
        let bin = row[node.column as usize];
        let goes_left = match node.test() {
            planish_trees::Test::AtMost { bin: limit, missing_left } => {
                if bin == 0 {
                    missing_left
                } else {
                    bin <= limit
                }
            }
            planish_trees::Test::In { set } => {
                tree.sets[usize::from(set)][usize::from(bin / 64)] >> (bin % 64) & 1 == 1
            }
        };
        return (if goes_left { left.0 } else { right.0 }, rows);
    }
    ((left.0 * left.1 + right.0 * right.1) / rows, rows)
}

/// Shapley's value of each column by its definition, and last what all columns unknown give.
fn by_definition(forest: &Forest, binner: &Binner, row: &[u8], output: usize) -> Vec<f64> {
    let columns = binner.sources;
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let value = |known: u32| {
        let trees = (0..forest.trees()).filter(|t| t % forest.outputs() == output);
        trees.map(|t| expected(&forest.tree(t), binner, row, known, 0).0).sum::<f64>()
    };
    let mut out = vec![0.0; columns + 1];
    for known in 0..1_u32 << columns {
        let size = known.count_ones() as usize;
        for column in (0..columns).filter(|c| known >> c & 1 == 0) {
            let weight = factorial(size) * factorial(columns - size - 1) / factorial(columns);
            out[column] += weight * (value(known | 1 << column) - value(known));
        }
    }
    out[columns] = value(0) + forest.base[output];
    out
}

#[test]
fn contributions_are_shapley_values_and_add_up() {
    let made = Made::new(800, 12);
    let columns = made.columns();
    let train: Vec<u32> = (0..800).collect();
    for loss in [Loss::Squared, Loss::Softmax] {
        let labels = if loss.is_for_classes() {
            Labels::Classes { classes: &made.classes, count: 3 }
        } else {
            Labels::Numbers(&made.y)
        };
        // Trees that ask a column more than once.
        let settings = Settings { loss, rounds: 6, leaves: 20, means_above: 4, ..Settings::default() };
        let fitted = fit(
            Exec::best(),
            &Data::new(&columns, labels),
            &Rows { train: &train, held: &[] },
            &settings,
            &mut (),
            None,
        )
        .unwrap();
        let rows = fitted.binner.bin(Exec::best(), &columns).unwrap().select(0..40);
        let (outputs, width) = (fitted.forest.outputs(), columns.len() + 1);
        let got = fitted.forest.contributions(Exec::best(), &fitted.binner, &rows);
        assert_eq!(got, fitted.forest.contributions(Exec::best().with_threads(3), &fitted.binner, &rows));
        let scores = fitted.forest.scores(Exec::best(), &rows);
        for row in 0..40 {
            for output in 0..outputs {
                let got = &got[(row * outputs + output) * width..][..width];
                let want = by_definition(&fitted.forest, &fitted.binner, rows.row(row), output);
                got.iter().zip(&want).for_each(|(g, w)| assert!((g - w).abs() < 1e-12, "{got:?} {want:?}"));
                assert!((got.iter().sum::<f64>() - scores[row * outputs + output]).abs() < 1e-12);
            }
        }
    }
}
