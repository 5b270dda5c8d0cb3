//! The numbers by which the dispatcher chooses a path and cuts blocks, in one place.
//!
//! Derived for Zen 3 and 4 (L1 32 KiB, L2 512 KiB or 1 MiB a core), then measured with `cargo xtask bench gemm`, one thread, `f32`, on an
//! EPYC of Zen 4 with AVX-512 and one of Zen 3 with AVX2. No threshold can change a bit of a result.
//!
//! | constant | derivation | measured |
//! |---|---|---|
//! | `KC` 512 | a wide panel of 512 × 64 `f32` (AVX-512) is 128 KiB and stays in L2 while `MC` rows of A pass by; a narrow one (AVX2) is 32 KiB, streamed from L2 at a tenth of its rate | AVX2 512³: 96 GFLOP/s with 512, 92 with 256; 2048² of 512 rows 90, 86 |
//! | `MC` 192 | 192 · 512 · 4 = 384 KiB of A fit beside the panel; all tile heights (4, 6, 8, 12) and `ROW_CHUNK` divide it | |
//! | `NC` 1024 | bounds the packed B at 2 MiB, a sixteenth of L3 | |
//! | `KEEP_ROWS` 192 | wide panels (4 vectors): the first tile packs what it reads, for all further tiles; below 192 rows reading in place is as fast | AVX-512 128×784×512: 94 % of peak in place, 82 % with a separate packing pass |
//! | `KEEP_WORK` 2²⁰ | narrow panels (AVX2: 64 bytes a row of B): rows a power of two apart fall into the same sets of L1, so packing pays from about a million multiply-adds | AVX2 128³: 0.96 of `gemm` in place, 1.06 kept; 32×512²: 0.91, 1.04; 32×128²: 1.05, 0.99 |
//! | `PAGE` 4096, `PACK_COLS` 128 | with a page or more from row to row of B every 64 bytes of a narrow panel need a page of their own; eight panels at a time share it, and 128 × 512 `f32` are 256 KiB, half of a small L2 | AVX2 32×2048²: 0.69 of `matrixmultiply` without, 1.10 with |
//! | `PACK_AHEAD` 8, `KEEP_AHEAD` 16 | no prefetcher follows rows into the next page; L3 answers after some 50 cycles, 8 steps of a tile | AVX2 128×2048²: 79 GFLOP/s without, 84 with |
//! | `pack_a_panels` | each panel of B reads A again; a pass over A costs as much as 3 to 6 panels gain where A is transposed (6 numbers a step at a stride), and about 50 where its rows are contiguous | AVX2 128³: NN 85 GFLOP/s packed, 97 in place, TN 87, 96; 1024³ NN 94 packed, 92 in place; 512³ TN 93, 70; AVX-512 1024³ TN: 90 % of peak packed, 83 % in place |
//! | `TINY_SIDE` 32 | cutting, packing decisions and large arguments take some 50 ns, half of a 10³ product | AVX2 8³: 115 ns by the loop nest, 65 in its own path; 32³: 865, 790 |
//! | `THIN_ROWS` 4, `THIN_COLS` 256 | B is read once and used `m` times; from 5 rows on the tile's arithmetic hides the reading | |
//! | `TURNED_ROWS` 8 | each strip of B is transposed for m multiply-adds a vector; from 9 rows on a packed panel serves two tiles | |
//! | `CONSUMED_COLS` 256 | what an epilogue reads and writes for 24 rows of 256 `f32` in three arrays is 72 KiB in runs of 1 KiB, beside 256 KiB of B in L2; tiles of one narrow panel would touch 72 lines a page or more apart, which fall into a few sets of L1 and L2 | 784-512-256-10 with Adam: a step with tiles of one panel takes half as long again as one with an update of its own, with these a tenth more |
//! | `MIN_PIECE` 300,000 | a join costs 2–5 µs with a thread awake; 300,000 multiply-adds take 5–6 µs | AVX-512: 64×128² split is slower, 128×64² equal |

/// Greatest depth of a cache block.
pub(super) const KC: usize = 512;
/// Rows of a cache block.
pub(super) const MC: usize = 192;
/// Columns of a cache block.
pub(super) const NC: usize = 1024;
/// Rows of A from which a wide panel of B is packed by the first tile that reads it, though its rows are contiguous.
pub(super) const KEEP_ROWS: usize = 192;
/// Multiply-adds from which a narrow panel is.
pub(super) const KEEP_WORK: usize = 1 << 20;
/// Bytes from one row of B to the next from which narrow panels are packed by a pass of their own, several at a time: a
/// page, so that a panel alone would need an entry of the TLB for every 64 bytes.
pub(super) const PAGE: usize = 4096;
/// Columns of B that are packed just before one block of rows uses them.
pub(super) const PACK_COLS: usize = 128;
/// Rows of B by which a pass that packs it asks ahead.
pub(super) const PACK_AHEAD: usize = 8;
/// Rows of B by which a tile that packs what it reads asks ahead.
pub(super) const KEEP_AHEAD: usize = 16;
/// Rows of A from which it is packed.
pub(super) const PACK_A_ROWS: usize = 96;
/// Panels of B, each this many vectors wide, from which A is packed: one with contiguous rows does not gain under wide panels.
pub(super) const fn pack_a_panels(nv: usize, transposed: bool) -> usize {
    match (transposed, nv == 1) {
        (true, false) => 8,
        (true, true) => 16,
        (false, true) => 64,
        (false, false) => usize::MAX,
    }
}
/// Depth from which packing A is worth it.
pub(super) const PACK_A_DEPTH: usize = 32;
/// Longest side of products that are not cut, packed or shared out.
pub(super) const TINY_SIDE: usize = 32;
/// Most rows of A for the path that reads B along its rows.
pub(super) const THIN_ROWS: usize = 4;
/// Fewest columns for it: below, the accumulators of a tile do as well.
pub(super) const THIN_COLS: usize = 256;
/// Most rows of A for the path that reads B along its columns.
pub(super) const TURNED_ROWS: usize = 8;
/// Rows that are finished before an epilogue sees them: 24 rows of 64 `f32` are 6 KiB of L1. All tile heights divide it.
pub(super) const EPILOGUE_ROWS: usize = 24;
/// Columns of a tile that an epilogue consumes.
pub(super) const CONSUMED_COLS: usize = 256;
/// Multiply-adds below which a piece is not worth a thread of its own.
pub(super) const MIN_PIECE: usize = 300_000;
/// Threads cut rows at multiples of this: the heights of tiles of 2 to 4 vectors divide it.
pub(super) const ROW_ALIGN: usize = 24;
/// Threads cut columns at multiples of this: whole panels.
pub(super) const COL_ALIGN: usize = 64;

use crate::reduce::ROW_CHUNK;

// Chunks of column sums are whole blocks of rows.
const _: () = assert!(ROW_CHUNK.is_multiple_of(MC) && MC.is_multiple_of(EPILOGUE_ROWS));
const _: () = assert!(ROW_CHUNK.is_multiple_of(ROW_ALIGN));
