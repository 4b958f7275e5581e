//! Faults that the trial found, each with the rule that was broken.
