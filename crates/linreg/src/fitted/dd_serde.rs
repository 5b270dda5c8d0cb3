//! Double-double numbers as `[hi, lo]` pairs in serialised records.

use planish_tensor::Dd;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn pair(x: &Dd) -> [f64; 2] {
    [x.hi, x.lo]
}

fn number([hi, lo]: [f64; 2]) -> Dd {
    Dd { hi, lo }
}

/// For a field of type `Dd`.
pub(crate) mod one {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(x: &Dd, s: S) -> Result<S::Ok, S::Error> {
        pair(x).serialize(s)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Dd, D::Error> {
        <[f64; 2]>::deserialize(d).map(number)
    }
}

/// For a field of type `Vec<Dd>`.
pub(crate) mod many {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(x: &[Dd], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(x.iter().map(pair))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Dd>, D::Error> {
        Ok(Vec::<[f64; 2]>::deserialize(d)?.into_iter().map(number).collect())
    }
}
