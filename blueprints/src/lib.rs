//! siskin-blueprints
