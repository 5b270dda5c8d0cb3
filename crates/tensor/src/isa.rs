//! Which instruction set to use: detected once, or forced by `PLANISH_ISA`.
//!
//! [`Isa`] values other than `Scalar` and `Portable` can only be made by detection, so holding one proves
//! that the CPU has the instructions.

use std::sync::OnceLock;

/// The code that runs: one of our kernels' instruction sets, or the portable fallback.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Isa(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    Portable,
}

/// Why an instruction set cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IsaError {
    /// The name is none of ours.
    #[error("unknown instruction set {name:?}: use scalar, avx2, avx512 or portable")]
    Unknown {
        /// The name as given.
        name: String,
    },
    /// This CPU lacks the instructions.
    #[error("this CPU has no {name}: use scalar or portable, or unset PLANISH_ISA")]
    Unsupported {
        /// The name as given.
        name: String,
    },
}

impl Isa {
    /// Plain Rust, one element at a time: the oracle that the others are compared with.
    pub const SCALAR: Isa = Isa(Kind::Scalar);
    /// Matrix products by the `matrixmultiply` crate, the rest as [`Isa::SCALAR`]. Outside the promise of equal bits.
    pub const PORTABLE: Isa = Isa(Kind::Portable);

    /// The fastest instruction set of this CPU, or portable code where we have no kernel.
    pub fn best() -> Isa {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Isa::avx512().or_else(Isa::avx2).unwrap_or(Isa::PORTABLE))
    }

    /// AVX2 with FMA, if the CPU has it.
    pub fn avx2() -> Option<Isa> {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            return Some(Isa(Kind::Avx2));
        }
        None
    }

    /// AVX-512 (F, DQ, BW, VL) with AVX2 and FMA, if the CPU has it.
    pub fn avx512() -> Option<Isa> {
        #[cfg(target_arch = "x86_64")]
        if Isa::avx2().is_some()
            && std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512dq")
            && std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx512vl")
        {
            return Some(Isa(Kind::Avx512));
        }
        None
    }

    /// All instruction sets of this CPU that promise equal bits, the scalar oracle first.
    pub fn all_exact() -> Vec<Isa> {
        std::iter::once(Isa::SCALAR).chain(Isa::avx2()).chain(Isa::avx512()).collect()
    }

    /// The instruction set with this name.
    ///
    /// # Errors
    /// An unknown name, or one that this CPU lacks.
    pub fn from_name(name: &str) -> Result<Isa, IsaError> {
        let found = match name {
            "scalar" => Some(Isa::SCALAR),
            "portable" => Some(Isa::PORTABLE),
            "avx2" => Isa::avx2(),
            "avx512" => Isa::avx512(),
            _ => return Err(IsaError::Unknown { name: name.to_owned() }),
        };
        found.ok_or_else(|| IsaError::Unsupported { name: name.to_owned() })
    }

    /// The instruction set named by the environment variable `PLANISH_ISA`, or [`Isa::best`] if it is unset or empty.
    ///
    /// # Errors
    /// As [`Isa::from_name`].
    pub fn from_env() -> Result<Isa, IsaError> {
        match std::env::var_os("PLANISH_ISA") {
            Some(name) if !name.is_empty() => Isa::from_name(&name.to_string_lossy()),
            _ => Ok(Isa::best()),
        }
    }

    /// `"scalar"`, `"avx2"`, `"avx512"` or `"portable"`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            Kind::Portable => "portable",
        }
    }

    pub(crate) fn kind(self) -> Kind {
        self.0
    }
}
