//! Numbers of one run, and the table that they end in.

use std::fmt;
use std::time::Duration;

/// The same thing measured several times.
#[derive(Debug, Clone, Default)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// Adds one measurement.
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    /// Adds a duration, in seconds.
    pub fn add_time(&mut self, value: Duration) {
        self.add(value.as_secs_f64());
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value that this share of the measurements does not exceed: 0.5 is the median. Zero where nothing was measured.
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let at = (share * last as f64).round() as usize;
        self.0.get(at.min(last)).copied().unwrap_or_default()
    }

    /// The median.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// What a number counts, and with it how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds, written as milliseconds below one second.
    Seconds,
    /// Bytes, written as MB (1,000,000).
    Megabytes,
    /// Bytes, written as MiB.
    Mebibytes,
    /// A count.
    Count,
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Self::Seconds if value >= 1.0 => format!("{value:.2} s"),
            Self::Seconds if value >= 0.01 => format!("{:.1} ms", value * 1e3),
            Self::Seconds => format!("{:.2} ms", value * 1e3),
            Self::Megabytes => format!("{:.1} MB", value / 1e6),
            Self::Mebibytes => format!("{:.1} MiB", value / f64::from(1 << 20)),
            Self::Count => format!("{value:.0}"),
        }
    }

    /// The median, and the range where there is one.
    fn sample(self, sample: &Sample) -> String {
        if sample.is_empty() {
            return "–".to_owned();
        }
        let (low, high) = (self.write(sample.quantile(0.0)), self.write(sample.quantile(1.0)));
        let median = self.write(sample.median());
        if low == high {
            median
        } else {
            format!("{median} ({low} – {high})")
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Line {
    /// What was measured.
    pub what: String,
    /// How it is written.
    pub unit: Unit,
    /// Through the tunnel.
    pub ours: Sample,
    /// By a PostgreSQL client on the same path. Empty where there is nothing to compare.
    pub direct: Sample,
    /// Said beside the direct figure, such as that it was cut off.
    pub note: &'static str,
}

/// The table of a run, in Markdown. A ratio is that of the medians.
#[derive(Debug, Default)]
pub struct Table(Vec<Line>);

impl Table {
    /// Adds a line.
    pub fn add(&mut self, line: Line) {
        eprintln!("{}", row(&line));
        self.0.push(line);
    }

    /// The lines so far.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.0
    }
}

fn row(line: &Line) -> String {
    let ratio = if line.ours.is_empty() || line.direct.is_empty() {
        "–".to_owned()
    } else {
        match line.ours.median() / line.direct.median() {
            ratio if ratio < 0.095 => format!("1/{:.0}", 1.0 / ratio),
            ratio => format!("{ratio:.2}"),
        }
    };
    format!(
        "| {} | {} | {}{} | {ratio} |",
        line.what,
        line.unit.sample(&line.ours),
        line.unit.sample(&line.direct),
        line.note
    )
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| What | Ours | Direct | Ratio |\n|---|---|---|---|")?;
        self.0.iter().try_for_each(|line| writeln!(f, "{}", row(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64]) -> Sample {
        let mut sample = Sample::default();
        values.iter().for_each(|v| sample.add(*v));
        sample
    }

    #[test]
    fn a_line_has_medians_ranges_and_the_ratio_of_the_medians() {
        let line = Line {
            what: "a pull".to_owned(),
            unit: Unit::Seconds,
            ours: sample(&[4.0, 3.0, 5.0]),
            direct: sample(&[60.0, 80.0, 100.0]),
            note: "",
        };
        assert_eq!(
            row(&line),
            "| a pull | 4.00 s (3.00 s – 5.00 s) | 80.00 s (60.00 s – 100.00 s) | 1/20 |"
        );
    }

    #[test]
    fn nothing_measured_is_a_dash_and_no_number() {
        let line = Line {
            what: "memory".to_owned(),
            unit: Unit::Mebibytes,
            ours: sample(&[1_048_576.0]),
            direct: Sample::default(),
            note: "",
        };
        assert_eq!(row(&line), "| memory | 1.0 MiB | – | – |");
    }
}
