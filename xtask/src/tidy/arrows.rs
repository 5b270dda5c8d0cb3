//! The rule of the arrows: a crate imports only those that lie below it.
//!
//! The arrows are those of `docs/architecture.md`; an arrow means "may import that crate and all below it".
//! Dependencies of tests are not counted. The build tooling imports no crate of the house, so that it
//! compiles in seconds; examples and end-to-end tests may import all.

use super::violation::Violation;
use crate::workspace::Package;

/// Each crate and those that its arrows lead to.
const ARROWS: &[(&str, &[&str])] = &[
    ("planish-tensor", &[]),
    ("planish-nn", &["planish-tensor"]),
    ("planish-optim", &["planish-tensor"]),
    ("planish-linreg", &["planish-tensor"]),
    ("planish-trees", &["planish-tensor"]),
    ("planish-tabular", &["planish-tensor"]),
    ("planish-train", &["planish-nn", "planish-optim"]),
    ("planish-model", &["planish-tabular", "planish-train", "planish-linreg", "planish-trees"]),
    ("planish-io", &["planish-model"]),
    ("planish-serve", &["planish-model", "planish-io"]),
    ("planish-report", &[]),
    ("planish", &["planish-serve", "planish-report"]),
    ("planish-examples", &["planish"]),
    ("planish-tests", &["planish"]),
    ("xtask", &[]),
    ("xtask-proto", &[]),
];

/// The dependencies that no arrow allows, and the packages that have no place in the table.
pub(super) fn check(packages: &[Package]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let members: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    for package in packages {
        let mut report = |message| {
            violations.push(Violation { path: format!("package {}", package.name), line: 0, message });
        };
        if arrows(&package.name).is_none() {
            report("has no place among the arrows (xtask/src/tidy/arrows.rs)".to_owned());
            continue;
        }
        for dependency in &package.dependencies {
            if members.contains(&dependency.as_str()) && !is_below(dependency, &package.name) {
                report(format!("depends on {dependency}, which no arrow allows"));
            }
        }
    }
    violations
}

fn arrows(name: &str) -> Option<&'static [&'static str]> {
    ARROWS.iter().find(|(from, _)| *from == name).map(|(_, to)| *to)
}

/// Whether arrows lead from `from` to `name`.
fn is_below(name: &str, from: &str) -> bool {
    arrows(from).unwrap_or_default().iter().any(|&next| next == name || is_below(name, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            folder: name.into(),
            license: None,
            foreign: false,
            publishable: true,
            has_library: true,
            dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn messages(packages: &[Package]) -> Vec<String> {
        check(packages).into_iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn a_crate_may_import_everything_below_it() {
        let packages = [
            package("planish-tensor", &["rayon"]),
            package("planish-nn", &["planish-tensor"]),
            package("planish-io", &["planish-nn", "planish-tensor"]),
            package("planish", &["planish-io", "planish-tensor"]),
        ];
        assert_eq!(messages(&packages), [""; 0]);
    }

    #[test]
    fn an_import_upwards_or_sideways_is_found() {
        let packages = [
            package("planish-tensor", &["planish-nn"]),
            package("planish-nn", &["planish-optim"]),
            package("planish-optim", &[]),
            package("xtask", &["planish-tensor"]),
        ];
        let messages = messages(&packages);
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert_eq!(messages[0], "package planish-tensor: depends on planish-nn, which no arrow allows");
    }

    #[test]
    fn a_package_without_a_place_is_found() {
        assert!(messages(&[package("planish-more", &[])])[0].contains("no place among the arrows"));
    }
}
