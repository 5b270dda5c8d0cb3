//! Files large enough that their numbers stay where they were read to, or are mapped.

use super::own::{Own, Positioned};
use super::*;
use std::path::{Path, PathBuf};

/// A network of more than a million parameters.
fn large(hidden: [usize; 2]) -> Model {
    let settings = NetworkSettings {
        hidden: hidden.to_vec(),
        fit: FitOptions { epochs: 1, batch_size: 64, ..NetworkSettings::fit() },
        ..NetworkSettings::new("y")
    };
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

fn map(path: &Path) -> Model {
    let (model, mapped) = load_model_mapped(path).unwrap();
    assert!(mapped, "it is large");
    model
}

#[test]
fn a_model_read_or_mapped_or_copied_predicts_the_same_bits() {
    // Layers whose kernels begin on 64 bytes in the file, and layers whose kernels do not.
    for hidden in [[1024, 1024], [1021, 1030]] {
        let model = large(hidden);
        let (_folder, path) = saved(&model);
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() > 4 << 20 && bytes == gathered(&model));
        let read = load_model(&path).unwrap();
        #[cfg(target_os = "linux")]
        assert!(!is_mapped(&path), "{hidden:?}");
        let mapped = map(&path);
        #[cfg(target_os = "linux")]
        assert!(is_mapped(&path), "{hidden:?}");
        let copied = model_from_bytes("m", &bytes).unwrap();
        assert_eq!(predict(&read), predict(&model));
        assert_eq!(read.proof(), copied.proof());
        assert_eq!(model_to_bytes(&read), bytes);
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
    let n = model.network().expect("a network");
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
fn a_file_in_another_order_is_copied() {
    let model = large([1024, 1024]);
    let (_folder, path) = saved(&model);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, swapped(&bytes, &model)).unwrap();
    let (mapped, is_told_mapped) = load_model_mapped(&path).unwrap();
    #[cfg(target_os = "linux")]
    assert!(!is_mapped(&path));
    assert!(!is_told_mapped);
    for back in [mapped, load_model(&path).unwrap()] {
        assert_eq!(predict(&back), predict(&model));
        assert_eq!(model_to_bytes(&back), bytes);
    }
}

#[test]
fn what_happens_to_a_file_does_not_reach_the_model_that_was_read_from_it() {
    let model = large([1024, 1024]);
    let (_folder, path) = saved(&model);
    let read = load_model(&path).unwrap();
    let n = std::fs::metadata(&path).unwrap().len() as usize;
    std::fs::write(&path, vec![b'x'; n]).unwrap();
    assert_eq!(predict(&read), predict(&model));
    std::fs::File::options().write(true).open(&path).unwrap().set_len(100).unwrap();
    assert_eq!(predict(&read), predict(&model));
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_refused() {
    let (_folder, path) = saved(&large([1024, 1024]));
    let bytes = std::fs::read(&path).unwrap();
    let data = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let file = Positioned::new(std::fs::File::open(&path).unwrap());
    let read = |len| Own::read("m", &file, len, &bytes[..data]).map(|_| ()).map_err(|e| e.to_string());
    assert_eq!(read(bytes.len()), Ok(()));
    // It had so many bytes when it was opened.
    assert_eq!(read(bytes.len() + 1), Err("m: the file was cut short while it was read".to_owned()));
}

#[test]
fn a_long_header_is_no_reason_to_ask_for_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    for (length, part) in [
        (0_u64, "this is not a Planish model"),
        (5 << 20, "the file is cut short"),
        (100_000_000, "the file is cut short"),
        (100_000_001, "this is not a Planish model"),
        (u64::MAX, "this is not a Planish model"),
    ] {
        let start = [&length.to_le_bytes()[..], b"{"].concat();
        std::fs::write(&path, [&start[..], &vec![b' '; 4 << 20]].concat()).unwrap();
        let e = load_model(&path).unwrap_err().to_string();
        assert!(e.starts_with(path.to_str().unwrap()) && e.ends_with(part), "{length}: {e}");
    }
}

#[test]
fn a_file_replaced_by_another_leaves_the_mapped_model_as_it_was() {
    let [first, second] = [large([1024, 1024]), large([1040, 1024])];
    let (_folder, path) = saved(&first);
    let mapped = map(&path);
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
    let say = || {
        let [read, mapped] = [load_model(&path).map(|_| ()), load_model_mapped(&path).map(|_| ())];
        let said = read.unwrap_err().to_string();
        assert_eq!(mapped.unwrap_err().to_string(), said);
        said
    };
    for cut in [0, 5, 4 << 20, n - 4096, n - 1] {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        assert!(!say().is_empty(), "cut to {cut} bytes");
    }
    std::fs::write(&path, [&bytes[..], &[0; 64]].concat()).unwrap();
    assert!(say().ends_with("its hash does not match its content"), "longer");
    for at in [9, 4096, n / 2, n - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 4;
        std::fs::write(&path, &flipped).unwrap();
        assert!(!say().is_empty(), "byte {at}");
    }
    // A right hash over a number that is none.
    let mut hostile = forge(&bytes, "planish", "planish");
    hostile[n - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, forge(&hostile, "planish", "planish")).unwrap();
    assert!(say().ends_with("a parameter is not finite"), "{}", say());
}
