//! The terms of small tables: their names and their numbers, against those of R's `model.matrix`.

use planish_tabular::{Design, DesignBuilder, Formula, Kind, Notes, Rows, Schema, Table};
use planish_tensor::Dd;
use planish_tensor::dd::DdVec;

#[test]
fn terms_are_raw_numbers_flags_and_levels_but_the_first() {
    let mut t = Table::new(Schema::new([("x", Kind::Number), ("c", Kind::Category), ("y", Kind::Number)]));
    for (x, c) in [(Some(1.0), "b"), (Some(4.0), "a"), (None, "c")] {
        t.push_number(0, x);
        t.push_text(1, Some(c));
        t.push_number(2, Some(0.0));
        t.end_row(0);
    }
    let mut b = DesignBuilder::new(t.schema(), "y", &[]);
    b.push_rows(&t, Rows::Between(0, 3));
    assert_eq!(b.notes().imputed, [("x".to_owned(), 1)].into());
    let design = b.finish().unwrap();
    assert_eq!(design.names(), ["x", "x[missing]", "c[b]", "c[c]"]);
    let mut terms = vec![DdVec::zeros(3); 4];
    let bound = design.bind(&t).unwrap();
    bound.write_rows(Rows::Between(0, 3), 0, &mut terms, &mut Notes::default());
    let row = |i: usize| terms.iter().map(|c| c.hi[i]).collect::<Vec<_>>();
    assert_eq!(row(0), [1.0, 0.0, 1.0, 0.0]);
    assert_eq!(row(1), [4.0, 0.0, 0.0, 0.0]);
    assert_eq!(row(2), [2.5, 1.0, 0.0, 1.0]);
}

#[test]
fn without_an_intercept_the_first_category_has_a_column_for_every_level() {
    let kinds = [("x", Kind::Number), ("g", Kind::Category), ("h", Kind::Category), ("y", Kind::Number)];
    let mut t = Table::new(Schema::new(kinds));
    for (x, g, h) in [(1.0, "a", "u"), (2.0, "b", "v"), (3.0, "c", "u"), (4.0, "a", "v"), (5.0, "z", "u")] {
        t.push_number(0, Some(x));
        t.push_text(1, Some(g));
        t.push_text(2, Some(h));
        t.push_number(3, Some(1.0));
        t.end_row(0);
    }
    let products = [("g", "x"), ("g", "h")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let formula = Formula { powers: vec![], interactions: products.to_vec() };
    let builder = DesignBuilder::new(t.schema(), "y", &[]).with_formula(&formula).unwrap();
    let mut builder = builder.with_intercept(false);
    builder.push_rows(&t, Rows::Between(0, 4));
    let design = builder.finish().unwrap();
    // R: model.matrix(~ x + g + h + g:x + g:h - 1)
    let names = ["x", "g[a]", "g[b]", "g[c]", "h[v]", "g[b]:x", "g[c]:x", "g[b]:h[v]", "g[c]:h[v]"];
    assert_eq!((design.names(), design.width()), (names.map(String::from).to_vec(), 9));
    let mut terms = vec![DdVec::zeros(5); 9];
    let bound = design.bind(&t).unwrap();
    bound.write_rows(Rows::Between(0, 5), 0, &mut terms, &mut Notes::default());
    let row = |i: usize| terms.iter().map(|c| c.hi[i]).collect::<Vec<_>>();
    assert_eq!(row(0), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(row(1), [2.0, 0.0, 1.0, 0.0, 1.0, 2.0, 0.0, 1.0, 0.0]);
    assert_eq!(row(2), [3.0, 0.0, 0.0, 1.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
    // A level that is not known: the average row.
    assert_eq!(row(4), [5.0, 0.5, 0.25, 0.25, 0.0, 1.25, 1.25, 0.0, 0.0]);
}

#[test]
fn a_pipeline_saved_before_there_was_full_coding_drops_the_first_level() {
    let old = r#"{"parts":[{"category":{"column":"g","levels":{"names":["a","b"],"shares":[0.5,0.5],"has_missing":false}}}]}"#;
    let design: Design = serde_json::from_str(old).unwrap();
    assert_eq!(design.names(), ["g[b]"]);
    assert!(!serde_json::to_string(&design).unwrap().contains("full"));
}

#[test]
fn powers_stand_in_the_place_of_their_column_and_products_after_all() {
    let kinds = [("x", Kind::Number), ("c", Kind::Category), ("z", Kind::Number), ("y", Kind::Number)];
    let mut t = Table::new(Schema::new(kinds));
    for (x, c, z) in [("0.1", "a", 2.0), ("3", "b", 5.0), ("-2", "c", 7.0)] {
        t.push_decimal(0, Dd::parse_decimal(x));
        t.push_text(1, Some(c));
        t.push_number(2, Some(z));
        t.push_number(3, Some(1.0));
        t.end_row(0);
    }
    let formula = Formula {
        powers: vec![("x".into(), 3)],
        interactions: vec![("x".into(), "z".into()), ("c".into(), "x".into())],
    };
    let mut b = DesignBuilder::new(t.schema(), "y", &[]).with_formula(&formula).unwrap();
    b.push_rows(&t, Rows::Between(0, 3));
    let design = b.finish().unwrap();
    let names = ["x", "x^2", "x^3", "c[b]", "c[c]", "z", "x:z", "c[b]:x", "c[c]:x"];
    assert_eq!((design.names(), design.width()), (names.map(String::from).to_vec(), 9));
    let mut terms = vec![DdVec::zeros(3); 9];
    let bound = design.bind(&t).unwrap();
    bound.write_rows(Rows::Between(0, 3), 0, &mut terms, &mut Notes::default());
    let row = |i: usize| terms.iter().map(|c| c.hi[i]).collect::<Vec<_>>();
    assert_eq!(row(1), [3.0, 9.0, 27.0, 1.0, 0.0, 5.0, 15.0, 3.0, 0.0]);
    assert_eq!(row(2), [-2.0, 4.0, -8.0, 0.0, 1.0, 7.0, -14.0, 0.0, -2.0]);
    let cube = Dd { hi: terms[2].hi[0], lo: terms[2].lo[0] };
    assert!((cube - Dd::parse_decimal("0.001").unwrap()).to_f64().abs() < 1e-34);
    let refused = |powers: &[(&str, u32)], products: &[(&str, &str)]| {
        let formula = Formula {
            powers: powers.iter().map(|(c, k)| ((*c).to_owned(), *k)).collect(),
            interactions: products.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
        };
        DesignBuilder::new(t.schema(), "y", &[]).with_formula(&formula).unwrap_err().to_string()
    };
    assert!(refused(&[("c", 2)], &[]).contains("\"c\" must hold numbers"));
    assert!(refused(&[("q", 2)], &[]).contains("\"q\" is not one of the features"));
    assert!(refused(&[], &[("x", "y")]).contains("\"y\" is not one of the features"));
    assert!(refused(&[], &[("x", "x")]).contains("--poly x:2"));
}
