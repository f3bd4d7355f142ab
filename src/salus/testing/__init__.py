"""For tests, benchmarks and simulation: a clock, failing files, a founded region. Never imported in production."""
