//! Options from a list of settings: what a library says of each of its settings becomes an option, and what is typed becomes settings.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser};
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

/// An option for a setting. One that is there already keeps its place and what it says itself; of any text, it reads what the setting does.
fn declare<S: Described>(command: Command, setting: Setting<S>) -> Command {
    let known = command.get_arguments().find(|arg| arg.get_long() == Some(setting.name));
    if let Some(id) = known.map(|arg| arg.get_id().clone()) {
        return command.mut_arg(id, |arg| {
            let of_any_text = arg.get_value_parser().type_id() == ValueParser::string().type_id();
            let arg = described(arg, &setting);
            if of_any_text { reading(arg, setting) } else { arg }
        });
    }
    // One without a line is told of elsewhere.
    if setting.doc.is_empty() {
        return command;
    }
    let arg = described(Arg::new(setting.name).long(setting.name), &setting);
    let arg = if setting.heading.is_empty() { arg } else { arg.help_heading(setting.heading) };
    let arg = arg.visible_aliases(setting.alias).conflicts_with_all(setting.conflicts);
    let arg = match setting.form {
        Form::Switch => return command.arg(arg.action(ArgAction::SetTrue)),
        Form::List => arg.action(ArgAction::Append),
        Form::Commas => arg.action(ArgAction::Append).value_delimiter(','),
        Form::Number => arg.allow_negative_numbers(true),
        Form::Value => arg,
    };
    command.arg(reading(arg, setting))
}

/// With the line, the word for a value and the default of its setting.
fn described<S>(mut arg: Arg, setting: &Setting<S>) -> Arg {
    if arg.get_help().is_none() && !setting.doc.is_empty() {
        arg = arg.help(setting.doc.clone());
    }
    if setting.form == Form::Switch {
        return arg;
    }
    if arg.get_value_names().is_none() {
        let name = || setting.name.to_uppercase().replace('-', "_");
        let word = Some(setting.placeholder.to_owned()).filter(|word| !word.is_empty());
        arg = arg.value_name(word.unwrap_or_else(name));
    }
    if let (true, Some(default)) = (arg.get_default_values().is_empty(), &setting.default) {
        arg = arg.default_value(default.clone());
    }
    arg
}

/// Of texts that the setting takes.
fn reading<S: Described>(arg: Arg, setting: Setting<S>) -> Arg {
    if !setting.choices.is_empty() {
        return arg.value_parser(named(setting.choices));
    }
    let setting = Arc::new(setting);
    arg.value_parser(move |text: &str| setting.put(&mut S::start(), text).map(|()| text.to_owned()))
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
