//! The protocol's datatypes, and which values each can hold.

use crate::protocols::tensor::Elements;

/// A datatype of the Open Inference Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Datatype {
    Bool,
    /// Bits and sign.
    Int(u32, bool),
    Float(u32),
    Bytes,
}

impl Datatype {
    /// The type of this name.
    pub(crate) fn of(name: &str) -> Option<Datatype> {
        Some(match name {
            "BOOL" => Datatype::Bool,
            "INT8" => Datatype::Int(8, true),
            "INT16" => Datatype::Int(16, true),
            "INT32" => Datatype::Int(32, true),
            "INT64" => Datatype::Int(64, true),
            "UINT8" => Datatype::Int(8, false),
            "UINT16" => Datatype::Int(16, false),
            "UINT32" => Datatype::Int(32, false),
            "UINT64" => Datatype::Int(64, false),
            "FP16" => Datatype::Float(16),
            "FP32" => Datatype::Float(32),
            "FP64" => Datatype::Float(64),
            "BYTES" => Datatype::Bytes,
            _ => return None,
        })
    }

    /// The bytes of an element; none for `BYTES`, whose elements have their own lengths.
    pub(crate) fn size(self) -> Option<usize> {
        match self {
            Datatype::Bool => Some(1),
            Datatype::Int(bits, _) | Datatype::Float(bits) => Some(bits as usize / 8),
            Datatype::Bytes => None,
        }
    }

    /// Whether values from JSON are of this type; a missing one is of any.
    pub(crate) fn check(self, data: &Elements<'_>) -> Result<(), String> {
        let numbers = match (self, data) {
            (Datatype::Bytes, Elements::Texts(_)) => return Ok(()),
            (Datatype::Bytes, Elements::Numbers(x)) if x.iter().all(|x| x.is_nan()) => return Ok(()),
            (Datatype::Bytes, Elements::Numbers(_)) => {
                return Err("its datatype is BYTES, its data are numbers".into());
            }
            (_, Elements::Texts(_)) => return Err("its datatype is numeric, its data are texts".into()),
            (_, Elements::Numbers(numbers)) => numbers,
        };
        let (low, high) = match self {
            Datatype::Bool => (0.0, 2.0),
            Datatype::Int(bits, true) => (-power_of_two(bits - 1), power_of_two(bits - 1)),
            Datatype::Int(bits, false) => (0.0, 2.0 * power_of_two(bits - 1)),
            Datatype::Float(_) | Datatype::Bytes => return Ok(()),
        };
        match numbers.iter().position(|&x| !x.is_nan() && (x.fract() != 0.0 || x < low || x >= high)) {
            Some(at) => Err(format!("element {at} is {}, which its datatype cannot hold", numbers[at])),
            None => Ok(()),
        }
    }
}

/// 2^exponent, of at most 63.
fn power_of_two(exponent: u32) -> f64 {
    (1_u64 << exponent) as f64
}
