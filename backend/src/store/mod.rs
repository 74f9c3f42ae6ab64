//! Write-ahead log, memtable, tables and resource catalogue.
