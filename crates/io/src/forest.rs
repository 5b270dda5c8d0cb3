//! Trees as files hold them: every list that grows with the trees, their leaves or the bins is a tensor; what is small is JSON: the loss and the
//! base scores, and the columns of bins with their kinds.
//!
//! What is read here is only brought together; the lists are checked against each other when a model is made of them.

use crate::error::IoError;
use planish_trees::{BinnedColumn, Binner, Bins, Forest, Loss, Node};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};

/// A tensor to be written.
pub(crate) struct Listed {
    pub(crate) name: &'static str,
    pub(crate) dtype: &'static str,
    /// Bytes of a number.
    pub(crate) wide: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// What is small of a forest.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    loss: Loss,
    base: Vec<f64>,
}

impl Head {
    pub(crate) fn of(forest: &Forest) -> Head {
        Head { loss: forest.loss, base: forest.base.clone() }
    }
}

/// Numbers of a tensor.
pub(crate) trait Number: Copy {
    const NAME: &'static str;
    const DTYPE: Dtype;
    fn put(self, bytes: &mut Vec<u8>);
    fn take(bytes: &[u8]) -> Self;
}

macro_rules! numbers {
    ($($type:ty: $name:literal $dtype:ident;)*) => {
        $(impl Number for $type {
            const NAME: &'static str = $name;
            const DTYPE: Dtype = Dtype::$dtype;
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
            fn take(bytes: &[u8]) -> Self {
                <$type>::from_le_bytes(std::array::from_fn(|i| bytes[i]))
            }
        })*
    };
}

numbers! {
    u8: "U8" U8;
    u16: "U16" U16;
    u32: "U32" U32;
    u64: "U64" U64;
    f32: "F32" F32;
    f64: "F64" F64;
}

/// A tensor of a list, of so many numbers an entry.
pub(crate) fn listed<N: Number>(name: &'static str, each: usize, numbers: impl Iterator<Item = N>) -> Listed {
    let mut bytes = Vec::new();
    numbers.for_each(|n| n.put(&mut bytes));
    let count = bytes.len() / size_of::<N>();
    let shape = if each == 1 { vec![count] } else { vec![count / each, each] };
    Listed { name, dtype: N::NAME, wide: size_of::<N>(), shape, bytes }
}

/// The tensors of a forest. Wide numbers come first, so that each lies at a multiple of its size.
pub(crate) fn of_forest(forest: &Forest) -> Vec<Listed> {
    let nodes = || forest.nodes.iter();
    vec![
        listed("trees.leaf", 1, forest.leaves.iter().copied()),
        listed("trees.set", 4, forest.sets.iter().flatten().copied()),
        listed("trees.cover", 1, forest.covers.iter().copied()),
        listed("trees.gain", 1, forest.gains.iter().copied()),
        listed("trees.column", 1, nodes().map(|n| n.column)),
        listed("trees.node_end", 1, forest.node_ends.iter().copied()),
        listed("trees.set_end", 1, forest.set_ends.iter().copied()),
        listed("trees.child", 2, nodes().flat_map(|n| n.children)),
        listed("trees.set_of_node", 1, nodes().map(|n| n.set)),
        listed("trees.limit", 1, nodes().map(|n| n.bin)),
        listed("trees.kind", 1, nodes().map(|n| n.kind)),
    ]
}

/// The tensors of the bins.
pub(crate) fn of_bins(binner: &Binner) -> Vec<Listed> {
    let all = Cells::of(binner);
    vec![
        listed("bins.edge", 1, all.edges.into_iter()),
        listed("bins.mean", 1, all.means.into_iter()),
        listed("bins.edge_end", 1, all.edge_ends.into_iter()),
        listed("bins.level_end", 1, all.level_ends.into_iter()),
        listed("bins.level", 1, all.levels.into_iter()),
    ]
}

/// The tensors of both, those with the widest numbers first.
pub(crate) fn tensors(forest: &Forest, binner: &Binner) -> Vec<Listed> {
    let mut all = of_bins(binner);
    all.extend(of_forest(forest));
    all.sort_by_key(|list| std::cmp::Reverse(list.wide));
    all
}

/// What grows with the bins of all columns, one after the other, and where each column's part ends.
#[derive(Default)]
struct Cells {
    edges: Vec<f64>,
    means: Vec<f64>,
    levels: Vec<u8>,
    edge_ends: Vec<u32>,
    /// Of levels or means, whichever the column has; each list is counted by itself.
    level_ends: Vec<u32>,
}

impl Cells {
    fn of(binner: &Binner) -> Cells {
        let mut all = Cells::default();
        for column in &binner.columns {
            match &column.bins {
                Bins::Numbers { edges } => all.edges.extend(edges),
                Bins::Levels { bins, .. } => all.levels.extend(bins),
                Bins::Means { edges, means, .. } => {
                    all.edges.extend(edges);
                    all.means.extend(means);
                }
            }
            all.edge_ends.push(all.edges.len() as u32);
            all.level_ends.push((all.levels.len() + all.means.len()) as u32);
        }
        all
    }
}

/// The bins without what the tensors hold.
pub(crate) fn without_cells(binner: &Binner) -> Binner {
    let emptied = |column: &BinnedColumn| {
        let bins = match &column.bins {
            Bins::Numbers { .. } => Bins::Numbers { edges: Vec::new() },
            Bins::Levels { count, .. } => Bins::Levels { bins: Vec::new(), count: *count },
            Bins::Means { class, missing, unknown, .. } => Bins::Means {
                class: *class,
                edges: Vec::new(),
                means: Vec::new(),
                missing: *missing,
                unknown: *unknown,
            },
        };
        BinnedColumn { source: column.source, bins }
    };
    Binner {
        sources: binner.sources,
        levels: binner.levels.clone(),
        columns: binner.columns.iter().map(emptied).collect(),
    }
}

/// Gives the bytes of a tensor with this name, type and number of columns.
pub(crate) trait Tensors {
    fn bytes(&self, name: &str, dtype: Dtype, each: usize) -> Result<&[u8], IoError>;
    fn fail(&self, what: &str) -> IoError;
}

/// The numbers of a tensor.
pub(crate) fn list<N: Number>(from: &impl Tensors, name: &str, each: usize) -> Result<Vec<N>, IoError> {
    let bytes = from.bytes(name, N::DTYPE, each)?;
    Ok(bytes.chunks_exact(size_of::<N>()).map(N::take).collect())
}

/// A forest of these tensors.
pub(crate) fn forest(from: &impl Tensors, head: Head) -> Result<Forest, IoError> {
    let (columns, children) = (list::<u32>(from, "trees.column", 1)?, list::<u16>(from, "trees.child", 2)?);
    let (sets, limits) = (list::<u16>(from, "trees.set_of_node", 1)?, list::<u8>(from, "trees.limit", 1)?);
    let kinds = list::<u8>(from, "trees.kind", 1)?;
    let n = columns.len();
    if children.len() != 2 * n || [sets.len(), limits.len(), kinds.len()] != [n; 3] {
        return Err(from.fail("the lists of the trees have lengths that do not belong together"));
    }
    let node = |i: usize| Node {
        column: columns[i],
        children: [children[2 * i], children[2 * i + 1]],
        set: sets[i],
        bin: limits[i],
        kind: kinds[i],
    };
    let words = list::<u64>(from, "trees.set", 4)?;
    Ok(Forest {
        loss: head.loss,
        base: head.base,
        node_ends: list(from, "trees.node_end", 1)?,
        set_ends: list(from, "trees.set_end", 1)?,
        nodes: (0..n).map(node).collect(),
        gains: list(from, "trees.gain", 1)?,
        sets: words.as_chunks().0.to_vec(),
        leaves: list(from, "trees.leaf", 1)?,
        covers: list(from, "trees.cover", 1)?,
    })
}

/// The bins with what the tensors hold.
pub(crate) fn with_cells(from: &impl Tensors, mut binner: Binner) -> Result<Binner, IoError> {
    let (edges, means) = (list::<f64>(from, "bins.edge", 1)?, list::<f64>(from, "bins.mean", 1)?);
    let levels = list::<u8>(from, "bins.level", 1)?;
    let (edge_ends, level_ends) = (list(from, "bins.edge_end", 1)?, list(from, "bins.level_end", 1)?);
    let wrong = || from.fail("the lists of the bins have lengths that do not belong together");
    if [edge_ends.len(), level_ends.len()] != [binner.columns.len(); 2] {
        return Err(wrong());
    }
    let (edge_counts, level_counts) = (counts(&edge_ends), counts(&level_ends));
    let (edge_counts, level_counts) = (edge_counts.ok_or_else(wrong)?, level_counts.ok_or_else(wrong)?);
    let (mut edges, mut means, mut levels) = (&edges[..], &means[..], &levels[..]);
    for (i, column) in binner.columns.iter_mut().enumerate() {
        let (of_edges, of_levels) = (edge_counts[i], level_counts[i]);
        match &mut column.bins {
            Bins::Numbers { edges: own } => *own = next(&mut edges, of_edges).ok_or_else(wrong)?,
            Bins::Levels { bins: own, .. } => *own = next(&mut levels, of_levels).ok_or_else(wrong)?,
            Bins::Means { edges: own, means: of_codes, .. } => {
                *own = next(&mut edges, of_edges).ok_or_else(wrong)?;
                *of_codes = next(&mut means, of_levels).ok_or_else(wrong)?;
            }
        }
    }
    if edges.is_empty() && means.is_empty() && levels.is_empty() { Ok(binner) } else { Err(wrong()) }
}

/// The lengths of parts that end at these places; none if they do not rise.
fn counts(ends: &[u32]) -> Option<Vec<usize>> {
    let starts = std::iter::once(&0).chain(ends);
    starts.zip(ends).map(|(&start, &end)| end.checked_sub(start).map(|n| n as usize)).collect()
}

/// Takes the first entries of what is left of a list.
fn next<N: Copy>(left: &mut &[N], count: usize) -> Option<Vec<N>> {
    let (part, rest) = left.split_at_checked(count)?;
    *left = rest;
    Some(part.to_vec())
}
