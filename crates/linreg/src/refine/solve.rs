//! The loop of refinement: sums of a pass over the rows, a correction of every response that is not settled, and again.

use crate::error::FitError;
use crate::factor::factorization::Factorization;
use crate::refine::compensated;
use crate::refine::problem::{Problem, Solution, Sums};
use crate::refine::sweep::sweep;
use crate::rows::block::BlockSource;

/// Solves for every response and refines until settled, or until `limit` corrections.
pub(crate) fn solve<S: BlockSource>(
    problem: &Problem<'_>,
    source: &mut S,
    limit: usize,
) -> Result<Vec<Solution>, FitError<S::Error>> {
    let compensated = problem.factorization == Factorization::Cholesky && compensated::is_enough(problem);
    solve_by(problem, limit, |solutions, first| sweep(problem, source, compensated, solutions, first))
}

/// The same, where `sums` finds the sums of a pass with these solutions; the flag says whether it is the first.
pub(crate) fn solve_by<E>(
    problem: &Problem<'_>,
    limit: usize,
    mut sums: impl FnMut(&[Solution], bool) -> Result<Vec<Option<Sums>>, E>,
) -> Result<Vec<Solution>, E> {
    let mut solutions: Vec<_> = problem.factor.rhs.iter().map(|z| problem.start(z)).collect();
    for pass in 0..=limit {
        let sums = sums(&solutions, pass == 0)?;
        for (q, (solution, sums)) in solutions.iter_mut().zip(sums).enumerate() {
            let Some(sums) = sums else { continue };
            if pass == 0 {
                solution.measure_total(&sums, problem.factor.first == 1, problem.response_offset(q));
            }
            solution.rss = sums.rss;
            if pass < limit {
                problem.correct(q, solution, &sums.s);
            }
        }
        if solutions.iter().all(|s| !s.active) {
            break;
        }
    }
    Ok(solutions)
}

/// One more correction of settled solutions by a pass in double-double, for residuals that are far smaller than what they are differences of.
pub(crate) fn polish<S: BlockSource>(
    problem: &Problem<'_>,
    source: &mut S,
    solutions: &mut [Solution],
) -> Result<(), FitError<S::Error>> {
    solutions.iter_mut().for_each(|s| s.active = true);
    let sums = sweep(problem, source, false, solutions, false)?;
    for (q, (solution, sums)) in solutions.iter_mut().zip(sums).enumerate() {
        if let Some(sums) = sums {
            solution.rss = sums.rss;
            problem.correct(q, solution, &sums.s);
            solution.active = false;
        }
    }
    Ok(())
}
