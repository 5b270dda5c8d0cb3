//! The list of a network's settings.

use super::NetworkSettings;
use crate::setting::Need::{OtherThan, Value, With, Without};
use crate::setting::{
    Described, Form, Need, Setting, Shown, choice, complete, count, from_one, headed, list, not_negative,
    number, plain, positive, share, switch, value,
};
use planish_nn::{Activation, Initializer, Loss};
use planish_optim::{Clip, Curve, EmaSettings, Optimizer, ReduceOnPlateau};
use planish_tabular::Task;
use planish_train::{ClassWeights, EarlyStopping, Metric, Mode};

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
            .chain(headed("Run", run()));
        complete(all.collect())
    }
}

fn general() -> Settings {
    vec![
        value("target", "COL", "Column to predict", plain::<String>, |s: &mut S| Some(&mut s.target)),
        choice(
            "task",
            "What to predict; inferred from the target if not given",
            Task::CHOICES,
            |s: &mut S| Some(&mut s.task),
        ),
        list(
            "drop",
            "COL",
            "Column to leave out (may be given several times)",
            plain::<String>,
            |s: &mut S| Some(&mut s.drop),
        ),
        value(
            "seed",
            "N",
            "Seed of the split, the initial weights and the shuffles",
            plain::<u64>,
            |s: &mut S| Some(&mut s.seed),
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
            |s: &mut S| Some(&mut s.embed_above),
        ),
        value("embed-dim", "N", "Length of those vectors", plain::<usize>, |s: &mut S| Some(&mut s.embed_dim))
            .needs(&[With("embed-above")]),
        value("hidden", "N,N…", "Units of each hidden layer, or \"none\"", units, |s: &mut S| Some(&mut s.hidden)),
        value("activation", "NAME", activations(), activation, |s: &mut S| Some(&mut s.activation))
            .needs(&[HIDDEN_LAYERS]),
        number(
            "dropout",
            "Share of each hidden layer's outputs that are zeroed at random in training",
            share,
            |s: &mut S| Some(&mut s.dropout),
        )
        .needs(&[HIDDEN_LAYERS]),
        switch("batch-norm", "Batch normalisation after each hidden layer's activation", true, |s: &mut S| {
            Some(&mut s.batch_norm)
        })
        .conflicts("layer-norm")
        .needs(&[HIDDEN_LAYERS]),
        switch("layer-norm", "Layer normalisation after each hidden layer's activation", true, |s: &mut S| {
            Some(&mut s.layer_norm)
        })
        .needs(&[HIDDEN_LAYERS]),
        switch("residual", "Hidden layers as wide as the one before add to what they read", true, |s: &mut S| {
            Some(&mut s.residual)
        })
        .needs(&[HIDDEN_LAYERS]),
        number("l1", "L1 penalty on the weights: X·Σ|w| in the loss", not_negative, |s: &mut S| Some(&mut s.l1)),
        number("l2", "L2 penalty on the weights: X·Σw² in the loss", not_negative, |s: &mut S| Some(&mut s.l2)),
        number("max-norm", "Largest norm of each hidden unit's weights", positive, |s: &mut S| Some(&mut s.max_norm))
            .needs(&[HIDDEN_LAYERS]),
        value("initializer", "NAME", initializers(), plain::<Initializer>, |s: &mut S| Some(&mut s.initializer)),
        value(
            "loss",
            "NAME",
            "Loss: for numbers mse, mae, sse, huber:D, log_cosh, quantile:Q or poisson; for two classes binary_crossentropy, mse, hinge or squared_hinge; the one that suits the target if not given",
            plain::<Loss>,
            |s: &mut S| Some(&mut s.loss),
        ),
        number(
            "label-smoothing",
            "Share by which a cross-entropy's targets are moved to the classes' average",
            share,
            |s: &mut S| Some(&mut s.label_smoothing),
        ),
        choice("class-weight", "Whether rows of rare classes count more", ClassWeights::CHOICES, |s: &mut S| {
            Some(&mut s.fit.class_weights)
        }),
        value(
            "sample-weight",
            "COL",
            "Column with the rows' weights, of networks and linear models; it is no feature: --weights people",
            plain::<String>,
            |s: &mut S| Some(&mut s.sample_weight),
        )
        .alias("weights"),
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
    .choices(Optimizer::NAMES.map(|name| (name, "")).to_vec());
    let own = |name, doc, limit| own_number(name, doc, limit).of("optimizer");
    vec![
        chosen,
        number("lr", "Learning rate", positive, |s: &mut S| s.optimizer.number_mut("lr")).first(&[NO_TEST]),
        own("momentum", "Momentum of sgd and rmsprop", share),
        switch("nesterov", "Nesterov's look-ahead for sgd with momentum", true, |s: &mut S| {
            if let Optimizer::Sgd { nesterov, .. } = &mut s.optimizer { Some(nesterov) } else { None }
        })
        .of("optimizer")
        .needs(&[Value("optimizer", vec!["momentum"]), With("momentum")]),
        own("beta1", "Decay of the first moment of {}", share),
        own("beta2", "Decay of the second moment of {}", share),
        own("rho", "Decay of the mean square of {}", share),
        switch("centered", "{} less the square of the mean gradient", true, |s: &mut S| {
            if let Optimizer::RmsProp { centered, .. } = &mut s.optimizer { Some(centered) } else { None }
        })
        .of("optimizer"),
        own("epsilon", "What keeps the divisor from zero, in {}", not_negative),
        // AdamW's own, or that of all parameters with any other.
        Setting::new(
            "weight-decay",
            "X",
            "Decoupled weight decay; 0.004 for adamw if not given, else 0",
            not_negative,
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
            share,
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
            from_one,
            |s: &mut S| s.fit.ema.as_mut().map(|ema| &mut ema.overwrite_every),
        )
        .needs(&[With("ema")]),
    ]
}

/// A number of those optimizers that have one of this name, each with a default of its own.
fn own_number(name: &'static str, doc: &'static str, limit: fn(&str) -> Result<f64, String>) -> Setting<S> {
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
    Setting::new(name, "X", doc, positive, put, |_| Some(None)).form(Form::Number)
}

fn learning_rate() -> Settings {
    vec![
        choice("schedule", "How the learning rate changes over the run", Curve::CHOICES, |s: &mut S| {
            Some(&mut s.fit.schedule.curve)
        })
        .placeholder("CURVE")
        .first(&[NO_TEST]),
        value("warmup", "N", "Steps of linear warm-up before the schedule", plain::<u64>, |s: &mut S| {
            Some(&mut s.fit.schedule.warmup)
        })
        .first(&[NO_TEST]),
        number("schedule-end", "Last factor of {}", not_negative, |s: &mut S| s.fit.schedule.curve.end_mut())
            .of("schedule"),
        value(
            "schedule-steps",
            "N",
            "Steps of exponential and inverse-time, and of the first cosine of cosine-restarts",
            from_one,
            |s: &mut S| s.fit.schedule.curve.steps_mut(),
        )
        .of("schedule"),
        number("schedule-rate", "Rate of {}", positive, |s: &mut S| s.fit.schedule.curve.rate_mut())
            .of("schedule"),
        number("schedule-power", "Power of {}", positive, |s: &mut S| {
            if let Curve::Polynomial { power, .. } = &mut s.fit.schedule.curve { Some(power) } else { None }
        })
        .of("schedule"),
        value(
            "schedule-factors",
            "STEP:X,…",
            "Factors of {}, each from its step on",
            factors,
            |s: &mut S| {
                if let Curve::Piecewise { steps } = &mut s.fit.schedule.curve { Some(steps) } else { None }
            },
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
        .first(&[NO_TEST]),
        number("plateau-factor", "Factor of a reduction", positive, |s: &mut S| {
            Some(&mut plateau(s)?.factor)
        })
        .of("plateau"),
        value("plateau-patience", "N", "Epochs without a fall before a reduction", from_one, |s: &mut S| {
            Some(&mut plateau(s)?.patience)
        })
        .of("plateau"),
        number("plateau-min-delta", "A fall smaller than this does not count", not_negative, |s: &mut S| {
            Some(&mut plateau(s)?.min_delta)
        })
        .of("plateau"),
        value(
            "plateau-cooldown",
            "N",
            "Epochs after a reduction that do not count",
            plain::<u64>,
            |s: &mut S| Some(&mut plateau(s)?.cooldown),
        )
        .of("plateau"),
        number("plateau-min-lr", "Least learning rate of reductions", not_negative, |s: &mut S| {
            Some(&mut plateau(s)?.min_lr)
        })
        .of("plateau"),
    ]
}

fn plateau(s: &mut S) -> Option<&mut ReduceOnPlateau> {
    s.fit.plateau.as_mut()
}

fn run() -> Settings {
    // What is watched to stop early is of held-out rows, or the training loss.
    let watched = [OtherThan("validation-split", "0"), Value("monitor", vec!["loss"])];
    let early = |setting: Setting<S>| setting.first(&[NO_TEST]).first(&watched);
    vec![
        value("epochs", "N", "Most passes over the training rows", count, |s: &mut S| Some(&mut s.fit.epochs))
            .first(&[NO_TEST]),
        value("batch-size", "N", "Rows of a training step", count, |s: &mut S| Some(&mut s.fit.batch_size)),
        number("validation-split", "Share of rows held out to watch the loss (0: none)", share, |s: &mut S| {
            Some(&mut s.fit.validation_split)
        }),
        list(
            "metrics",
            "NAME,…",
            "Scores to compute after each epoch, of the held-out rows if there are any: --metrics accuracy,auc",
            plain::<Metric>,
            |s: &mut S| Some(&mut s.metrics),
        )
        .form(Form::Commas)
        .first(&[NO_TEST]),
        early(value(
            "monitor",
            "NAME",
            "What is watched to stop early: val_loss, loss, or val_ and the name of a metric",
            plain::<String>,
            |s: &mut S| Some(&mut stopping(s)?.monitor.name),
        )),
        early(choice("monitor-mode", "Which way it is better", Mode::CHOICES, |s: &mut S| {
            Some(&mut stopping(s)?.monitor.mode)
        })),
        early(value(
            "patience",
            "N",
            "Epochs to wait for a better value; the best weights are kept",
            count,
            |s: &mut S| Some(&mut stopping(s)?.patience),
        )),
        early(number(
            "min-delta",
            "A change smaller than this does not count as better",
            not_negative,
            |s: &mut S| Some(&mut stopping(s)?.min_delta),
        )),
        value("max-steps", "N", "Most training steps", from_one, |s: &mut S| Some(&mut s.fit.max_steps))
            .first(&[NO_TEST]),
    ]
}

fn stopping(s: &mut S) -> Option<&mut EarlyStopping> {
    s.fit.early_stopping.as_mut()
}

fn activations() -> String {
    let hidden = Activation::ALL.into_iter().filter(|a| *a != Activation::Softmax);
    format!(
        "Activation of the hidden layers: {}",
        hidden.map(Activation::name).collect::<Vec<_>>().join(", ")
    )
}

fn activation(text: &str) -> Result<Activation, String> {
    match plain(text)? {
        Activation::Softmax => Err("softmax is for the output; choose another for hidden layers".to_owned()),
        hidden => Ok(hidden),
    }
}

/// Those for weights: ones are for scales, the narrow uniform for embeddings.
fn initializers() -> String {
    let for_weights = |i: &Initializer| !matches!(i, Initializer::Ones | Initializer::RandomUniform);
    let names: Vec<_> = Initializer::ALL.into_iter().filter(for_weights).map(Initializer::name).collect();
    format!("Initial weights: {}", names.join(", "))
}

fn units(text: &str) -> Result<Vec<usize>, String> {
    let unit = |n: &str| count(n.trim()).map_err(|_| format!("{n:?} is not a positive whole number"));
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

impl Shown for Activation {
    fn shown(&self) -> Option<String> {
        Some(self.name().to_owned())
    }
}

impl Shown for Initializer {
    fn shown(&self) -> Option<String> {
        Some(self.name().to_owned())
    }
}

impl Shown for Vec<usize> {
    fn shown(&self) -> Option<String> {
        Some(self.iter().map(usize::to_string).collect::<Vec<_>>().join(","))
    }
}

impl Shown for Vec<(u64, f64)> {
    fn shown(&self) -> Option<String> {
        None
    }
}
