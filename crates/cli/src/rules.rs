//! What each command's options need to have an effect, beside what the settings say of themselves.

use clap::Arg;
use planish_model::setting::Need::{self, OtherThan, Value, With, Without};
use planish_model::setting::{Described, Setting};
use planish_model::{AutoSettings, LinearKind, LinearSettings, NetworkSettings, TreeSettings};

/// An option, and what it needs: any one of the alternatives. Where several rules name an option, all must hold.
pub(crate) struct Rule {
    pub(crate) option: &'static str,
    pub(crate) needs: Vec<Need>,
}

/// The rules of a command, in the order in which they are looked at.
pub(crate) fn rules_of(command: &str, args: &[&Arg]) -> Vec<Rule> {
    match command {
        "train" => train(args),
        "check" | "predict" => rules(&["overwrite"], &[With("output")]),
        "report" => rules(&["delimiter", "header", "skip", "comment", "encoding", "sheet"], &[With("data")]),
        "serve" => rules(&["log-format"], &[OtherThan("log", "off")]),
        _ => Vec::new(),
    }
}

fn rules(options: &[&'static str], needs: &[Need]) -> Vec<Rule> {
    options.iter().map(|option| Rule { option, needs: needs.to_vec() }).collect()
}

/// The names of `--model`: networks, trees, linear models by the target, and each linear model.
pub(crate) fn models() -> impl Iterator<Item = (&'static str, &'static str)> {
    let first = [
        ("auto", "The best blend of linear models, trees and networks"),
        ("mlp", "A neural network of dense layers"),
        ("trees", "Gradient-boosted decision trees"),
        ("linear", "ols for a number, logistic for classes"),
    ];
    first.into_iter().chain(LinearKind::CHOICES.iter().map(|(name, _, doc)| (*name, *doc)))
}

/// First what is said of the whole run; then option by option, whether it is one of this model before anything else.
fn train(args: &[&Arg]) -> Vec<Rule> {
    let (network, linear) = (NetworkSettings::settings(), LinearSettings::settings());
    let trees = TreeSettings::settings();
    let auto = AutoSettings::settings();
    let models_of = |setting: &Setting<NetworkSettings>| {
        let of_trees = trees.iter().any(|own| own.name == setting.name).then_some("trees");
        let of_auto = auto.iter().any(|own| own.name == setting.name).then_some("auto");
        of_auto.into_iter().chain(["mlp"]).chain(of_trees).collect::<Vec<_>>()
    };
    let mut first = rules(
        // A range test writes nothing.
        &["output", "overwrite", "history", "log-dir", "checkpoint", "folds", "time-limit", "validation"],
        &[Without("lr-range-test")],
    );
    first.extend(network.iter().flat_map(|s| said(s, &s.first)));
    // Kinds are declared then, and nothing is kept.
    first.extend(rules(&["kind", "decimal", "thousands", "memory"], &[Without("one-pass")]));
    first.extend(rules(&["one-pass"], &[With("columns")]));
    first.extend(rules(&["columns"], &[With("one-pass")]));
    first.extend(rules(&["validation"], &[Without("folds")]));

    let mlp = Value("model", vec!["mlp"]);
    let mlp_or_trees = Value("model", vec!["mlp", "trees"]);
    let mut then = rules(
        &["history", "log-dir", "checkpoint", "checkpoint-every", "resume"],
        std::slice::from_ref(&mlp_or_trees),
    );
    then.extend(rules(&["time-limit", "validation"], &[Value("model", vec!["auto", "mlp", "trees"])]));
    then.extend(rules(&["lr-range-test"], std::slice::from_ref(&mlp)));
    // Trees have a way for missing values.
    let fills = models().map(|(name, _)| name).filter(|name| !["trees", "auto"].contains(name)).collect();
    then.extend(rules(&["missing"], &[Value("model", fills)]));
    then.extend(rules(&["one-pass", "columns"], &[Value("model", vec!["linear", "ols"])]));
    then.extend(rules(&["checkpoint-every", "resume"], &[With("checkpoint")]));
    for setting in &network {
        if !setting.heading.is_empty() && linear.iter().all(|other| other.name != setting.name) {
            then.extend(rules(&[setting.name], &[Value("model", models_of(setting))]));
        }
        then.extend(said(setting, &setting.needs));
    }
    for setting in linear.iter().filter(|setting| network.iter().all(|other| other.name != setting.name)) {
        let mut of_linear: Vec<Rule> = said(setting, &setting.needs).collect();
        if setting.name != "model" && of_linear.iter().flat_map(|r| &r.needs).all(|n| !matches!(n, Value(..)))
        {
            let all = LinearKind::CHOICES.iter().map(|(name, ..)| *name).collect();
            of_linear.insert(0, Rule { option: setting.name, needs: vec![Value("model", all)] });
        }
        for need in of_linear.iter_mut().flat_map(|rule| &mut rule.needs) {
            if let Value("model", kinds) = need {
                add_models(kinds, setting);
            }
        }
        then.extend(of_linear);
    }
    for setting in trees.iter().filter(|setting| !setting.doc.is_empty()) {
        then.extend(rules(&[setting.name], &[Value("model", vec!["trees"])]));
        then.extend(said(setting, &setting.needs));
    }
    for setting in auto.iter().filter(|setting| !setting.doc.is_empty()) {
        then.extend(rules(&[setting.name], &[Value("model", vec!["auto"])]));
        then.extend(said(setting, &setting.needs));
    }
    let of_network = network.iter().filter_map(|s| s.off);
    then.extend(of_network.flat_map(|option| rules(&[option], std::slice::from_ref(&mlp))));
    let off = network.iter().filter_map(|s| s.off).chain(linear.iter().filter_map(|s| s.off));
    then.extend(off.flat_map(|option| rules(&[option], &[With("config")])));
    let place = |rule: &Rule| args.iter().position(|arg| arg.get_long() == Some(rule.option));
    then.sort_by_key(place);
    first.into_iter().chain(then).collect()
}

fn said<S>(setting: &Setting<S>, needs: &[Vec<Need>]) -> impl Iterator<Item = Rule> {
    needs.iter().map(|needs| Rule { option: setting.name, needs: needs.clone() })
}

/// Adds what becomes one of these models; and networks and trees, if the setting is told of by an option of this program.
fn add_models(kinds: &mut Vec<&'static str>, setting: &Setting<LinearSettings>) {
    if ["ols", "logistic"].iter().any(|kind| kinds.contains(kind)) {
        kinds.insert(0, "linear");
    }
    if setting.doc.is_empty() {
        kinds.splice(0..0, ["auto", "mlp", "trees"]);
    }
}
