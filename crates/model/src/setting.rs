//! Settings told once: of each its name, a line about it, what may stand for it, where it is kept, and what it needs to have an effect.
//!
//! A type of settings lists its own ([`Described`]). Whoever lets people choose them, such as a command line, reads everything from the
//! list: options, help, defaults, limits, and what an option is refused with.

use planish_nn::{Activation, Initializer, Loss};
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// A type of settings that lists them.
pub trait Described: Sized + 'static {
    /// The settings by default.
    fn start() -> Self;

    /// The list, in the order in which values are put in: what others depend on stands before them.
    fn settings() -> Vec<Setting<Self>>;
}

/// How a setting is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// It is given or not.
    Switch,
    /// A number, which may have a sign.
    Number,
    /// One value.
    Value,
    /// Values, each given by itself.
    List,
    /// Values with commas between them.
    Commas,
}

/// What a setting needs to have an effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Need {
    /// Another setting with one of these values.
    Value(&'static str, Vec<&'static str>),
    /// Another setting with any value but this one.
    OtherThan(&'static str, &'static str),
    /// Another setting.
    With(&'static str),
    /// That another setting is not given.
    Without(&'static str),
}

/// A setting of `S`.
pub struct Setting<S> {
    /// Its name, in words with hyphens.
    pub name: &'static str,
    /// Another name.
    pub alias: Option<&'static str>,
    /// Of a switch: another name, which puts off what a file of settings puts on.
    pub off: Option<&'static str>,
    /// A setting that it cannot be given with.
    pub conflicts: Option<&'static str>,
    /// What a value is called; if empty, the name.
    pub placeholder: &'static str,
    /// The title that it stands under.
    pub heading: &'static str,
    /// A line about it.
    pub doc: String,
    /// How it is given.
    pub form: Form,
    /// The names that it may have, each with a line about it; if empty, others too.
    pub choices: Vec<(&'static str, &'static str)>,
    /// The value by default, if it is worth a word.
    pub default: Option<String>,
    /// What must hold before anything else is looked at: of each, one of the alternatives.
    pub first: Vec<Vec<Need>>,
    /// What must hold: of each, one of the alternatives.
    pub needs: Vec<Vec<Need>>,
    of: Option<&'static str>,
    put: Put<S>,
    show: Show<S>,
}

/// Reads a value, or says what it must be.
pub type Parse<V> = fn(&str) -> Result<V, String>;
/// Where a setting is kept; nowhere if it has no effect beside the others.
pub type Place<S, V> = fn(&mut S) -> Option<&mut V>;
type Put<S> = Box<dyn Fn(&mut S, &str) -> Result<(), String> + Send + Sync>;
type Show<S> = Box<dyn Fn(&mut S) -> Option<Option<String>> + Send + Sync>;

impl<S: Described> Setting<S> {
    /// A setting of one value that `put` keeps; `show` gives none where it has no effect, and else its value if that is worth a word.
    pub fn new<V: 'static>(
        name: &'static str,
        placeholder: &'static str,
        doc: impl Into<String>,
        parse: Parse<V>,
        put: impl Fn(&mut S, V) -> Result<(), String> + Send + Sync + 'static,
        show: impl Fn(&mut S) -> Option<Option<String>> + Send + Sync + 'static,
    ) -> Setting<S> {
        Setting {
            name,
            alias: None,
            off: None,
            conflicts: None,
            placeholder,
            heading: "",
            doc: doc.into(),
            form: Form::Value,
            choices: Vec::new(),
            default: show(&mut S::start()).flatten(),
            first: Vec::new(),
            needs: Vec::new(),
            of: None,
            put: Box::new(move |s, text| put(s, parse(text)?)),
            show: Box::new(show),
        }
    }

    /// Takes in a value.
    ///
    /// # Errors
    /// What the value must be.
    pub fn put(&self, settings: &mut S, text: &str) -> Result<(), String> {
        (self.put)(settings, text)
    }

    /// It has an effect only with some values of this other setting; which, is seen by trying. In the line about it they stand for `{}`.
    pub fn of(self, other: &'static str) -> Setting<S> {
        Setting { of: Some(other), ..self }
    }

    /// It needs one of these.
    pub fn needs(mut self, alternatives: &[Need]) -> Setting<S> {
        self.needs.push(alternatives.to_vec());
        self
    }

    /// It needs one of these before anything else is looked at.
    pub fn first(mut self, alternatives: &[Need]) -> Setting<S> {
        self.first.push(alternatives.to_vec());
        self
    }

    /// With a form.
    pub fn form(self, form: Form) -> Setting<S> {
        Setting { form, ..self }
    }

    /// The same but for this change.
    pub fn but(mut self, change: impl FnOnce(&mut Setting<S>)) -> Setting<S> {
        change(&mut self);
        self
    }
}

/// Where a setting of the type `S` of a list is kept: a field; one of what may not be there (`?`); what a variant holds (`is`).
macro_rules! at {
    ($($field:ident).+) => { |s: &mut S| Some(&mut s.$($field).+) };
    ($($field:ident).+ ? $($of:ident).+) => { |s: &mut S| s.$($field).+.as_mut().map(|it| &mut it.$($of).+) };
    ($($field:ident).+ is $variant:pat => $held:ident) => {
        |s: &mut S| if let $variant = &mut s.$($field).+ { Some($held) } else { None }
    };
}
pub(crate) use at;

/// A setting of one value.
pub fn value<S: Described, V: 'static, W: From<V> + Shown + 'static>(
    name: &'static str,
    placeholder: &'static str,
    doc: impl Into<String>,
    parse: Parse<V>,
    place: Place<S, W>,
) -> Setting<S> {
    let put = move |s: &mut S, value: V| {
        if let Some(kept) = place(s) {
            *kept = value.into();
        }
        Ok(())
    };
    Setting::new(name, placeholder, doc, parse, put, move |s| place(s).map(|kept| kept.shown()))
}

/// A setting that is a number.
pub fn number<S: Described, W: From<f64> + Shown + 'static>(
    name: &'static str,
    doc: impl Into<String>,
    limit: Parse<f64>,
    place: Place<S, W>,
) -> Setting<S> {
    value(name, "X", doc, limit, place).form(Form::Number)
}

/// A setting that is one of these: a name, what it stands for, and a line about it.
pub fn choice<S: Described, V: Clone + Send + Sync + 'static, W: From<V> + PartialEq + 'static>(
    name: &'static str,
    doc: impl Into<String>,
    all: &'static [(&'static str, V, &'static str)],
    place: Place<S, W>,
) -> Setting<S> {
    let put = move |s: &mut S, name: String| {
        let (_, chosen, _) = all.iter().find(|(known, ..)| *known == name).ok_or("it is not known")?;
        if let Some(kept) = place(s) {
            *kept = chosen.clone().into();
        }
        Ok(())
    };
    let shown = |kept: &mut W| all.iter().find(|(_, v, _)| W::from(v.clone()) == *kept);
    let show = move |s: &mut S| place(s).map(|kept| shown(kept).map(|(name, ..)| (*name).to_owned()));
    let choices = all.iter().map(|(name, _, doc)| (*name, *doc)).collect();
    Setting::new(name, "", doc, plain, put, show).but(|it| it.choices = choices)
}

/// A setting that is given or not; given, it makes what is kept `on`.
pub fn switch<S: Described>(
    name: &'static str,
    doc: impl Into<String>,
    on: bool,
    place: Place<S, bool>,
) -> Setting<S> {
    let put = move |s: &mut S, _: String| {
        if let Some(kept) = place(s) {
            *kept = on;
        }
        Ok(())
    };
    Setting::new(name, "", doc, plain, put, move |s| place(s).map(|_| None)).form(Form::Switch)
}

/// A setting of any number of values.
pub fn list<S: Described, V: 'static>(
    name: &'static str,
    placeholder: &'static str,
    doc: impl Into<String>,
    parse: Parse<V>,
    place: Place<S, Vec<V>>,
) -> Setting<S> {
    let put = move |s: &mut S, value: V| {
        if let Some(kept) = place(s) {
            kept.push(value);
        }
        Ok(())
    };
    Setting::new(name, placeholder, doc, parse, put, move |s| place(s).map(|_| None)).form(Form::List)
}

/// A setting of any number of names, several at a time: parted by commas, and quoted as in CSV where a name has one.
pub fn names<S: Described>(
    name: &'static str,
    placeholder: &'static str,
    doc: impl Into<String>,
    place: Place<S, Vec<String>>,
) -> Setting<S> {
    let put = move |s: &mut S, value: Vec<String>| {
        if let Some(kept) = place(s) {
            kept.extend(value);
        }
        Ok(())
    };
    Setting::new(name, placeholder, doc, split_names, put, move |s| place(s).map(|_| None)).form(Form::List)
}

/// The names of a list such as `a,"b, c"`.
///
/// # Errors
/// A quote that is not closed, an empty name.
pub fn split_names(text: &str) -> Result<Vec<String>, String> {
    let (mut names, mut quoted) = (vec![String::new()], false);
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let last = names.len() - 1;
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => names[last].extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(String::new()),
            c => names[last].push(c),
        }
    }
    let names: Vec<String> = names.iter().map(|n| n.trim().to_owned()).collect();
    if quoted || names.iter().any(String::is_empty) {
        return Err("it must be names parted by commas; one with a comma is quoted: a,\"b, c\"".to_owned());
    }
    Ok(names)
}

/// Settings under a title.
pub fn headed<S>(heading: &'static str, settings: Vec<Setting<S>>) -> impl Iterator<Item = Setting<S>> {
    settings.into_iter().map(move |s| Setting { heading, ..s })
}

/// Finds for settings that have an effect with some values of another which these are, and what they are by default there.
pub fn complete<S: Described>(mut all: Vec<Setting<S>>) -> Vec<Setting<S>> {
    for i in 0..all.len() {
        let Some(other) = all[i].of.and_then(|name| all.iter().find(|s| s.name == name)) else { continue };
        let values = match other.choices.is_empty() {
            true => vec!["true"],
            false => other.choices.iter().map(|(name, _)| *name).collect(),
        };
        let tried = values.into_iter().filter_map(|value| {
            let mut settings = S::start();
            other.put(&mut settings, value).ok()?;
            Some((value, (all[i].show)(&mut settings)?))
        });
        let (names, shown): (Vec<&str>, Vec<Option<String>>) = tried.unzip();
        let need = if other.choices.is_empty() {
            Need::With(other.name)
        } else {
            Need::Value(other.name, names.clone())
        };
        let doc = all[i].doc.replace("{}", &listed(&names));
        let default = shown.into_iter().next().flatten();
        let setting = &mut all[i];
        setting.needs.insert(0, vec![need]);
        setting.doc = doc;
        setting.default = default;
    }
    all
}

/// `a, b and c`
fn listed(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

/// What can be shown as a value by default.
pub trait Shown {
    /// The value as it is given, if it is worth a word.
    fn shown(&self) -> Option<String>;
}

macro_rules! shown {
    ($($type:ty: $show:expr;)*) => {
        $(impl Shown for $type {
            fn shown(&self) -> Option<String> {
                let show: fn(&$type) -> Option<String> = $show;
                show(self)
            }
        })*
    };
}

shown! {
    f64: |x| Some(x.to_string());
    usize: |n| Some(n.to_string());
    u64: |n| Some(n.to_string());
    u32: |n| Some(n.to_string());
    String: |text| Some(text.clone()).filter(|text| !text.is_empty());
    Duration: |d| Some(match d.as_millis() {
        0 => "0".to_owned(),
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    });
    Activation: |a| Some(a.name().to_owned());
    Initializer: |i| Some(i.name().to_owned());
    Loss: |loss| Some(loss.to_string());
    Vec<usize>: |all| Some(all.iter().map(usize::to_string).collect::<Vec<_>>().join(","));
    Vec<(u64, f64)>: |_| None;
}

impl<V: Shown> Shown for Option<V> {
    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(V::shown)
    }
}

/// Whatever the type takes.
///
/// # Errors
/// What the type says.
pub fn plain<V: FromStr<Err: Display>>(text: &str) -> Result<V, String> {
    text.parse().map_err(|e: V::Err| e.to_string())
}

/// A value of this kind that passes.
///
/// # Errors
/// Any other text: what it must be.
pub fn passing<V: FromStr>(text: &str, passes: impl Fn(&V) -> bool, must: &str) -> Result<V, String> {
    text.parse().ok().filter(passes).ok_or_else(|| must.to_owned())
}

/// 1, 2, 3 …
pub const COUNT: Parse<usize> = |text| passing(text, |&n| n > 0, "it must be a positive whole number");

/// 1, 2, 3 …, in the words of a range.
pub const FROM_ONE: Parse<u64> =
    |text| plain(text).and_then(|n| if n > 0 { Ok(n) } else { Err(format!("0 is not in 1..{}", u64::MAX)) });

/// How many threads; 0 is one a core.
pub const THREADS: Parse<usize> =
    |text| passing(text, |&n| n <= 1024, "it must be a whole number up to 1024");

/// A positive number.
pub const POSITIVE: Parse<f64> =
    |text| passing(text, |x: &f64| x.is_finite() && *x > 0.0, "it must be a positive number");

/// A number that is not negative.
pub const NOT_NEGATIVE: Parse<f64> =
    |text| passing(text, |x: &f64| x.is_finite() && *x >= 0.0, "it must be a number that is not negative");

/// A number of [0, 1).
pub const SHARE: Parse<f64> = |text| passing(text, |x| (0.0..1.0).contains(x), "it must lie in [0, 1)");

/// 90s, 5m or 2h.
pub const TIME: Parse<Duration> = |text| {
    let seconds = |unit: char, each: f64| text.strip_suffix(unit)?.parse::<f64>().ok().map(|n| n * each);
    seconds('s', 1.0)
        .or_else(|| seconds('m', 60.0))
        .or_else(|| seconds('h', 3600.0))
        .filter(|s| *s > 0.0 && *s < 1e9)
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "it must be a time such as 90s, 5m or 2h".to_owned())
};
