//! The trees of one stage: its bins, its scores, and one round after another.

use super::sample;
use crate::bins::{BinnedColumn, BinnedRows, Binner, learn};
use crate::data::Data;
use crate::forest::Forest;
use crate::grow::{Growth, grow};
use crate::histogram::{Layout, Source, quantise};
use crate::loss::{base_scores, derivatives, for_each_piece, leaf_values, mean_loss, normalisers};
use crate::predict::{Reach, Scratch};
use crate::settings::Settings;
use planish_tensor::Exec;
use rayon::prelude::*;

/// A stage.
pub(super) struct Trunk<'a> {
    exec: Exec,
    data: &'a Data<'a>,
    settings: &'a Settings,
    /// The rows to learn from.
    train: &'a [u32],
    /// Other rows whose scores are wanted.
    held: &'a [u32],
    pub(super) binner: Binner,
    rows: BinnedRows,
    by_column: Vec<u8>,
    layout: Layout,
    is_levels: Vec<bool>,
    monotone: Vec<i8>,
    pub(super) forest: Forest,
    /// A list an output.
    scores: Vec<Vec<f64>>,
}

/// One tree and its leaves.
struct Made {
    grown: crate::grow::Grown,
    leaves: Vec<f64>,
    covers: Vec<u32>,
}

impl<'a> Trunk<'a> {
    /// A stage without trees, or with those of a checkpoint.
    pub(super) fn new(
        exec: Exec,
        data: &'a Data<'a>,
        settings: &'a Settings,
        (train, held, outputs): (&'a [u32], &'a [u32], usize),
        forest: Option<Forest>,
    ) -> Trunk<'a> {
        let (binner, rows) = learn(exec, data, train, settings);
        let by_column = rows.by_column(exec);
        let layout = Layout::new(binner.columns.iter().map(|c| c.bins.count()));
        let is_levels = binner.columns.iter().map(|c| c.bins.is_levels()).collect();
        let direction = |source: u32| settings.monotone.get(source as usize).copied().unwrap_or(0);
        // Levels have no order to rise in.
        let of_column = |c: &BinnedColumn| if c.bins.is_numbers() { direction(c.source) } else { 0 };
        let monotone = binner.columns.iter().map(of_column).collect();
        let forest = forest
            .unwrap_or_else(|| Forest::new(settings.loss, base_scores(settings.loss, data, outputs, train)));
        let of_output = |k: usize| match data.offset {
            Some(offset) => offset.iter().skip(k).step_by(outputs).map(|o| o + forest.base[k]).collect(),
            None => vec![forest.base[k]; data.rows()],
        };
        let scores = (0..outputs).map(of_output).collect();
        let mut trunk = Trunk {
            exec,
            data,
            settings,
            train,
            held,
            binner,
            rows,
            by_column,
            layout,
            is_levels,
            monotone,
            forest,
            scores,
        };
        trunk.replay();
        trunk
    }

    /// Adds the trees that are there already to the scores.
    fn replay(&mut self) {
        let outputs = self.scores.len();
        for t in 0..self.forest.trees() {
            let tree = self.forest.tree(t);
            let rows = &self.rows;
            let mut scratch = Scratch::default();
            let reach = Reach::new(&mut scratch, tree);
            for_each_piece(self.exec, &mut self.scores[t % outputs], |start, out| {
                out.iter_mut().enumerate().for_each(|(i, score)| *score += reach.value(rows.row(start + i)));
            });
        }
    }

    /// The mean loss of these rows.
    pub(super) fn loss(&self, rows: &[u32]) -> f64 {
        mean_loss(self.exec, self.settings.loss, self.data, &self.scores, rows)
    }

    /// The scores of these rows after the first rounds, without offsets, `[rows × outputs]`.
    pub(super) fn scores_after(&self, rounds: usize, rows: &[u32]) -> Vec<f64> {
        let mut first = self.forest.clone();
        first.truncate(rounds);
        first.scores(self.exec, &self.rows.select(rows.iter().map(|&r| r as usize)))
    }

    /// One more round; whether any of its trees has a split.
    pub(super) fn round(&mut self) -> bool {
        let (round, outputs) = (self.forest.rounds(), self.scores.len());
        let (sample, mut others) = sample::rows(self.settings, self.train, round);
        others.extend_from_slice(self.held);
        let z = normalisers(self.exec, self.settings.loss, &self.scores);
        let mut scores = std::mem::take(&mut self.scores);
        // Outputs are independent of each other: several are as many jobs for the threads.
        let exec = if outputs > 1 { Exec { threads: 1, ..self.exec } } else { self.exec };
        let job = |(output, scores): (usize, &mut Vec<f64>)| {
            self.tree(exec, round * outputs + output, (output, scores), &z, (&sample, &others))
        };
        let made: Vec<Made> = if outputs > 1 && self.exec.threads > 1 {
            scores.par_iter_mut().enumerate().with_max_len(1).map(job).collect()
        } else {
            scores.iter_mut().enumerate().map(job).collect()
        };
        self.scores = scores;
        for m in &made {
            self.forest.push(m.grown.tree(&m.leaves, &m.covers));
        }
        made.iter().any(|m| m.leaves.len() > 1)
    }

    /// Grows a tree on the sample, and adds its leaves to the scores of the output.
    fn tree(
        &self,
        exec: Exec,
        number: usize,
        (output, scores): (usize, &mut [f64]),
        normalisers: &[f64],
        (sample, others): (&[u32], &[u32]),
    ) -> Made {
        let slopes = derivatives(exec, self.settings.loss, self.data, (output, scores), normalisers);
        let (rounded, scales) = quantise(exec, &slopes, self.settings.seed, number as u32);
        let may_use = sample::columns(self.settings, self.layout.columns(), number);
        let growth = Growth {
            exec,
            source: Source { rows: &self.rows, slopes: &rounded, layout: &self.layout },
            by_column: &self.by_column,
            scales,
            settings: self.settings,
            is_levels: &self.is_levels,
            monotone: &self.monotone,
            may_use: &may_use,
        };
        let grown = grow(&growth, sample.to_vec());
        let leaves = leaf_values(exec, self.settings, self.data, scores, &slopes, &grown);
        let covers: Vec<u32> = grown.leaves.iter().map(|l| l.rows.len() as u32).collect();
        for (leaf, value) in grown.leaves.iter().zip(&leaves) {
            leaf.rows.iter().for_each(|&row| scores[row as usize] += value);
        }
        let mut scratch = Scratch::default();
        let reach = Reach::new(&mut scratch, grown.tree(&leaves, &covers));
        let mut values = vec![0.0; others.len()];
        for_each_piece(exec, &mut values, |start, out| {
            for (out, &row) in out.iter_mut().zip(&others[start..]) {
                *out = reach.value(self.rows.row(row as usize));
            }
        });
        others.iter().zip(values).for_each(|(&row, value)| scores[row as usize] += value);
        Made { grown, leaves, covers }
    }
}
