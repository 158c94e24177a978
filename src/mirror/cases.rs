//! Single stories of the mirror, each the shortest that shows its point.
