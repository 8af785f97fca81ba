//! Window functions proper; aggregates serve as window functions too.

use super::table::functions;

functions! {
    3100 "row_number"() -> INT8 immutable nullable = window(RowNumber), "row number within partition";
    3101 "rank"() -> INT8 immutable nullable = window(Rank), "integer rank with gaps";
    3102 "dense_rank"() -> INT8 immutable nullable = window(DenseRank), "integer rank without gaps";
    3103 "percent_rank"() -> FLOAT8 immutable nullable = window(PercentRank),
        "fractional rank within partition";
    3104 "cume_dist"() -> FLOAT8 immutable nullable = window(CumeDist),
        "fractional row number within partition";
    3105 "ntile"(INT4) -> INT4 immutable strict = window(Ntile), "split rows into N groups";
    3106 "lag"(ANYELEMENT) -> ANYELEMENT immutable strict = window(Lag), "fetch the preceding row value";
    3107 "lag"(ANYELEMENT, INT4) -> ANYELEMENT immutable strict = window(Lag),
        "fetch the Nth preceding row value";
    3108 "lag"(ANYCOMPATIBLE, INT4, ANYCOMPATIBLE) -> ANYCOMPATIBLE immutable strict = window(Lag),
        "fetch the Nth preceding row value with default";
    3109 "lead"(ANYELEMENT) -> ANYELEMENT immutable strict = window(Lead), "fetch the following row value";
    3110 "lead"(ANYELEMENT, INT4) -> ANYELEMENT immutable strict = window(Lead),
        "fetch the Nth following row value";
    3111 "lead"(ANYCOMPATIBLE, INT4, ANYCOMPATIBLE) -> ANYCOMPATIBLE immutable strict = window(Lead),
        "fetch the Nth following row value with default";
    3112 "first_value"(ANYELEMENT) -> ANYELEMENT immutable strict = window(FirstValue),
        "fetch the first row value";
    3113 "last_value"(ANYELEMENT) -> ANYELEMENT immutable strict = window(LastValue),
        "fetch the last row value";
    3114 "nth_value"(ANYELEMENT, INT4) -> ANYELEMENT immutable strict = window(NthValue),
        "fetch the Nth row value";
}
