//! Gain by column: by how much the splits of each column lowered the loss.

use crate::bins::Binner;
use crate::forest::Forest;

impl Forest {
    /// The sum of the gains of all splits in bins of each column, in the columns that the binner reads.
    pub fn gain_by_column(&self, binner: &Binner) -> Vec<f64> {
        let mut out = vec![0.0; binner.sources];
        for (node, &gain) in self.nodes.iter().zip(&self.gains) {
            out[binner.columns[node.column as usize].source as usize] += f64::from(gain);
        }
        out
    }
}
