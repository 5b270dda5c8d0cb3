//! The numbers by which the dispatcher chooses a path and cuts blocks, in one place.
//!
//! Derived for Zen 4 (L1 32 KiB, L2 1 MiB a core), then measured with `cargo xtask bench gemm`, one thread, `f32`, AVX-512. No threshold
//! can change a bit of a result.
//!
//! | constant | derivation | measured |
//! |---|---|---|
//! | `KC` 512 | a panel of KC × 64 `f32` is 128 KiB: it stays in L2 while `MC` rows of A pass by | 256: −3 % at 2048³; 1024: −4 % |
//! | `MC` 192 | 192 · 512 · 4 = 384 KiB of A fit beside the panel; all tile heights (4, 6, 8, 12) and `ROW_CHUNK` divide it | 96, 384: within noise |
//! | `NC` 1024 | bounds the packed B at 2 MiB, a sixteenth of L3 | |
//! | `PACK_ROWS` 192 | packing costs a read and a write of B; from about 32 tiles of 6 rows on it is under 3 % of the work | 128×784×512: 94 % of peak in place, 82 % packed; 256³: 91 % in place, 95 % packed |
//! | `PACK_A_COLS` 512 | a transposed A is read 6 numbers a step at a stride; below 8 panels the strided reads are cheaper | TN 1024³: 83 % in place, 90 % packed |
//! | `THIN_ROWS` 4, `THIN_COLS` 256 | B is read once and used `m` times; from 5 rows on the tile's arithmetic hides the reading | |
//! | `TURNED_ROWS` 8 | each 16 × 16 block of B is transposed (about 50 cycles) for m · 16 fused multiply-adds; from 9 rows on a packed panel is used by two tiles | |
//! | `MIN_PIECE` 300,000 | a join costs 2–5 µs with a thread awake; 300,000 multiply-adds are 5–6 µs | two threads: 64·128·128 slower split, 128·64·64 equal |

/// Depth of a cache block.
pub(super) const KC: usize = 512;
/// Rows of a cache block.
pub(super) const MC: usize = 192;
/// Columns of a cache block.
pub(super) const NC: usize = 1024;
/// Rows of A from which a panel of B with contiguous rows, or a transposed A, is worth packing.
pub(super) const PACK_ROWS: usize = 192;
/// Columns of C from which an A with contiguous columns is worth packing; one with contiguous rows never is.
pub(super) const PACK_A_COLS: usize = 512;
/// Depth from which packing either is worth it.
pub(super) const PACK_DEPTH: usize = 64;
/// Rows of A from which columns that do not fill a vector are worth padding, where masks are dear.
pub(super) const PAD_ROWS: usize = 8;
/// Most rows of A for the path that reads B along its rows.
pub(super) const THIN_ROWS: usize = 4;
/// Fewest columns for it: below, the accumulators of a tile do as well.
pub(super) const THIN_COLS: usize = 256;
/// Most rows of A for the path that reads B along its columns.
pub(super) const TURNED_ROWS: usize = 8;
/// Rows that are finished before an epilogue sees them: 24 rows of 64 `f32` are 6 KiB of L1. All tile heights divide it.
pub(super) const EPILOGUE_ROWS: usize = 24;
/// Multiply-adds below which a piece is not worth a thread of its own.
pub(super) const MIN_PIECE: usize = 300_000;
/// Threads cut rows at multiples of this: the heights of tiles of 2 to 4 vectors divide it.
pub(super) const ROW_ALIGN: usize = 24;
/// Threads cut columns at multiples of this: whole panels.
pub(super) const COL_ALIGN: usize = 64;
