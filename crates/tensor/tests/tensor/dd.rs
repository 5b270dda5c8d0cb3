//! Double-double arithmetic.

use planish_tensor::Isa;
use planish_tensor::dd::{Dd, DdVec, axpy, dot};

#[test]
fn arithmetic_keeps_what_f64_loses() {
    let third = Dd::ONE / Dd::from(3.0);
    let back = third * Dd::from(3.0) - Dd::ONE;
    assert!(back.to_f64().abs() < 1e-31, "{back:?}");
    let x = Dd::from(1e16) + Dd::ONE;
    assert_eq!((x - Dd::from(1e16)).to_f64(), 1.0);
}

#[test]
fn decimals_keep_their_rest() {
    // 0.1 = 0.1000000000000000055511151231257827… in f64
    let x = Dd::parse_decimal("0.1").unwrap();
    assert_eq!((x.hi, x.lo), (0.1, -5.551115123125783e-18));
    let y = Dd::parse_decimal("-12.345e2").unwrap();
    assert_eq!((y.hi, y.lo), (-1234.5, 0.0));
    assert_eq!(Dd::parse_decimal(".5").unwrap(), Dd::from(0.5));
    assert_eq!(Dd::parse_decimal("9007199254740993").unwrap(), Dd { hi: 9007199254740992.0, lo: 1.0 });
    assert_eq!(Dd::parse_decimal("1e3").unwrap(), Dd::from(1000.0));
    assert_eq!(Dd::parse_decimal("0.1e-2147483648").unwrap(), Dd::ZERO);
    for bad in ["", "x", "nan", "inf", "-inf", "1e999", "1.2.3", "0x10", "1e", "--1", ".", "1 2"] {
        assert_eq!(Dd::parse_decimal(bad), None, "{bad}");
    }
}

#[test]
fn dot_and_axpy_agree_on_every_instruction_set_and_with_plain_arithmetic() {
    let n = 37;
    let make = |f: &dyn Fn(usize) -> f64| {
        let mut v = DdVec::zeros(n);
        for i in 0..n {
            let d = Dd::from(f(i)) / Dd::from(7.0);
            (v.hi[i], v.lo[i]) = (d.hi, d.lo);
        }
        v
    };
    let (x, y) = (make(&|i| i as f64 - 11.0), make(&|i| (i * i) as f64));
    let exact = (0..n).map(|i| (i as f64 - 11.0) * (i * i) as f64).sum::<f64>() / 49.0;
    for isa in Isa::all_exact() {
        let d = dot(isa, x.first(n), y.first(n));
        assert_eq!(d, dot(Isa::SCALAR, x.first(n), y.first(n)));
        assert!((d.to_f64() - exact).abs() <= 1e-15 * exact.abs());
        let mut z = y.clone();
        axpy(isa, Dd::from(-1.0), y.first(n), &mut z);
        assert!(z.hi.iter().all(|&v| v.abs() < 1e-28));
    }
}
