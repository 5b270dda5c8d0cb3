//! What each command's options need to have an effect, beside what the settings say of themselves.

use clap::Arg;
use planish_model::setting::Need::{self, OtherThan, Value, With, Without};
use planish_model::setting::{Described, Setting};
use planish_model::{LinearKind, LinearSettings, NetworkSettings};

/// An option, and what it needs: any one of the alternatives. Where several rules name an option, all must hold.
pub(crate) struct Rule {
    pub(crate) option: &'static str,
    pub(crate) needs: Vec<Need>,
}

/// The rules of a command, in the order in which they are looked at.
pub(crate) fn rules_of(command: &str, args: &[&Arg]) -> Vec<Rule> {
    match command {
        "train" => train(args),
        "predict" => rules(&["overwrite"], &[With("output")]),
        "report" => rules(&["delimiter", "header"], &[With("data")]),
        "serve" => rules(&["log-format"], &[OtherThan("log", "off")]),
        _ => Vec::new(),
    }
}

fn rules(options: &[&'static str], needs: &[Need]) -> Vec<Rule> {
    options.iter().map(|option| Rule { option, needs: needs.to_vec() }).collect()
}

/// First what is said of the whole run; then option by option, whether it is one of this model before anything else.
fn train(args: &[&Arg]) -> Vec<Rule> {
    let (network, linear) = (NetworkSettings::settings(), LinearSettings::settings());
    let mut first = rules(
        // A range test writes nothing.
        &["output", "overwrite", "history", "log-dir", "checkpoint", "folds", "time-limit"],
        &[Without("lr-range-test")],
    );
    first.extend(network.iter().flat_map(|s| said(s, &s.first)));
    first.extend(rules(&["one-pass"], &[With("columns")]));
    first.extend(rules(&["columns"], &[With("one-pass")]));
    first.extend(rules(&["group", "time"], &[With("folds")]));

    let mlp = Value("model", vec!["mlp"]);
    let mut then = rules(
        &[
            "group",
            "time",
            "history",
            "log-dir",
            "checkpoint",
            "checkpoint-every",
            "resume",
            "time-limit",
            "lr-range-test",
        ],
        std::slice::from_ref(&mlp),
    );
    then.extend(rules(&["one-pass", "columns"], &[Value("model", vec!["linear", "ols"])]));
    then.extend(rules(&["checkpoint-every", "resume"], &[With("checkpoint")]));
    for setting in &network {
        if !setting.heading.is_empty() && linear.iter().all(|other| other.name != setting.name) {
            then.extend(rules(&[setting.name], std::slice::from_ref(&mlp)));
        }
        then.extend(said(setting, &setting.needs));
    }
    for setting in linear.iter().filter(|setting| network.iter().all(|other| other.name != setting.name)) {
        let is_of_all =
            setting.name != "model" && setting.needs.iter().flatten().all(|need| !matches!(need, Value(..)));
        let all = || LinearKind::CHOICES.iter().map(|(name, ..)| *name).collect();
        then.extend(is_of_all.then(|| Rule { option: setting.name, needs: vec![of_models(all(), setting)] }));
        then.extend(said(setting, &setting.needs).map(|rule| {
            Rule {
                needs: rule
                    .needs
                    .into_iter()
                    .map(|need| match need {
                        Value("model", kinds) => of_models(kinds, setting),
                        other => other,
                    })
                    .collect(),
                ..rule
            }
        }));
    }
    let place = |rule: &Rule| args.iter().position(|arg| arg.get_long() == Some(rule.option));
    then.sort_by_key(place);
    first.into_iter().chain(then).collect()
}

fn said<S>(setting: &Setting<S>, needs: &[Vec<Need>]) -> impl Iterator<Item = Rule> {
    needs.iter().map(|needs| Rule { option: setting.name, needs: needs.clone() })
}

/// `--model` with one of these, or what becomes one of them; a setting that is told of by an option of this program is networks' too.
fn of_models(mut kinds: Vec<&'static str>, setting: &Setting<LinearSettings>) -> Need {
    if ["ols", "logistic"].iter().any(|kind| kinds.contains(kind)) {
        kinds.insert(0, "linear");
    }
    if setting.doc.is_empty() {
        kinds.insert(0, "mlp");
    }
    Value("model", kinds)
}
