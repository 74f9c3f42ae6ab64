//! Configuration, wiring, shutdown and the command line.
