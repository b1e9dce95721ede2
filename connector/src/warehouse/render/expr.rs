//! Expressions as SQL text.

use proto::query::{
    expr::{
        AggregateCall, BinaryOp, ColumnRef, Expr, Frame, FrameBound, FrameUnit, Truth, WindowCall,
        WindowFunction,
    },
    functions::{Aggregate, Scalar},
    types::{Literal, SqlType},
};

use super::{RenderError, Renderer, Text, dialect::Spelling};

impl<'a> Renderer<'a> {
    pub(super) fn expr(&mut self, expr: &'a Expr) -> Text {
        let condition = std::mem::take(&mut self.conditional);
        if let Some((_, text)) = self.shared.iter().find(|(shared, _)| *shared == expr) {
            return Ok(text.clone());
        }
        if let Some(ways) = self.ways
            && let Some(text) = self.foreign(ways, expr, condition)?
        {
            self.bounded(&text)?;
            return Ok(text);
        }
        Ok(match expr {
            Expr::Column(ColumnRef { rel, column }) => self.column(*rel, *column)?,
            Expr::Literal(literal) => self.literal(literal)?,
            Expr::Param(position) => self.parameter(*position)?,
            Expr::And(exprs) => format!("({})", self.exprs(exprs)?.join(" AND ")),
            Expr::Or(exprs) => format!("({})", self.exprs(exprs)?.join(" OR ")),
            Expr::Not(expr) => format!("(NOT {})", self.expr(expr)?),
            Expr::Negate(expr) => format!("(- {})", self.expr(expr)?),
            Expr::Binary { op, left, right } => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                format!("({left} {} {right})", operator(*op))
            }
            Expr::Is { expr, what, negated } => {
                let what = match what {
                    Truth::Null => "NULL",
                    Truth::True => "TRUE",
                    Truth::False => "FALSE",
                };
                let operand = self.untyped(std::slice::from_ref(&**expr))?.concat();
                format!("({operand} IS {}{what})", not(*negated))
            }
            Expr::IsDistinct { left, right, negated } => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                format!("({left} IS {}DISTINCT FROM {right})", not(*negated))
            }
            Expr::Like {
                expr,
                pattern,
                escape,
                case_insensitive,
                negated,
            } => {
                let (text, pattern) = (self.expr(expr)?, self.expr(pattern)?);
                let like = if *case_insensitive { "ILIKE" } else { "LIKE" };
                let escape = escape
                    .map(|c| format!(" ESCAPE {}", self.text(&c.to_string())))
                    .unwrap_or_default();
                format!("({text} {}{like} {pattern}{escape})", not(*negated))
            }
            Expr::Between {
                expr,
                low,
                high,
                negated,
            } => {
                let (value, low, high) = (self.expr(expr)?, self.expr(low)?, self.expr(high)?);
                format!("({value} {}BETWEEN {low} AND {high})", not(*negated))
            }
            Expr::InList { expr, items, negated } => {
                let value = self.expr(expr)?;
                format!(
                    "({value} {}IN ({}))",
                    not(*negated),
                    self.exprs(items)?.join(", ")
                )
            }
            Expr::InQuery { expr, query, negated } => {
                let value = self.expr(expr)?;
                format!("({value} {}IN ({}))", not(*negated), self.subquery(query)?)
            }
            Expr::Exists { query, negated } => {
                format!("({}EXISTS ({}))", not(*negated), self.subquery(query)?)
            }
            Expr::Quantified { expr, op, all, query } => {
                let value = self.expr(expr)?;
                let which = if *all { "ALL" } else { "ANY" };
                format!("({value} {} {which} ({}))", operator(*op), self.subquery(query)?)
            }
            Expr::Scalar(query) => format!("({})", self.subquery(query)?),
            Expr::Case {
                operand,
                branches,
                otherwise,
            } => {
                let mut sql = String::from("CASE");
                if let Some(operand) = operand {
                    sql += &format!(" {}", self.expr(operand)?);
                }
                for (when, then) in branches {
                    let (when, then) = (self.expr(when)?, self.expr(then)?);
                    sql += &format!(" WHEN {when} THEN {then}");
                }
                if let Some(otherwise) = otherwise {
                    sql += &format!(" ELSE {}", self.expr(otherwise)?);
                }
                format!("({sql} END)")
            }
            Expr::Cast { expr, to } => {
                let value = format!("CAST({} AS {})", self.expr(expr)?, (self.table.type_name)(*to));
                match to {
                    SqlType::Varchar(length) if !self.table.cuts_varchar => {
                        format!("{}.\"left\"({value}, {length})", self.table.functions)
                    }
                    _ => value,
                }
            }
            Expr::Extract { field, expr } => (self.table.extract)(*field, &self.expr(expr)?),
            Expr::DateTrunc { field, expr } => {
                format!(
                    "{}.\"date_trunc\"('{}', {})",
                    self.table.functions,
                    field.name(),
                    self.expr(expr)?
                )
            }
            Expr::AtTimeZone { expr, zone } => {
                let time = self.expr(expr)?;
                let zone = format!(
                    "CAST({} AS {})",
                    self.text(zone),
                    (self.table.type_name)(SqlType::Text)
                );
                format!("{}.\"timezone\"({zone}, {time})", self.table.functions)
            }
            Expr::Call { function, args } => {
                self.has(function.name(), function.only())?;
                let spelling = (self.table.scalar)(*function, args.len());
                let args = match function {
                    Scalar::Concat | Scalar::ConcatWs => self.untyped(args)?,
                    _ => self.exprs(args)?,
                };
                self.call(spelling, function.name(), &args, "")?
            }
            Expr::Aggregate(call) => self.aggregate(call)?,
            Expr::OrderedSet {
                function,
                args,
                within,
                filter,
            } => {
                let args = self.exprs(args)?.join(", ");
                let within = self.sort(std::slice::from_ref(&**within))?;
                let filter = self.filter(filter.as_deref())?;
                let (schema, name) = (self.table.functions, function.name());
                format!("{schema}.\"{name}\"({args}) WITHIN GROUP (ORDER BY {within}){filter}")
            }
            Expr::Window(call) => self.window(call)?,
        })
    }

    pub(super) fn exprs(&mut self, exprs: &'a [Expr]) -> Result<Vec<String>, RenderError> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// Operands of any type: what an engine takes for a literal it does not take for a bound value of no type, so text is
    /// called text here.
    fn untyped(&mut self, exprs: &'a [Expr]) -> Result<Vec<String>, RenderError> {
        let text_type = self.type_name(SqlType::Text)?;
        exprs
            .iter()
            .map(|expr| {
                let text = self.expr(expr)?;
                let literal = !self.inline && matches!(expr, Expr::Literal(Literal::Text(_)));
                Ok(if literal {
                    format!("CAST({text} AS {text_type})")
                } else {
                    text
                })
            })
            .collect()
    }

    fn aggregate(&mut self, call: &'a AggregateCall) -> Text {
        let AggregateCall {
            function,
            args,
            distinct,
            order_by,
            filter,
        } = call;
        let mut inner = if args.is_empty() {
            "*".to_owned()
        } else {
            self.aggregated(*function, args)?.join(", ")
        };
        if *distinct {
            inner = format!("DISTINCT {inner}");
        }
        if !order_by.is_empty() {
            inner += &format!(" ORDER BY {}", self.sort(order_by)?);
        }
        let filter = self.filter(filter.as_ref())?;
        self.call(
            (self.table.aggregate)(*function),
            function.name(),
            &[inner],
            &filter,
        )
    }

    /// Refuses a function that another engine alone has.
    pub(super) fn has(&self, function: &'static str, only: Option<&'static str>) -> Result<(), RenderError> {
        let dialect = self.dialect.name();
        match only {
            Some(engine) if engine != dialect => Err(RenderError::Absent { function, dialect }),
            _ => Ok(()),
        }
    }

    fn aggregated(&mut self, function: Aggregate, args: &'a [Expr]) -> Result<Vec<String>, RenderError> {
        self.has(function.name(), function.only())?;
        match function {
            Aggregate::Count | Aggregate::ArrayAgg => self.untyped(args),
            _ => self.exprs(args),
        }
    }

    fn window(&mut self, call: &'a WindowCall) -> Text {
        let WindowCall {
            function,
            args,
            filter,
            partition_by,
            order_by,
            frame,
        } = call;
        let mut args = match function {
            WindowFunction::Aggregate(function) => self.aggregated(*function, args)?,
            WindowFunction::Only(_) => self.untyped(args)?,
        };
        let filter = self.filter(filter.as_ref())?;
        let mut over = Vec::new();
        if !partition_by.is_empty() {
            over.push(format!("PARTITION BY {}", self.exprs(partition_by)?.join(", ")));
        }
        if !order_by.is_empty() {
            over.push(format!("ORDER BY {}", self.sort(order_by)?));
        }
        over.extend(frame.map(window_frame));
        let tail = format!("{filter} OVER ({})", over.join(" "));
        match function {
            WindowFunction::Aggregate(function) => {
                if args.is_empty() {
                    args.push("*".to_owned());
                }
                self.call((self.table.aggregate)(*function), function.name(), &args, &tail)
            }
            WindowFunction::Only(function) => {
                self.call((self.table.window)(*function), function.name(), &args, &tail)
            }
        }
    }

    fn filter(&mut self, filter: Option<&'a Expr>) -> Text {
        match filter {
            Some(filter) => Ok(format!(" FILTER (WHERE {})", self.expr(filter)?)),
            None => Ok(String::new()),
        }
    }

    fn call(&self, spelling: Spelling, name: &'static str, args: &[String], tail: &str) -> Text {
        let list = args.join(", ");
        Ok(match spelling {
            Spelling::Function(own) => format!("{}.\"{own}\"({list}){tail}", self.table.functions),
            Spelling::Narrowed(own, to) => {
                let to = (self.table.type_name)(to);
                format!("CAST({}.\"{own}\"({list}){tail} AS {to})", self.table.functions)
            }
            Spelling::Grammar(own) => format!("{own}({list})"),
            Spelling::Keyword(own) => own.to_owned(),
            Spelling::JsonPath => json_path(args),
            Spelling::Absent => {
                return Err(RenderError::Absent {
                    function: name,
                    dialect: self.dialect.name(),
                });
            }
        })
    }
}

fn json_path(args: &[String]) -> String {
    let Some(((document, keys), last)) = args
        .split_first()
        .and_then(|(document, keys)| Some(((document, keys), keys.last()?)))
    else {
        return "NULL".to_owned();
    };
    let inner = keys
        .iter()
        .take(keys.len() - 1)
        .fold(document.clone(), |text, key| format!("({text} -> {key})"));
    format!("({inner} ->> {last})")
}

pub(super) const fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

pub(super) const fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::Concat => "||",
        BinaryOp::Eq => "=",
        BinaryOp::NotEq => "<>",
        BinaryOp::Lt => "<",
        BinaryOp::LtEq => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::GtEq => ">=",
        BinaryOp::JsonGet => "->",
        BinaryOp::JsonGetText => "->>",
    }
}

pub(super) fn window_frame(frame: Frame) -> String {
    let Frame { unit, start, end } = frame;
    let unit = match unit {
        FrameUnit::Rows => "ROWS",
        FrameUnit::Range => "RANGE",
        FrameUnit::Groups => "GROUPS",
    };
    format!("{unit} BETWEEN {} AND {}", frame_bound(start), frame_bound(end))
}

pub(super) fn frame_bound(bound: FrameBound) -> String {
    match bound {
        FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING".to_owned(),
        FrameBound::Preceding(count) => format!("{count} PRECEDING"),
        FrameBound::CurrentRow => "CURRENT ROW".to_owned(),
        FrameBound::Following(count) => format!("{count} FOLLOWING"),
        FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING".to_owned(),
    }
}
