//! What kind of value an expression has, as far as that is known: some engines have one operator for what PostgreSQL decides by
//! type. It can only lead to a refusal or to a cast; what is not known is [`Kind::Unknown`].
//!
//! Asked for only after an expression was rendered: by then the relations that it refers to are known.

use proto::{
    query::{
        expr::{BinaryOp, ColumnRef, DateField, Expr, WindowFunction},
        functions::{Aggregate, OrderedSet, Scalar, WindowOnly},
        plan::{Body, Query, Scan, SortBy},
        types::{Literal, ParamType, SqlType},
    },
    schema::{ColumnType, elementary},
};

use super::Renderer;

/// A kind of value, in PostgreSQL's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// 16 or 32 bits.
    Int,
    /// 64 bits.
    Big,
    /// A numeric without a fraction.
    Whole,
    /// A numeric whose digits every engine keeps.
    Decimal,
    /// A numeric of many digits, a float elsewhere.
    Numeric,
    Double,
    Text,
    Boolean,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    /// NULL, or a text literal: what stands beside it decides.
    Open,
    Unknown,
}

impl Kind {
    pub(super) const fn is_integer(self) -> bool {
        matches!(self, Self::Int | Self::Big)
    }

    pub(super) const fn is_number(self) -> bool {
        matches!(
            self,
            Self::Int | Self::Big | Self::Whole | Self::Decimal | Self::Numeric | Self::Double
        )
    }

    pub(super) const fn is_time(self) -> bool {
        matches!(self, Self::Timestamp | Self::TimestampTz)
    }

    /// The type that a text literal beside this becomes.
    pub(super) const fn literal_type(self) -> Option<SqlType> {
        Some(match self {
            Self::Int | Self::Big => SqlType::BigInt,
            Self::Double | Self::Numeric | Self::Decimal | Self::Whole => SqlType::Double,
            Self::Boolean => SqlType::Boolean,
            Self::Date => SqlType::Date,
            Self::Timestamp | Self::TimestampTz => SqlType::Timestamp,
            Self::Text | Self::Time | Self::Interval | Self::Open | Self::Unknown => return None,
        })
    }

    /// The kind of a value that is one or the other.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Open, known) | (known, Self::Open) => known,
            (one, other) if one.is_number() && other.is_number() => one.plus(other),
            _ => Self::Unknown,
        }
    }

    /// The kind of a sum of numbers.
    fn plus(self, other: Self) -> Self {
        use Kind::{Big, Decimal, Double, Int, Numeric, Unknown, Whole};
        match (self, other) {
            (Double, _) | (_, Double) => Double,
            (Numeric, _) | (_, Numeric) => Numeric,
            (Decimal, _) | (_, Decimal) => Decimal,
            (Whole, _) | (_, Whole) => Whole,
            (Big, _) | (_, Big) => Big,
            (Int, Int) => Int,
            _ => Unknown,
        }
    }
}

impl From<SqlType> for Kind {
    fn from(sql_type: SqlType) -> Self {
        match sql_type {
            SqlType::Boolean => Self::Boolean,
            SqlType::SmallInt | SqlType::Integer => Self::Int,
            SqlType::BigInt => Self::Big,
            SqlType::Numeric(Some((_, 0))) => Self::Whole,
            SqlType::Numeric(Some(_)) => Self::Decimal,
            SqlType::Numeric(None) => Self::Numeric,
            SqlType::Real | SqlType::Double => Self::Double,
            SqlType::Text | SqlType::Varchar(_) => Self::Text,
            SqlType::Date => Self::Date,
            SqlType::Time => Self::Time,
            SqlType::Timestamp => Self::Timestamp,
            SqlType::TimestampTz => Self::TimestampTz,
            SqlType::Interval => Self::Interval,
            SqlType::Json | SqlType::Jsonb | SqlType::Uuid => Self::Unknown,
        }
    }
}

/// The kinds of the columns of a table of the inventory.
pub(super) fn of_scan(scan: &Scan) -> Vec<Kind> {
    let table = elementary::schema().table(scan.table.as_str());
    let kind = |name: &str| match table.and_then(|table| table.column(name)).map(|c| c.column_type) {
        Some(ColumnType::Text) => Kind::Text,
        Some(ColumnType::Integer) => Kind::Int,
        Some(ColumnType::BigInt) => Kind::Big,
        Some(ColumnType::Double) => Kind::Double,
        Some(ColumnType::Boolean) => Kind::Boolean,
        Some(ColumnType::Timestamp) => Kind::Timestamp,
        None => Kind::Unknown,
    };
    scan.columns.iter().map(|column| kind(column.as_str())).collect()
}

impl Renderer<'_> {
    /// The kinds of a query's outputs.
    pub(super) fn kinds(&self, query: &Query) -> Vec<Kind> {
        match &query.body {
            Body::Select(select) => select.items.iter().map(|item| self.kind(&item.expr)).collect(),
            Body::Set { left, right, .. } => {
                let right = self.kinds(right);
                let both = self.kinds(left).into_iter().zip(right);
                both.map(|(left, right)| left.or(right)).collect()
            }
        }
    }

    /// Whether the value is a whole number or a decimal, not a float.
    pub(super) fn is_exact(&self, expr: &Expr) -> bool {
        matches!(
            self.kind(expr),
            Kind::Int | Kind::Big | Kind::Whole | Kind::Decimal
        )
    }

    /// Whether the value has no fraction.
    pub(super) fn is_whole(&self, expr: &Expr) -> bool {
        let rounds = matches!(
            expr,
            Expr::Call {
                function: Scalar::Ceil | Scalar::Ceiling | Scalar::Floor | Scalar::Sign,
                ..
            }
        );
        rounds || matches!(self.kind(expr), Kind::Int | Kind::Big | Kind::Whole)
    }

    pub(super) fn kind(&self, expr: &Expr) -> Kind {
        match expr {
            Expr::Column(ColumnRef { rel, column }) => {
                let relation = self.relations.iter().rev().find(|relation| relation.id == *rel);
                let kind = relation.and_then(|relation| relation.kinds.get(usize::from(*column)));
                kind.copied().unwrap_or(Kind::Unknown)
            }
            Expr::Literal(literal) => match literal {
                Literal::Null | Literal::Text(_) => Kind::Open,
                Literal::Boolean(_) => Kind::Boolean,
                Literal::Integer(number) if i32::try_from(*number).is_ok() => Kind::Int,
                Literal::Integer(_) => Kind::Big,
                Literal::Decimal(_) if self.ways.is_none_or(|ways| ways.exact_decimals) => Kind::Decimal,
                Literal::Decimal(_) => Kind::Numeric,
                Literal::Typed(sql_type, _) => (*sql_type).into(),
                Literal::Interval(_) => Kind::Interval,
            },
            Expr::Param(position) => {
                let parameter = self.plan.parameters().get(usize::from(*position));
                parameter.map_or(Kind::Unknown, |parameter| match parameter.param_type {
                    ParamType::Boolean => Kind::Boolean,
                    ParamType::Integer => Kind::Big,
                    ParamType::Float => Kind::Double,
                    ParamType::Text => Kind::Text,
                    ParamType::Timestamp => Kind::Timestamp,
                    ParamType::Date => Kind::Date,
                })
            }
            Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::Is { .. }
            | Expr::IsDistinct { .. }
            | Expr::Like { .. }
            | Expr::Between { .. }
            | Expr::InList { .. }
            | Expr::InQuery { .. }
            | Expr::Exists { .. }
            | Expr::Quantified { .. } => Kind::Boolean,
            Expr::Negate(expr) => self.kind(expr),
            Expr::Binary { op, left, right } => self.kind_of_binary(*op, self.kind(left), self.kind(right)),
            Expr::Scalar(query) => self.kinds(query).first().copied().unwrap_or(Kind::Unknown),
            Expr::Case {
                operand: _,
                branches,
                otherwise,
            } => {
                let results = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref());
                self.kind_of_any(results)
            }
            Expr::Cast { expr: _, to } => (*to).into(),
            Expr::Extract { field, expr: _ } => match field {
                DateField::Second | DateField::Epoch => Kind::Numeric,
                _ => Kind::Whole,
            },
            Expr::DateTrunc { field: _, expr } => self.kind(expr),
            Expr::AtTimeZone { expr, .. } => match self.kind(expr) {
                Kind::Timestamp => Kind::TimestampTz,
                Kind::TimestampTz => Kind::Timestamp,
                _ => Kind::Unknown,
            },
            Expr::Call { function, args } => self.kind_of_call(*function, args),
            Expr::Aggregate(call) => self.kind_of_aggregate(call.function, call.args.first()),
            Expr::OrderedSet {
                function: OrderedSet::PercentileCont,
                ..
            } => Kind::Double,
            Expr::OrderedSet { within, .. } => match &within.by {
                SortBy::Expr(expr) => self.kind(expr),
                SortBy::Output(_) => Kind::Unknown,
            },
            Expr::Window(call) => match call.function {
                WindowFunction::Aggregate(function) => self.kind_of_aggregate(function, call.args.first()),
                WindowFunction::Only(function) => match function {
                    WindowOnly::RowNumber | WindowOnly::Rank | WindowOnly::DenseRank => Kind::Big,
                    WindowOnly::PercentRank | WindowOnly::CumeDist => Kind::Double,
                    WindowOnly::Ntile => Kind::Int,
                    _ => call.args.first().map_or(Kind::Unknown, |arg| self.kind(arg)),
                },
            },
        }
    }

    fn kind_of_any<'e>(&self, exprs: impl Iterator<Item = &'e Expr>) -> Kind {
        // Text literals alone are text; beside another kind they become that.
        let mut texts = false;
        let mut kind = Kind::Open;
        for expr in exprs {
            texts |= matches!(expr, Expr::Literal(Literal::Text(_)));
            kind = kind.or(self.kind(expr));
        }
        if texts && kind == Kind::Open {
            Kind::Text
        } else {
            kind
        }
    }

    fn kind_of_binary(&self, op: BinaryOp, left: Kind, right: Kind) -> Kind {
        match op {
            _ if op.is_comparison() => Kind::Boolean,
            BinaryOp::Concat => Kind::Text,
            BinaryOp::JsonGet | BinaryOp::JsonGetText => Kind::Unknown,
            BinaryOp::Add | BinaryOp::Subtract => match (left, right) {
                (Kind::Date | Kind::Timestamp, Kind::Interval)
                | (Kind::Interval, Kind::Date | Kind::Timestamp) => Kind::Timestamp,
                (Kind::TimestampTz, Kind::Interval) | (Kind::Interval, Kind::TimestampTz) => {
                    Kind::TimestampTz
                }
                (Kind::Open, other) | (other, Kind::Open) if other.is_number() => other,
                _ => left.plus(right),
            },
            BinaryOp::Divide if left.is_number() && right.is_number() => match left.plus(right) {
                Kind::Whole | Kind::Decimal => Kind::Numeric,
                other => other,
            },
            _ => left.plus(right),
        }
    }

    fn kind_of_call(&self, function: Scalar, args: &[Expr]) -> Kind {
        let first = || args.first().map_or(Kind::Unknown, |arg| self.kind(arg));
        match function {
            Scalar::Abs | Scalar::Ceil | Scalar::Ceiling | Scalar::Floor | Scalar::Round | Scalar::Trunc => {
                match (function, first()) {
                    // PostgreSQL makes a float of an integer here.
                    (Scalar::Abs, kind) => kind,
                    (_, Kind::Int | Kind::Big) => Kind::Double,
                    (_, kind) => kind,
                }
            }
            Scalar::Mod => first(),
            Scalar::Sign | Scalar::Sqrt | Scalar::Ln | Scalar::Log => match first() {
                Kind::Decimal | Kind::Numeric | Kind::Whole => Kind::Numeric,
                _ => Kind::Double,
            },
            Scalar::Lower
            | Scalar::Upper
            | Scalar::Initcap
            | Scalar::Left
            | Scalar::Right
            | Scalar::Substr
            | Scalar::Btrim
            | Scalar::Ltrim
            | Scalar::Rtrim
            | Scalar::SplitPart
            | Scalar::Replace
            | Scalar::Concat
            | Scalar::ConcatWs
            | Scalar::Reverse
            | Scalar::Md5 => Kind::Text,
            Scalar::Length | Scalar::CharLength | Scalar::Strpos => Kind::Int,
            Scalar::StartsWith => Kind::Boolean,
            Scalar::MakeDate | Scalar::CurrentDate => Kind::Date,
            Scalar::Now | Scalar::CurrentTimestamp => Kind::TimestampTz,
            Scalar::Localtimestamp => Kind::Timestamp,
            Scalar::Nullif => self.kind_of_any(args.iter().take(1)),
            Scalar::Coalesce | Scalar::Greatest | Scalar::Least => self.kind_of_any(args.iter()),
            _ => Kind::Unknown,
        }
    }

    fn kind_of_aggregate(&self, function: Aggregate, arg: Option<&Expr>) -> Kind {
        let kind = arg.map_or(Kind::Unknown, |arg| self.kind(arg));
        match (function, kind) {
            (Aggregate::Count, _) => Kind::Big,
            (Aggregate::Sum, Kind::Int) => Kind::Big,
            (Aggregate::Sum, Kind::Big) => Kind::Whole,
            (Aggregate::Sum | Aggregate::Min | Aggregate::Max, kind) => kind,
            (Aggregate::BoolAnd | Aggregate::BoolOr | Aggregate::Every, _) => Kind::Boolean,
            (Aggregate::StringAgg, _) => Kind::Text,
            (Aggregate::ArrayAgg, _) => Kind::Unknown,
            (_, Kind::Double) => Kind::Double,
            (_, kind) if kind.is_number() => Kind::Numeric,
            _ => Kind::Unknown,
        }
    }
}
