//! Files of settings: `planish train --config run.toml`, `planish serve --config service.toml`.
//!
//! Every option of the command is a key; the file's keys become options before the command line is read, and an option that was typed
//! keeps its file's key out. So an option has one place where it is declared, checked and given its default. A key that stands at its
//! default asks for nothing, so that what `--print-config` prints is accepted.

use crate::args::{Cli, Preset, default_with, usage};
use crate::print;
use crate::requests::{excluded_by, in_order, is_same, unnamed_model};
use anyhow::bail;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command, CommandFactory};
use planish_io::{Outputs, read_settings};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The commands that take one.
const COMMANDS: [&str; 2] = ["train", "serve"];
/// Options that are no settings of a run.
const NO_KEYS: [&str; 4] = ["config", "print_config", "help", "version"];

/// The command line with the keys of its file of settings added. With `--print-config`, prints all settings and gives nothing.
pub(crate) fn expand(line: Vec<OsString>) -> anyhow::Result<Option<Vec<OsString>>> {
    // A line that is wrong, or asks for help, is answered by the strict reading that follows.
    let Ok(matches) = relaxed().try_get_matches_from(&line) else { return Ok(Some(line)) };
    let Some((name, typed)) = matches.subcommand().filter(|(name, _)| COMMANDS.contains(name)) else {
        return Ok(Some(line));
    };
    let line = match typed.get_one::<PathBuf>("config") {
        Some(path) => with_keys(line, name, path, &read_settings(path)?, typed)?,
        None => line,
    };
    let line = if name == "train" { with_model(line) } else { line };
    if !typed.get_flag("print_config") {
        return Ok(Some(line));
    }
    Outputs::of_reading(typed.get_one::<PathBuf>("config").map(PathBuf::as_path))?;
    let matches = relaxed().try_get_matches_from(&line).unwrap_or_else(|e| e.exit());
    if let Some((name, all)) = matches.subcommand() {
        print::print(&to_toml(name, all))?;
    }
    Ok(None)
}

/// The command line of `train` with the model that the preset, or the other options, ask for, if none is named and it is not the one by default.
fn with_model(mut line: Vec<OsString>) -> Vec<OsString> {
    let cli = relaxed();
    let Ok(matches) = cli.clone().try_get_matches_from(&line) else { return line };
    let Some(("train", typed)) = matches.subcommand() else { return line };
    let is_named = typed.value_source("model") == Some(ValueSource::CommandLine);
    let model = match typed.get_one::<Preset>("preset") {
        Some(preset) if is_named => usage(
            ErrorKind::ArgumentConflict,
            &format!("--preset {} has no effect with --model: a preset chooses the model", preset.name()),
        ),
        Some(preset) => Some(preset.model()),
        None if is_named => None,
        None => cli.find_subcommand("train").and_then(|known| unnamed_model(known, typed)),
    };
    line.extend(model.map(|model| OsString::from(format!("--model={model}"))));
    line
}

/// The command line with nothing required.
fn relaxed() -> Command {
    let free = |command: Command| command.mut_args(|arg| arg.required(false));
    COMMANDS.iter().fold(Cli::command(), |cli, name| cli.mut_subcommand(name, free))
}

fn with_keys(
    mut line: Vec<OsString>,
    command: &str,
    path: &Path,
    text: &str,
    typed: &ArgMatches,
) -> anyhow::Result<Vec<OsString>> {
    let file = path.display();
    let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let table = DeTable::parse(text).map_err(|e| {
        let at = e.span().map_or(0, |s| s.start);
        anyhow::anyhow!("{file}:{}: {}", line_of(at), e.message())
    })?;
    let cli = relaxed();
    let known = cli.find_subcommand(command).expect("it was typed");
    let model = match table.get_ref().get("model").map(|value| value.get_ref()) {
        Some(DeValue::String(model)) if typed.value_source("model") != Some(ValueSource::CommandLine) => {
            model.to_string()
        }
        _ => model_of(command, typed),
    };
    for (key, value) in table.get_ref() {
        let (name, at) = (key.get_ref(), line_of(key.span().start));
        let id = name.replace('-', "_");
        let named = |arg: &&clap::Arg| {
            key_of(arg) == id || arg.get_all_aliases().is_some_and(|names| names.contains(&name.as_ref()))
        };
        let is_key = |arg: &&clap::Arg| !NO_KEYS.contains(&id.as_str()) && !arg.is_hide_set();
        let arg = known.get_arguments().find(named).filter(is_key);
        let Some(arg) = arg else {
            bail!("{file}:{at}: unknown key {name:?}: keys are the options of `planish {command}`")
        };
        let Some(values) = values_of(value.get_ref(), &text[value.span()]) else {
            bail!("{file}:{at}: {name} must be a number, a text, true or false, or a list of these");
        };
        let words = words(arg, &values).map_err(|what| anyhow::anyhow!("{file}:{at}: {name} {what}"))?;
        let alone = [OsString::from("planish"), command.into()].into_iter().chain(words.iter().cloned());
        if let Err(e) = relaxed().try_get_matches_from(alone) {
            let message = e.to_string();
            let first = message.lines().next().unwrap_or_default();
            bail!("{file}:{at}: {}", first.strip_prefix("error: ").unwrap_or(first));
        }
        let is_typed = typed.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
        let is_typed = is_typed || is_put_off(known, typed, arg);
        if !is_typed && !is_default(arg, &model, &values) && !is_of_the_run_only(known, typed, arg) {
            line.extend(words);
        }
    }
    Ok(line)
}

/// Whether a key describes the run for which a range test was typed, and is nothing to the test itself.
fn is_of_the_run_only(command: &Command, typed: &ArgMatches, arg: &clap::Arg) -> bool {
    let excluded =
        || excluded_by(command, "lr-range-test").iter().any(|option| arg.get_long() == Some(option));
    command.get_name() == "train"
        && excluded()
        && typed.value_source("lr_range_test") == Some(ValueSource::CommandLine)
}

/// Whether a switch is put off by its opposite: `--no-batch-norm` for `--batch-norm`.
fn is_put_off(command: &Command, typed: &ArgMatches, arg: &clap::Arg) -> bool {
    let name = arg.get_long().unwrap_or_default();
    let opposite = name.strip_prefix("no-").map_or_else(|| format!("no-{name}"), str::to_owned);
    let is_it = |other: &&clap::Arg| other.is_hide_set() && other.get_long() == Some(&*opposite);
    command.get_arguments().find(is_it).is_some_and(|other| typed.get_flag(other.get_id().as_str()))
}

/// The key of an option: its long name, or for the table its place's name.
fn key_of(arg: &clap::Arg) -> String {
    arg.get_long().unwrap_or(arg.get_id().as_str()).replace('-', "_")
}

/// The texts of a value; of a list, one each.
fn values_of(value: &DeValue<'_>, source: &str) -> Option<Vec<String>> {
    Some(match value {
        DeValue::String(text) => vec![text.to_string()],
        DeValue::Integer(_) | DeValue::Float(_) => vec![source.replace('_', "")],
        DeValue::Boolean(b) => vec![b.to_string()],
        DeValue::Array(items) => {
            let mut all = Vec::new();
            for item in items.iter() {
                match item.get_ref() {
                    DeValue::String(text) => all.push(text.to_string()),
                    DeValue::Integer(n) => all.push(n.to_string()),
                    DeValue::Float(x) => all.push(x.to_string()),
                    DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                        return None;
                    }
                }
            }
            all
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}

/// A key and its values as words of a command line.
#[expect(clippy::wildcard_enum_match_arm, reason = "clap's enum: all others take one value")]
fn words(arg: &clap::Arg, values: &[String]) -> Result<Vec<OsString>, &'static str> {
    let option = |value: &str| match arg.get_long() {
        Some(long) => OsString::from(format!("--{long}={value}")),
        None => OsString::from(value),
    };
    match arg.get_action() {
        ArgAction::SetTrue => match values {
            [value] if value == "true" => {
                Ok(vec![format!("--{}", arg.get_long().unwrap_or_default()).into()])
            }
            [value] if value == "false" => Ok(Vec::new()),
            _ => Err("must be true or false"),
        },
        ArgAction::Append => Ok(values.iter().map(|v| option(v)).collect()),
        _ => Ok(vec![option(&values.join(","))]),
    }
}

/// Whether a key's values are the default of its option with this model.
fn is_default(arg: &clap::Arg, model: &str, values: &[String]) -> bool {
    let default = arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned());
    let own = default.collect::<Vec<_>>().join(",");
    let default = arg.get_long().and_then(|option| default_with(model, option)).unwrap_or(own);
    !default.is_empty() && is_same(&default, &values.join(",").replace(' ', ""))
}

/// The model that a command line trains.
fn model_of(command: &str, typed: &ArgMatches) -> String {
    let model = (command == "train").then(|| typed.get_one::<String>("model")).flatten();
    model.cloned().unwrap_or_default()
}

/// All settings of a command as TOML.
#[expect(clippy::wildcard_enum_match_arm, reason = "clap's enum: all others take one value")]
fn to_toml(command: &str, all: &ArgMatches) -> String {
    let cli = relaxed();
    let arguments = cli.find_subcommand(command).map(in_order);
    let model = model_of(command, all);
    let mut out = String::new();
    for arg in arguments.unwrap_or_default() {
        let (id, key) = (arg.get_id().as_str(), key_of(arg).replace('_', "-"));
        if NO_KEYS.contains(&id) || arg.is_hide_set() || all.value_source(id).is_none() {
            continue;
        }
        let raw = all.get_raw(id).into_iter().flatten();
        let mut values: Vec<String> = raw.map(|v| v.to_string_lossy().into_owned()).collect();
        if let (Some(ValueSource::DefaultValue), Some(own)) =
            (all.value_source(id), default_with(&model, &key))
        {
            values = vec![own];
        }
        let value = match arg.get_action() {
            ArgAction::SetTrue => all.get_flag(id).to_string(),
            ArgAction::Append => {
                format!("[{}]", values.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", "))
            }
            _ => plain(&values.join(",")),
        };
        out += &format!("{key} = {value}\n");
    }
    out
}

/// A number as it is, anything else in quotes.
fn plain(text: &str) -> String {
    let number = text.parse::<f64>().is_ok_and(f64::is_finite)
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && (!text.starts_with('0') || text.len() == 1 || text.starts_with("0."));
    if number { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    // JSON's texts are TOML's basic strings.
    serde_json::Value::from(text).to_string()
}
