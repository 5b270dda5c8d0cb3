//! The list of the settings of a search for the best blend. Those without a line are a network's too, and told of there.

use super::AutoSettings;
use crate::class_choices::Threshold;
use crate::predictor::MAX_MEMBERS;
use crate::setting::{
    Described, Parse, SHARE, Setting, at, choice, complete, headed, names, number, passing, plain, value,
};
use planish_tabular::Task;

type S = AutoSettings;

impl Described for AutoSettings {
    fn start() -> AutoSettings {
        AutoSettings::new("")
    }

    fn settings() -> Vec<Setting<AutoSettings>> {
        complete(headed("", general()).chain(headed("Blends", blends())).collect())
    }
}

fn general() -> Vec<Setting<S>> {
    vec![
        value("target", "COL", "", plain::<String>, at!(target)),
        choice("task", "", Task::CHOICES, at!(task)),
        names("drop", "COL,…", "", at!(drop)),
        value("seed", "N", "", plain::<u64>, at!(seed)),
        value("sample-weight", "COL", "", plain::<String>, at!(sample_weight)),
        value("threshold", "X|METRIC", "", plain::<Threshold>, at!(threshold)),
        number("validation-split", "", SHARE, at!(validation_split)),
        value("group", "COL", "", plain::<String>, at!(hold_out.group)),
        value("time", "COL", "", plain::<String>, at!(hold_out.time)),
        value("validation-column", "COL", "", plain::<String>, at!(hold_out.column)),
    ]
}

fn blends() -> Vec<Setting<S>> {
    vec![
        value(
            "bags",
            "K",
            "Cut the rows into K parts and fit every candidate K times, each time with another part held out; if not given 5 where rows times features (times classes, of more than two) are at most 1500000, or there are fewer than 1000 rows; else one part alone is held out",
            BAGS,
            at!(bags),
        ),
        value("max-members", "N", "Most models of the blend", MEMBERS, at!(max_members)),
    ]
}

const BAGS: Parse<usize> = |text| passing(text, |n| (2..=20).contains(n), "it must lie in 2 to 20");

const MEMBERS: Parse<usize> =
    |text| passing(text, |n| (1..=MAX_MEMBERS).contains(n), "it must lie in 1 to 256");
