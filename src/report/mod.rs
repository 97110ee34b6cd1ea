//! Renderings of a run's record: one file an output. Nothing here decides anything.
