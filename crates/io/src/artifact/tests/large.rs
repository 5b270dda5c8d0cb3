//! Files large enough to be mapped.

use super::*;
#[cfg(target_os = "linux")]
use std::path::Path;
use std::path::PathBuf;

/// A network of more than a million parameters.
fn large(hidden: [usize; 2]) -> Model {
    let settings =
        NetworkSettings { hidden: hidden.to_vec(), epochs: 1, batch_size: 64, ..NetworkSettings::new("y") };
    fit_network(Exec::best(), &table(), &settings, &mut ()).unwrap()
}

fn saved(model: &Model) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    save_model(model, &path).unwrap();
    (folder, path)
}

fn predict(model: &Model) -> Predictions {
    model.predict(Exec::best(), &table(), &mut Notes::default()).unwrap()
}

/// Whether this process has mapped the file.
#[cfg(target_os = "linux")]
fn is_mapped(path: &Path) -> bool {
    std::fs::read_to_string("/proc/self/maps").unwrap().contains(path.to_str().unwrap())
}

#[test]
fn a_mapped_model_and_a_copied_one_predict_the_same_bits() {
    // Layers whose kernels begin on 64 bytes in the file, and layers whose kernels do not.
    for hidden in [[1024, 1024], [1021, 1030]] {
        let model = large(hidden);
        let (_folder, path) = saved(&model);
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() > 4 << 20 && bytes == gathered(&model));
        let mapped = load_model(&path).unwrap();
        #[cfg(target_os = "linux")]
        assert!(is_mapped(&path), "{hidden:?}");
        let copied = model_from_bytes("m", &bytes).unwrap();
        assert_eq!(predict(&mapped), predict(&model));
        assert_eq!(predict(&mapped), predict(&copied));
        assert_eq!(mapped.proof(), mapped.prove(Exec::best()).ok().as_deref());
        assert_eq!(model_to_bytes(&mapped), bytes);
        let clone = mapped.clone();
        drop(mapped);
        assert_eq!(predict(&clone), predict(&copied), "a copy of the model keeps the map");
    }
}

/// The artifact with its first two tensors, which are next to each other, the other way round.
fn swapped(bytes: &[u8], model: &Model) -> Vec<u8> {
    let Predictor::Network(n) = model.predictor() else { unreachable!("a network") };
    let [first, second] = [0, 1].map(|i| n.plan.layout().params[i].range.len() * size_of::<f32>());
    let offsets = |from: usize, len: usize| format!(r#""data_offsets":[{from},{}]"#, from + len);
    let [a, b] = [offsets(0, first), offsets(first, second)];
    let forged = forge(&forge(bytes, &a, &offsets(second, first)), &b, &offsets(0, second));
    let data = 8 + u64::from_le_bytes(forged[..8].try_into().unwrap()) as usize;
    let (header, numbers) = forged.split_at(data);
    let (a, rest) = numbers.split_at(first);
    let (b, rest) = rest.split_at(second);
    forge(&[header, b, a, rest].concat(), "planish", "planish")
}

#[test]
fn a_file_in_another_order_is_copied_and_let_go() {
    let model = large([1024, 1024]);
    let (_folder, path) = saved(&model);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, swapped(&bytes, &model)).unwrap();
    let back = load_model(&path).unwrap();
    #[cfg(target_os = "linux")]
    assert!(!is_mapped(&path));
    assert_eq!(predict(&back), predict(&model));
    assert_eq!(model_to_bytes(&back), bytes);
}

#[test]
fn a_file_replaced_by_another_leaves_the_mapped_model_as_it_was() {
    let [first, second] = [large([1024, 1024]), large([1040, 1024])];
    let (_folder, path) = saved(&first);
    let mapped = load_model(&path).unwrap();
    save_model(&second, &path).unwrap();
    assert_eq!(predict(&mapped), predict(&first));
    assert_eq!(predict(&load_model(&path).unwrap()), predict(&second));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(predict(&mapped), predict(&first));
}

#[test]
fn a_large_file_that_is_cut_or_changed_is_refused() {
    let (_folder, path) = saved(&large([1024, 1024]));
    let bytes = std::fs::read(&path).unwrap();
    let n = bytes.len();
    let say = || load_model(&path).unwrap_err().to_string();
    for cut in [0, 5, 4 << 20, n - 4096, n - 1] {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        assert!(load_model(&path).is_err(), "cut to {cut} bytes");
    }
    std::fs::write(&path, [&bytes[..], &[0; 64]].concat()).unwrap();
    assert!(say().ends_with("its hash does not match its content"), "longer");
    for at in [9, 4096, n / 2, n - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 4;
        std::fs::write(&path, &flipped).unwrap();
        assert!(load_model(&path).is_err(), "byte {at}");
    }
    // A right hash over a number that is none.
    let mut hostile = forge(&bytes, "planish", "planish");
    hostile[n - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, forge(&hostile, "planish", "planish")).unwrap();
    assert!(say().ends_with("a parameter is not finite"), "{}", say());
}
