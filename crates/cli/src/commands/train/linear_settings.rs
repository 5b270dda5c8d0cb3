//! From the options of `planish train --model linear` to the settings of a linear model.

use crate::args::linear::CovArg;
use crate::args::{TrainArgs, usage};
use clap::error::ErrorKind;
use planish_model::{LinearKind, LinearSettings};
use planish_tabular::Formula;

pub(super) fn linear_settings(a: &TrainArgs, kind: LinearKind) -> LinearSettings {
    match (a.linear.cov, &a.linear.cluster) {
        (CovArg::Cluster, None) => {
            usage(ErrorKind::MissingRequiredArgument, "--cov cluster needs --cluster COL")
        }
        (CovArg::Cluster, Some(_)) | (_, None) => {}
        (_, Some(_)) => usage(ErrorKind::MissingRequiredArgument, "--cluster needs --cov cluster"),
    }
    LinearSettings {
        kind,
        drop: a.drop.clone(),
        intercept: !a.no_intercept,
        formula: Formula { powers: a.linear.poly.clone(), interactions: a.linear.interact.clone() },
        aliased: a.linear.aliased.into(),
        covariance: a.linear.cov.into(),
        cluster: a.linear.cluster.clone(),
        weights: a.network.sample_weight.clone(),
        ..LinearSettings::new(&a.target)
    }
}
