//! From a directory to the work that has to be done.
