//! Which types a statement may cast to.
//!
//! Reading a value of some types reads the catalog (`regclass`, `xml` with entities, row types of tables), and a domain
//! runs its check: such a type is refused unless declared.

use sqlparser::ast::{ArrayElemTypeDef, DataType, ObjectName, ObjectNamePart, TypeModifier};

use crate::rewrite::compiled::Compiled;
use crate::rewrite::names;
use crate::{Dialect, Reason, Refused};

/// Types that the parser knows by name only.
const NAMED: &[&str] = &[
    "bit",
    "bool",
    "bpchar",
    "bytea",
    "char",
    "cidr",
    "citext",
    "date",
    "datemultirange",
    "daterange",
    "float4",
    "float8",
    "hstore",
    "inet",
    "int",
    "int2",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "ltree",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "real",
    "signed",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "unsigned",
    "uuid",
    "varbit",
    "varchar",
    "vector",
    "year",
];

/// Whether a value may be cast to it.
///
/// # Errors
/// If it is neither on the list nor declared.
pub(crate) fn allowed(schema: &Compiled, data_type: &DataType) -> Result<(), Refused> {
    if known(schema, data_type) {
        Ok(())
    } else {
        Err(Refused::new(Reason::Type, data_type))
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one arm for every type that the parser has"
)]
fn known(schema: &Compiled, data_type: &DataType) -> bool {
    match data_type {
        DataType::Character(_)
        | DataType::Char(_)
        | DataType::CharacterVarying(_)
        | DataType::CharVarying(_)
        | DataType::Varchar(_)
        | DataType::Uuid
        | DataType::Binary(_)
        | DataType::Varbinary(_)
        | DataType::Blob(_)
        | DataType::Numeric(_)
        | DataType::Decimal(_)
        | DataType::DecimalUnsigned(_)
        | DataType::Dec(_)
        | DataType::DecUnsigned(_)
        | DataType::Float(_)
        | DataType::FloatUnsigned(_)
        | DataType::TinyInt(_)
        | DataType::TinyIntUnsigned(_)
        | DataType::Int2(_)
        | DataType::Int2Unsigned(_)
        | DataType::SmallInt(_)
        | DataType::SmallIntUnsigned(_)
        | DataType::MediumInt(_)
        | DataType::MediumIntUnsigned(_)
        | DataType::Int(_)
        | DataType::Int4(_)
        | DataType::Int8(_)
        | DataType::Integer(_)
        | DataType::IntUnsigned(_)
        | DataType::Int4Unsigned(_)
        | DataType::IntegerUnsigned(_)
        | DataType::BigInt(_)
        | DataType::BigIntUnsigned(_)
        | DataType::Int8Unsigned(_)
        | DataType::Signed
        | DataType::SignedInteger
        | DataType::Unsigned
        | DataType::UnsignedInteger
        | DataType::Float4
        | DataType::Real
        | DataType::RealUnsigned
        | DataType::Float8
        | DataType::Double(_)
        | DataType::DoubleUnsigned(_)
        | DataType::DoublePrecision
        | DataType::DoublePrecisionUnsigned
        | DataType::Bool
        | DataType::Boolean
        | DataType::Date
        | DataType::Time(_, _)
        | DataType::Datetime(_)
        | DataType::Timestamp(_, _)
        | DataType::Interval {
            fields: _,
            precision: _,
        }
        | DataType::JSON
        | DataType::JSONB
        | DataType::Text
        | DataType::Bytea
        | DataType::Bit(_)
        | DataType::BitVarying(_)
        | DataType::VarBit(_)
        | DataType::GeometricType(_)
        | DataType::TsVector
        | DataType::TsQuery => true,
        DataType::Array(
            ArrayElemTypeDef::SquareBracket(of, _) | ArrayElemTypeDef::Qualified(of, _),
        ) => known(schema, of),
        DataType::Custom(name, modifiers) => named(schema, name) && modifiers.iter().all(is_number),
        DataType::Table(_)
        | DataType::NamedTable {
            name: _,
            columns: _,
        }
        | DataType::Nvarchar(_)
        | DataType::CharacterLargeObject(_)
        | DataType::CharLargeObject(_)
        | DataType::Clob(_)
        | DataType::TinyBlob
        | DataType::MediumBlob
        | DataType::LongBlob
        | DataType::Bytes(_)
        | DataType::BigNumeric(_)
        | DataType::BigDecimal(_)
        | DataType::UTinyInt
        | DataType::USmallInt
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Int128
        | DataType::Int256
        | DataType::HugeInt
        | DataType::UHugeInt
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::UInt128
        | DataType::UInt256
        | DataType::UBigInt
        | DataType::Float32
        | DataType::Float64
        | DataType::Zerofill(_)
        | DataType::Date32
        | DataType::Datetime64(_, _)
        | DataType::TimestampNtz(_)
        | DataType::Regclass
        | DataType::TinyText
        | DataType::MediumText
        | DataType::LongText
        | DataType::String(_)
        | DataType::Collate(_, _)
        | DataType::FixedString(_)
        | DataType::Array(
            ArrayElemTypeDef::None
            | ArrayElemTypeDef::AngleBracket(_)
            | ArrayElemTypeDef::Parenthesis(_)
            | ArrayElemTypeDef::ParenthesisNotNull(_),
        )
        | DataType::Map(_, _, _)
        | DataType::Tuple(_)
        | DataType::Nested(_)
        | DataType::Object(_)
        | DataType::Enum(_, _)
        | DataType::Set(_)
        | DataType::Struct(_, _)
        | DataType::Union(_)
        | DataType::Nullable(_)
        | DataType::LowCardinality(_)
        | DataType::Unspecified
        | DataType::Trigger
        | DataType::AnyType => false,
    }
}

fn is_number(modifier: &TypeModifier) -> bool {
    match modifier {
        TypeModifier::Number(number, long) => {
            !long && number.chars().all(|c| c.is_ascii_digit() || c == '-')
        }
        TypeModifier::Identifier(_) | TypeModifier::String(_) => false,
    }
}

fn named(schema: &Compiled, name: &ObjectName) -> bool {
    let dialect = schema.dialect();
    let ObjectName(parts) = name;
    match parts.as_slice() {
        [ObjectNamePart::Identifier(ident)] => {
            let word = names::callable(dialect, ident);
            plain(&word) && (NAMED.binary_search(&&*word).is_ok() || schema.has_type(&word))
        }
        [
            ObjectNamePart::Identifier(within),
            ObjectNamePart::Identifier(ident),
        ] => {
            let within = names::callable(dialect, within);
            let word = names::callable(dialect, ident);
            let own = dialect == Dialect::PostgreSql && within == "pg_catalog";
            plain(&within)
                && plain(&word)
                && ((own && NAMED.binary_search(&&*word).is_ok())
                    || schema.has_type(&format!("{within}.{word}")))
        }
        _ => false,
    }
}

fn plain(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;
    use sqlparser::dialect::PostgreSqlDialect;
    use sqlparser::parser::Parser;

    fn cast(to: &str) -> bool {
        let schema = Schema::new().data_type("app.mood");
        let compiled = Compiled::new(Dialect::PostgreSql, &schema).unwrap();
        let data_type = Parser::new(&PostgreSqlDialect {})
            .try_with_sql(to)
            .unwrap()
            .parse_data_type()
            .unwrap();
        allowed(&compiled, &data_type).is_ok()
    }

    #[test]
    fn the_list_is_sorted_so_that_types_are_found() {
        assert!(NAMED.is_sorted());
    }

    #[test]
    fn types_whose_input_reads_the_catalog_are_refused() {
        for to in [
            "regclass",
            "REGCLASS",
            "pg_catalog.regclass",
            "regproc",
            "regprocedure",
            "regtype",
            "regrole",
            "regnamespace",
            "regconfig",
            "xml",
            "oid",
            "resources",
            "public.resources",
            "regclass[]",
            "mood",
            "record",
        ] {
            assert!(!cast(to), "{to}");
        }
    }

    #[test]
    fn usual_types_arrays_of_them_and_declared_ones_are_fine() {
        for to in [
            "int",
            "INT4",
            "bigint[]",
            "text",
            "varchar(10)",
            "numeric(10, 2)",
            "timestamptz",
            "uuid",
            "jsonb",
            "double precision",
            "pg_catalog.int4",
            "app.mood",
            "vector(3)",
            "timestamp with time zone",
            "int4range",
        ] {
            assert!(cast(to), "{to}");
        }
    }
}
