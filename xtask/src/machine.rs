//! `cargo xtask machine`: what `cargo xtask ci` needs of a machine beside Rust and a C compiler, looked for before the long work.
//!
//! What is lacking is installed where that is wished: by root, and where `CI` is set (with sudo). On anybody else's machine nothing is installed;
//! the error has the one command to type. So no check fails after an hour, and none is left out in silence, for want of a program. This is the
//! one place that knows which programs those are.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::{dist, process};

/// Set by those who go without the tests in a browser.
pub const NO_BROWSER: &str = "PLANISH_NO_BROWSER";

/// A part that is needed: the programs any of which will do, and the package of Debian's or the component of rustup's that has one.
struct Need {
    programs: &'static [&'static str],
    source: Source,
    name: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Rustup,
    Debian,
    /// As `Debian`, and only for the tests in a browser.
    Browser,
}

/// The browsers are those that chromedriver finds by itself.
const NEEDS: &[Need] = &[
    Need { programs: &["cargo-fmt"], source: Source::Rustup, name: "rustfmt" },
    Need { programs: &["cargo-clippy"], source: Source::Rustup, name: "clippy" },
    Need { programs: &["tar"], source: Source::Debian, name: "tar" },
    Need {
        programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
        source: Source::Browser,
        name: "chromium",
    },
    Need { programs: &["chromedriver"], source: Source::Browser, name: "chromium-driver" },
];

/// What there is to install with, and whether that is wished.
#[derive(Clone, Copy, Debug, Default)]
struct Machine {
    root: bool,
    ci: bool,
    rustup: bool,
    apt_get: bool,
    sudo: bool,
}

/// What to do about parts that are lacking.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Remedy {
    /// Commands to run, one after the other.
    Run(Vec<Vec<String>>),
    /// What to tell the person.
    Tell(String),
}

/// Looks for everything, installs what is lacking or says how, and brings the crates that the checks build.
///
/// # Errors
/// A lack that is not to be mended without being asked, an installation that fails, or a crate that cannot be had.
pub fn run(root: &Path) -> Result<()> {
    programs(root)?;
    crates(root)?;
    println!("everything that the checks need is here");
    Ok(())
}

fn programs(root: &Path) -> Result<()> {
    let machine = Machine::here()?;
    let browser = std::env::var_os(NO_BROWSER).is_none();
    if !browser {
        println!("{NO_BROWSER} is set: the tests in a browser are left out");
    }
    for wanted in [&[Source::Rustup][..], &[Source::Debian, Source::Browser]] {
        let lacking = || -> Vec<&Need> {
            let needs = NEEDS.iter().filter(|n| wanted.contains(&n.source));
            needs.filter(|n| (browser || n.source != Source::Browser) && !n.is_here(root)).collect()
        };
        let lacks = lacking();
        if lacks.is_empty() {
            continue;
        }
        let names: Vec<&str> = lacks.iter().map(|n| n.name).collect();
        let source =
            if lacks.iter().any(|n| n.source == Source::Browser) { Source::Browser } else { wanted[0] };
        match remedy(source, &names, &machine) {
            Remedy::Tell(what) => bail!("{} {} lacking: {what}", names.join(" and "), is(names.len())),
            Remedy::Run(commands) => {
                println!("{} {} lacking, and installed now", names.join(" and "), is(names.len()));
                commands.iter().try_for_each(|c| process::run(Command::new(&c[0]).args(&c[1..])))?;
            }
        }
        if let Some(need) = lacking().first() {
            bail!("{} was installed, but there is still no {}", need.name, need.programs.join(" or "));
        }
    }
    Ok(())
}

/// Brings the crates, so that it is known at once where there is no network.
fn crates(root: &Path) -> Result<()> {
    // The licences are checked of crates for all platforms.
    process::run(process::cargo(root).args(["fetch", "--locked"]))?;
    let here = dist::host_triple(root)?;
    for manifest in ["bench/Cargo.toml", "fuzz/Cargo.toml"] {
        let arguments = ["fetch", "--manifest-path", manifest, "--target", &here];
        process::run(process::cargo(root).args(arguments))?;
    }
    Ok(())
}

fn is(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

impl Need {
    fn is_here(&self, root: &Path) -> bool {
        match self.source {
            // rustup has a stand-in for every component, which fails where that is not installed.
            Source::Rustup => self.programs.iter().any(|program| {
                let name = program.trim_start_matches("cargo-");
                let mut command = process::cargo(root);
                command.args([name, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
                process::run(&mut command).is_ok()
            }),
            Source::Debian | Source::Browser => self.programs.iter().any(|p| process::is_on_path(p)),
        }
    }
}

impl Machine {
    fn here() -> Result<Machine> {
        let ci = std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        Ok(Machine {
            root: cfg!(unix) && process::output(Command::new("id").arg("-u"))?.trim() == "0",
            ci,
            rustup: process::is_on_path("rustup"),
            apt_get: process::is_on_path("apt-get"),
            sudo: process::is_on_path("sudo"),
        })
    }
}

/// What is to be done where these packages or components are lacking; `Browser` if one of them is for that.
fn remedy(source: Source, names: &[&str], machine: &Machine) -> Remedy {
    let all = names.join(" ");
    if source == Source::Rustup {
        return match (machine.rustup, machine.root || machine.ci) {
            (true, true) => Remedy::Run(vec![words(&format!("rustup component add {all}"))]),
            (true, false) => Remedy::Tell(format!("type `rustup component add {all}`")),
            (false, _) => Remedy::Tell("install them with the toolchain: there is no rustup".to_owned()),
        };
    }
    if !machine.apt_get {
        let skip = match source {
            Source::Browser => format!("; or set {NO_BROWSER}=1 to go without the tests in a browser"),
            Source::Rustup | Source::Debian => String::new(),
        };
        return Remedy::Tell(format!("install them as this system does, there is no apt-get{skip}"));
    }
    let sudo = if machine.root { "" } else { "sudo " };
    let [update, install] = ["apt-get update", "apt-get install --yes --no-install-recommends"];
    if machine.root || (machine.ci && machine.sudo) {
        let quiet = "env DEBIAN_FRONTEND=noninteractive ";
        return Remedy::Run(vec![
            words(&format!("{sudo}{update}")),
            words(&format!("{sudo}{quiet}{install} {all}")),
        ]);
    }
    let typed = match machine.sudo {
        true => format!("type `sudo {update} && sudo {install} {all}`"),
        false => format!("type as root `{update} && {install} {all}`"),
    };
    Remedy::Tell(typed)
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

    /// The lines that are run for the browser, or what is told.
    fn of(machine: Machine) -> Result<Vec<String>, String> {
        match remedy(Source::Browser, &PACKAGES, &machine) {
            Remedy::Run(commands) => Ok(commands.iter().map(|c| c.join(" ")).collect()),
            Remedy::Tell(what) => Err(what),
        }
    }

    #[test]
    fn root_installs_with_apt_get() {
        let lines = of(Machine { root: true, apt_get: true, ..Machine::default() }).unwrap();
        let install = "env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium chromium-driver";
        assert_eq!(lines, ["apt-get update", install]);
    }

    #[test]
    fn ci_installs_with_sudo_and_without_it_says_what_root_must_type() {
        let ci = Machine { ci: true, apt_get: true, ..Machine::default() };
        let lines = of(Machine { sudo: true, ..ci }).unwrap();
        assert!(lines[0] == "sudo apt-get update" && lines[1].starts_with("sudo env DEBIAN_FRONTEND="));
        assert!(of(ci).unwrap_err().starts_with("type as root `apt-get update && "));
    }

    #[test]
    fn nothing_is_installed_on_a_persons_machine_and_the_one_command_is_said() {
        let person = Machine { apt_get: true, sudo: true, rustup: true, ..Machine::default() };
        let typed = "type `sudo apt-get update && sudo apt-get install --yes --no-install-recommends chromium chromium-driver`";
        assert_eq!(of(person).unwrap_err(), typed);
        let component = remedy(Source::Rustup, &["rustfmt", "clippy"], &person);
        assert_eq!(component, Remedy::Tell("type `rustup component add rustfmt clippy`".to_owned()));
    }

    #[test]
    fn without_apt_get_or_rustup_even_root_is_told() {
        let machine = Machine { root: true, ci: true, sudo: true, ..Machine::default() };
        assert!(of(machine).unwrap_err().contains("PLANISH_NO_BROWSER=1"));
        assert!(matches!(remedy(Source::Rustup, &["clippy"], &machine), Remedy::Tell(_)));
        let Remedy::Tell(what) = remedy(Source::Debian, &["tar"], &machine) else { panic!() };
        assert_eq!(what, "install them as this system does, there is no apt-get", "tar is not for a browser");
    }

    #[test]
    fn a_component_is_added_by_root_and_where_ci_is_set() {
        for machine in [
            Machine { root: true, rustup: true, ..Machine::default() },
            Machine { ci: true, rustup: true, ..Machine::default() },
        ] {
            let add = vec![words("rustup component add clippy")];
            assert_eq!(remedy(Source::Rustup, &["clippy"], &machine), Remedy::Run(add));
        }
    }

    #[test]
    fn the_toolchain_of_this_test_has_what_it_needs() {
        let root = crate::workspace::root();
        let rust = NEEDS.iter().filter(|n| n.source == Source::Rustup);
        assert!(rust.clone().count() == 2 && rust.clone().all(|n| n.is_here(&root)));
    }
}
