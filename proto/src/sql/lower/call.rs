//! Calls: functions of the allowlist, aggregates, ordered sets and windows.

use sqlparser::ast;

use super::{Lowerer, literal, lowercase, place, refuse, sort_options, written};
use crate::{
    query::{
        expr::{AggregateCall, Expr, Frame, FrameBound, FrameUnit, WindowCall, WindowFunction},
        functions::{Aggregate, OrderedSet, Scalar, WindowOnly},
        plan::{SortBy, SortKey},
        types::{Literal, SqlType},
    },
    sql::{
        SqlError, Syntax,
        refusal::{self, named},
    },
};

/// The arguments of a call as written.
struct Args<'a> {
    exprs: Vec<&'a ast::Expr>,
    /// `count(*)`
    star: bool,
    /// The brackets are there at all.
    brackets: bool,
    distinct: bool,
    order_by: &'a [ast::OrderByExpr],
}

/// PARTITION BY, ORDER BY and frame of a window.
struct Window {
    partition_by: Vec<Expr>,
    order_by: Vec<SortKey>,
    frame: Option<Frame>,
}

impl<'a> Lowerer<'a> {
    pub(super) fn function(&mut self, call: &'a ast::Function) -> Result<Expr, SqlError> {
        let ast::Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment,
            over,
        } = call;
        let start = || place(name);
        let ast::ObjectName(name_parts) = name;
        let name = self.function_name(name_parts, start())?;
        if *uses_odbc_syntax
            || !matches!(parameters, ast::FunctionArguments::None)
            || null_treatment.is_some()
        {
            return refuse(
                start(),
                "parameters, NULLS treatment and ODBC calls are not accepted",
            );
        }
        let args = self.arguments(call, args)?;
        let filter = filter.as_deref();
        let plain = over.is_none() && filter.is_none() && within_group.is_empty();
        let simple = plain && args.brackets && !args.star && !args.distinct && args.order_by.is_empty();
        if simple && let Some(expr) = self.of_engine(&name, &args.exprs)? {
            return Ok(expr);
        }
        if let Some(over) = over {
            if !within_group.is_empty() || args.distinct || !args.order_by.is_empty() {
                return refuse(
                    start(),
                    "a window function takes neither DISTINCT nor ORDER BY nor WITHIN GROUP",
                );
            }
            return self.window_call(call, &name, args, filter, over);
        }
        if let Some(function) = OrderedSet::from_name(&name) {
            return self.ordered_set(call, function, args, within_group, filter);
        }
        if !within_group.is_empty() {
            return refuse(start(), named("", &name, " does not take WITHIN GROUP"));
        }
        if let Some(function) = self.aggregate_named(&name) {
            self.arity(call, function.name(), function.arity(), &args)?;
            self.star_is_count(call, function, &args)?;
            let exprs = self.exprs(&args.exprs)?;
            let order_by = self.sort_keys(args.order_by)?;
            let filter = filter.map(|expr| self.expr(expr)).transpose()?;
            let call = AggregateCall {
                function,
                args: exprs,
                distinct: args.distinct,
                order_by,
                filter,
            };
            return Ok(Expr::Aggregate(Box::new(call)));
        }
        if args.distinct || args.star || !args.order_by.is_empty() || filter.is_some() {
            return refuse(start(), named("", &name, " is not an accepted aggregate"));
        }
        self.scalar(call, &name, args)
    }

    /// The name of a function: a bare word, or as it is rendered.
    fn function_name(
        &self,
        parts: &[ast::ObjectNamePart],
        start: sqlparser::tokenizer::Location,
    ) -> Result<String, SqlError> {
        use ast::ObjectNamePart::Identifier;
        let name = match parts {
            [
                Identifier(
                    ident @ ast::Ident {
                        value: _,
                        quote_style: None,
                        span: _,
                    },
                ),
            ] => lowercase(ident),
            [Identifier(schema), Identifier(ident)]
                if self.rendered && self.written(schema) == "pg_catalog" =>
            {
                self.written(ident)
            }
            _ => return refuse(start, "a function is called by its bare, unquoted name"),
        };
        Ok(match (self.syntax, name.as_str()) {
            (Syntax::DuckDb, "list") => "array_agg".to_owned(),
            (Syntax::DuckDb, "max_by") => "arg_max".to_owned(),
            (Syntax::DuckDb, "min_by") => "arg_min".to_owned(),
            (Syntax::DuckDb, "datediff") => "date_diff".to_owned(),
            _ => name,
        })
    }

    fn aggregate_named(&self, name: &str) -> Option<Aggregate> {
        Aggregate::from_name(name).filter(|function| {
            let only = function.only();
            only.is_none_or(|dialect| Syntax::of_dialect(dialect) == Some(self.syntax))
        })
    }

    fn scalar(&mut self, call: &'a ast::Function, name: &str, args: Args<'a>) -> Result<Expr, SqlError> {
        let start = || place(&call.name);
        match (name, args.exprs.as_slice()) {
            ("date_trunc", [field, expr]) => {
                let field = literal::named_field(field)?;
                if !field.truncates() {
                    return refuse(start(), "date_trunc takes year to second, quarter and week");
                }
                return Ok(Expr::DateTrunc {
                    field,
                    expr: self.boxed(expr)?,
                });
            }
            // PostgreSQL's date_part is a double where EXTRACT is numeric.
            ("date_part", [field, expr]) => {
                let field = literal::named_field(field)?;
                let time = self.boxed(expr)?;
                let extracted = self.extract(field, time);
                return Ok(match self.syntax {
                    Syntax::DuckDb => extracted,
                    _ => Expr::Cast {
                        expr: Box::new(extracted),
                        to: SqlType::Double,
                    },
                });
            }
            ("timezone", [zone, time]) if self.rendered => {
                let Expr::Literal(Literal::Text(zone)) = without_text_cast(self.expr(zone)?) else {
                    return refuse(start(), "timezone takes a plain string first");
                };
                return Ok(Expr::AtTimeZone {
                    expr: self.boxed(time)?,
                    zone,
                });
            }
            _ => {}
        }
        let own = |function: &Scalar| {
            function
                .only()
                .is_none_or(|dialect| Syntax::of_dialect(dialect) == Some(self.syntax))
        };
        if let ("date_diff", [field, ..]) = (name, args.exprs.as_slice()) {
            literal::named_field(field)?;
        }
        let Some(function) = Scalar::from_name(name).filter(own) else {
            return match WindowOnly::from_name(name) {
                Some(_) => refuse(start(), named("", name, " needs OVER")),
                None => refuse(start(), named("function ", name, " is not accepted")),
            };
        };
        let without_brackets = matches!(
            function,
            Scalar::CurrentDate | Scalar::CurrentTimestamp | Scalar::Localtimestamp
        );
        // Some engines want brackets there, some do without.
        let either = without_brackets && !self.syntax.is_postgres();
        if args.brackets == without_brackets && !either {
            let how = if without_brackets {
                " is called without brackets"
            } else {
                " is called with brackets"
            };
            return refuse(start(), named("", name, how));
        }
        self.arity(call, function.name(), function.arity(), &args)?;
        Ok(Expr::Call {
            function,
            args: self.exprs(&args.exprs)?,
        })
    }

    fn arguments(
        &self,
        call: &'a ast::Function,
        args: &'a ast::FunctionArguments,
    ) -> Result<Args<'a>, SqlError> {
        let start = || place(&call.name);
        let mut read = Args {
            exprs: Vec::new(),
            star: false,
            brackets: true,
            distinct: false,
            order_by: &[],
        };
        let list = match args {
            ast::FunctionArguments::None => {
                read.brackets = false;
                return Ok(read);
            }
            ast::FunctionArguments::Subquery(_) => {
                return refuse(start(), "put the subquery in brackets of its own");
            }
            ast::FunctionArguments::List(list) => list,
        };
        let ast::FunctionArgumentList {
            duplicate_treatment,
            args,
            clauses,
        } = list;
        read.distinct = matches!(duplicate_treatment, Some(ast::DuplicateTreatment::Distinct));
        for arg in args {
            match arg {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => read.exprs.push(expr),
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Wildcard)
                    if args.len() == 1 && duplicate_treatment.is_none() =>
                {
                    read.star = true;
                }
                _ => return refuse(start(), "named arguments and `t.*` are not accepted"),
            }
        }
        for clause in clauses {
            match clause {
                ast::FunctionArgumentClause::OrderBy(keys) if read.order_by.is_empty() => {
                    read.order_by = keys
                }
                _ => return refuse(start(), "this clause within a call is not accepted"),
            }
        }
        Ok(read)
    }

    fn arity(
        &self,
        call: &ast::Function,
        name: &str,
        (min, max): (usize, usize),
        args: &Args<'_>,
    ) -> Result<(), SqlError> {
        if (min..=max).contains(&args.exprs.len()) {
            return Ok(());
        }
        refuse(
            place(&call.name),
            refusal::arity(name, (min, max), args.exprs.len()),
        )
    }

    /// Without an argument there is only `count(*)`.
    fn star_is_count(
        &self,
        call: &ast::Function,
        function: Aggregate,
        args: &Args<'_>,
    ) -> Result<(), SqlError> {
        let bare_count = function == Aggregate::Count && args.exprs.is_empty();
        if args.star != bare_count || (args.star && !args.order_by.is_empty()) {
            return refuse(
                place(&call.name),
                "`*` is an argument of count alone, and count takes `*` or an expression",
            );
        }
        Ok(())
    }

    fn exprs(&mut self, exprs: &[&'a ast::Expr]) -> Result<Vec<Expr>, SqlError> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// Sort keys within a call or window, where a number is a number and a name an input column.
    fn sort_keys(&mut self, keys: &'a [ast::OrderByExpr]) -> Result<Vec<SortKey>, SqlError> {
        let mut lowered = Vec::with_capacity(keys.len());
        for key in keys {
            let (expr, descending, nulls_first) = sort_options(key, self.syntax)?;
            lowered.push(SortKey {
                by: SortBy::Expr(self.expr(expr)?),
                descending,
                nulls_first,
            });
        }
        Ok(lowered)
    }

    fn ordered_set(
        &mut self,
        call: &'a ast::Function,
        function: OrderedSet,
        args: Args<'a>,
        within_group: &'a [ast::OrderByExpr],
        filter: Option<&'a ast::Expr>,
    ) -> Result<Expr, SqlError> {
        let plain = !args.star && !args.distinct && args.order_by.is_empty();
        let [key] = within_group else {
            return refuse(
                place(&call.name),
                named("", function.name(), " takes WITHIN GROUP (ORDER BY one key)"),
            );
        };
        if !plain {
            return refuse(
                place(&call.name),
                "an ordered set takes neither `*` nor DISTINCT nor ORDER BY in its brackets",
            );
        }
        self.arity(call, function.name(), function.arity(), &args)?;
        let exprs = self.exprs(&args.exprs)?;
        let (expr, descending, nulls_first) = sort_options(key, self.syntax)?;
        let within = Box::new(SortKey {
            by: SortBy::Expr(self.expr(expr)?),
            descending,
            nulls_first,
        });
        let filter = filter.map(|expr| self.boxed(expr)).transpose()?;
        Ok(Expr::OrderedSet {
            function,
            args: exprs,
            within,
            filter,
        })
    }

    fn window_call(
        &mut self,
        call: &'a ast::Function,
        name: &str,
        args: Args<'a>,
        filter: Option<&'a ast::Expr>,
        over: &'a ast::WindowType,
    ) -> Result<Expr, SqlError> {
        let function = match (WindowOnly::from_name(name), self.aggregate_named(name)) {
            (Some(only), _) => {
                if args.star || filter.is_some() {
                    return refuse(
                        place(&call.name),
                        named("", name, " takes neither `*` nor FILTER"),
                    );
                }
                self.arity(call, only.name(), only.arity(), &args)?;
                WindowFunction::Only(only)
            }
            (None, Some(aggregate)) => {
                self.arity(call, aggregate.name(), aggregate.arity(), &args)?;
                self.star_is_count(call, aggregate, &args)?;
                WindowFunction::Aggregate(aggregate)
            }
            (None, None) => {
                return refuse(
                    place(&call.name),
                    named("", name, " is not an accepted window function"),
                );
            }
        };
        let exprs = self.exprs(&args.exprs)?;
        let filter = filter.map(|expr| self.expr(expr)).transpose()?;
        let Window {
            partition_by,
            order_by,
            frame,
        } = match over {
            ast::WindowType::WindowSpec(spec) => self.window(spec)?,
            ast::WindowType::NamedWindow(ident) => self.named_window(ident)?,
        };
        Ok(Expr::Window(Box::new(WindowCall {
            function,
            args: exprs,
            filter,
            partition_by,
            order_by,
            frame,
        })))
    }

    fn named_window(&mut self, ident: &ast::Ident) -> Result<Window, SqlError> {
        let name = self.written(ident);
        let syntax = self.syntax;
        let Some((definitions, used)) = self.windows.last_mut() else {
            return refuse(ident.span.start, named("there is no window ", &name, ""));
        };
        let definitions: &'a [ast::NamedWindowDefinition] = definitions;
        for (ast::NamedWindowDefinition(defined, _), used) in definitions.iter().zip(used) {
            *used |= syntax.same(&written(defined, syntax), &name);
        }
        let mut found = definitions
            .iter()
            .filter(|ast::NamedWindowDefinition(defined, _)| self.syntax.same(&self.written(defined), &name));
        match (found.next(), found.next()) {
            (Some(ast::NamedWindowDefinition(_, ast::NamedWindowExpr::WindowSpec(spec))), None) => {
                self.deepen(|| ident.span.start)?;
                let window = self.window(spec)?;
                self.depth -= 1;
                Ok(window)
            }
            (None, _) => refuse(ident.span.start, named("there is no window ", &name, "")),
            _ => refuse(
                ident.span.start,
                named("window ", &name, " is not defined by one specification"),
            ),
        }
    }

    fn window(&mut self, spec: &'a ast::WindowSpec) -> Result<Window, SqlError> {
        let ast::WindowSpec {
            window_name,
            partition_by,
            order_by,
            window_frame,
        } = spec;
        let mut window = match window_name {
            None => Window {
                partition_by: Vec::new(),
                order_by: Vec::new(),
                frame: None,
            },
            Some(ident) => {
                let base = self.named_window(ident)?;
                let clash = !partition_by.is_empty()
                    || (!order_by.is_empty() && !base.order_by.is_empty())
                    || base.frame.is_some();
                if clash {
                    return refuse(
                        ident.span.start,
                        "a window adds only what the window it begins with lacks",
                    );
                }
                base
            }
        };
        for expr in partition_by {
            window.partition_by.push(self.expr(expr)?);
        }
        window.order_by.extend(self.sort_keys(order_by)?);
        if let Some(ast::WindowFrame {
            units,
            start_bound,
            end_bound,
        }) = window_frame
        {
            let unit = match units {
                ast::WindowFrameUnits::Rows => FrameUnit::Rows,
                ast::WindowFrameUnits::Range => FrameUnit::Range,
                ast::WindowFrameUnits::Groups => FrameUnit::Groups,
            };
            let start = frame_bound(start_bound, true)?;
            // `ROWS n PRECEDING` is short for `… AND CURRENT ROW`.
            let end = end_bound
                .as_ref()
                .map_or(Ok(FrameBound::CurrentRow), |bound| frame_bound(bound, false))?;
            window.frame = Some(Frame { unit, start, end });
        }
        Ok(window)
    }
}

/// The text of `CAST('…' AS text)`, as a zone is rendered.
fn without_text_cast(expr: Expr) -> Expr {
    match expr {
        Expr::Cast {
            expr,
            to: SqlType::Text,
        } => *expr,
        other => other,
    }
}

fn frame_bound(bound: &ast::WindowFrameBound, first: bool) -> Result<FrameBound, SqlError> {
    let offset = |expr: &ast::Expr| match expr {
        ast::Expr::Value(ast::ValueWithSpan {
            value: ast::Value::Number(digits, false),
            span,
        }) => digits
            .parse::<u32>()
            .or_else(|_| refuse(span.start, "a frame's offset is a whole number")),
        _ => refuse(place(expr), "a frame's offset is a whole number"),
    };
    Ok(match bound {
        ast::WindowFrameBound::CurrentRow => FrameBound::CurrentRow,
        ast::WindowFrameBound::Preceding(Some(expr)) => FrameBound::Preceding(offset(expr)?),
        ast::WindowFrameBound::Following(Some(expr)) => FrameBound::Following(offset(expr)?),
        // At the wrong end the database refuses; here the one has no meaning that the algebra could take.
        ast::WindowFrameBound::Preceding(None) if first => FrameBound::UnboundedPreceding,
        ast::WindowFrameBound::Following(None) if !first => FrameBound::UnboundedFollowing,
        ast::WindowFrameBound::Preceding(None) | ast::WindowFrameBound::Following(None) => {
            return refuse(
                sqlparser::tokenizer::Location { line: 0, column: 0 },
                "a frame ends before it begins",
            );
        }
    })
}
