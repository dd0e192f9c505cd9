"""The report of a backtest: one self-contained HTML file."""
