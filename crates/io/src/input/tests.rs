//! The same table in many forms, and what is said of what is none.

use super::*;
use std::io::Write;

const PLAIN: &str = "a,b\n0.1,caf\u{e9}\n2,\"x, y\"\n";

fn options(encoding: &str) -> TableOptions {
    TableOptions { encoding: Some(encoding.parse().unwrap()), ..TableOptions::default() }
}

fn open(bytes: impl Into<Vec<u8>>, options: &TableOptions) -> Result<Input, IoError> {
    Input::of(Bytes::memory("t", bytes.into()), options)
}

fn text_of(input: &Input) -> Result<String, String> {
    let mut text = String::new();
    let read = input.reader(0).map_err(|e| e.to_string())?.read_to_string(&mut text);
    read.map_err(IoError::system(&input.name, "read")).map_err(|e| e.to_string())?;
    Ok(text)
}

fn text(bytes: impl Into<Vec<u8>>, options: &TableOptions) -> Result<String, String> {
    open(bytes, options).map_err(|e| e.to_string()).and_then(|input| text_of(&input))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

fn utf16(text: &str, swap: bool) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    marked
        .encode_utf16()
        .flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() })
        .collect()
}

#[test]
fn packed_and_marked_text_reads_as_plain_text() {
    let halves = PLAIN.as_bytes().split_at(9);
    let zst = zstd::encode_all(PLAIN.as_bytes(), 3).unwrap();
    for form in [
        PLAIN.as_bytes().to_vec(),
        format!("\u{feff}{PLAIN}").into_bytes(),
        utf16(PLAIN, false),
        utf16(PLAIN, true),
        gzip(PLAIN.as_bytes()),
        [gzip(halves.0), gzip(halves.1)].concat(),
        gzip(&utf16(PLAIN, false)),
        zst,
    ] {
        assert_eq!(text(form, &TableOptions::default()).unwrap(), PLAIN);
    }
    let long = PLAIN.repeat(100_000);
    assert!(text(utf16(&long, true), &TableOptions::default()).unwrap() == long);
}

#[test]
fn an_encoding_that_is_told_is_used_and_one_that_cannot_be_is_refused() {
    let latin = b"a\ncaf\xe9\n";
    assert_eq!(text(latin, &options("latin1")).unwrap(), "a\ncaf\u{e9}\n");
    assert_eq!(text(gzip(latin), &options("windows-1252")).unwrap(), "a\ncaf\u{e9}\n");
    assert_eq!(
        text(utf16("a\n1\n", true), &options("latin1")).unwrap_err(),
        "t: it begins with the mark of UTF-16BE, and --encoding is windows-1252; leave the option out"
    );
    assert!("klingon".parse::<crate::table_options::TextEncoding>().is_err());
    let mut odd = utf16("a\n1\n", false);
    odd.push(b'2');
    assert_eq!(text(odd, &TableOptions::default()).unwrap_err(), "t: byte 11 is not UTF-16LE text");
}

#[test]
fn packed_data_that_end_early_or_are_damaged_are_named() {
    let whole = gzip(PLAIN.as_bytes());
    let early = text(&whole[..whole.len() - 9], &TableOptions::default()).unwrap_err();
    assert_eq!(early, "t: the gzip data end early: the file is not whole; fetch it again");
    let zst = zstd::encode_all(PLAIN.as_bytes(), 3).unwrap();
    let early = text(&zst[..zst.len() - 3], &TableOptions::default()).unwrap_err();
    assert_eq!(early, "t: the Zstandard data end early: the file is not whole; fetch it again");
    let mut wrong = whole;
    wrong[25] ^= 0x55;
    assert!(text(wrong, &TableOptions::default()).unwrap_err().starts_with("t: the gzip data are damaged ("));
}

#[test]
fn a_client_cannot_have_anything_unpacked() {
    let packed = gzip(PLAIN.as_bytes());
    let input = Input::memory("body", packed.clone()).unwrap();
    let mut read = Vec::new();
    input.reader(0).unwrap().read_to_end(&mut read).unwrap();
    assert!(read == packed);
}

#[test]
fn what_is_no_table_is_named_by_what_it_is() {
    for (bytes, said) in [
        (&b""[..], "t: the file is empty"),
        (b"%PDF-1.7\n", "t: it is a PDF document, not a table; save the table as .csv or .xlsx"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "t: it is a PNG picture, not a table; name the file of the table"),
        (b"<!DOCTYPE html><p>", "t: it is a web page, not a table; fetch the file itself"),
        (
            b"\x07\x08\x01\x02abc",
            "t: it is not text, and no format that is known here; save the table as .csv or .xlsx",
        ),
    ] {
        assert_eq!(text(bytes, &TableOptions::default()).unwrap_err(), said);
    }
    assert_eq!(text(&b"ORC,x\n1,2\n"[..], &TableOptions::default()).unwrap(), "ORC,x\n1,2\n");
}

#[test]
fn a_file_that_is_written_to_while_it_is_read_is_noticed() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"a\n1\n").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let input = Input::open(&path, &TableOptions::default()).unwrap();
    assert!(input.check_unchanged().is_ok());
    file.write_all(b"2\n").unwrap();
    let said = input.check_unchanged().unwrap_err().to_string();
    assert_eq!(
        said,
        format!("{path}: it was changed while it was read; read it again when nothing writes to it")
    );
}
