//! Statistics: deviation, variance, correlation, regression.

use super::call::{Accumulator, Call};
use super::table::functions;
use crate::error::Result;
use strata_types::{Error, Numeric, Value};

functions! {
    2720 "var_pop"(INT2) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VariancePopulation)),
        "population variance of smallint input values (square of the population standard deviation)";
    2719 "var_pop"(INT4) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VariancePopulation)),
        "population variance of integer input values (square of the population standard deviation)";
    2718 "var_pop"(INT8) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VariancePopulation)),
        "population variance of bigint input values (square of the population standard deviation)";
    2723 "var_pop"(NUMERIC) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VariancePopulation)),
        "population variance of numeric input values (square of the population standard deviation)";
    2721 "var_pop"(FLOAT4) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::VariancePopulation)),
        "population variance of float4 input values (square of the population standard deviation)";
    2722 "var_pop"(FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::VariancePopulation)),
        "population variance of float8 input values (square of the population standard deviation)";
    2643 "var_samp"(INT2) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VarianceSample)),
        "sample variance of smallint input values (square of the sample standard deviation)";
    2642 "var_samp"(INT4) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VarianceSample)),
        "sample variance of integer input values (square of the sample standard deviation)";
    2641 "var_samp"(INT8) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VarianceSample)),
        "sample variance of bigint input values (square of the sample standard deviation)";
    2646 "var_samp"(NUMERIC) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VarianceSample)),
        "sample variance of numeric input values (square of the sample standard deviation)";
    2644 "var_samp"(FLOAT4) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::VarianceSample)),
        "sample variance of float4 input values (square of the sample standard deviation)";
    2645 "var_samp"(FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::VarianceSample)),
        "sample variance of float8 input values (square of the sample standard deviation)";
    2150 "variance"(INT2) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VarianceSample)),
        "historical alias for var_samp";
    2149 "variance"(INT4) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VarianceSample)),
        "historical alias for var_samp";
    2148 "variance"(INT8) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VarianceSample)),
        "historical alias for var_samp";
    2153 "variance"(NUMERIC) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::VarianceSample)),
        "historical alias for var_samp";
    2151 "variance"(FLOAT4) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::VarianceSample)), "historical alias for var_samp";
    2152 "variance"(FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::VarianceSample)), "historical alias for var_samp";
    2726 "stddev_pop"(INT2) -> NUMERIC immutable nullable
        = aggregate(|_| exact(Spread::DeviationPopulation)),
        "population standard deviation of smallint input values";
    2725 "stddev_pop"(INT4) -> NUMERIC immutable nullable
        = aggregate(|_| exact(Spread::DeviationPopulation)),
        "population standard deviation of integer input values";
    2724 "stddev_pop"(INT8) -> NUMERIC immutable nullable
        = aggregate(|_| exact(Spread::DeviationPopulation)),
        "population standard deviation of bigint input values";
    2729 "stddev_pop"(NUMERIC) -> NUMERIC immutable nullable
        = aggregate(|_| exact(Spread::DeviationPopulation)),
        "population standard deviation of numeric input values";
    2727 "stddev_pop"(FLOAT4) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::DeviationPopulation)),
        "population standard deviation of float4 input values";
    2728 "stddev_pop"(FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::DeviationPopulation)),
        "population standard deviation of float8 input values";
    2714 "stddev_samp"(INT2) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::DeviationSample)),
        "sample standard deviation of smallint input values";
    2713 "stddev_samp"(INT4) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::DeviationSample)),
        "sample standard deviation of integer input values";
    2712 "stddev_samp"(INT8) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::DeviationSample)),
        "sample standard deviation of bigint input values";
    2717 "stddev_samp"(NUMERIC) -> NUMERIC immutable nullable
        = aggregate(|_| exact(Spread::DeviationSample)), "sample standard deviation of numeric input values";
    2715 "stddev_samp"(FLOAT4) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::DeviationSample)),
        "sample standard deviation of float4 input values";
    2716 "stddev_samp"(FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| approximate(Spread::DeviationSample)),
        "sample standard deviation of float8 input values";
    2156 "stddev"(INT2) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::DeviationSample)),
        "historical alias for stddev_samp";
    2155 "stddev"(INT4) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::DeviationSample)),
        "historical alias for stddev_samp";
    2154 "stddev"(INT8) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::DeviationSample)),
        "historical alias for stddev_samp";
    2159 "stddev"(NUMERIC) -> NUMERIC immutable nullable = aggregate(|_| exact(Spread::DeviationSample)),
        "historical alias for stddev_samp";
    2157 "stddev"(FLOAT4) -> FLOAT8 immutable nullable = aggregate(|_| approximate(Spread::DeviationSample)),
        "historical alias for stddev_samp";
    2158 "stddev"(FLOAT8) -> FLOAT8 immutable nullable = aggregate(|_| approximate(Spread::DeviationSample)),
        "historical alias for stddev_samp";
    2829 "corr"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable = aggregate(|_| pairs(Pairs::correlation)),
        "correlation coefficient";
    2827 "covar_pop"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| pairs(|p| p.some(p.xy / p.count))), "population covariance";
    2828 "covar_samp"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| pairs(Pairs::covariance_sample)), "sample covariance";
    2822 "regr_avgx"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| pairs(|p| p.some(p.sum_x / p.count))),
        "average of the independent variable (sum(X)/N)";
    2823 "regr_avgy"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| pairs(|p| p.some(p.sum_y / p.count))), "average of the dependent variable (sum(Y)/N)";
    2818 "regr_count"(FLOAT8, FLOAT8) -> INT8 immutable nullable = aggregate(|_| pairs(|p| Some(p.count))),
        "number of input rows in which both expressions are not null";
    2826 "regr_intercept"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| pairs(Pairs::intercept)),
        "y-intercept of the least-squares-fit linear equation determined by the (X, Y) pairs";
    2824 "regr_r2"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable = aggregate(|_| pairs(Pairs::determination)),
        "square of the correlation coefficient";
    2825 "regr_slope"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable = aggregate(|_| pairs(Pairs::slope)),
        "slope of the least-squares-fit linear equation determined by the (X, Y) pairs";
    2819 "regr_sxx"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable = aggregate(|_| pairs(|p| p.some(p.xx))),
        "sum of squares of the independent variable (sum(X^2) - sum(X)^2/N)";
    2821 "regr_sxy"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable = aggregate(|_| pairs(|p| p.some(p.xy))),
        "sum of products of independent times dependent variable (sum(X*Y) - sum(X) * sum(Y)/N)";
    2820 "regr_syy"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable = aggregate(|_| pairs(|p| p.some(p.yy))),
        "sum of squares of the dependent variable (sum(Y^2) - sum(Y)^2/N)";
}

/// What is answered about the spread of one variable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spread {
    VariancePopulation,
    VarianceSample,
    DeviationPopulation,
    DeviationSample,
}

impl Spread {
    fn of_sample(self) -> bool {
        matches!(self, Spread::VarianceSample | Spread::DeviationSample)
    }

    fn is_deviation(self) -> bool {
        matches!(self, Spread::DeviationPopulation | Spread::DeviationSample)
    }
}

fn exact(spread: Spread) -> Box<dyn Accumulator> {
    Box::new(Exact { count: 0, sum: Numeric::ZERO, squares: Numeric::ZERO, spread })
}

fn approximate(spread: Spread) -> Box<dyn Accumulator> {
    Box::new(Approximate { count: 0.0, sum: 0.0, squares: 0.0, spread })
}

fn pairs(answer: fn(&Pairs) -> Option<f64>) -> Box<dyn Accumulator> {
    Box::new(Regression { pairs: Pairs::default(), answer })
}

/// Over integers and numerics: sums are exact.
struct Exact {
    count: i64,
    sum: Numeric,
    squares: Numeric,
    spread: Spread,
}

impl Accumulator for Exact {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        let n = match args.first() {
            Some(Value::Numeric(n)) => n.clone(),
            Some(other) => match other.as_i64() {
                Some(n) => Numeric::from(n),
                None => return Ok(()),
            },
            None => return Ok(()),
        };
        self.count += 1;
        self.squares = self.squares.add(&n.mul(&n)?)?;
        self.sum = self.sum.add(&n)?;
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        let least = if self.spread.of_sample() { 2 } else { 1 };
        if self.count < least {
            return Ok(Value::Null);
        }
        let n = Numeric::from(self.count);
        // n * sum(x^2) - sum(x)^2, which is 0 where every value is the same.
        let above = n.mul(&self.squares)?.sub(&self.sum.mul(&self.sum)?)?;
        if above.is_finite() && above.signum() <= 0 {
            return Ok(Value::Numeric(Numeric::ZERO));
        }
        let below = if self.spread.of_sample() { n.mul(&Numeric::from(self.count - 1))? } else { n.mul(&n)? };
        let variance = above.div(&below)?;
        Ok(Value::Numeric(if self.spread.is_deviation() { variance.sqrt()? } else { variance }))
    }
}

/// Over floats, by the method of Youngs and Cramer, which does not cancel.
struct Approximate {
    count: f64,
    sum: f64,
    squares: f64,
    spread: Spread,
}

impl Accumulator for Approximate {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        let x = match args.first() {
            Some(Value::Float8(f)) => *f,
            Some(Value::Float4(f)) => f64::from(*f),
            _ => return Ok(()),
        };
        self.count += 1.0;
        self.sum += x;
        if self.count > 1.0 {
            let distance = x * self.count - self.sum;
            self.squares += distance * distance / (self.count * (self.count - 1.0));
        }
        if !x.is_finite() {
            self.squares = f64::NAN;
        } else if self.squares.is_infinite() || self.sum.is_infinite() {
            return Err(Error::FloatOverflow.into());
        }
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        let least = if self.spread.of_sample() { 2.0 } else { 1.0 };
        if self.count < least {
            return Ok(Value::Null);
        }
        let variance = self.squares / if self.spread.of_sample() { self.count - 1.0 } else { self.count };
        Ok(Value::Float8(if self.spread.is_deviation() { variance.sqrt() } else { variance }))
    }
}

/// Sums over pairs (y, x), centred as they grow.
#[derive(Clone, Copy, Default)]
struct Pairs {
    count: f64,
    sum_x: f64,
    sum_y: f64,
    /// Sums of squares and products of distances from the mean.
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Pairs {
    fn push(&mut self, y: f64, x: f64) {
        self.count += 1.0;
        self.sum_x += x;
        self.sum_y += y;
        if self.count > 1.0 {
            let (dx, dy) = (x * self.count - self.sum_x, y * self.count - self.sum_y);
            let scale = 1.0 / (self.count * (self.count - 1.0));
            self.xx += dx * dx * scale;
            self.yy += dy * dy * scale;
            self.xy += dx * dy * scale;
        }
    }

    fn some(&self, answer: f64) -> Option<f64> {
        (self.count >= 1.0).then_some(answer)
    }

    fn correlation(&self) -> Option<f64> {
        (self.count >= 1.0 && self.xx != 0.0 && self.yy != 0.0).then(|| self.xy / (self.xx * self.yy).sqrt())
    }

    fn determination(&self) -> Option<f64> {
        if self.count < 1.0 || self.xx == 0.0 {
            return None;
        }
        Some(if self.yy == 0.0 { 1.0 } else { self.xy * self.xy / (self.xx * self.yy) })
    }

    fn slope(&self) -> Option<f64> {
        (self.count >= 1.0 && self.xx != 0.0).then(|| self.xy / self.xx)
    }

    fn intercept(&self) -> Option<f64> {
        Some((self.sum_y - self.sum_x * self.slope()?) / self.count)
    }

    fn covariance_sample(&self) -> Option<f64> {
        (self.count >= 2.0).then(|| self.xy / (self.count - 1.0))
    }
}

/// Aggregates of pairs, both not NULL.
struct Regression {
    pairs: Pairs,
    answer: fn(&Pairs) -> Option<f64>,
}

impl Accumulator for Regression {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        if let [Value::Float8(y), Value::Float8(x)] = args {
            self.pairs.push(*y, *x);
        }
        Ok(())
    }

    fn finish(&mut self, call: &Call<'_>) -> Result<Value> {
        if call.result == strata_types::Type::INT8 {
            return Ok(Value::Int8(self.pairs.count as i64));
        }
        Ok((self.answer)(&self.pairs).map_or(Value::Null, Value::Float8))
    }
}
