//! One product: its operands, and the race of all contenders.

use super::grid::{Case, Group, Layout};
use super::peers::{self, Operand, Product};
use super::python;
use super::row::{Peer, Read, Row};
use crate::machine::{FmaPeak, Reading};
use crate::sample::{Contender, race};
use planish_tensor::gemm::Scratch;
use planish_tensor::{Exec, Matrix, Scalar};

/// What the races of all products share.
pub struct Bench {
    /// The instruction set and the number of threads.
    pub exec: Exec,
    /// The loop that measures the peak.
    pub fma: FmaPeak,
    /// Seconds a product.
    pub seconds: f64,
    /// The peers in Python.
    pub children: Vec<crate::child::Peer>,
}

/// Numbers between −½ and ½, no row or column like another.
fn fill<T: Scalar>(i: usize, j: usize) -> T {
    T::from_f64(((i * 7919 + j * 104_729) % 1009) as f64 / 1009.0 - 0.5)
}

impl Bench {
    /// Races the contenders. Run it in the pool of `exec`.
    pub fn product<T: Product>(&mut self, case: Case) -> Result<Row, String> {
        let (m, k, n) = case.shape;
        let gram = case.group == Group::Gram;
        let matrix = |rows, cols| Matrix::<T>::from_fn(rows, cols, fill);
        let a = if case.layout == Layout::Tn { matrix(k, m) } else { matrix(m, k) };
        // A Gram matrix has one operand.
        let other = match case.layout {
            _ if gram => None,
            Layout::Nt => Some(matrix(n, k)),
            _ => Some(matrix(k, n)),
        };
        let left = Operand::new(&a, case.layout == Layout::Tn);
        let right = Operand::new(other.as_ref().unwrap_or(&a), case.layout == Layout::Nt);
        let [mut c0, mut c1, mut c2, mut c3] = [(); 4].map(|()| Matrix::<T>::zeros(m, n));
        let mut scratch = Scratch::new();
        let reading = case.is_thin().then(|| Reading::<T>::new(self.exec, k * n));
        let (exec, threads) = (self.exec, self.exec.threads);

        let mut contenders = vec![
            Contender::new(|| {
                if gram {
                    peers::planish_gram(exec, a.view(), c0.view_mut(), &mut scratch);
                } else {
                    peers::planish(exec, left, right, &mut c0, &mut scratch);
                }
            }),
            Contender::new(|| peers::gemm(threads, left, right, &mut c1)),
            Contender::new(|| peers::matrixmultiply(left, right, &mut c2)),
            Contender::new(|| peers::faer(threads, left, right, &mut c3)),
        ];
        let mut names: Vec<&'static str> = peers::CRATES.to_vec();
        for child in &mut self.children {
            child.set(&python::request(&case))?;
            names.push(child.name);
            contenders.push(Contender::timed(|warm_up, runs| {
                child.run(warm_up, runs).unwrap_or_else(|e| panic!("{e}"))
            }));
        }
        contenders.push(self.fma.contender::<T>().limit());
        contenders.extend(reading.as_ref().map(|r| r.contender().limit()));
        let seconds = race(&mut contenders, self.seconds);
        drop(contenders);
        self.check([&c0, &c1, &c2, &c3], &case)?;

        let rate = |i: usize| case.flops() / seconds[i] / 1e9;
        let peers: Vec<Peer> =
            names.iter().enumerate().map(|(i, &name)| Peer { name, rate: rate(i + 1) }).collect();
        let after = 1 + names.len();
        let read = reading.map(|reading| Read {
            rate: (k * n * size_of::<T>()) as f64 / seconds[0] / 1e9,
            limit: reading.bytes() / seconds[after + 1] / 1e9,
        });
        let peak = self.fma.flops::<T>() / seconds[after] / 1e9;
        Ok(Row { case, threads, planish: rate(0), peers, peak, read })
    }

    /// A figure for a wrong result is worth nothing: all of this process's results agree with the first peer's.
    fn check<T: Scalar>(&self, c: [&Matrix<T>; 4], case: &Case) -> Result<(), String> {
        let tolerance = if T::NAME == "f32" { 1e-5 } else { 1e-13 } * case.shape.1 as f64 + 1e-6;
        let want = c[1].as_slice();
        for (i, name) in [(0, "planish"), (2, "matrixmultiply"), (3, "faer")] {
            let pairs = c[i].as_slice().iter().zip(want).enumerate();
            // Of a Gram matrix, the upper triangle is promised.
            let mut counted =
                pairs.filter(|(at, _)| case.group != Group::Gram || at / case.shape.2 <= at % case.shape.2);
            if counted.any(|(_, (x, y))| {
                (x.to_f64() - y.to_f64()).abs().partial_cmp(&tolerance).is_none_or(|o| o.is_gt())
            }) {
                return Err(format!(
                    "{} {}: {name} differs from gemm",
                    case.shape_name(),
                    case.layout_name()
                ));
            }
        }
        Ok(())
    }
}
