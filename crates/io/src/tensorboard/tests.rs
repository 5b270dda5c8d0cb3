//! Event files byte for byte as the Python package writes them.

use super::*;

/// What `xtask/golden/tensorboard_events.py` writes with the Python packages and reads back with TensorBoard.
const GOLDEN: &[u8] = include_bytes!("../../tests/events.out.tfevents");
const TIME: f64 = 1_700_000_000.25;

fn only_file(folder: &Path) -> Vec<u8> {
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert_eq!(files.len(), 1);
    std::fs::read(files[0].as_ref().unwrap().path()).unwrap()
}

#[test]
fn a_file_has_the_bytes_that_the_python_package_writes() {
    let folder = tempfile::tempdir().unwrap();
    let mut events = EventFile::resume(&folder.path().join("new/run"), TIME, 300).unwrap();
    events.scalar(TIME + 1.0, 0, "loss/train", 0.5).unwrap();
    events.scalar(TIME + 2.0, 1, "loss/validation", 1e-3).unwrap();
    events.scalar(TIME + 3.0, 5_000_000_000, &"größe".repeat(30), -3.25).unwrap();
    let got = only_file(&folder.path().join("new/run"));
    assert!(got == GOLDEN, "{} bytes, {} wanted", got.len(), GOLDEN.len());
}

#[test]
fn the_masked_checksum_is_that_of_the_published_vector() {
    // RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 8a9136aa.
    assert_eq!(CRC.checksum(&[0; 32]), 0x8a91_36aa);
    assert_eq!(masked_crc(&[0; 32]), 0x8a91_36aa_u32.rotate_right(15).wrapping_add(0xa282_ead8));
}

#[test]
fn files_of_one_second_are_read_in_the_order_in_which_they_were_begun() {
    let folder = tempfile::tempdir().unwrap();
    for step in 0..3 {
        EventFile::create(folder.path(), TIME).unwrap().scalar(TIME, step, "x", 1.0).unwrap();
    }
    let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 3);
    assert!(files[0].to_str().unwrap().ends_with("events.out.tfevents.1700000000.000.planish"));
    let sizes: Vec<usize> = files.iter().map(|f| std::fs::read(f).unwrap().len()).collect();
    assert!(sizes[0] < sizes[1], "step 0 is not written: {sizes:?}");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let message = EventFile::create(&folder.path().join("file"), TIME).unwrap_err().to_string();
    assert!(message.contains("cannot create the folder"), "{message}");
}
