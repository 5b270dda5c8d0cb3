//! Transposed blocks.

use planish_tensor::{Isa, Matrix, transpose};

#[test]
fn every_shape_is_transposed_and_padded_with_zeros() {
    for isa in Isa::all_exact() {
        for (m, n) in [(1, 1), (3, 17), (8, 8), (19, 5), (24, 10), (0, 3), (4, 0)] {
            let a = Matrix::from_fn(m, n, |i, j| (100 * i + j + 1) as f64);
            let mut t = Matrix::from_fn(n, 32, |_, _| -1.0);
            transpose(isa, a.view(), t.view_mut());
            for (i, j) in (0..32).flat_map(|i| (0..n).map(move |j| (i, j))) {
                let padded = if i < m.next_multiple_of(8) { 0.0 } else { -1.0 };
                let want = if i < m { a[(i, j)] } else { padded };
                assert_eq!(t[(j, i)], want, "{} {m}×{n}: {i} {j}", isa.name());
            }
        }
    }
}
