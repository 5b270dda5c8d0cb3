//! What makes a run this run and no other: its settings as JSON text, so that a difference can be named, and a hash of its data.

use crate::error::IoError;
use planish_nn::Targets;
use planish_tensor::MatRef;
use planish_train::Identity;
use planish_trees::{Column, Labels};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a checkpoint is recognised by.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    /// JSON: architecture, optimizer, loss, seed and the settings of the run.
    settings: String,
    /// BLAKE3 of the encoded rows, their targets and weights, and which of them are trained on and held out.
    data: [u8; 32],
}

impl Fingerprint {
    pub(super) fn of(run: &Identity<'_, f32>) -> Fingerprint {
        let groups: Vec<Value> = run
            .groups
            .iter()
            .map(|g| json!({"lr_factor": g.lr_factor, "weight_decay": g.weight_decay, "trainable": g.trainable}))
            .collect();
        let settings = json!({
            "network": run.sequential,
            "optimizer": run.optimizer,
            "groups": groups,
            "loss": run.loss,
            "seed": run.seed,
            "fit": run.options,
        });
        Fingerprint { settings: settings.to_string(), data: hash_data(run) }
    }

    pub(super) fn of_trees(run: &planish_trees::Identity<'_>) -> Fingerprint {
        let settings = json!({ "trees": run.settings });
        Fingerprint { settings: settings.to_string(), data: hash_trees_data(run) }
    }

    /// An error that names the first thing in which the run of a file differs from this one, but for what only says when a run ends.
    pub(super) fn check(&self, file: &str, found: &Fingerprint) -> Result<(), IoError> {
        self.check_settings(file, found, without_limits)?;
        if self.data != found.data {
            return Err(IoError::file(file, "the checkpoint is of a run on other data"));
        }
        Ok(())
    }

    /// The same of the settings alone, of which `of` makes what counts.
    pub(super) fn check_settings(
        &self,
        file: &str,
        found: &Fingerprint,
        of: fn(Value) -> Value,
    ) -> Result<(), IoError> {
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        let (then, now) = (of(parse(&found.settings)), of(parse(&self.settings)));
        // Another seed holds other rows out, of which other differences may come.
        let seeds = ["/seed", "/trees/seed"].into_iter().find_map(|place| {
            let of = |settings: &Value| settings.pointer(place).map(Value::to_string);
            let (then, now) = (of(&then)?, of(&now)?);
            (then != now).then(|| ("the seed".to_owned(), then, now))
        });
        if let Some((place, then, now)) = seeds.or_else(|| difference("", &then, &now)) {
            let what = format!("the checkpoint is of another run: {place} was {then}, now it is {now}");
            return Err(IoError::file(file, what));
        }
        Ok(())
    }
}

/// Settings without what only says when the run ends: it may go on with other limits. Where the learning rate's curve spans the run the number of
/// its epochs and steps is not such a limit.
fn without_limits(mut settings: Value) -> Value {
    const SPANNING: [&str; 5] = ["polynomial", "cosine", "one_cycle", "coslog4", "flat_cosine"];
    let curve = settings.pointer("/fit/schedule/curve").cloned().unwrap_or(Value::Null);
    let is_spanning = SPANNING.iter().any(|name| curve == *name || curve.get(name).is_some());
    let mut leave = |place: &str, key: &str| {
        let of = settings.pointer_mut(place).and_then(Value::as_object_mut);
        of.map(|of| of.remove(key));
    };
    leave("/fit/early_stopping", "patience");
    if !is_spanning {
        leave("/fit", "epochs");
        leave("/fit", "max_steps");
    }
    leave("/trees", "rounds");
    leave("/trees", "patience");
    settings
}

/// The first place where two values differ, and what is there.
fn difference(place: &str, a: &Value, b: &Value) -> Option<(String, String, String)> {
    let inside = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    match (a, b) {
        (Value::Object(x), Value::Object(y)) if x.keys().eq(y.keys()) => {
            x.iter().find_map(|(key, a)| difference(&inside(key), a, &y[key]))
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            (0..x.len()).find_map(|i| difference(&inside(&i.to_string()), &x[i], &y[i]))
        }
        _ if a == b => None,
        _ => Some((place.to_owned(), short(a), short(b))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(57).chain("...".chars()).collect() }
}

fn hash_data(run: &Identity<'_, f32>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = Vec::new();
    matrix(&mut hasher, &mut buffer, run.data.x);
    whole(&mut hasher, &mut buffer, b'k', run.data.codes);
    match run.data.y {
        Targets::Values(y) => matrix(&mut hasher, &mut buffer, y),
        Targets::Classes(classes) => whole(&mut hasher, &mut buffer, b'c', classes),
    }
    numbers(&mut hasher, &mut buffer, b'w', run.data.weights.unwrap_or_default());
    whole(&mut hasher, &mut buffer, b't', run.rows);
    whole(&mut hasher, &mut buffer, b'h', run.held);
    *hasher.finalize().as_bytes()
}

fn hash_trees_data(run: &planish_trees::Identity<'_>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = Vec::new();
    for column in run.data.columns {
        match column {
            Column::Numbers(x) => numbers64(&mut hasher, &mut buffer, b'n', x),
            Column::Codes { codes, levels } => {
                hasher.update(&(*levels as u64).to_le_bytes());
                whole(&mut hasher, &mut buffer, b'k', codes);
            }
        }
    }
    match run.data.labels {
        Labels::Numbers(y) => numbers64(&mut hasher, &mut buffer, b'y', y),
        Labels::Classes { classes, count } => {
            hasher.update(&(count as u64).to_le_bytes());
            whole(&mut hasher, &mut buffer, b'c', classes);
        }
    }
    numbers64(&mut hasher, &mut buffer, b'w', run.data.weights.unwrap_or_default());
    numbers64(&mut hasher, &mut buffer, b'o', run.data.offset.unwrap_or_default());
    whole(&mut hasher, &mut buffer, b't', run.rows.train);
    whole(&mut hasher, &mut buffer, b'h', run.rows.held);
    *hasher.finalize().as_bytes()
}

fn numbers64(hasher: &mut blake3::Hasher, buffer: &mut Vec<u8>, tag: u8, values: &[f64]) {
    buffer.clear();
    buffer.push(tag);
    buffer.extend((values.len() as u64).to_le_bytes());
    buffer.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    hasher.update(buffer);
}

fn matrix(hasher: &mut blake3::Hasher, buffer: &mut Vec<u8>, m: MatRef<'_, f32>) {
    hasher.update(b"m");
    hasher.update(&(m.rows() as u64).to_le_bytes());
    (0..m.rows()).for_each(|i| numbers(hasher, buffer, b'r', m.row(i)));
}

fn numbers(hasher: &mut blake3::Hasher, buffer: &mut Vec<u8>, tag: u8, values: &[f32]) {
    buffer.clear();
    buffer.push(tag);
    buffer.extend((values.len() as u64).to_le_bytes());
    buffer.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    hasher.update(buffer);
}

fn whole(hasher: &mut blake3::Hasher, buffer: &mut Vec<u8>, tag: u8, values: &[u32]) {
    buffer.clear();
    buffer.push(tag);
    buffer.extend((values.len() as u64).to_le_bytes());
    buffer.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    hasher.update(buffer);
}
