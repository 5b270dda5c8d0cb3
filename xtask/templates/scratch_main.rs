//! The program of the project that `cargo xtask package` makes outside the workspace: a stranger's first use
//! of each packed library. It is compiled there against the packed files, never run, and no part of the xtask
//! crate.

use planish_io as _;
use planish_linreg as _;
use planish_model as _;
use planish_nn as _;
use planish_optim as _;
use planish_serve as _;
use planish_tabular as _;
use planish_tensor as _;
use planish_train as _;

fn main() {}
