//! From the parser's tree to the algebra, one accepted form at a time.
//!
//! Every pattern names every field, so that a field which a new parser adds does not compile until it is thought of here.
//! What no arm accepts is refused by name. Recursion is bounded by [`MAX_PLAN_DEPTH`], long AND and OR chains are flattened
//! without any.

mod call;
mod engine;
mod expr;
mod from;
mod label;
mod literal;
mod select;
mod types;

use sqlparser::{
    ast::{self, Spanned},
    tokenizer::Location,
};

use super::{
    Names, SqlError, Syntax, parse,
    prescan::{Kind, Token},
    refusal::{self, named},
    scope::Scope,
};
use crate::{
    error::Code,
    limits::{MAX_CTES, MAX_PLAN_DEPTH, MAX_PLAN_NODES, MAX_RELATIONS},
    query::{
        expr::{Expr, RelId},
        plan::{Body, Count, Cte, CteId, Identifier, Item, Parameter, Query, SetOp, SortBy, SortKey},
    },
};

/// Lowers one query; refuses parameters that it does not use.
pub(super) fn lower<'a>(
    query: &'a ast::Query,
    tokens: &'a [Token],
    names: &'a Names,
    parameters: &'a [Parameter],
) -> Result<Query, SqlError> {
    let mut lowerer = Lowerer {
        syntax: names.syntax,
        rendered: names.rendered,
        scope: Scope::new(names),
        unsure: Vec::new(),
        outputs: Vec::new(),
        tokens,
        parameters,
        used: vec![false; parameters.len()],
        relations: 0,
        ctes: 0,
        depth: 0,
        nodes: 0,
        windows: Vec::new(),
    };
    let lowered = lowerer.query(query)?;
    match parameters.iter().zip(&lowerer.used).find(|(_, used)| !**used) {
        None => Ok(lowered),
        Some((parameter, _)) => {
            let message = named("parameter ", parameter.name.as_str(), " is declared but not used");
            Err(SqlError::whole(Code::InvalidSql, message))
        }
    }
}

struct Lowerer<'a> {
    syntax: Syntax,
    /// Whether names of `pg_catalog` are read.
    rendered: bool,
    scope: Scope<'a>,
    /// Bare names that engines resolve differently in the clause that is being read.
    unsure: Vec<String>,
    /// Outputs that a bare name may mean in the clause that is being read, where no column has it.
    outputs: Vec<Item>,
    tokens: &'a [Token],
    parameters: &'a [Parameter],
    /// Which parameters were seen.
    used: Vec<bool>,
    relations: u16,
    ctes: u16,
    depth: usize,
    /// Levels entered so far: a named window is lowered again wherever it is used, and may use others.
    nodes: usize,
    /// WINDOW clauses of the queries around, the innermost last, and which of their windows were used.
    windows: Vec<(&'a [ast::NamedWindowDefinition], Vec<bool>)>,
}

/// Refuses a construct, naming it.
fn refuse<T>(place: Location, message: impl Into<String>) -> Result<T, SqlError> {
    Err(parse::at(place, Code::InvalidSql, message))
}

fn beyond<T>(place: Location, limit: usize, what: &str) -> Result<T, SqlError> {
    Err(parse::at(place, Code::LimitExceeded, refusal::bound(limit, what)))
}

/// Where a node begins. Walks the node, so it is called for refusals only.
fn place(node: &impl Spanned) -> Location {
    node.span().start
}

/// The name of a function, window field or the like, which no engine tells apart by case.
fn lowercase(ident: &ast::Ident) -> String {
    ident.value.to_ascii_lowercase()
}

/// A name as the engine reads it.
fn written(ident: &ast::Ident, syntax: Syntax) -> String {
    let ast::Ident {
        value,
        quote_style,
        span: _,
    } = ident;
    syntax.written(value, quote_style.is_some())
}

/// The parts of a name with dots.
fn parts(name: &ast::ObjectName, syntax: Syntax) -> Result<Vec<String>, SqlError> {
    let ast::ObjectName(parts) = name;
    let mut read = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            ast::ObjectNamePart::Identifier(ident) => read.push(written(ident, syntax)),
            ast::ObjectNamePart::Function(_) => {
                return refuse(place(name), "a function as a name is not accepted");
            }
        }
    }
    Ok(read)
}

/// Whether a text contains only what makes a query of its own: neither CTEs nor sort nor limit.
fn is_plain(query: &ast::Query) -> bool {
    let ast::Query {
        with,
        body: _,
        order_by,
        limit_clause,
        fetch,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    with.is_none()
        && order_by.is_none()
        && limit_clause.is_none()
        && fetch.is_none()
        && locks.is_empty()
        && for_clause.is_none()
        && settings.is_none()
        && format_clause.is_none()
        && pipe_operators.is_empty()
}

impl<'a> Lowerer<'a> {
    fn written(&self, ident: &ast::Ident) -> String {
        written(ident, self.syntax)
    }

    fn identifier(&self, ident: &ast::Ident) -> Result<Identifier, SqlError> {
        Identifier::new(&self.written(ident))
            .or_else(|error| refuse(ident.span.start, SqlError::from(error).message))
    }

    /// One query; what names of a clause around it may mean besides does not reach into it.
    fn query(&mut self, query: &'a ast::Query) -> Result<Query, SqlError> {
        let outputs = std::mem::take(&mut self.outputs);
        let lowered = self.query_itself(query)?;
        self.outputs = outputs;
        Ok(lowered)
    }

    fn query_itself(&mut self, query: &'a ast::Query) -> Result<Query, SqlError> {
        let ast::Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if !locks.is_empty() {
            return refuse(place(query), "row locks (FOR UPDATE, FOR SHARE) are not accepted");
        }
        if for_clause.is_some() || settings.is_some() || format_clause.is_some() || !pipe_operators.is_empty()
        {
            return refuse(
                place(query),
                "FOR, SETTINGS, FORMAT and pipe operators are not accepted",
            );
        }
        // Brackets around a query that adds nothing mean nothing.
        let mut body = &**body;
        while let ast::SetExpr::Query(inner) = body {
            if is_plain(inner) {
                body = &inner.body;
            } else if is_plain(query) {
                return self.query(inner);
            } else {
                return refuse(
                    place(query),
                    "clauses on both sides of a query's brackets are not accepted",
                );
            }
        }
        self.deepen(|| place(query))?;
        let entered = self.scope.enter();
        let ctes = match with {
            None => Vec::new(),
            Some(with) => self.ctes(with)?,
        };
        let keys = match order_by {
            None => &[],
            Some(ast::OrderBy {
                kind: ast::OrderByKind::Expressions(keys),
                interpolate: None,
            }) => keys.as_slice(),
            Some(_) => return refuse(place(query), "ORDER BY ALL and INTERPOLATE are not accepted"),
        };
        let (body, order_by) = match body {
            ast::SetExpr::Select(select) => {
                let (select, order_by) = self.select(select, keys)?;
                (Body::Select(Box::new(select)), order_by)
            }
            ast::SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                let body = self.set_operation(query, left, *op, *set_quantifier, right)?;
                let order_by = keys
                    .iter()
                    .map(|key| self.sort_by_output(key, &body))
                    .collect::<Result<_, _>>()?;
                (body, order_by)
            }
            ast::SetExpr::Query(_) => return refuse(place(query), "these brackets are not accepted"),
            ast::SetExpr::Values(_) => return refuse(place(query), "VALUES as a query is not accepted"),
            ast::SetExpr::Table(_) => return refuse(place(query), "TABLE as a query is not accepted"),
            ast::SetExpr::Insert(_)
            | ast::SetExpr::Update(_)
            | ast::SetExpr::Delete(_)
            | ast::SetExpr::Merge(_) => {
                return refuse(place(query), "only SELECT is accepted: this writes");
            }
        };
        let (limit, offset) = self.limit(query, limit_clause.as_ref(), fetch.as_ref())?;
        self.scope.leave(entered);
        self.depth -= 1;
        Ok(Query {
            ctes,
            body,
            order_by,
            limit,
            offset,
        })
    }

    /// One level of nesting more.
    fn deepen(&mut self, place: impl FnOnce() -> Location) -> Result<(), SqlError> {
        self.depth += 1;
        self.nodes += 1;
        if self.depth > MAX_PLAN_DEPTH {
            return beyond(place(), MAX_PLAN_DEPTH, "levels of nesting");
        }
        if self.nodes > MAX_PLAN_NODES {
            return beyond(place(), MAX_PLAN_NODES, "nodes");
        }
        Ok(())
    }

    fn ctes(&mut self, with: &'a ast::With) -> Result<Vec<Cte>, SqlError> {
        let ast::With {
            with_token: _,
            recursive,
            cte_tables,
        } = with;
        if *recursive {
            return refuse(place(with), "WITH RECURSIVE is not accepted");
        }
        let entered = self.scope.enter();
        let names: Vec<String> = cte_tables
            .iter()
            .map(|cte| self.written(&cte.alias.name))
            .collect();
        self.scope.announce(names.into_iter());
        let mut ctes = Vec::with_capacity(cte_tables.len());
        for cte in cte_tables {
            let ast::Cte {
                alias,
                query,
                from,
                materialized,
                closing_paren_token: _,
            } = cte;
            if from.is_some() {
                return refuse(place(&**query), "FROM after a CTE is not accepted");
            }
            let id = CteId(self.ctes);
            self.ctes += 1;
            if usize::from(self.ctes) > MAX_CTES {
                return beyond(place(&**query), MAX_CTES, "CTEs");
            }
            let ast::TableAlias {
                explicit: _,
                name,
                columns: _,
                at: _,
            } = alias;
            let folded = self.written(name);
            if self.scope.defined_since(entered, &folded) {
                return refuse(name.span.start, named("two CTEs are named ", &folded, ""));
            }
            let query = self.query(query)?;
            let columns = self.renamed(alias, query.output())?;
            self.scope.define(folded, id, columns);
            let materialized = materialized.as_ref().map(|how| match how {
                ast::CteAsMaterialized::Materialized => true,
                ast::CteAsMaterialized::NotMaterialized => false,
            });
            ctes.push(Cte {
                id,
                query,
                materialized,
            });
        }
        Ok(ctes)
    }

    /// The outputs of a query under the names that an alias gives them.
    fn renamed(
        &self,
        alias: &ast::TableAlias,
        mut outputs: Vec<Identifier>,
    ) -> Result<Vec<Identifier>, SqlError> {
        let ast::TableAlias {
            explicit: _,
            name,
            columns,
            at,
        } = alias;
        if at.is_some() {
            return refuse(name.span.start, "AT after an alias is not accepted");
        }
        if columns.len() > outputs.len() {
            return refuse(name.span.start, "the alias names more columns than there are");
        }
        for (output, column) in outputs.iter_mut().zip(columns) {
            let ast::TableAliasColumnDef { name, data_type } = column;
            if data_type.is_some() {
                return refuse(name.span.start, "a type in an alias is not accepted");
            }
            *output = self.identifier(name)?;
        }
        Ok(outputs)
    }

    fn set_operation(
        &mut self,
        query: &ast::Query,
        left: &'a ast::SetExpr,
        op: ast::SetOperator,
        quantifier: ast::SetQuantifier,
        right: &'a ast::SetExpr,
    ) -> Result<Body, SqlError> {
        let op = match op {
            ast::SetOperator::Union => SetOp::Union,
            ast::SetOperator::Intersect => SetOp::Intersect,
            ast::SetOperator::Except => SetOp::Except,
            ast::SetOperator::Minus => return refuse(place(query), "MINUS is not accepted; write EXCEPT"),
        };
        let all = match quantifier {
            ast::SetQuantifier::All => true,
            ast::SetQuantifier::None | ast::SetQuantifier::Distinct => false,
            ast::SetQuantifier::ByName
            | ast::SetQuantifier::AllByName
            | ast::SetQuantifier::DistinctByName => {
                return refuse(place(query), "BY NAME is not accepted");
            }
        };
        if matches!(quantifier, ast::SetQuantifier::None) && !self.syntax.bare_set_operations() {
            return refuse(place(query), "write ALL or DISTINCT after a set operation");
        }
        let mixed = |side: &ast::SetExpr| matches!(side, ast::SetExpr::SetOperation { op: other, .. } if (*other == ast::SetOperator::Intersect) != (op == SetOp::Intersect));
        if !self.syntax.is_postgres() && (mixed(left) || mixed(right)) {
            return refuse(
                place(query),
                "put brackets between INTERSECT and other set operations",
            );
        }
        let left = self.side(query, left)?;
        let right = self.side(query, right)?;
        if left.width() != right.width() {
            return refuse(
                place(query),
                "the sides of a set operation differ in their number of columns",
            );
        }
        Ok(Body::Set {
            op,
            all,
            left: Box::new(left),
            right: Box::new(right),
        })
    }

    fn side(&mut self, query: &ast::Query, side: &'a ast::SetExpr) -> Result<Query, SqlError> {
        self.deepen(|| place(query))?;
        let lowered = match side {
            ast::SetExpr::Query(inner) => self.query(inner)?,
            ast::SetExpr::Select(select) => {
                let (select, order_by) = self.select(select, &[])?;
                Query {
                    ctes: vec![],
                    body: Body::Select(Box::new(select)),
                    order_by,
                    limit: None,
                    offset: None,
                }
            }
            ast::SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                let body = self.set_operation(query, left, *op, *set_quantifier, right)?;
                Query {
                    ctes: vec![],
                    body,
                    order_by: vec![],
                    limit: None,
                    offset: None,
                }
            }
            _ => return refuse(place(side), "a side of a set operation is a SELECT"),
        };
        self.depth -= 1;
        Ok(lowered)
    }

    /// A sort key over a set operation: an output's name or position.
    fn sort_by_output(&mut self, key: &'a ast::OrderByExpr, body: &Body) -> Result<SortKey, SqlError> {
        let (expr, descending, nulls_first) = sort_options(key, self.syntax)?;
        let Body::Set { left, .. } = body else {
            return refuse(place(expr), "not a set operation");
        };
        let outputs = left.output();
        let position = match expr {
            ast::Expr::Identifier(ident) => {
                let name = self.written(ident);
                let mut named = outputs
                    .iter()
                    .enumerate()
                    .filter(|(_, output)| self.syntax.same(output.as_str(), &name));
                let first = named.next().map(|(position, _)| position);
                if named.next().is_some() { None } else { first }
            }
            other => literal::position(other)?.filter(|position| *position < outputs.len()),
        };
        let Some(position) = position.and_then(|position| u16::try_from(position).ok()) else {
            return refuse(
                place(expr),
                "a set operation is sorted by the name or position of an output",
            );
        };
        Ok(SortKey {
            by: SortBy::Output(position),
            descending,
            nulls_first,
        })
    }

    fn limit(
        &mut self,
        query: &ast::Query,
        clause: Option<&'a ast::LimitClause>,
        fetch: Option<&'a ast::Fetch>,
    ) -> Result<(Option<Count>, Option<Count>), SqlError> {
        let (limit, offset) = match clause {
            None => (None, None),
            Some(ast::LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) => {
                if !limit_by.is_empty() {
                    return refuse(place(query), "LIMIT BY is not accepted");
                }
                let offset = offset.as_ref().map(|ast::Offset { value, rows: _ }| value);
                (limit.as_ref(), offset)
            }
            Some(ast::LimitClause::OffsetCommaLimit { offset: _, limit: _ }) => {
                return refuse(
                    place(query),
                    "LIMIT with a comma is not accepted; write LIMIT … OFFSET …",
                );
            }
        };
        let limit = limit.map(|expr| self.count(expr)).transpose()?;
        let offset = offset.map(|expr| self.count(expr)).transpose()?;
        let fetched = match fetch {
            None => None,
            Some(ast::Fetch {
                with_ties: false,
                percent: false,
                quantity,
            }) => Some(
                quantity
                    .as_ref()
                    .map_or(Ok(Count::Rows(1)), |expr| self.count(expr))?,
            ),
            Some(_) => return refuse(place(query), "FETCH with PERCENT or WITH TIES is not accepted"),
        };
        match (limit, fetched) {
            (Some(_), Some(_)) => refuse(place(query), "LIMIT and FETCH together are not accepted"),
            (limit, fetched) => Ok((limit.or(fetched), offset)),
        }
    }

    fn count(&mut self, expr: &'a ast::Expr) -> Result<Count, SqlError> {
        if let ast::Expr::Value(ast::ValueWithSpan { value, span: _ }) = expr {
            match value {
                ast::Value::Number(digits, false) => {
                    if let Ok(rows) = digits.parse() {
                        return Ok(Count::Rows(rows));
                    }
                }
                ast::Value::Placeholder(name) => {
                    if let Expr::Param(position) = self.parameter(name, expr)? {
                        return Ok(Count::Param(position));
                    }
                }
                _ => {}
            }
        }
        refuse(
            place(expr),
            "LIMIT and OFFSET take a whole number or an integer parameter",
        )
    }

    /// The parameter that a placeholder names.
    fn parameter(&mut self, placeholder: &str, node: &impl Spanned) -> Result<Expr, SqlError> {
        let name = placeholder.strip_prefix(':').unwrap_or(placeholder);
        let position = self
            .parameters
            .iter()
            .position(|parameter| parameter.name.as_str() == name);
        match position
            .and_then(|position| Some((self.used.get_mut(position)?, u16::try_from(position).ok()?)))
        {
            Some((used, position)) => {
                *used = true;
                Ok(Expr::Param(position))
            }
            None => refuse(place(node), named("parameter ", name, " is not declared")),
        }
    }

    /// The number of the next relation.
    fn relation(&mut self, place: Location) -> Result<RelId, SqlError> {
        if usize::from(self.relations) >= MAX_RELATIONS {
            return beyond(place, MAX_RELATIONS, "relations");
        }
        self.relations += 1;
        Ok(RelId(self.relations - 1))
    }

    /// Whether the token before this place is the word AS.
    fn follows_as(&self, place: Location) -> bool {
        let key = |token: &Token| (u64::from(token.line), u64::from(token.column));
        let found = self.tokens.binary_search_by_key(&(place.line, place.column), key);
        let before = found
            .ok()
            .and_then(|index| index.checked_sub(1))
            .and_then(|index| self.tokens.get(index));
        matches!(before, Some(Token { kind: Kind::Word(word), .. }) if word.eq_ignore_ascii_case("as"))
    }
}

/// The expression, direction and place of NULLs of a sort key.
fn sort_options(
    key: &ast::OrderByExpr,
    syntax: Syntax,
) -> Result<(&ast::Expr, bool, Option<bool>), SqlError> {
    let ast::OrderByExpr {
        expr,
        options,
        with_fill,
    } = key;
    let ast::OrderByOptions { sort, nulls_first } = options;
    if with_fill.is_some() {
        return refuse(place(expr), "WITH FILL is not accepted");
    }
    let descending = match sort {
        None | Some(ast::OrderBySort::Asc) => false,
        Some(ast::OrderBySort::Desc) => true,
        Some(ast::OrderBySort::Using(_)) => return refuse(place(expr), "ORDER BY … USING is not accepted"),
    };
    let nulls_first = nulls_first.or(syntax.nulls_first(descending));
    Ok((without_brackets(expr), descending, nulls_first))
}

/// The expression inside any brackets.
fn without_brackets(mut expr: &ast::Expr) -> &ast::Expr {
    while let ast::Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}
