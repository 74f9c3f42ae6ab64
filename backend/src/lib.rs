//! siskin-backend
