//! Options from a list of settings: what a library says of each of its settings becomes an option, and what is typed becomes settings.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use planish_model::setting::{Described, Form, Setting};
use planish_model::{AutoSettings, TreeSettings};
use std::marker::PhantomData;
use std::sync::Arc;

/// The options of the settings of `S`. What they make is read by [`chosen`], which sees them all.
pub(crate) struct OptionsOf<S>(PhantomData<S>);

impl<S> FromArgMatches for OptionsOf<S> {
    fn from_arg_matches(_: &ArgMatches) -> Result<Self, Error> {
        Ok(OptionsOf(PhantomData))
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), Error> {
        Ok(())
    }
}

impl<S: Described> Args for OptionsOf<S> {
    fn augment_args(command: Command) -> Command {
        S::settings().into_iter().map(Arc::new).fold(command, declare)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The settings that were typed, of this model if one is named.
pub(super) fn chosen<S: Described>(typed: &ArgMatches, model: Option<&str>) -> Result<S, String> {
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
        texts.iter().try_for_each(|text| setting.put(&mut settings, text))?;
    }
    Ok(settings)
}

/// An option for a setting. One that is there already keeps its place and what it says itself; of any text, it reads what the setting does.
fn declare<S: Described>(command: Command, setting: Arc<Setting<S>>) -> Command {
    // One without a line is told of elsewhere.
    if setting.doc.is_empty() {
        return command;
    }
    let command = match setting.off {
        Some(off) => command.arg(opposite(off, setting.name)),
        None => command,
    };
    let is_it = |arg: &Arg| arg.get_long() == Some(setting.name);
    if command.get_arguments().any(is_it) {
        return command.mut_args(|arg| {
            if !is_it(&arg) {
                return arg;
            }
            let of_any_text = arg.get_value_parser().type_id() == ValueParser::string().type_id();
            let arg = described(arg, &setting);
            if of_any_text && setting.form != Form::Switch { reading(arg, setting.clone()) } else { arg }
        });
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

/// What puts a switch off that a file of settings puts on. The help has no line a switch: `--config` says it of all.
fn opposite(off: &'static str, of: &'static str) -> Arg {
    Arg::new(off).long(off).action(ArgAction::SetTrue).hide(true).conflicts_with(of)
}

/// With the line, the word for a value and the default of its setting.
fn described<S>(mut arg: Arg, setting: &Setting<S>) -> Arg {
    if arg.get_help().is_none() {
        arg = arg.help(setting.doc.clone());
    }
    if setting.form == Form::Switch {
        return arg;
    }
    if !setting.placeholder.is_empty() {
        arg = arg.value_name(setting.placeholder);
    } else if arg.get_value_names().is_none() {
        arg = arg.value_name(setting.name.to_uppercase().replace('-', "_"));
    }
    if let (true, Some(default)) = (arg.get_default_values().is_empty(), &setting.default) {
        arg = arg.default_value(default.clone());
    }
    arg
}

/// Of texts that the setting takes.
fn reading<S: Described>(arg: Arg, setting: Arc<Setting<S>>) -> Arg {
    if !setting.choices.is_empty() {
        return arg.value_parser(named(setting.choices.iter().copied()));
    }
    let taken = move |text: &str| match setting.put(&mut S::start(), text) {
        Err(what) if !is_for_trees(setting.name, text) => Err(what),
        Ok(()) | Err(_) => Ok(text.to_owned()),
    };
    arg.value_parser(taken)
}

/// Whether trees take this text for the setting of this name, though networks may not; [`chosen`] then refuses it for a network.
fn is_for_trees(name: &str, text: &str) -> bool {
    let takes = |s: &Setting<TreeSettings>| s.name == name && s.put(&mut TreeSettings::start(), text).is_ok();
    TreeSettings::settings().iter().any(takes)
}

/// The value of an option by default with this model, where it is not that of the option itself.
pub(crate) fn default_with(model: &str, option: &str) -> Option<String> {
    fn of<S: Described>(option: &str) -> Option<String> {
        S::settings().into_iter().find(|s| s.name == option).and_then(|s| s.default)
    }
    match model {
        "trees" => of::<TreeSettings>(option),
        "auto" => of::<AutoSettings>(option),
        _ => None,
    }
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
