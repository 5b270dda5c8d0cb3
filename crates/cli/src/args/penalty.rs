//! The options of linear models beside least squares.

use super::{parse_l1_ratio, parse_not_negative};
use clap::{Args, ValueEnum};
use planish_linreg::penalised::AlphaRule;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlphaRuleArg {
    /// The penalty with the least mean error
    Min,
    /// The largest penalty whose mean error is within one standard error of the least
    #[value(name = "1se")]
    OneStandardError,
}

impl From<AlphaRuleArg> for AlphaRule {
    fn from(rule: AlphaRuleArg) -> AlphaRule {
        match rule {
            AlphaRuleArg::Min => AlphaRule::Min,
            AlphaRuleArg::OneStandardError => AlphaRule::OneStandardError,
        }
    }
}

#[derive(Args)]
#[command(next_help_heading = "Linear models with penalties")]
pub(crate) struct PenaltyArgs {
    /// Penalty of ridge, lasso and elastic-net, chosen from the data if not given; of logistic (1/C) and poisson, 0 if not given
    #[arg(long, value_name = "X", value_parser = parse_not_negative, allow_negative_numbers = true)]
    pub(crate) alpha: Option<f64>,
    /// Share of elastic-net's penalty that is on absolute values
    #[arg(long, value_name = "X", default_value_t = 0.5, value_parser = parse_l1_ratio, allow_negative_numbers = true)]
    pub(crate) l1_ratio: f64,
    /// How lasso and elastic-net choose their penalty by --folds K (5 if not given) folds
    #[arg(long, value_enum, default_value = "min")]
    pub(crate) alpha_rule: AlphaRuleArg,
    /// Penalise coefficients in the units of the data, as scikit-learn does, not of columns and a target scaled to a standard deviation of
    /// one (ridge, lasso, elastic-net)
    #[arg(long)]
    pub(crate) no_standardize: bool,
}
