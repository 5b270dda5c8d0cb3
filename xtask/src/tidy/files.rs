//! Which files the repository has: those that git tracks or would track, or all of them where there is no
//! git.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The text files below `root`: their paths, relative and with `/`, and what is in them, sorted by path.
pub(super) fn texts(root: &Path) -> Result<Vec<(String, String)>> {
    let mut paths = match tracked(root) {
        Some(paths) => paths,
        None => {
            let mut paths = Vec::new();
            walk(root, "", &mut paths)?;
            paths
        }
    };
    paths.sort();
    let mut texts = Vec::new();
    for path in paths {
        let file = root.join(&path);
        // A file may be tracked and already deleted.
        if !file.is_file() {
            continue;
        }
        let bytes = fs::read(&file).with_context(|| format!("cannot read {path}"))?;
        if let Some(text) = text(bytes) {
            texts.push((path, text));
        }
    }
    Ok(texts)
}

/// What git tracks, and what is new and not ignored; nothing when `root` is not the top of a git checkout.
fn tracked(root: &Path) -> Option<Vec<String>> {
    if !root.join(".git").exists() {
        return None;
    }
    let mut command = Command::new("git");
    command.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let list = process::output(&mut command).ok()?;
    Some(list.split_terminator('\0').map(str::to_owned).collect())
}

/// Every file, except below `target` and `.git`.
fn walk(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if !entry.file_type()?.is_dir() {
            paths.push(path);
        } else if name != "target" && name != ".git" {
            walk(&entry.path(), &format!("{path}/"), paths)?;
        }
    }
    Ok(())
}

/// The bytes as text, if they are that.
fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_git_every_text_file_is_found_but_what_was_built() {
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in [
            ("b/c.rs", &b"//! c\n"[..]),
            ("a.md", b"# a\n"),
            ("target/d.rs", b"//! d\n"),
            ("e.bin", &[0, 159]),
        ] {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        let texts = texts(root.path()).unwrap();
        let paths: Vec<&str> = texts.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["a.md", "b/c.rs"]);
    }
}
