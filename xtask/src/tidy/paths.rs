//! The rule of paths: no text file of the repository names a folder of somebody's machine.
//!
//! A path counts where it begins, not inside a longer one or an address: what comes before its first `/` is
//! not part of a name.

use super::violation::Violation;

/// The top folders that differ from machine to machine.
const FOLDERS: &[&str] = &["work", "root", "home", "Users"];

pub(super) fn check(path: &str, text: &str, violations: &mut Vec<Violation>) {
    for (number, line) in (1..).zip(text.lines()) {
        for folder in FOLDERS {
            if names_folder(line, &format!("/{folder}/")) {
                let message = format!("an absolute path below /{folder}");
                violations.push(Violation { path: path.to_owned(), line: number, message });
            }
        }
    }
}

fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.~)}]>".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let mut violations = Vec::new();
        check("a.md", text, &mut violations);
        violations.into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        // Put together here, so that this file does not break its own rule.
        let text = ["home", "root", "work", "Users"]
            .map(|folder| format!("see \"/{folder}/ann/data.csv\"\n"))
            .concat();
        assert_eq!(lines(&text), [1, 2, 3, 4]);
        assert_eq!(lines(&format!("file://{}/x", "/home")), [1]);
    }

    #[test]
    fn a_part_of_an_address_or_of_a_relative_path_is_not() {
        assert_eq!(
            lines("https://example.org/home/page and a/work/b and ./home/x and $(pwd)/work/y\n"),
            [0; 0]
        );
        assert_eq!(lines("/homework/ and /usr/home and / root /\n"), [0; 0]);
    }
}
