//! What one product's race came to, as a line of the table and as JSON.

use super::grid::{Case, Group};
use serde_json::{Map, Value, json};

/// A peer's figure.
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// GFLOP/s.
    pub rate: f64,
}

/// The rate at which our product reads B, and the limit.
pub struct Read {
    /// GB/s, ours: the bytes of B by the seconds of the product.
    pub rate: f64,
    /// GB/s of a loop that only reads as many bytes.
    pub limit: f64,
}

impl Read {
    /// Share of the limit.
    pub fn share(&self) -> f64 {
        self.rate / self.limit
    }
}

/// The figures of one product. All rates are those of the full product, for a Gram matrix too.
pub struct Row {
    /// What was multiplied.
    pub case: Case,
    /// Threads.
    pub threads: usize,
    /// Ours, GFLOP/s.
    pub planish: f64,
    /// The peers.
    pub peers: Vec<Peer>,
    /// The peak of fused multiply-adds of all threads in the same seconds, GFLOP/s.
    pub peak: f64,
    /// For thin products.
    pub read: Option<Read>,
}

/// The peers' names in the heads of columns.
fn short(name: &str) -> &str {
    if name == "matrixmultiply" { "mm" } else { name }
}

impl Row {
    /// Ours by the peak.
    pub fn share(&self) -> f64 {
        self.planish / self.peak
    }

    /// The peer whose figure ours is divided by: the best, but for a Gram matrix the `gemm` crate's full product.
    pub fn rival(&self) -> &Peer {
        let gram = self.case.group == Group::Gram;
        let rivals = self.peers.iter().filter(|p| !gram || p.name == "gemm");
        rivals.max_by(|x, y| x.rate.total_cmp(&y.rate)).expect("the crates are always measured")
    }

    /// Ours by the rival's.
    pub fn ratio(&self) -> f64 {
        self.planish / self.rival().rate
    }

    /// As `256×64×128 NN`.
    pub fn name(&self) -> String {
        format!("{} {}", self.case.shape_name(), self.case.layout_name())
    }

    /// Prints the head of the table that this row begins.
    pub fn print_header(&self) {
        println!("\n{}, {}, {} thread(s)", self.case.group.name(), self.case.element.name(), self.threads);
        print!("{:>16} {:>3} {:>9} {:>8} {:>8}", "m×k×n", "", "GFLOP/s", "peak", "of peak");
        self.peers.iter().for_each(|p| print!(" {:>7}", short(p.name)));
        print!(" {:>6} {:6}", "ratio", " to");
        println!("{}", if self.read.is_some() { "    GB/s    limit  of limit" } else { "" });
    }

    /// Prints the line.
    pub fn print(&self) {
        print!("{:>16} {:>3} {:>9.1}", self.case.shape_name(), self.case.layout_name(), self.planish);
        print!(" {:>8.1} {:>7.1}%", self.peak, 100.0 * self.share());
        self.peers.iter().for_each(|p| print!(" {:>7.1}", p.rate));
        print!(" {:>6.2}  {:6}", self.ratio(), short(self.rival().name));
        if let Some(read) = &self.read {
            print!("{:>7.1} {:>8.1} {:>8.1}%", read.rate, read.limit, 100.0 * read.share());
        }
        println!();
    }

    /// Everything.
    pub fn json(&self) -> Value {
        let (m, k, n) = self.case.shape;
        let peers: Map<String, Value> =
            self.peers.iter().map(|p| (p.name.to_owned(), json!(p.rate))).collect();
        let read =
            self.read.as_ref().map(|r| json!({ "gb": r.rate, "limit_gb": r.limit, "share": r.share() }));
        json!({
            "group": self.case.group.name(), "m": m, "k": k, "n": n, "layout": self.case.layout_name(),
            "element": self.case.element.name(), "threads": self.threads, "planish": self.planish, "peers": peers,
            "peak": self.peak, "share_of_peak": self.share(), "rival": self.rival().name, "ratio": self.ratio(),
            "read": read,
        })
    }
}
