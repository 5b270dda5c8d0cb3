//! Jobs run in pools of threads.

use planish_tensor::Exec;

#[test]
fn a_job_runs_in_a_pool_of_the_wanted_size_and_returns() {
    for threads in [1, 2, 3] {
        let exec = Exec::best().with_threads(threads);
        assert_eq!(exec.install(|| 7), 7);
        let sum = exec.install_awake(|| {
            (0..100)
                .map(|i| {
                    let (a, b) = rayon::join(|| i, || 1);
                    a + b
                })
                .sum::<i32>()
        });
        assert_eq!(sum, 5050);
    }
    let exec = Exec::best().with_threads(2);
    assert_eq!(exec.install_awake(|| exec.install_awake(rayon::current_num_threads)), 2);
}

#[test]
fn a_job_that_panics_ends_the_watch() {
    let exec = Exec::best().with_threads(2);
    assert!(std::panic::catch_unwind(|| exec.install_awake(|| panic!("on purpose"))).is_err());
}
