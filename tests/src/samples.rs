//! What a process measures: the text format of Prometheus, read back.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::world::{Side, World};

/// The series of one look at `/metrics`.
#[derive(Debug, Clone, Default)]
pub struct Samples(BTreeMap<String, f64>);

impl Samples {
    /// Looks at one side now.
    ///
    /// # Errors
    /// When it does not answer, or with something else.
    pub async fn of(world: &World<'_>, side: Side) -> Result<Self> {
        Self::parse(&world.operations(side, "/metrics").await?)
    }

    /// Reads the format.
    ///
    /// # Errors
    /// When a line is neither a comment nor a series with its number.
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
        let sample = |line: &str| {
            let (series, value) = line.rsplit_once(' ').with_context(|| line.to_owned())?;
            Ok((series.to_owned(), value.parse().with_context(|| line.to_owned())?))
        };
        Ok(Self(lines.map(sample).collect::<Result<_>>()?))
    }

    /// One series by its whole name, such as `connector_exchanges_total{code="ok"}`; nothing counted is zero.
    #[must_use]
    pub fn value(&self, series: &str) -> f64 {
        self.0.get(series).copied().unwrap_or_default()
    }

    /// Every series of a metric, added up. A histogram's count is under its name with `_count`.
    #[must_use]
    pub fn sum(&self, metric: &str) -> f64 {
        let of = |series: &str| series == metric || series.split('{').next() == Some(metric);
        self.0.iter().filter(|(s, _)| of(s)).map(|(_, v)| v).sum()
    }

    /// The names of all metrics, histograms by their own name.
    #[must_use]
    pub fn metrics(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .0
            .keys()
            .map(|series| series.split('{').next().unwrap_or(series))
            .filter(|name| !name.ends_with("_bucket") && !name.ends_with("_sum"))
            .map(|name| name.strip_suffix("_count").unwrap_or(name).to_owned())
            .collect();
        names.dedup();
        names
    }
}
