//! What is measured: the groups, their shapes, layouts and element types.

/// A named part of the grid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Square products, `f32`.
    Squares,
    /// A batch times a square kernel, `f32`.
    Batch,
    /// Products of a few hundred or thousand multiply-adds, `f32`.
    Tiny,
    /// One and four rows, `f32`: bound by reading B.
    Thin,
    /// Square products, `f64`.
    F64,
    /// AᵀA of a tall A, `f64`.
    Gram,
    /// The one shape that was asked for.
    Single,
}

impl Group {
    /// The groups of the grid, in order.
    pub const ALL: [Group; 6] =
        [Group::Squares, Group::Batch, Group::Tiny, Group::Thin, Group::F64, Group::Gram];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Group::Squares => "squares",
            Group::Batch => "batch",
            Group::Tiny => "tiny",
            Group::Thin => "thin",
            Group::F64 => "f64",
            Group::Gram => "gram",
            Group::Single => "shape",
        }
    }
}

/// Which operand is a transposed view of a row-major matrix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// Neither.
    Nn,
    /// A.
    Tn,
    /// B.
    Nt,
}

impl Layout {
    /// All layouts, in order.
    pub const ALL: [Layout; 3] = [Layout::Nn, Layout::Tn, Layout::Nt];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Layout::Nn => "nn",
            Layout::Tn => "tn",
            Layout::Nt => "nt",
        }
    }
}

/// The type of the elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Element {
    /// `f32`.
    F32,
    /// `f64`.
    F64,
}

impl Element {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Element::F32 => "f32",
            Element::F64 => "f64",
        }
    }
}

/// m, k, n of C[m,n] = A[m,k]·B[k,n].
pub type Shape = (usize, usize, usize);

/// One product to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Case {
    /// The part of the grid it belongs to.
    pub group: Group,
    /// m, k, n.
    pub shape: Shape,
    /// Which operand is transposed. AᵀA counts as A transposed.
    pub layout: Layout,
    /// The type of the elements.
    pub element: Element,
}

impl Case {
    /// Floating-point operations of the full product.
    pub fn flops(&self) -> f64 {
        let (m, k, n) = self.shape;
        2.0 * m as f64 * k as f64 * n as f64
    }

    /// Whether reading B is the limit, so that the rate of reading is measured too.
    pub fn is_thin(&self) -> bool {
        matches!(self.group, Group::Thin | Group::Single) && self.shape.0 <= 4
    }

    /// The smallest of m, k and n.
    pub fn smallest_side(&self) -> usize {
        let (m, k, n) = self.shape;
        m.min(k).min(n)
    }

    /// As `256×64×128`.
    pub fn shape_name(&self) -> String {
        let (m, k, n) = self.shape;
        format!("{m}×{k}×{n}")
    }

    /// As `NN`; `AᵀA` for a Gram matrix.
    pub fn layout_name(&self) -> String {
        if self.group == Group::Gram { "AᵀA".to_owned() } else { self.layout.name().to_uppercase() }
    }
}

/// The shapes of a group.
fn shapes(group: Group) -> Vec<Shape> {
    match group {
        Group::Squares => [256, 512, 1024, 2048, 4096].map(|s| (s, s, s)).to_vec(),
        Group::Batch => {
            let widths = [64, 128, 256, 512, 784, 1024, 2048, 4096];
            let mut all = vec![(256, 64, 128)];
            all.extend([32, 128, 256, 512].into_iter().flat_map(|b| widths.map(|w| (b, w, w))));
            all
        }
        Group::Tiny => {
            let mut all = [8, 10, 16, 24, 32].map(|s| (s, s, s)).to_vec();
            all.extend([(32, 10, 10), (32, 10, 1)]);
            all
        }
        Group::Thin => [1, 4].into_iter().flat_map(|m| [1024, 2048, 4096].map(|s| (m, s, s))).collect(),
        Group::F64 => [256, 512, 1024, 2048].map(|s| (s, s, s)).to_vec(),
        Group::Gram => [50, 200].map(|p| (p, 100_000, p)).to_vec(),
        Group::Single => Vec::new(),
    }
}

/// The products of these groups, in order. The layouts count for the groups of `f32`.
pub fn cases(groups: &[Group], layouts: &[Layout]) -> Vec<Case> {
    let mut all = Vec::new();
    for &group in groups {
        let (layouts, element) = match group {
            Group::F64 => (&[Layout::Nn][..], Element::F64),
            Group::Gram => (&[Layout::Tn][..], Element::F64),
            _ => (layouts, Element::F32),
        };
        for shape in shapes(group) {
            all.extend(layouts.iter().map(|&layout| Case { group, shape, layout, element }));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_grid() {
        let all = cases(&Group::ALL, &Layout::ALL);
        let count = |group| all.iter().filter(|c| c.group == group).count();
        assert_eq!(Group::ALL.map(count), [15, 99, 21, 18, 4, 2]);
    }
}
