//! Aliased terms by their names: `total = 1·rooms + 1·bedrooms`, with `≈` where these numbers hold only about.

use planish_linreg::ols::Alias;

/// An equation for each of these.
pub(crate) fn equations(aliases: &[Alias], names: &[String]) -> Vec<String> {
    let relation = |a: &Alias| if a.exact { "=" } else { "≈" };
    let equation = |a: &Alias| format!("{} {} {}", names[a.term], relation(a), combination(a, names));
    aliases.iter().map(equation).collect()
}

/// The combination that an aliased term equals.
pub(crate) fn combination(alias: &Alias, names: &[String]) -> String {
    let constant = (alias.constant != 0.0 || alias.combination.is_empty()).then_some((alias.constant, None));
    let terms = alias.combination.iter().map(|&(term, factor)| (factor, Some(&names[term])));
    let mut out = String::new();
    for (factor, name) in terms.chain(constant) {
        out += match (out.is_empty(), factor < 0.0) {
            (true, true) => "-",
            (true, false) => "",
            (false, true) => " - ",
            (false, false) => " + ",
        };
        out += &short(factor.abs());
        if let Some(name) = name {
            out += &format!("·{name}");
        }
    }
    out
}

/// A number to twelve digits, with an exponent where there would be many zeros.
fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.11e}").parse().unwrap_or(x);
    if rounded != 0.0 && !(1e-5..1e16).contains(&rounded) {
        format!("{rounded:e}")
    } else {
        rounded.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_read_like_equations() {
        let names = ["rooms", "bedrooms"].map(str::to_owned);
        let say = |constant, combination| combination_of(constant, combination, &names);
        assert_eq!(say(0.0, vec![(0, 1.0), (1, 1.0)]), "1·rooms + 1·bedrooms");
        assert_eq!(say(-1.5, vec![(0, -2.0), (1, -1.0 / 3.0)]), "-2·rooms - 0.333333333333·bedrooms - 1.5");
        assert_eq!(say(1e-9, vec![]), "1e-9");
        assert_eq!(say(0.0, vec![]), "0");
    }

    fn combination_of(constant: f64, combination: Vec<(usize, f64)>, names: &[String]) -> String {
        super::combination(&Alias { term: 0, constant, combination, exact: true }, names)
    }
}
