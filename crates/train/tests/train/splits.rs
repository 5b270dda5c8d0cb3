//! What holds for every split of cross-validation, whatever the rows, classes, groups and times.

use planish_train::split::Folds;
use proptest::prelude::*;

/// Checks that no row is on both sides of a fold, and returns how often each row was held out.
fn held_out(folds: &Folds) -> Vec<usize> {
    let mut times = vec![0; folds.rows()];
    for fold in 0..folds.len() {
        let (train, held) = folds.split(fold);
        assert!(!train.is_empty() && !held.is_empty());
        assert!(train.is_sorted() && held.is_sorted());
        assert!(train.iter().all(|row| held.binary_search(row).is_err()));
        held.iter().for_each(|&row| times[row as usize] += 1);
    }
    times
}

fn spread(counts: impl Iterator<Item = usize> + Clone) -> usize {
    counts.clone().max().unwrap() - counts.min().unwrap()
}

proptest! {
    #[test]
    fn plain_folds_hold_every_row_out_once_in_parts_of_one_size(rows in 2..200_usize, k in 2..12_usize, seed: u64) {
        prop_assume!(rows >= k);
        let folds = Folds::plain(rows, k, seed).unwrap();
        prop_assert!(held_out(&folds).iter().all(|&n| n == 1));
        let splits: Vec<_> = (0..k).map(|f| folds.split(f)).collect();
        prop_assert!(splits.iter().all(|(train, held)| train.len() + held.len() == rows));
        prop_assert!(spread(splits.iter().map(|s| s.1.len())) <= 1);
        prop_assert_eq!(&folds, &Folds::plain(rows, k, seed).unwrap());
    }

    #[test]
    fn stratified_folds_share_out_every_class_evenly(classes in prop::collection::vec(0..5_u32, 2..200), k in 2..12_usize, seed: u64) {
        prop_assume!(classes.len() >= k);
        let folds = Folds::stratified(&classes, k, seed).unwrap();
        prop_assert!(held_out(&folds).iter().all(|&n| n == 1));
        let held: Vec<Vec<u32>> = (0..k).map(|f| folds.split(f).1).collect();
        prop_assert!(spread(held.iter().map(Vec::len)) <= 1);
        for class in 0..5 {
            let of_class = |h: &Vec<u32>| h.iter().filter(|&&row| classes[row as usize] == class).count();
            prop_assert!(spread(held.iter().map(of_class)) <= 1);
        }
    }

    #[test]
    fn no_group_is_on_both_sides_of_a_fold(groups in prop::collection::vec(0..20_u32, 2..200), k in 2..6_usize, seed: u64) {
        let mut names = groups.clone();
        names.sort_unstable();
        names.dedup();
        prop_assume!(names.len() >= k);
        let folds = Folds::grouped(&groups, k, seed).unwrap();
        prop_assert!(held_out(&folds).iter().all(|&n| n == 1));
        let largest = names.iter().map(|n| groups.iter().filter(|g| *g == n).count()).max().unwrap();
        for fold in 0..k {
            let (train, held) = folds.split(fold);
            let of = |rows: &[u32]| rows.iter().map(|&r| groups[r as usize]).collect::<Vec<_>>();
            prop_assert!(of(&held).iter().all(|g| !of(&train).contains(g)));
            // A part was the lightest before its last group came.
            prop_assert!(held.len() <= groups.len() / k + largest);
        }
    }

    #[test]
    fn by_time_nothing_is_learned_from_the_future(times in prop::collection::vec(-50.0..50.0_f64, 3..200), k in 2..12_usize) {
        prop_assume!(times.len() > k);
        let folds = Folds::by_time(&times, k).unwrap();
        prop_assert!(held_out(&folds).iter().all(|&n| n <= 1));
        let mut before = 0;
        for fold in 0..k {
            let (train, held) = folds.split(fold);
            let time = |row: &u32| times[*row as usize];
            let newest = train.iter().map(time).fold(f64::MIN, f64::max);
            prop_assert!(held.iter().all(|row| time(row) >= newest));
            prop_assert_eq!(held.len(), times.len() / (k + 1));
            prop_assert!(fold == 0 || train.len() == before + held.len());
            before = train.len();
        }
    }
}

#[test]
fn folds_by_time_are_those_of_scikit_learn() {
    // TimeSeriesSplit(n_splits=3) of eleven rows: five, seven and nine to train on, two held out.
    let times: Vec<f64> = (0..11).map(f64::from).collect();
    let folds = Folds::by_time(&times, 3).unwrap();
    let splits: Vec<_> = (0..3).map(|f| folds.split(f)).collect();
    for (i, start) in [5_u32, 7, 9].into_iter().enumerate() {
        assert_eq!(splits[i], ((0..start).collect(), (start..start + 2).collect()));
    }
}

#[test]
fn another_seed_gives_other_parts() {
    assert_ne!(Folds::plain(50, 5, 1).unwrap(), Folds::plain(50, 5, 2).unwrap());
    let groups: Vec<u32> = (0..50).map(|i| i / 2).collect();
    assert_ne!(Folds::grouped(&groups, 5, 1).unwrap(), Folds::grouped(&groups, 5, 2).unwrap());
}

#[test]
fn what_cannot_be_split_is_said() {
    let message = |r: Result<Folds, planish_train::TrainError>| r.unwrap_err().to_string();
    assert!(message(Folds::plain(9, 1, 0)).contains("folds"));
    assert!(message(Folds::plain(2, 3, 0)).contains("2 rows cannot be split into 3 folds"));
    assert!(message(Folds::stratified(&[], 2, 0)).contains("0 rows"));
    assert!(message(Folds::grouped(&[7, 7, 8], 3, 0)).contains("2 groups cannot be split into 3 folds"));
    assert!(message(Folds::by_time(&[1.0, 2.0, 3.0], 3)).contains("2 rows after the first"));
    assert!(message(Folds::by_time(&[1.0, f64::NAN, 3.0], 2)).contains("the time of row 1 is not a number"));
}
