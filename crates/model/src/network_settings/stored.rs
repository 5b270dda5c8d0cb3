//! Settings of a network as artifacts hold them: one flat object, whose keys keep their names and order.

use super::NetworkSettings;
use crate::class_choices::ClassChoices;
use crate::hold_out::HoldOut;
use crate::missing::Missing;
use planish_nn::{Activation, Initializer, Loss};
use planish_optim::{Clip, EmaSettings, Optimizer, ReduceOnPlateau, Schedule};
use planish_tabular::Task;
use planish_train::{ClassWeights, EarlyStopping, Metric, Monitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The stored form, of a line a key: what serde is told, the key, its type, and where it is kept.
macro_rules! stored {
    ($($(#[$told:meta])* $key:ident: $type:ty = $($place:ident).+;)*) => {
        #[derive(Serialize, Deserialize)]
        #[serde(rename = "NetworkSettings")]
        struct Stored {
            $($(#[$told])* $key: $type,)*
            #[serde(default)]
            monitor: Monitor,
            /// None: all epochs are run.
            #[serde(deserialize_with = "Option::deserialize")]
            patience: Option<usize>,
            #[serde(default)]
            min_delta: f64,
            seed: u64,
            #[serde(default = "yes", skip_serializing_if = "is_yes")]
            shuffle: bool,
            #[serde(default = "yes", skip_serializing_if = "is_yes")]
            keep_weights: bool,
        }

        impl From<&NetworkSettings> for Stored {
            fn from(s: &NetworkSettings) -> Stored {
                let early = s.fit.early_stopping.clone();
                let patience = early.as_ref().map(|e| e.patience);
                let EarlyStopping { monitor, min_delta, .. } = early.unwrap_or_default();
                let (shuffle, keep_weights) = (s.fit.shuffle, s.fit.keep_weights);
                Stored {
                    $($key: s.$($place).+.clone(),)*
                    monitor, patience, min_delta, seed: s.seed, shuffle, keep_weights,
                }
            }
        }

        impl From<Stored> for NetworkSettings {
            fn from(stored: Stored) -> NetworkSettings {
                let Stored { monitor, patience, min_delta, seed, shuffle, keep_weights, .. } = stored;
                let mut s = NetworkSettings { seed, ..NetworkSettings::new("") };
                s.fit.early_stopping = patience.map(|patience| EarlyStopping { monitor, patience, min_delta });
                (s.fit.shuffle, s.fit.keep_weights) = (shuffle, keep_weights);
                $(s.$($place).+ = stored.$key;)*
                s
            }
        }
    };
}

stored! {
    target: String = target;
    task: Option<Task> = task;
    drop: Vec<String> = drop;
    #[serde(default, skip_serializing_if = "Missing::is_fill")] missing: Missing = missing;
    #[serde(default, skip_serializing_if = "Option::is_none")] embed_above: Option<usize> = embed_above;
    #[serde(default = "super::embed_dim")] embed_dim: usize = embed_dim;
    hidden: Vec<usize> = hidden;
    activation: Activation = activation;
    #[serde(default)] dropout: f64 = dropout;
    #[serde(default)] batch_norm: bool = batch_norm;
    #[serde(default)] layer_norm: bool = layer_norm;
    #[serde(default)] residual: bool = residual;
    #[serde(default)] l1: f64 = l1;
    #[serde(default)] l2: f64 = l2;
    #[serde(default)] max_norm: Option<f64> = max_norm;
    #[serde(default)] initializer: Initializer = initializer;
    #[serde(default)] loss: Option<Loss> = loss;
    #[serde(default)] label_smoothing: f64 = label_smoothing;
    optimizer: Optimizer = optimizer;
    #[serde(default)] weight_decay: f64 = weight_decay;
    #[serde(default)] schedule: Schedule = fit.schedule;
    #[serde(default)] plateau: Option<ReduceOnPlateau> = fit.plateau;
    #[serde(default)] clip: Option<Clip> = fit.clip;
    #[serde(default)] ema: Option<EmaSettings> = fit.ema;
    #[serde(default)] class_weight: ClassWeights = fit.class_weights;
    #[serde(default)] sample_weight: Option<String> = sample_weight;
    epochs: usize = fit.epochs;
    #[serde(default)] max_steps: Option<u64> = fit.max_steps;
    batch_size: usize = fit.batch_size;
    validation_split: f64 = fit.validation_split;
    #[serde(default, skip_serializing_if = "ClassChoices::are_none")] classes: ClassChoices = classes;
    #[serde(default, skip_serializing_if = "HoldOut::is_by_chance")] hold_out: HoldOut = hold_out;
    #[serde(default, skip_serializing_if = "Vec::is_empty")] metrics: Vec<Metric> = metrics;
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

impl Serialize for NetworkSettings {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Stored::from(self).serialize(to)
    }
}

impl<'de> Deserialize<'de> for NetworkSettings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<NetworkSettings, D::Error> {
        Stored::deserialize(from).map(Into::into)
    }
}
