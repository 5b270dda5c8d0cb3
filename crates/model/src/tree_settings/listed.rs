//! The list of the settings of boosted trees. Those without a line are a network's too, and told of there.

use super::TreeSettings;
use crate::class_choices::{Threshold, class_weight};
use crate::setting::Need::OtherThan;
use crate::setting::{
    COUNT, Described, Form, NOT_NEGATIVE, POSITIVE, Parse, SHARE, Setting, Shown, at, choice, complete,
    headed, names, number, passing, plain, split_names, value,
};
use planish_tabular::Task;
use planish_trees::{Loss, MAX_LEAVES, MAX_ROUNDS};

type S = TreeSettings;

impl Described for TreeSettings {
    fn start() -> TreeSettings {
        TreeSettings::new("")
    }

    fn settings() -> Vec<Setting<TreeSettings>> {
        complete(headed("", general()).chain(headed("Boosted trees", trees())).collect())
    }
}

fn general() -> Vec<Setting<S>> {
    vec![
        value("target", "COL", "", plain::<String>, at!(target)),
        choice("task", "", Task::CHOICES, at!(task)),
        names("drop", "COL,…", "", at!(drop)),
        value("seed", "N", "", plain::<u64>, at!(seed)),
        value("sample-weight", "COL", "", plain::<String>, at!(sample_weight)),
        class_weight("", |s: &mut S| (&mut s.class_weight, &mut s.classes.weights)),
        value("positive", "CLASS", "", plain::<String>, at!(classes.positive)),
        value("threshold", "X|METRIC", "", plain::<Threshold>, at!(classes.threshold)),
        number("validation-split", "", SHARE, at!(validation_split)),
        value("group", "COL", "", plain::<String>, at!(hold_out.group)),
        value("time", "COL", "", plain::<String>, at!(hold_out.time)),
        value("validation-column", "COL", "", plain::<String>, at!(hold_out.column)),
        value("loss", "NAME", "", loss, at!(loss)),
        number("lr", "", RATE, at!(learning_rate)),
        number("l2", "", NOT_NEGATIVE, at!(l2)),
        value("patience", "N", "", COUNT, at!(patience)).needs(&[OtherThan("validation-split", "0")]),
    ]
}

fn trees() -> Vec<Setting<S>> {
    vec![
        value(
            "rounds",
            "N",
            "Most rounds, each a tree, or of more than two classes a tree a class; 2000 if not given, or 300 where no rows are held out",
            ROUNDS,
            at!(rounds),
        ),
        value("leaves", "N", "Most leaves of a tree", LEAVES, at!(leaves)),
        value("depth", "N", "Most splits from the root to a leaf (0: no limit)", DEPTH, at!(depth)),
        value("min-rows-in-leaf", "N", "Fewest rows in a leaf", COUNT, at!(min_rows_in_leaf)),
        number("subsample", "Share of the rows that each round learns from", PART, at!(subsample)),
        number("colsample", "Share of the columns that each tree may use", PART, at!(colsample)),
        value("bins", "N", "Most bins that a column is cut into", BINS, at!(bins)),
        Setting::new(
            "monotone",
            "COL:+|-,…",
            "Columns with which the prediction may only rise (+) or fall (-): --monotone size:+,age:-",
            directions,
            |s: &mut S, more| {
                s.monotone.extend(more);
                Ok(())
            },
            |_| Some(None),
        )
        .form(Form::List),
    ]
}

/// A number above 0, at most 1.
const PART: Parse<f64> =
    |text| passing(text, |x: &f64| *x > 0.0 && *x <= 1.0, "it must be above 0 and at most 1");

/// As networks take it; trees have no use for more than 1.
const RATE: Parse<f64> = |text| POSITIVE(text).and_then(|_| PART(text));

const ROUNDS: Parse<usize> =
    |text| passing(text, |n| (1..=MAX_ROUNDS).contains(n), "it must lie in 1 to 1,000,000");

const LEAVES: Parse<usize> =
    |text| passing(text, |n| (2..=MAX_LEAVES).contains(n), "it must lie in 2 to 4096");

const DEPTH: Parse<usize> = |text| passing(text, |n| *n <= MAX_LEAVES, "it must lie in 0 to 4096");

const BINS: Parse<usize> = |text| passing(text, |n| (2..=255).contains(n), "it must lie in 2 to 255");

/// size:+,age:-
fn directions(text: &str) -> Result<Vec<(String, i8)>, String> {
    let one = |part: String| match part.rsplit_once(':') {
        Some((column, "+")) if !column.is_empty() => Ok((column.to_owned(), 1)),
        Some((column, "-" | "−")) if !column.is_empty() => Ok((column.to_owned(), -1)),
        _ => Err("it must be columns, each with + or -, such as size:+,age:-".to_owned()),
    };
    split_names(text)?.into_iter().map(one).collect()
}

/// The losses of a number; a parameter follows the name after a colon.
fn loss(text: &str) -> Result<Loss, String> {
    let unknown =
        || "for trees it must be squared, absolute, quantile:Q, huber:D, poisson or gamma".to_owned();
    let (name, parameter) = text.split_once(':').map_or((text, None), |(name, p)| (name, Some(p)));
    let number = |otherwise: f64| parameter.map_or(Ok(otherwise), |p| p.parse().map_err(|_| unknown()));
    match (name, parameter) {
        ("quantile", _) => match number(0.5)? {
            level if level > 0.0 && level < 1.0 => Ok(Loss::Quantile { level }),
            _ => Err("the quantile must lie between 0 and 1, such as quantile:0.9".to_owned()),
        },
        ("huber", _) => match number(1.0)? {
            delta if delta > 0.0 && delta.is_finite() => Ok(Loss::Huber { delta }),
            _ => Err("Huber's bound must be a positive number, such as huber:1.5".to_owned()),
        },
        ("squared", None) => Ok(Loss::Squared),
        ("absolute", None) => Ok(Loss::Absolute),
        ("poisson", None) => Ok(Loss::Poisson),
        ("gamma", None) => Ok(Loss::Gamma),
        _ => Err(unknown()),
    }
}

impl Shown for Loss {
    fn shown(&self) -> Option<String> {
        Some(match self {
            Loss::Quantile { level } => format!("quantile:{level}"),
            Loss::Huber { delta } => format!("huber:{delta}"),
            Loss::Squared | Loss::Absolute | Loss::Poisson | Loss::Gamma | Loss::LogLoss | Loss::Softmax => {
                self.name().to_owned()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_directions_are_read() {
        assert_eq!(loss("quantile:0.9"), Ok(Loss::Quantile { level: 0.9 }));
        assert_eq!(loss("huber"), Ok(Loss::Huber { delta: 1.0 }));
        for wrong in ["quantile:1", "huber:0", "squared:2", "mse", "log_loss", "huber:x"] {
            assert!(loss(wrong).is_err(), "{wrong}");
        }
        let found = directions("size:+,\"a,b:-\",t:x:-").unwrap();
        let want = [("size", 1), ("a,b", -1), ("t:x", -1)].map(|(c, d)| (c.to_owned(), d));
        assert_eq!(found, want);
        assert!(directions("size").is_err() && directions(":+").is_err());
    }
}
