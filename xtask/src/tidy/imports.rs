//! What a file takes from other files: its `use` lines and the paths in its code, module by module.
//!
//! Not a parser: it walks over the words of the code and knows `use` trees, modules written inside the file,
//! the names of items at the top of a module, and paths of two words and more. What is compiled for tests
//! alone is left out. Calls of methods have no path and are not seen.

use std::collections::BTreeSet;

use super::source::Source;

/// One module of a file: the file's own, or one written inside it.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// From the root of the crate, without it.
    pub(super) path: Vec<String>,
    pub(super) uses: Vec<Use>,
    /// Paths in the code, such as `super::axis::Axis`, and their lines.
    pub(super) paths: Vec<(Vec<String>, usize)>,
    /// The functions, types, traits and constants at its top.
    pub(super) items: BTreeSet<String>,
    /// Every name in the code outside of `use` lines.
    pub(super) names: BTreeSet<String>,
}

/// One name that a `use` line brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) path: Vec<String>,
    /// What it is called here; `*` for all that is there.
    pub(super) name: String,
    pub(super) is_public: bool,
    pub(super) line: usize,
}

/// The modules of a file whose own module is `path`.
pub(super) fn modules(source: &Source, path: &[String]) -> Vec<Module> {
    let words = words(source);
    let own = Module { path: path.to_vec(), ..Module::default() };
    let mut reader = Reader { words: &words, at: 0, depth: 0, open: vec![(own, 0)], closed: Vec::new() };
    while reader.at < words.len() {
        reader.step();
    }
    let open = reader.open.drain(..).map(|(module, _)| module);
    open.chain(reader.closed).collect()
}

/// A name, `::`, or another character, and its line.
type Word<'a> = (&'a str, usize);

fn words(source: &Source) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for (number, line) in source.numbered_without_tests() {
        let mut rest = line.code.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                // A lifetime, or an emptied literal.
                '\'' => 1 + name_length(&rest[1..]),
                ':' if rest.starts_with("::") => 2,
                c => name_length(rest).max(c.len_utf8()),
            };
            if first != '\'' {
                words.push((&rest[..length], number));
            }
            rest = rest[length..].trim_start();
        }
    }
    words
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

fn is_name(word: &str) -> bool {
    name_length(word) > 0
}

struct Reader<'a> {
    words: &'a [Word<'a>],
    at: usize,
    /// How many braces are open.
    depth: usize,
    /// The modules around this place, each with the depth inside of it.
    open: Vec<(Module, usize)>,
    closed: Vec<Module>,
}

impl<'a> Reader<'a> {
    fn step(&mut self) {
        match self.word(0) {
            "#" if self.is_of_tests() => self.skip_item(),
            "use" if self.word(1) != "<" => self.import(),
            "mod" if is_name(self.word(1)) => self.module(),
            "{" => self.enter(),
            "}" => self.leave(),
            word if is_name(word) => self.name(word),
            _ => self.at += 1,
        }
    }

    fn word(&self, ahead: usize) -> &'a str {
        self.words.get(self.at + ahead).map_or("", |word| word.0)
    }

    fn line(&self) -> usize {
        self.words.get(self.at).map_or(0, |word| word.1)
    }

    fn before(&self) -> &'a str {
        self.at.checked_sub(1).map_or("", |at| self.words[at].0)
    }

    fn here(&mut self) -> &mut Module {
        &mut self.open.last_mut().expect("the file's own module is never closed").0
    }

    fn enter(&mut self) {
        self.depth += 1;
        self.at += 1;
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.at += 1;
        if self.open.last().is_some_and(|(_, inside)| self.depth < *inside) {
            self.closed.extend(self.open.pop().map(|(module, _)| module));
        }
    }

    /// `#[cfg(test)]` or `#[cfg(all(test, …))]`.
    fn is_of_tests(&self) -> bool {
        let starts = |words: &[&str]| words.iter().enumerate().all(|(i, word)| self.word(i) == *word);
        starts(&["#", "[", "cfg", "(", "test", ")"]) || starts(&["#", "[", "cfg", "(", "all", "(", "test"])
    }

    /// Goes on after the attributes here and what they stand before.
    fn skip_item(&mut self) {
        while self.word(0) == "#" {
            while self.word(0) != "]" && self.at < self.words.len() {
                self.at += 1;
            }
            self.at += 1;
        }
        let is_use = (0..5).any(|ahead| self.word(ahead) == "use");
        let mut open = 0_usize;
        while self.at < self.words.len() {
            match self.word(0) {
                "(" | "[" | "{" => open += 1,
                ")" | "]" | "}" if open == 0 => return,
                ")" | "]" => open -= 1,
                "}" => {
                    open -= 1;
                    if open == 0 && !is_use {
                        break;
                    }
                }
                ";" if open == 0 => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at += 1;
    }

    fn module(&mut self) {
        if self.word(2) == "{" {
            let mut path = self.here().path.clone();
            path.push(self.word(1).to_owned());
            self.depth += 1;
            self.open.push((Module { path, ..Module::default() }, self.depth));
        }
        self.at += 3;
    }

    fn import(&mut self) {
        let is_public = matches!(self.before(), "pub" | ")");
        self.at += 1;
        self.tree(&[], is_public);
    }

    /// A branch of a `use` tree, up to what ends it.
    fn tree(&mut self, stem: &[String], is_public: bool) {
        let mut path = stem.to_vec();
        while !matches!(self.word(0), "" | ";" | "," | "}" | "as") {
            match self.word(0) {
                "{" => {
                    self.at += 1;
                    while !matches!(self.word(0), "" | "}") {
                        self.tree(&path, is_public);
                        self.at += usize::from(self.word(0) == ",");
                    }
                    self.at += 1;
                    return;
                }
                word if is_name(word) || word == "*" => path.push(word.to_owned()),
                _ => {}
            }
            self.at += 1;
        }
        let line = self.words[self.at.min(self.words.len()) - 1].1;
        let mut name = path.last().cloned().unwrap_or_default();
        if self.word(0) == "as" {
            name = self.word(1).to_owned();
            self.at += 2;
        }
        if matches!(path.last().map(String::as_str), Some("self" | "*")) && path.len() > 1 {
            let last = path.pop();
            name = if last.as_deref() == Some("*") { "*".to_owned() } else { path[path.len() - 1].clone() };
        }
        self.here().uses.push(Use { path, name, is_public, line });
    }

    /// A name that begins a path, stands for an item that is defined, or is only used.
    fn name(&mut self, word: &str) {
        let (line, before) = (self.line(), self.before());
        let is_top = self.open.last().is_some_and(|(_, inside)| self.depth == *inside);
        let defines =
            matches!(before, "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "!");
        if is_top && defines {
            self.here().items.insert(word.to_owned());
        }
        if before != "." {
            self.here().names.insert(word.to_owned());
        }
        let mut path = vec![word.to_owned()];
        self.at += 1;
        while self.word(0) == "::" && is_name(self.word(1)) {
            path.push(self.word(1).to_owned());
            self.at += 2;
        }
        // `pub(in path)` takes nothing from there.
        if path.len() > 1 && before != "in" {
            self.here().paths.push((path, line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Module> {
        modules(&Source::new("crates/nn/src/a.rs", text), &["a".to_owned()])
    }

    fn uses(text: &str) -> Vec<String> {
        let module = read(text).remove(0);
        let show = |one: &Use| format!("{} {} {}", one.path.join("::"), one.name, one.line);
        module.uses.iter().map(show).collect()
    }

    #[test]
    fn the_branches_of_a_use_line_are_told_apart() {
        assert_eq!(
            uses("use crate::{b, c::{self, D as E},\n super::f::*};"),
            ["crate::b b 1", "crate::c c 1", "crate::c::D E 1", "crate::super::f * 2"]
        );
        assert_eq!(uses("fn f() -> impl A + use<'_> { use b::C; }"), ["b::C C 1"]);
    }

    #[test]
    fn a_public_use_is_known() {
        let text = "pub use a::b;\npub(crate) use c;\nuse d;\n";
        let public: Vec<bool> = read(text)[0].uses.iter().map(|one| one.is_public).collect();
        assert_eq!(public, [true, true, false]);
    }

    #[test]
    fn what_is_for_tests_alone_is_left_out() {
        let text = "#[cfg(test)]\nuse a::{b, c};\n#[cfg(all(test, unix))]\n#[inline]\nfn f(x: [u8; 2]) { d::e() }\nuse g;\n\
                    struct S { #[cfg(test)] x: h::I }\nuse j;";
        assert_eq!(uses(text), ["g g 6", "j j 8"]);
        assert_eq!(read(text)[0].paths, []);
    }

    #[test]
    fn paths_items_and_modules_inside_are_found() {
        let modules = read(
            "fn f<'a>(x: &'a b::C) -> self::D { super::e::<F>() }\nmod inner { use super::f; struct G; }\nconst H: u8 = 1;",
        );
        let paths: Vec<String> = modules[0].paths.iter().map(|(path, _)| path.join("::")).collect();
        assert_eq!(paths, ["b::C", "self::D", "super::e"]);
        assert_eq!(modules[0].items.iter().collect::<Vec<_>>(), ["H", "f"]);
        assert_eq!(modules[1].path, ["a", "inner"]);
        assert_eq!((modules[1].uses.len(), modules[1].items.contains("G")), (1, true));
        assert!(read("pub(in crate::b) fn f() {}")[0].paths.is_empty());
    }
}
