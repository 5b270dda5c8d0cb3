//! The rule of circles: the files of a crate can be read in an order in which each takes only from those before it, and so can its folders.
//!
//! Files that take from each other, directly or around a corner, can only be understood together. Two folders that lie side by side
//! are layered: if one takes from the other, nothing goes back. `edges` says what counts as taking.

use std::collections::{BTreeMap, BTreeSet};

use super::edges::{self, Edge};
use super::source::Source;
use super::violation::Violation;

/// The circles of every crate.
pub(super) fn check(sources: &[Source], violations: &mut Vec<Violation>) {
    let mut crates: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for source in sources {
        if let Some((crate_folder, _)) = source.path.split_once("/src/") {
            crates.entry(crate_folder).or_default().push(source);
        }
    }
    for (crate_folder, files) in crates {
        let folder = format!("{crate_folder}/src/");
        let edges = edges::edges(&folder, &files);
        for circle in knots(&edges) {
            violations.push(violation("files", &circle));
        }
        for folders in folder_edges(&folder, &edges).values() {
            for circle in knots(folders) {
                violations.push(violation("folders", &circle));
            }
        }
    }
}

/// A circle and its edges, one a line.
fn violation(kind: &str, circle: &[Edge]) -> Violation {
    let members: BTreeSet<&str> = circle.iter().map(|edge| edge.from.as_str()).collect();
    let mut message = format!("{} {kind} in a circle", members.len());
    for edge in circle {
        message += &format!("\n    {} takes {} from {} (line {})", edge.from, edge.what, edge.to, edge.line);
    }
    Violation { path: circle[0].from.clone(), line: 0, message }
}

/// The edges between folders that lie in the same folder, by that folder. A folder's root beside it belongs to it.
fn folder_edges(root: &str, edges: &[Edge]) -> BTreeMap<String, Vec<Edge>> {
    let paths = edges.iter().flat_map(|edge| [edge.from.as_str(), edge.to.as_str()]);
    let folders: BTreeSet<&str> = paths.flat_map(ancestors).collect();
    let home = |path: &str| -> String {
        let stem = path.trim_end_matches(".rs");
        if folders.contains(stem) {
            stem.to_owned()
        } else {
            path.rsplit_once('/').map_or("", |(f, _)| f).to_owned()
        }
    };
    let mut found: BTreeMap<String, Vec<Edge>> = BTreeMap::new();
    for edge in edges {
        let (from, to) = (format!("{}/", home(&edge.from)), format!("{}/", home(&edge.to)));
        let same = from.split('/').zip(to.split('/')).take_while(|(a, b)| a == b).count();
        let cut = |path: &str| path.split('/').take(same + 1).collect::<Vec<_>>().join("/");
        let (from, to) = (cut(&from), cut(&to));
        // One of them holds the other, or both are the same.
        if from.ends_with('/') || to.ends_with('/') || from == to || !from.starts_with(root) {
            continue;
        }
        let parent = from.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
        let what = format!("{} for {}", edge.what, edge.from.rsplit('/').next().unwrap_or_default());
        found.entry(parent).or_default().push(Edge { from, to, line: edge.line, what });
    }
    found
}

/// The folders around a file.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// The sets of edges that lie on circles, one for each set of files that reach each other.
fn knots(edges: &[Edge]) -> Vec<Vec<Edge>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for edge in edges {
        next.entry(&edge.from).or_default().push(&edge.to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        next.keys().map(|&start| (start, reach(&next, start))).collect();
    let meets = |a: &str, b: &str| reached.get(a).is_some_and(|far| far.contains(b));
    let mut knots: Vec<Vec<Edge>> = Vec::new();
    for edge in edges.iter().filter(|edge| meets(&edge.to, &edge.from)) {
        match knots
            .iter_mut()
            .find(|knot| meets(&knot[0].from, &edge.from) && meets(&edge.from, &knot[0].from))
        {
            Some(knot) => knot.push(edge.clone()),
            None => knots.push(vec![edge.clone()]),
        }
    }
    knots
}

/// What can be reached from `start` in one step or more.
fn reach<'a>(next: &BTreeMap<&'a str, Vec<&'a str>>, start: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = next.get(start).cloned().unwrap_or_default();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(next.get(name).into_iter().flatten());
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        let mut violations = Vec::new();
        check(&sources, &mut violations);
        violations.iter().map(Violation::to_string).collect()
    }

    #[test]
    fn a_circle_is_found_with_its_edges() {
        let files = [
            ("crates/x/src/lib.rs", "mod a;\nmod b;\nmod c;\nmod d;"),
            ("crates/x/src/a.rs", "use crate::b::B;"),
            ("crates/x/src/b.rs", "use crate::c::C;"),
            ("crates/x/src/c.rs", "\nuse super::a::A;\nuse crate::d::D;"),
            ("crates/x/src/d.rs", "#[cfg(test)]\nuse crate::a::A;"),
        ];
        assert_eq!(
            messages(&files),
            ["crates/x/src/a.rs: 3 files in a circle\n    \
              crates/x/src/a.rs takes crate::b::B from crates/x/src/b.rs (line 1)\n    \
              crates/x/src/b.rs takes crate::c::C from crates/x/src/c.rs (line 1)\n    \
              crates/x/src/c.rs takes super::a::A from crates/x/src/a.rs (line 2)"]
        );
        assert_eq!(messages(&files[..3]), [""; 0]);
    }

    #[test]
    fn folders_are_layered_though_their_files_make_no_circle() {
        let files = [
            ("crates/x/src/lib.rs", "mod a;\nmod b;\nmod one;"),
            ("crates/x/src/a.rs", "mod c;\nmod d;"),
            ("crates/x/src/a/c.rs", "use crate::b::E;"),
            ("crates/x/src/a/d.rs", "use crate::one::O;"),
            ("crates/x/src/b/mod.rs", "mod f;\npub struct E;"),
            ("crates/x/src/b/f.rs", "use crate::a::d::D;"),
            ("crates/x/src/one.rs", "use crate::b::E;"),
        ];
        let found = messages(&files);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crates/x/src/a: 2 folders in a circle\n"), "{found:?}");
        assert!(
            found[0].contains("crates/x/src/b takes crate::a::d::D for f.rs from crates/x/src/a (line 1)")
        );
        assert_eq!(messages(&files[..5]), [""; 0]);
    }

    #[test]
    fn crates_are_told_apart() {
        let files = [
            ("crates/x/src/lib.rs", "mod a;"),
            ("crates/x/src/a.rs", "use crate::b::B;"),
            ("crates/y/src/b.rs", "use crate::a::A;"),
        ];
        assert_eq!(messages(&files), [""; 0]);
    }
}
