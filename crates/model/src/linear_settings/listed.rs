//! The list of a linear model's settings. Those without a line are a network's too, and told of there; the command line itself tells of
//! `model` and `folds`, which are more to it.

use super::{LinearKind, LinearSettings};
use crate::missing::Missing;
use crate::setting::Need::Without;
use crate::setting::{
    Described, Form, NOT_NEGATIVE, Setting, at, choice, complete, headed, list, names, number, passing,
    plain, switch, value,
};
use planish_linreg::ols::{AliasedPolicy, Covariance};
use planish_linreg::penalised::AlphaRule;
use planish_tabular::Task;

type S = LinearSettings;

impl Described for LinearSettings {
    fn start() -> LinearSettings {
        LinearSettings::new("")
    }

    fn settings() -> Vec<Setting<LinearSettings>> {
        let all = headed("", general())
            .chain(headed("Linear models", formula()))
            .chain(headed("Linear models with penalties", penalty()));
        complete(all.collect())
    }
}

fn general() -> Vec<Setting<S>> {
    vec![
        choice("model", "", LinearKind::CHOICES, at!(kind)),
        value("target", "COL", "", plain::<String>, at!(target)),
        choice("task", "", Task::CHOICES, at!(task)),
        names("drop", "COL,…", "", at!(drop)),
        choice("missing", "", Missing::CHOICES, at!(missing)),
        switch("no-intercept", "A linear model without intercept", false, at!(intercept))
            .but(|it| it.off = Some("intercept")),
        value("sample-weight", "COL", "", plain::<String>, at!(weights)),
        value("seed", "N", "", plain::<u64>, at!(kind is LinearKind::ElasticNet { seed, .. } => seed)),
        value("folds", "K", "", plain::<usize>, at!(kind is LinearKind::ElasticNet { folds, .. } => folds))
            .of("model")
            .needs(&[Without("alpha")]),
    ]
}

fn formula() -> Vec<Setting<S>> {
    vec![
        list(
            "poly",
            "COL:K",
            "Powers of a number column up to K, in its place (may be given several times): --poly age:2",
            power,
            at!(formula.powers),
        ),
        list(
            "interact",
            "A:B",
            "Products of two columns as terms; of categories, of their levels (may be given several times): --interact age:sex",
            pair,
            at!(formula.interactions),
        ),
        choice(
            "aliased",
            "What becomes of terms that are combinations of terms before them: --aliased error",
            AliasedPolicy::CHOICES,
            |s: &mut S| (s.kind == LinearKind::LeastSquares).then_some(&mut s.aliased),
        )
        .of("model"),
        choice(
            "cov",
            "Covariance of the coefficients, for standard errors, tests and intervals: --cov hc3",
            Covariance::CHOICES,
            |s: &mut S| (s.kind == LinearKind::LeastSquares).then_some(&mut s.covariance),
        )
        .of("model")
        .needs(&[Without("one-pass")]),
        value(
            "cluster",
            "COL",
            "Column of clusters, no feature: --cov cluster --cluster school",
            plain::<String>,
            |s: &mut S| (s.kind == LinearKind::LeastSquares).then_some(&mut s.cluster),
        )
        .of("model")
        .needs(&[Without("one-pass")]),
    ]
}

fn penalty() -> Vec<Setting<S>> {
    vec![
        Setting::new(
            "alpha",
            "X",
            "Penalty of ridge, lasso and elastic-net, chosen from the data if not given; of logistic (1/C) and poisson, 0 if not given",
            NOT_NEGATIVE,
            put_alpha,
            |s| has_alpha(&s.kind).then_some(None),
        )
        .form(Form::Number)
        .of("model")
        .needs(&[Without("one-pass")]),
        number("l1-ratio", "Share of elastic-net's penalty that is on absolute values", l1_ratio, |s: &mut S| {
            // Of 1 it is the lasso.
            if let LinearKind::ElasticNet { l1_ratio, .. } = &mut s.kind && *l1_ratio != 1.0 {
                Some(l1_ratio)
            } else {
                None
            }
        })
        .of("model"),
        choice(
            "alpha-rule",
            "How lasso and elastic-net choose their penalty by --folds K (5 if not given) folds",
            AlphaRule::CHOICES,
            at!(kind is LinearKind::ElasticNet { rule, .. } => rule),
        )
        .of("model")
        .needs(&[Without("alpha")]),
        switch(
            "no-standardize",
            "Penalise coefficients in the units of the data, as scikit-learn does, not of columns and a target scaled to a standard deviation of one (ridge, lasso, elastic-net)",
            false,
            at!(kind is LinearKind::Ridge { standardize, .. } | LinearKind::ElasticNet { standardize, .. } => standardize),
        )
        .of("model"),
    ]
}

fn put_alpha(s: &mut S, x: f64) -> Result<(), String> {
    match &mut s.kind {
        LinearKind::Ridge { alpha, .. } | LinearKind::ElasticNet { alpha, .. } => *alpha = Some(x),
        LinearKind::Logistic { l2 } | LinearKind::Poisson { l2 } => *l2 = x,
        LinearKind::LeastSquares | LinearKind::NonNegative => {}
    }
    Ok(())
}

fn has_alpha(kind: &LinearKind) -> bool {
    match kind {
        LinearKind::Ridge { .. }
        | LinearKind::ElasticNet { .. }
        | LinearKind::Logistic { .. }
        | LinearKind::Poisson { .. } => true,
        LinearKind::LeastSquares | LinearKind::NonNegative => false,
    }
}

fn l1_ratio(text: &str) -> Result<f64, String> {
    passing(
        text,
        |x: &f64| *x > 0.0 && *x <= 1.0,
        "it must be above 0 and at most 1 (for 0 use --model ridge)",
    )
}

fn power(text: &str) -> Result<(String, u32), String> {
    let (column, degree) = text.rsplit_once(':').ok_or("it must be a column and a power, such as age:2")?;
    let degree = degree.trim().parse().ok().filter(|k| (1..=64).contains(k));
    Ok((column.trim().to_owned(), degree.ok_or("the power must be a whole number from 1 to 64")?))
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split(':').map(str::trim).collect::<Vec<_>>()[..] {
        [a, b] if !a.is_empty() && !b.is_empty() => Ok((a.to_owned(), b.to_owned())),
        _ => Err("it must be two columns, such as age:sex".to_owned()),
    }
}
