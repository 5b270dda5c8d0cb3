//! Round trips, and every way in which a file can be broken.

use super::hash::NO_HASH;
use super::*;
use crate::forest;
use planish_model::{
    AutoSettings, LinearSettings, Model, NetworkSettings, Predictions, Predictor, TreeSettings, fit_auto,
    fit_linear, fit_network, fit_trees,
};
use planish_tabular::{Kind, Notes, Schema, Table, TableSource};
use planish_tensor::Exec;
use planish_train::FitOptions;

mod large;

fn table() -> Table {
    let mut t = Table::new(Schema::new([("x", Kind::Number), ("c", Kind::Category), ("y", Kind::Number)]));
    for i in 0..40 {
        t.push_number(0, if i == 7 { None } else { Some(f64::from(i) * 0.7) });
        t.push_text(1, Some(["u", "v", "w"][i as usize % 3]));
        t.push_number(2, Some(f64::from(i) * 1.3 + f64::from(i % 3)));
        t.end_row(0);
    }
    t
}

/// One of each kind of predictor.
fn models() -> Vec<Model> {
    let t = table();
    let settings = NetworkSettings {
        hidden: vec![4],
        fit: FitOptions { epochs: 2, ..NetworkSettings::fit() },
        ..NetworkSettings::new("y")
    };
    let network = || fit_network(Exec::best(), &t, &settings, &mut ()).unwrap();
    let linear = || fit_linear(Exec::best(), &mut TableSource::new(&t), &LinearSettings::new("y")).unwrap();
    let tree_settings = TreeSettings { rounds: Some(7), min_rows_in_leaf: 2, ..TreeSettings::new("y") };
    let trees = || fit_trees(Exec::best(), &t, &tree_settings, &mut ()).unwrap();
    let blend = || fit_auto(Exec::best(), &t, &AutoSettings::new("y"), &mut ()).unwrap();
    // A new kind does not compile here until one of it is written and read back.
    let next = |model: &Model| match model.predictor() {
        Predictor::Network(_) => Some(linear()),
        Predictor::Linear(_) => Some(trees()),
        Predictor::Trees(_) => Some(blend()),
        Predictor::Blend(_) => None,
    };
    std::iter::successors(Some(network()), next).collect()
}

#[test]
fn a_model_read_back_predicts_the_same_bits_and_writes_the_same_file() {
    for model in models() {
        let bytes = model_to_bytes(&model);
        assert_eq!((8 + u64::from_le_bytes(bytes[..8].try_into().unwrap())) % 64, 0);
        let back = model_from_bytes("m", &bytes).unwrap();
        assert_eq!(model_to_bytes(&back), bytes);
        assert_eq!(back.proof(), model.prove(Exec::best()).ok().as_deref());
        let predict = |m: &Model| m.predict(Exec::best(), &table(), &mut Notes::default()).unwrap();
        assert_eq!(predict(&model), predict(&back));
        assert!(matches!(predict(&back), Predictions::Numbers(y) if y.len() == 40));
    }
}

/// The artifact as a program that knows the format and gathers everything in memory would write it.
fn gathered(model: &Model) -> Vec<u8> {
    let streamed = model_to_bytes(model);
    let length = u64::from_le_bytes(streamed[..8].try_into().unwrap()) as usize;
    let mut file = streamed[..8 + length].to_vec();
    let at = std::str::from_utf8(&file[8..]).unwrap().find("\"blake3\":\"").unwrap() + 8 + 10;
    file[at..at + 64].fill(b'0');
    match model.predictor() {
        Predictor::Network(n) => {
            for p in &n.plan.layout().params {
                file.extend(n.params[p.range.clone()].iter().flat_map(|x| x.to_le_bytes()));
            }
        }
        Predictor::Trees(t) => {
            forest::tensors(&t.forest, &t.binner).iter().for_each(|list| file.extend(&list.bytes))
        }
        Predictor::Blend(_) => {
            // What each tensor holds is told by the members' own files; here, that they lie as the header says.
            file.extend(&streamed[8 + length..]);
        }
        Predictor::Linear(l) => {
            file.extend(l.fit.coefficients()[0].coef.iter().flat_map(|c| c.to_le_bytes()));
        }
    }
    let hash = blake3::hash(&file).to_hex();
    file[at..at + 64].copy_from_slice(hash.as_bytes());
    file
}

#[test]
fn the_streamed_file_is_the_gathered_one() {
    let folder = tempfile::tempdir().unwrap();
    for model in models() {
        let path = folder.path().join("model");
        save_model(&model, &path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), gathered(&model));
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    for model in models() {
        let bytes = model_to_bytes(&model);
        for n in 0..bytes.len() {
            assert!(model_from_bytes("m", &bytes[..n]).is_err(), "cut to {n} bytes");
        }
        let mut flipped = bytes.clone();
        for i in 0..bytes.len() {
            let bit = 1 << (i % 8);
            flipped[i] ^= bit;
            assert!(model_from_bytes("m", &flipped).is_err(), "bit {bit} of byte {i}");
            flipped[i] ^= bit;
        }
    }
}

#[test]
fn strangers_are_told_from_damaged_files() {
    let say = |bytes: &[u8]| model_from_bytes("m", bytes).unwrap_err().to_string();
    assert_eq!(say(b""), "m: this is not a Planish model");
    assert_eq!(say(b"age,income\n1,2\n"), "m: this is not a Planish model");
    assert_eq!(say(&[255; 100]), "m: this is not a Planish model");
    let mut bytes = model_to_bytes(&models()[0]);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(say(&bytes), "m: the file is damaged: its hash does not match its content");
    // A safetensors file of somebody else.
    let header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  "#;
    let foreign = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat();
    assert_eq!(say(&foreign), "m: this is not a Planish model");
}

/// The artifact with a part of its header replaced and a hash that is right again.
fn forge(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    assert!(header.contains(from), "{header} lacks {from}");
    let at = header.find("\"blake3\":\"").unwrap() + 10;
    let header = format!("{}{NO_HASH}{}", &header[..at], &header[at + 64..]).replacen(from, to, 1);
    let mut out =
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes[8 + length..]].concat();
    let hash = blake3::hash(&out).to_hex();
    let at = 8 + header.find("\"blake3\":\"").unwrap() + 10;
    out[at..at + 64].copy_from_slice(hash.as_bytes());
    out
}

#[test]
fn a_confusion_matrix_may_be_missing_but_not_of_other_classes() {
    let settings = NetworkSettings {
        hidden: vec![2],
        fit: FitOptions { epochs: 1, validation_split: 0.3, ..NetworkSettings::fit() },
        ..NetworkSettings::new("c")
    };
    let model = fit_network(Exec::best(), &table(), &settings, &mut ()).unwrap();
    let confusion = model.record().confusion.clone().unwrap();
    assert_eq!((confusion.len(), confusion.iter().flatten().sum::<u64>()), (3, 12));
    let bytes = model_to_bytes(&model);
    let part = format!(r#"\"confusion\":{},"#, serde_json::to_string(&confusion).unwrap());
    let old = model_from_bytes("m", &forge(&bytes, &part, "")).unwrap();
    assert_eq!(old.record().confusion, None);
    assert_eq!(old.record().validation, model.record().validation);
    for flawed in ["[]", "[[1,2],[3,4]]", "[[1,2,3],[4,5,6],[7,8]]"] {
        let forged = forge(&bytes, &part, &format!(r#"\"confusion\":{flawed},"#));
        let said = model_from_bytes("m", &forged).unwrap_err().to_string();
        assert!(said.contains("confusion matrix is not of the target's classes"), "{flawed}: {said}");
    }
}

#[test]
fn hostile_content_under_a_right_hash_is_refused() {
    let models = models();
    let [network, linear, ..] = &models[..] else { panic!("of each kind there is one") };
    let (network, linear) = (model_to_bytes(network), model_to_bytes(linear));
    assert!(
        model_from_bytes("m", &forge(&network, "planish", "planish")).is_ok(),
        "forging alone does no harm"
    );
    for (bytes, from, to) in [
        (&network, r#"\"names\":[\"u\",\"v\",\"w\"]"#, r#"\"names\":[]"#),
        (&network, r#"\"names\":[\"u\",\"v\",\"w\"]"#, r#"\"names\":[\"v\",\"u\",\"w\"]"#),
        (&network, r#"\"shares\":["#, r#"\"shares\":[0.5,"#),
        (&network, r#"\"median\":"#, r#"\"median\":1e999,\"was\":"#),
        (&network, r#"\"column\":\"x\""#, r#"\"column\":\"y\""#),
        (&network, r#"\"activation\":\"linear\""#, r#"\"activation\":\"sigmoid\""#),
        (&network, r#"\"units\":4"#, r#"\"units\":4000000000000"#),
        (&linear, r#"\"aliased\":[]"#, r#"\"aliased\":[99]"#),
        (&linear, r#"\"shares\":["#, r#"\"shares\":[0.5,"#),
        (&linear, r#"\"sd\":"#, r#"\"sd\":-1.0,\"was\":"#),
        (
            &linear,
            r#"{\"number\":{\"column\":\"y\""#,
            r#"{\"classes\":{\"names\":[],\"numeric\":false,\"column\":\"y\""#,
        ),
    ] {
        assert!(model_from_bytes("m", &forge(bytes, from, to)).is_err(), "{from} → {to}");
    }
}
