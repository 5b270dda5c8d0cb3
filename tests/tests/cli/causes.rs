//! Messages about tables that no model can be fitted to name the columns that are the cause, within 300 letters, and give an option that a shell takes as it
//! stands.

use planish_tests::program::{planish, run};
use std::path::Path;
use std::process::Command;

/// The message of a training run that fails.
#[track_caller]
fn refused(dir: &Path, options: &[&str]) -> String {
    let args =
        [&["train", "t.csv", "--target", "y", "--header", "yes", "--overwrite", "-o", "m"][..], options]
            .concat();
    let ran = run(dir, &args);
    assert_eq!(ran.code, 1, "{} {}", ran.out, ran.err);
    let line = ran.err.lines().find(|l| l.starts_with("error: ")).unwrap().to_owned();
    assert!(line.chars().count() <= 300 + "error: t.csv: ".len(), "{} letters: {line}", line.chars().count());
    line
}

/// What stands in the last parentheses that begin with this option, as a shell reads it.
#[track_caller]
fn pasted(message: &str, option: &str) -> String {
    let from = message.rfind(&format!("({option}")).unwrap_or_else(|| panic!("{message}")) + 1;
    let (text, mut quoted) = (&message[from..], false);
    let end = text.find(|c| {
        quoted ^= c == '\'';
        !quoted && c == ')'
    });
    text[..end.unwrap()].to_owned()
}

/// Trains with an option pasted at the end of the command line.
#[track_caller]
fn works(dir: &Path, options: &str, message: &str, option: &str) {
    let pasted = pasted(message, option);
    let program = planish().get_program().to_owned();
    let line = format!("\"$0\" train t.csv --target y --header yes --overwrite -o m {options} {pasted}");
    let ran = Command::new("sh").arg("-c").arg(&line).arg(program).current_dir(dir).output().unwrap();
    assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn write(dir: &Path, head: &str, rows: usize, row: impl Fn(usize) -> String) {
    let rows: String = (0..rows).map(|i| row(i) + "\n").collect();
    std::fs::write(dir.join("t.csv"), format!("{head}\n{rows}")).unwrap();
}

#[test]
fn a_level_that_tells_a_class_is_named_with_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    // The level is the first, which has no term; and one that has.
    for (levels, told) in [(["p", "q", "r"], "p"), (["z z", "q", "r"], "z z")] {
        write(dir, "x,\"the g, 'it'\",y", 60, |i| {
            let y = if i % 3 == 0 || i * 5 % 7 < 3 { "yes" } else { "no" };
            format!("{},{},{y}", i * 7 % 13, levels[i % 3])
        });
        let said = refused(dir, &["--model", "logistic"]);
        let want = format!(
            r#"the column "the g, \'it\'" tells the target y perfectly (all 20 rows with "the g, \'it\'" = {told} are yes)"#
        );
        assert!(said.contains(&want), "{said}");
        works(dir, "--model logistic", &said, "--drop");
        works(dir, "--model logistic", &said, "--alpha");
    }
    // Of three classes one is lacking; of counts all are zero.
    write(dir, "x,g,y", 90, |i| {
        format!(
            "{},{},{}",
            i * 7 % 13,
            ["p", "q"][i % 2],
            ["u", "v", "w"][if i % 2 == 0 { i / 2 % 2 } else { i / 2 % 3 }]
        )
    });
    let said = refused(dir, &["--model", "logistic"]);
    assert!(
        said.contains("the column g tells the target y perfectly (none of the 45 rows with g = p is w)"),
        "{said}"
    );
    works(dir, "--model logistic", &said, "--drop");
    write(dir, "x,g,y", 60, |i| {
        format!("{},{},{}", i * 7 % 13, ["p", "q"][i % 2], if i % 2 == 0 { 0 } else { i % 5 })
    });
    let said = refused(dir, &["--model", "poisson"]);
    assert!(said.contains("(all 30 rows with g = p have 0)"), "{said}");
}

#[test]
fn rows_that_numbers_tell_apart_are_counted_and_the_first_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    // The fourth row has no target; x = 5 has both classes.
    let rows = ["1,no", "2,no", "5,no", "5,", "5,yes", "7,yes", "8,yes"];
    write(dir, "x,y", rows.len(), |i| rows[i].to_owned());
    let said = refused(dir, &["--model", "logistic"]);
    let want = "the column x tells the target y perfectly (4 of 6 rows, the first in lines 2, 3, 7), so coefficients would grow without end: use a penalty (--alpha 1)";
    assert!(said.ends_with(want), "{said}");
    works(dir, "--model logistic", &said, "--alpha");
    write(dir, "x,v,y", 12, |i| format!("{i},{},{}", i * 5 % 7, if i < 6 { "no" } else { "yes" }));
    let said = refused(dir, &["--model", "logistic"]);
    assert!(said.contains("(all 12 rows)"), "{said}");
}

#[test]
fn columns_with_too_many_terms_for_the_rows_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, "x,the city,d,y", 12, |i| {
        format!("{},c{},d{},{}", i * 5 % 11, i / 2 * 2 % 10, i % 11, i * i % 7)
    });
    let said = refused(dir, &["--model", "ols"]);
    assert!(
        said.contains("12 rows for 16 parameters: ")
            && said
                .contains("the column d has 10 of the terms: leave it out (--drop d), or use --model ridge"),
        "{said}"
    );
    works(dir, "--model ols", &said, "--drop");
    let said = refused(dir, &["--model", "poisson"]);
    works(dir, "--model poisson", &said, "--alpha");
    // Very many columns with names of any length.
    let head: Vec<String> = (0..400).map(|j| format!("a long, name of column {j}")).collect();
    let head: Vec<String> = head.iter().map(|name| format!("\"{name}\"")).collect();
    write(dir, &format!("{},y", head.join(",")), 20, |i| {
        let cells: Vec<String> =
            (0..400).map(|j| ((i * i * (j + 1) + i * (j % 7) + j) % 997).to_string()).collect();
        format!("{},{}", cells.join(","), i * i % 7)
    });
    let said = refused(dir, &["--model", "ols"]);
    assert!(
        said.contains("20 rows for 401 parameters") && said.contains("381 columns have 381 of the terms"),
        "{said}"
    );
}

#[test]
fn all_columns_with_too_many_values_are_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, "a b,\"c,d\",x,y", 2600, |i| format!("k{},m{},{},{}", i / 2, i * 7 % 1299, i % 17, i * i % 7));
    let said = refused(dir, &["--model", "ols"]);
    assert!(said.contains("2 columns a b, \"c,d\" have 1299 to 1300 different values, too many for a linear model, which takes 1024 at most: leave them out"), "{said}");
    works(dir, "--model ols", &said, "--drop");
}
