//! Whether a first row holds the names of the columns.

use planish_tensor::Dd;

/// Whether cells are the names of columns: none is a number, or the numbers are consecutive years, as over the columns of a wide table.
pub(crate) fn holds_names(cells: &[String]) -> bool {
    let numbers: Vec<f64> = cells.iter().filter_map(|c| Dd::parse_decimal(c)).map(Dd::to_f64).collect();
    let are_years = numbers.iter().all(|x| (1000.0..3000.0).contains(x))
        && numbers.windows(2).all(|pair| pair[0] + 1.0 == pair[1]);
    numbers.is_empty() || numbers.len() > 1 && numbers.len() < cells.len() && are_years
}
