//! What CSV files may look like, and what is said of those that are wrong.

use super::cut::Cutter;
use super::dialect::Dialect;
use super::piece::Plan;
use super::*;
use planish_tabular::MissingWords;
use planish_tensor::Exec;

fn open(text: impl Into<Vec<u8>>) -> Result<DelimitedSource, IoError> {
    DelimitedSource::open(Input::memory("t.csv", text.into()).unwrap(), &TableOptions::default())
}

fn read(text: &str) -> Result<Table, String> {
    open(text).and_then(|mut s| s.read_all()).map_err(|e| e.to_string())
}

fn numbers(t: &Table, column: &str) -> Vec<Option<f64>> {
    let c = t.numbers(column).unwrap();
    (0..t.rows()).map(|i| c.at(i).map(Dd::to_f64)).collect()
}

#[test]
fn delimiters_quotes_and_missing_values_are_understood() {
    for text in [
        "a,b\n1,x\n.5,\"y, \"\"z\"\"\"\n",
        "a;b\r\n1;x\r\n.5;\"y, \"\"z\"\"\"\r\n",
        "\u{feff}a\tb\n 1 \t x \n.5\t\"y, \"\"z\"\"\"",
        "a|b\n\n1|x\n.5|\"y, \"\"z\"\"\"\n",
    ] {
        let t = read(text).unwrap();
        assert_eq!(numbers(&t, "a"), [Some(1.0), Some(0.5)], "{text:?}");
        assert_eq!(t.text("b").unwrap().at(1), Some("y, \"z\""));
    }
    let t = read("a,b\n1e3,x\nNA,?\n?,\n,NA\n").unwrap();
    assert_eq!(numbers(&t, "a"), [Some(1000.0), None, None, None]);
    assert!((1..4).all(|row| t.column("b").unwrap().is_missing(row)));
}

#[test]
fn a_column_without_a_name_gets_one_and_blank_lines_are_skipped() {
    let t = read(",b\n0,x\n  \n1,y\n\n").unwrap();
    assert_eq!(numbers(&t, "column_1"), [Some(0.0), Some(1.0)]);
}

#[test]
fn a_first_row_with_a_number_is_no_header() {
    let t = read("1,x\n2,y\n").unwrap();
    assert_eq!(numbers(&t, "column_1"), [Some(1.0), Some(2.0)]);
}

#[test]
fn the_decimal_beyond_f64_is_kept() {
    let t = read("x\n0.1\n").unwrap();
    assert_eq!(t.numbers("x").unwrap().at(0), Dd::parse_decimal("0.1"));
}

#[test]
fn wrong_files_are_named_with_their_place() {
    for (text, message) in [
        ("", "t.csv: the file is empty"),
        ("a,b\n", "t.csv: there are no rows below the header"),
        ("a,b\n1,2\n3\n", "t.csv:3: the row has 1 fields, the header 2"),
        ("a,b\n1,2\n3,4,5\n", "t.csv:3: the row has 3 fields, the header 2"),
        ("a,b\nx,\"y\nz,w\n", "t.csv:2: a quote is opened here and never closed"),
        ("a,b\nx,y\nz,w\n\"p,q\n", "t.csv:4: a quote is opened here and never closed"),
        ("a,b\nx,y\nz,\"w", "t.csv:3: a quote is opened here and never closed"),
        ("a,a\n1,2\n", "t.csv:1: columns 1 and 2 have the same name \"a\""),
        ("a,b\n1,2\n1,inf\n", "t.csv:3:2: expected a finite number in column \"b\", found \"inf\""),
        (
            "a,b\n1,2\n-Infinity,2\n",
            "t.csv:3:1: expected a finite number in column \"a\", found \"-Infinity\"",
        ),
        ("a,b\n1,2\n1e999,2\n", "t.csv:3:1: expected a finite number in column \"a\", found \"1e999\""),
    ] {
        assert_eq!(read(text).unwrap_err(), message, "{text:?}");
    }
    let latin1 = open(b"a,b\n1,caf\xe9\n").err().unwrap();
    assert_eq!(
        latin1.to_string(),
        "t.csv:2: field 2 in column \"b\" is not UTF-8 text; if it was saved by Excel or on Windows, give --encoding windows-1252"
    );
}

#[test]
fn a_stray_word_among_numbers_is_pointed_out() {
    let mut text = "a\n".to_owned();
    (0..30).for_each(|i| text.push_str(&format!("{i}\n")));
    text.push_str("12a\n");
    let source = open(text).unwrap();
    assert!(
        source.warnings()[0].starts_with("t.csv:32: column \"a\" is taken as categories because of \"12a\"")
    );
}

#[test]
fn blocks_cover_the_file_and_it_can_be_read_again() {
    let mut text = "x\n".to_owned();
    (0..10_000).for_each(|i| text.push_str(&format!("{i}\n")));
    let mut source = open(text).unwrap();
    for _ in 0..2 {
        source.rewind().unwrap();
        let mut sizes = Vec::new();
        let take = |block: &Table| {
            sizes.push(block.rows());
            Ok(())
        };
        source.for_each_block(|e| e, take).unwrap();
        assert_eq!(sizes, [4096, 4096, 1808]);
    }
}

/// Numbers below a limit, in an order that looks like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }
}

/// A text of three columns with quotes, line ends and delimiters in its fields.
fn odd_text(chance: &mut Chance, rows: usize) -> String {
    let parts = ["a", "b c", "\"\"", ",", "\n", " ", "7", "ä", "\r\n"];
    let mut text = "x,y,z\n".to_owned();
    for _ in 0..rows {
        for field in 0..3 {
            let n = chance.below(5) as usize;
            let inside: String = (0..n).map(|_| parts[chance.below(9) as usize]).collect();
            let plain = inside.replace(['"', ',', '\n', '\r'], "");
            match chance.below(3) {
                0 => text += &format!("\"{inside}\""),
                1 => text += &format!(" \"{inside}\" "),
                _ if plain.is_empty() => text += "q",
                _ => text += &plain,
            }
            text += if field < 2 { "," } else { "\n" };
        }
    }
    text
}

fn rows_of_pieces(text: &str, size: usize) -> Vec<Vec<String>> {
    let input = Input::memory("t.csv", text.into()).unwrap();
    let dialect = Dialect::detect(&input, &TableOptions::default()).unwrap();
    let plan = Plan {
        dialect: dialect.clone(),
        wants: vec![Want::Text; 3],
        missing: MissingWords { more: Vec::new(), less: vec![String::new()] },
        has_missing_numbers: false,
        has_header: true,
        strict: false,
        rests: true,
        isa: planish_tensor::Isa::best(),
    };
    let mut cutter = Cutter::new(&input, &dialect, size).unwrap();
    let mut rows = Vec::new();
    while let Some(piece) = cutter.next().unwrap() {
        let parsed = plan.parse(&piece).unwrap();
        for row in 0..parsed.lines.len() {
            let cell = |cells: &Cells| match cells {
                Cells::Text { codes, dictionary } => dictionary.text(codes[row]).unwrap().to_owned(),
                Cells::Nothing | Cells::Numbers { .. } => unreachable!("text is wanted"),
            };
            rows.push(parsed.columns.iter().map(cell).collect());
        }
    }
    rows
}

#[test]
fn wherever_a_text_is_cut_its_rows_are_those_of_another_reader() {
    let mut chance = Chance(7);
    for _ in 0..60 {
        let text = odd_text(&mut chance, 12);
        let mut other = csv::ReaderBuilder::new();
        // The other reader takes a quote after a blank for a letter.
        let trimmed = text.replace(" \"", "\"").replace("\" ", "\"");
        let rows: Vec<Vec<String>> = other
            .trim(csv::Trim::All)
            .from_reader(trimmed.as_bytes())
            .records()
            .map(|r| r.unwrap().iter().map(str::to_owned).collect())
            .collect();
        for size in [1, 2, 3, 7, 20, 64, 1 << 20] {
            assert_eq!(rows_of_pieces(&trimmed, size), rows, "{size}: {trimmed:?}");
        }
        assert_eq!(rows_of_pieces(&text, 5), rows_of_pieces(&text, 1 << 20), "{text:?}");
    }
}

/// A table of numbers, texts, dates and columns that are numbers for long.
fn long_text(rows: usize) -> String {
    let mut chance = Chance(3);
    let mut text = "n,t,late,code,when,price\n".to_owned();
    for i in 0..rows {
        let late = if i + 5 == rows { "x9".to_owned() } else { (i % 7).to_string() };
        let (n, cents) = (chance.below(1 << 30), chance.below(90) + 10);
        let day = 1 + i % 28;
        text += &format!(
            "0.{n}1234567,level {},{late},{:05},2024-{:02}-{day:02},\"1,{:03}.{cents}\"\n",
            i % 50,
            i % 900,
            1 + i % 12,
            i % 1000
        );
    }
    text
}

fn all_of(text: &str, options: &TableOptions) -> (Schema, Vec<String>) {
    let input = Input::memory("t.csv", text.into()).unwrap();
    let mut source = DelimitedSource::open(input, options).unwrap();
    let table = source.read_all().unwrap();
    let cell = |position: usize, row: usize| match table.column_at(position) {
        Column::Number(c) => {
            c.at(row).map_or("missing".to_owned(), |x| format!("{:x} {:x}", x.hi.to_bits(), x.lo.to_bits()))
        }
        Column::Text(c) => c.at(row).unwrap_or("missing").to_owned(),
    };
    let columns = table.schema().columns.len();
    let row = |row: usize| {
        (0..columns).map(|c| cell(c, row)).collect::<Vec<_>>().join("|") + &table.line(row).to_string()
    };
    (source.schema().clone(), (0..table.rows()).map(row).collect())
}

#[test]
fn threads_memory_and_given_kinds_change_nothing() {
    let text = long_text(20_000);
    let (schema, rows) = all_of(&text, &TableOptions::default());
    let kinds: Vec<Kind> = schema.columns.iter().map(|c| c.kind).collect();
    let (point, ymd) = (planish_tabular::DecimalMark::Point, planish_tabular::DateOrder::Ymd);
    assert_eq!(
        kinds,
        [
            Kind::Number,
            Kind::Category,
            Kind::Category,
            Kind::Category,
            Kind::Date(ymd),
            Kind::Formatted(point)
        ]
    );
    assert_eq!(rows.len(), 20_000);
    assert!(rows[19_995].contains("|x9|") && rows[3].contains("|3|00003|"), "{}", rows[3]);
    for threads in [1, 2, 3] {
        let exec = Some(Exec::best().with_threads(threads));
        for memory in [None, Some(1), Some(100_000)] {
            let options = TableOptions { exec, memory, ..TableOptions::default() };
            assert_eq!(all_of(&text, &options), (schema.clone(), rows.clone()), "{threads} {memory:?}");
        }
        let options = TableOptions { exec, ..TableOptions::default() }.with_columns(schema.clone());
        assert_eq!(all_of(&text, &options).1, rows);
    }
}

#[test]
fn columns_that_are_no_features_are_told() {
    let reasons = |text: &str| {
        let source = open(text).unwrap();
        let told = |l: &LeftOut| format!("{}: {}", l.column, l.reason);
        source.left_out().iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(reasons(",x,y\n0,.13,no\n1,.2,yes\n2,.1,no\n"), ["column_1: numbers or names the rows"]);
    assert_eq!(reasons("\"\",\"mpg\"\n\"Mazda\",21\n\"Fiat\",22\n"), ["column_1: numbers or names the rows"]);
    assert_eq!(reasons("Unnamed: 0,x\n5,1\n6,7\n"), ["Unnamed: 0: numbers or names the rows"]);
    assert_eq!(
        reasons("x,y,,,\n1,2,,,\n3,4,,,\n"),
        ["column_3: empty", "column_4: empty", "column_5: empty"]
    );
    assert_eq!(reasons("a,b,c\n1,x,1\n2,x,2\n"), ["b: constant", "c: equals \"a\""]);
    assert_eq!(reasons("id,x\n1,2\n2,5\n3,1\n"), [""; 0]);
    assert_eq!(reasons("x,y\n1,2\n2,3\n"), [""; 0]);
    let ids: String = (0..30).map(|i| format!("12345678901234567{:02},{}\n", i, i % 4)).collect();
    assert_eq!(reasons(&format!("id,y\n{ids}")), ["id: its texts tell the rows apart"]);
}

#[test]
fn what_is_told_of_a_table_is_followed() {
    let text = "title\n# note\nzip;visits;price\n10;1.000;1,5\n# no\n20;2.500;2,5\n";
    let options = TableOptions {
        skip: 1,
        comment: Some(b'#'),
        decimal: Some(planish_tabular::DecimalMark::Comma),
        kinds: vec![("zip".to_owned(), WishedKind::Category)],
        na: vec!["20".to_owned()],
        ..TableOptions::default()
    };
    let mut source = DelimitedSource::open(Input::memory("t.csv", text.into()).unwrap(), &options).unwrap();
    let table = source.read_all().unwrap();
    assert_eq!(
        (numbers(&table, "visits"), numbers(&table, "price")),
        (vec![Some(1000.0), Some(2500.0)], vec![Some(1.5), Some(2.5)])
    );
    assert_eq!((table.text("zip").unwrap().at(0), table.text("zip").unwrap().at(1)), (Some("10"), None));
    assert_eq!((table.line(0), table.line(1)), (4, 6));
    let refused = |kind: &str, wish| {
        let options = TableOptions { kinds: vec![(kind.to_owned(), wish)], ..TableOptions::default() };
        DelimitedSource::open(Input::memory("t.csv", b"a,b\n1,x\n2,1\n".to_vec()).unwrap(), &options)
            .err()
            .unwrap()
            .to_string()
    };
    assert_eq!(refused("b", WishedKind::Number), "t.csv:2:2: expected a number in column \"b\", found \"x\"");
    assert_eq!(refused("bb", WishedKind::Number), "t.csv: there is no column \"bb\"");
    assert_eq!(
        refused("b", WishedKind::Date(None)),
        "t.csv:2:2: expected a date such as 2024-01-31 in column \"b\", found \"x\""
    );
}

#[test]
fn blanks_delimit_where_nothing_else_does() {
    let t = read("\"mpg\" \"cyl\"\n\"Mazda RX4\"  21   6\n\"Fiat 128\" 32.4   4\n").unwrap();
    assert_eq!(numbers(&t, "mpg"), [Some(21.0), Some(32.4)]);
    assert_eq!(t.text("rownames").unwrap().at(1), Some("Fiat 128"));
    let t = read("first name\nAnn Lee\nBo\n").unwrap();
    assert_eq!(t.text("first name").unwrap().at(1), Some("Bo"));
    // As ISLP ships Auto.data: tabs and blanks mixed, otherwise in the header than in the rows.
    let t = read("mpg\tcyl weight\tname\n18.0   8  3504.\t\"chevrolet malibu\"\n15 4   9\tford\n").unwrap();
    assert_eq!(numbers(&t, "weight"), [Some(3504.0), Some(9.0)]);
    assert_eq!(t.text("name").unwrap().at(0), Some("chevrolet malibu"));
    // Texts with blanks between tabs are not taken apart.
    let t = read("a\tb c\nx y\t1\nx z\t2\n").unwrap();
    assert_eq!(numbers(&t, "b c"), [Some(1.0), Some(2.0)]);
}

#[test]
fn dates_that_could_be_others_are_an_error_that_names_the_option() {
    let error = open("when,y\n02/01/2024,1\n03/04/2024,2\n").err().unwrap().to_string();
    assert!(error.contains("--kind when:date-dmy"), "{error}");
    let infinite = open("a\n1\nInfinity\n").err().unwrap().to_string();
    assert_eq!(infinite, "t.csv:3:1: expected a finite number in column \"a\", found \"Infinity\"");
    assert_eq!(open("a,b\n1,2\n1,\0\n").err().unwrap().to_string().split(':').nth(1), Some("3"));
}
