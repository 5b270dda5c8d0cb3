//! Decimal text to numbers, many at a time.
//!
//! [`scan`] reads the digits of one decimal, eight at a time, into a whole number and a power of ten. [`Decimals`] collects them, and
//! [`Decimals::convert`] divides all at once on virtual vectors: the nearest `f64` and, if wanted, the rest that it loses. Both have the bits
//! of [`Dd::parse_decimal`]; what the quick way cannot do exactly (more than 19 digits, powers of ten beyond 22, ties) is left to it.

use crate::Isa;
use crate::dd::Dd;
use crate::number::Number;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};

/// 10⁰ … 10²², which `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];
/// 10⁰ … 10⁸.
const WHOLE: [u64; 9] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
/// Digits that always fit into 64 bits.
const MOST_DIGITS: usize = 19;
/// Whole numbers from here on are not split exactly into two `f64` by the quick way.
const TOO_LARGE: u64 = (1 << 63) - 1024;

/// Bytes from the sign of a decimal on that are looked at.
const WINDOW: usize = 32;

/// A decimal as whole / ±10ᵏ, k from 0 to 22; a missing one has a scale that is not a number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Decimal {
    whole: u64,
    scale: f64,
}

/// What the digits of some decimals look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Form(u8);

impl Form {
    /// Digits alone, with or without a sign.
    pub const INTEGER: Form = Form(0);
    /// A point or an exponent.
    pub const FRACTION: Form = Form(1);
    /// Two or more digits alone, of which the first is zero: `007`.
    pub const LEADING_ZERO: Form = Form(2);

    /// Of those seen so far and this one.
    #[inline(always)]
    pub fn add(&mut self, other: Form) {
        self.0 |= other.0;
    }

    /// Whether all have digits alone.
    pub fn is_integer(self) -> bool {
        self.0 & Form::FRACTION.0 == 0
    }

    /// Whether some begin with a zero that has no meaning.
    pub fn has_leading_zero(self) -> bool {
        self.0 & Form::LEADING_ZERO.0 != 0
    }
}

/// Reads the decimal that begins at this byte, what it looks like, and where it ends; `None` if there is none, or one that the quick way cannot
/// do. The bytes must go on for 33 from there.
#[inline(always)]
pub fn scan(bytes: &[u8], at: usize) -> Option<(Decimal, Form, usize)> {
    let sign = *bytes.get(at)?;
    let start = at + usize::from(sign == b'-' || sign == b'+');
    let window: &[u8; WINDOW] = bytes.get(start..start + WINDOW)?.try_into().ok()?;
    let (values, n) = digits(window, 0);
    let mut whole = partial(values, n);
    let (mut count, mut end) = (n, n);
    if n == 8 {
        (whole, count) = more_digits(window, whole, 8)?;
        end = count;
    }
    let mut form = Form::INTEGER;
    let mut power = 0;
    if window[end] == b'.' {
        form = Form::FRACTION;
        let point = end;
        (whole, end) = more_digits(window, whole, point + 1)?;
        power = end - point - 1;
        count += power;
    }
    if count == 0 || count > MOST_DIGITS || whole >= TOO_LARGE {
        return None;
    }
    if form == Form::INTEGER && count > 1 && window[0] == b'0' {
        form = Form::LEADING_ZERO;
    }
    let mut end = start + end;
    if bytes[end] | 0x20 == b'e' {
        form = Form::FRACTION;
        let (written, after) = exponent(bytes, end + 1)?;
        end = after;
        power = usize::try_from(power as i32 - written).ok()?;
    }
    let power = *POWERS.get(power)?;
    let scale = if sign == b'-' { -power } else { power };
    Some((Decimal { whole, scale }, form, end))
}

/// The values of the eight bytes from here on, and how many of them are digits before the first that is none.
#[inline(always)]
fn digits(window: &[u8; WINDOW], at: usize) -> (u64, usize) {
    let word = u64::from_le_bytes(window[at..at + 8].try_into().expect("eight bytes"));
    let values = word ^ 0x3030_3030_3030_3030;
    // A byte above nine sets its own high bit; it may spoil those after it, which do not count.
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    (values, (others.trailing_zeros() / 8) as usize)
}

/// Appends the digits from this byte on to `whole`; returns where they end. `None` if they go on too long.
#[inline(always)]
fn more_digits(window: &[u8; WINDOW], mut whole: u64, mut at: usize) -> Option<(u64, usize)> {
    while at <= WINDOW - 8 {
        let (values, n) = digits(window, at);
        if n < 8 {
            let more = partial(values, n);
            return Some((whole.wrapping_mul(WHOLE[n]).wrapping_add(more), at + n));
        }
        whole = whole.wrapping_mul(WHOLE[8]).wrapping_add(eight(values));
        at += 8;
    }
    None
}

/// The number that the first `n` of these values are.
#[inline(always)]
fn partial(values: u64, n: usize) -> u64 {
    // In two steps, since none of a number's bits can be shifted out at once.
    eight(values << (7 * 8 - 8 * n.min(7)) << (8 * usize::from(n < 8)))
}

/// The number that eight digits (values 0 to 9, the first in the lowest byte) are.
#[inline(always)]
fn eight(values: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let first = (pairs & PAIRS).wrapping_mul(0x000f_4240_0000_0064);
    let second = ((pairs >> 16) & PAIRS).wrapping_mul(0x0000_2710_0000_0001);
    first.wrapping_add(second) >> 32
}

/// A written exponent of at most four digits, and where it ends.
#[inline]
fn exponent(bytes: &[u8], at: usize) -> Option<(i32, usize)> {
    let sign = *bytes.get(at)?;
    let start = at + usize::from(sign == b'-' || sign == b'+');
    let (mut value, mut end) = (0, start);
    while let Some(digit) = bytes.get(end).filter(|b| b.is_ascii_digit()) {
        value = value * 10 + i32::from(digit - b'0');
        end += 1;
        if end > start + 4 {
            return None;
        }
    }
    (end > start).then_some((if sign == b'-' { -value } else { value }, end))
}

/// Decimals that were scanned and wait to be divided.
#[derive(Clone, Debug, Default)]
pub struct Decimals {
    waiting: Vec<Decimal>,
    /// Numbers that are known already, with their places.
    known: Vec<(usize, Dd)>,
}

/// Decimals that are divided together.
const CHUNK: usize = 512;

impl Decimals {
    /// Adds a decimal.
    #[inline(always)]
    pub fn push(&mut self, decimal: Decimal) {
        self.waiting.push(decimal);
    }

    /// Adds a missing number.
    #[inline(always)]
    pub fn push_missing(&mut self) {
        self.waiting.push(Decimal { whole: 0, scale: f64::NAN });
    }

    /// Adds a number that is known.
    pub fn push_known(&mut self, number: Dd) {
        self.known.push((self.waiting.len(), number));
        self.waiting.push(Decimal { whole: 0, scale: 1.0 });
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.waiting.reserve(more);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.known.clear();
    }

    /// Appends the nearest numbers to `hi`, NaN where one is missing, and what they lose to `lo`, if that is wanted.
    pub fn convert(&self, isa: Isa, hi: &mut Vec<f64>, lo: Option<&mut Vec<f64>>) {
        let mut unused = Vec::new();
        let wanted = lo.is_some();
        let lo = lo.unwrap_or(&mut unused);
        let (hi_start, lo_start) = (hi.len(), lo.len());
        hi.resize(hi_start + self.len(), 0.0);
        if wanted {
            lo.resize(lo_start + self.len(), 0.0);
        }
        let (hi, lo) = (&mut hi[hi_start..], &mut lo[lo_start..]);
        let (mut top, mut rest, mut scale) = ([0.0; CHUNK], [0.0; CHUNK], [0.0; CHUNK]);
        for (c, chunk) in self.waiting.chunks(CHUNK).enumerate() {
            for (i, decimal) in chunk.iter().enumerate() {
                let whole = decimal.whole as i64;
                top[i] = whole as f64;
                rest[i] = (whole - top[i] as i64) as f64;
                scale[i] = decimal.scale;
            }
            let n = chunk.len();
            let place = c * CHUNK..c * CHUNK + n;
            let from = Split { top: &top[..n], rest: &rest[..n], scale: &scale[..n] };
            let hi = &mut hi[place.clone()];
            let lo = if wanted { &mut lo[place] } else { &mut [] };
            let has_ties = if wanted {
                f64::dispatch(isa, Divide::<true> { from, hi, lo })
            } else {
                f64::dispatch(isa, Divide::<false> { from, hi, lo })
            };
            if has_ties {
                settle_ties(chunk, hi, lo);
            }
        }
        for &(place, number) in &self.known {
            hi[place] = number.hi;
            if wanted {
                lo[place] = number.lo;
            }
        }
    }
}

/// Parses decimals again, one by one, since some lie halfway between two numbers, as far as the division could tell.
#[cold]
fn settle_ties(decimals: &[Decimal], hi: &mut [f64], lo: &mut [f64]) {
    for (i, Decimal { whole, scale }) in decimals.iter().enumerate() {
        let power = POWERS.iter().position(|p| *p == scale.abs()).unwrap_or(0);
        if power == 0 {
            continue; // whole numbers are right
        }
        let sign = if *scale < 0.0 { "-" } else { "" };
        if let Some(x) = Dd::parse_decimal(&format!("{sign}{whole}e-{power}")) {
            hi[i] = x.hi;
            if let Some(lo) = lo.get_mut(i) {
                *lo = x.lo;
            }
        }
    }
}

/// Whole numbers as the nearest `f64` and what that loses, and what they are divided by.
#[derive(Clone, Copy)]
struct Split<'a> {
    top: &'a [f64],
    rest: &'a [f64],
    scale: &'a [f64],
}

/// Divides (top + rest) by the scale; whether some quotient is halfway between two numbers.
///
/// q = top / scale leaves r = top − q·scale + rest, which is exact: it has at most 52 bits, since scale is 5ᵏ·2ᵏ with 5ᵏ < 2⁵². The number is
/// q + r/scale, rounded once r/scale is; that is wrong at most where the rounded r/scale is half a unit in the last place. What the number loses
/// is its own remainder, exact likewise, over the scale.
struct Divide<'a, const RESTS: bool> {
    from: Split<'a>,
    hi: &'a mut [f64],
    lo: &'a mut [f64],
}

impl<const RESTS: bool> LaneKernel<f64> for Divide<'_, RESTS> {
    type Output = bool;
    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) -> bool {
        let Divide { from: Split { top, rest, scale }, hi, lo } = self;
        let n = top.len();
        let (rest, scale, hi) = (&rest[..n], &scale[..n], &mut hi[..n]);
        let mut ties = false;
        let zero = s.splat(0.0);
        for i in (0..n).step_by(f64::LANES) {
            let (t, p) = (s.load_at(top, i), s.load_at(scale, i));
            let q = s.div(t, p);
            let r = s.add(s.fma(s.neg(q), p, t), s.load_at(rest, i));
            let c = s.div(r, p);
            let h = s.add(q, c);
            // e is what the sum of q and c loses.
            let back = s.sub(h, q);
            let e = s.add(s.sub(q, s.sub(h, back)), s.sub(c, back));
            let e2 = s.add(e, e);
            let is_half = s.eq(s.sub(s.add(h, e2), h), e2);
            let exact = s.eq(e, zero);
            let number = s.eq(p, p);
            // One that divides without a rest, or is missing, is no tie.
            let half = s.select(exact, zero, s.select(is_half, s.splat(1.0), zero));
            ties |= !s.all(s.eq(s.select(number, half, zero), zero));
            s.store_at(hi, i, s.select(number, h, p));
            if RESTS {
                let left = s.fma(s.neg(back), p, r);
                let l = s.div(left, p);
                s.store_at(lo, i, s.select(number, l, zero));
            }
        }
        ties
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(texts: &[String]) {
        let mut decimals = Decimals::default();
        for text in texts {
            let bytes = [text.as_bytes(), &[b','; 40]].concat();
            match scan(&bytes, 0) {
                Some((d, _, end)) => {
                    assert_eq!(end, text.len(), "{text}");
                    decimals.push(d);
                }
                None => decimals.push_known(Dd::parse_decimal(text).unwrap()),
            }
        }
        for isa in Isa::all_exact() {
            let (mut hi, mut lo, mut alone) = (vec![], vec![], vec![]);
            decimals.convert(isa, &mut hi, Some(&mut lo));
            decimals.convert(isa, &mut alone, None);
            for (i, text) in texts.iter().enumerate() {
                let known = Dd::parse_decimal(text).unwrap();
                assert_eq!(
                    (hi[i].to_bits(), lo[i].to_bits(), alone[i].to_bits()),
                    (known.hi.to_bits(), known.lo.to_bits(), known.hi.to_bits()),
                    "{text}: {} {:e}, not {} {:e}",
                    hi[i],
                    lo[i],
                    known.hi,
                    known.lo
                );
            }
        }
    }

    #[test]
    fn decimals_have_the_bits_of_those_that_are_parsed_alone() {
        let mut state = 1_u64;
        let mut next = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            state >> 11
        };
        let mut texts: Vec<String> = Vec::new();
        for i in 0..300_000_u64 {
            let digits = (next() % 20) as u32;
            let whole = (next() << 11 ^ next()) % 10_u64.pow(digits.min(19)).max(1);
            let whole = whole.to_string();
            let place = (next() as usize % (whole.len() + 1)).min(whole.len());
            let sign = ["", "-", "+", ""][next() as usize % 4];
            let power = match next() % 4 {
                0 => format!("e{}", next() as i64 % 30 - 25),
                1 if i % 2 == 0 => "E-05".to_owned(),
                _ => String::new(),
            };
            texts.push(format!("{sign}{}.{}{power}", &whole[..place], &whole[place..]));
            texts.push(format!("{sign}{whole}{power}"));
        }
        both(&texts);
    }

    #[test]
    fn zeros_ties_and_the_ends_of_the_range_are_right() {
        let texts = [
            "0",
            "-0",
            "0.0",
            "-0.000",
            "1",
            "-1",
            "9007199254740993",
            "9007199254740993.0",
            "-9007199254740993e0",
            "4503599627370497.5",
            "4503599627370496.5",
            "9223372036854775807",
            "9999999999999999999",
            "0.5e-22",
            "1e22",
            "1e-22",
            "1e-23",
            "123456789012345678e-22",
            "18014398509481985",
            "1.8014398509481985e1",
            "900719925474099.3",
            "0.1",
            "3.",
            ".5",
            "00012",
            "1e5",
            "1e300",
            "1e-300",
            "5e-324",
        ];
        both(&texts.map(str::to_owned));
    }

    #[test]
    fn what_is_no_decimal_is_not_scanned_as_one() {
        for text in ["", "-", ".", "e5", "1e", "1e+", "nan", "inf", "--1", "+-1", "- 1"] {
            let bytes = [text.as_bytes(), &[b','; 40]].concat();
            assert_eq!(scan(&bytes, 0), None, "{text:?}");
        }
        for (text, end) in [("1_000", 1), ("0x10", 1), ("1.2.3", 3), ("12-34", 2), ("1,5", 1)] {
            let bytes = [text.as_bytes(), &[b','; 40]].concat();
            assert_eq!(scan(&bytes, 0).unwrap().2, end, "{text:?}");
        }
        let form = |text: &str| scan(&[text.as_bytes(), &[b','; 40]].concat(), 0).unwrap().1;
        assert_eq!(form("007"), Form::LEADING_ZERO);
        assert_eq!(form("0"), Form::INTEGER);
        assert_eq!(form("00.7"), Form::FRACTION);
    }
}
