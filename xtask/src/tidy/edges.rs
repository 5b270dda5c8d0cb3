//! Which file of a crate takes something from which other: paths followed to the file that defines what they name.
//!
//! A name that a module re-exports is followed to where it is defined, and a name that means a module stands for nothing by itself.
//! So `use crate::Matrix` leads to `matrix.rs`, and `lib.rs` gets an edge only where something of its own is taken. A folder's root
//! (`a.rs` or `a/mod.rs`) that declares and re-exports what lies below takes nothing from there, unless it uses it itself.

use std::collections::BTreeMap;

use super::imports::{self, Module, Use};
use super::source::Source;

/// A file takes a name from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    /// The line in `from`.
    pub(super) line: usize,
    /// The path that is taken, as it is written.
    pub(super) what: String,
}

/// The edges among the files below `folder`, which ends with `src/`: one for each pair of files, the first.
pub(super) fn edges(folder: &str, sources: &[&Source]) -> Vec<Edge> {
    let has_library = sources.iter().any(|source| source.path == format!("{folder}lib.rs"));
    let mut house = Modules::default();
    for source in sources {
        let inside = &source.path[folder.len()..];
        // The program beside a library is a crate of its own.
        if source.untested == 0 || inside.starts_with("bin/") || has_library && inside == "main.rs" {
            continue;
        }
        for module in imports::modules(source, &module_path(inside)) {
            house.0.insert(module.path.clone(), (source.path.clone(), module));
        }
    }
    let mut edges: BTreeMap<(String, String), Edge> = BTreeMap::new();
    for (from, module) in house.0.values() {
        for (to, line, what) in house.taken(module) {
            if to != *from {
                let edge = Edge { from: from.clone(), to: to.clone(), line, what };
                edges.entry((from.clone(), to)).or_insert(edge);
            }
        }
    }
    edges.into_values().collect()
}

/// `a/b.rs` and `a/b/mod.rs` are the module `a::b`.
fn module_path(inside: &str) -> Vec<String> {
    let path = inside.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The modules of a crate by their paths, each with its file.
#[derive(Default)]
struct Modules(BTreeMap<Vec<String>, (String, Module)>);

/// What a path leads to: a module, or something in a file.
enum Place<'a> {
    Module(&'a Module),
    Item(&'a str),
}

/// How many re-exports are followed, lest two that name each other be followed for ever.
const HOPS: usize = 20;

impl Modules {
    fn find(&self, path: &[String]) -> Option<&Module> {
        self.0.get(path).map(|(_, module)| module)
    }

    fn file(&self, module: &Module) -> &str {
        &self.0[&module.path].0
    }

    /// What a module takes: the file, the line and the path as written.
    fn taken(&self, module: &Module) -> Vec<(String, usize, String)> {
        let mut taken = Vec::new();
        let mut add = |path: &[String], line| {
            if let Some(Place::Item(file)) = self.follow(module, path, HOPS) {
                taken.push((file.to_owned(), line, path.join("::")));
            }
        };
        for one in module.uses.iter().filter(|one| !self.only_passes_on(module, one)) {
            if one.name != "*" {
                add(&one.path, one.line);
            } else if let Some(Place::Module(all)) = self.follow(module, &one.path, HOPS) {
                let names = all.items.iter().chain(all.uses.iter().map(|one| &one.name));
                for name in names.filter(|name| module.names.contains(*name)) {
                    add(&[&one.path[..], std::slice::from_ref(name)].concat(), one.line);
                }
            }
        }
        for (path, line) in &module.paths {
            add(path, *line);
        }
        taken
    }

    /// Whether a `use` line only re-exports what lies below.
    fn only_passes_on(&self, module: &Module, one: &Use) -> bool {
        let below = one.path.first().is_some_and(|first| {
            first != "crate" && first != "super" && self.follow(module, &one.path, HOPS).is_some()
        });
        one.is_public && below && !module.names.contains(&one.name)
    }

    /// Where a path leads that is written in `module`; nowhere when it leads to another crate.
    fn follow<'a>(&'a self, module: &'a Module, path: &[String], hops: usize) -> Option<Place<'a>> {
        let (first, rest) = path.split_first()?;
        let up = |module: &Module| self.find(module.path.split_last()?.1);
        match first.as_str() {
            "crate" => self.descend(self.find(&[])?, rest, hops),
            "self" => self.descend(module, rest, hops),
            "super" if rest.first().is_some_and(|next| next == "super") => {
                self.follow(up(module)?, rest, hops)
            }
            "super" => self.descend(up(module)?, rest, hops),
            name => {
                let is_known =
                    self.child(module, name).is_some() || module.uses.iter().any(|one| one.name == name);
                if is_known { self.descend(module, path, hops) } else { None }
            }
        }
    }

    fn child(&self, module: &Module, name: &str) -> Option<&Module> {
        let mut path = module.path.clone();
        path.push(name.to_owned());
        self.find(&path)
    }

    /// Where a path leads from inside a module.
    fn descend<'a>(&'a self, module: &'a Module, path: &[String], hops: usize) -> Option<Place<'a>> {
        let Some((name, rest)) = path.split_first() else { return Some(Place::Module(module)) };
        if let Some(child) = self.child(module, name) {
            return self.descend(child, rest, hops);
        }
        let hops = hops.checked_sub(1)?;
        if let Some(one) = module.uses.iter().find(|one| one.name == *name) {
            // To another module and on from there, to an item, or to another crate.
            return match self.follow(module, &one.path, hops)? {
                Place::Module(next) => self.descend(next, rest, hops),
                item => Some(item),
            };
        }
        let all = module.uses.iter().filter(|one| one.name == "*" && !module.items.contains(name));
        for one in all {
            if let Some(Place::Module(next)) = self.follow(module, &one.path, hops)
                && (next.items.contains(name) || next.uses.iter().any(|one| one.name == *name))
            {
                return self.descend(next, path, hops);
            }
        }
        Some(Place::Item(self.file(module)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        let edges = edges("x/src/", &sources.iter().collect::<Vec<_>>());
        let short = |path: &str| path["x/src/".len()..].trim_end_matches(".rs").to_owned();
        edges.iter().map(|e| format!("{}:{} {} {}", short(&e.from), e.line, short(&e.to), e.what)).collect()
    }

    #[test]
    fn a_re_exported_name_leads_to_the_file_that_defines_it() {
        let files = [
            ("x/src/lib.rs", "mod a;\nmod b;\npub use a::Thing;\npub const N: u8 = 1;"),
            ("x/src/a.rs", "pub struct Thing;"),
            ("x/src/b.rs", "use crate::Thing;\nfn f() { crate::N }"),
        ];
        assert_eq!(seen(&files), ["b:1 a crate::Thing", "b:2 lib crate::N"]);
    }

    #[test]
    fn a_module_that_is_brought_in_counts_where_something_of_it_is_used() {
        let files = [
            ("x/src/main.rs", "mod a;\nmod b;\nfn main() {\n b::run() }"),
            ("x/src/a/mod.rs", "pub(crate) mod c;\nfn g() {}"),
            ("x/src/a/c.rs", "pub(crate) fn f() {}"),
            ("x/src/b.rs", "use crate::a;\nfn run() {\n a::c::f() }"),
        ];
        assert_eq!(seen(&files), ["b:3 a/c a::c::f", "main:4 b b::run"]);
    }

    #[test]
    fn a_root_takes_from_below_what_it_uses_itself() {
        let child = ("x/src/a/c.rs", "use super::N;\npub struct C; pub struct D;");
        let passes = [("x/src/a.rs", "mod c;\npub use c::{C, D};\nconst N: u8 = 1;"), child];
        assert_eq!(seen(&passes), ["a/c:1 a super::N"]);
        let uses = [("x/src/a.rs", "mod c;\npub use c::{C, D};\nconst N: u8 = 1;\nfn f(c: C) {}"), child];
        assert_eq!(seen(&uses), ["a:2 a/c c::C", "a/c:1 a super::N"]);
    }

    #[test]
    fn of_all_that_is_brought_in_what_is_used_counts() {
        let files = [
            ("x/src/lib.rs", "mod a;\nmod b;\nmod c;"),
            ("x/src/a.rs", "pub use crate::b::B;\npub struct A;\npub fn unused() {}"),
            ("x/src/b.rs", "pub struct B;"),
            ("x/src/c.rs", "use crate::a::*;\nfn f() -> B {}"),
        ];
        assert_eq!(seen(&files), ["a:1 b crate::b::B", "c:1 b crate::a::B"]);
    }

    #[test]
    fn other_crates_and_the_program_beside_a_library_are_no_part() {
        let files = [("x/src/lib.rs", "use std::fmt;\nfn f() { fmt::x() }"), ("x/src/main.rs", "use x::f;")];
        assert_eq!(seen(&files), [""; 0]);
    }
}
