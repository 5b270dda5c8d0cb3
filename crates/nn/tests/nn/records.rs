//! Networks as JSON.

use planish_nn::{Activation, Dense, Layer, LayerNorm, Sequential};

fn every_layer() -> Sequential {
    Sequential::new(3)
        .embedding(5, 2)
        .scale()
        .dense(4, Activation::Linear)
        .batch_norm()
        .parametric(Activation::Mish)
        .dropout(0.1)
        .residual([Layer::LayerNorm(LayerNorm::default()), Layer::Dense(Dense::new(4, Activation::Silu))])
        .dense(2, Activation::Softmax)
}

#[test]
fn records_round_trip_and_plain_ones_are_plain() {
    let net = every_layer();
    let json = serde_json::to_string(&net).unwrap();
    assert_eq!(serde_json::from_str::<Sequential>(&json).unwrap(), net);
    let plain = serde_json::to_string(&Sequential::new(2).dense(1, Activation::Relu)).unwrap();
    let want = r#"{"inputs":2,"layers":[{"dense":{"units":1,"activation":"relu","use_bias":true,"kernel_initializer":"glorot_uniform"}}]}"#;
    assert_eq!(plain, want);
}

#[test]
fn unknown_layers_and_fields_are_refused() {
    let fail = |json: &str| serde_json::from_str::<Sequential>(json).unwrap_err().to_string();
    assert!(fail(r#"{"inputs":2,"layers":[{"conv":{}}]}"#).contains("unknown variant `conv`"));
    let units = r#"{"inputs":2,"layers":[{"dense":{"units":1,"activation":"relu","unit":2}}]}"#;
    assert!(fail(units).contains("unknown field `unit`"));
    assert!(fail(r#"{"inputs":2,"layers":[],"x":1}"#).contains("unknown field `x`"));
    assert!(fail(r#"{"inputs":{"numbers":1,"tables":[]},"layers":[]}"#).contains("unknown field `tables`"));
    assert!(fail(r#"{"inputs":"two","layers":[]}"#).contains("the number of inputs"));
    assert!(fail(r#"{"inputs":2,"layers":[{"batch_norm":{"axis":1}}]}"#).contains("unknown field `axis`"));
}
