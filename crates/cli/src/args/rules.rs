//! What each command's options need to have an effect: one table, in which every option of every command stands (a test looks).

use super::requests::Needs::{OtherThan, Value, With, Without};
use super::requests::{Needs, Rule};

/// The rules of each command.
pub(super) const RULES: &[(&str, &[Rule])] = &[
    ("quickstart", &[rule(&["out", "threads", "overwrite"], &[])]),
    ("train", TRAIN),
    ("evaluate", &[rule(&["model", "data", "json", "threads", "delimiter", "header"], &[])]),
    ("predict", PREDICT),
    ("inspect", &[rule(&["model", "against", "json"], &[])]),
    ("report", REPORT),
    ("serve", SERVE),
];

const fn rule(options: &'static [&'static str], needs: &'static [Needs]) -> Rule {
    Rule { options, needs }
}

const NETWORK: Needs = Value("model", &["mlp"]);
const LINEAR: Needs = Value(
    "model",
    &["linear", "ols", "ridge", "lasso", "elastic-net", "non-negative", "logistic", "poisson"],
);
const LEAST_SQUARES: Needs = Value("model", &["linear", "ols"]);
const HIDDEN_LAYERS: Needs = OtherThan("hidden", "none");

const TRAIN: &[Rule] = &[
    // The same seed gives the same model, also where nothing is drawn.
    rule(
        &[
            "data",
            "target",
            "task",
            "model",
            "drop",
            "seed",
            "threads",
            "json",
            "config",
            "print-config",
            "delimiter",
            "header",
            "sample-weight",
        ],
        &[],
    ),
    // A range test writes nothing, and takes its steps and rates as it wants.
    rule(
        &[
            "output",
            "overwrite",
            "history",
            "log-dir",
            "checkpoint",
            "folds",
            "lr",
            "schedule",
            "warmup",
            "plateau",
            "epochs",
            "max-steps",
            "time-limit",
            "metrics",
            "monitor",
            "monitor-mode",
            "patience",
            "min-delta",
            "ema",
        ],
        &[Without("lr-range-test")],
    ),
    rule(&["one-pass"], &[With("columns")]),
    rule(&["columns"], &[With("one-pass")]),
    rule(&["group", "time"], &[With("folds")]),
    // What is watched to stop early: of held-out rows, or the training loss.
    rule(
        &["monitor", "monitor-mode", "patience", "min-delta"],
        &[OtherThan("validation-split", "0"), Value("monitor", &["loss"])],
    ),
    rule(&["no-intercept", "poly", "interact"], &[LINEAR]),
    rule(&["aliased", "cov", "cluster", "one-pass", "columns"], &[LEAST_SQUARES]),
    rule(&["cov", "cluster", "alpha"], &[Without("one-pass")]),
    rule(&["alpha"], &[Value("model", &["linear", "ridge", "lasso", "elastic-net", "logistic", "poisson"])]),
    rule(&["l1-ratio"], &[Value("model", &["elastic-net"])]),
    rule(&["alpha-rule"], &[Value("model", &["lasso", "elastic-net"])]),
    rule(&["folds"], &[Value("model", &["mlp", "lasso", "elastic-net"])]),
    rule(&["alpha-rule", "folds"], &[Without("alpha")]),
    rule(&["no-standardize"], &[Value("model", &["ridge", "lasso", "elastic-net"])]),
    rule(
        &[
            "embed-above",
            "embed-dim",
            "hidden",
            "activation",
            "dropout",
            "batch-norm",
            "layer-norm",
            "residual",
            "l1",
            "l2",
            "max-norm",
            "initializer",
            "loss",
            "label-smoothing",
            "class-weight",
        ],
        &[NETWORK],
    ),
    rule(&["embed-dim"], &[With("embed-above")]),
    rule(&["activation", "dropout", "batch-norm", "layer-norm", "residual", "max-norm"], &[HIDDEN_LAYERS]),
    rule(
        &[
            "optimizer",
            "lr",
            "momentum",
            "nesterov",
            "beta1",
            "beta2",
            "rho",
            "centered",
            "epsilon",
            "weight-decay",
            "clip-norm",
            "clip-value",
            "ema",
            "ema-overwrite",
        ],
        &[NETWORK],
    ),
    rule(&["momentum"], &[Value("optimizer", &["sgd", "momentum", "rmsprop"])]),
    rule(&["nesterov"], &[Value("optimizer", &["sgd", "momentum"])]),
    rule(&["nesterov"], &[Value("optimizer", &["momentum"]), With("momentum")]),
    rule(&["beta1", "beta2"], &[Value("optimizer", &["adam", "adamw", "nadam", "lion"])]),
    rule(&["rho", "centered"], &[Value("optimizer", &["rmsprop"])]),
    rule(&["epsilon"], &[Value("optimizer", &["adam", "adamw", "nadam", "rmsprop", "adagrad"])]),
    rule(&["ema-overwrite"], &[With("ema")]),
    rule(
        &[
            "schedule",
            "warmup",
            "schedule-end",
            "schedule-steps",
            "schedule-rate",
            "schedule-power",
            "schedule-factors",
            "plateau",
            "plateau-factor",
            "plateau-patience",
            "plateau-min-delta",
            "plateau-cooldown",
            "plateau-min-lr",
            "lr-range-test",
        ],
        &[NETWORK],
    ),
    rule(
        &["schedule-end"],
        &[Value("schedule", &["polynomial", "cosine", "cosine-restarts", "flat-cosine"])],
    ),
    rule(&["schedule-steps"], &[Value("schedule", &["exponential", "inverse-time", "cosine-restarts"])]),
    rule(&["schedule-rate"], &[Value("schedule", &["exponential", "inverse-time"])]),
    rule(&["schedule-power"], &[Value("schedule", &["polynomial"])]),
    rule(&["schedule-factors"], &[Value("schedule", &["piecewise"])]),
    rule(
        &["plateau-factor", "plateau-patience", "plateau-min-delta", "plateau-cooldown", "plateau-min-lr"],
        &[With("plateau")],
    ),
    rule(
        &[
            "epochs",
            "batch-size",
            "validation-split",
            "metrics",
            "monitor",
            "monitor-mode",
            "patience",
            "min-delta",
            "max-steps",
            "time-limit",
            "group",
            "time",
            "history",
            "log-dir",
            "checkpoint",
            "checkpoint-every",
            "resume",
        ],
        &[NETWORK],
    ),
    rule(&["checkpoint-every", "resume"], &[With("checkpoint")]),
];

const PREDICT: &[Rule] = &[
    rule(&["model", "data", "output", "interval", "json", "threads", "delimiter", "header"], &[]),
    rule(&["overwrite"], &[With("output")]),
];

const REPORT: &[Rule] = &[
    rule(&["model", "data", "output", "overwrite", "json", "threads"], &[]),
    rule(&["delimiter", "header"], &[With("data")]),
];

const SERVE: &[Rule] = &[
    rule(
        &[
            "models",
            "config",
            "print-config",
            "addr",
            "label",
            "watch",
            "keys",
            "tls-cert",
            "tls-key",
            "allow-public",
            "allow-host",
            "threads",
            "batch-rows",
            "batch-delay",
            "queue-rows",
            "queue-mib",
            "queue-wait",
            "max-in-flight",
            "rate",
            "max-connections",
            "max-body-mib",
            "max-buffered-mib",
            "max-head-kib",
            "max-rows",
            "max-inputs",
            "max-rank",
            "max-depth",
            "head-timeout",
            "body-timeout",
            "idle-timeout",
            "write-timeout",
            "map",
            "strict",
            "max-unsent-mib",
            "deadline",
            "drain",
            "drain-delay",
            "triton-metrics",
            "log",
        ],
        &[],
    ),
    #[cfg(feature = "otlp")]
    rule(&["otlp"], &[]),
    rule(&["log-format"], &[OtherThan("log", "off")]),
];
