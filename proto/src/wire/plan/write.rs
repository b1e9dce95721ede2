//! From a plan to nodes, parts first.

use super::{
    numbers::{self, JOINS, OPERATORS, SET_OPS, TRUTHS, UNITS},
    raw,
    raw::node::Node as Form,
};
use crate::query::{
    expr::{AggregateCall, ColumnRef, Expr, Frame, FrameBound, WindowCall, WindowFunction},
    plan::{
        Body, Count, Cte, Distinct, From, Identifier, Item, Parameter, Plan, Query, Scan, Select, SortBy,
        SortKey,
    },
    types::{Interval, Literal, SqlType},
};

/// The message of a plan. Recursion is as deep as the plan, which is bounded.
pub(super) fn plan(plan: &Plan) -> raw::Plan {
    let parameter = |Parameter { name, param_type }: &Parameter| raw::Parameter {
        name: text(name),
        r#type: param_type.name().to_owned(),
    };
    let mut writer = Writer(Vec::new());
    writer.query(plan.query());
    raw::Plan {
        parameters: plan.parameters().iter().map(parameter).collect(),
        nodes: writer.0,
    }
}

struct Writer(Vec<raw::Node>);

impl Writer {
    /// Adds a node; answers its number.
    fn add(&mut self, form: Form) -> u32 {
        self.0.push(raw::Node { node: Some(form) });
        self.0.len() as u32
    }

    fn query(&mut self, query: &Query) -> u32 {
        let Query {
            ctes,
            body,
            order_by,
            limit,
            offset,
        } = query;
        let query = raw::Query {
            ctes: ctes.iter().map(|cte| self.cte(cte)).collect(),
            body: self.body(body),
            order_by: self.sort(order_by),
            limit: limit.map(count),
            offset: offset.map(count),
        };
        self.add(Form::Query(query))
    }

    fn cte(&mut self, cte: &Cte) -> raw::Cte {
        let Cte {
            id,
            query,
            materialized,
        } = cte;
        raw::Cte {
            id: u32::from(id.0),
            query: self.query(query),
            materialized: either(*materialized),
        }
    }

    fn body(&mut self, body: &Body) -> u32 {
        let form = match body {
            Body::Select(select) => Form::Select(self.select(select)),
            Body::Set { op, all, left, right } => Form::Set(raw::SetOperation {
                op: numbers::of(&SET_OPS, op),
                all: *all,
                left: self.query(left),
                right: self.query(right),
            }),
        };
        self.add(form)
    }

    fn select(&mut self, select: &Select) -> raw::Select {
        let Select {
            distinct,
            items,
            from,
            filter,
            group_by,
            having,
        } = select;
        let (distinct, distinct_on) = match distinct {
            Distinct::No => (1, Vec::new()),
            Distinct::All => (2, Vec::new()),
            Distinct::On(exprs) => (3, self.exprs(exprs)),
        };
        raw::Select {
            distinct,
            distinct_on,
            items: items
                .iter()
                .map(|Item { expr, name }| raw::Item {
                    expr: self.expr(expr),
                    name: text(name),
                })
                .collect(),
            from: from.as_ref().map_or(0, |from| self.from(from)),
            filter: self.maybe(filter.as_ref()),
            group_by: self.exprs(group_by),
            having: self.maybe(having.as_ref()),
        }
    }

    fn from(&mut self, from: &From) -> u32 {
        let form = match from {
            From::Scan(Scan { id, table, columns }) => Form::Scan(raw::Scan {
                id: u32::from(id.0),
                table: text(table),
                columns: columns.iter().map(text).collect(),
            }),
            From::Derived { id, query } => Form::Derived(raw::Derived {
                id: u32::from(id.0),
                query: self.query(query),
            }),
            From::Cte { id, cte } => Form::Cte(raw::CteUse {
                id: u32::from(id.0),
                cte: u32::from(cte.0),
            }),
            From::Join {
                kind,
                left,
                right,
                on,
            } => Form::Join(raw::Join {
                kind: numbers::of(&JOINS, kind),
                left: self.from(left),
                right: self.from(right),
                on: self.maybe(on.as_ref()),
            }),
        };
        self.add(form)
    }

    fn sort(&mut self, keys: &[SortKey]) -> Vec<raw::SortKey> {
        keys.iter().map(|key| self.key(key)).collect()
    }

    fn key(&mut self, key: &SortKey) -> raw::SortKey {
        use raw::sort_key::By;
        let SortKey {
            by,
            descending,
            nulls_first,
        } = key;
        raw::SortKey {
            by: Some(match by {
                SortBy::Output(position) => By::Output(u32::from(*position)),
                SortBy::Expr(expr) => By::Expr(self.expr(expr)),
            }),
            descending: *descending,
            nulls: either(*nulls_first),
        }
    }

    fn exprs(&mut self, exprs: &[Expr]) -> Vec<u32> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn maybe(&mut self, expr: Option<&Expr>) -> u32 {
        expr.map_or(0, |expr| self.expr(expr))
    }

    fn expr(&mut self, expr: &Expr) -> u32 {
        let form = match expr {
            Expr::Column(ColumnRef { rel, column }) => Form::Column(raw::Column {
                relation: u32::from(rel.0),
                column: u32::from(*column),
            }),
            Expr::Literal(constant) => Form::Literal(raw::Literal {
                literal: Some(literal(constant)),
            }),
            Expr::Param(position) => Form::Parameter(u32::from(*position)),
            Expr::And(exprs) => Form::And(raw::List {
                items: self.exprs(exprs),
            }),
            Expr::Or(exprs) => Form::Or(raw::List {
                items: self.exprs(exprs),
            }),
            Expr::Not(expr) => Form::Not(self.expr(expr)),
            Expr::Negate(expr) => Form::Negate(self.expr(expr)),
            Expr::Binary { op, left, right } => Form::Binary(raw::Binary {
                op: numbers::of(&OPERATORS, op),
                left: self.expr(left),
                right: self.expr(right),
            }),
            Expr::Is { expr, what, negated } => Form::Is(raw::Is {
                expr: self.expr(expr),
                what: numbers::of(&TRUTHS, what),
                negated: *negated,
            }),
            Expr::IsDistinct { left, right, negated } => Form::IsDistinct(raw::Pair {
                left: self.expr(left),
                right: self.expr(right),
                negated: *negated,
            }),
            Expr::Like {
                expr,
                pattern,
                escape,
                case_insensitive,
                negated,
            } => Form::Like(raw::Like {
                expr: self.expr(expr),
                pattern: self.expr(pattern),
                escape: escape.map(String::from).unwrap_or_default(),
                case_insensitive: *case_insensitive,
                negated: *negated,
            }),
            Expr::Between {
                expr,
                low,
                high,
                negated,
            } => Form::Between(raw::Between {
                expr: self.expr(expr),
                low: self.expr(low),
                high: self.expr(high),
                negated: *negated,
            }),
            Expr::InList { expr, items, negated } => Form::InList(raw::InList {
                expr: self.expr(expr),
                items: self.exprs(items),
                negated: *negated,
            }),
            Expr::InQuery { expr, query, negated } => Form::InQuery(raw::InQuery {
                expr: self.expr(expr),
                query: self.query(query),
                negated: *negated,
            }),
            Expr::Exists { query, negated } => Form::Exists(raw::InQuery {
                expr: 0,
                query: self.query(query),
                negated: *negated,
            }),
            Expr::Quantified { expr, op, all, query } => Form::Quantified(raw::Quantified {
                expr: self.expr(expr),
                op: numbers::of(&OPERATORS, op),
                all: *all,
                query: self.query(query),
            }),
            Expr::Scalar(query) => Form::Scalar(self.query(query)),
            Expr::Case {
                operand,
                branches,
                otherwise,
            } => {
                let operand = self.maybe(operand.as_deref());
                let branches = branches
                    .iter()
                    .map(|(when, then)| (self.expr(when), self.expr(then)));
                let (when, then) = branches.unzip();
                let otherwise = self.maybe(otherwise.as_deref());
                Form::Case(raw::Case {
                    operand,
                    when,
                    then,
                    otherwise,
                })
            }
            Expr::Cast { expr, to } => Form::Cast(raw::Cast {
                expr: self.expr(expr),
                to: Some(sql_type(*to)),
            }),
            Expr::Extract { field, expr } => Form::Extract(raw::DatePart {
                field: field.name().to_owned(),
                expr: self.expr(expr),
            }),
            Expr::DateTrunc { field, expr } => Form::DateTrunc(raw::DatePart {
                field: field.name().to_owned(),
                expr: self.expr(expr),
            }),
            Expr::AtTimeZone { expr, zone } => Form::AtTimeZone(raw::AtTimeZone {
                expr: self.expr(expr),
                zone: zone.to_string(),
            }),
            Expr::Call { function, args } => Form::Call(raw::Call {
                function: function.name().to_owned(),
                args: self.exprs(args),
                ..raw::Call::default()
            }),
            Expr::Aggregate(call) => self.aggregate(call),
            Expr::OrderedSet {
                function,
                args,
                within,
                filter,
            } => Form::OrderedSet(raw::Call {
                function: function.name().to_owned(),
                args: self.exprs(args),
                order_by: vec![self.key(within)],
                filter: self.maybe(filter.as_deref()),
                ..raw::Call::default()
            }),
            Expr::Window(call) => self.window(call),
        };
        self.add(form)
    }

    fn aggregate(&mut self, call: &AggregateCall) -> Form {
        let AggregateCall {
            function,
            args,
            distinct,
            order_by,
            filter,
        } = call;
        Form::Aggregate(raw::Call {
            function: function.name().to_owned(),
            args: self.exprs(args),
            distinct: *distinct,
            order_by: self.sort(order_by),
            filter: self.maybe(filter.as_ref()),
            ..raw::Call::default()
        })
    }

    fn window(&mut self, call: &WindowCall) -> Form {
        let WindowCall {
            function,
            args,
            filter,
            partition_by,
            order_by,
            frame,
        } = call;
        let (function, window_only) = match function {
            WindowFunction::Aggregate(function) => (function.name(), false),
            WindowFunction::Only(function) => (function.name(), true),
        };
        Form::Window(raw::Call {
            function: function.to_owned(),
            args: self.exprs(args),
            distinct: false,
            order_by: self.sort(order_by),
            filter: self.maybe(filter.as_ref()),
            partition_by: self.exprs(partition_by),
            frame: frame.map(|Frame { unit, start, end }| raw::Frame {
                unit: numbers::of(&UNITS, &unit),
                start: Some(bound(start)),
                end: Some(bound(end)),
            }),
            window_only,
        })
    }
}

fn text(name: &Identifier) -> String {
    name.as_str().to_owned()
}

fn either(said: Option<bool>) -> u32 {
    match said {
        None => 0,
        Some(true) => 1,
        Some(false) => 2,
    }
}

fn count(count: Count) -> raw::Count {
    use raw::count::Count as Raw;
    raw::Count {
        count: Some(match count {
            Count::Rows(rows) => Raw::Rows(rows),
            Count::Param(position) => Raw::Parameter(u32::from(position)),
        }),
    }
}

fn bound(bound: FrameBound) -> raw::Bound {
    let (kind, offset) = match bound {
        FrameBound::UnboundedPreceding => (1, 0),
        FrameBound::Preceding(offset) => (2, offset),
        FrameBound::CurrentRow => (3, 0),
        FrameBound::Following(offset) => (4, offset),
        FrameBound::UnboundedFollowing => (5, 0),
    };
    raw::Bound { kind, offset }
}

fn literal(literal: &Literal) -> raw::literal::Literal {
    use raw::literal::Literal as Raw;
    match literal {
        Literal::Null => Raw::Null(true),
        Literal::Boolean(value) => Raw::Boolean(*value),
        Literal::Integer(value) => Raw::Integer(*value),
        Literal::Decimal(value) => Raw::Decimal(value.as_str().to_owned()),
        Literal::Text(value) => Raw::Text(value.to_string()),
        Literal::Typed(of, value) => Raw::Typed(raw::Typed {
            r#type: Some(sql_type(*of)),
            text: value.to_string(),
        }),
        Literal::Interval(Interval { months, days, micros }) => Raw::Interval(raw::Interval {
            months: *months,
            days: *days,
            micros: *micros,
        }),
    }
}

fn sql_type(of: SqlType) -> raw::Type {
    let (number, length, scale) = match of {
        SqlType::Boolean => (1, 0, 0),
        SqlType::SmallInt => (2, 0, 0),
        SqlType::Integer => (3, 0, 0),
        SqlType::BigInt => (4, 0, 0),
        SqlType::Numeric(None) => (5, 0, 0),
        SqlType::Numeric(Some((precision, scale))) => (5, u32::from(precision), u32::from(scale)),
        SqlType::Real => (6, 0, 0),
        SqlType::Double => (7, 0, 0),
        SqlType::Text => (8, 0, 0),
        SqlType::Varchar(length) => (9, u32::from(length), 0),
        SqlType::Date => (10, 0, 0),
        SqlType::Time => (11, 0, 0),
        SqlType::Timestamp => (12, 0, 0),
        SqlType::TimestampTz => (13, 0, 0),
        SqlType::Interval => (14, 0, 0),
        SqlType::Json => (15, 0, 0),
        SqlType::Jsonb => (16, 0, 0),
        SqlType::Uuid => (17, 0, 0),
    };
    raw::Type {
        r#type: number,
        length,
        scale,
    }
}
