# The commands of a contributor. `just` lists them.

[private]
default:
    @just --list --unsorted

# Formatting, lints, and every test that needs no PostgreSQL
check: lint
    cargo nextest run -E 'not test(/::postgres/)'

# The same and the PostgreSQL tests, on a throw-away cluster
check-both: lint
    cargo nextest run

# A service of your own on strippenkaart.db; add `--listen …` and the like
run *arguments:
    cargo run -- serve --database sqlite://strippenkaart.db {{ arguments }}

# The service on made-up data, thrown away at the end
demo *arguments:
    cargo run --profile demo -- demo {{ arguments }}

# Writes the reviewed copy of the OpenAPI document anew: look at the difference
openapi:
    INSTA_UPDATE=always cargo nextest run openapi
    git diff --stat -- tests

# Takes over what the tests now see as their snapshots: look at the difference
accept *filter:
    INSTA_UPDATE=always cargo nextest run {{ filter }}
    git diff --stat -- tests

# Benchmarks of the domain and the writer (docs/benchmarks.md)
bench *arguments:
    cargo bench --bench ledger {{ arguments }}

# Many made-up histories of a bank account against what the product makes of them (docs/trials.md)
trial-bank count="10000" seed="1":
    STRIPPENKAART_TRIAL_COUNT={{ count }} STRIPPENKAART_TRIAL_SEED={{ seed }} cargo nextest run --run-ignored only trial_bank_long

# The same through the service on both databases, and collections with what a bank makes of them
trial-bank-databases count="200" seed="1":
    STRIPPENKAART_TRIAL_COUNT={{ count }} STRIPPENKAART_TRIAL_SEED={{ seed }} cargo nextest run --no-fail-fast --run-ignored only trial_bank_databases

# The program itself under half and slow requests, made-up methods, hostile texts and wrong passwords (docs/trials.md)
trial-doors:
    cargo nextest run --run-ignored only --no-capture trial_doors_long

[private]
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
