"""Faults and bad inputs, one module for each kind; frame says what a trial is."""
