//! Memory as a budget.
