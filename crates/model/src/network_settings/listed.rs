//! The list of a network's settings.

use super::NetworkSettings;
use crate::class_choices::{Threshold, class_weight};
use crate::missing::Missing;
use crate::setting::Need::{OtherThan, Value, With, Without};
use crate::setting::{
    COUNT, Described, FROM_ONE, Form, NOT_NEGATIVE, Need, POSITIVE, Parse, SHARE, Setting, at, choice,
    complete, headed, list, names, number, plain, switch, value,
};
use planish_nn::{Activation, Initializer, Loss};
use planish_optim::{Clip, Curve, EmaSettings, Optimizer, ReduceOnPlateau};
use planish_tabular::Task;
use planish_train::{Metric, Mode};

/// A range test writes nothing, and takes its steps and rates as it wants.
const NO_TEST: Need = Without("lr-range-test");
const HIDDEN_LAYERS: Need = OtherThan("hidden", "none");

type S = NetworkSettings;
type Settings = Vec<Setting<S>>;

impl Described for NetworkSettings {
    fn start() -> NetworkSettings {
        NetworkSettings::new("")
    }

    fn settings() -> Settings {
        let all = headed("", general())
            .chain(headed("Network", network()))
            .chain(headed("Optimizer", optimizer()))
            .chain(headed("Learning rate", learning_rate()))
            .chain(headed("Run", run()))
            .chain(headed("Held-out rows", held_out()));
        complete(all.collect())
    }
}

fn general() -> Settings {
    vec![
        value("target", "COL", "Column to predict", plain::<String>, at!(target)),
        choice(
            "task",
            "What to predict; if not given, classes for texts and for numbers of exactly two different values, else a number",
            Task::CHOICES,
            at!(task),
        ),
        names("drop", "COL,…", "Columns to leave out", at!(drop)),
        choice(
            "missing",
            "What becomes of missing values in training; a prediction always fills them in",
            Missing::CHOICES,
            at!(missing),
        ),
        value(
            "seed",
            "N",
            "Seed of the split, the initial weights and the shuffles; of trees of all that is drawn",
            plain::<u64>,
            at!(seed),
        ),
    ]
}

fn network() -> Settings {
    vec![
        value(
            "embed-above",
            "N",
            "Categories with more levels than N become learned vectors (embeddings) instead of a column a level: --embed-above 9",
            plain::<usize>,
            at!(embed_above),
        ),
        value("embed-dim", "N", "Length of those vectors", plain::<usize>, at!(embed_dim))
            .needs(&[With("embed-above")]),
        value("hidden", "N,N…", "Units of each hidden layer, or \"none\"", units, at!(hidden)),
        value("activation", "NAME", activations(), activation, at!(activation)).needs(&[HIDDEN_LAYERS]),
        number(
            "dropout",
            "Share of each hidden layer's outputs that are zeroed at random in training",
            SHARE,
            at!(dropout),
        )
        .needs(&[HIDDEN_LAYERS]),
        switch(
            "batch-norm",
            "Batch normalisation after each hidden layer's activation",
            true,
            at!(batch_norm),
        )
        .but(|it| it.conflicts = Some("layer-norm"))
        .but(|it| it.off = Some("no-batch-norm"))
        .needs(&[HIDDEN_LAYERS]),
        switch(
            "layer-norm",
            "Layer normalisation after each hidden layer's activation",
            true,
            at!(layer_norm),
        )
        .but(|it| it.off = Some("no-layer-norm"))
        .needs(&[HIDDEN_LAYERS]),
        switch(
            "residual",
            "Hidden layers as wide as the one before add to what they read",
            true,
            at!(residual),
        )
        .but(|it| it.off = Some("no-residual"))
        .needs(&[HIDDEN_LAYERS]),
        number("l1", "L1 penalty on the weights: X·Σ|w| in the loss", NOT_NEGATIVE, at!(l1)),
        number(
            "l2",
            "L2 penalty on the weights: X·Σw² in the loss; of trees ½·X·Σv² on the values of their leaves, 1 if not given",
            NOT_NEGATIVE,
            at!(l2),
        ),
        number("max-norm", "Largest norm of each hidden unit's weights", POSITIVE, at!(max_norm))
            .needs(&[HIDDEN_LAYERS]),
        value("initializer", "NAME", initializers(), plain::<Initializer>, at!(initializer)),
        value(
            "loss",
            "NAME",
            "Loss: for numbers mse, mae, sse, huber:D, log_cosh, quantile:Q or poisson; for two classes binary_crossentropy, mse, hinge or squared_hinge; the one that suits the target if not given. Of trees, for numbers: squared, absolute, quantile:Q, huber:D, poisson or gamma",
            plain::<Loss>,
            at!(loss),
        ),
        number(
            "label-smoothing",
            "Share by which a cross-entropy's targets are moved to the classes' average",
            SHARE,
            at!(label_smoothing),
        ),
        class_weight(
            "How much rows of each class count: balanced is every class alike, a=1,b=5 a row of b five times one of a; scaled to mean 1",
            |s: &mut S| (&mut s.fit.class_weights, &mut s.classes.weights),
        ),
        value(
            "positive",
            "CLASS",
            "Which of two classes is the positive one: precision, recall, F1 and areas are of it; the second in sorted order if not given",
            plain::<String>,
            at!(classes.positive),
        ),
        value(
            "threshold",
            "X|METRIC",
            "Predict the positive class above this probability instead of 1/2, or above that at which f1, accuracy, balanced_accuracy or mcc of held-out rows is best",
            plain::<Threshold>,
            at!(classes.threshold),
        )
        .first(&[NO_TEST]),
        value(
            "sample-weight",
            "COL",
            "Column with the rows' weights; it is no feature: --weights people",
            plain::<String>,
            at!(sample_weight),
        )
        .but(|it| it.alias = Some("weights")),
    ]
}

/// Those that only some optimizers have are found by their names among [`Optimizer::numbers_mut`].
fn optimizer() -> Settings {
    let named = |s: &S, name: &str| Optimizer::from_name(name, s.optimizer.lr()).map_err(|e| e.to_string());
    let chosen = Setting::new(
        "optimizer",
        "NAME",
        "Optimizer",
        plain::<String>,
        move |s: &mut S, name| {
            s.optimizer = named(s, &name)?;
            Ok(())
        },
        move |s| {
            let is_now = |name: &&str| named(s, name).is_ok_and(|o| o == s.optimizer);
            Some(Optimizer::NAMES.into_iter().find(is_now).map(str::to_owned))
        },
    )
    .but(|it| it.choices = Optimizer::NAMES.map(|name| (name, "")).to_vec());
    let nesterov = switch(
        "nesterov",
        "Nesterov's look-ahead for sgd with momentum",
        true,
        at!(optimizer is Optimizer::Sgd { nesterov, .. } => nesterov),
    )
    .but(|it| it.off = Some("no-nesterov"))
    .of("optimizer")
    .needs(&[Value("optimizer", vec!["momentum"]), With("momentum")]);
    let centered = switch(
        "centered",
        "{} less the square of the mean gradient",
        true,
        at!(optimizer is Optimizer::RmsProp { centered, .. } => centered),
    )
    .but(|it| it.off = Some("no-centered"))
    .of("optimizer");
    let mut all = vec![
        chosen,
        number(
            "lr",
            "Learning rate; of trees what each is multiplied by, 0.05 if not given",
            POSITIVE,
            |s: &mut S| s.optimizer.number_mut("lr"),
        )
        .but(|it| it.alias = Some("learning-rate"))
        .first(&[NO_TEST]),
    ];
    let own = |(name, doc, is_share)| {
        own_number(name, doc, if is_share { SHARE } else { NOT_NEGATIVE }).of("optimizer")
    };
    all.extend(Optimizer::NUMBERS.map(own));
    // Each after the number that it is told of beside.
    for (before, switch) in [("momentum", nesterov), ("rho", centered)] {
        let at = all.iter().position(|s| s.name == before).map_or(all.len(), |at| at + 1);
        all.insert(at, switch);
    }
    all.extend([
        // AdamW's own, or that of all parameters with any other.
        Setting::new(
            "weight-decay",
            "X",
            "Decoupled weight decay; 0.004 for adamw if not given, else 0",
            NOT_NEGATIVE,
            |s: &mut S, decay| {
                *s.optimizer.number_mut("weight-decay").unwrap_or(&mut s.weight_decay) = decay;
                Ok(())
            },
            |_| Some(None),
        )
        .form(Form::Number),
        clip("clip-norm", "Largest norm of all gradients together", Clip::GlobalNorm),
        clip("clip-value", "Largest absolute value of a gradient", Clip::Value),
        Setting::new(
            "ema",
            "X",
            "Average the weights over steps, keeping this share of the average at each; the average is the model",
            SHARE,
            |s: &mut S, momentum| {
                s.fit.ema = Some(EmaSettings { momentum, overwrite_every: None });
                Ok(())
            },
            |_| Some(None),
        )
        .form(Form::Number)
        .first(&[NO_TEST]),
        value(
            "ema-overwrite",
            "N",
            "Steps between overwriting the weights with their average",
            FROM_ONE,
            at!(fit.ema ? overwrite_every),
        )
        .needs(&[With("ema")]),
    ]);
    all
}

/// A number of those optimizers that have one of this name, each with a default of its own.
fn own_number(name: &'static str, doc: &'static str, limit: Parse<f64>) -> Setting<S> {
    let put = move |s: &mut S, x: f64| {
        s.optimizer.number_mut(name).into_iter().for_each(|kept| *kept = x);
        Ok(())
    };
    let show = move |s: &mut S| s.optimizer.number_mut(name).map(|_| None);
    Setting::new(name, "X", doc, limit, put, show).form(Form::Number)
}

fn clip(name: &'static str, doc: &'static str, clip: fn(f64) -> Clip) -> Setting<S> {
    let put = move |s: &mut S, bound: f64| match s.fit.clip.replace(clip(bound)) {
        None => Ok(()),
        Some(_) => Err("--clip-norm and --clip-value cannot be used together".to_owned()),
    };
    Setting::new(name, "X", doc, POSITIVE, put, |_| Some(None)).form(Form::Number)
}

fn learning_rate() -> Settings {
    vec![
        choice("schedule", "How the learning rate changes over the run", Curve::CHOICES, at!(fit.schedule.curve))
        .but(|it| it.placeholder = "CURVE")
        .first(&[NO_TEST]),
        value("warmup", "N", "Steps of linear warm-up before the schedule", plain::<u64>, at!(fit.schedule.warmup))
        .first(&[NO_TEST]),
        number("schedule-end", "Last factor of {}", NOT_NEGATIVE, at!(fit.schedule.curve is Curve::Polynomial { end, .. } | Curve::Cosine { end } | Curve::CosineRestarts { end, .. } | Curve::FlatCosine { end, .. } => end))
            .of("schedule"),
        value(
            "schedule-steps",
            "N",
            "Steps of exponential and inverse-time, and of the first cosine of cosine-restarts",
            FROM_ONE,
            at!(fit.schedule.curve is Curve::Exponential { steps, .. } | Curve::InverseTime { steps, .. } | Curve::CosineRestarts { steps, .. } => steps),
        )
        .of("schedule"),
        number("schedule-rate", "Rate of {}", POSITIVE, at!(fit.schedule.curve is Curve::Exponential { rate, .. } | Curve::InverseTime { rate, .. } => rate))
            .of("schedule"),
        number("schedule-power", "Power of {}", POSITIVE, at!(fit.schedule.curve is Curve::Polynomial { power, .. } => power))
        .of("schedule"),
        value(
            "schedule-factors",
            "STEP:X,…",
            "Factors of {}, each from its step on",
            factors,
            at!(fit.schedule.curve is Curve::Piecewise { steps } => steps),
        )
        .of("schedule"),
        Setting::new(
            "plateau",
            "",
            "Lower the learning rate when the held-out loss no longer falls",
            plain::<String>,
            |s: &mut S, _| {
                s.fit.plateau = Some(ReduceOnPlateau::default());
                Ok(())
            },
            |_| Some(None),
        )
        .form(Form::Switch)
        .but(|it| it.off = Some("no-plateau"))
        .first(&[NO_TEST]),
        number("plateau-factor", "Factor of a reduction", POSITIVE, at!(fit.plateau ? factor))
        .of("plateau"),
        value("plateau-patience", "N", "Epochs without a fall before a reduction", FROM_ONE, at!(fit.plateau ? patience))
        .of("plateau"),
        number("plateau-min-delta", "A fall smaller than this does not count", NOT_NEGATIVE, at!(fit.plateau ? min_delta))
        .of("plateau"),
        value(
            "plateau-cooldown",
            "N",
            "Epochs after a reduction that do not count",
            plain::<u64>,
            at!(fit.plateau ? cooldown),
        )
        .of("plateau"),
        number("plateau-min-lr", "Least learning rate of reductions", NOT_NEGATIVE, at!(fit.plateau ? min_lr))
        .of("plateau"),
    ]
}

fn run() -> Settings {
    // What is watched to stop early is of held-out rows, or the training loss.
    let watched = [OtherThan("validation-split", "0"), Value("monitor", vec!["loss"])];
    let early = |setting: Setting<S>| setting.first(&[NO_TEST]).first(&watched);
    vec![
        value("epochs", "N", "Most passes over the training rows", COUNT, at!(fit.epochs))
            .first(&[NO_TEST]),
        value("batch-size", "N", "Rows of a training step", COUNT, at!(fit.batch_size)),
        number("validation-split", "Share of rows held out to watch the loss (0: none); 0.2 of trees if not given", SHARE, at!(fit.validation_split))
            .needs(&[Without("validation")])
            .needs(&[Without("validation-column")]),
        list(
            "metrics",
            "NAME,…",
            "Scores to compute after each epoch, of the held-out rows if there are any: --metrics accuracy,auc",
            plain::<Metric>,
            at!(metrics),
        )
        .form(Form::Commas)
        .first(&[NO_TEST]),
        early(value(
            "monitor",
            "NAME",
            "What is watched to stop early: val_loss, loss, or val_ and the name of a metric",
            plain::<String>,
            at!(fit.early_stopping ? monitor.name),
        )),
        early(choice("monitor-mode", "Which way it is better", Mode::CHOICES, at!(fit.early_stopping ? monitor.mode))),
        early(value(
            "patience",
            "N",
            "Epochs to wait for a better value; the best weights are kept. Of trees rounds, 50 if not given",
            COUNT,
            at!(fit.early_stopping ? patience),
        )),
        early(number(
            "min-delta",
            "A change smaller than this does not count as better",
            NOT_NEGATIVE,
            at!(fit.early_stopping ? min_delta),
        )),
        value("max-steps", "N", "Most training steps", FROM_ONE, at!(fit.max_steps))
            .first(&[NO_TEST]),
    ]
}

fn held_out() -> Settings {
    // Rows are held out by them, or dealt to folds.
    let dealing = |name, doc, place| {
        value(name, "COL", doc, plain::<String>, place)
            .first(&[With("folds"), OtherThan("validation-split", "0")])
            .needs(&[Without("validation")])
            .needs(&[Without("validation-column")])
    };
    vec![
        dealing(
            "group",
            "Column whose equal cells stay together, in training or held out, and in a fold; it is no feature",
            at!(hold_out.group),
        )
        .but(|it| it.conflicts = Some("time")),
        dealing(
            "time",
            "Column of time: the latest rows are held out, and folds go forward; one of dates is no feature",
            at!(hold_out.time),
        ),
        value(
            "validation-column",
            "COL",
            "Column that says which rows are held out (1 or 0, true or false, yes or no, validation or train), which trees do not fit in the end, either; it is no feature",
            plain::<String>,
            at!(hold_out.column),
        )
        .but(|it| it.conflicts = Some("validation"))
        .first(&[Without("folds")]),
    ]
}

fn activations() -> String {
    let hidden = Activation::ALL.into_iter().filter(|a| *a != Activation::Softmax);
    format!(
        "Activation of the hidden layers: {}",
        hidden.map(Activation::name).collect::<Vec<_>>().join(", ")
    )
}

fn activation(text: &str) -> Result<Activation, String> {
    let activation = plain(text)?;
    if activation == Activation::Softmax {
        return Err("softmax is for the output; choose another for hidden layers".to_owned());
    }
    Ok(activation)
}

/// Those for weights: ones are for scales, the narrow uniform for embeddings.
fn initializers() -> String {
    let for_weights = |i: &Initializer| !matches!(i, Initializer::Ones | Initializer::RandomUniform);
    let names: Vec<_> = Initializer::ALL.into_iter().filter(for_weights).map(Initializer::name).collect();
    format!("Initial weights: {}", names.join(", "))
}

fn units(text: &str) -> Result<Vec<usize>, String> {
    let unit = |n: &str| COUNT(n.trim()).map_err(|_| format!("{n:?} is not a positive whole number"));
    if text == "none" { Ok(Vec::new()) } else { text.split(',').map(unit).collect() }
}

/// 100:0.1,200:0.01: from step 100 on a tenth, from 200 on a hundredth.
fn factors(text: &str) -> Result<Vec<(u64, f64)>, String> {
    let pair = |part: &str| {
        let (step, factor) = part.split_once(':')?;
        Some((step.trim().parse().ok()?, factor.trim().parse().ok()?))
    };
    let of = |part: &str| pair(part).ok_or_else(|| format!("{part:?} is not of the form STEP:FACTOR"));
    text.split(',').map(of).collect()
}
