//! Against values of mpmath 1.4 with 40 digits.

use super::*;

fn close(found: f64, want: f64, what: &str) {
    assert!((found / want - 1.0).abs() < 3e-13, "{what}: {found:e} is not {want:e}");
}

#[test]
fn students_t_has_its_digits_at_40_standard_errors_and_a_million_degrees() {
    for (t, freedom, want) in [
        (0.1, 1.0, 0.9365489651388929),
        (2.0, 1.0, 0.2951672353008665),
        (40.0, 1.0, 0.015912179824051628),
        (2.5, 3.0, 0.08770664700806555),
        (40.0, 5.0, 1.8411962171772954e-07),
        (1.96, 30.0, 0.05934231289605048),
        (40.0, 30.0, 1.3726045194406403e-27),
        (12.5, 71.0, 1.3099150646718873e-19),
        (3.0, 1000.0, 0.0027667090442381925),
        (40.0, 1000.0, 1.0478852155173361e-209),
        (0.5, 16000.0, 0.6170819536614042),
        (2.0, 1000000.0, 0.045500533851319205),
        (35.0, 1000000.0, 3.27498363267513e-268),
        (0.001, 7.0, 0.9992300172449988),
    ] {
        close(t_two_sided(t, freedom), want, &format!("t {t} of {freedom}"));
        assert_eq!(t_two_sided(-t, freedom), t_two_sided(t, freedom));
    }
    assert_eq!((t_two_sided(f64::INFINITY, 5.0), t_two_sided(0.0, 5.0)), (0.0, 1.0));
}

#[test]
fn f_and_chi_square_have_their_digits() {
    for (f, a, b, want) in [
        (1.5, 1.0, 10.0, 0.24873843369330947),
        (3.2, 4.0, 60.0, 0.018975396001441453),
        (2162.43954511489, 10.0, 71.0, 5.143458438351495e-84),
        (40.0, 3.0, 16000.0, 9.617551093418369e-26),
        (0.7, 9.0, 16000.0, 0.7095438879489359),
        (1.01, 40.0, 1000000.0, 0.4525864280739053),
        (12.0, 200.0, 500.0, 1.2942511985077554e-110),
    ] {
        close(f_upper(f, a, b), want, &format!("F {f} of {a} and {b}"));
    }
    for (x, freedom, want) in [
        (0.5, 1.0, 0.4795001221869535),
        (3.0, 2.0, 0.22313016014842982),
        (100.0, 2.0, 1.9287498479639178e-22),
        (9.0, 10.0, 0.5321035763747155),
        (150.0, 10.0, 3.72748505506251e-27),
        (20.0, 60.0, 0.9999997490048799),
        (500.0, 50.0, 1.689910000696118e-75),
        (0.001, 4.0, 0.9999998750416589),
    ] {
        close(chi2_upper(x, freedom), want, &format!("chi² {x} of {freedom}"));
    }
    assert_eq!((f_upper(0.0, 2.0, 3.0), chi2_upper(-1.0, 3.0)), (1.0, 1.0));
    assert_eq!((f_upper(f64::INFINITY, 2.0, 3.0), chi2_upper(f64::INFINITY, 3.0)), (0.0, 0.0));
}

#[test]
fn the_factor_of_an_interval_is_the_quantile() {
    for (level, freedom, want) in [
        (0.95, 1.0, 12.706204736174692),
        (0.95, 10.0, 2.2281388519862744),
        (0.99, 71.0, 2.6468634442383916),
        (0.95, 16000.0, 1.9601122625179568),
        (0.9, 1000000.0, 1.6448551507220406),
        (0.999, 3.0, 12.92397863668748),
        (0.5, 4.0, 0.7406970841126826),
    ] {
        close(t_factor(level, freedom), want, &format!("{level} of {freedom}"));
    }
}

#[test]
fn normal_quantiles_are_those_of_scipy_far_into_the_tails() {
    for (p, want) in [
        (0.975, 1.959963984540054),
        (0.3, -0.5244005127080409),
        (1e-10, -6.361340902404056),
        (1e-300, -37.0470962993612),
        (0.999999, 4.753424308817087),
    ] {
        close(normal_quantile(p), want, &format!("{p}"));
    }
    assert_eq!((normal_quantile(0.5), normal_quantile(0.0)), (0.0, f64::NEG_INFINITY));
    assert!(normal_quantile(1.0) == f64::INFINITY && normal_quantile(f64::NAN).is_nan());
}
