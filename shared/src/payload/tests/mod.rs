//! Checks of the reader, by promise: shapes, mends, refusals, properties, hostile bytes.
