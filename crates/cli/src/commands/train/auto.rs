//! `planish train --model auto`: the best blend of models, and the table of its candidates.

use super::folds;
use super::shared::{Trained, add_no_features, leave_out_time, read_with_validation};
use crate::args::{Preset, TrainArgs, chosen};
use crate::print;
use crate::progress::TrainingProgress;
use crate::run_files::RunFiles;
use anyhow::Context;
use clap::ArgMatches;
use planish_io::TableRows;
use planish_model::{AutoObserver, AutoSettings, CandidateScore, fit_auto};
use planish_tabular::RowSource;
use planish_tensor::Exec;
use std::time::{Duration, Instant};

pub(super) fn train(
    exec: Exec,
    a: &TrainArgs,
    typed: &ArgMatches,
    source: &mut TableRows,
) -> anyhow::Result<Trained> {
    let mut settings: AutoSettings = chosen(typed, None);
    let used: Vec<&String> = settings.sample_weight.iter().collect();
    add_no_features(a, source, &used, &settings.hold_out, &mut settings.drop);
    leave_out_time(&settings.hold_out, source.schema(), &mut settings.drop);
    settings.bags = settings.bags.or(a.preset.and_then(Preset::bags));
    let table = read_with_validation(exec, a, source, &mut settings.hold_out)?;
    let folds =
        folds::cross_validate_auto(exec, a, &table, &settings).with_context(|| source.name().to_owned())?;
    let mut watch = Watch::new(a.time_limit);
    let model = fit_auto(exec, &table, &settings, &mut watch).with_context(|| source.name().to_owned())?;
    Ok(Trained { model, files: RunFiles::default(), folds })
}

/// Says what becomes of each candidate.
struct Watch {
    end: Option<Instant>,
    began: Instant,
    progress: TrainingProgress,
}

impl Watch {
    fn new(limit: Option<Duration>) -> Watch {
        let end = limit.map(|limit| Instant::now() + limit);
        Watch { end, began: Instant::now(), progress: TrainingProgress::new("", 0) }
    }

    /// Another bar takes the place of the one before.
    fn show(&mut self, unit: &'static str) {
        let mut next = TrainingProgress::new(unit, 0);
        next.limit(self.end.map(|end| end.saturating_duration_since(Instant::now())));
        std::mem::replace(&mut self.progress, next).finish();
    }
}

impl AutoObserver for Watch {
    fn begin(&mut self, _: &str, _: usize, _: usize) {
        self.began = Instant::now();
    }

    fn network(&mut self) -> &mut dyn planish_train::Observer {
        self.show("epoch");
        &mut self.progress
    }

    fn trees(&mut self) -> &mut dyn planish_trees::Observer {
        self.show("round");
        &mut self.progress
    }

    fn end(&mut self, score: &CandidateScore) {
        self.show("");
        let seconds = self.began.elapsed().as_secs_f64();
        let found = match (score.loss, &score.fault) {
            (Some(loss), _) => format!("held-out loss {}", print::score(loss)),
            (None, fault) => format!("left out: {}", fault.as_deref().unwrap_or_default()),
        };
        print::say(&format!("{}: {found}  ({seconds:.1} s)", score.name));
    }
}
