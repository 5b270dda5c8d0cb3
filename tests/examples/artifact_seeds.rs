//! Writes the first inputs of the fuzz target `artifact` from models of today: `cargo run -p planish-tests --example artifact_seeds`.
//! They are a header's line and the tensors, as `planish_tests::outside::artifact` reads them; one is a whole file.

use planish_io::model_to_bytes;
use planish_tests::outside::models;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/artifact");
    std::fs::create_dir_all(&folder)?;
    for (name, model) in models() {
        let file = model_to_bytes(&model);
        let length = u64::from_le_bytes(file[..8].try_into().expect("eight bytes")) as usize;
        let (header, tensors) = file[8..].split_at(length);
        std::fs::write(
            folder.join(format!("seed_{name}")),
            [header.trim_ascii_end(), b"\n", tensors].concat(),
        )?;
        if name == "price" {
            std::fs::write(folder.join("seed_whole_file"), &file)?;
        }
    }
    Ok(())
}
