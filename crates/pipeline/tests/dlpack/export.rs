//! Images that are given away.
