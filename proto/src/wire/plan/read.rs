//! From nodes to a plan. Each node takes its parts out of those before it, so that nothing is used twice, and levels are
//! counted as they grow, so that nothing is built which is too deep to be walked or dropped.

use super::{
    DecodeError, MAX_LEVELS, numbers,
    numbers::{JOINS, OPERATORS, SET_OPS, TRUTHS, UNITS},
    raw,
    raw::node::Node as Form,
    too_many,
};
use crate::query::{
    expr::{AggregateCall, ColumnRef, DateField, Expr, Frame, FrameBound, RelId, WindowCall, WindowFunction},
    functions::{Aggregate, OrderedSet, Scalar, WindowOnly},
    plan::{
        Body, Count, Cte, CteId, Distinct, From, Identifier, Item, Parameter, Plan, Query, Scan, Select,
        SortBy, SortKey,
    },
    types::{Decimal, Interval, Literal, ParamType, SqlType},
};

/// The plan of a message.
pub(super) fn plan(raw: raw::Plan) -> Result<Plan, DecodeError> {
    let parameters = raw.parameters.into_iter().map(parameter);
    let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
    let mut reader = Reader {
        parts: Vec::with_capacity(raw.nodes.len()),
        levels: 0,
    };
    for node in raw.nodes {
        reader.levels = 0;
        let part = reader.part(node.node.ok_or(DecodeError::Unknown("form"))?)?;
        let levels = reader.levels + 1;
        if levels > MAX_LEVELS {
            return Err(too_many("levels", MAX_LEVELS.into()));
        }
        reader.parts.push(Some((part, levels)));
    }
    let query = match reader.parts.pop() {
        Some(Some((Part::Query(query), _))) => query,
        _ => return Err(DecodeError::Part("query")),
    };
    if reader.parts.iter().any(Option::is_some) {
        return Err(DecodeError::Part("tree"));
    }
    Ok(Plan::new(query, parameters)?)
}

/// What a node is.
enum Part {
    Query(Query),
    Body(Body),
    From(From),
    Expr(Expr),
}

struct Reader {
    /// By number less one; none where it was taken.
    parts: Vec<Option<(Part, u16)>>,
    /// Of the deepest part that the node at hand has taken.
    levels: u16,
}

impl Reader {
    fn take(&mut self, number: u32) -> Option<Part> {
        let place = (number as usize).checked_sub(1)?;
        let (part, levels) = self.parts.get_mut(place)?.take()?;
        self.levels = self.levels.max(levels);
        Some(part)
    }

    fn query(&mut self, number: u32) -> Result<Query, DecodeError> {
        match self.take(number) {
            Some(Part::Query(query)) => Ok(query),
            _ => Err(DecodeError::Part("query")),
        }
    }

    fn from(&mut self, number: u32) -> Result<From, DecodeError> {
        match self.take(number) {
            Some(Part::From(from)) => Ok(from),
            _ => Err(DecodeError::Part("relation")),
        }
    }

    fn expr(&mut self, number: u32) -> Result<Expr, DecodeError> {
        match self.take(number) {
            Some(Part::Expr(expr)) => Ok(expr),
            _ => Err(DecodeError::Part("expression")),
        }
    }

    fn boxed(&mut self, number: u32) -> Result<Box<Expr>, DecodeError> {
        self.expr(number).map(Box::new)
    }

    fn maybe(&mut self, number: u32) -> Result<Option<Expr>, DecodeError> {
        match number {
            0 => Ok(None),
            number => self.expr(number).map(Some),
        }
    }

    fn exprs(&mut self, numbers: &[u32]) -> Result<Vec<Expr>, DecodeError> {
        numbers.iter().map(|number| self.expr(*number)).collect()
    }

    fn part(&mut self, form: Form) -> Result<Part, DecodeError> {
        Ok(match form {
            Form::Query(query) => Part::Query(self.read_query(query)?),
            Form::Select(select) => Part::Body(Body::Select(Box::new(self.select(select)?))),
            Form::Set(set) => Part::Body(Body::Set {
                op: numbers::form(&SET_OPS, set.op, "set operation")?,
                all: set.all,
                left: Box::new(self.query(set.left)?),
                right: Box::new(self.query(set.right)?),
            }),
            Form::Scan(scan) => Part::From(From::Scan(Scan {
                id: RelId(short(scan.id)?),
                table: Identifier::new(&scan.table)?,
                columns: names(&scan.columns)?,
            })),
            Form::Derived(derived) => Part::From(From::Derived {
                id: RelId(short(derived.id)?),
                query: Box::new(self.query(derived.query)?),
            }),
            Form::Cte(cte) => Part::From(From::Cte {
                id: RelId(short(cte.id)?),
                cte: CteId(short(cte.cte)?),
            }),
            Form::Join(join) => Part::From(From::Join {
                kind: numbers::form(&JOINS, join.kind, "join")?,
                left: Box::new(self.from(join.left)?),
                right: Box::new(self.from(join.right)?),
                on: self.maybe(join.on)?,
            }),
            expr => Part::Expr(self.read_expr(expr)?),
        })
    }

    fn read_query(&mut self, raw: raw::Query) -> Result<Query, DecodeError> {
        let cte = |cte: raw::Cte| {
            Ok::<_, DecodeError>(Cte {
                id: CteId(short(cte.id)?),
                query: self.query(cte.query)?,
                materialized: either(cte.materialized)?,
            })
        };
        Ok(Query {
            ctes: raw.ctes.into_iter().map(cte).collect::<Result<_, _>>()?,
            body: match self.take(raw.body) {
                Some(Part::Body(body)) => body,
                _ => return Err(DecodeError::Part("body")),
            },
            order_by: self.sort(raw.order_by)?,
            limit: raw.limit.map(count).transpose()?,
            offset: raw.offset.map(count).transpose()?,
        })
    }

    fn select(&mut self, raw: raw::Select) -> Result<Select, DecodeError> {
        let item = |item: raw::Item| {
            Ok::<_, DecodeError>(Item {
                expr: self.expr(item.expr)?,
                name: Identifier::new(&item.name)?,
            })
        };
        let items = raw.items.into_iter().map(item).collect::<Result<_, _>>()?;
        Ok(Select {
            distinct: match (raw.distinct, raw.distinct_on.as_slice()) {
                (1, []) => Distinct::No,
                (2, []) => Distinct::All,
                (3, on) => Distinct::On(self.exprs(on)?),
                _ => return Err(DecodeError::Unknown("DISTINCT")),
            },
            items,
            from: match raw.from {
                0 => None,
                from => Some(self.from(from)?),
            },
            filter: self.maybe(raw.filter)?,
            group_by: self.exprs(&raw.group_by)?,
            having: self.maybe(raw.having)?,
        })
    }

    fn sort(&mut self, raw: Vec<raw::SortKey>) -> Result<Vec<SortKey>, DecodeError> {
        raw.into_iter().map(|key| self.key(key)).collect()
    }

    fn key(&mut self, raw: raw::SortKey) -> Result<SortKey, DecodeError> {
        use raw::sort_key::By;
        Ok(SortKey {
            by: match raw.by.ok_or(DecodeError::Unknown("sort key"))? {
                By::Output(position) => SortBy::Output(short(position)?),
                By::Expr(expr) => SortBy::Expr(self.expr(expr)?),
            },
            descending: raw.descending,
            nulls_first: either(raw.nulls)?,
        })
    }

    fn read_expr(&mut self, form: Form) -> Result<Expr, DecodeError> {
        Ok(match form {
            Form::Column(raw) => Expr::Column(ColumnRef {
                rel: RelId(short(raw.relation)?),
                column: short(raw.column)?,
            }),
            Form::Literal(raw) => Expr::Literal(literal(raw)?),
            Form::Parameter(position) => Expr::Param(short(position)?),
            Form::And(list) => Expr::And(self.exprs(&list.items)?),
            Form::Or(list) => Expr::Or(self.exprs(&list.items)?),
            Form::Not(expr) => Expr::Not(self.boxed(expr)?),
            Form::Negate(expr) => Expr::Negate(self.boxed(expr)?),
            Form::Binary(raw) => Expr::Binary {
                op: numbers::form(&OPERATORS, raw.op, "operator")?,
                left: self.boxed(raw.left)?,
                right: self.boxed(raw.right)?,
            },
            Form::Is(raw) => Expr::Is {
                expr: self.boxed(raw.expr)?,
                what: numbers::form(&TRUTHS, raw.what, "truth value")?,
                negated: raw.negated,
            },
            Form::IsDistinct(raw) => Expr::IsDistinct {
                left: self.boxed(raw.left)?,
                right: self.boxed(raw.right)?,
                negated: raw.negated,
            },
            Form::Like(raw) => Expr::Like {
                expr: self.boxed(raw.expr)?,
                pattern: self.boxed(raw.pattern)?,
                escape: character(&raw.escape)?,
                case_insensitive: raw.case_insensitive,
                negated: raw.negated,
            },
            Form::Between(raw) => Expr::Between {
                expr: self.boxed(raw.expr)?,
                low: self.boxed(raw.low)?,
                high: self.boxed(raw.high)?,
                negated: raw.negated,
            },
            Form::InList(raw) => Expr::InList {
                expr: self.boxed(raw.expr)?,
                items: self.exprs(&raw.items)?,
                negated: raw.negated,
            },
            Form::InQuery(raw) => Expr::InQuery {
                expr: self.boxed(raw.expr)?,
                query: Box::new(self.query(raw.query)?),
                negated: raw.negated,
            },
            Form::Exists(raw) if raw.expr == 0 => Expr::Exists {
                query: Box::new(self.query(raw.query)?),
                negated: raw.negated,
            },
            Form::Quantified(raw) => Expr::Quantified {
                expr: self.boxed(raw.expr)?,
                op: numbers::form(&OPERATORS, raw.op, "operator")?,
                all: raw.all,
                query: Box::new(self.query(raw.query)?),
            },
            Form::Scalar(query) => Expr::Scalar(Box::new(self.query(query)?)),
            Form::Case(raw) => self.case(&raw)?,
            Form::Cast(raw) => Expr::Cast {
                expr: self.boxed(raw.expr)?,
                to: sql_type(raw.to)?,
            },
            Form::Extract(raw) => Expr::Extract {
                field: field(&raw.field)?,
                expr: self.boxed(raw.expr)?,
            },
            Form::DateTrunc(raw) => Expr::DateTrunc {
                field: field(&raw.field)?,
                expr: self.boxed(raw.expr)?,
            },
            Form::AtTimeZone(raw) => Expr::AtTimeZone {
                expr: self.boxed(raw.expr)?,
                zone: raw.zone.into(),
            },
            Form::Call(raw) => self.call(raw)?,
            Form::Aggregate(raw) => self.aggregate(raw)?,
            Form::OrderedSet(raw) => self.ordered_set(raw)?,
            Form::Window(raw) => self.window(raw)?,
            _ => return Err(DecodeError::Unknown("form")),
        })
    }

    fn case(&mut self, raw: &raw::Case) -> Result<Expr, DecodeError> {
        if raw.when.len() != raw.then.len() {
            return Err(DecodeError::Part("CASE"));
        }
        let branches = raw.when.iter().zip(&raw.then);
        Ok(Expr::Case {
            operand: self.maybe(raw.operand)?.map(Box::new),
            branches: branches
                .map(|(when, then)| Ok((self.expr(*when)?, self.expr(*then)?)))
                .collect::<Result<_, DecodeError>>()?,
            otherwise: self.maybe(raw.otherwise)?.map(Box::new),
        })
    }

    fn call(&mut self, raw: raw::Call) -> Result<Expr, DecodeError> {
        let raw::Call { function, args, .. } = only(raw, |call| raw::Call {
            function: call.function.clone(),
            args: call.args.clone(),
            ..raw::Call::default()
        })?;
        Ok(Expr::Call {
            function: Scalar::from_name(&function).ok_or(FUNCTION)?,
            args: self.exprs(&args)?,
        })
    }

    fn aggregate(&mut self, raw: raw::Call) -> Result<Expr, DecodeError> {
        let raw = only(raw, |call| raw::Call {
            partition_by: Vec::new(),
            frame: None,
            window_only: false,
            ..call.clone()
        })?;
        Ok(Expr::Aggregate(Box::new(AggregateCall {
            function: Aggregate::from_name(&raw.function).ok_or(FUNCTION)?,
            args: self.exprs(&raw.args)?,
            distinct: raw.distinct,
            order_by: self.sort(raw.order_by)?,
            filter: self.maybe(raw.filter)?,
        })))
    }

    fn ordered_set(&mut self, raw: raw::Call) -> Result<Expr, DecodeError> {
        let raw = only(raw, |call| raw::Call {
            distinct: false,
            partition_by: Vec::new(),
            frame: None,
            window_only: false,
            ..call.clone()
        })?;
        let args = self.exprs(&raw.args)?;
        let mut keys = self.sort(raw.order_by)?;
        let (Some(within), true) = (keys.pop(), keys.is_empty()) else {
            return Err(DecodeError::Part("group with one sort key"));
        };
        Ok(Expr::OrderedSet {
            function: OrderedSet::from_name(&raw.function).ok_or(FUNCTION)?,
            args,
            within: Box::new(within),
            filter: self.maybe(raw.filter)?.map(Box::new),
        })
    }

    fn window(&mut self, raw: raw::Call) -> Result<Expr, DecodeError> {
        let raw = only(raw, |call| raw::Call {
            distinct: false,
            ..call.clone()
        })?;
        let function = if raw.window_only {
            WindowOnly::from_name(&raw.function).map(WindowFunction::Only)
        } else {
            Aggregate::from_name(&raw.function).map(WindowFunction::Aggregate)
        };
        Ok(Expr::Window(Box::new(WindowCall {
            function: function.ok_or(FUNCTION)?,
            args: self.exprs(&raw.args)?,
            filter: self.maybe(raw.filter)?,
            partition_by: self.exprs(&raw.partition_by)?,
            order_by: self.sort(raw.order_by)?,
            frame: raw.frame.map(frame).transpose()?,
        })))
    }
}

const FUNCTION: DecodeError = DecodeError::Unknown("function");

/// The call, if it says nothing that its form has no place for: what would be dropped is refused here, not by fingerprint.
fn only(call: raw::Call, kept: impl FnOnce(&raw::Call) -> raw::Call) -> Result<raw::Call, DecodeError> {
    if kept(&call) == call {
        Ok(call)
    } else {
        Err(DecodeError::Part("call of its kind"))
    }
}

fn parameter(raw: raw::Parameter) -> Result<Parameter, DecodeError> {
    Ok(Parameter {
        name: Identifier::new(&raw.name)?,
        param_type: ParamType::from_name(&raw.r#type).ok_or(DecodeError::Unknown("parameter type"))?,
    })
}

fn short(number: u32) -> Result<u16, DecodeError> {
    u16::try_from(number).map_err(|_| too_many("numbered things", u16::MAX.into()))
}

fn names(raw: &[String]) -> Result<Vec<Identifier>, DecodeError> {
    let names = raw.iter().map(|name| Identifier::new(name));
    Ok(names.collect::<Result<_, _>>()?)
}

fn either(number: u32) -> Result<Option<bool>, DecodeError> {
    match number {
        0 => Ok(None),
        1 => Ok(Some(true)),
        2 => Ok(Some(false)),
        _ => Err(DecodeError::Unknown("choice")),
    }
}

fn count(raw: raw::Count) -> Result<Count, DecodeError> {
    use raw::count::Count as Raw;
    Ok(match raw.count.ok_or(DecodeError::Unknown("number of rows"))? {
        Raw::Rows(rows) => Count::Rows(rows),
        Raw::Parameter(position) => Count::Param(short(position)?),
    })
}

fn character(text: &str) -> Result<Option<char>, DecodeError> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (first, None) => Ok(first),
        _ => Err(DecodeError::Unknown("escape")),
    }
}

fn field(name: &str) -> Result<DateField, DecodeError> {
    DateField::from_name(name).ok_or(DecodeError::Unknown("date field"))
}

fn frame(raw: raw::Frame) -> Result<Frame, DecodeError> {
    Ok(Frame {
        unit: numbers::form(&UNITS, raw.unit, "frame")?,
        start: bound(raw.start)?,
        end: bound(raw.end)?,
    })
}

fn bound(raw: Option<raw::Bound>) -> Result<FrameBound, DecodeError> {
    let raw::Bound { kind, offset } = raw.unwrap_or_default();
    Ok(match (kind, offset) {
        (1, 0) => FrameBound::UnboundedPreceding,
        (2, offset) => FrameBound::Preceding(offset),
        (3, 0) => FrameBound::CurrentRow,
        (4, offset) => FrameBound::Following(offset),
        (5, 0) => FrameBound::UnboundedFollowing,
        _ => return Err(DecodeError::Unknown("frame bound")),
    })
}

fn literal(raw: raw::Literal) -> Result<Literal, DecodeError> {
    use raw::literal::Literal as Raw;
    const UNKNOWN: DecodeError = DecodeError::Unknown("literal");
    Ok(match raw.literal.ok_or(UNKNOWN)? {
        Raw::Null(true) => Literal::Null,
        Raw::Null(false) => return Err(UNKNOWN),
        Raw::Boolean(value) => Literal::Boolean(value),
        Raw::Integer(value) => Literal::Integer(value),
        Raw::Decimal(text) => Literal::Decimal(Decimal::parse(&text).ok_or(UNKNOWN)?),
        Raw::Text(text) => Literal::Text(text.into()),
        Raw::Typed(typed) => Literal::Typed(sql_type(typed.r#type)?, typed.text.into()),
        Raw::Interval(raw::Interval { months, days, micros }) => {
            Literal::Interval(Interval { months, days, micros })
        }
    })
}

fn sql_type(raw: Option<raw::Type>) -> Result<SqlType, DecodeError> {
    const UNKNOWN: DecodeError = DecodeError::Unknown("type");
    let raw::Type {
        r#type: number,
        length,
        scale,
    } = raw.unwrap_or_default();
    let byte = |number: u32| u8::try_from(number).map_err(|_| UNKNOWN);
    Ok(match (number, length, scale) {
        (1, 0, 0) => SqlType::Boolean,
        (2, 0, 0) => SqlType::SmallInt,
        (3, 0, 0) => SqlType::Integer,
        (4, 0, 0) => SqlType::BigInt,
        (5, 0, 0) => SqlType::Numeric(None),
        (5, precision, scale) => SqlType::Numeric(Some((byte(precision)?, byte(scale)?))),
        (6, 0, 0) => SqlType::Real,
        (7, 0, 0) => SqlType::Double,
        (8, 0, 0) => SqlType::Text,
        (9, length, 0) => SqlType::Varchar(short(length)?),
        (10, 0, 0) => SqlType::Date,
        (11, 0, 0) => SqlType::Time,
        (12, 0, 0) => SqlType::Timestamp,
        (13, 0, 0) => SqlType::TimestampTz,
        (14, 0, 0) => SqlType::Interval,
        (15, 0, 0) => SqlType::Json,
        (16, 0, 0) => SqlType::Jsonb,
        (17, 0, 0) => SqlType::Uuid,
        _ => return Err(UNKNOWN),
    })
}
