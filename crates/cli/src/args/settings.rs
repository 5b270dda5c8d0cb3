//! Options from a list of settings: what a library says of each of its settings becomes an option, and what is typed becomes settings.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use planish_model::setting::{Described, Form, Setting};
use std::sync::Arc;

/// The settings that were chosen.
pub(crate) struct Chosen<S>(pub(crate) S);

impl<S: Described> FromArgMatches for Chosen<S> {
    fn from_arg_matches(typed: &ArgMatches) -> Result<Self, Error> {
        chosen(typed, None).map(Chosen)
    }

    fn update_from_arg_matches(&mut self, typed: &ArgMatches) -> Result<(), Error> {
        *self = Chosen::from_arg_matches(typed)?;
        Ok(())
    }
}

impl<S: Described> Args for Chosen<S> {
    fn augment_args(command: Command) -> Command {
        S::settings().into_iter().fold(command, declare)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The settings that were typed; where it is known better than it was typed, with this model.
pub(crate) fn chosen<S: Described>(typed: &ArgMatches, model: Option<&str>) -> Result<S, Error> {
    let mut settings = S::start();
    for setting in S::settings() {
        let texts: Vec<String> = match model.filter(|_| setting.name == "model") {
            Some(model) => vec![model.to_owned()],
            None if typed.value_source(setting.name) != Some(ValueSource::CommandLine) => continue,
            None => {
                let raw = typed.get_raw(setting.name).into_iter().flatten();
                raw.map(|text| text.to_string_lossy().into_owned()).collect()
            }
        };
        // A name that is none of its choices is this program's own, such as a model that is no linear one.
        let is_known = |text: &String| {
            setting.choices.is_empty() || setting.choices.iter().any(|(name, _)| name == text)
        };
        for text in texts.iter().filter(|text| is_known(text)) {
            let refused = |what| Error::raw(ErrorKind::ArgumentConflict, what);
            setting.put(&mut settings, text).map_err(refused)?;
        }
    }
    Ok(settings)
}

/// An option for a setting. One that is there already keeps its place and what it says itself.
fn declare<S: Described>(command: Command, setting: Setting<S>) -> Command {
    let known = command.get_arguments().find(|arg| arg.get_long() == Some(setting.name));
    if let Some(id) = known.map(|arg| arg.get_id().clone()) {
        return command.mut_arg(id, |arg| described(arg, &setting));
    }
    // One without a line is told of elsewhere.
    if setting.doc.is_empty() {
        return command;
    }
    let arg = described(Arg::new(setting.name).long(setting.name), &setting);
    let arg = arg.help_heading(setting.heading).allow_negative_numbers(setting.form == Form::Number);
    let arg = arg.visible_aliases(setting.alias).conflicts_with_all(setting.conflicts);
    command.arg(match (setting.form, setting.choices.is_empty()) {
        (Form::Switch, _) => arg.action(ArgAction::SetTrue),
        (_, false) => arg.value_parser(named(setting.choices)),
        (form, true) => {
            let arg = match form {
                Form::List => arg.action(ArgAction::Append),
                Form::Commas => arg.action(ArgAction::Append).value_delimiter(','),
                Form::Switch | Form::Number | Form::Value => arg,
            };
            let setting = Arc::new(setting);
            arg.value_parser(move |text: &str| setting.put(&mut S::start(), text).map(|()| text.to_owned()))
        }
    })
}

fn described<S>(arg: Arg, setting: &Setting<S>) -> Arg {
    let mut arg = arg;
    if arg.get_help().is_none() && !setting.doc.is_empty() {
        arg = arg.help(setting.doc.clone());
    }
    if setting.form != Form::Switch {
        if arg.get_value_names().is_none() {
            let word = setting.name.to_uppercase().replace('-', "_");
            arg = arg.value_name(if setting.placeholder.is_empty() {
                word
            } else {
                setting.placeholder.into()
            });
        }
        if let (true, Some(default)) = (arg.get_default_values().is_empty(), &setting.default) {
            arg = arg.default_value(default.clone());
        }
    }
    arg
}

/// These names alone, with their lines in the help.
pub(crate) fn named(names: impl IntoIterator<Item = (&'static str, &'static str)>) -> PossibleValuesParser {
    PossibleValuesParser::new(names.into_iter().map(|(name, doc)| match doc {
        "" => PossibleValue::new(name),
        doc => PossibleValue::new(name).help(doc),
    }))
}

/// What one of these names stands for.
pub(crate) fn one_of<V: Clone + Send + Sync>(
    all: &'static [(&'static str, V, &'static str)],
) -> impl TypedValueParser<Value = V> {
    let names = named(all.iter().map(|(name, _, doc)| (*name, *doc)));
    names.try_map(|name| {
        let found = all.iter().find(|(known, ..)| *known == name);
        found.map(|(_, value, _)| value.clone()).ok_or("it is not known")
    })
}
