//! Queries, aggregates and windows for engines whose meaning is not PostgreSQL's.

use proto::query::{
    expr::{AggregateCall, Expr, Frame, FrameBound, FrameUnit, WindowCall, WindowFunction},
    functions::{Aggregate, OrderedSet, WindowOnly},
    plan::{Body, Count, Distinct, Item, Select, SetOp, SortBy, SortKey},
    types::{Literal, SqlType, Value},
};

use super::{
    RenderError, Renderer, Text, calls::fill, dialect::Ways, expr::window_frame, foreign::is_text_literal,
};

/// What PostgreSQL takes for the frame of a sorted window without one. Others take other rows.
const DEFAULT_FRAME: Frame = Frame {
    unit: FrameUnit::Range,
    start: FrameBound::UnboundedPreceding,
    end: FrameBound::CurrentRow,
};

/// How a type is named in a refusal.
pub(super) const fn of_type(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::SmallInt => "the type smallint",
        SqlType::Real => "the type real; use double precision",
        SqlType::Time => "the type time",
        SqlType::TimestampTz => "the type timestamp with time zone",
        SqlType::Timestamp => "the type timestamp without time zone",
        SqlType::Interval => "the type interval",
        SqlType::Json | SqlType::Jsonb => "the type json",
        SqlType::Uuid => "the type uuid",
        _ => "this type",
    }
}

/// LIMIT and OFFSET in PostgreSQL's order.
pub(super) fn limit_offset(limit: Option<u64>, offset: Option<u64>) -> String {
    let limit = limit.map(|rows| format!(" LIMIT {rows}")).unwrap_or_default();
    limit + &offset.map(|rows| format!(" OFFSET {rows}")).unwrap_or_default()
}

/// All rows of a partition.
const WHOLE_FRAME: Frame = Frame {
    unit: FrameUnit::Rows,
    start: FrameBound::UnboundedPreceding,
    end: FrameBound::UnboundedFollowing,
};

impl<'a> Renderer<'a> {
    /// What a query computes, sorted.
    pub(super) fn body(
        &mut self,
        ways: &'static Ways,
        body: &'a Body,
        order_by: &'a [SortKey],
        cut: bool,
    ) -> Text {
        let sorted = |sql: String, keys: String| match keys.is_empty() {
            true => sql,
            false => format!("{sql} ORDER BY {keys}"),
        };
        match body {
            Body::Select(select) => {
                if let Distinct::On(on) = &select.distinct {
                    return self.distinct_on(select, on, order_by);
                }
                let sql = self.select(select)?;
                Ok(sorted(sql, self.sort(order_by)?))
            }
            Body::Set { op, all, left, right } => {
                let name = match op {
                    SetOp::Union => "UNION",
                    SetOp::Intersect => "INTERSECT",
                    SetOp::Except => "EXCEPT",
                };
                let all = match (all, op) {
                    (true, SetOp::Intersect | SetOp::Except) if !ways.set_all => {
                        return self.lacks("INTERSECT ALL and EXCEPT ALL");
                    }
                    (true, _) => " ALL",
                    (false, _) if ways.set_distinct => " DISTINCT",
                    (false, _) => "",
                };
                let left = self.query(left)?;
                let sql = format!("({left}) {name}{all} ({})", self.query(right)?);
                let keys = self.sort(order_by)?;
                Ok(match ways.wraps_sets && (cut || !keys.is_empty()) {
                    true => sorted(format!("SELECT * FROM ({sql}) AS s"), keys),
                    false => sorted(sql, keys),
                })
            }
        }
    }

    /// LIMIT and OFFSET in digits: not every engine takes an expression there.
    pub(super) fn counts(&self, ways: &'static Ways, limit: Option<Count>, offset: Option<Count>) -> Text {
        Ok((ways.limit)(self.rows(limit)?, self.rows(offset)?))
    }

    fn rows(&self, count: Option<Count>) -> Result<Option<u64>, RenderError> {
        Ok(match count {
            None => None,
            Some(Count::Rows(rows)) => Some(rows),
            Some(Count::Param(position)) => match self.values.get(usize::from(position)) {
                Some(Value::Integer(rows)) => match u64::try_from(*rows) {
                    Ok(rows) => Some(rows),
                    Err(_) => return self.lacks("a LIMIT or OFFSET below zero"),
                },
                _ => None,
            },
        })
    }

    /// DISTINCT ON as the first row of each partition.
    fn distinct_on(&mut self, select: &'a Select, on: &'a [Expr], order_by: &'a [SortKey]) -> Text {
        let renamed = self.renamed.take();
        let mut outer = Vec::with_capacity(select.items.len());
        for (position, Item { name, .. }) in select.items.iter().enumerate() {
            let name = match renamed.as_ref().and_then(|renamed| renamed.get(position)) {
                Some(renamed) => renamed.clone(),
                None => self.name(name.as_str())?,
            };
            outer.push(format!("d.v{position} AS {name}"));
        }
        let from = match &select.from {
            Some(from) => format!(" FROM {}", self.from(from)?),
            None => String::new(),
        };
        let filter = match &select.filter {
            Some(filter) => format!(" WHERE {}", self.condition(filter)?),
            None => String::new(),
        };
        if !select.group_by.is_empty() || select.having.is_some() {
            return self.lacks("DISTINCT ON with GROUP BY; put the groups into a subquery");
        }
        let mut inner = Vec::with_capacity(select.items.len() + order_by.len() + 1);
        for (position, Item { expr, .. }) in select.items.iter().enumerate() {
            inner.push(format!("{} AS v{position}", self.expr(expr)?));
        }
        let (mut keys, mut outer_keys) = (Vec::new(), Vec::new());
        for (position, key) in order_by.iter().enumerate() {
            let (text, column) = match &key.by {
                SortBy::Output(output) => {
                    let text = match select.items.get(usize::from(*output)) {
                        Some(item) => self.expr(&item.expr)?,
                        None => return self.lacks("this position"),
                    };
                    (text, format!("d.v{output}"))
                }
                SortBy::Expr(expr) => {
                    let text = self.expr(expr)?;
                    inner.push(format!("{text} AS s{position}"));
                    (text, format!("d.s{position}"))
                }
            };
            let how = direction(key);
            keys.push(format!("{text}{how}"));
            outer_keys.push(format!("{column}{how}"));
        }
        let on = self.exprs(on)?.join(", ");
        if keys.is_empty() {
            keys.push(on.clone());
        }
        inner.push(format!(
            "ROW_NUMBER() OVER (PARTITION BY {on} ORDER BY {}) AS n",
            keys.join(", ")
        ));
        let order = match outer_keys.is_empty() {
            true => String::new(),
            false => format!(" ORDER BY {}", outer_keys.join(", ")),
        };
        Ok(format!(
            "SELECT {} FROM (SELECT {}{from}{filter}) AS d WHERE (d.n = 1){order}",
            outer.join(", "),
            inner.join(", ")
        ))
    }

    pub(super) fn foreign_aggregate(&mut self, ways: &'static Ways, call: &'a AggregateCall) -> Text {
        let AggregateCall {
            function,
            args,
            distinct,
            order_by,
            filter,
        } = call;
        let Some(name) = (ways.aggregate)(*function) else {
            return self.absent(function.name());
        };
        let distinct = if *distinct { "DISTINCT " } else { "" };
        if *function != Aggregate::StringAgg {
            let texts = self.aggregated_over(*function, args, filter.as_ref())?.join(", ");
            // The others come out the same in any order.
            return Ok(format!("{name}({distinct}{texts})"));
        }
        let literal = args.get(1).is_some_and(is_text_literal);
        if !ways.list_agg || !literal || order_by.is_empty() {
            return self.lacks("string_agg without ORDER BY, or with a separator that is not a literal");
        }
        let separator = match args.get(1) {
            Some(Expr::Literal(Literal::Text(text))) => (ways.text)(text),
            _ => "''".to_owned(),
        };
        let first = match args.first() {
            Some(first) => self.expr(first)?,
            None => String::new(),
        };
        let first = self.filtered(filter.as_ref(), first)?;
        let keys = self.sort(order_by)?;
        Ok(format!(
            "{name}({distinct}{first}, {separator}) WITHIN GROUP (ORDER BY {keys})"
        ))
    }

    pub(super) fn foreign_set(
        &mut self,
        ways: &'static Ways,
        (function, args): (OrderedSet, &'a [Expr]),
        within: &'a SortKey,
        filter: Option<&'a Expr>,
    ) -> Text {
        let (Some(pattern), SortBy::Expr(key)) = ((ways.ordered_set)(function), &within.by) else {
            return self.absent(function.name());
        };
        let [fraction @ Expr::Literal(Literal::Decimal(_) | Literal::Integer(_))] = args else {
            return self.lacks("a percentile whose fraction is not a literal");
        };
        let fraction = match fraction {
            Expr::Literal(Literal::Decimal(digits)) => digits.as_str().to_owned(),
            other => self.expr(other)?,
        };
        if within.descending && !pattern.contains("{1}") {
            return self.lacks("a percentile that is sorted DESC");
        }
        let key = self.expr(key)?;
        let key = self.filtered(filter, key)?;
        let how = if within.descending { " DESC" } else { "" };
        Ok(fill(pattern, &[fraction, format!("{key}{how}"), key]))
    }

    /// Keys of which each follows another that says whether it is NULL.
    fn sort_by_nulls(&mut self, keys: &'a [SortKey]) -> Text {
        let mut texts = Vec::with_capacity(keys.len());
        for key in keys {
            let SortBy::Expr(expr) = &key.by else {
                return self.lacks("this position");
            };
            let text = self.expr(expr)?;
            let first = if key.nulls_first.unwrap_or(key.descending) {
                " DESC"
            } else {
                ""
            };
            let direction = if key.descending { " DESC" } else { "" };
            texts.push(format!("({text} IS NULL){first}, {text}{direction}"));
        }
        Ok(texts.join(", "))
    }

    pub(super) fn foreign_window(&mut self, ways: &'static Ways, call: &'a WindowCall) -> Text {
        let WindowCall {
            function,
            args,
            filter,
            partition_by,
            order_by,
            frame,
        } = call;
        let (text, framed) = match function {
            WindowFunction::Aggregate(function) => {
                let Some(name) = (ways.aggregate)(*function).filter(|_| *function != Aggregate::StringAgg)
                else {
                    return self.absent(function.name());
                };
                let args = self.aggregated_over(*function, args, filter.as_ref())?;
                (format!("{name}({})", args.join(", ")), true)
            }
            WindowFunction::Only(function) => {
                let Some(pattern) = (ways.window)(*function, args.len()) else {
                    return self.absent(function.name());
                };
                let by_frame = matches!(
                    function,
                    WindowOnly::FirstValue | WindowOnly::LastValue | WindowOnly::NthValue
                );
                (fill(pattern, &self.exprs(args)?), by_frame)
            }
        };
        let mut over = Vec::new();
        if !partition_by.is_empty() {
            over.push(format!("PARTITION BY {}", self.exprs(partition_by)?.join(", ")));
        }
        let ranked = matches!(function, WindowFunction::Only(_)) && !framed;
        if !order_by.is_empty() {
            let by_peers = framed && frame.is_none_or(|frame| frame.unit == FrameUnit::Range);
            over.push(match by_peers && !ways.range_nulls {
                true => format!("ORDER BY {}", self.sort_by_nulls(order_by)?),
                false => format!("ORDER BY {}", self.sort(order_by)?),
            });
        } else if ranked || frame.is_some() {
            return self.lacks("a ranking, lag, lead or frame over rows without an order");
        }
        // Where the frame means nothing, not every engine takes one.
        let neighbour = matches!(function, WindowFunction::Only(WindowOnly::Lag | WindowOnly::Lead));
        let frame = match (framed, order_by.is_empty()) {
            (true, false) => Some(frame.unwrap_or(DEFAULT_FRAME)),
            _ if neighbour && ways.neighbours_in_frame => Some(WHOLE_FRAME),
            _ => None,
        };
        if let Some(frame) = frame {
            let offset = |bound| matches!(bound, FrameBound::Preceding(_) | FrameBound::Following(_));
            let sound = match frame.unit {
                FrameUnit::Rows => true,
                FrameUnit::Range => ways.range_frames && !offset(frame.start) && !offset(frame.end),
                FrameUnit::Groups => ways.group_frames,
            };
            if !sound {
                return self.lacks("this frame of a window (the default is one of RANGE; write ROWS)");
            }
            over.push(window_frame(frame));
        }
        Ok(format!("{text} OVER ({})", over.join(" ")))
    }
}

/// The direction of a key and the place of its NULLs.
fn direction(key: &SortKey) -> String {
    let direction = if key.descending { " DESC" } else { "" };
    match key.nulls_first.unwrap_or(key.descending) {
        true => format!("{direction} NULLS FIRST"),
        false => format!("{direction} NULLS LAST"),
    }
}
