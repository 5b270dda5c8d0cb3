//! The values of Arrow's arrays as text: numbers by their shortest decimal, decimals by their digits, dates and times as in ISO 8601 (those
//! with a time zone in UTC), null as nothing.

use crate::input::canonical::{date, double, quoted, single, time};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use std::io::Write;

/// Writes the value of a row.
pub(super) type Cell<'a> = Box<dyn Fn(usize, &mut Vec<u8>) + 'a>;

const DAY: i64 = 86_400;

/// What is wrong with a type whose values are no cells.
pub(super) fn fault_of(kind: &DataType) -> Option<&'static str> {
    let what = match kind {
        DataType::Null
        | DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Timestamp(..)
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Duration(_)
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => return None,
        DataType::Dictionary(_, values) => return fault_of(values),
        DataType::List(_)
        | DataType::ListView(_)
        | DataType::FixedSizeList(..)
        | DataType::LargeList(_)
        | DataType::LargeListView(_) => "lists",
        DataType::Struct(_) => "records of several fields (a struct)",
        DataType::Map(..) => "maps",
        DataType::Union(..) => "values of several types (a union)",
        DataType::Binary | DataType::FixedSizeBinary(_) | DataType::LargeBinary | DataType::BinaryView => {
            "bytes"
        }
        DataType::Interval(_) => "intervals of time",
        DataType::RunEndEncoded(..) => "runs (RunEndEncoded)",
    };
    Some(what)
}

/// Writes the values of this array.
pub(super) fn cell_of(array: &ArrayRef) -> Result<Cell<'_>, String> {
    let cell: Cell<'_> = match array.data_type() {
        DataType::Null => Box::new(|_, _| {}),
        DataType::Boolean => {
            let array = array.as_boolean();
            present(array, |i, out| out.extend_from_slice(if array.value(i) { b"true" } else { b"false" }))
        }
        DataType::Int8 => integers::<Int8Type>(array),
        DataType::Int16 => integers::<Int16Type>(array),
        DataType::Int32 => integers::<Int32Type>(array),
        DataType::Int64 => integers::<Int64Type>(array),
        DataType::UInt8 => integers::<UInt8Type>(array),
        DataType::UInt16 => integers::<UInt16Type>(array),
        DataType::UInt32 => integers::<UInt32Type>(array),
        DataType::UInt64 => integers::<UInt64Type>(array),
        DataType::Float16 => values::<Float16Type>(array, |x, out| single(out, x.to_f32())),
        DataType::Float32 => values::<Float32Type>(array, |x, out| single(out, x)),
        DataType::Float64 => values::<Float64Type>(array, |x, out| double(out, x)),
        DataType::Decimal32(_, scale) => decimals::<Decimal32Type>(array, *scale),
        DataType::Decimal64(_, scale) => decimals::<Decimal64Type>(array, *scale),
        DataType::Decimal128(_, scale) => decimals::<Decimal128Type>(array, *scale),
        DataType::Decimal256(_, scale) => decimals::<Decimal256Type>(array, *scale),
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            present(array, |i, out| quoted(out, array.value(i)))
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            present(array, |i, out| quoted(out, array.value(i)))
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            present(array, |i, out| quoted(out, array.value(i)))
        }
        DataType::Date32 => values::<Date32Type>(array, |days, out| day(out, i64::from(days))),
        DataType::Date64 => values::<Date64Type>(array, |ms, out| moment(out, ms, 3, true)),
        DataType::Timestamp(unit, _) => timestamps(array, *unit),
        DataType::Time32(unit) => match unit {
            TimeUnit::Second => values::<Time32SecondType>(array, |t, out| clock(out, i64::from(t), 0)),
            TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond => {
                values::<Time32MillisecondType>(array, |t, out| clock(out, i64::from(t), 3))
            }
        },
        DataType::Time64(unit) => match unit {
            TimeUnit::Microsecond => values::<Time64MicrosecondType>(array, |t, out| clock(out, t, 6)),
            TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Nanosecond => {
                values::<Time64NanosecondType>(array, |t, out| clock(out, t, 9))
            }
        },
        DataType::Duration(unit) => durations(array, *unit),
        DataType::Dictionary(..) => dictionary(array)?,
        kind @ (DataType::List(_)
        | DataType::ListView(_)
        | DataType::FixedSizeList(..)
        | DataType::LargeList(_)
        | DataType::LargeListView(_)
        | DataType::Struct(_)
        | DataType::Map(..)
        | DataType::Union(..)
        | DataType::Binary
        | DataType::FixedSizeBinary(_)
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::Interval(_)
        | DataType::RunEndEncoded(..)) => return Err(format!("a column of {kind} cannot be read")),
    };
    Ok(cell)
}

/// Writes what is not null.
fn present<'a, A: Array>(array: &'a A, write: impl Fn(usize, &mut Vec<u8>) + 'a) -> Cell<'a> {
    Box::new(move |i, out| {
        if array.is_valid(i) {
            write(i, out);
        }
    })
}

fn values<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    write: impl Fn(T::Native, &mut Vec<u8>) + 'static,
) -> Cell<'_> {
    let array: &PrimitiveArray<T> = array.as_primitive();
    present(array, move |i, out| write(array.value(i), out))
}

fn integers<T: ArrowPrimitiveType<Native: std::fmt::Display>>(array: &ArrayRef) -> Cell<'_> {
    values::<T>(array, |x, out| _ = write!(out, "{x}"))
}

fn decimals<T: ArrowPrimitiveType<Native: std::fmt::Display>>(array: &ArrayRef, scale: i8) -> Cell<'_> {
    values::<T>(array, move |x, out| decimal(out, &x.to_string(), scale))
}

/// Whole digits with a point before the last `scale` of them, or with zeros after them.
fn decimal(out: &mut Vec<u8>, digits: &str, scale: i8) {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    out.extend_from_slice(sign.as_bytes());
    let Ok(scale) = usize::try_from(scale) else {
        out.extend_from_slice(digits.as_bytes());
        out.extend(std::iter::repeat_n(b'0', usize::from(scale.unsigned_abs())));
        return;
    };
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    out.extend_from_slice(whole.as_bytes());
    if scale > 0 {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}

fn timestamps(array: &ArrayRef, unit: TimeUnit) -> Cell<'_> {
    match unit {
        TimeUnit::Second => values::<TimestampSecondType>(array, |t, out| moment(out, t, 0, false)),
        TimeUnit::Millisecond => values::<TimestampMillisecondType>(array, |t, out| moment(out, t, 3, false)),
        TimeUnit::Microsecond => values::<TimestampMicrosecondType>(array, |t, out| moment(out, t, 6, false)),
        TimeUnit::Nanosecond => values::<TimestampNanosecondType>(array, |t, out| moment(out, t, 9, false)),
    }
}

/// A length of time as a number of seconds.
fn durations(array: &ArrayRef, unit: TimeUnit) -> Cell<'_> {
    match unit {
        TimeUnit::Second => decimals::<DurationSecondType>(array, 0),
        TimeUnit::Millisecond => decimals::<DurationMillisecondType>(array, 3),
        TimeUnit::Microsecond => decimals::<DurationMicrosecondType>(array, 6),
        TimeUnit::Nanosecond => decimals::<DurationNanosecondType>(array, 9),
    }
}

fn dictionary(array: &ArrayRef) -> Result<Cell<'_>, String> {
    let dictionary = array.as_any_dictionary();
    let (keys, cell) = (dictionary.normalized_keys(), cell_of(dictionary.values())?);
    let keyed = dictionary.keys();
    Ok(Box::new(move |i, out| {
        if keyed.is_valid(i) {
            cell(keys[i], out);
        }
    }))
}

/// A moment counted in parts of a second since 1970; without the time of day if it is a day's begin and `short`.
fn moment(out: &mut Vec<u8>, parts: i64, digits: u32, short: bool) {
    let unit = 10_i64.pow(digits);
    let (seconds, fraction) = (parts.div_euclid(unit), parts.rem_euclid(unit));
    day(out, seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    if !short || second != 0 || fraction != 0 {
        out.push(b'T');
        time(out, second as u32, fraction as u64, digits as usize);
    }
}

/// A time of day counted in parts of a second.
fn clock(out: &mut Vec<u8>, parts: i64, digits: u32) {
    let unit = 10_i64.pow(digits);
    let second = parts.div_euclid(unit).rem_euclid(DAY);
    time(out, second as u32, parts.rem_euclid(unit) as u64, digits as usize);
}

/// The date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`).
fn day(out: &mut Vec<u8>, days: i64) {
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Months from March.
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    date(out, year + era * 400 + i64::from(month <= 2), month as u8, day as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_and_moments_are_written_as_in_iso_8601() {
        for (days, said) in
            [(0, "1970-01-01"), (-1, "1969-12-31"), (19_753, "2024-01-31"), (11_016, "2000-02-29")]
        {
            assert_eq!(written(|out| day(out, days)), said);
        }
        assert_eq!(written(|out| moment(out, 1_706_704_200_500, 3, false)), "2024-01-31T12:30:00.5");
        assert_eq!(written(|out| moment(out, -1, 9, false)), "1969-12-31T23:59:59.999999999");
        assert_eq!(written(|out| moment(out, 0, 3, true)), "1970-01-01");
        assert_eq!(written(|out| clock(out, 45_000, 0)), "12:30:00");
    }

    #[test]
    fn decimals_keep_their_digits() {
        for (digits, scale, said) in [
            ("12345", 2, "123.45"),
            ("-5", 3, "-0.005"),
            ("7", 0, "7"),
            ("7", -2, "700"),
            ("-120", 1, "-12.0"),
        ] {
            assert_eq!(written(|out| decimal(out, digits, scale)), said);
        }
    }
}
