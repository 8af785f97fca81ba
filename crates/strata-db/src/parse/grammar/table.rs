//! CREATE TABLE: columns, constraints, partitions; and CREATE TABLE AS.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::error::{FEATURE_NOT_SUPPORTED, ParseError};
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;

impl Parser<'_> {
    /// `TABLE ..` behind CREATE and the words of persistence.
    pub(super) fn create_table(&mut self, persistence: Persistence, foreign: bool) -> Result<Statement> {
        self.expect(K::Table)?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.relation_name()?;
        let mut table = CreateTable {
            name,
            persistence,
            if_not_exists,
            elements: Vec::new(),
            inherits: Vec::new(),
            of_type: None,
            partition_of: None,
            partition_by: None,
            server: None,
            storage: TableStorage::default(),
        };
        if !foreign && self.at_create_as() {
            return self.create_table_as(table);
        }
        if self.eat(K::Of) {
            table.of_type = Some(self.object_name()?);
            table.elements = self.typed_elements()?;
        } else if self.eat_two(K::Partition, K::Of) {
            let parent = self.relation_name()?;
            table.elements = self.typed_elements()?;
            table.partition_of = Some(PartitionOf { parent, bound: self.partition_bound()? });
        } else {
            self.expect_punct(b'(')?;
            if !self.at_punct(b')') {
                table.elements = self.list(Self::table_element)?;
            }
            self.expect_punct(b')')?;
            if self.eat(K::Inherits) {
                table.inherits = self.paren_list(Self::relation_name)?;
            }
        }
        if self.eat_two(K::Partition, K::By) {
            let strategy = self.column_id()?;
            table.partition_by = Some(PartitionBy { strategy, keys: self.paren_list(Self::index_key)? });
        }
        if foreign {
            self.expect(K::Server)?;
            table.server = Some(self.column_id()?);
            table.storage.options = self.generic_options()?;
        } else {
            table.storage = self.table_storage()?;
        }
        Ok(Statement::CreateTable(Box::new(table)))
    }

    /// Whether the text behind the table's name is that of CREATE TABLE AS.
    fn at_create_as(&mut self) -> bool {
        if self.at_any(&[K::As, K::Using, K::With, K::On, K::Tablespace]) {
            return true;
        }
        // `(a, b) AS`: names without types.
        self.at_punct(b'(')
            && matches!(self.peek(1), T::Ident(_) | T::Keyword(_))
            && matches!(self.peek(2), T::Punct(b',' | b')'))
            && !self.peek_is(1, K::Like)
    }

    fn create_table_as(&mut self, table: CreateTable) -> Result<Statement> {
        let columns = self.optional_paren_list(Self::column_id)?;
        let storage = self.table_storage()?;
        self.expect(K::As)?;
        let source = if self.at(K::Execute) {
            CreateAsSource::Execute(self.execute()?)
        } else {
            CreateAsSource::Query(Box::new(self.query()?))
        };
        let with_data = self.with_data()?;
        Ok(Statement::CreateTableAs(Box::new(CreateTableAs {
            name: table.name,
            materialized_view: false,
            select_into: false,
            persistence: table.persistence,
            if_not_exists: table.if_not_exists,
            columns,
            storage,
            source,
            with_data,
        })))
    }

    /// `WITH [NO] DATA`; with data when not said.
    pub(super) fn with_data(&mut self) -> Result<bool> {
        if !self.eat(K::With) {
            return Ok(true);
        }
        let no = self.eat(K::No);
        self.expect(K::Data)?;
        Ok(!no)
    }

    pub(super) fn table_storage(&mut self) -> Result<TableStorage> {
        let mut storage = TableStorage::default();
        if self.eat(K::Using) {
            storage.access_method = Some(self.column_id()?);
        }
        if self.at(K::With) && self.peek_punct(1, b'(') {
            self.advance();
            storage.options = self.option_list()?;
        } else {
            self.eat_two(K::Without, K::Oids);
        }
        if self.eat(K::On) {
            self.expect(K::Commit)?;
            storage.on_commit = Some(match self.eat_any(&[K::Drop, K::Delete, K::Preserve]) {
                Some(K::Drop) => OnCommit::Drop,
                Some(word) => {
                    self.expect(K::Rows)?;
                    if word == K::Delete { OnCommit::DeleteRows } else { OnCommit::PreserveRows }
                }
                None => return self.unexpected(),
            });
        }
        if self.eat(K::Tablespace) {
            storage.tablespace = Some(self.column_id()?);
        }
        Ok(storage)
    }

    /// Columns without types, of a typed table or a partition.
    fn typed_elements(&mut self) -> Result<Vec<TableElement>> {
        self.optional_paren_list(|p| {
            if p.at_table_constraint() {
                return Ok(TableElement::Constraint(p.table_constraint()?));
            }
            let name = p.column_id()?;
            p.eat_two(K::With, K::Options);
            p.column_rest(name, None).map(TableElement::Column)
        })
    }

    fn table_element(&mut self) -> Result<TableElement> {
        if self.eat(K::Like) {
            let table = self.relation_name()?;
            let mut options = Vec::new();
            while let Some(word) = self.eat_any(&[K::Including, K::Excluding]) {
                options.push((word == K::Including, self.like_option()?));
            }
            return Ok(TableElement::Like(LikeTable { table, options }));
        }
        if self.at_table_constraint() {
            return Ok(TableElement::Constraint(self.table_constraint()?));
        }
        Ok(TableElement::Column(self.column_def()?))
    }

    fn like_option(&mut self) -> Result<LikeOption> {
        let option = match self.keyword() {
            Some(K::All) => LikeOption::All,
            Some(K::Comments) => LikeOption::Comments,
            Some(K::Compression) => LikeOption::Compression,
            Some(K::Constraints) => LikeOption::Constraints,
            Some(K::Defaults) => LikeOption::Defaults,
            Some(K::Generated) => LikeOption::Generated,
            Some(K::Identity) => LikeOption::Identity,
            Some(K::Indexes) => LikeOption::Indexes,
            Some(K::Statistics) => LikeOption::Statistics,
            Some(K::Storage) => LikeOption::Storage,
            _ => return self.unexpected(),
        };
        self.advance();
        Ok(option)
    }

    fn at_table_constraint(&self) -> bool {
        self.at_any(&[K::Constraint, K::Check, K::Unique, K::Primary, K::Foreign, K::Exclude])
    }

    /// `name type constraints`.
    pub(super) fn column_def(&mut self) -> Result<ColumnDef> {
        let name = self.column_id()?;
        let ty = self.type_name()?;
        self.column_rest(name, Some(ty))
    }

    /// What follows a column's name and type.
    fn column_rest(&mut self, name: Ident, ty: Option<TypeName>) -> Result<ColumnDef> {
        let compression = if self.eat(K::Compression) { Some(self.label()?) } else { None };
        let mut collation = None;
        let mut constraints = Vec::new();
        loop {
            if self.eat(K::Collate) {
                collation = Some(self.object_name()?);
            } else if self.eat(K::Options) {
                self.paren_list(|p| {
                    p.label()?;
                    p.string()
                })?;
            } else if let Some(constraint) = self.column_constraint()? {
                constraints.push(constraint);
            } else {
                return Ok(ColumnDef { name, ty, collation, compression, constraints });
            }
        }
    }

    /// The constraints of a column or domain.
    pub(super) fn column_constraints(&mut self) -> Result<Vec<ColumnConstraint>> {
        let mut constraints = Vec::new();
        while let Some(constraint) = self.column_constraint()? {
            constraints.push(constraint);
        }
        Ok(constraints)
    }

    fn column_constraint(&mut self) -> Result<Option<ColumnConstraint>> {
        let pos = self.pos();
        let name = if self.eat(K::Constraint) { Some(self.column_id()?) } else { None };
        let kind = match self.keyword() {
            Some(K::Not) if !self.peek_is(1, K::Deferrable) && !self.peek_is(1, K::Valid) => {
                self.advance();
                self.expect(K::Null)?;
                ColumnConstraintKind::NotNull
            }
            Some(K::Null) => {
                self.advance();
                ColumnConstraintKind::Null
            }
            Some(K::Default) => {
                self.advance();
                ColumnConstraintKind::Default(self.restricted_expr()?)
            }
            Some(K::Check) => {
                self.advance();
                let condition = self.paren_expr()?;
                ColumnConstraintKind::Check { condition, no_inherit: self.eat_two(K::No, K::Inherit) }
            }
            Some(K::Unique) => {
                self.advance();
                ColumnConstraintKind::Unique(self.index_parameters(true)?)
            }
            Some(K::Primary) => {
                self.advance();
                self.expect(K::Key)?;
                ColumnConstraintKind::PrimaryKey(self.index_parameters(false)?)
            }
            Some(K::References) => ColumnConstraintKind::References(self.references()?),
            Some(K::Generated) => self.generated()?,
            _ if name.is_some() => return self.unexpected(),
            _ => return Ok(None),
        };
        let timing_pos = self.pos();
        let timing = self.constraint_timing()?;
        let may_wait = matches!(
            kind,
            ColumnConstraintKind::Unique(_)
                | ColumnConstraintKind::PrimaryKey(_)
                | ColumnConstraintKind::References(_)
        );
        if !may_wait && (timing.deferrable.is_some() || timing.initially_deferred.is_some()) {
            return Err(ParseError::syntax("misplaced DEFERRABLE clause", timing_pos));
        }
        Ok(Some(ColumnConstraint { name, kind, timing, pos }))
    }

    fn generated(&mut self) -> Result<ColumnConstraintKind> {
        self.advance();
        let always = self.generated_when()?;
        let pos = self.pos();
        self.expect(K::As)?;
        if self.eat(K::Identity) {
            let options = if self.eat_punct(b'(') {
                let options = self.sequence_options()?;
                self.expect_punct(b')')?;
                options
            } else {
                Vec::new()
            };
            return Ok(ColumnConstraintKind::Identity { always, options });
        }
        let expr = self.paren_expr()?;
        self.expect(K::Stored)?;
        if !always {
            return Err(ParseError::syntax(
                "for a generated column, GENERATED ALWAYS must be specified",
                pos,
            ));
        }
        Ok(ColumnConstraintKind::Generated(expr))
    }

    /// `ALWAYS` (true), `BY DEFAULT`.
    pub(super) fn generated_when(&mut self) -> Result<bool> {
        if self.eat(K::Always) {
            return Ok(true);
        }
        self.expect(K::By)?;
        self.expect(K::Default)?;
        Ok(false)
    }

    fn index_parameters(&mut self, unique: bool) -> Result<IndexParameters> {
        let mut parameters = IndexParameters::default();
        if unique {
            parameters.nulls_not_distinct = self.nulls_not_distinct()?;
        }
        self.index_parameters_tail(&mut parameters)?;
        Ok(parameters)
    }

    /// `NULLS [NOT] DISTINCT`.
    pub(super) fn nulls_not_distinct(&mut self) -> Result<bool> {
        if !self.at(K::Nulls) {
            return Ok(false);
        }
        self.advance();
        let not = self.eat(K::Not);
        self.expect(K::Distinct)?;
        Ok(not)
    }

    fn index_parameters_tail(&mut self, parameters: &mut IndexParameters) -> Result<()> {
        if self.eat(K::Include) {
            parameters.include = self.paren_list(Self::column_id)?;
        }
        if self.at(K::With) && self.peek_punct(1, b'(') {
            self.advance();
            parameters.options = self.option_list()?;
        }
        if self.at(K::Using) && self.peek_is(1, K::Index) {
            self.advance();
            self.advance();
            self.expect(K::Tablespace)?;
            parameters.tablespace = Some(self.column_id()?);
        }
        Ok(())
    }

    fn references(&mut self) -> Result<ForeignKey> {
        self.expect(K::References)?;
        let table = self.relation_name()?;
        let mut key = ForeignKey {
            table,
            columns: self.optional_paren_list(Self::column_id)?,
            match_type: MatchType::Simple,
            on_delete: ReferentialAction::NoAction,
            on_update: ReferentialAction::NoAction,
            on_delete_columns: Vec::new(),
        };
        if self.eat(K::Match) {
            key.match_type = match self.eat_any(&[K::Full, K::Partial, K::Simple]) {
                Some(K::Full) => MatchType::Full,
                Some(K::Partial) => MatchType::Partial,
                Some(_) => MatchType::Simple,
                None => return self.unexpected(),
            };
        }
        while self.at(K::On) && (self.peek_is(1, K::Delete) || self.peek_is(1, K::Update)) {
            self.advance();
            let pos = self.pos();
            let delete = self.eat_any(&[K::Delete, K::Update]) == Some(K::Delete);
            let action = self.referential_action()?;
            let columns = self.optional_paren_list(Self::column_id)?;
            if delete {
                key.on_delete = action;
                key.on_delete_columns = columns;
            } else if !columns.is_empty() {
                let message = "a column list with SET NULL is only supported for ON DELETE actions";
                return Err(ParseError::new(FEATURE_NOT_SUPPORTED, message, pos));
            } else {
                key.on_update = action;
            }
        }
        Ok(key)
    }

    fn referential_action(&mut self) -> Result<ReferentialAction> {
        match self.eat_any(&[K::No, K::Restrict, K::Cascade, K::Set]) {
            Some(K::No) => self.expect(K::Action).map(|()| ReferentialAction::NoAction),
            Some(K::Restrict) => Ok(ReferentialAction::Restrict),
            Some(K::Cascade) => Ok(ReferentialAction::Cascade),
            Some(_) => match self.eat_any(&[K::Null, K::Default]) {
                Some(K::Null) => Ok(ReferentialAction::SetNull),
                Some(_) => Ok(ReferentialAction::SetDefault),
                None => self.unexpected(),
            },
            None => self.unexpected(),
        }
    }

    /// `DEFERRABLE INITIALLY DEFERRED NOT VALID NO INHERIT`, in any order.
    pub(super) fn constraint_timing(&mut self) -> Result<ConstraintTiming> {
        let mut timing = ConstraintTiming::default();
        let pos = self.pos();
        loop {
            if timing.deferrable == Some(false) && timing.initially_deferred == Some(true) {
                let message = "constraint declared INITIALLY DEFERRED must be DEFERRABLE";
                return Err(ParseError::syntax(message, pos));
            }
            if self.eat(K::Deferrable) {
                timing.deferrable = Some(true);
            } else if self.eat_two(K::Not, K::Deferrable) {
                timing.deferrable = Some(false);
            } else if self.eat_two(K::Not, K::Valid) {
                timing.not_valid = true;
            } else if self.eat_two(K::No, K::Inherit) {
                timing.no_inherit = true;
            } else if self.eat(K::Initially) {
                timing.initially_deferred = match self.eat_any(&[K::Deferred, K::Immediate]) {
                    Some(word) => Some(word == K::Deferred),
                    None => return self.unexpected(),
                };
            } else {
                return Ok(timing);
            }
        }
    }

    /// A constraint of a table or domain.
    pub(super) fn table_constraint(&mut self) -> Result<TableConstraint> {
        let pos = self.pos();
        let name = if self.eat(K::Constraint) { Some(self.column_id()?) } else { None };
        let word = self.eat_any(&[K::Check, K::Unique, K::Primary, K::Foreign, K::Exclude]);
        let kind = match word {
            Some(K::Check) => TableConstraintKind::Check(self.paren_expr()?),
            Some(K::Foreign) => {
                self.expect(K::Key)?;
                let columns = self.paren_list(Self::column_id)?;
                TableConstraintKind::ForeignKey { columns, references: self.references()? }
            }
            Some(K::Exclude) => self.exclusion()?,
            Some(word) => {
                let primary = word == K::Primary;
                if primary {
                    self.expect(K::Key)?;
                }
                if self.eat_two(K::Using, K::Index) {
                    TableConstraintKind::UsingIndex { primary, index: self.column_id()? }
                } else {
                    let mut parameters = IndexParameters::default();
                    if !primary {
                        parameters.nulls_not_distinct = self.nulls_not_distinct()?;
                    }
                    let columns = self.paren_list(Self::column_id)?;
                    self.index_parameters_tail(&mut parameters)?;
                    if primary {
                        TableConstraintKind::PrimaryKey { columns, parameters }
                    } else {
                        TableConstraintKind::Unique { columns, parameters }
                    }
                }
            }
            None => return self.unexpected(),
        };
        Ok(TableConstraint { name, kind, timing: self.constraint_timing()?, pos })
    }

    fn exclusion(&mut self) -> Result<TableConstraintKind> {
        let method = if self.eat(K::Using) { Some(self.column_id()?) } else { None };
        let elements = self.paren_list(|p| {
            let key = p.index_key()?;
            p.expect(K::With)?;
            Ok((key, p.operator()?))
        })?;
        let mut parameters = IndexParameters::default();
        self.index_parameters_tail(&mut parameters)?;
        let filter = if self.eat(K::Where) { Some(self.paren_expr()?) } else { None };
        Ok(TableConstraintKind::Exclude { method, elements, parameters, filter })
    }

    /// `FOR VALUES ..`, `DEFAULT`.
    pub(super) fn partition_bound(&mut self) -> Result<PartitionBound> {
        if self.eat(K::Default) {
            return Ok(PartitionBound::Default);
        }
        self.expect(K::For)?;
        self.expect(K::Values)?;
        match self.eat_any(&[K::In, K::From, K::With]) {
            Some(K::In) => Ok(PartitionBound::In(self.paren_list(Self::expr)?)),
            Some(K::From) => {
                let from = self.paren_list(Self::expr)?;
                self.expect(K::To)?;
                Ok(PartitionBound::Range { from, to: self.paren_list(Self::expr)? })
            }
            Some(_) => {
                let parts = self.paren_list(|p| {
                    let name = p.non_reserved_word()?;
                    Ok((name, p.integer()?.unsigned_abs()))
                })?;
                let part =
                    |wanted: &str| parts.iter().find(|(name, _)| &*name.name == wanted).map(|(_, n)| *n);
                match (part("modulus"), part("remainder")) {
                    (Some(modulus), Some(remainder)) => Ok(PartitionBound::Hash { modulus, remainder }),
                    _ => Err(ParseError::syntax("modulus for hash partition must be specified", self.pos())),
                }
            }
            None => self.unexpected(),
        }
    }

    /// The options of a sequence or identity column.
    pub(super) fn sequence_options(&mut self) -> Result<Vec<SequenceOption>> {
        let mut options = Vec::new();
        loop {
            let pos = self.pos();
            match self.sequence_option()? {
                Some(kind) => options.push(SequenceOption { kind, pos }),
                None => return Ok(options),
            }
        }
    }

    pub(super) fn sequence_option(&mut self) -> Result<Option<SequenceOptionKind>> {
        use SequenceOptionKind as S;
        let words = [
            K::As,
            K::Increment,
            K::Minvalue,
            K::Maxvalue,
            K::No,
            K::Start,
            K::Restart,
            K::Cache,
            K::Cycle,
            K::Owned,
            K::Sequence,
        ];
        Ok(Some(match self.eat_any(&words) {
            Some(K::As) => S::As(self.type_name()?),
            Some(K::Increment) => {
                self.eat(K::By);
                S::Increment(self.signed_number()?)
            }
            Some(K::Minvalue) => S::MinValue(Some(self.signed_number()?)),
            Some(K::Maxvalue) => S::MaxValue(Some(self.signed_number()?)),
            Some(K::No) => match self.eat_any(&[K::Minvalue, K::Maxvalue, K::Cycle]) {
                Some(K::Minvalue) => S::MinValue(None),
                Some(K::Maxvalue) => S::MaxValue(None),
                Some(_) => S::Cycle(false),
                None => return self.unexpected(),
            },
            Some(K::Start) => {
                self.eat(K::With);
                S::Start(self.signed_number()?)
            }
            Some(K::Restart) => {
                let with = self.eat(K::With);
                let number = with || matches!(self.token.kind, T::Integer(_) | T::Number(_) | T::Operator(_));
                S::Restart(if number { Some(self.signed_number()?) } else { None })
            }
            Some(K::Cache) => S::Cache(self.signed_number()?),
            Some(K::Cycle) => S::Cycle(true),
            Some(K::Owned) => {
                self.expect(K::By)?;
                S::OwnedBy(if self.eat(K::None) { None } else { Some(self.object_name()?) })
            }
            Some(_) => {
                self.expect(K::Name)?;
                S::Name(self.object_name()?)
            }
            None => return Ok(None),
        }))
    }
}
