//! Refuses options that were asked for and can have no effect: what is asked and cannot be done is wrong usage, never ignored.
//!
//! `rules` tells for each command what its options need. An option is asked for if it was typed, or stands in the file of settings with
//! another value than its default. What depends on the table (whether `--model linear` is `ols` or `logistic`) is looked at once more
//! when that is known.

use crate::args::Cli;
use crate::rules::{Rule, rules_of};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory};
use planish_model::setting::Need;

/// Ends the program as clap does if an option was asked for that has no effect. `resolved` are options whose values are now known better
/// than they were typed.
pub(crate) fn refuse_unused(command: &str, typed: &ArgMatches, resolved: &[(&str, &str)]) {
    let mut cli = Cli::command();
    cli.build();
    let Some(known) = cli.find_subcommand_mut(command) else { return };
    let fault = Requests { known, typed, resolved }.fault();
    if let Some(what) = fault {
        known.error(ErrorKind::ArgumentConflict, what).exit()
    }
}

/// The first of the models with which all that was asked for has an effect, where none is named; none if that is the one by default, or there is no
/// such model.
pub(crate) fn unnamed_model(known: &Command, typed: &ArgMatches) -> Option<&'static str> {
    let suits = |model: &&str| {
        let resolved = [("model", *model)];
        let asked = Requests { known, typed, resolved: &resolved };
        let depends = |rule: &Rule| rule.needs.iter().any(|needs| matches!(needs, Need::Value("model", _)));
        let rules = rules_of(known.get_name(), &in_order(known));
        let mut of_models = rules.iter().filter(|rule| asked.is_given(rule.option) && depends(rule));
        of_models.all(|rule| rule.needs.iter().any(|needs| asked.holds(needs)))
    };
    ["auto", "mlp", "trees"].into_iter().find(suits).filter(|model| *model != "auto")
}

/// A command line, and what is known of it.
struct Requests<'a> {
    known: &'a Command,
    typed: &'a ArgMatches,
    resolved: &'a [(&'a str, &'a str)],
}

impl Requests<'_> {
    /// What is said of the first option that was asked for and has no effect.
    fn fault(&self) -> Option<String> {
        let rules = rules_of(self.known.get_name(), &in_order(self.known));
        let broken =
            |rule: &&Rule| self.is_given(rule.option) && !rule.needs.iter().any(|needs| self.holds(needs));
        let rule = rules.iter().find(broken)?;
        let reasons: Vec<String> = rule.needs.iter().map(|needs| self.reason(needs)).collect();
        Some(format!("--{} {}", rule.option, reasons.join(", or it ")))
    }

    fn holds(&self, needs: &Need) -> bool {
        match needs {
            Need::Value(option, values) => values.contains(&self.value(option).as_str()),
            Need::OtherThan(option, value) => !is_same(&self.value(option), value),
            Need::With(option) => self.is_given(option),
            Need::Without(option) => !self.is_given(option),
        }
    }

    fn reason(&self, needs: &Need) -> String {
        let against = |option: &str| {
            let default =
                if self.is_given(option) || self.is_resolved(option) { "" } else { ", the default" };
            format!("has no effect with --{option} {}{default}", self.value(option))
        };
        match needs {
            Need::Value(option, values) => format!("{}: it is for {}", against(option), values.join(", ")),
            Need::OtherThan(option, _) => against(option),
            Need::With(option) => {
                format!("needs {}", argument(self.known, option).map_or_else(String::new, typed_as))
            }
            Need::Without(option) => format!("has no effect with --{option}"),
        }
    }

    fn is_resolved(&self, option: &str) -> bool {
        self.resolved.iter().any(|(name, _)| *name == option)
    }

    /// The value that an option has, typed or by default.
    fn value(&self, option: &str) -> String {
        if let Some((_, value)) = self.resolved.iter().find(|(name, _)| *name == option) {
            return (*value).to_owned();
        }
        let id = argument(self.known, option).map(|arg| arg.get_id().as_str());
        let mut raw = id.and_then(|id| self.typed.get_raw(id)).into_iter().flatten();
        raw.next().map_or_else(String::new, |value| value.to_string_lossy().into_owned())
    }

    fn is_given(&self, option: &str) -> bool {
        argument(self.known, option).is_some_and(|arg| {
            self.typed.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
        })
    }
}

/// The options of a command that have no effect with this one.
pub(crate) fn excluded_by(known: &Command, other: &str) -> Vec<&'static str> {
    let excludes = |rule: &Rule| matches!(rule.needs[..], [Need::Without(option)] if option == other);
    rules_of(known.get_name(), &in_order(known))
        .iter()
        .filter(|rule| excludes(rule))
        .map(|rule| rule.option)
        .collect()
}

/// The arguments as the help has them: those under a title together.
pub(crate) fn in_order(known: &Command) -> Vec<&Arg> {
    let headings: Vec<Option<&str>> = known.get_arguments().map(Arg::get_help_heading).collect();
    let mut args: Vec<&Arg> = known.get_arguments().collect();
    args.sort_by_key(|arg| headings.iter().position(|heading| *heading == arg.get_help_heading()));
    args
}

/// Whether two values of an option are the same, as texts or as numbers.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    a == b || number(a).is_some() && number(a) == number(b)
}

/// The argument of this name.
fn argument<'a>(known: &'a Command, option: &str) -> Option<&'a Arg> {
    known.get_arguments().find(|arg| name(arg) == option)
}

fn name(arg: &Arg) -> &str {
    arg.get_long().unwrap_or(arg.get_id().as_str())
}

/// An argument as it is typed, with the name of its value.
fn typed_as(arg: &Arg) -> String {
    let value =
        arg.get_value_names().filter(|_| arg.get_action().takes_values()).map(|names| names.join(" "));
    let option = arg.get_long().map(|long| format!("--{long}"));
    option.into_iter().chain(value).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_model::setting::Described;
    use planish_model::{AutoSettings, LinearSettings, NetworkSettings, TreeSettings};

    fn fault(line: &str, resolved: &[(&str, &str)]) -> Option<String> {
        let cli = Cli::command();
        let matches = cli.clone().get_matches_from(line.split(' '));
        let (command, typed) = matches.subcommand().unwrap();
        let mut cli = cli;
        cli.build();
        let known = cli.find_subcommand(command).unwrap();
        let unnamed = (command == "train" && typed.value_source("model") != Some(ValueSource::CommandLine))
            .then(|| unnamed_model(known, typed).map(|model| ("model", model)));
        let resolved = [resolved, unnamed.flatten().as_slice()].concat();
        Requests { known, typed, resolved: &resolved }.fault()
    }

    /// Options that tell how a table is read, which every command that reads one has.
    const TABLE: &[&str] =
        &["data", "threads", "delimiter", "header", "skip", "comment", "encoding", "sheet"];

    /// Options that always have an effect, beside settings, which say what they need in their lists.
    fn always(command: &str) -> Vec<&'static str> {
        let (table, own): (&[&str], &[&str]) = match command {
            "quickstart" => (&[], &["out", "threads", "overwrite"]),
            "check" => (
                TABLE,
                &["target", "against", "output", "json", "kind", "na", "decimal", "thousands", "memory"],
            ),
            "train" => (TABLE, &["model", "preset", "json", "config", "print-config", "na"]),
            "evaluate" => (TABLE, &["model", "weights", "json"]),
            "predict" => (TABLE, &["model", "output", "keep", "interval", "json"]),
            "inspect" => (&[], &["model", "tree", "against", "json"]),
            "report" => (&[], &["model", "data", "output", "overwrite", "json", "threads"]),
            "serve" => (
                &[],
                &["models", "config", "print-config", "addr", "label", "keys", "tls-cert", "tls-key", "log"],
            ),
            other => unreachable!("{other} is no command"),
        };
        [table, own].concat()
    }

    fn names<S: Described>() -> Vec<&'static str> {
        S::settings().iter().map(|setting| setting.name).collect()
    }

    #[test]
    fn every_option_of_every_command_has_a_rule_and_every_rule_its_options() {
        for command in Cli::command().get_subcommands() {
            let rules = rules_of(command.get_name(), &in_order(command));
            let always = always(command.get_name());
            let settings = match command.get_name() {
                "train" => {
                    let blends = names::<AutoSettings>();
                    [names::<NetworkSettings>(), names::<LinearSettings>(), names::<TreeSettings>(), blends]
                        .concat()
                }
                "serve" => names::<planish_serve::Options>(),
                _ => Vec::new(),
            };
            for arg in command.get_arguments() {
                let ruled = rules.iter().any(|rule| rule.option == name(arg));
                // Of a feature.
                let known =
                    always.contains(&name(arg)) || settings.contains(&name(arg)) || name(arg) == "otlp";
                assert!(ruled || known, "{} {} has no rule", command.get_name(), name(arg));
            }
            assert!(always.iter().all(|option| argument(command, option).is_some()), "{always:?}");
            let others = rules.iter().flat_map(|rule| &rule.needs).map(|needs| match needs {
                Need::Value(option, values) => {
                    let known: Vec<String> = argument(command, option)
                        .map(|arg| {
                            arg.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect()
                        })
                        .unwrap_or_default();
                    // An option that takes any text lists none.
                    let is_known = |value: &&str| known.is_empty() || known.iter().any(|k| k == value);
                    assert!(values.iter().all(is_known), "{option}: {values:?} of {known:?}");
                    option
                }
                Need::OtherThan(option, _) | Need::With(option) | Need::Without(option) => option,
            });
            for option in rules.iter().map(|rule| &rule.option).chain(others) {
                assert!(argument(command, option).is_some(), "{} has no {option}", command.get_name());
            }
        }
    }

    #[test]
    fn what_has_no_effect_is_named_with_what_it_is_for() {
        let train = "planish train t.csv --target y -o m";
        for (more, said) in [
            ("", None),
            ("--dropout 0.5 --optimizer rmsprop --rho 0.5", None),
            (
                "--alpha 1",
                Some(
                    "--alpha has no effect with --model auto, the default: it is for linear, ridge, lasso, elastic-net, logistic, poisson",
                ),
            ),
            ("--model lasso --folds 3", None),
            ("--model lasso --folds 3 --alpha 1", Some("--folds has no effect with --alpha")),
            (
                "--model ols --folds 3",
                Some(
                    "--folds has no effect with --model ols: it is for auto, mlp, trees, lasso, elastic-net",
                ),
            ),
            ("--rho 0.5", Some("--rho has no effect with --optimizer adam, the default: it is for rmsprop")),
            ("--resume", Some("--resume needs --checkpoint DIR")),
            ("--hidden none --dropout 0.5", Some("--dropout has no effect with --hidden none")),
            (
                "--optimizer sgd --nesterov",
                Some(
                    "--nesterov has no effect with --optimizer sgd: it is for momentum, or it needs --momentum X",
                ),
            ),
            ("--plateau-factor 0.5", Some("--plateau-factor needs --plateau")),
            ("--model linear --cov hc3", None),
            ("--model trees --leaves 7 --lr 0.1 --l2 2 --patience 9 --loss huber:2 --monotone a:+,b:-", None),
            ("--leaves 7", None),
            (
                "--leaves 7 --dropout 0.1",
                Some("--dropout has no effect with --model auto, the default: it is for mlp"),
            ),
            (
                "--model trees --dropout 0.1",
                Some("--dropout has no effect with --model trees: it is for mlp"),
            ),
            (
                "--model trees --missing drop-rows",
                Some(
                    "--missing has no effect with --model trees: it is for mlp, linear, ols, ridge, lasso, elastic-net, non-negative, logistic, poisson",
                ),
            ),
            (
                "--model trees --validation-split 0 --patience 3",
                Some(
                    "--patience has no effect with --validation-split 0, or it has no effect with --monitor val_loss, the default: it is for loss",
                ),
            ),
        ] {
            let line = if more.is_empty() { train.to_owned() } else { format!("{train} {more}") };
            assert_eq!(fault(&line, &[]).as_deref(), said, "{more}");
        }
        let classes = fault(&format!("{train} --model linear --cov hc3"), &[("model", "logistic")]);
        assert_eq!(
            classes.as_deref(),
            Some("--cov has no effect with --model logistic: it is for linear, ols")
        );
        assert_eq!(fault("planish report m --delimiter ;", &[]).as_deref(), Some("--delimiter needs DATA"));
    }
}
