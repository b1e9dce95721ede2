//! PostgreSQL's binary numeric: base-10,000 digits with a weight, a sign and a display scale
//! (`src/backend/utils/adt/numeric.c`, `numeric_send`).

/// A numeric as it came.
pub(super) enum Numeric<'a> {
    Number {
        negative: bool,
        weight: i32,
        scale: u16,
        digits: &'a [u8],
    },
    NotANumber,
    Infinity {
        negative: bool,
    },
}

impl<'a> Numeric<'a> {
    /// Reads the header and checks the length; none when it is not a numeric.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, digits) = bytes.split_first_chunk::<8>()?;
        let [d0, d1, w0, w1, s0, s1, c0, c1] = *header;
        if digits.len() != usize::from(u16::from_be_bytes([d0, d1])) * 2 {
            return None;
        }
        let weight = i32::from(i16::from_be_bytes([w0, w1]));
        let scale = u16::from_be_bytes([c0, c1]);
        Some(match u16::from_be_bytes([s0, s1]) {
            0x0000 => Self::Number {
                negative: false,
                weight,
                scale,
                digits,
            },
            0x4000 => Self::Number {
                negative: true,
                weight,
                scale,
                digits,
            },
            0xC000 => Self::NotANumber,
            0xD000 => Self::Infinity { negative: false },
            0xF000 => Self::Infinity { negative: true },
            _ => return None,
        })
    }

    /// The number times ten to the power of `scale`; none when it is no finite number or does not fit exactly.
    pub(super) fn unscaled(&self, scale: u8) -> Option<i128> {
        let Self::Number {
            negative,
            weight,
            digits,
            ..
        } = self
        else {
            return None;
        };
        let mut sum: i128 = 0;
        for (position, digit) in (0i32..).zip(groups(digits)) {
            // The group stands for digit × 10^(4 × (weight − position)).
            let power = 4 * (weight - position) + i32::from(scale);
            let digit = i128::from(digit);
            let term = if power >= 0 {
                digit.checked_mul(10i128.checked_pow(u32::try_from(power).ok()?)?)?
            } else {
                let divisor = 10i128.checked_pow(u32::try_from(-power).ok()?)?;
                (digit % divisor == 0).then_some(digit / divisor)?
            };
            sum = sum.checked_add(term)?;
        }
        Some(if *negative { -sum } else { sum })
    }

    /// Writes it as PostgreSQL shows it: plain digits, as many decimals as its scale says.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let (negative, weight, scale, digits) = match self {
            Self::NotANumber => return out.extend_from_slice(b"NaN"),
            Self::Infinity { negative: true } => return out.extend_from_slice(b"-Infinity"),
            Self::Infinity { negative: false } => return out.extend_from_slice(b"Infinity"),
            Self::Number {
                negative,
                weight,
                scale,
                digits,
            } => (*negative, *weight, usize::from(*scale), *digits),
        };
        let group = |position: i32| -> u16 {
            usize::try_from(position)
                .ok()
                .and_then(|position| groups(digits).nth(position))
                .unwrap_or(0)
        };
        if negative {
            out.push(b'-');
        }
        if weight < 0 {
            out.push(b'0');
        } else {
            for position in 0..=weight {
                let digits = format!("{:04}", group(position));
                let shown = if position == 0 {
                    digits.trim_start_matches('0')
                } else {
                    &digits
                };
                out.extend_from_slice(if position == 0 && shown.is_empty() && weight == 0 {
                    b"0"
                } else {
                    shown.as_bytes()
                });
            }
        }
        if scale > 0 {
            out.push(b'.');
            let wanted = out.len() + scale;
            let mut position = weight + 1;
            while out.len() < wanted {
                out.extend_from_slice(format!("{:04}", group(position)).as_bytes());
                position += 1;
            }
            out.truncate(wanted);
        }
    }
}

fn groups(digits: &[u8]) -> impl Iterator<Item = u16> + '_ {
    digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(weight: i16, sign: u16, scale: u16, digits: &[u16]) -> Vec<u8> {
        let header = [digits.len() as u16, weight as u16, sign, scale];
        header
            .iter()
            .chain(digits)
            .flat_map(|word| word.to_be_bytes())
            .collect()
    }

    fn shown(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        Numeric::parse(bytes).unwrap().write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_and_scaled_exactly() {
        // 12345.678, 0, 0.0001, -10000, 0.50, 100000000
        let cases = [
            (encoded(1, 0, 3, &[1, 2345, 6780]), "12345.678", 3, 12_345_678),
            (encoded(0, 0, 0, &[]), "0", 0, 0),
            (encoded(-1, 0, 4, &[1]), "0.0001", 4, 1),
            (encoded(1, 0x4000, 0, &[1]), "-10000", 2, -1_000_000),
            (encoded(-1, 0, 2, &[5000]), "0.50", 2, 50),
            (encoded(2, 0, 0, &[1]), "100000000", 0, 100_000_000),
            (encoded(-2, 0, 8, &[12]), "0.00000012", 8, 12),
            (encoded(0, 0, 2, &[]), "0.00", 2, 0),
        ];
        for (bytes, text, scale, unscaled) in cases {
            assert_eq!(shown(&bytes), text);
            assert_eq!(
                Numeric::parse(&bytes).unwrap().unscaled(scale),
                Some(unscaled),
                "{text}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_not_rounded() {
        let third = encoded(-1, 0, 4, &[3333]);
        assert_eq!(Numeric::parse(&third).unwrap().unscaled(2), None);
        let huge = encoded(12, 0, 0, &[9999]);
        assert_eq!(Numeric::parse(&huge).unwrap().unscaled(0), None);
        assert_eq!(shown(&encoded(0, 0xC000, 0, &[])), "NaN");
        assert_eq!(shown(&encoded(0, 0xF000, 0, &[])), "-Infinity");
        assert!(
            Numeric::parse(&encoded(0, 0xC000, 0, &[]))
                .unwrap()
                .unscaled(0)
                .is_none()
        );
    }

    #[test]
    fn what_is_no_numeric_is_refused() {
        for bytes in [
            &b""[..],
            &[0; 7],
            &[0, 1, 0, 0, 0, 0, 0, 0],
            &[0, 0, 0, 0, 0x12, 0x34, 0, 0],
        ] {
            assert!(Numeric::parse(bytes).is_none());
        }
    }
}
