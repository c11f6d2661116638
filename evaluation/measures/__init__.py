"""Measures, as pure functions over plain numbers. Each names its source; tests hold the published figures."""
