//! Losses as text and JSON.

use planish_nn::Loss;

#[test]
fn names_and_parameters_round_trip_as_text_and_json() {
    let parsed = ["huber:0.5", "quantile:0.9", "binary_crossentropy:0.1", "categorical_crossentropy:0.2"];
    for loss in Loss::ALL.into_iter().chain(parsed.map(|t| t.parse().unwrap())) {
        assert_eq!(loss.to_string().parse(), Ok(loss));
        let json = serde_json::to_string(&loss).unwrap();
        assert_eq!(serde_json::from_str::<Loss>(&json).unwrap(), loss, "{json}");
    }
    assert_eq!(serde_json::to_string(&Loss::BinaryCrossentropy).unwrap(), "\"binary_crossentropy\"");
    let q = Loss::Quantile { q: 0.9 };
    assert_eq!(serde_json::to_string(&q).unwrap(), r#"{"quantile":{"q":0.9}}"#);
}

#[test]
fn unknown_names_and_parameters_outside_their_range_are_refused() {
    let fail = |text: &str| text.parse::<Loss>().unwrap_err().to_string();
    assert_eq!(fail("quantile:1.5"), "loss quantile: q is 1.5: it must lie between 0 and 1");
    assert_eq!(fail("huber:0"), "loss huber: delta is 0: it must be a positive number");
    assert!(fail("mse:2").starts_with("unknown loss \"mse:2\": use one of sse, mse"));
    assert!(fail("huber:x").contains("huber:delta"));
    assert!(serde_json::from_str::<Loss>(r#"{"huber":{"delta":1.0,"x":2}}"#).is_err());
}
