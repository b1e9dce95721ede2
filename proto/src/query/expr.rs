//! Expressions: a closed set.

use super::{
    functions::{Aggregate, OrderedSet, Scalar, WindowOnly},
    plan::{Query, SortKey},
    types::{Literal, SqlType},
};

/// A relation in a plan: a scan, a derived table or the use of a CTE. Numbers are given in the order of writing, from
/// zero, and are unique in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelId(pub u16);

/// A column of a relation, by position in that relation's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ColumnRef {
    /// The relation.
    pub rel: RelId,
    /// Position in its columns, from zero.
    pub column: u16,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A column of a relation in scope.
    Column(ColumnRef),
    /// A constant of the query text.
    Literal(Literal),
    /// A parameter of the plan, by position in [`super::plan::Plan::parameters`].
    Param(u16),
    /// All are true. At least two.
    And(Vec<Expr>),
    /// One is true. At least two.
    Or(Vec<Expr>),
    /// `NOT e`
    Not(Box<Expr>),
    /// `- e`
    Negate(Box<Expr>),
    /// `left op right`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `e IS [NOT] NULL | TRUE | FALSE`
    Is {
        /// The operand.
        expr: Box<Expr>,
        /// What it is compared with.
        what: Truth,
        /// `IS NOT`
        negated: bool,
    },
    /// `left IS [NOT] DISTINCT FROM right`
    IsDistinct {
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
        /// `IS NOT DISTINCT FROM`
        negated: bool,
    },
    /// `e [NOT] LIKE | ILIKE pattern [ESCAPE c]`
    Like {
        /// The text.
        expr: Box<Expr>,
        /// The pattern.
        pattern: Box<Expr>,
        /// The escape character, where one was given.
        escape: Option<char>,
        /// `ILIKE`
        case_insensitive: bool,
        /// `NOT LIKE`
        negated: bool,
    },
    /// `e [NOT] BETWEEN low AND high`
    Between {
        /// The value.
        expr: Box<Expr>,
        /// Lower bound, included.
        low: Box<Expr>,
        /// Upper bound, included.
        high: Box<Expr>,
        /// `NOT BETWEEN`
        negated: bool,
    },
    /// `e [NOT] IN (…)`
    InList {
        /// The value.
        expr: Box<Expr>,
        /// The list, not empty, at most [`crate::limits::MAX_IN_ITEMS`].
        items: Vec<Expr>,
        /// `NOT IN`
        negated: bool,
    },
    /// `e [NOT] IN (SELECT …)`; the subquery has one column.
    InQuery {
        /// The value.
        expr: Box<Expr>,
        /// The subquery.
        query: Box<Query>,
        /// `NOT IN`
        negated: bool,
    },
    /// `[NOT] EXISTS (SELECT …)`
    Exists {
        /// The subquery.
        query: Box<Query>,
        /// `NOT EXISTS`
        negated: bool,
    },
    /// `e op ANY | ALL (SELECT …)`; the subquery has one column.
    Quantified {
        /// The value.
        expr: Box<Expr>,
        /// A comparison.
        op: BinaryOp,
        /// `ALL` in place of `ANY`
        all: bool,
        /// The subquery.
        query: Box<Query>,
    },
    /// `(SELECT …)` as a value; the subquery has one column.
    Scalar(Box<Query>),
    /// `CASE [operand] WHEN … THEN … [ELSE …] END`
    Case {
        /// The operand of a simple CASE.
        operand: Option<Box<Expr>>,
        /// Condition and result, at least one.
        branches: Vec<(Expr, Expr)>,
        /// `ELSE`
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(e AS type)`
    Cast {
        /// The value.
        expr: Box<Expr>,
        /// The type.
        to: SqlType,
    },
    /// `EXTRACT(field FROM e)`, `date_part`
    Extract {
        /// The field.
        field: DateField,
        /// The date or time.
        expr: Box<Expr>,
    },
    /// `date_trunc(field, e)`
    DateTrunc {
        /// The field.
        field: DateField,
        /// The date or time.
        expr: Box<Expr>,
    },
    /// `e AT TIME ZONE 'zone'`
    AtTimeZone {
        /// The time.
        expr: Box<Expr>,
        /// Zone name: letters, digits and `+ - _ / :`, at most 64 bytes.
        zone: Box<str>,
    },
    /// A function of one row.
    Call {
        /// The function.
        function: Scalar,
        /// Its arguments, as many as its arity allows.
        args: Vec<Expr>,
    },
    /// An aggregate of a group.
    Aggregate(Box<AggregateCall>),
    /// `f(…) WITHIN GROUP (ORDER BY …)`
    OrderedSet {
        /// The function.
        function: OrderedSet,
        /// Its direct arguments.
        args: Vec<Expr>,
        /// The sort of the group, one key.
        within: Box<SortKey>,
        /// `FILTER (WHERE …)`
        filter: Option<Box<Expr>>,
    },
    /// A function over a window.
    Window(Box<WindowCall>),
}

/// An aggregate with its modifiers.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateCall {
    /// The function.
    pub function: Aggregate,
    /// Its arguments; `count` without one is `count(*)`.
    pub args: Vec<Expr>,
    /// `DISTINCT`
    pub distinct: bool,
    /// `ORDER BY` within the call
    pub order_by: Vec<SortKey>,
    /// `FILTER (WHERE …)`
    pub filter: Option<Expr>,
}

/// A function over a window.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowCall {
    /// The function.
    pub function: WindowFunction,
    /// Its arguments.
    pub args: Vec<Expr>,
    /// `FILTER (WHERE …)`, aggregates only
    pub filter: Option<Expr>,
    /// `PARTITION BY`
    pub partition_by: Vec<Expr>,
    /// `ORDER BY`
    pub order_by: Vec<SortKey>,
    /// The frame, where one was written.
    pub frame: Option<Frame>,
}

/// What is computed over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowFunction {
    /// An aggregate.
    Aggregate(Aggregate),
    /// A function that exists over windows only.
    Only(WindowOnly),
}

/// `ROWS | RANGE | GROUPS BETWEEN start AND end`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The unit.
    pub unit: FrameUnit,
    /// First row.
    pub start: FrameBound,
    /// Last row.
    pub end: FrameBound,
}

/// The unit of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnit {
    /// Rows.
    Rows,
    /// Values of the sort key.
    Range,
    /// Groups of peers.
    Groups,
}

/// One end of a frame; offsets are literal numbers of rows or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameBound {
    /// `UNBOUNDED PRECEDING`
    UnboundedPreceding,
    /// `n PRECEDING`
    Preceding(u32),
    /// `CURRENT ROW`
    CurrentRow,
    /// `n FOLLOWING`
    Following(u32),
    /// `UNBOUNDED FOLLOWING`
    UnboundedFollowing,
}

/// An operator with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `||`
    Concat,
    /// `=`
    Eq,
    /// `<>`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
    /// `->`
    JsonGet,
    /// `->>`
    JsonGetText,
}

impl BinaryOp {
    /// Whether the result is a truth value.
    pub const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Eq | Self::NotEq | Self::Lt | Self::LtEq | Self::Gt | Self::GtEq
        )
    }
}

/// What `IS` compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// `NULL`
    Null,
    /// `TRUE`
    True,
    /// `FALSE`
    False,
}

/// A field of a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL field of that name")]
pub enum DateField {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Epoch,
    Dow,
    Isodow,
    Doy,
    Isoyear,
}

impl DateField {
    /// Every field.
    pub const ALL: &[Self] = &[
        Self::Year,
        Self::Quarter,
        Self::Month,
        Self::Week,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::Epoch,
        Self::Dow,
        Self::Isodow,
        Self::Doy,
        Self::Isoyear,
    ];

    /// The name, lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Epoch => "epoch",
            Self::Dow => "dow",
            Self::Isodow => "isodow",
            Self::Doy => "doy",
            Self::Isoyear => "isoyear",
        }
    }

    /// The field with this lower-case name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// Whether `date_trunc` takes it.
    pub const fn truncates(self) -> bool {
        matches!(
            self,
            Self::Year
                | Self::Quarter
                | Self::Month
                | Self::Week
                | Self::Day
                | Self::Hour
                | Self::Minute
                | Self::Second
        )
    }
}
